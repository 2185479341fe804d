"""A plan's pages: a new one, and one that stands with what is decided about it there."""
