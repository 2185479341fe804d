"""A plan's page: its order, visits, doses, spacing and status, and what waits to be decided."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock
from clinic.queries import allergies_that_hold
from scheduler.access import BOOK, EVALUATE, VIEW_EVALUATIONS, VIEW_PLANS, WRITE_PLAN
from scheduler.evaluating import eligibility
from scheduler.models import Appointment, Finding, PlanStatus, Protocol, TreatmentPlan
from scheduler.prescribing import (
    charted,
    course_assessments,
    course_reviews,
    dose_orders,
    plans,
    safety_reviews,
    screening,
    spacing,
    spacing_requests,
    taking_over,
)
from scheduler.series.review import review
from scheduler.visits import queries, versions
from scheduler.vocabulary import indication_words, plain_amount
from sessions_app.access import READ_SESSIONS
from sessions_app.infusing import superseded
from sessions_app.looking_back import LookedBack, Went, look_back
from sessions_app.outcomes import course_responses
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm
from web.views.patients import who
from web.views.plans.forms import (
    AskSpacingForm,
    AssessForm,
    DoseForm,
    EndForm,
    GoAheadForm,
    GoOnForm,
    RefuseSpacingForm,
    SafetyReviewForm,
    SpacingForm,
    StatusForm,
    TakeOverForm,
)
from web.views.protocols.words import changes


@staff_page(VIEW_PLANS, methods=["GET"])
def plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The order, its screen and its visits."""
    found = fetch_plan(request, pk, VIEW_PLANS)
    access.log_look(request.actor, found.patient, what="plan")
    return show(request, found)


def fetch_plan(request: StaffRequest, pk: UUID, permission: access.Permission) -> TreatmentPlan:
    of_clinic = TreatmentPlan.objects.filter(clinic=request.clinic)
    with_all = of_clinic.select_related("patient", "protocol", "prescriber", "clinic")
    return access.fetch(request.actor, with_all, permission, pk=pk)


def show(request: StaffRequest, found: TreatmentPlan, **sent: ChangeForm | ClinicForm) -> HttpResponse:
    """The page; a form that was refused, by the name that it has here, comes back as it was filled."""
    questions = {item.code: item.question for item in (screening.AGE, *screening.ITEMS)}
    visits = [visit for visit in queries.visits_of(found.patient) if visit.appointment.plan_id == found.pk]
    prescribes = request.actor.may(WRITE_PLAN, request.clinic.pk)
    books = request.actor.may(BOOK, request.clinic.pk)
    now = clock.now()
    standing = found.stands
    asked = spacing_requests.open_of(found)
    newer = taking_over.in_force_for(found)
    on_chart = charted.unanswered(found.pk, now=now) if standing else {}
    course_review = course_reviews.waiting_for(found) if standing else None
    safety_review = safety_reviews.waiting_for(found) if standing else None
    reads_sessions = request.actor.may(READ_SESSIONS, request.clinic.pk)
    back = look_back(found.patient, now=now) if reads_sessions else LookedBack((), ())
    given = [went for went in back.given if not went.under_way]
    offered: dict[str, Callable[[], ChangeForm | ClinicForm]] = {}
    if standing and prescribes:
        offered |= _for_prescriber(found, on_chart, course_review, safety_review, newer, asked)
    if standing and books:
        offered["ask_form"] = AskSpacingForm
    if given and request.actor.may(EVALUATE, request.clinic.pk):
        offered["assess_form"] = AssessForm
    context = {
        "plan": found,
        "status_stands": standing,
        "ended": plans.end_of(found),
        "on_chart": on_chart,
        "course_review": course_review,
        "measures": course_responses.measures_of(found, now=now) if reads_sessions and given else [],
        "safety_review": safety_review,
        "reviewed_session": _session_of(safety_review, back),
        "reviewed_visit": _visit_of(safety_review),
        "last": given[0] if given else None,
        "assessments": (
            course_assessments.assessments_of(found)
            if request.actor.may(VIEW_EVALUATIONS, request.clinic.pk)
            else []
        ),
        "to_assess": standing and course_assessments.is_due(found),
        "against": eligibility.standing_no(found.patient, now=now) if standing else "",
        "patient": found.patient,
        "who": who.who_is(found.patient, list(allergies_that_hold(found.patient)), now),
        "indication": indication_words(found.indication),
        "dose": plain_amount(found.ordered_dose),
        "doses": dose_orders.orders_of(found),
        "running_on_older": superseded.running_on_older(found),
        "overridden": [
            (questions.get(finding.item, finding.item), finding)
            for finding in found.findings.select_related("override_by").order_by("pk")
            if finding.finding == Finding.PRESENT
        ],
        "spacing": spacing.spacing_of(found),
        "overrides": found.spacing_overrides.select_related("prescriber").order_by(
            "-given_at", "-created_at"
        ),
        "asked": asked,
        "newer": newer,
        **(_against_newer(found, newer) if newer else {}),
        "behind": versions.behind(plan=found, now=now) if standing else [],
        "visits": visits,
        "to_come": [visit for visit in visits if visit.is_to_come(now)],
        "review": review(plan=found, now=now),
        # A form that has no place on the page any more: why it was refused is said above.
        "too_late": [form for name, form in sent.items() if name not in offered],
        "books": books,
        "may_book": books and found.status == PlanStatus.ACTIVE,
        **{name: sent.get(name) or make() for name, make in offered.items()},
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "web/plans/plan.html", context, status=status)


def _session_of(review: safety_reviews.SafetyReview | None, back: LookedBack) -> Went | None:
    """The session in which it happened, for whoever reads sessions."""
    if review is None:
        return None
    return next((went for went in back.sessions if went.session.pk == review.session_id), None)


def _visit_of(review: safety_reviews.SafetyReview | None) -> Appointment | None:
    """The visit whose cancelling is to be looked at: one query."""
    if review is None or review.visit_id is None:
        return None
    return Appointment.objects.filter(pk=review.visit_id).first()


def _against_newer(found: TreatmentPlan, newer: Protocol) -> dict[str, Any]:
    """What the version in force says otherwise than the plan's, and what of the order it doesn't allow."""
    return {
        "changes": changes(found.protocol, newer),
        "was_label": f"Version {found.protocol.version}",
        "becomes_label": f"Version {newer.version}",
        "faults": taking_over.errors_of(found, newer, soft_limit_acknowledged=False),
    }


def _for_prescriber(
    found: TreatmentPlan,
    on_chart: Mapping[str, str],
    course_review: course_reviews.CourseReview | None,
    safety_review: safety_reviews.SafetyReview | None,
    newer: Protocol | None,
    asked: spacing_requests.SpacingRequest | None,
) -> Iterator[tuple[str, Callable[[], ChangeForm | ClinicForm]]]:
    """The forms of a plan that stands, by their names on the page: for what waits, and for any time."""
    yield "dose_form", partial(DoseForm, found)
    yield "spacing_form", SpacingForm
    yield "status_form", StatusForm
    yield "end_form", EndForm
    if on_chart:
        yield "go_ahead_form", partial(GoAheadForm, initial={"item": next(iter(on_chart))})
    if course_review is not None:
        yield "go_on_form", partial(GoOnForm, initial={"task": course_review.item.pk})
    if safety_review is not None:
        yield "safety_review_form", partial(SafetyReviewForm, found, initial={"task": safety_review.item.pk})
    if newer is not None:
        yield "take_over_form", partial(TakeOverForm, found, initial={"protocol": newer})
    if asked is not None:
        yield "refuse_form", partial(RefuseSpacingForm, initial={"task": asked.item.pk})
