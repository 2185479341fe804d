"""Whether a visit may be booked, and with whom: every reason against it at once. Reads, never writes.

`booking` asks this twice: without the lock for `check`, under the lock for whatever writes claims. The
minutes come from the same arithmetic (`availability`) that finds feasible starts, so what is offered can be
booked; who shows free times asks first what stands against any of them (`against_any_time`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import clock
from clinic.problems import Invalid
from scheduler.finding.availability import (
    GRID_MINUTES,
    Supply,
    Visit,
    minute_of,
    moment_of,
)
from scheduler.finding.free_times import too_close
from scheduler.finding.nursing import Turn, joined, preferred
from scheduler.finding.packing import Need, Rectangle, pack
from scheduler.finding.supply import Supplies, supplies
from scheduler.models import Closure, PlanStatus, ProtocolStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.prescribing.protocols import NOT_IN_FORCE
from scheduler.visits.case import Case, OtherVisit, case_of
from scheduler.visits.parts import (
    HandOver,
    Part,
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
from scheduler.vocabulary import spoken_day, wall_time


class Occasion(Enum):
    """What the visit is to the time it asks for; some questions are settled then."""

    NEW = "a new visit, or a visit that asks for another time"
    AGAIN = "a time that was given up by mistake: that it has begun doesn't matter"
    STANDING = "the visit's own time: only who serves it is asked, not the plan, the patient or the spacing"


@dataclass(frozen=True)
class Lack:
    """How one kind of resource can be short: outside its hours, or taken; code and words for each."""

    closed_code: str
    open_words: str
    taken_code: str
    taken_words: str


LACKS: Final = {
    ResourceKind.CHAIR: Lack("outside_hours", "open", "chair_taken", "is taken"),
    ResourceKind.NURSE: Lack(
        "outside_hours", "at work", "nurse_overloaded", "would have too many patients at once"
    ),
    ResourceKind.CLINICIAN: Lack(
        "no_clinician", "on site", "no_clinician", "is supervising as many visits as possible"
    ),
}


MENDS: Final = {PlanStatus.ON_HOLD: "A prescriber can take it up again."}


@dataclass(frozen=True)
class Blocker:
    """One reason against a booking: a stable code, a plain sentence, minutes where they tell more."""

    code: str
    detail: str
    minutes: int | None = None

    def as_data(self) -> dict[str, Any]:
        counted = {} if self.minutes is None else {"minutes": self.minutes}
        return {"code": self.code, "detail": self.detail, **counted}


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
    the plan: this visit is meant for one of them.

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
        about_plan = _plan_and_patient_blockers(case, plan.pk, replacing, now)
        blockers = [*about_plan, *_calendar_blockers(case, start, now, occasion)]
    blockers += _visit_blockers(case, start, end, replacing, occasion, now)
    if any(part.missing.closed for of_kind in parts.values() for part in of_kind):
        blockers += _closure_blockers(case, start, block_end, now)
    if case.chair_features and not suitable:
        blockers.append(_unsuitable(case.chair_features, found.resources[chair_id] if chair_id else None))
    for kind, of_kind in parts.items():
        blockers += _resource_blockers(kind, of_kind, found, chosen=named.get(kind, False))
    blockers += _hand_over_blockers(misplaced(parts[ResourceKind.NURSE], at, nursing), found, case.zone)
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
    )


def against_any_time(
    *, plan: TreatmentPlan, now: datetime, without: Collection[UUID] = ()
) -> tuple[Blocker, ...]:
    """What `decide` would tell of the plan's next session whatever time is asked for: two queries.

    While there is any, no time can be booked, so that none is to be shown as free. The appointments in
    `without` count for nothing.
    """
    case = case_of(plan.pk, now, now=now, without=without)
    blockers = _plan_and_patient_blockers(case, plan.pk, (), now)
    today = clock.local_date(now, case.zone)
    if case.valid_until < today:
        blockers += _validity_blockers(case, today, now)
    working = list(Resource.objects.filter(clinic_id=case.clinic_id, active=True))
    wanted = set(case.chair_features)
    if wanted and not any(
        wanted.issubset(each.features) for each in working if each.kind == ResourceKind.CHAIR
    ):
        blockers.append(_unsuitable(case.chair_features, None))
    kinds = {resource.kind for resource in working}
    blockers += [_nobody_working(kind) for kind in ResourceKind if kind not in kinds]
    return tuple(blockers)


def _rectangles(supply: Supply, needs: Sequence[Need], start: int) -> list[Rectangle]:
    moved = [Need(start + need.start, start + need.end, need.units, need.name) for need in needs]
    laid = pack(moved, taken=supply.taken, capacity=supply.capacity)
    if laid is None:  # the summed load fits, so the rectangles do
        raise AssertionError("a load that fits could not be packed")
    return laid


def _nobody_working(kind: ResourceKind) -> Blocker:
    """The clinic has none of a kind that every visit needs."""
    return Blocker(LACKS[kind].closed_code, f"The clinic has no working {kind.label.lower()}.")


def _plan_and_patient_blockers(
    case: Case, plan_id: UUID, replacing: Collection[UUID], now: datetime
) -> list[Blocker]:
    """What stands against the plan or the patient, so that another time wouldn't do either."""
    return [*_plan_blockers(case, plan_id, replacing, now), *_patient_blockers(case)]


def _plan_blockers(
    case: Case, plan_id: UUID, replacing: Collection[UUID], now: datetime
) -> Iterator[Blocker]:
    if case.plan_status != PlanStatus.ACTIVE:
        mend = MENDS.get(PlanStatus(case.plan_status), "A prescriber has to write a new one.")
        yield Blocker("plan_not_active", f"The plan is {case.plan_status}. {mend}")
    if case.protocol_status != ProtocolStatus.ACTIVE:
        yield Blocker("protocol_inactive", NOT_IN_FORCE)
    counted = [other for other in case.visits if other.plan_id == plan_id and other.id not in replacing]
    if len(counted) >= case.sessions_ordered:
        yield Blocker(
            "sessions_used_up",
            f"All {case.sessions_ordered} sessions of the plan are booked."
            + "".join(_answer_first(other, case.zone, now) for other in counted),
        )


def _patient_blockers(case: Case) -> Iterator[Blocker]:
    if case.deceased:
        yield Blocker("patient_deceased", "The patient is recorded as deceased.")
    if not case.consented:
        yield Blocker("consent_missing", "There is no current consent to treatment. Record one first.")


def _calendar_blockers(case: Case, start: datetime, now: datetime, occasion: Occasion) -> Iterator[Blocker]:
    if occasion is Occasion.NEW and start < now:
        yield Blocker("in_the_past", "This time is past.")
    yield from _validity_blockers(case, clock.local_date(start, case.zone), now)


def _validity_blockers(case: Case, day: date, now: datetime) -> Iterator[Blocker]:
    if not case.valid_from <= day <= case.valid_until:
        today = clock.local_date(now, case.zone)
        first, last, asked = (
            spoken_day(one, today=today) for one in (case.valid_from, case.valid_until, day)
        )
        yield Blocker("plan_expired", f"The plan is valid from {first} to {last}, not on {asked}.")


def _visit_blockers(
    case: Case,
    start: datetime,
    end: datetime,
    replacing: Collection[UUID],
    occasion: Occasion,
    now: datetime,
) -> Iterator[Blocker]:
    """What the patient's other visits stand against: being in two places, and days between sessions."""
    for other in case.visits:
        if start < other.end and other.start < end:
            yield Blocker(
                "patient_elsewhere",
                f"The patient has another visit {_on(other.start, case.zone, now)} at this time."
                + _answer_first(other, case.zone, now),
            )
        if occasion is Occasion.STANDING or other.id in replacing:
            continue
        first, last = too_close(other.start, case.spacing.min_days, case.zone)
        if first <= minute_of(start) < last:
            apart = abs(clock.days_between(start, other.start, case.zone))
            yield Blocker(
                "spacing_too_close",
                f"{apart} days from the session {_on(other.start, case.zone, now)};"
                f" {case.spacing.whose} asks for at least {case.spacing.min_days}."
                + _answer_first(other, case.zone, now),
            )


def _answer_first(other: OtherVisit, zone: str, now: datetime) -> str:
    """Where what stands in the way is only offered, the way out: it is theirs to take or to leave."""
    if not other.offered:
        return ""
    return (
        f" The time {_on(other.start, zone, now)} is only offered to them by the waitlist: enter there"
        " whether they take it, or take them off the list, and then book."
    )


def _closure_blockers(case: Case, start: datetime, end: datetime, now: datetime) -> Iterator[Blocker]:
    """Why nobody is there: one query, asked only where somebody's hours are short."""
    during: Any = DateTimeTZRange(start, end)
    on = _on(start, case.zone, now)
    for closure in Closure.objects.filter(clinic_id=case.clinic_id, during__overlap=during).order_by(
        "during"
    ):
        yield Blocker(
            "outside_hours",
            f"The clinic is closed {on}{_wall_span(closure, start, case.zone)}: {closure.name}.",
        )


def _wall_span(closure: Closure, start: datetime, zone: str) -> str:
    """From when to when, of a closure that leaves some of that day open."""
    begins, ends = clock.day_bounds(clock.local_date(start, zone), zone)
    since = f" from {wall_time(closure.during.lower, zone)}" if begins < closure.during.lower else ""
    until = f" until {wall_time(closure.during.upper, zone)}" if closure.during.upper < ends else ""
    return since + until


def _unsuitable(wanted: Collection[str], chosen: Resource | None) -> Blocker:
    who = f"{chosen.name} does not offer" if chosen else "No working chair offers"
    return Blocker("chair_unsuitable", f"{who} all that is asked for: {', '.join(sorted(wanted))}.")


def _resource_blockers(
    kind: ResourceKind, parts: Sequence[Part], found: Supplies, *, chosen: bool
) -> Iterator[Blocker]:
    """What one kind of resource lacks, told of the chosen one or of those that come nearest."""
    lack = LACKS[kind]
    if not parts and kind not in {resource.kind for resource in found.resources.values()}:
        yield _nobody_working(kind)
    if parts and not chosen and all(part.missing.closed == part.minutes for part in parts):
        # The nearest are closed throughout, and so is everybody else: no name tells more.
        yield Blocker(
            lack.closed_code,
            f"No {kind.label.lower()} is {lack.open_words} then.",
            sum(part.minutes for part in parts),
        )
        return
    for key in dict.fromkeys(part.supply.key for part in parts):
        name = found.resources[key].name
        who = name if chosen else f"No {kind.label.lower()} is free. {name} comes nearest and"
        own = [part for part in parts if part.supply.key == key]
        for code, words, minutes in (
            (lack.closed_code, f"is not {lack.open_words}", [part.missing.closed for part in own]),
            (lack.taken_code, lack.taken_words, [part.missing.overloaded for part in own]),
        ):
            if any(minutes):
                spans = [
                    f"{count} minutes of {part.words}"
                    for count, part in zip(minutes, own, strict=True)
                    if count
                ]
                yield Blocker(code, f"{who} {words} for {' and '.join(spans)}.", sum(minutes))


def _hand_over_blockers(wrong: Iterable[HandOver], found: Supplies, zone: str) -> Iterator[Blocker]:
    for one in wrong:
        giver, taker = (found.resources[supply.key].name for supply in (one.giver, one.taker))
        yield Blocker(
            "hand_over_inside_phase",
            f"{giver} can't hand over to {taker} at {wall_time(moment_of(one.minute), zone)}, in the middle"
            f" of the {one.phase}: nurses change where a phase ends or one of their shifts begins or ends.",
        )


def _on(moment: datetime, zone: str, now: datetime) -> str:
    return f"on {spoken_day(clock.local_date(moment, zone), today=clock.local_date(now, zone))}"
