"""Whether hours can be declared as they are given: each fault by its field, with its mend. Pure.

No row is asked. What is None was not given, or can't be read, and is not judged, so that a form says while
it is filled what saving it would say. What stands against hours is `openings`' to find.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from clinic.visible_text import ONE_LINE, hides_something, said
from scheduler.working_hours.hours import Stretch, fault_of

Faults = dict[str, str]

NAME_LENGTH: Final = 120
DAYS_OVER: Final = "Days that are over stay as they were. Give today or a later day."
LAST_BEFORE_FIRST: Final = "The last day must not be before the first."


def weekly_faults(
    *,
    weekdays: Collection[int] | None,
    hours: Sequence[Stretch] | None,
    valid_from: date | None,
    valid_until: date | None,
    today: date,
) -> Faults:
    """Of hours for some weekdays, from a day on."""
    found = _of_hours(hours)
    if weekdays is not None and (not weekdays or not set(weekdays) <= set(range(7))):
        found["weekdays"] = "Choose weekdays, from 0 (Monday) to 6 (Sunday)."
    if valid_from and valid_until and valid_until < valid_from:
        found["valid_until"] = LAST_BEFORE_FIRST
    if valid_from and valid_from < today:
        found["valid_from"] = DAYS_OVER
    return found


def end_faults(last_day: date | None, *, today: date) -> Faults:
    """Of a last day of weekly hours."""
    if last_day and last_day < today - timedelta(days=1):
        return {"last_day": "Hours that are over stay as they were. Give yesterday or a later day."}
    return {}


def ended_faults(last_day: date, valid_until: date | None) -> Faults:
    """Of a last day of weekly hours that end by themselves."""
    if valid_until and valid_until < last_day:
        return {"last_day": f"It ends on {valid_until:%B} {valid_until.day} already."}
    return {}


def day_faults(day: date, hours: Sequence[Stretch] | None, *, today: date) -> Faults:
    """Of one day's own hours."""
    return _of_hours(hours) | ({"day": DAYS_OVER} if day < today else {})


def span_faults(start: datetime | None, end: datetime | None, *, now: datetime) -> Faults:
    """Of a stretch in which somebody is away or the clinic is closed. It may have begun already."""
    found = {
        name: "Give whole minutes, such as 9:00."
        for name, moment in (("start", start), ("end", end))
        if moment and (moment.second or moment.microsecond)
    }
    if start and end and end <= start:
        found.setdefault("end", "The end must be after the start.")
    elif end and end <= now:
        found.setdefault("end", "Time that is over stays as it was. Give an end that is still to come.")
    return found


def name_faults(name: str | None) -> Faults:
    """Of why the clinic is closed."""
    if name is None:
        return {}
    if not said(name):
        return {"name": "Say in a few words why the clinic is closed."}
    return {"name": ONE_LINE} if hides_something(name.strip()) else {}


def holiday_faults(days: Iterable[date], *, today: date) -> Faults:
    """Of the days on which the clinic is to be closed."""
    return {"days": DAYS_OVER} if any(day < today for day in days) else {}


def _of_hours(hours: Sequence[Stretch] | None) -> Faults:
    fault = fault_of(hours) if hours is not None else None
    return {"hours": fault} if fault else {}
