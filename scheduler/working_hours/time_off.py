"""When nobody works whatever the hours say: a nurse's or a chair's absence, and the whole clinic's closures.

Declared here, one function for each event, as the hours themselves are in `working_time`; taking a
declaration back brings the hours to come back, and what is over stays as it was. A change that a booked visit
stands against is refused with the visits: moving them is `repair`'s.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.models import Absence, AbsenceReason, Closure, Resource
from scheduler.working_hours import declarable, holiday_calendar, redrawing
from scheduler.working_hours.declarable import NAME_LENGTH


def record_absence(
    *,
    actor: Actor,
    id: UUID,
    resource: Resource,
    start: datetime,
    end: datetime,
    reason: AbsenceReason,
    now: datetime,
) -> Absence:
    """The nurse is ill, the chair broken, from `start` to `end`. It may have begun already.

    Absences may overlap: each is a fact of its own, and taking one back leaves the other. One that another
    covers from beginning to end says nothing new. Raises `Invalid`; `Conflict` `absent_already` for that,
    `visits_stranded`, `out_of_use`.
    """
    redrawing.refuse(declarable.span_faults(start, end, now=now))

    def work() -> Absence:
        locked = redrawing.locked(resource, now)
        if is_absent(locked, start, end):
            raise Conflict(
                f"An absence of {locked.name} covers this time already. Take it back first where it is"
                " another one.",
                code="absent_already",
            )
        absence = Absence.objects.create(
            id=id, resource=locked, during=DateTimeTZRange(start, end), reason=reason
        )
        redrawing.redraw_during(resource.clinic, [locked], start, end, now)
        return absence

    return in_transaction(work)


def is_absent(resource: Resource, start: datetime, end: datetime) -> bool:
    """Whether one absence covers all of this. One query; it holds while the schedule is locked."""
    return Absence.objects.filter(resource=resource, during__contains=DateTimeTZRange(start, end)).exists()


def withdraw_absence(*, actor: Actor, absence: Absence, now: datetime) -> None:
    """It was a mistake, or is over earlier: the hours to come are back.

    Raises `Conflict` `over`, `out_of_use`.
    """
    resource, during = absence.resource, absence.during
    if during.upper <= now:
        raise redrawing.over()

    def work() -> None:
        locked = redrawing.locked(resource, now)
        Absence.objects.filter(pk=absence.pk).delete()
        redrawing.redraw_during(resource.clinic, [locked], during.lower, during.upper, now)

    in_transaction(work)


def close(
    *, actor: Actor, id: UUID, clinic: Clinic, start: datetime, end: datetime, name: str, now: datetime
) -> Closure:
    """The whole clinic is closed from `start` to `end`, whatever hours anybody has.

    Raises `Invalid`; `Conflict` `closed_already` for the very same stretch, `visits_stranded`.
    """
    redrawing.refuse(declarable.span_faults(start, end, now=now) | declarable.name_faults(name))
    public = holiday_calendar.is_holiday(clinic, start, end)
    closure = Closure(
        id=id, clinic=clinic, during=DateTimeTZRange(start, end), name=name.strip(), public_holiday=public
    )
    return in_transaction(lambda: _close(clinic, [closure], now)[0])


def close_holidays(
    *, actor: Actor, id: UUID, clinic: Clinic, days: Collection[date], now: datetime
) -> list[Closure]:
    """The clinic is closed on these public holidays of its calendar: on all of them, or none is written.

    Raises `Invalid` for a day that is none; `Conflict` `closed_already`, `visits_stranded`, `no_calendar`.
    """
    names: dict[date, str] = {}
    for year in sorted({day.year for day in days}):
        names |= {holiday.day: holiday.name for holiday in holiday_calendar.public_holidays(clinic, year)}
    strange = sorted(set(days) - set(names))
    if strange:
        raise Invalid({"days": f"{strange[0]} is no public holiday of the clinic's calendar."})
    redrawing.refuse(declarable.holiday_faults(days, today=redrawing.today(clinic, now)))
    closures = [
        Closure(
            id=_holiday_id(id, day),
            clinic=clinic,
            during=DateTimeTZRange(*clock.day_bounds(day, clinic.time_zone)),
            name=names[day][:NAME_LENGTH],
            public_holiday=True,
        )
        for day in sorted(set(days))
    ]
    return in_transaction(lambda: _close(clinic, closures, now))


def holiday_ids(id: UUID, days: Collection[date]) -> list[UUID]:
    """The ids of the closures that `close_holidays` makes for this call."""
    return [_holiday_id(id, day) for day in days]


def reopen(*, actor: Actor, closure: Closure, now: datetime) -> None:
    """The clinic is open after all. Raises `Conflict` `over`."""
    clinic, during = closure.clinic, closure.during
    if during.upper <= now:
        raise redrawing.over()

    def work() -> None:
        resources = redrawing.schedule(clinic.pk, now)
        Closure.objects.filter(pk=closure.pk).delete()
        redrawing.redraw_during(clinic, resources, during.lower, during.upper, now)

    in_transaction(work)


def _close(clinic: Clinic, closures: Sequence[Closure], now: datetime) -> list[Closure]:
    resources = redrawing.schedule(clinic.pk, now)
    if Closure.objects.filter(clinic=clinic, during__in=[row.during for row in closures]).exists():
        raise Conflict("The clinic is closed then already.", code="closed_already")
    made = Closure.objects.bulk_create(closures)
    if made:
        first, last = min(row.during.lower for row in made), max(row.during.upper for row in made)
        redrawing.redraw_during(clinic, resources, first, last, now)
    return made


def _holiday_id(id: UUID, day: date) -> UUID:
    return uuid5(id, day.isoformat())
