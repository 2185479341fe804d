"""Where a patient's plans stand: each with its sessions one by one, what comes next and until when it may.

The order itself, its screen and what is decided about it have a page of their own (`web.views.plans.page`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, QuerySet, When

from clinic import clock
from clinic.models import Patient
from scheduler.models import AppointmentStatus, PlanStatus, TreatmentPlan
from scheduler.series.review import Review, Reviewed, reviews
from scheduler.visits.queries import BookedVisit
from scheduler.vocabulary import indication_words, plain_amount, spoken_day, wall_time
from sessions_app.looking_back import Went
from sessions_app.models import SessionState


@dataclass(frozen=True)
class Step:
    """One session of a plan: its place in it, its status for colour and icon, in words, and the visit; of one
    that nobody has booked yet only its place."""

    number: int
    status: str
    words: str
    day: str = ""
    visit: UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """A plan as far as it has come. `last` is the newest of its infusions, for those who may read it."""

    plan: TreatmentPlan
    dose: str
    indication: str
    steps: list[Step]
    review: Review
    next: BookedVisit | None
    last: Went | None
    due: str
    validity: str
    ends_too_soon: bool
    over: bool

    @property
    def standing(self) -> bool:
        return self.plan.stands

    @property
    def done(self) -> int:
        """Sessions that took place, whatever was given."""
        return sum(step.status in ("fulfilled", "not_given", "signed") for step in self.steps)


def plans_of(patient: Patient) -> "QuerySet[TreatmentPlan]":
    """Those that stand before those that are over, the newest first: one query."""
    standing_first = Case(
        When(status=PlanStatus.ACTIVE, then=0), When(status=PlanStatus.ON_HOLD, then=1), default=2
    )
    rows = TreatmentPlan.objects.filter(patient=patient).select_related("protocol", "prescriber", "clinic")
    return rows.order_by(standing_first, "-created_at", "-pk")


def progress_of(
    plans: Sequence[TreatmentPlan],
    visits: Sequence[BookedVisit],
    went: Mapping[UUID, Went],
    now: datetime,
) -> list[Progress]:
    """Each plan from the patient's visits, which are at hand, and how they went by visit (nothing for those
    who may not read it): one query."""
    reviewed = reviews(standing=plans, visits=visits, now=now)
    return [_progress(plan, reviewed[plan.pk], went, now) for plan in plans]


def _progress(plan: TreatmentPlan, review: Review, went: Mapping[UUID, Went], now: datetime) -> Progress:
    today = review.today
    steps = [_step(each, went.get(each.appointment.pk), plan.clinic.time_zone) for each in review.visits]
    left = range(len(steps) + 1, plan.sessions_ordered + 1) if plan.stands else ()
    steps += [Step(number, "unbooked", "Not booked") for number in left]
    coming = [each.visit for each in review.visits if each.visit.is_to_come(now)]
    given = [went[each.appointment.pk] for each in review.visits if each.appointment.pk in went]
    run = [each for each in given if each.session.started_at is not None]
    return Progress(
        plan=plan,
        dose=f"{plain_amount(plan.ordered_dose)} {plan.protocol.dose_basis}",
        indication=indication_words(plan.indication),
        steps=steps,
        review=review,
        next=coming[0] if coming else None,
        last=run[-1] if run else None,
        due=_due(review),
        validity=_validity(plan, today),
        ends_too_soon=any(
            clock.local_date(each.appointment.starts_at, plan.clinic.time_zone) > plan.valid_until
            for each in coming
        ),
        over=plan.valid_until < today,
    )


def _step(reviewed: Reviewed, went: Went | None, zone: str) -> Step:
    row = reviewed.appointment
    status, words, note = str(row.status), str(row.get_status_display()), ""
    if went is not None:
        session = went.session
        if session.state == SessionState.NOT_GIVEN or (session.started_at is None and not went.under_way):
            status, words = "not_given", "Not given"
        elif went.under_way:
            status, words = session.state, str(session.get_state_display())
        elif went.given_mg is not None:
            words, note = "Given", f"{went.given_mg} mg"
    elif row.status == AppointmentStatus.BOOKED:
        note = wall_time(row.starts_at, zone)
    day = f"{reviewed.day:%b} {reviewed.day.day}"
    return Step(reviewed.number, status, words, day, row.pk, note)


def _due(review: Review) -> str:
    """When the next session has to be that is not booked yet, in words."""
    due = review.next_due
    if due is None:
        return ""
    first, last = (spoken_day(day, today=review.today) for day in due)
    if review.interrupted:
        return f"The next session was due by {last}: the series is interrupted"
    return (
        f"The next one to book is due {first} to {last}" if first != last else f"The next one is due {first}"
    )


def _validity(plan: TreatmentPlan, today: date) -> str:
    """Until when the order may be carried out; then it has to be reviewed and written anew."""
    ends = spoken_day(plan.valid_until, today=today)
    days = (plan.valid_until - today).days
    if plan.valid_from > today:
        return f"Valid from {spoken_day(plan.valid_from, today=today)} to {ends}"
    if days < 0:
        return f"Ended {ends}, {_days(-days)} ago"
    return f"Review by {ends}, " + ("today" if days == 0 else f"in {_days(days)}")


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
