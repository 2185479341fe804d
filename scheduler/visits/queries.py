"""What is asked of the schedule for people to look at, named for what comes back: lists and boards.

Each question has a fixed number of queries however much history there is. Nothing here writes, nothing here
decides; what is free, and when, is read in `finding`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from clinic import clock
from clinic.models import Clinic, Patient
from scheduler.finding.nursing import Turn, joined
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    Claim,
    PlanStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
)

# They were never booked: a hold that ran out or was given up is no cancellation.
LAPSED_HOLDS: Final = Q(status=AppointmentStatus.CANCELLED, held_until__isnull=False)


@dataclass(frozen=True)
class BookedVisit:
    """An appointment with what its claims hold; a cancelled one holds nothing."""

    appointment: Appointment
    chair: Resource | None
    nurses: tuple[Turn, ...]
    clinician: Resource | None

    def is_to_come(self, now: datetime) -> bool:
        """Booked, nobody has arrived yet, and its time isn't over."""
        return self.appointment.status == AppointmentStatus.BOOKED and self.appointment.ends_at > now


@dataclass(frozen=True)
class MovedVisit:
    """A visit that has left a day, and the time it had there last."""

    appointment: Appointment
    started_at: datetime
    ended_at: datetime


def visits() -> QuerySet[Appointment]:
    """Appointments with all that a list shows of them: two queries however many there are."""
    return Appointment.objects.select_related("clinic", "patient", "plan", "protocol").prefetch_related(
        Prefetch("claims", Claim.objects.select_related("resource").order_by("pk"))
    )


def booked_visit(appointment: Appointment) -> BookedVisit:
    """A row of `visits` with its claims read: nurses by turn; of changed chairs and clinicians the last."""
    claims = sorted(appointment.claims.all(), key=lambda claim: (claim.during.lower, claim.pk))
    held = {claim.resource.kind: claim.resource for claim in claims}
    return BookedVisit(
        appointment,
        held.get(ResourceKind.CHAIR),
        joined(
            Turn(claim.phase, claim.during.lower, claim.resource)
            for claim in claims
            if claim.resource.kind == ResourceKind.NURSE
        ),
        held.get(ResourceKind.CLINICIAN),
    )


def on_day(queryset: QuerySet[Appointment], day: date, zone: str) -> QuerySet[Appointment]:
    """The visits that start on this local day."""
    start, end = clock.day_bounds(day, zone)
    return queryset.filter(during__startswith__gte=start, during__startswith__lt=end)


def day_board(clinic: Clinic, day: date) -> list[BookedVisit]:
    """The clinic's visits of one local day by start, cancelled ones too: two queries."""
    rows = on_day(visits().filter(clinic=clinic), day, clinic.time_zone)
    shown = rows.exclude(status=AppointmentStatus.ENTERED_IN_ERROR).exclude(LAPSED_HOLDS)
    return [booked_visit(appointment) for appointment in shown.order_by("during__startswith", "pk")]


def moved_away(clinic: Clinic, day: date) -> list[MovedVisit]:
    """The clinic's visits that were booked for this local day and are on another one by now: one query."""
    low, high = clock.day_bounds(day, clinic.time_zone)
    events: Any = Appointment._meta.get_field("events").related_model  # pghistory adds it
    was_here = events.objects.filter(
        clinic=clinic,
        during__startswith__gte=low,
        during__startswith__lt=high,
        status=AppointmentStatus.BOOKED,
    )
    rows = (
        Appointment.objects.filter(pk__in=was_here.values("pgh_obj"), status__in=LIVE_STATUSES)
        .exclude(during__startswith__gte=low, during__startswith__lt=high)
        .select_related("patient")
        .annotate(
            was=Subquery(was_here.filter(pgh_obj=OuterRef("pk")).order_by("-pgh_id").values("during")[:1])
        )
    )
    return sorted(
        (MovedVisit(row, row.was.lower, row.was.upper) for row in rows), key=lambda moved: moved.started_at
    )


def visits_of(patient: Patient) -> list[BookedVisit]:
    """All visits of one patient, latest first: two queries."""
    rows = visits().filter(patient=patient).exclude(LAPSED_HOLDS).order_by("-during__startswith", "pk")
    return [booked_visit(appointment) for appointment in rows]


def with_booking_state(patients: QuerySet[Patient], *, now: datetime) -> QuerySet[Patient]:
    """These patients with what is asked before one of them is booked, in the same query: `next_visit`, the
    start of the next that is booked, and `plan_status`, that of their plan: one in force before any other,
    then the latest. Nothing of either is None.
    """
    coming = Appointment.objects.filter(
        patient=OuterRef("pk"), status=AppointmentStatus.BOOKED, during__startswith__gt=now
    ).order_by("during__startswith")
    in_force_first = Case(When(status=PlanStatus.ACTIVE, then=0), default=1)
    of_patient = TreatmentPlan.objects.filter(patient=OuterRef("pk")).order_by(in_force_first, "-created_at")
    return patients.annotate(
        next_visit=Subquery(coming.values("during__startswith")[:1]),
        plan_status=Subquery(of_patient.values("status")[:1]),
    )


def standing_in_the_way(claims: QuerySet[Claim]) -> list[dict[str, Any]]:
    """The visits that hold these claims, as a refusal lists them: one query."""
    rows = (
        Appointment.objects.filter(Exists(claims.filter(appointment=OuterRef("pk"))))
        .order_by("during__startswith")
        .values_list("pk", "during__startswith", "during__endswith")
    )
    return [{"appointment": pk, "start": start, "end": end} for pk, start, end in rows]
