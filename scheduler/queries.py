"""What is asked of the schedule, named for what comes back. Nothing here writes, nothing here decides.

The arithmetic is `availability`; this module fetches its numbers, each question with a fixed number of
queries however much history there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Prefetch, QuerySet

from clinic import clock
from clinic.models import Clinic, Consent, ConsentScope, Patient
from scheduler import availability
from scheduler.availability import Interval, Supply, Visit, minute_of, moment_of
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    Claim,
    Opening,
    Protocol,
    Resource,
    ResourceKind,
    TreatmentPlan,
)
from scheduler.nursing import NursePreference, Turn, joined, named, turns_of
from scheduler.packing import Rectangle

ALTERNATIVES: Final = 6
ALTERNATIVES_PER_DAY: Final = 2
ALTERNATIVES_APART: Final = timedelta(hours=1)
ALTERNATIVE_DAYS_BEFORE: Final = 7
ALTERNATIVE_DAYS_AFTER: Final = 21


class _MinutesUp(Func):
    """A moment as whole minutes since the epoch, rounded up."""

    template = "CEIL(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
    output_field = BigIntegerField()


class _MinutesDown(Func):
    """A moment as whole minutes since the epoch, rounded down."""

    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
    output_field = BigIntegerField()


@dataclass(frozen=True)
class Supplies:
    """Everything a clinic has to give in a window, as `availability` reads it, with the rows behind it."""

    resources: dict[UUID, Resource]
    chairs: list[Supply]
    nurses: list[Supply]
    clinicians: list[Supply]

    def only(self, *, chair: UUID | None, nurse: UUID | None) -> "Supplies":
        """Narrowed to a chosen chair or nurse."""
        return Supplies(
            self.resources,
            [supply for supply in self.chairs if chair in (None, supply.key)],
            [supply for supply in self.nurses if nurse in (None, supply.key)],
            self.clinicians,
        )


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
class BookedVisit:
    """An appointment with what its claims hold; a cancelled one holds nothing."""

    appointment: Appointment
    chair: Resource | None
    nurses: tuple[Turn, ...]
    clinician: Resource | None


@dataclass(frozen=True)
class PatientHistory:
    """The patient's live visits, as booking needs them, and the nurse they know."""

    visits: list[tuple[UUID, UUID, datetime, datetime]]  # (appointment, plan, start, end)
    nurse: UUID | None


def visit_of(protocol: Protocol) -> Visit:
    """A protocol's phases as `availability` reads them."""
    return Visit(
        preparation=protocol.preparation_minutes,
        infusion=protocol.infusion_minutes,
        observation=protocol.observation_minutes,
        turnover=protocol.turnover_minutes,
        preparation_units=protocol.preparation_units,
        infusion_units=protocol.infusion_units,
        observation_units=protocol.observation_units,
    )


def supplies(
    clinic_id: UUID, low: datetime, high: datetime, *, resources: Sequence[Resource] | None = None
) -> Supplies:
    """Openings and claims of the clinic's working resources in [low, high): three queries.

    `resources` are the rows when they are locked and loaded already. An opening counts from its first
    whole minute to its last; a claim counts for every minute it touches.
    """
    if resources is None:
        resources = list(Resource.objects.filter(clinic_id=clinic_id, active=True))
    ids = [resource.pk for resource in resources]
    window = DateTimeTZRange(low, high)
    opened: dict[UUID, list[Interval]] = {key: [] for key in ids}
    for key, start, end in Opening.objects.filter(resource_id__in=ids, during__overlap=window).values_list(
        "resource_id", _MinutesUp("during__startswith"), _MinutesDown("during__endswith")
    ):
        opened[key].append((start, end))
    taken: dict[UUID, list[Rectangle]] = {key: [] for key in ids}
    for key, start, end, first, last in Claim.objects.filter(
        resource_id__in=ids, during__overlap=window
    ).values_list(
        "resource_id",
        _MinutesDown("during__startswith"),
        _MinutesUp("during__endswith"),
        "units__startswith",
        "units__endswith",
    ):
        taken[key].append(Rectangle(start, end, first, last))
    by_kind: dict[str, list[Supply]] = {kind: [] for kind in ResourceKind.values}
    for resource in sorted(resources, key=lambda resource: (resource.name, resource.pk)):
        by_kind[resource.kind].append(
            Supply(resource.pk, resource.capacity, opened[resource.pk], taken[resource.pk])
        )
    return Supplies(
        {resource.pk: resource for resource in resources},
        by_kind[ResourceKind.CHAIR],
        by_kind[ResourceKind.NURSE],
        by_kind[ResourceKind.CLINICIAN],
    )


def history_of(patient_id: UUID) -> PatientHistory:
    """The patient's live visits and the nurse of the latest one: two queries."""
    visits = list(
        Appointment.objects.filter(patient_id=patient_id, status__in=LIVE_STATUSES)
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


def has_treatment_consent(patient_id: UUID) -> bool:
    return Consent.objects.filter(
        patient_id=patient_id, scope=ConsentScope.TREATMENT, revoked_at__isnull=True
    ).exists()


def feasible_starts(
    *,
    plan: TreatmentPlan,
    first: datetime,
    until: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
) -> list[FeasibleStart]:
    """Every start in [first, until) at which the plan's next session fits, earliest first: five queries.

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
    history = history_of(plan.patient_id)
    # Whole days are read: who has least to do that day must not hang on where the window begins.
    first_day, last_day = clock.local_date(low, zone), clock.local_date(high + protocol.block_length, zone)
    found = supplies(
        plan.clinic_id, clock.day_bounds(first_day, zone)[0], clock.day_bounds(last_day, zone)[1]
    )
    chosen = found.only(chair=chair_id, nurse=nurse_id)
    starts = availability.feasible_starts(
        visit,
        chairs=chosen.chairs,
        nurses=chosen.nurses,
        clinicians=chosen.clinicians,
        patient_busy=[(minute_of(start), minute_of(end)) for _, _, start, end in history.visits],
        forbidden=[too_close(start, protocol.spacing_min_days, zone) for _, _, start, _ in history.visits],
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


def visits() -> QuerySet[Appointment]:
    """Appointments with all that a list shows of them: two queries however many there are."""
    return Appointment.objects.select_related("clinic", "patient", "plan", "protocol").prefetch_related(
        Prefetch("claims", Claim.objects.select_related("resource").order_by("pk"))
    )


def booked_visit(appointment: Appointment) -> BookedVisit:
    """A row of `visits` with its claims read: chair, nurses by turn and clinician."""
    held: dict[str, Resource] = {}
    nursed = []
    for claim in appointment.claims.all():
        held.setdefault(claim.resource.kind, claim.resource)
        if claim.resource.kind == ResourceKind.NURSE:
            nursed.append(Turn(claim.phase, claim.during.lower, claim.resource))
    return BookedVisit(
        appointment,
        held.get(ResourceKind.CHAIR),
        joined(sorted(nursed, key=lambda turn: turn.start)),
        held.get(ResourceKind.CLINICIAN),
    )


def on_day(queryset: QuerySet[Appointment], day: date, zone: str) -> QuerySet[Appointment]:
    """The visits that start on this local day."""
    start, end = clock.day_bounds(day, zone)
    return queryset.filter(during__startswith__gte=start, during__startswith__lt=end)


def day_board(clinic: Clinic, day: date) -> list[BookedVisit]:
    """The clinic's visits of one local day by start, cancelled ones too: two queries."""
    rows = on_day(visits().filter(clinic=clinic), day, clinic.time_zone)
    return [
        booked_visit(appointment)
        for appointment in rows.exclude(status=AppointmentStatus.ENTERED_IN_ERROR).order_by(
            "during__startswith", "pk"
        )
    ]


def visits_of(patient: Patient) -> list[BookedVisit]:
    """All visits of one patient, latest first: two queries."""
    rows = visits().filter(patient=patient).order_by("-during__startswith", "pk")
    return [booked_visit(appointment) for appointment in rows]


def standing_in_the_way(claims: QuerySet[Claim]) -> list[dict[str, Any]]:
    """The visits that hold these claims, as a refusal lists them: one query."""
    rows = (
        Appointment.objects.filter(Exists(claims.filter(appointment=OuterRef("pk"))))
        .order_by("during__startswith")
        .values_list("pk", "during__startswith", "during__endswith")
    )
    return [{"appointment": pk, "start": start, "end": end} for pk, start, end in rows]
