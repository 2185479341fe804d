"""Who waits for an earlier time, and what they are offered when time is freed."""
