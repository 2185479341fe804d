"""A day before a repair and after it, as what each visit holds of chairs and nurses: for a picture of both.

What the plan doesn't touch is read as it stands now; what it touches, from the plan, so the picture stays
the same once it is carried out. Writes nothing; how it looks is a page's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic import clock
from scheduler.finding.availability import Interval, Supply, complement, minute_of
from scheduler.finding.packing import Need, Rectangle
from scheduler.finding.supply import not_counted, supplies, visit_of
from scheduler.models import LIVE_STATUSES, Appointment, Phase, Repair, Resource
from scheduler.repairing.day import DayVisit, Disruption, Held, Standing, Turn
from scheduler.repairing.proposal import Change, Outcome, Proposal, Seat
from scheduler.repairing.reading import Mishap, disruption_of
from scheduler.visits import queries

IN_ORDER: Final = (Phase.PREPARATION, Phase.INFUSION, Phase.OBSERVATION)


@dataclass(frozen=True)
class Server:
    """A chair or a nurse with the hours that what went wrong leaves of its day, what visits hold of it that
    are over, and when it is away for what went wrong."""

    resource: Resource
    supply: Supply
    away: Sequence[Interval]

    def with_all_of(self, held: Iterable[Held]) -> list[Rectangle]:
        """Everything that lies on it."""
        mine = (each for each in held if each.resource == self.resource.pk)
        return [*self.supply.taken, *(Rectangle(each.start, each.end, 0, each.units) for each in mine)]


@dataclass(frozen=True)
class BeforeAndAfter:
    """The local day's minutes since the epoch. `visits` are those drawn and those that the plan names, with
    their patients; `gone` those of them that the plan takes off this day; `names` are of all resources."""

    day: Interval
    chairs: Sequence[Server]
    nurses: Sequence[Server]
    before: Sequence[Held]
    after: Sequence[Held]
    visits: Mapping[UUID, Appointment]
    gone: Sequence[Appointment]
    names: Mapping[UUID, str]


def before_and_after(repair: Repair, proposal: Proposal, mishap: Mishap, *, now: datetime) -> BeforeAndAfter:
    """Six queries, however full the day is."""
    clinic = repair.clinic
    low, high = clock.day_bounds(repair.day, clinic.time_zone)
    rows = queries.visits().filter(clinic=clinic)
    changes = {change.visit: change for change in proposal.changes}
    named = {*changes, *(fault.visit for fault in proposal.faults)}
    visits = {visit.pk: visit for visit in rows.filter(pk__in=named)}
    of_day = queries.on_day(rows, repair.day, clinic.time_zone).filter(status__in=LIVE_STATUSES)
    others = {visit.pk: visit for visit in of_day.exclude(not_counted(now)) if visit.pk not in changes}
    there = supplies(
        clinic.pk,
        low,
        high + timedelta(days=1),
        now=now,
        resources=list(Resource.objects.filter(clinic=clinic)),
        without=[*changes, *others],
    )
    since = minute_of(proposal.since)
    untouched = [held for visit in others.values() for held in _as_booked(visit)]
    was = (held for key, change in changes.items() for held in _seated(visits[key], change, change.was))
    becomes = (held for key, change in changes.items() for held in _becomes(visits[key], change, since))
    before, after = [*untouched, *was], [*untouched, *becomes]
    used = {held.resource for held in (*before, *after)}
    away = _away(disruption_of(mishap, there.resources), since)

    def servers(of_kind: Sequence[Supply]) -> list[Server]:
        """Those in use, and those that something of the day is booked with."""
        return [
            Server(
                there.resources[supply.key],
                replace(supply, open=_without(supply.open, away.get(supply.key, ()))),
                away.get(supply.key, ()),
            )
            for supply in of_kind
            if there.resources[supply.key].active or supply.taken or supply.key in used
        ]

    return BeforeAndAfter(
        day=(minute_of(low), minute_of(high)),
        chairs=servers(there.chairs),
        nurses=servers(there.nurses),
        before=before,
        after=after,
        visits={**visits, **others},
        gone=[
            visits[key]
            for key, change in changes.items()
            if change.outcome in (Outcome.ANOTHER_DAY, Outcome.GIVEN_UP)
        ],
        names={key: resource.name for key, resource in there.resources.items()},
    )


def _away(disruption: Disruption, since: int) -> dict[UUID, list[Interval]]:
    """By resource, from the plan's moment on."""
    away: dict[UUID, list[Interval]] = {}
    for each in disruption.away:
        away.setdefault(each.resource, []).append((max(each.start, since), each.end))
    return away


def _without(hours: Iterable[Interval], away: Sequence[Interval]) -> list[Interval]:
    return [piece for start, end in hours for piece in complement(away, start, end)]


def _as_booked(visit: Appointment) -> Iterator[Held]:
    for claim in visit.claims.all():
        units = claim.units.upper - claim.units.lower
        start, end = minute_of(claim.during.lower), minute_of(claim.during.upper)
        yield Held(visit.pk, claim.resource_id, claim.phase, start, end, units)


def _becomes(visit: Appointment, change: Change, since: int) -> Iterator[Held]:
    """Of a visit under way only what follows `since` is laid anew; who is left alone stays where they sit."""
    if change.outcome == Outcome.LEFT_ALONE:
        yield from _seated(visit, change, change.was)
    elif change.to is not None and change.begun:
        yield from _clipped(_seated(visit, change, change.was), high=since)
        yield from _clipped(_seated(visit, change, change.to), low=since)
    elif change.to is not None:
        yield from _seated(visit, change, change.to)


def _clipped(held: Iterable[Held], *, low: int | None = None, high: int | None = None) -> Iterator[Held]:
    for each in held:
        start = each.start if low is None else max(each.start, low)
        end = each.end if high is None else min(each.end, high)
        if start < end:
            yield replace(each, start=start, end=end)


def _seated(visit: Appointment, change: Change, seat: Seat) -> Iterator[Held]:
    """What the visit holds in this seat: its phases one after the other, as long as the plan has them."""
    asks = visit_of(visit.protocol)
    units = (asks.preparation_units, asks.infusion_units, asks.observation_units)
    *minutes, turnover = change.lasts
    starts, needs, end = minute_of(seat.start), [], minute_of(seat.end)
    for phase, long, of_nurse in zip(IN_ORDER, minutes, units, strict=True):
        until = end if phase == Phase.OBSERVATION else min(starts + long, end)
        needs.append(Need(starts, until, of_nurse, phase))
        starts = until
    day_visit = DayVisit(
        key=visit.pk,
        patient=visit.patient_id,
        standing=Standing.BOOKED,
        phases=tuple(needs),
        turnover=turnover,
        chair=seat.chair,
        nurses=_turns(seat.nurses, needs[0].start),
        clinicians=_turns(seat.clinicians, needs[0].start),
        able_chairs=frozenset(),
    )
    return day_visit.holds()


def _turns(turns: Sequence[tuple[datetime, object]], start: int) -> tuple[Turn, ...]:
    """As the plan keeps them; where nobody serves, nobody's."""
    return tuple(Turn(minute_of(moment), server) for moment, server in turns) or (Turn(start, None),)
