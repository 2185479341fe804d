"""The infusion itself: steps, rates, what was given, and what was wasted."""
