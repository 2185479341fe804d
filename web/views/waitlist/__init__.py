"""The waitlist at the desk: who waits for what, whom free time fits, what is offered, the answers."""
