"""Figures of what happened in the chair, over a period of local days; scores are `outcomes`' to count."""
