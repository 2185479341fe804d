"""Whether a visit may be booked, and with whom: every reason against it at once. Reads, never writes.

`booking` asks this twice: without the lock for `check`, under the lock for whatever writes claims. The
minutes come from the same arithmetic (`availability`) that finds feasible starts, so what is offered can be
booked; who shows free times asks first what stands against any of them (`against_any_time`). Each reason by
itself, and its words, are in `blockers`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic import clock
from clinic.problems import Conflict, Invalid
from scheduler.finding.availability import (
    GRID_MINUTES,
    Supply,
    Visit,
    minute_of,
    moment_of,
)
from scheduler.finding.fasting import NOT_ASKED, NothingSince
from scheduler.finding.nursing import Turn, joined, preferred
from scheduler.finding.packing import Need, Rectangle, pack
from scheduler.finding.supply import supplies
from scheduler.models import Resource, ResourceKind, TreatmentPlan
from scheduler.visits.blockers import (
    Blocker,
    Occasion,
    against_calendar,
    against_hand_overs,
    against_other_visits,
    against_plan_and_patient,
    against_resources,
    against_validity,
    nobody_working,
    unsuitable,
    why_closed,
)
from scheduler.visits.case import case_of
from scheduler.visits.parts import (
    PinnedTurns,
    as_told,
    giver_of,
    in_one,
    in_turn,
    left_of,
    left_of_chair,
    misplaced,
    require_working,
)


@dataclass(frozen=True)
class Share:
    """What a visit would take of one resource."""

    resource: Resource
    rectangles: list[Rectangle]


@dataclass(frozen=True)
class Decision:
    """The answer for one plan at one time: bookable when there is no blocker. Chair, nurses and clinician are
    those that would serve, or that come nearest; `shares` is what those that fit would be claimed for."""

    decided_at: datetime
    plan: TreatmentPlan
    # The version that the plan stands under as it was read here; `plan` is the caller's, and may be older.
    protocol_id: UUID
    zone: str
    start: datetime
    end: datetime
    chair: Resource | None
    nurses: tuple[Turn, ...]
    clinician: Resource | None
    blockers: tuple[Blocker, ...]
    # Nothing about the plan or the patient is in the way, so that another time could be.
    another_time_may_do: bool
    shares: tuple[Share, ...]
    # So soon that somebody has to ask whether the patient has fasted; no blocker, for they may have.
    to_ask: NothingSince | None = None

    def asked_at(self, fasted: bool) -> datetime | None:
        """When it was asked whether the patient has fasted, where that has to be asked of this start: now.

        Raises `Conflict` with code `fasting_not_asked` where it wasn't (`fasted`).
        """
        if self.to_ask is None:
            return None
        if not fasted:
            raise Conflict(self.to_ask.sentence, code=NOT_ASKED, to_ask=self.to_ask.as_data())
        return self.decided_at


def decide(
    *,
    plan: TreatmentPlan,
    start: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    turns: PinnedTurns | None = None,
    since: datetime | None = None,
    serving: Sequence[UUID] = (),
    lasts: Visit | None = None,
    extra_recovery: int = 0,
    resources: Sequence[Resource] | None = None,
    without: Collection[UUID] = (),
    replacing: Collection[UUID] = (),
    heeded: datetime | None = None,
    occasion: Occasion = Occasion.NEW,
) -> Decision:
    """Judge a visit of the plan as it stands in the database: three queries, two with `resources` at hand,
    and one more where somebody's hours are short.

    Without a chair or nurse chosen, those that fit are found (nurses as in `serving.who_serves`; among
    equals the one the patient knows, then those with the least to do). A chosen nurse serves the whole
    visit; `turns` names a nurse from each moment on, the first from the beginning. They hand over where a
    phase or one of their shifts begins or ends, and nowhere else.

    `lasts` are other lengths than the protocol's, `extra_recovery` minutes more than these. Of a visit that
    has begun, only what follows `since` is judged, the chair from then on even where its patient was seated
    before the visit's time; `serving` are the nurse and the clinician until then. The appointments in
    `without` count for nothing; those in `replacing` still hold their time, but don't count as sessions of
    the plan: this visit is meant for one of them. `heeded` is the start for which the patient fasts already.

    Raises `Invalid` for a new time off the five-minute grid and for a chair or nurse that doesn't work in
    the plan's clinic.
    """
    if occasion is Occasion.NEW and (start.second or start.microsecond or start.minute % GRID_MINUTES):
        raise Invalid({"start": f"Give a time on the {GRID_MINUTES}-minute grid, such as 9:05."})
    case = case_of(plan.pk, start, now=now, without=without)
    visit = (lasts or case.visit).recovering_longer(extra_recovery)
    at = minute_of(start)
    end = moment_of(at + visit.minutes)
    # The nurses' whole day is read, so that the least busy one can be found.
    low, high = clock.day_bounds(clock.local_date(start, case.zone), case.zone)
    block_end = moment_of(at + visit.minutes + visit.turnover)
    found = supplies(case.clinic_id, low, max(high, block_end), now=now, resources=resources, without=without)
    chosen = found.only(chair=chair_id, nurse=nurse_id)
    require_working(chair_id, chosen.chairs, "chair")
    require_working(nurse_id, chosen.nurses, "nurse")
    suitable = chosen.offering(case.chair_features).chairs

    begun = minute_of(since) - at if since else 0
    order = preferred(chosen.nurses, known=case.known_nurse, low=minute_of(low), high=minute_of(high))
    nursed = left_of(visit.nurse_needs, begun)
    nursing = giver_of(found.nurses, visit.nurse_needs, begun, serving)
    supervising = giver_of(found.clinicians, visit.clinician_needs, begun, serving)
    parts = {
        ResourceKind.CHAIR: in_one(suitable or chosen.chairs, left_of_chair(visit.chair_needs, begun), at),
        ResourceKind.NURSE: (
            in_turn(chosen.nurses, nursed, at, order, spare=True, giver=nursing)
            if turns is None
            else as_told(found.nurses, nursed, at, turns)
        ),
        ResourceKind.CLINICIAN: in_turn(
            chosen.clinicians,
            left_of(visit.clinician_needs, begun),
            at,
            [supply.key for supply in chosen.clinicians],
            spare=False,
            giver=supervising,
        ),
    }
    named = {ResourceKind.CHAIR: chair_id is not None, ResourceKind.NURSE: bool(nurse_id or turns)}
    about_plan: list[Blocker] = []
    blockers: list[Blocker] = []
    if occasion is not Occasion.STANDING:
        about_plan = against_plan_and_patient(case, plan.pk, replacing, now)
        blockers = [*about_plan, *against_calendar(case, start, now, occasion)]
    blockers += against_other_visits(case, start, end, replacing, occasion, now)
    if any(part.missing.closed for of_kind in parts.values() for part in of_kind):
        blockers += why_closed(case, start, block_end, now)
    if case.chair_features and not suitable:
        blockers.append(unsuitable(case.chair_features, found.resources[chair_id] if chair_id else None))
    for kind, of_kind in parts.items():
        blockers += against_resources(kind, of_kind, found, chosen=named.get(kind, False))
    blockers += against_hand_overs(misplaced(parts[ResourceKind.NURSE], at, nursing), found, case.zone)
    who = {kind: [found.resources[part.supply.key] for part in of_kind] for kind, of_kind in parts.items()}
    return Decision(
        decided_at=now,
        plan=plan,
        protocol_id=case.protocol_id,
        zone=case.zone,
        start=start,
        end=end,
        chair=next(iter(who[ResourceKind.CHAIR]), None),
        nurses=joined(
            Turn(part.needs[0].name, moment_of(at + part.needs[0].start), found.resources[part.supply.key])
            for part in parts[ResourceKind.NURSE]
        ),
        clinician=next(iter(who[ResourceKind.CLINICIAN]), None),
        blockers=tuple(blockers),
        another_time_may_do=not about_plan,
        shares=tuple(
            Share(found.resources[part.supply.key], _rectangles(part.supply, part.needs, at))
            for of_kind in parts.values()
            for part in of_kind
            if not part.missing
        ),
        to_ask=(
            case.fasting.to_ask(start, now=now, zone=case.zone, heeded=heeded)
            if occasion is Occasion.NEW
            else None
        ),
    )


def against_any_time(
    *, plan: TreatmentPlan, now: datetime, without: Collection[UUID] = ()
) -> tuple[Blocker, ...]:
    """What `decide` would tell of the plan's next session whatever time is asked for: three queries.

    While there is any, no time can be booked, so that none is to be shown as free. The appointments in
    `without` count for nothing.
    """
    case = case_of(plan.pk, now, now=now, without=without)
    blockers = against_plan_and_patient(case, plan.pk, (), now)
    today = clock.local_date(now, case.zone)
    if case.valid_until < today:
        blockers += against_validity(case, today, now)
    working = list(Resource.objects.filter(clinic_id=case.clinic_id, active=True))
    wanted = set(case.chair_features)
    if wanted and not any(
        wanted.issubset(each.features) for each in working if each.kind == ResourceKind.CHAIR
    ):
        blockers.append(unsuitable(case.chair_features, None))
    kinds = {resource.kind for resource in working}
    blockers += [nobody_working(kind) for kind in ResourceKind if kind not in kinds]
    return tuple(blockers)


def _rectangles(supply: Supply, needs: Sequence[Need], start: int) -> list[Rectangle]:
    moved = [Need(start + need.start, start + need.end, need.units, need.name) for need in needs]
    laid = pack(moved, taken=supply.taken, capacity=supply.capacity)
    if laid is None:  # the summed load fits, so the rectangles do
        raise AssertionError("a load that fits could not be packed")
    return laid
