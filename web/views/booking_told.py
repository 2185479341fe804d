"""What other settings of booking would touch, in the sentences beside their form.

`scheduler.working_hours.booking_settings.touched` counts; here it is only told.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from clinic.models import Clinic
from scheduler.working_hours import booking_settings
from scheduler.working_hours.booking_settings import Touched
from web.templatetags.chairside import short_day
from web.views.live_form import Told


def of_settings(clinic: Clinic, given: Mapping[str, Any], *, now: datetime) -> Told:
    """Raises `Invalid` for what can't be set, as saving it would."""
    found = booking_settings.touched(clinic=clinic, changes=given, now=now)
    return Told([*_late(clinic, given, found), *_kept(clinic, given, found), *_holidays(given, found)])


def _late(clinic: Clinic, given: Mapping[str, Any], found: Touched) -> Iterator[str]:
    hours, was = given["late_cancellation_hours"], clinic.late_cancellation_hours
    yield f"Cancelled now, {_count(found.late_becomes, 'visit')} to come would count as late."
    if hours != was:
        yield f"With {was} hours, as it stands, {_count(found.late_was, 'visit')} would."


def _kept(clinic: Clinic, given: Mapping[str, Any], found: Touched) -> Iterator[str]:
    if given["hold_minutes"] != clinic.hold_minutes and found.held:
        keep = "keeps" if found.held == 1 else "keep"
        yield f"{_count(found.held, 'time')} held now {keep} the {clinic.hold_minutes} minutes."
    if given["offer_minutes"] != clinic.offer_minutes and found.offered:
        stand = "stands" if found.offered == 1 else "stand"
        yield f"{_count(found.offered, 'offer')} from the waitlist {stand} as long as was said."


def _holidays(given: Mapping[str, Any], found: Touched) -> Iterator[str]:
    if not given["holiday_calendar"]:
        yield "No public holidays are offered."
    elif found.holidays:
        first = found.holidays[0]
        yield (
            f"{_count(len(found.holidays), 'public holiday')} in the coming year,"
            f" the next {first.name} on {short_day(first.day)}. None of them closes the clinic by itself."
        )
    if found.closures_kept:
        yield (
            f"{_count(found.closures_kept, 'closure')} on holidays of the other calendar"
            f" {'stays' if found.closures_kept == 1 else 'stay'} until you open the clinic then."
        )


def _count(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
