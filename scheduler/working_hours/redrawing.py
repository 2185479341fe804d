"""What every declaration of working time does: the schedule locked, the declaration refused in the same
words, the openings of the days it touches redrawn in the same transaction.

A change that a booked visit stands against is refused with the visits. Declaring is `working_time`'s and
`time_off`'s; what is open where is reckoned in `openings`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from scheduler.locks import lock_schedule
from scheduler.models import Resource
from scheduler.visits.placing import release_lapsed
from scheduler.working_hours import declarable, openings


def schedule(clinic_id: UUID, now: datetime) -> list[Resource]:
    """The working resources, locked, with nothing in the way that nobody holds any more."""
    resources = lock_schedule(clinic_id)
    release_lapsed(clinic_id, now)
    return resources


def locked(resource: Resource, now: datetime) -> Resource:
    """The same resource as it stands now, with the schedule locked. Raises `Conflict` `out_of_use`."""
    for working in schedule(resource.clinic_id, now):
        if working.pk == resource.pk:
            return working
    raise out_of_use(resource)


def out_of_use(resource: Resource) -> Conflict:
    """Why nothing is declared about it."""
    return Conflict(
        f"{resource.name} is out of use. Put it back into use before declaring its hours.", code="out_of_use"
    )


def redraw(
    clinic: Clinic, resources: Sequence[Resource], first: date, last: date | None, now: datetime
) -> None:
    changes = openings.changes(clinic=clinic, resources=resources, first=first, last=last, now=now)
    openings.refuse_stranded(clinic, changes, now)
    openings.write((change, change.redrawn()) for change in changes)


def redraw_during(
    clinic: Clinic, resources: Sequence[Resource], start: datetime, end: datetime, now: datetime
) -> None:
    first, last = (clock.local_date(moment, clinic.time_zone) for moment in (start, end))
    redraw(clinic, resources, first, last, now)


def refuse(faults: declarable.Faults) -> None:
    if faults:
        raise Invalid(faults)


def today(clinic: Clinic, now: datetime) -> date:
    return clock.local_date(now, clinic.time_zone)


def over() -> Conflict:
    return Conflict("This is over: what was open then stays as it was.", code="over")
