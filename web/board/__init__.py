"""What a day looks like as columns and rows. Pure: numbers in, dataclasses out."""
