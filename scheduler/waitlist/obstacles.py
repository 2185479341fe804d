"""Why nothing is offered to somebody who waits. Reads only.

What stands in the way before any time is sought is told here, to the code that offers and to the list alike,
so that the list never tells another reason than the true one. What stands against the plan or the patient
`booking.hold` would refuse as well; tests hold its codes and words against these.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic import clock
from clinic.models import Clinic, Consent, ConsentScope
from scheduler.evaluating import eligibility
from scheduler.finding import free_times
from scheduler.finding.supply import not_counted
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    OfferStatus,
    PlanStatus,
    ProtocolStatus,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.prescribing import charted, consented, course_reviews, plan_tasks, safety_reviews
from scheduler.protocols.protocols import NOT_IN_FORCE
from scheduler.visits.blockers import MENDS
from scheduler.waitlist import offering, waiting


@dataclass(frozen=True)
class Obstacle:
    """One reason, with a stable code and a sentence for the desk."""

    code: str
    detail: str


NOTHING_SUITS: Final = Obstacle(
    "nothing_suits",
    "No free time suits them. One is sought each minute; what they were offered before is not offered again.",
)


def with_obstacles(rows: QuerySet[WaitlistEntry], *, now: datetime) -> QuerySet[Any]:
    """Entries with all that these reasons are read from, in the same query."""
    consents = Consent.objects.filter(
        patient=OuterRef("patient"), scope=ConsentScope.TREATMENT, revoked_at__isnull=True
    )
    offers = WaitlistOffer.objects.filter(entry=OuterRef("pk"))
    sessions = (
        Appointment.objects.filter(plan=OuterRef("plan"), status__in=LIVE_STATUSES)
        .exclude(not_counted(now))
        .order_by()
        .values("plan")
        .annotate(count=Count("pk"))
        .values("count")
    )
    ran_out = offers.filter(status=OfferStatus.EXPIRED).order_by("-expires_at").values("expires_at")
    return rows.annotate(
        consented_at=Subquery(consents.values("given_at")[:1]),
        review=plan_tasks.waiting_cause(course_reviews.CAUSE, plan="plan"),
        safety=plan_tasks.waiting_cause(safety_reviews.CAUSE, plan="plan"),
        refused=eligibility.refused_of(patient="patient"),
        allergies=charted.unanswered_allergies(plan="plan"),
        age_answered=charted.age_answered(plan="plan"),
        sessions_live=Coalesce(Subquery(sessions), 0),
        offer_open=Exists(offers.filter(status=OfferStatus.OPEN)),
        ran_out_at=Subquery(ran_out[:1]),
    )


def without_offer(clinic: Clinic, *, now: datetime) -> QuerySet[Any]:
    """Who waits in this clinic and has no time on offer, the longest first, with all that these reasons are
    read from and every time that they were offered before: two queries."""
    rows = with_obstacles(waiting.with_plan(), now=now).filter(
        clinic=clinic, status=WaitlistStatus.WAITING, offer_open=False
    )
    return rows.prefetch_related("offers").order_by("created_at", "pk")


def why_nothing(entry: WaitlistEntry, *, now: datetime) -> Obstacle | None:
    """Why this entry (of `with_obstacles`) has no offer; None when it has one, or waits no more."""
    read: Any = entry
    if read.offer_open or entry.status != WaitlistStatus.WAITING:
        return None
    return obstacle(entry, now=now) or NOTHING_SUITS


def against_any_time(entry: WaitlistEntry, *, now: datetime) -> Obstacle | None:
    """What stands against any time for this entry (of `with_obstacles`), whoever would offer it."""
    read: Any = entry
    plan = entry.plan
    replaced = entry.appointment is not None and entry.appointment.live
    if plan.status != PlanStatus.ACTIVE:
        mend = MENDS.get(PlanStatus(plan.status), "A prescriber has to write a new one.")
        return Obstacle("plan_not_active", f"The plan is {plan.status}. {mend}")
    if plan.protocol.status != ProtocolStatus.ACTIVE:
        return Obstacle("protocol_inactive", NOT_IN_FORCE)
    if read.refused:
        return Obstacle(eligibility.REFUSED, eligibility.HELD)
    if read.safety:
        return Obstacle(safety_reviews.WAITS, safety_reviews.WORDS)
    if read.review and plan.protocol.review_after_sessions is not None:
        return Obstacle(course_reviews.WAITS, course_reviews.waits_words(read.review))
    zone = entry.clinic.time_zone
    today = clock.local_date(now, zone)
    days = plan.protocol.reconsent_after_days
    wrong = consented.against(read.consented_at, days, on=today, today=today, zone=zone)
    if wrong is not None:
        return Obstacle(*wrong)
    on_chart = charted.allergies_against(read.allergies)
    if not read.age_answered:
        on_chart |= charted.age_against(entry.patient, plan.protocol, now=now)
    if on_chart:
        return Obstacle("chart_unanswered", f"{' '.join(on_chart.values())} {charted.ANSWER_FIRST}")
    if read.sessions_live - replaced >= plan.sessions_ordered:
        return Obstacle("sessions_used_up", f"All {plan.sessions_ordered} sessions of the plan are booked.")
    for asked_for in (entry.nurse, entry.chair):
        if entry.only and asked_for and not asked_for.active:
            return Obstacle(
                "out_of_use",
                f"They wait for {asked_for.name} alone, not in use any more. Change what they want.",
            )
    return None


def obstacle(entry: WaitlistEntry, *, now: datetime) -> Obstacle | None:
    """What stands in the way of seeking a time for this entry (of `with_obstacles`), if anything does."""
    standing = against_any_time(entry, now=now)
    if standing is not None:
        return standing
    read: Any = entry
    low, high = bounds(entry, now=now)
    if low >= high:
        return Obstacle(
            "no_day_left",
            f"With {entry.notice_hours} hours' notice and the time to answer and to fast, none of their days"
            " is left.",
        )
    midnight = clock.day_bounds(clock.local_date(now, entry.clinic.time_zone), entry.clinic.time_zone)[0]
    if read.ran_out_at is not None and read.ran_out_at >= midnight:
        return Obstacle(
            "ran_out_today", "An offer ran out today without an answer. They are asked again tomorrow."
        )
    if not offering.may_be_asked(now, entry.patient.zone):
        begins, ends = offering.ASKING_BEGINS, offering.ASKING_ENDS
        return Obstacle("night", f"They are asked from {begins:%H:%M} to {ends:%H:%M} where they are.")
    return None


def bounds(entry: WaitlistEntry, *, now: datetime) -> tuple[datetime, datetime]:
    """From when on and up to when a time for this entry may start, whatever the weekday and hour."""
    plan, zone = entry.plan, entry.clinic.time_zone
    asked_by = answer_by(entry, now=now) if offering.may_be_asked(now, entry.patient.zone) else now
    low = max(
        clock.day_bounds(max(entry.first_day, plan.valid_from), zone)[0],
        now + timedelta(hours=entry.notice_hours),
        # Who says yes at the last moment begins to fast then.
        asked_by + free_times.fasting_of(plan.protocol).lead,
    )
    high = clock.day_bounds(min(entry.last_day, plan.valid_until), zone)[1]
    if entry.appointment is not None:
        # Both are on the books until the answer: the earlier one has to be over by then, turnover and all.
        block = plan.protocol.block_length + timedelta(minutes=entry.extra_recovery_minutes)
        high = min(high, entry.appointment.starts_at - block + timedelta(minutes=1))
    return low, high


def answer_by(entry: WaitlistEntry, *, now: datetime) -> datetime:
    """Until when an offer that is made now is answered."""
    return offering.answer_by(now, entry.clinic.offer_minutes, entry.patient.zone)
