"""Booking a visit: who, under which plan, when (docs/decisions/0014-the-pages.md)."""
