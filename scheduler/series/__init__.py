"""Several visits of one plan: proposed and booked together, reviewed, spaced anew."""
