"""One visit: whether it may be booked, its claims, its steps from held to fulfilled, and what came of it."""
