"""What a clinic decides about booking as a whole: notice, holds, offers, whose holidays, and its time zone.

Each is read where it is used; a change counts from the next visit on and rewrites nothing that stands.
Whether calendars name the patients is `calendars.feeds`' to change, with its own warning.
"""

from typing import Final

from django.core.exceptions import ValidationError

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.models import Absence, Appointment, Closure, DayHours, WorkingPattern
from scheduler.working_hours import holiday_calendar as calendars

# Least and most of each, and its unit. Not clinical: they keep out slips of the keyboard.
BOUNDS: Final = {
    "late_cancellation_hours": (0, 336, "hours"),
    "hold_minutes": (1, 240, "minutes"),
    "offer_minutes": (5, 2880, "minutes"),
}


def change_booking_settings(
    *,
    actor: Actor,
    clinic: Clinic,
    holiday_calendar: str | None = None,
    late_cancellation_hours: int | None = None,
    hold_minutes: int | None = None,
    offer_minutes: int | None = None,
    time_zone: str | None = None,
) -> Clinic:
    """Change what is given. Closures on holidays of another calendar stay until somebody reopens them.

    The time zone stays once hours were declared or a visit was booked: what was agreed by the clock on the
    wall would be another moment. Raises `Invalid` that names every field out of bounds, or a calendar or zone
    that the library doesn't know; `Conflict` `zone_in_use`.
    """
    numbers = {
        "late_cancellation_hours": late_cancellation_hours,
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
