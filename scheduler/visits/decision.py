"""Whether a visit may be booked, and with whom: every reason against it at once. Reads, never writes.

`booking` asks this twice: without the lock for `check`, under the lock for whatever writes claims. The
minutes come from the same arithmetic (`availability`) that finds feasible starts, so what is offered can be
booked.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from clinic import clock
from clinic.problems import Invalid
from scheduler.finding.availability import (
    GRID_MINUTES,
    Shortfall,
    Supply,
    Visit,
    minute_of,
    moment_of,
    shortfall,
)
from scheduler.finding.free_times import too_close
from scheduler.finding.nursing import Turn, joined, preferred
from scheduler.finding.packing import Need, Rectangle, pack
from scheduler.finding.serving import Team
from scheduler.finding.supply import Supplies, supplies
from scheduler.models import Phase, PlanStatus, ProtocolStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.visits.case import Case, case_of

# Who nurses from which moment on.
PinnedTurns = Sequence[tuple[datetime, UUID]]


class Occasion(Enum):
    """What the visit is to the time it asks for; some questions are settled then."""

    NEW = "a new visit, or a visit that asks for another time"
    AGAIN = "a time that was given up by mistake: that it has begun doesn't matter"
    STANDING = "the visit's own time: only who serves it is asked, not the plan, the patient or the spacing"


@dataclass(frozen=True)
class Lack:
    """How one kind of resource can be short: outside its hours, or taken; code and words for each."""

    closed_code: str
    closed_words: str
    taken_code: str
    taken_words: str


LACKS: Final = {
    ResourceKind.CHAIR: Lack("outside_hours", "is not open", "chair_taken", "is taken"),
    ResourceKind.NURSE: Lack(
        "outside_hours", "is not at work", "nurse_overloaded", "would have too many patients at once"
    ),
    ResourceKind.CLINICIAN: Lack(
        "no_clinician", "is not on site", "no_clinician", "is supervising as many visits as possible"
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
class Part:
    """What one resource would do in a visit, a nurse in one phase of it, and what it lacks for that."""

    supply: Supply
    needs: Sequence[Need]
    missing: Shortfall

    @property
    def words(self) -> str:
        return "this visit" if self.needs[0].name == Phase.WHOLE else self.needs[0].name


@dataclass(frozen=True)
class Decision:
    """The answer for one plan at one time: bookable when there is no blocker. Chair, nurses and clinician are
    those that would serve, or that come nearest; `shares` is what those that fit would be claimed for."""

    plan: TreatmentPlan
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
    lasts: Visit | None = None,
    resources: Sequence[Resource] | None = None,
    without: Collection[UUID] = (),
    replacing: Collection[UUID] = (),
    occasion: Occasion = Occasion.NEW,
) -> Decision:
    """Judge a visit of the plan as it stands in the database: three queries, two with `resources` at hand.

    Without a chair or nurse chosen, those that fit are found (nurses as in `serving.who_serves`; among
    equals the one the patient knows, then those with the least to do). A chosen nurse serves the whole
    visit; `turns` names a nurse from each moment on, the first from the beginning.

    `lasts` are other lengths than the protocol's. Of a visit that has begun, only what follows `since` is
    judged. The appointments in `without` count for nothing; those in `replacing` still hold their time, but
    don't count as sessions of the plan: this visit is meant for one of them.

    Raises `Invalid` for a new time off the five-minute grid and for a chair or nurse that doesn't work in
    the plan's clinic.
    """
    if occasion is Occasion.NEW and (start.second or start.microsecond or start.minute % GRID_MINUTES):
        raise Invalid({"start": f"Give a time on the {GRID_MINUTES}-minute grid, such as 9:05."})
    case = case_of(plan.pk, start, now=now, without=without)
    visit = lasts or case.visit
    at = minute_of(start)
    end = moment_of(at + visit.minutes)
    # The nurses' whole day is read, so that the least busy one can be found.
    low, high = clock.day_bounds(clock.local_date(start, case.zone), case.zone)
    block_end = moment_of(at + visit.minutes + visit.turnover)
    found = supplies(case.clinic_id, low, max(high, block_end), now=now, resources=resources, without=without)
    chosen = found.only(chair=chair_id, nurse=nurse_id)
    _require_working(chair_id, chosen.chairs, "chair")
    _require_working(nurse_id, chosen.nurses, "nurse")
    suitable = chosen.offering(case.chair_features).chairs

    begun = max(0, minute_of(since) - at) if since else 0
    order = preferred(chosen.nurses, known=case.known_nurse, low=minute_of(low), high=minute_of(high))
    nursed = _from(begun, visit.nurse_needs)
    parts = {
        ResourceKind.CHAIR: _serve(suitable or chosen.chairs, _from(begun, visit.chair_needs), at),
        ResourceKind.NURSE: (
            _serve_in_turn(chosen.nurses, nursed, at, order, spare=True)
            if turns is None
            else _serve_as_told(found, nursed, at, turns)
        ),
        ResourceKind.CLINICIAN: _serve_in_turn(
            chosen.clinicians,
            _from(begun, visit.clinician_needs),
            at,
            [supply.key for supply in chosen.clinicians],
            spare=False,
        ),
    }
    named = {ResourceKind.CHAIR: chair_id is not None, ResourceKind.NURSE: bool(nurse_id or turns)}
    about_plan: list[Blocker] = []
    blockers: list[Blocker] = []
    if occasion is not Occasion.STANDING:
        about_plan = [*_plan_blockers(case, plan.pk, replacing), *_patient_blockers(case)]
        blockers = [*about_plan, *_calendar_blockers(case, start, now, occasion)]
    blockers += _visit_blockers(case, start, end, replacing, occasion)
    if case.chair_features and not suitable:
        blockers.append(_unsuitable(case.chair_features, found, chair_id))
    for kind, of_kind in parts.items():
        blockers += _resource_blockers(kind, of_kind, found, chosen=named.get(kind, False))
    serving = {
        kind: [found.resources[part.supply.key] for part in of_kind] for kind, of_kind in parts.items()
    }
    return Decision(
        plan=plan,
        zone=case.zone,
        start=start,
        end=end,
        chair=next(iter(serving[ResourceKind.CHAIR]), None),
        nurses=joined(
            Turn(part.needs[0].name, moment_of(at + part.needs[0].start), found.resources[part.supply.key])
            for part in parts[ResourceKind.NURSE]
        ),
        clinician=next(iter(serving[ResourceKind.CLINICIAN]), None),
        blockers=tuple(blockers),
        another_time_may_do=not about_plan,
        shares=tuple(
            Share(found.resources[part.supply.key], _rectangles(part.supply, part.needs, at))
            for of_kind in parts.values()
            for part in of_kind
            if not part.missing
        ),
    )


def _require_working(key: UUID | None, supplies: Sequence[Supply], kind: str) -> None:
    if key is not None and not supplies:
        raise Invalid({kind: f"This is not a working {kind} of the patient's clinic."})


def _from(begun: int, needs: Sequence[Need]) -> list[Need]:
    """What is left of these needs when so many minutes of the visit are over."""
    return [
        Need(max(need.start, begun), need.end, need.units, need.name) for need in needs if need.end > begun
    ]


def _serve(supplies: Sequence[Supply], needs: Sequence[Need], start: int) -> list[Part]:
    """By the first that fits, otherwise by the first of those that come nearest; if there is any."""
    if not needs:
        return []
    nearest, missing = _nearest(supplies, needs, start)
    return [Part(supply, needs, missing) for supply in nearest[:1]]


def _serve_in_turn(
    members: Sequence[Supply], phases: Sequence[Need], start: int, order: Sequence[UUID], *, spare: bool
) -> list[Part]:
    """By whoever serves best (`serving.Team`); a phase that nobody can serve, by one who comes nearest."""
    if not members:
        return []
    by_key = {supply.key: supply for supply in members}
    team = Team(members, spare=spare)
    pieces = team.serve(phases, start, order)
    if not pieces and len(phases) > 1:
        return [
            part for phase in phases for part in _serve_in_turn(members, [phase], start, order, spare=spare)
        ]
    if not pieces:
        return [
            Part(min(nearest, key=lambda supply: order.index(supply.key)), [phase], missing)
            for phase in phases
            for nearest, missing in [_nearest(members, [phase], start)]
        ]
    return [
        Part(
            by_key[piece.key],
            [Need(piece.start - start, piece.end - start, piece.units, piece.phase)],
            Shortfall(),
        )
        for piece in pieces
    ]


def _serve_as_told(found: Supplies, phases: Sequence[Need], start: int, turns: PinnedTurns) -> list[Part]:
    """Each phase, cut where a turn begins, by the nurse whose turn it is."""
    by_key = {supply.key: supply for supply in found.nurses}
    for _, key in turns:
        _require_working(key, [by_key[key]] if key in by_key else [], "nurse")
    begins = sorted((minute_of(moment) - start, key) for moment, key in turns)
    parts = []
    for phase in phases:
        edges = [phase.start, *(at for at, _ in begins if phase.start < at < phase.end), phase.end]
        for low, high in pairwise(edges):
            key = next((key for at, key in reversed(begins) if at <= low), begins[0][1])
            piece = [Need(low, high, phase.units, phase.name)]
            parts.append(Part(by_key[key], piece, shortfall(by_key[key], piece, start)))
    return parts


def _nearest(supplies: Sequence[Supply], needs: Sequence[Need], start: int) -> tuple[list[Supply], Shortfall]:
    """Those that miss by the fewest minutes, as a rule by none, and by how many."""
    measured = [(supply, shortfall(supply, needs, start)) for supply in supplies]
    least = min((missing for _, missing in measured), default=Shortfall())
    return [supply for supply, missing in measured if missing == least], least


def _rectangles(supply: Supply, needs: Sequence[Need], start: int) -> list[Rectangle]:
    moved = [Need(start + need.start, start + need.end, need.units, need.name) for need in needs]
    laid = pack(moved, taken=supply.taken, capacity=supply.capacity)
    if laid is None:  # the summed load fits, so the rectangles do
        raise AssertionError("a load that fits could not be packed")
    return laid


def _plan_blockers(case: Case, plan_id: UUID, replacing: Collection[UUID]) -> Iterator[Blocker]:
    if case.plan_status != PlanStatus.ACTIVE:
        mend = MENDS.get(PlanStatus(case.plan_status), "A prescriber has to write a new one.")
        yield Blocker("plan_not_active", f"The plan is {case.plan_status}. {mend}")
    if case.protocol_status != ProtocolStatus.ACTIVE:
        yield Blocker(
            "protocol_inactive",
            "The protocol version of this plan is not in force. A prescriber has to write the plan anew.",
        )
    used = sum(other.plan_id == plan_id and other.id not in replacing for other in case.visits)
    if used >= case.sessions_ordered:
        yield Blocker("sessions_used_up", f"All {case.sessions_ordered} sessions of the plan are booked.")


def _patient_blockers(case: Case) -> Iterator[Blocker]:
    if case.deceased:
        yield Blocker("patient_deceased", "The patient is recorded as deceased.")
    if not case.consented:
        yield Blocker("consent_missing", "There is no current consent to treatment. Record one first.")


def _calendar_blockers(case: Case, start: datetime, now: datetime, occasion: Occasion) -> Iterator[Blocker]:
    day = clock.local_date(start, case.zone)
    if occasion is Occasion.NEW and start < now:
        yield Blocker("in_the_past", "This time is past.")
    if not case.valid_from <= day <= case.valid_until:
        yield Blocker(
            "plan_expired", f"The plan is valid from {case.valid_from} to {case.valid_until}, not on {day}."
        )


def _visit_blockers(
    case: Case, start: datetime, end: datetime, replacing: Collection[UUID], occasion: Occasion
) -> Iterator[Blocker]:
    """What the patient's other visits stand against: being in two places, and days between sessions."""
    for other in case.visits:
        if start < other.end and other.start < end:
            yield Blocker(
                "patient_elsewhere",
                f"The patient has another visit {_at(other.start, case.zone)} at this time.",
            )
        if occasion is Occasion.STANDING or other.id in replacing:
            continue
        first, last = too_close(other.start, case.spacing.min_days, case.zone)
        if first <= minute_of(start) < last:
            apart = abs(clock.days_between(start, other.start, case.zone))
            yield Blocker(
                "spacing_too_close",
                f"{apart} days from the session {_at(other.start, case.zone)};"
                f" {case.spacing.whose} asks for at least {case.spacing.min_days}.",
            )


def _unsuitable(wanted: Collection[str], found: Supplies, chair_id: UUID | None) -> Blocker:
    who = f"{found.resources[chair_id].name} does not offer" if chair_id else "No working chair offers"
    return Blocker("chair_unsuitable", f"{who} all that is asked for: {', '.join(sorted(wanted))}.")


def _resource_blockers(
    kind: ResourceKind, parts: Sequence[Part], found: Supplies, *, chosen: bool
) -> Iterator[Blocker]:
    """What one kind of resource lacks, told of the chosen one or of those that come nearest."""
    lack = LACKS[kind]
    if not parts and kind not in {resource.kind for resource in found.resources.values()}:
        yield Blocker(lack.closed_code, f"The clinic has no working {kind.label.lower()}.")
    for key in dict.fromkeys(part.supply.key for part in parts):
        name = found.resources[key].name
        who = name if chosen else f"No {kind.label.lower()} is free. {name} comes nearest and"
        own = [part for part in parts if part.supply.key == key]
        for code, words, minutes in (
            (lack.closed_code, lack.closed_words, [part.missing.closed for part in own]),
            (lack.taken_code, lack.taken_words, [part.missing.overloaded for part in own]),
        ):
            if any(minutes):
                spans = [
                    f"{count} minutes of {part.words}"
                    for count, part in zip(minutes, own, strict=True)
                    if count
                ]
                yield Blocker(code, f"{who} {words} for {' and '.join(spans)}.", sum(minutes))


def _at(moment: datetime, zone: str) -> str:
    return f"on {clock.local_date(moment, zone)}"
