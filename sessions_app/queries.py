"""Reads of sessions, each with a fixed number of queries. Who may read them is asked before (`access`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower, TruncMinute

from clinic import clock
from clinic.models import Clinic, User
from scheduler.models import Appointment, AppointmentStatus, Claim
from sessions_app import states
from sessions_app.lines import PARTS
from sessions_app.models import (
    Alert,
    AlertStep,
    AlertStepKind,
    InfusionEvent,
    MonitorSample,
    Observation,
    Session,
    SignedRecord,
    VitalSigns,
)

LINES = (
    "checklist_answers",
    "dose_worksheets",
    "dose_checks",
    "overrides",
    "infusion_events",
    "medicines_given",
    "wastes",
    "waste_witnesses",
    "vital_signs",
    "side_effects",
    "discharges",
    "notes",
)

# How far back the regular looks go (`tasks.look_at_courses`). What was over longer ago they have seen before,
# unless nothing ran for so long.
LOOKED_BACK: Final = timedelta(days=14)


def over_of_late(now: datetime) -> QuerySet[Session]:
    """Sessions in which something was infused and whose patient has gone home since."""
    return Session.objects.filter(discharged_at__gte=now - LOOKED_BACK, started_at__isnull=False)


def sessions_on(day: date, clinics: Iterable[Clinic]) -> QuerySet[Session]:
    """The sessions that arrived on this local day of each of the clinics."""
    that_day = Q(pk__in=[])
    for clinic in clinics:
        start, end = clock.day_bounds(day, clinic.time_zone)
        that_day |= Q(clinic=clinic, arrived_at__gte=start, arrived_at__lt=end)
    return Session.objects.filter(that_day)


def sessions_today(clinic: Clinic, day: date) -> QuerySet[Session]:
    """The station's list: a day's sessions by arrival, and whoever is still in a chair since an earlier one.
    With patient, protocol, chair, and what tells when the next reading is due and how much was given: the
    infusion's steps, the dose, the vital signs, the alerts with theirs; whose plan it is, for the ladder.
    Eight queries."""
    steps = InfusionEvent.objects.order_by("recorded_at", "id")
    start, end = clock.day_bounds(day, clinic.time_zone)
    arrived = Q(arrived_at__gte=start, arrived_at__lt=end)
    return (
        Session.objects.filter(arrived | Q(state__in=states.IN_THE_CHAIR), clinic=clinic)
        .select_related("clinic", "patient", "protocol", "appointment__plan")
        .prefetch_related(
            Prefetch("infusion_events", steps),
            "dose_worksheets",
            Prefetch("vital_signs", VitalSigns.objects.order_by("measured_at", "recorded_at", "id")),
            Prefetch("alerts", alerts()),
            Prefetch("appointment__claims", Claim.objects.select_related("resource").order_by("pk")),
        )
        .order_by("arrived_at", "id")
    )


def states_of(visits: Iterable[UUID]) -> dict[UUID, str]:
    """The state of these visits' sessions, of those that have one: one query."""
    return dict(Session.objects.filter(appointment__in=list(visits)).values_list("appointment", "state"))


def alerts() -> QuerySet[Alert]:
    """Alerts with their steps and who is named in them. Two queries."""
    steps = AlertStep.objects.select_related("recorded_by", "told").order_by("recorded_at", "id")
    return (
        Alert.objects.select_related("session__patient")
        .prefetch_related(Prefetch("steps", steps))
        .order_by("raised_at", "id")
    )


def open_alerts() -> QuerySet[Alert]:
    """The alerts that nobody has resolved."""
    return alerts().filter(~_RESOLVED)


def resolved_alerts() -> QuerySet[Alert]:
    return alerts().filter(_RESOLVED)


_RESOLVED = Exists(AlertStep.objects.filter(alert=OuterRef("pk"), kind=AlertStepKind.RESOLVED))


def waiting_visits(clinic: Clinic, day: date) -> QuerySet[Appointment]:
    """A day's patients who have arrived and whose session is not open yet, by planned start. One query."""
    start, end = clock.day_bounds(day, clinic.time_zone)
    return (
        Appointment.objects.filter(
            clinic=clinic,
            status=AppointmentStatus.ARRIVED,
            session__isnull=True,
            during__overlap=(start, end),
        )
        .select_related("patient", "protocol")
        .order_by(Lower("during"))
    )


def session_detail(session_id: UUID) -> Session:
    """One session with all its lines, who entered them, its signed versions, and the visit's claims: who and
    what it has by the schedule. Seventeen queries."""
    signed = SignedRecord.objects.select_related("signed_by").order_by("version")
    return (
        Session.objects.select_related("clinic", "patient", "protocol", "appointment__plan__prescriber")
        .prefetch_related(
            *(_lines(name) for name in LINES),
            Prefetch("alerts", alerts()),
            Prefetch("signed_records", signed),
            Prefetch("appointment__claims", Claim.objects.select_related("resource").order_by("pk")),
        )
        .get(pk=session_id)
    )


def session_charted(session_id: UUID) -> Session:
    """One session with what its picture shows: vital signs, the infusion's steps, medicines, side effects.
    Five queries."""
    charted = ("vital_signs", "infusion_events", "medicines_given", "side_effects")
    rows = Session.objects.select_related("clinic", "patient", "protocol")
    return rows.prefetch_related(*(_lines(name) for name in charted)).get(pk=session_id)


def monitored_minutes(session: Session) -> list[dict[str, Any]]:
    """What a session's monitor showed, the lowest and the highest of each minute (`at`): of hours of samples
    as much as a picture can show. One query."""
    signs = {
        "pressure": ("diastolic_mmhg", "systolic_mmhg"),
        "heart_rate": ("heart_rate_per_min", "heart_rate_per_min"),
        "saturation": ("oxygen_saturation_percent", "oxygen_saturation_percent"),
    }
    ends: dict[str, Any] = {}
    for sign, (low, high) in signs.items():
        ends |= {f"{sign}_low": Min(low), f"{sign}_high": Max(high)}
    samples = MonitorSample.objects.filter(session=session).annotate(at=TruncMinute("measured_at"))
    minutes: QuerySet[Any, Any] = samples.values("at").annotate(**ends)
    return list(minutes.order_by("at"))


def session_watched(session_id: UUID) -> Session:
    """One session with what its alerts are read beside: all of them, and the vital signs. Four queries."""
    rows = Session.objects.select_related("clinic", "appointment__plan")
    return rows.prefetch_related(Prefetch("alerts", alerts()), "vital_signs").get(pk=session_id)


def counting_versions(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """These sessions with their signed versions, but not what was signed: a revision counts them. One query
    more."""
    return sessions.prefetch_related(Prefetch("signed_records", SignedRecord.objects.only("session_id")))


@dataclass(frozen=True)
class Written:
    """One line of a record as it was entered: when, by whom (nobody: the server), and what it corrects."""

    part: str
    id: UUID
    at: datetime
    recorded_by: str
    corrects: UUID | None
    correction_reason: str
    after_signature: bool


def written_in(session: Session) -> list[Written]:
    """Every line of a session's record in the order in which they were entered. A query for each part."""
    found = [
        Written(
            part=part,
            id=line.pk,
            at=line.recorded_at,
            recorded_by=line.recorded_by.full_name if line.recorded_by else "",
            corrects=getattr(line, "corrects_id", None),
            correction_reason=line.correction_reason,
            after_signature=line.amendment_id is not None,
        )
        for part, model in PARTS.items()
        for line in _as_entered(model, session)
    ]
    return sorted(found, key=lambda line: line.at)


def _as_entered(model: type[Any], session: Session) -> "QuerySet[Any]":
    lines = model._default_manager.filter(session=session).select_related("recorded_by")
    return lines.order_by("recorded_at", "revision", "id")


def signed_versions(session: Session) -> QuerySet[SignedRecord]:
    """The frozen versions of a session's record, the signature first. One query."""
    return session.signed_records.select_related("signed_by").order_by("version")


def _lines(name: str) -> "Prefetch[Any]":
    model: type[Observation] = Session._meta.get_field(name).related_model  # type: ignore[assignment]
    people = [field.name for field in model._meta.fields if field.related_model is User]
    lines = model._default_manager.select_related(*people).order_by("recorded_at", "id")
    return Prefetch(name, lines)
