"""What a patient can wait for, checked in plain words, and the waitlist as it is read. Nothing here writes.

Who joins and what they are offered is `waitlist`'s; which start suits whom is arithmetic and stands in
`offering`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, When
from django.db.models.functions import TruncDate

from clinic import clock
from clinic.models import Clinic
from scheduler.models import (
    BOOKED_OR_BEYOND,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    OfferStatus,
    PlanStatus,
    ProtocolStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.protocols.protocols import NOT_IN_FORCE
from scheduler.vocabulary import WEEKDAYS, spoken_day

# Feasible starts are asked for a window of at most this length (design 4).
LONGEST_WAIT: Final = timedelta(days=365)
MOST_NOTICE_HOURS: Final = 14 * 24


@dataclass(frozen=True)
class Terms:
    """Between which days, on which weekdays and at which wall times of the clinic somebody would come;
    rather, or `only`, with which nurse and in which chair; how many hours ahead they have to know of it."""

    first_day: date
    last_day: date
    weekdays: tuple[int, ...] = ()  # 0 Monday to 6 Sunday; none for any
    earliest: time | None = None  # the start, not before
    latest: time | None = None  # the discharge, not after
    nurse: Resource | None = None
    chair: Resource | None = None
    only: bool = False
    notice_hours: int = 24

    @classmethod
    def of(cls, entry: WaitlistEntry) -> "Terms":
        given = {field.name: getattr(entry, field.name) for field in fields(cls)}
        return cls(**{**given, "weekdays": tuple(entry.weekdays)})

    def as_columns(self) -> dict[str, Any]:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**given, "weekdays": sorted(set(self.weekdays))}


def errors(
    *, plan: TreatmentPlan, appointment: Appointment | None, terms: Terms, now: datetime
) -> list[dict[str, str]]:
    """Everything that makes waiting on these terms pointless or unclear, each at its field."""
    found = [
        *_plan_errors(plan, now),
        *_visit_errors(plan, appointment, terms, now),
        *_day_errors(plan, terms, now),
        *_time_errors(plan, appointment, terms),
        *_asked_for_errors(plan, terms),
    ]
    if not 0 <= terms.notice_hours <= MOST_NOTICE_HOURS:
        found.append(("notice_hours", f"Give 0 to {MOST_NOTICE_HOURS} hours (14 days)."))
    return [{"field": field, "code": "invalid", "detail": mend} for field, mend in found]


def _plan_errors(plan: TreatmentPlan, now: datetime) -> Iterator[tuple[str, str]]:
    today = clock.local_date(now, plan.clinic.time_zone)
    if plan.patient.deceased:
        yield "plan", "This patient is recorded as deceased."
    elif plan.status != PlanStatus.ACTIVE or plan.valid_until < today:
        yield "plan", "This plan is over. A prescriber writes a new one first."
    elif plan.protocol.status != ProtocolStatus.ACTIVE:
        yield "plan", NOT_IN_FORCE


def _visit_errors(
    plan: TreatmentPlan, appointment: Appointment | None, terms: Terms, now: datetime
) -> Iterator[tuple[str, str]]:
    if appointment is None:
        return
    day = clock.local_date(appointment.starts_at, plan.clinic.time_zone)
    if appointment.plan_id != plan.pk:
        yield "appointment", "Choose a visit of this plan."
    elif appointment.status != AppointmentStatus.BOOKED or appointment.starts_at <= now:
        yield "appointment", "Only a booked visit that lies ahead can be brought forward."
    elif day < terms.first_day:
        on = spoken_day(day, today=clock.local_date(now, plan.clinic.time_zone))
        yield "first_day", f"The visit is on {on}. Give a day up to then: only an earlier time is of use."


def _day_errors(plan: TreatmentPlan, terms: Terms, now: datetime) -> Iterator[tuple[str, str]]:
    first, last = terms.first_day, terms.last_day
    today = clock.local_date(now, plan.clinic.time_zone)
    if last < first:
        yield "last_day", "The last day must not be before the first."
    elif last < today:
        yield "last_day", "This day is past. Give a day from today on."
    elif last - first > LONGEST_WAIT:
        yield "last_day", f"Give a day at most {LONGEST_WAIT.days} days after the first."
    elif last < plan.valid_from or plan.valid_until < first:
        begins, ends = (spoken_day(day, today=today) for day in (plan.valid_from, plan.valid_until))
        yield "first_day", f"The plan is valid from {begins} to {ends}."
    elif any(not 0 <= weekday <= 6 for weekday in terms.weekdays):
        yield "weekdays", "Weekdays are 0 for Monday to 6 for Sunday."
    elif terms.weekdays and not _days_include(first, last, terms.weekdays):
        names = ", ".join(WEEKDAYS[weekday] for weekday in sorted(set(terms.weekdays)))
        low, high = (spoken_day(day, today=today) for day in (first, last))
        yield "weekdays", f"There is no {names} between {low} and {high}."


def _days_include(first: date, last: date, weekdays: tuple[int, ...]) -> bool:
    days = min((last - first).days, 6) + 1
    return any((first + timedelta(days=ahead)).weekday() in weekdays for ahead in range(days))


def _time_errors(
    plan: TreatmentPlan, appointment: Appointment | None, terms: Terms
) -> Iterator[tuple[str, str]]:
    if terms.latest is None:
        return
    longer = appointment.extra_recovery_minutes if appointment else 0
    length = plan.protocol.visit_length + timedelta(minutes=longer)
    room = _since_midnight(terms.latest) - _since_midnight(terms.earliest or time(0))
    if room < length:
        minutes = length // timedelta(minutes=1)
        yield "latest", f"A visit takes {minutes} minutes: it can't start and be over within these times."


def _asked_for_errors(plan: TreatmentPlan, terms: Terms) -> Iterator[tuple[str, str]]:
    nurse, chair = terms.nurse, terms.chair
    features = {*plan.protocol.chair_features, *plan.chair_features}
    if nurse and not _works_here(nurse, plan, ResourceKind.NURSE):
        yield "nurse", "This is not a working nurse of the patient's clinic."
    if chair and not _works_here(chair, plan, ResourceKind.CHAIR):
        yield "chair", "This is not a working chair of the patient's clinic."
    elif chair and (lacking := features.difference(chair.features)):
        yield "chair", f"{chair.name} does not offer {', '.join(sorted(lacking))}, which the plan asks for."
    if terms.only and not (nurse or chair):
        yield "only", "Choose the nurse or the chair that it has to be."


def _works_here(resource: Resource, plan: TreatmentPlan, kind: ResourceKind) -> bool:
    return (resource.clinic_id, resource.kind, resource.active) == (plan.clinic_id, kind, True)


def _since_midnight(wall_time: time) -> timedelta:
    return timedelta(hours=wall_time.hour, minutes=wall_time.minute)


# --- The waitlist as it stands ------------------------------------------------------------------------


def with_plan() -> QuerySet[WaitlistEntry]:
    """Entries with all that is needed to look for a time."""
    return WaitlistEntry.objects.select_related(
        "clinic",
        "patient__clinic",
        "plan__clinic",
        "plan__patient",
        "plan__protocol",
        "appointment",
        "nurse",
        "chair",
    )


def entries() -> QuerySet[WaitlistEntry]:
    """Entries as a list shows them, with their open offer in `open_offers`: two queries."""
    open_offers = WaitlistOffer.objects.filter(status=OfferStatus.OPEN).select_related("appointment")
    return with_plan().prefetch_related(Prefetch("offers", open_offers, to_attr="open_offers"))


def offers() -> QuerySet[WaitlistOffer]:
    """Offers with the time that was held, and for whom."""
    return WaitlistOffer.objects.select_related(
        "appointment", "entry__clinic", "entry__patient", "entry__plan__protocol", "entry__appointment"
    )


def stands(offer: WaitlistOffer, now: datetime) -> bool:
    """Can it still be accepted? Not answered, not run out, that very time still held, and still earlier than
    a visit that is still to come."""
    later = offer.entry.appointment
    return (
        offer.status == OfferStatus.OPEN
        and now < offer.expires_at
        and offer.appointment.status == AppointmentStatus.PENDING
        and offer.appointment.starts_at == offer.starts_at
        and (
            later is None or (later.status == AppointmentStatus.BOOKED and offer.starts_at < later.starts_at)
        )
    )


def ended(clinic: Clinic, now: datetime) -> QuerySet[Any]:
    """A clinic's entries for which waiting is over.

    `booked_by_hand`: they waited for one more session, and since then one was booked on a day on which they
    would have come. `moved_by_hand`: they waited for an earlier time, and their visit was moved to before the
    one it had, none of which it overlaps, on a day up to their last. Or in vain: the days are past, the plan
    is over, the patient has died, or the visit that was to come earlier has begun, been missed or cancelled.
    A plan on hold waits.
    """
    booked = Appointment.objects.annotate(
        day=TruncDate(F("during__startswith"), tzinfo=ZoneInfo(clinic.time_zone))
    ).filter(
        plan=OuterRef("plan"),
        status__in=BOOKED_OR_BEYOND,
        created_at__gt=OuterRef("created_at"),
        day__gte=OuterRef("first_day"),
        day__lte=OuterRef("last_day"),
    )
    visit_day = TruncDate(F("appointment__during__startswith"), tzinfo=ZoneInfo(clinic.time_zone))
    moved = Q(
        appointment__status__in=BOOKED_OR_BEYOND,
        appointment__during__endswith__lte=F("earlier_than"),
        visit_day__lte=F("last_day"),
    )
    today = clock.local_date(now, clinic.time_zone)
    in_vain = (
        Q(last_day__lt=today)
        | ~Q(plan__status__in=STANDING_STATUSES)
        | Q(plan__valid_until__lt=today)
        | Q(patient__deceased=True)
        | (
            Q(appointment__isnull=False)
            & (~Q(appointment__status=AppointmentStatus.BOOKED) | Q(appointment__during__startswith__lte=now))
        )
    )
    return (
        WaitlistEntry.objects.filter(clinic=clinic, status=WaitlistStatus.WAITING)
        .annotate(
            visit_day=visit_day,
            booked_by_hand=Q(appointment__isnull=True) & Exists(booked),
            moved_by_hand=Case(When(moved, then=True), default=False),
        )
        .filter(in_vain | Q(booked_by_hand=True) | Q(moved_by_hand=True))
    )
