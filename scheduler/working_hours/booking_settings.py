"""What a clinic decides about booking as a whole: notice, holds, offers, whose holidays, and its time zone.

Each is read where it is used; a change counts from the next visit on and rewrites nothing that stands.
Whether calendars name the patients is `calendars.feeds`' to change, with its own warning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from scheduler.models import (
    Absence,
    Appointment,
    AppointmentStatus,
    Closure,
    DayHours,
    OfferStatus,
    WaitlistOffer,
    WorkingPattern,
)
from scheduler.working_hours import holiday_calendar as calendars
from scheduler.working_hours.holiday_calendar import Holiday

# Least and most of each, and its unit. Not clinical: they keep out slips of the keyboard.
BOUNDS: Final = {
    "late_cancellation_hours": (0, 336, "hours"),
    "no_show_after_minutes": (0, 240, "minutes"),
    "hold_minutes": (1, 240, "minutes"),
    "offer_minutes": (5, 2880, "minutes"),
}


A_YEAR: Final = timedelta(days=364)
SETTABLE: Final = ("holiday_calendar", *BOUNDS, "time_zone")


def settings_of(clinic: Clinic) -> dict[str, Any]:
    """What `change_booking_settings` changes, as it stands."""
    return {name: getattr(clinic, name) for name in SETTABLE}


def change_booking_settings(
    *,
    actor: Actor,
    clinic: Clinic,
    holiday_calendar: str | None = None,
    late_cancellation_hours: int | None = None,
    no_show_after_minutes: int | None = None,
    hold_minutes: int | None = None,
    offer_minutes: int | None = None,
    time_zone: str | None = None,
    seen: Seen | None = None,
) -> Clinic:
    """Change what is given. Closures on holidays of another calendar stay until somebody reopens them.

    The time zone stays once hours were declared or a visit was booked: what was agreed by the clock on the
    wall would be another moment. Raises `Invalid` that names every field out of bounds, or a calendar or zone
    that the library doesn't know; `Conflict` `zone_in_use`; `ChangedMeanwhile` where something stands
    otherwise than it was `seen`.
    """
    numbers = {
        "late_cancellation_hours": late_cancellation_hours,
        "no_show_after_minutes": no_show_after_minutes,
        "hold_minutes": hold_minutes,
        "offer_minutes": offer_minutes,
    }
    changes: dict[str, str | int] = {name: value for name, value in numbers.items() if value is not None}
    _check_bounds({name: value for name, value in numbers.items() if value is not None})
    if time_zone is not None:
        changes["time_zone"] = _known_zone(time_zone)
    if holiday_calendar is not None:
        changes["holiday_calendar"] = calendars.known_calendar(holiday_calendar)

    def work() -> Clinic:
        row = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        refuse_unseen(seen, row, stands=settings_of(row), wanted=changes)
        changed = [name for name, value in changes.items() if getattr(row, name) != value]
        if "time_zone" in changed and zone_is_used(row):
            raise Conflict(
                "The time zone stays: hours are declared or visits booked by it. Take them back first.",
                code="zone_in_use",
            )
        for name in changed:
            setattr(row, name, changes[name])
        if changed:
            with acting(actor.user_id):
                row.save(update_fields=changed)
        return row

    return in_transaction(work)


@dataclass(frozen=True)
class Touched:
    """What other settings of booking would find as it is now: visits to come whose cancelling would count as
    late, under the settings that hold and under the tried ones; times that are held, and offers that stand,
    and keep what they were given; the public holidays of the coming year; closures on holidays of the
    calendar that is left."""

    late_was: int
    late_becomes: int
    held: int
    offered: int
    holidays: list[Holiday]
    closures_kept: int


def touched(*, clinic: Clinic, changes: Mapping[str, Any], now: datetime) -> Touched:
    """What these `SETTABLE` settings would find, the others as they stand: five queries, however many visits
    there are. Raises `Invalid` as `change_booking_settings` does."""
    given = settings_of(clinic) | dict(changes)
    _check_bounds({name: given[name] for name in BOUNDS})
    _known_zone(given["time_zone"])
    calendar = calendars.known_calendar(given["holiday_calendar"])
    booked = Appointment.objects.filter(
        clinic=clinic, status=AppointmentStatus.BOOKED, during__startswith__gt=now
    )

    def late(hours: int) -> int:
        return booked.filter(during__startswith__lt=now + timedelta(hours=hours)).count()

    today = clock.local_date(now, clinic.time_zone)
    left = calendar != clinic.holiday_calendar
    closures = Closure.objects.filter(clinic=clinic, public_holiday=True, during__endswith__gt=now)
    offers = WaitlistOffer.objects.filter(
        entry__clinic=clinic, status=OfferStatus.OPEN, expires_at__gt=now
    ).count()
    holds = Appointment.objects.filter(
        clinic=clinic, status=AppointmentStatus.PENDING, held_until__gt=now, waitlist_offer=None
    )
    return Touched(
        late_was=late(clinic.late_cancellation_hours),
        late_becomes=late(given["late_cancellation_hours"]),
        held=holds.count(),
        offered=offers,
        holidays=calendars.holidays_between(calendar, today, today + A_YEAR),
        closures_kept=closures.count() if left else 0,
    )


def zone_is_used(clinic: Clinic) -> bool:
    """Whether anything stands by the clock on this clinic's wall: hours, closures or visits."""
    of_resources = (WorkingPattern, DayHours, Absence)
    return (
        any(model.objects.filter(resource__clinic=clinic).exists() for model in of_resources)
        or Closure.objects.filter(clinic=clinic).exists()
        or Appointment.objects.filter(clinic=clinic).exists()
    )


def _known_zone(name: str) -> str:
    try:
        clock.validate_zone(name)
    except ValidationError:
        raise Invalid({"time_zone": "Name an IANA time zone such as America/Chicago."}) from None
    return name


def _check_bounds(numbers: dict[str, int]) -> None:
    wrong = {
        name: f"Give {least} to {most} {unit}."
        for name, (least, most, unit) in BOUNDS.items()
        if name in numbers and not least <= numbers[name] <= most
    }
    if wrong:
        raise Invalid(wrong)
