"""How level a day is, and how level the same visits could be: a dry run."""
