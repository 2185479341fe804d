"""A disrupted day is mended: a plan is proposed, and accepted carried out as one. Writes no claim itself.

`reading` reads the day, `repairing` seeks the plan, `proposal` keeps it. Both functions here carry a
plan out in the same way: visits give up their time, the absence is declared, visits are laid where the plan
says. Proposing takes all of it back again, so that what is shown is known to hold; accepting does it as it
was shown, or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Role, Urgency
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.work import open_item
from scheduler.finding import free_times
from scheduler.finding.availability import Visit
from scheduler.finding.supply import visit_of
from scheduler.locks import lock_schedule, lock_visit, only_search
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Repair,
    TreatmentPlan,
)
from scheduler.repairing.breaking import broken
from scheduler.repairing.day import disrupted
from scheduler.repairing.planning import SECONDS, plan
from scheduler.repairing.proposal import Change, Outcome, Proposal, draw_up, proposal_of, seat_of
from scheduler.repairing.reading import (
    Mishap,
    Missing,
    ReadDay,
    RunningLate,
    day_visit,
    mended_from,
    mishap_of,
    read_day,
)
from scheduler.visits import attendance, calling_off, placing, queries
from scheduler.visits.placing import Move, Refused
from scheduler.vocabulary import wall_time
from scheduler.working_hours import time_off

# A plan is for the moment at which it was made: later, other patients are in their chairs.
STANDS_FOR: Final = timedelta(minutes=15)
LONGEST_DELAY: Final = 240
ATTEMPTS: Final = 3
LEAST_SECONDS: Final = 1.0
OUTDATED: Final = "This day has changed since the plan was made. Ask for a new plan."
NOBODY_THERE: Final = (
    "There is a patient in the chair whom nobody could serve. Call somebody in, open their hours, and ask"
    " for a new plan."
)


class _TakenBack(Exception):
    """Ends the transaction in which a plan was only tried, and carries out what was learned in it."""

    def __init__(self, dates: dict[UUID, list[datetime]]) -> None:
        super().__init__("tried")
        self.dates = dates


def propose(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    day: date,
    disruption: Mishap,
    now: datetime,
    seconds: float = SECONDS,
) -> Repair:
    """Seek the least disruptive plan for this local day, for at most so many seconds, and keep it.

    The plan was tried as a whole. Where the rules of booking are against moving a visit (its plan is on hold,
    consent was revoked), another plan is sought without moving it. Raises `Invalid`; `Busy` while another
    search goes on; `Conflict` with code `not_repairable` and the `visits` with their `blockers` when no plan
    could be carried out.
    """
    _check(clinic, day, disruption, now)
    with only_search():
        return _propose(actor, id, clinic, day, disruption, now, seconds)


def _propose(
    actor: Actor, id: UUID, clinic: Clinic, day: date, disruption: Mishap, now: datetime, seconds: float
) -> Repair:
    deadline = monotonic() + seconds
    not_to_move: set[UUID] = set()
    for _ in range(ATTEMPTS):
        read = _without_moving(read_day(clinic, day, now), not_to_move)
        after = disrupted(read.day, read.disruption(disruption))
        found = plan(after, seconds=max(deadline - monotonic(), LEAST_SECONDS))
        proposal = draw_up(read, after, broken(after), found)
        if not proposal.can_be_carried_out:
            break
        try:
            proposal = proposal.with_dates(_tried(actor, id, clinic, proposal, disruption, now))
            break
        except Refused as refused:
            refusal = refused
            not_to_move |= set(refused.decisions)
    else:
        raise _not_repairable(refusal) from refusal
    return in_transaction(
        lambda: Repair.objects.create(
            id=id,
            clinic=clinic,
            day=day,
            disruption=disruption.as_data(),
            proposal=proposal.as_data(),
            made_by_id=actor.user_id,
            made_at=now,
        )
    )


def accept(*, actor: Actor, repair: Repair, now: datetime) -> Repair:
    """Carry a proposed plan out as it was shown, all or nothing. Accepting it again changes nothing.

    A visit that goes to another day and found none is cancelled, and the desk is given the task to find one.
    Raises `Conflict` with code `plan_outdated` when the day has changed meanwhile or the plan is older than a
    quarter of an hour, `not_repairable` when it leaves a patient in the chair alone.
    """

    def work() -> Repair:
        row = (
            Repair.objects.select_for_update(of=("self",), no_key=True)
            .select_related("clinic")
            .get(pk=repair.pk)
        )
        if row.accepted_at is not None:
            return row
        proposal = proposal_of(row.proposal)
        if not proposal.can_be_carried_out:
            raise Conflict(NOBODY_THERE, code="not_repairable")
        if now - row.made_at > STANDS_FOR:
            raise Conflict(OUTDATED, code="plan_outdated")
        disruption = mishap_of(row.disruption)
        if isinstance(disruption, Missing) and disruption.end <= now:
            raise Conflict(OUTDATED, code="plan_outdated")
        carrying_out = _CarryingOut(actor, row.pk, row.clinic, proposal, disruption, now)
        carrying_out.require_unchanged()
        carrying_out.all_of_it(row.day)
        row.accepted_by_id, row.accepted_at = actor.user_id, now
        with acting(actor.user_id, reason=carrying_out.reason):
            row.save(update_fields=["accepted_by_id", "accepted_at"])
        return row

    try:
        return in_transaction(work)
    except Refused as refused:
        raise Conflict(OUTDATED, code="plan_outdated", visits=_blockers(refused)) from refused


def _tried(
    actor: Actor, id: UUID, clinic: Clinic, proposal: Proposal, disruption: Mishap, now: datetime
) -> dict[UUID, list[datetime]]:
    """Whether the plan holds, and the free times of those who go to another day. Nothing stays written."""
    try:
        with transaction.atomic():
            raise _TakenBack(_CarryingOut(actor, id, clinic, proposal, disruption, now).as_a_trial())
    except _TakenBack as taken_back:
        return taken_back.dates


class _CarryingOut:
    """One plan being carried out, in the caller's transaction, with the schedule and its visits locked."""

    def __init__(
        self, actor: Actor, id: UUID, clinic: Clinic, proposal: Proposal, disruption: Mishap, now: datetime
    ) -> None:
        self._actor, self._id, self._clinic, self._now = actor, id, clinic, now
        self._proposal, self._disruption = proposal, disruption
        self.reason = f"Repair of the day: {disruption.words(clinic.time_zone)}"
        self._resources = lock_schedule(clinic.pk)
        placing.release_lapsed(clinic.pk, now)
        self._visits = {
            change.visit: lock_visit(Appointment(pk=change.visit))
            for change in sorted(proposal.changes, key=lambda change: change.visit)
        }

    def require_unchanged(self) -> None:
        """Every visit that the plan touches is as it was. Raises `Conflict` `plan_outdated`."""
        rows = {visit.pk: visit for visit in queries.visits().filter(pk__in=self._visits)}
        for change in self._proposal.changes:
            visit = rows[change.visit]
            if visit.status != change.status or seat_of(day_visit(visit, ())) != change.was:
                raise Conflict(OUTDATED, code="plan_outdated")

    def as_a_trial(self) -> dict[UUID, list[datetime]]:
        """Carry everything out, and find dates for those who go to another day, one after the other."""
        self._give_up_holds()
        self._make_room(self._of(Outcome.KEPT, Outcome.MOVED, Outcome.ANOTHER_DAY))
        self._declare()
        self._settle(self._on_the_day())
        return {change.visit: self._find_date(change) for change in self._of(Outcome.ANOTHER_DAY)}

    def all_of_it(self, day: date) -> None:
        self._give_up_holds()
        sent_away = self._of(Outcome.ANOTHER_DAY)
        for change in sent_away:
            if change.status == AppointmentStatus.ARRIVED:
                self._visits[change.visit] = attendance.undo(
                    actor=self._actor, appointment=self._visits[change.visit], now=self._now
                )
            if not change.dates:
                self._call_off(change, day)
        dated = [change for change in sent_away if change.dates]
        # The last reason that is given stands for the whole transaction: the repair's.
        with acting(self._actor.user_id, reason=self.reason):
            self._make_room([*self._of(Outcome.KEPT, Outcome.MOVED), *dated])
            self._declare()
            self._settle(
                [
                    *self._on_the_day(),
                    *(Move(self._visits[change.visit], change.dates[0]) for change in dated),
                ]
            )

    def _of(self, *outcomes: Outcome) -> list[Change]:
        return [change for change in self._proposal.changes if change.outcome in outcomes]

    def _give_up_holds(self) -> None:
        for change in self._of(Outcome.GIVEN_UP):
            calling_off.release(actor=self._actor, appointment=self._visits[change.visit], now=self._now)

    def _call_off(self, change: Change, day: date) -> None:
        """No date was free: the desk has to find one, and nobody is lost."""
        visit = self._visits[change.visit]
        calling_off.cancel(actor=self._actor, appointment=visit, reason=self._cancellation(), now=self._now)
        open_item(
            clinic_id=self._clinic.pk,
            patient_id=visit.patient_id,
            cause=f"repair:{self._id}:{visit.pk}",
            title=f"Find a new date: the visit on {day:%B} {day.day} was called off",
            urgency=Urgency.AMBER,
            role=Role.FRONT_DESK,
            due_at=clock.day_end(self._now, self._clinic.time_zone),
        )

    def _cancellation(self) -> CancellationReason:
        broken_down = isinstance(self._disruption, Missing) and self._disruption.out_of_order
        return CancellationReason.ROOM if broken_down else CancellationReason.PROVIDER_PERSONAL

    def _make_room(self, changes: Sequence[Change]) -> None:
        placing.vacate([self._visits[change.visit] for change in changes if not change.begun])
        begun = [self._visits[change.visit] for change in changes if change.begun]
        placing.vacate(begun, since=self._proposal.since)

    def _declare(self) -> None:
        """The absence or the closure, from where the plan begins: what lies before was worked. An absence
        that stands already needs no second one."""
        if isinstance(self._disruption, RunningLate):
            return
        start = max(self._disruption.start, self._proposal.since)
        end = self._disruption.end
        if self._disruption.resource is None:
            time_off.close(
                actor=self._actor,
                id=uuid5(self._id, "closure"),
                clinic=self._clinic,
                start=start,
                end=end,
                name="Closed on short notice",
                now=self._now,
            )
        elif not time_off.is_absent(self._disruption.resource, start, end):
            time_off.record_absence(
                actor=self._actor,
                id=uuid5(self._id, "absence"),
                resource=self._disruption.resource,
                start=start,
                end=end,
                reason=self._disruption.reason,
                now=self._now,
            )

    def _on_the_day(self) -> list[Move]:
        return [
            Move(
                self._visits[change.visit],
                change.to.start,
                chair_id=change.to.chair,
                turns=change.to.nurses or None,
                since=self._proposal.since if change.begun else None,
                lasts=self._lasts(change),
            )
            for change in self._of(Outcome.KEPT, Outcome.MOVED)
            if change.to
        ]

    def _lasts(self, change: Change) -> Visit:
        """The protocol's nursing, for as long as this visit takes."""
        preparation, infusion, observation, turnover = change.lasts
        return replace(
            visit_of(self._visits[change.visit].protocol),
            preparation=preparation,
            infusion=infusion,
            observation=observation,
            turnover=turnover,
        )

    def _settle(self, moves: Sequence[Move]) -> None:
        placing.settle(moves=moves, resources=self._resources, now=self._now)

    def _find_date(self, change: Change) -> list[datetime]:
        """The nearest time of day on each of the next days that have any; the visit takes the first."""
        visit = self._visits[change.visit]
        alternatives = free_times.alternatives(
            plan=TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=visit.plan_id),
            start=change.was.start,
            now=self._now,
            without=(visit.pk,),
            extra_recovery=visit.extra_recovery_minutes,
        )
        dates = [one.start for one in alternatives if "next_days" in one.kinds]
        if dates:
            try:
                self._settle([Move(visit, dates[0])])
            except Refused:  # nothing about the time: its plan or its patient is in the way
                return []
        return dates


def _check(clinic: Clinic, day: date, disruption: Mishap, now: datetime) -> None:
    today = clock.local_date(now, clinic.time_zone)
    if day < today:
        raise Invalid({"day": "This day is over. Give today or a later day."})
    if isinstance(disruption, RunningLate):
        if day != today:
            raise Invalid({"day": "Only today can be running late."})
        if not 1 <= disruption.minutes <= LONGEST_DELAY:
            raise Invalid({"minutes": f"Give 1 to {LONGEST_DELAY} minutes."})
        visit = disruption.appointment
        if visit and clock.local_date(visit.starts_at, clinic.time_zone) != day:
            raise Invalid({"appointment": "This visit is on another day."})
        return
    start, end = disruption.start, disruption.end
    low, high = clock.day_bounds(day, clinic.time_zone)
    for field, moment in (("start", start), ("end", end)):
        if moment.second or moment.microsecond:
            raise Invalid({field: "Give whole minutes, such as 9:00."})
    if end <= start:
        raise Invalid({"end": "The end must be after the start."})
    if not low <= start < end <= high:
        raise Invalid({"end": "One day is mended at a time: give two times on this day."})
    if end <= now:
        raise Invalid({"end": "Time that is over stays as it was. Give an end that is still to come."})
    begins = mended_from(clinic, day, now)
    if end <= begins:
        mark = wall_time(begins, clinic.time_zone)
        raise Invalid({"end": f"A day is mended from the next five minutes on. Give an end after {mark}."})


def _without_moving(read: ReadDay, keys: set[UUID]) -> ReadDay:
    """The same day, in which these visits may not start at any other time."""
    whole_day = ((read.day.since, read.day.until),)
    visits = tuple(
        replace(visit, forbidden=whole_day) if visit.key in keys else visit for visit in read.day.visits
    )
    return replace(read, day=replace(read.day, visits=visits))


def _not_repairable(refused: Refused) -> Conflict:
    details = " ".join(
        dict.fromkeys(
            blocker.detail for decision in refused.decisions.values() for blocker in decision.blockers
        )
    )
    return Conflict(
        f"No plan could be carried out. {details}", code="not_repairable", visits=_blockers(refused)
    )


def _blockers(refused: Refused) -> list[Mapping[str, object]]:
    return [
        {"id": key, "start": decision.start, "blockers": [blocker.as_data() for blocker in decision.blockers]}
        for key, decision in refused.decisions.items()
    ]
