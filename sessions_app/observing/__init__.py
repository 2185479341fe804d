"""What is seen in the chair: vital signs with their limits and clocks, and side effects."""
