"""Protocols, plans, chairs and staff time, availability, booking. What happens in the chair is upstairs."""
