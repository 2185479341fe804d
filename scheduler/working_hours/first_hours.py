"""The hours that a clinic begins with: the same weekly ones for everything in it that has none yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.models import Resource, WorkingPattern
from scheduler.working_hours import working_time
from scheduler.working_hours.hours import Stretch


def without_hours(clinic: Clinic) -> list[Resource]:
    """Chairs, nurses and clinicians in use that no weekly hours were declared for: one query."""
    declared = WorkingPattern.objects.filter(resource__clinic=clinic).values("resource")
    rows = Resource.objects.filter(clinic=clinic, active=True).exclude(pk__in=declared)
    return list(rows.select_related("clinic").order_by("kind", "name"))


def set_for_all(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    weekdays: Sequence[int],
    hours: Sequence[Stretch],
    now: datetime,
) -> list[Resource]:
    """Declare these weekly hours, from today on, for all of `without_hours`: for each of them, or for none.

    Raises what `working_time.set_pattern` does, and `Conflict` `all_have_hours` where there is nothing to do.
    """

    def work() -> list[Resource]:
        resources = without_hours(clinic)
        if not resources:
            raise Conflict(
                "Everything in use has hours. Change them on the page of the hours.", code="all_have_hours"
            )
        for resource in resources:
            working_time.set_pattern(
                actor=actor,
                id=uuid5(id, str(resource.pk)),
                resource=resource,
                weekdays=weekdays,
                hours=hours,
                valid_from=clock.local_date(now, clinic.time_zone),
                valid_until=None,
                now=now,
            )
        return resources

    return in_transaction(work)
