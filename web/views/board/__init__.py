"""The day board's pages: a day, a week."""
