"""The page of one session: what it shows, and the forms that write lines of its record."""
