"""Figures over a period of local days."""
