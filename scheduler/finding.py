"""When could the next session of a plan be? Rows read, given to `availability`, answered as times to book.

Nothing here writes, and nothing decides about one booking: that is `decision`, from the same arithmetic.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from clinic import clock
from scheduler import availability, plans
from scheduler.availability import Interval, minute_of, moment_of
from scheduler.models import LIVE_STATUSES, Appointment, Claim, Resource, ResourceKind, TreatmentPlan
from scheduler.nursing import NursePreference, Turn, named, turns_of
from scheduler.supply import not_counted, supplies, visit_of

ALTERNATIVES: Final = 6
ALTERNATIVES_PER_DAY: Final = 2
ALTERNATIVES_APART: Final = timedelta(hours=1)
ALTERNATIVE_DAYS_BEFORE: Final = 7
ALTERNATIVE_DAYS_AFTER: Final = 21


@dataclass(frozen=True)
class FeasibleStart:
    """A time that could be booked now, and whom and what it would be booked with."""

    start: datetime
    end: datetime
    chair: Resource
    nurses: tuple[Turn, ...]
    clinician: Resource

    def as_data(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "chair": named(self.chair),
            "nurses": [turn.as_data() for turn in self.nurses],
            "clinician": named(self.clinician),
        }


@dataclass(frozen=True)
class PatientHistory:
    """The patient's live visits, as booking needs them, and the nurse they know."""

    visits: list[tuple[UUID, UUID, datetime, datetime]]  # (appointment, plan, start, end)
    nurse: UUID | None


def history_of(patient_id: UUID, *, now: datetime, without: Collection[UUID] = ()) -> PatientHistory:
    """The patient's live visits and the nurse of the latest one: two queries.

    A hold that has run out by `now` is no visit, nor is any of `without`.
    """
    visits = list(
        Appointment.objects.filter(patient_id=patient_id, status__in=LIVE_STATUSES)
        .exclude(not_counted(now, without))
        .order_by("during__startswith")
        .values_list("pk", "plan_id", "during__startswith", "during__endswith")
    )
    nurse = (
        Claim.objects.filter(appointment__patient_id=patient_id, resource__kind=ResourceKind.NURSE)
        .order_by("-during__startswith")
        .values_list("resource_id", flat=True)
        .first()
    )
    return PatientHistory(visits, nurse)


def feasible_starts(
    *,
    plan: TreatmentPlan,
    first: datetime,
    until: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    without: Collection[UUID] = (),
) -> list[FeasibleStart]:
    """Every start in [first, until) at which the plan's next session fits, earliest first: six queries.

    Looks at chairs, nurses, the clinician, spacing and the patient's own visits; what the plan itself
    lacks (consent, sessions) is told by `booking.check`. Each start names the nurses
    (`availability.who_serves`): among equals the one the patient knows, then those with the least to do
    that day. A nurse who is asked for (`nurse_id`) serves the whole visit.
    """
    protocol = plan.protocol
    visit = visit_of(protocol)
    low, high = max(first, now), until
    if low >= high:
        return []
    zone = plan.clinic.time_zone
    history = history_of(plan.patient_id, now=now, without=without)
    spacing = plans.spacing_of(plan)
    # Whole days are read: who has least to do that day must not hang on where the window begins.
    first_day, last_day = clock.local_date(low, zone), clock.local_date(high + protocol.block_length, zone)
    found = supplies(
        plan.clinic_id,
        clock.day_bounds(first_day, zone)[0],
        clock.day_bounds(last_day, zone)[1],
        now=now,
        without=without,
    )
    chosen = found.only(chair=chair_id, nurse=nurse_id)
    starts = availability.feasible_starts(
        visit,
        chairs=chosen.chairs,
        nurses=chosen.nurses,
        clinicians=chosen.clinicians,
        patient_busy=[(minute_of(start), minute_of(end)) for _, _, start, end in history.visits],
        forbidden=[too_close(start, spacing.min_days, zone) for _, _, start, _ in history.visits],
        low=ceil(low.timestamp() / 60),
        high=minute_of(high),
    )
    preference = NursePreference.among(
        chosen.nurses, known=history.nurse, first=first_day, last=last_day, zone=zone
    )
    # Starts near each other have the same nurses to choose from.
    serving: dict[tuple[Any, ...], tuple[UUID, ...]] = {}
    answer = []
    for start in starts:
        choice = (preference.day(start.minute), start.nurses, start.idle)
        if choice not in serving:
            order = preference.order(start.minute)
            serving[choice] = availability.who_serves(start.nurses, start.idle, order)
        begins = moment_of(start.minute)
        answer.append(
            FeasibleStart(
                begins,
                begins + protocol.visit_length,
                found.resources[start.chairs[0]],
                turns_of(visit, start.minute, [found.resources[key] for key in serving[choice]]),
                found.resources[start.clinicians[0]],
            )
        )
    return answer


def alternatives(
    *,
    plan: TreatmentPlan,
    start: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    without: Collection[UUID] = (),
) -> list[FeasibleStart]:
    """The feasible starts nearest to `start`, on one day at most two and an hour apart, in order of time.

    Looks a week back and three weeks ahead, with the chosen chair and nurse; with any chair and nurse
    when these have nothing.
    """
    for chair, nurse in ((chair_id, nurse_id), (None, None)):
        found = feasible_starts(
            plan=plan,
            first=start - timedelta(days=ALTERNATIVE_DAYS_BEFORE),
            until=start + timedelta(days=ALTERNATIVE_DAYS_AFTER),
            now=now,
            chair_id=chair,
            nurse_id=nurse,
            without=without,
        )
        if found or (chair_id, nurse_id) == (None, None):
            break
    zone = plan.clinic.time_zone
    on_day: dict[date, list[datetime]] = {}
    nearest: list[FeasibleStart] = []
    for feasible in sorted(found, key=lambda feasible: abs(feasible.start - start)):
        taken = on_day.setdefault(clock.local_date(feasible.start, zone), [])
        near_another = any(abs(feasible.start - other) < ALTERNATIVES_APART for other in taken)
        if len(taken) < ALTERNATIVES_PER_DAY and not near_another:
            taken.append(feasible.start)
            nearest.append(feasible)
        if len(nearest) == ALTERNATIVES:
            break
    return sorted(nearest, key=lambda feasible: feasible.start)


def too_close(visit_start: datetime, min_days: int, zone: str) -> Interval:
    """The minutes in which no other session of this patient may start: calendar days in the clinic's zone,
    counted between starts (domain.md 2.2)."""
    if min_days == 0:
        return (0, 0)
    day = clock.local_date(visit_start, zone)
    reach = timedelta(days=min_days - 1)
    return (
        minute_of(clock.day_bounds(day - reach, zone)[0]),
        minute_of(clock.day_bounds(day + reach, zone)[1]),
    )
