"""Whether a visit may be booked, and with whom: every reason against it at once. Reads, never writes.

`booking` asks this twice: without the lock for `check`, under the lock for `book`. The minutes come from
the same arithmetic (`availability`) that finds feasible starts, so what is offered can be booked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clinic import clock
from clinic.models import Consent, ConsentScope
from clinic.problems import Invalid
from scheduler import plans
from scheduler.availability import (
    GRID_MINUTES,
    Shortfall,
    Supply,
    all_of,
    minute_of,
    shortfall,
    who_serves,
)
from scheduler.finding import PatientHistory, history_of, too_close
from scheduler.models import Phase, PlanStatus, ProtocolStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.nursing import NursePreference, Turn, turns_of
from scheduler.packing import Need, Rectangle, pack
from scheduler.supply import Supplies, supplies, visit_of


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
    chair_id: UUID | None,
    nurse_id: UUID | None,
    now: datetime,
    resources: Sequence[Resource] | None = None,
) -> Decision:
    """Judge a booking of the plan's next session: six queries, five with `resources` at hand.

    Without a chair or nurse chosen, those that fit are found (nurses as in `availability.who_serves`; among
    equals the one the patient knows, then those with the least to do). A chosen nurse serves the whole
    visit. Raises `Invalid` for a time off the five-minute grid and for a chair or nurse that doesn't work in
    the plan's clinic.
    """
    if start.second or start.microsecond or start.minute % GRID_MINUTES:
        raise Invalid({"start": f"Give a time on the {GRID_MINUTES}-minute grid, such as 9:05."})
    visit = visit_of(plan.protocol)
    end = start + plan.protocol.visit_length
    # The nurses' whole day is read, so that the least busy one can be found.
    zone = plan.clinic.time_zone
    day = clock.local_date(start, zone)
    low, high = clock.day_bounds(day, zone)
    found = supplies(
        plan.clinic_id, low, max(high, start + plan.protocol.block_length), now=now, resources=resources
    )
    chosen = found.only(chair=chair_id, nurse=nurse_id)
    _require_working(chair_id, chosen.chairs, "chair")
    _require_working(nurse_id, chosen.nurses, "nurse")
    history = history_of(plan.patient_id, now=now)

    at = minute_of(start)
    preference = NursePreference.among(chosen.nurses, known=history.nurse, first=day, last=day, zone=zone)
    parts = {
        ResourceKind.CHAIR: _serve(chosen.chairs, visit.chair_needs, at),
        ResourceKind.NURSE: _serve_in_turn(chosen.nurses, visit.nurse_needs, at, preference.order(at)),
        ResourceKind.CLINICIAN: _serve(chosen.clinicians, visit.clinician_needs, at),
    }
    named = {ResourceKind.CHAIR: chair_id, ResourceKind.NURSE: nurse_id}
    about_plan = [*_plan_blockers(plan, history), *_patient_blockers(plan)]
    blockers = [*about_plan, *_time_blockers(plan, history, start, end, now)]
    for kind, of_kind in parts.items():
        blockers += _resource_blockers(kind, of_kind, found, chosen=named.get(kind) is not None)
    serving = {
        kind: [found.resources[part.supply.key] for part in of_kind] for kind, of_kind in parts.items()
    }
    return Decision(
        plan=plan,
        start=start,
        end=end,
        chair=next(iter(serving[ResourceKind.CHAIR]), None),
        nurses=turns_of(visit, at, serving[ResourceKind.NURSE]) if chosen.nurses else (),
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


def _serve(supplies: Sequence[Supply], needs: Sequence[Need], start: int) -> list[Part]:
    """By the first that fits, otherwise by the first of those that come nearest; if there is any."""
    nearest, missing = _nearest(supplies, needs, start)
    return [Part(supply, needs, missing) for supply in nearest[:1]]


def _serve_in_turn(
    nurses: Sequence[Supply], phases: Sequence[Need], start: int, order: Sequence[UUID]
) -> list[Part]:
    """Each phase by one who fits, otherwise by one of those who come nearest to it."""
    if not nurses:
        return []
    by_key = {supply.key: supply for supply in nurses}
    candidates = [_nearest(nurses, [phase], start) for phase in phases]
    able = [[supply.key for supply in nearest] for nearest, _ in candidates]
    idle = [
        [supply.key for supply in nurses if not shortfall(supply, [all_of(supply, phase)], start)]
        for phase in phases
    ]
    keys = who_serves(able, idle, order)
    return [
        Part(by_key[key], [phase], missing)
        for key, phase, (_, missing) in zip(keys, phases, candidates, strict=True)
    ]


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


def _plan_blockers(plan: TreatmentPlan, history: PatientHistory) -> Iterator[Blocker]:
    if plan.status != PlanStatus.ACTIVE:
        yield Blocker("plan_not_active", f"The plan is {plan.status}. A prescriber has to write a new one.")
    if plan.protocol.status != ProtocolStatus.ACTIVE:
        yield Blocker(
            "protocol_inactive",
            "The protocol version of this plan is not in force. A prescriber has to write the plan anew.",
        )
    used = sum(1 for _, plan_id, _, _ in history.visits if plan_id == plan.pk)
    if used >= plan.sessions_ordered:
        yield Blocker("sessions_used_up", f"All {plan.sessions_ordered} sessions of the plan are booked.")


def _patient_blockers(plan: TreatmentPlan) -> Iterator[Blocker]:
    if plan.patient.deceased:
        yield Blocker("patient_deceased", "The patient is recorded as deceased.")
    consents = Consent.objects.filter(scope=ConsentScope.TREATMENT, revoked_at__isnull=True)
    if not consents.filter(patient_id=plan.patient_id).exists():
        yield Blocker("consent_missing", "There is no current consent to treatment. Record one first.")


def _time_blockers(
    plan: TreatmentPlan, history: PatientHistory, start: datetime, end: datetime, now: datetime
) -> Iterator[Blocker]:
    zone = plan.clinic.time_zone
    spacing = plans.spacing_of(plan)
    day = clock.local_date(start, zone)
    if start < now:
        yield Blocker("in_the_past", "This time is past.")
    if not plan.valid_from <= day <= plan.valid_until:
        yield Blocker(
            "plan_expired", f"The plan is valid from {plan.valid_from} to {plan.valid_until}, not on {day}."
        )
    for _, _, other_start, other_end in history.visits:
        if start < other_end and other_start < end:
            yield Blocker(
                "patient_elsewhere", f"The patient has another visit {_at(other_start, zone)} at this time."
            )
        first, last = too_close(other_start, spacing.min_days, zone)
        if first <= minute_of(start) < last:
            apart = abs(clock.days_between(start, other_start, zone))
            yield Blocker(
                "spacing_too_close",
                f"{apart} days from the session {_at(other_start, zone)};"
                f" {spacing.whose} asks for at least {spacing.min_days}.",
            )


def _resource_blockers(
    kind: ResourceKind, parts: Sequence[Part], found: Supplies, *, chosen: bool
) -> Iterator[Blocker]:
    """What one kind of resource lacks, told of the chosen one or of those that come nearest."""
    lack = LACKS[kind]
    if not parts:
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
