"""When chairs, nurses and clinicians work: declared here, one function for each event, and laid as openings.

Weekly patterns and one day's own hours; absences and closures are `time_off`'s. Each function locks the
schedule, writes its declaration, and has the openings of the days it touches redrawn in the same transaction
(`redrawing`); taking a declaration back brings the hours back. A change that a booked visit stands against is
refused with the visits. What is over stays as it was. Moving those visits is `repair`'s.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db.models import Q, QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency
from clinic.problems import Conflict, Missing
from clinic.transactions import in_transaction
from clinic.work import open_item
from scheduler.models import DayHours, Resource, WorkingPattern
from scheduler.working_hours import declarable, openings, redrawing
from scheduler.working_hours.hours import Stretch

ONE_DAY: Final = timedelta(days=1)
CHANGED: Final = "Somebody has changed these hours meanwhile. Look at what stands now and decide again."


# --- Weekly patterns --------------------------------------------------------------------------------------


def set_pattern(
    *,
    actor: Actor,
    id: UUID,
    resource: Resource,
    weekdays: Collection[int],
    hours: Sequence[Stretch],
    valid_from: date,
    valid_until: date | None = None,
    in_place_of: Collection[UUID] = (),
    now: datetime,
) -> list[WorkingPattern]:
    """These hours on these weekdays (0 Monday to 6 Sunday), from `valid_from` through `valid_until` or on.

    `in_place_of` are the patterns that stand there (`patterns_standing`), as the caller has seen them: they
    end the day before and go on the day after. No hours at all: it doesn't work on these weekdays.

    Returns a pattern for each stretch, by weekday and time (`pattern_ids`). Raises `Invalid`; `Conflict`
    `hours_changed` when other patterns stand there than were seen, `visits_stranded`, `out_of_use`.
    """
    redrawing.refuse(
        declarable.weekly_faults(
            weekdays=weekdays,
            hours=hours,
            valid_from=valid_from,
            valid_until=valid_until,
            today=redrawing.today(resource.clinic, now),
        )
    )

    def work() -> list[WorkingPattern]:
        locked = redrawing.locked(resource, now)
        standing = list(patterns_standing(locked, weekdays, valid_from, valid_until))
        if {pattern.pk for pattern in standing} != set(in_place_of):
            raise Conflict(CHANGED, code="hours_changed", standing=[pattern.pk for pattern in standing])
        for pattern in standing:
            _give_way(pattern, valid_from, valid_until)
        new = [
            WorkingPattern(
                id=_pattern_id(id, weekday, stretch),
                resource=locked,
                weekday=weekday,
                starts_at=stretch[0],
                ends_at=stretch[1],
                valid_from=valid_from,
                valid_until=valid_until,
            )
            for weekday in sorted(set(weekdays))
            for stretch in sorted(hours)
        ]
        WorkingPattern.objects.bulk_create(new)
        redrawing.redraw(resource.clinic, [locked], valid_from, valid_until, now)
        return new

    return in_transaction(work)


def pattern_ids(id: UUID, weekdays: Collection[int], hours: Sequence[Stretch]) -> list[UUID]:
    """The ids of the patterns that `set_pattern` makes for this call."""
    return [_pattern_id(id, weekday, stretch) for weekday in weekdays for stretch in hours]


def patterns_made(ids: Collection[UUID]) -> list[WorkingPattern]:
    """Those of these patterns that still stand, by weekday and time; `DoesNotExist` when none is left."""
    found = list(WorkingPattern.objects.filter(pk__in=ids).order_by("weekday", "starts_at"))
    if ids and not found:
        raise WorkingPattern.DoesNotExist
    return found


def patterns_standing(
    resource: Resource, weekdays: Collection[int], first: date, last: date | None
) -> QuerySet[WorkingPattern]:
    """The resource's patterns on these weekdays that hold at some time between these days."""
    reaches_in = Q(valid_until__isnull=True) | Q(valid_until__gte=first)
    before_end = Q(valid_from__lte=last) if last else Q()
    return WorkingPattern.objects.filter(
        reaches_in, before_end, resource=resource, weekday__in=weekdays
    ).order_by("weekday", "starts_at", "pk")


def end_pattern(
    *, actor: Actor, pattern: WorkingPattern, last_day: date, now: datetime
) -> WorkingPattern | None:
    """The pattern holds through `last_day` and no longer. One that has not begun by then is taken back: None.

    Ending it again on the same day changes nothing. Raises `Invalid`, also for a day after its end;
    `Conflict` `visits_stranded`, `out_of_use`.
    """
    resource = pattern.resource
    redrawing.refuse(declarable.end_faults(last_day, today=redrawing.today(resource.clinic, now)))

    def work() -> WorkingPattern | None:
        locked = redrawing.locked(resource, now)
        row = _read_again(WorkingPattern.objects.filter(pk=pattern.pk))
        redrawing.refuse(declarable.ended_faults(last_day, row.valid_until))
        begins_later = last_day < row.valid_from
        if begins_later:
            WorkingPattern.objects.filter(pk=row.pk).delete()
        else:
            row.valid_until = last_day
            row.save(update_fields=["valid_until"])
        redrawing.redraw(resource.clinic, [locked], max(last_day + ONE_DAY, row.valid_from), None, now)
        return None if begins_later else row

    return in_transaction(work)


# --- One day ----------------------------------------------------------------------------------------------


def set_day(
    *,
    actor: Actor,
    id: UUID,
    resource: Resource,
    day: date,
    hours: Sequence[Stretch],
    in_place_of: UUID | None = None,
    now: datetime,
) -> DayHours:
    """This day's own hours instead of the weekly pattern; none: it doesn't work on this day.

    `in_place_of` is the day's own hours that stand already, as the caller has seen them. Raises `Invalid`;
    `Conflict` `hours_changed` when others stand or none, `visits_stranded`, `out_of_use`.
    """
    redrawing.refuse(declarable.day_faults(day, hours, today=redrawing.today(resource.clinic, now)))

    def work() -> DayHours:
        locked = redrawing.locked(resource, now)
        standing = DayHours.objects.filter(resource=locked, day=day).first()
        if (standing.pk if standing else None) != in_place_of:
            raise Conflict(CHANGED, code="hours_changed", standing=standing.pk if standing else None)
        if standing:
            DayHours.objects.filter(pk=standing.pk).delete()
        own = DayHours.objects.create(
            id=id, resource=locked, day=day, hours=[list(stretch) for stretch in sorted(hours)]
        )
        redrawing.redraw(resource.clinic, [locked], day, day, now)
        return own

    return in_transaction(work)


def clear_day(*, actor: Actor, day_hours: DayHours, now: datetime) -> None:
    """The weekly pattern holds again on this day.

    Raises `Conflict` `over`, `visits_stranded`, `out_of_use`.
    """
    resource = day_hours.resource
    if day_hours.day < redrawing.today(resource.clinic, now):
        raise redrawing.over()

    def work() -> None:
        locked = redrawing.locked(resource, now)
        DayHours.objects.filter(pk=day_hours.pk).delete()
        redrawing.redraw(resource.clinic, [locked], day_hours.day, day_hours.day, now)

    in_transaction(work)


# --- Laying -----------------------------------------------------------------------------------------------


def lay_openings(*, clinic: Clinic, now: datetime) -> int:
    """Bring the openings from now through the clinic's horizon to what is declared. Returns the rows changed.

    Looks at what stands, not at what has happened since: run twice, or by two at once, it changes nothing
    more. A visit that the declarations don't cover (they were changed behind this module's back, or the
    zone's rules were) keeps its minutes open, and the manager is given the task to look at that day.
    """

    def work() -> int:
        resources = redrawing.schedule(clinic.pk, now)
        today = clock.local_date(now, clinic.time_zone)
        changes = openings.changes(clinic=clinic, resources=resources, first=today, last=None, now=now)
        stranded = openings.stranded_by(changes, now)
        for visit in stranded:
            _ask_manager(clinic, visit, now)
        return openings.write(
            (change, change.redrawn(visit.claimed for visit in stranded if visit.resource == change.resource))
            for change in changes
        )

    return in_transaction(work)


def _ask_manager(clinic: Clinic, visit: openings.Stranded, now: datetime) -> None:
    day = clock.local_date(visit.lost_from, clinic.time_zone)
    open_item(
        clinic_id=clinic.pk,
        patient_id=None,
        cause=f"undeclared_hours:{visit.resource.pk}:{day}",
        title=f"{visit.resource.name} is booked outside the declared hours on {day:%B} {day.day}",
        urgency=Urgency.AMBER,
        role=Role.MANAGER,
        due_at=clock.day_end(now, clinic.time_zone),
    )


def _give_way(pattern: WorkingPattern, first: date, last: date | None) -> None:
    """Take the days from `first` to `last` out of a pattern's validity."""
    before, until = pattern.valid_from < first, pattern.valid_until
    if before:
        pattern.valid_until = first - ONE_DAY
        pattern.save(update_fields=["valid_until"])
    else:
        WorkingPattern.objects.filter(pk=pattern.pk).delete()
    if last and (until is None or until > last):
        WorkingPattern.objects.create(
            resource=pattern.resource,
            weekday=pattern.weekday,
            starts_at=pattern.starts_at,
            ends_at=pattern.ends_at,
            valid_from=last + ONE_DAY,
            valid_until=until,
        )


def _pattern_id(id: UUID, weekday: int, stretch: Stretch) -> UUID:
    return uuid5(id, f"{weekday} {stretch[0]:%H:%M}")


def _read_again(rows: QuerySet[WorkingPattern]) -> WorkingPattern:
    row = rows.first()
    if row is None:
        raise Missing("These hours have been taken back meanwhile.")
    return row
