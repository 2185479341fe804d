"""This floor's API: for staff what was said and answered, for patients what their links open."""
