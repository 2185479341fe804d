"""Days on which something was said, asked for or found about a patient: pure."""

from datetime import date


def day_error(day: date, *, born: date, today: date) -> str:
    """Why this can't be one of them; empty where it can."""
    if day > today:
        return "This day is in the future."
    return "This day is before the patient was born." if day < born else ""
