"""A plan with its visits, its doses, its spacing and its status, and what is decided about it there."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from clinic.queries import allergies_that_hold
from scheduler.access import BOOK, EVALUATE, OVERRIDE_SPACING, VIEW_EVALUATIONS, VIEW_PLANS, WRITE_PLAN
from scheduler.evaluating import eligibility
from scheduler.models import (
    CourseAssessment,
    CourseStep,
    Finding,
    PlanEnd,
    PlanStatus,
    Protocol,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.prescribing import (
    charted,
    course_assessments,
    course_reviews,
    dose_orders,
    going_ahead,
    plans,
    safety_reviews,
    screening,
    spacing,
    spacing_requests,
    taking_over,
)
from scheduler.prescribing.safety_reviews import OtherDose
from scheduler.series.review import review
from scheduler.visits import queries, versions
from scheduler.vocabulary import indication_words, plain_amount
from sessions_app.access import READ_SESSIONS
from sessions_app.infusing import superseded
from sessions_app.looking_back import LookedBack, Went, look_back
from sessions_app.outcomes import course_responses
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DecimalNumberField, WholeNumberField
from web.views.patients import who
from web.views.protocols.words import changes

SAID = {
    "hold": "The plan is on hold: nobody is booked or checked in under it until it is taken up again.",
    "resume": "The plan is active again.",
}


class SpacingForm(ClinicForm):
    """A prescriber's own spacing."""

    min_days = WholeNumberField(label="Days between sessions, at least")
    max_days = WholeNumberField(label="At most")
    reason = forms.CharField(label="Reason", max_length=1000)


class DoseForm(ClinicForm):
    """Another dose than the one that the page showed as ordered (`was`)."""

    ordered_dose = DecimalNumberField(label="Dose", max_digits=7, decimal_places=3)
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside the protocol's usual range is intended", required=False
    )
    reason = forms.CharField(
        label="Reason", max_length=1000, error_messages={"required": "Say why the dose changes."}
    )
    was = forms.DecimalField(widget=forms.HiddenInput, max_digits=7, decimal_places=3)

    def __init__(self, plan: TreatmentPlan, data: Any = None) -> None:
        super().__init__(data, initial={"was": plan.ordered_dose})
        protocol, dose = plan.protocol, self.fields["ordered_dose"]
        low, high, most = map(
            plain_amount, (protocol.dose_soft_min, protocol.dose_soft_max, protocol.dose_hard_max)
        )
        dose.unit = protocol.get_dose_basis_display()  # type: ignore[attr-defined]
        least = protocol.dose_hard_min
        refused = f"More than {most}" + (f" or less than {plain_amount(least)}" if least else "")
        dose.help_text = f"Usual in this protocol: {low} to {high}. {refused} is refused."

    def add_problem(self, problem: Problem) -> None:
        """Where another dose was ordered meanwhile, the page shows it now, and the next try is about it."""
        super().add_problem(problem)
        if "ordered_dose" in problem.data:
            self.data = {**dict(self.data.items()), "was": problem.data["ordered_dose"]}


class AskSpacingForm(ClinicForm):
    words = forms.CharField(
        label="What would help, and why",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what you ask for, and why."},
    )


class RefuseSpacingForm(ChangeForm):
    """A no to the request that the page showed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason", max_length=1000, error_messages={"required": "Say why the spacing stays."}
    )


class TakeOverForm(ChangeForm):
    """The version that the page showed."""

    protocol = forms.ModelChoiceField(Protocol.objects.none(), widget=forms.HiddenInput)
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside this version's usual range is intended", required=False
    )

    def __init__(self, plan: TreatmentPlan, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        protocol: Any = self.fields["protocol"]
        protocol.queryset = Protocol.objects.filter(clinic=plan.clinic_id, code=plan.protocol.code)


class GoAheadForm(ChangeForm):
    """Why it is right to treat in spite of what the chart says to this item of the screen."""

    item = forms.CharField(widget=forms.HiddenInput, max_length=60)
    reason = forms.CharField(
        label="Why it is right to go ahead",
        max_length=1000,
        error_messages={"required": "Say why it is right to go ahead."},
    )


class GoOnForm(ChangeForm):
    """Why the course goes on without a response; `task` is the decision that the page showed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why it goes on",
        max_length=1000,
        error_messages={"required": "Say why the course goes on."},
    )


class SafetyReviewForm(ChangeForm):
    """What the prescriber found in the session that the page showed; with another dose where one is typed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    was = forms.DecimalField(widget=forms.HiddenInput, max_digits=7, decimal_places=3)
    reason = forms.CharField(
        label="What you found, and why the course goes on",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what you found, and why the course goes on."},
    )
    ordered_dose = DecimalNumberField(
        label="Another dose from the next session on",
        required=False,
        max_digits=7,
        decimal_places=3,
        help_text="Empty: the dose stays.",
    )
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside the protocol's usual range is intended", required=False
    )

    def __init__(self, plan: TreatmentPlan, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, prefix="look", **kwargs)
        self.initial.setdefault("was", plan.ordered_dose)
        self.fields["ordered_dose"].unit = plan.protocol.get_dose_basis_display()  # type: ignore[attr-defined]

    def add_problem(self, problem: Problem) -> None:
        """Where another dose was ordered meanwhile, the next try is about that one."""
        super().add_problem(problem)
        if "ordered_dose" in problem.data:
            self.data = {**dict(self.data.items()), "look-was": problem.data["ordered_dose"]}

    @property
    def other_dose(self) -> OtherDose | None:
        said = self.cleaned_data
        if said["ordered_dose"] is None:
            return None
        return OtherDose(said["ordered_dose"], said["was"], said["soft_limit_acknowledged"])


class AssessForm(ClinicForm):
    """The end of the course: how the patient has responded, and what follows."""

    step = forms.ChoiceField(label="What follows", choices=[("", "Choose"), *CourseStep.choices])
    words = forms.CharField(
        label="The response against the baseline",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say how the patient has responded, against the baseline."},
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, prefix="assess", **kwargs)


class StatusForm(ChangeForm):
    """Why a plan rests or goes on; which of these is the button's."""

    reason = forms.CharField(label="Reason", max_length=1000)


class EndForm(ChangeForm):
    """How a course ends. Which of these wants words is the floor's to say."""

    end_reason = forms.ChoiceField(
        label="It ends because",
        choices=[("", "Choose"), *PlanEnd.choices],
        error_messages={"required": "Choose how it ends."},
    )
    reason = forms.CharField(label="In words", max_length=1000, required=False)


@staff_page(VIEW_PLANS, methods=["GET"])
def plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The order, its screen and its visits."""
    found = _plan(request, pk, VIEW_PLANS)
    access.log_look(request.actor, found.patient, what="plan")
    return _show(request, found)


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def override_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber's own spacing."""
    found = _plan(request, pk, OVERRIDE_SPACING)
    return _decided(
        request,
        found,
        lambda data: _spaced(request, found, data),
        "From now on this plan has a spacing of its own.",
        spacing_form=SpacingForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def order_dose(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Another dose for the sessions that have not started."""
    found = _plan(request, pk, WRITE_PLAN)
    return _decided(
        request,
        found,
        lambda data: _dosed(request, found, data),
        "The dose is ordered: it counts for every session that has not started.",
        dose_form=DoseForm(found, request.POST),
    )


@staff_page(BOOK, methods=["POST"])
def ask_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Whoever can't find days inside the spacing asks a prescriber."""
    found = _plan(request, pk, BOOK)
    return _decided(
        request,
        found,
        lambda data: _asked(request, found, data),
        "The prescriber has a task to decide.",
        ask_form=AskSpacingForm(request.POST),
    )


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def refuse_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The spacing stays as it is, and whoever asked reads why."""
    found = _plan(request, pk, OVERRIDE_SPACING)
    return _decided(
        request,
        found,
        lambda data: spacing_requests.refuse(actor=request.actor, plan=found, now=clock.now(), **data),
        "The spacing stays; whoever asked reads why.",
        refuse_form=RefuseSpacingForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def take_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The plan stands under the version in force, which the prescriber has read on this page."""
    found = _plan(request, pk, WRITE_PLAN)
    return _decided(
        request,
        found,
        lambda data: taking_over.take_over(
            actor=request.actor,
            plan=found,
            to=data["protocol"],
            soft_limit_acknowledged=data["soft_limit_acknowledged"],
            now=clock.now(),
        ),
        "The plan stands under the version in force from now on.",
        take_over_form=TakeOverForm(found, request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def go_ahead(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber answers what the chart says against the plan."""
    found = _plan(request, pk, WRITE_PLAN)
    return _decided(
        request,
        found,
        lambda data: going_ahead.go_ahead(actor=request.actor, plan=found, now=clock.now(), **data),
        "Your reason is kept with the plan, and it goes on.",
        go_ahead_form=GoAheadForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def go_on(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The course goes on, though no response is on record."""
    found = _plan(request, pk, WRITE_PLAN)
    return _decided(
        request,
        found,
        lambda data: course_reviews.go_on(actor=request.actor, plan=found, now=clock.now(), **data),
        "The course goes on; your reason is kept with the task.",
        go_on_form=GoOnForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def decide_after_event(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber has looked at what happened in a session, and the course goes on."""
    found = _plan(request, pk, WRITE_PLAN)
    form = SafetyReviewForm(found, request.POST)
    return _decided(
        request,
        found,
        lambda data: safety_reviews.decide(
            actor=request.actor,
            plan=found,
            task=data["task"],
            reason=data["reason"],
            other_dose=form.other_dose,
            now=clock.now(),
        ),
        "The course goes on; what you found is kept with the task.",
        look_form=form,
    )


@staff_page(EVALUATE, methods=["POST"])
def assess(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber assesses the course."""
    found = _plan(request, pk, EVALUATE)
    return _decided(
        request,
        found,
        lambda data: _assessed(request, found, data),
        "The assessment is on record.",
        assess_form=AssessForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def change_status(request: StaffRequest, pk: UUID, step: str) -> HttpResponse:
    """The plan rests (`hold`) or goes on (`resume`), with the prescriber's reason."""
    found = _plan(request, pk, WRITE_PLAN)
    steps: dict[str, Callable[..., Any]] = {"hold": plans.put_on_hold, "resume": plans.take_up}
    return _decided(
        request,
        found,
        lambda data: steps[step](actor=request.actor, plan=found, **data),
        SAID[step],
        status_form=StatusForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def end(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The course is over, for one of the listed reasons."""
    found = _plan(request, pk, WRITE_PLAN)
    return _decided(
        request,
        found,
        lambda data: plans.end_plan(actor=request.actor, plan=found, now=clock.now(), **data),
        "The plan has ended.",
        end_form=EndForm(request.POST),
    )


def _decided(
    request: StaffRequest,
    found: TreatmentPlan,
    decide: Callable[[dict[str, Any]], object],
    said: str,
    **sent: ChangeForm | ClinicForm,
) -> HttpResponse:
    """What the one form that was sent decides; refused, it comes back as it was filled."""
    [form] = sent.values()
    if form.is_valid():
        try:
            decide(form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, said)
            return redirect("plan", pk=found.pk)
    return _show(request, found, **sent)


def _plan(request: StaffRequest, pk: UUID, permission: access.Permission) -> TreatmentPlan:
    of_clinic = TreatmentPlan.objects.filter(clinic=request.clinic)
    with_all = of_clinic.select_related("patient", "protocol", "prescriber", "clinic")
    return access.fetch(request.actor, with_all, permission, pk=pk)


def _show(request: StaffRequest, found: TreatmentPlan, **sent: ChangeForm | ClinicForm) -> HttpResponse:
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
    waits = course_reviews.waiting_for(found) if standing else None
    look = safety_reviews.waiting_for(found) if standing else None
    reads_sessions = request.actor.may(READ_SESSIONS, request.clinic.pk)
    back = look_back(found.patient, now=now) if reads_sessions else LookedBack((), ())
    given = [went for went in back.given if not went.under_way]
    assesses = request.actor.may(EVALUATE, request.clinic.pk)
    offered: dict[str, Callable[[], ChangeForm | ClinicForm]] = {}
    if standing and prescribes:
        offered |= {
            "dose_form": partial(DoseForm, found),
            "spacing_form": SpacingForm,
            "status_form": StatusForm,
            "end_form": EndForm,
        }
        if on_chart:
            offered["go_ahead_form"] = partial(GoAheadForm, initial={"item": next(iter(on_chart))})
        if waits is not None:
            offered["go_on_form"] = partial(GoOnForm, initial={"task": waits.item.pk})
        if look is not None:
            offered["look_form"] = partial(SafetyReviewForm, found, initial={"task": look.item.pk})
        if newer is not None:
            offered["take_over_form"] = partial(TakeOverForm, found, initial={"protocol": newer})
        if asked is not None:
            offered["refuse_form"] = partial(RefuseSpacingForm, initial={"task": asked.item.pk})
    if standing and books:
        offered["ask_form"] = AskSpacingForm
    if assesses and given:
        offered["assess_form"] = AssessForm
    context = {
        "plan": found,
        "status_stands": standing,
        "ended": plans.end_of(found),
        "on_chart": on_chart,
        "waits": waits,
        "measures": course_responses.measures_of(found, now=now) if reads_sessions and given else [],
        "look": look,
        "looked_at": _session_of(look, back),
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
        "changes": changes(found.protocol, newer) if newer else [],
        "was_label": f"Version {found.protocol.version}",
        "becomes_label": f"Version {newer.version}" if newer else "",
        "faults": taking_over.errors_of(found, newer, soft_limit_acknowledged=False) if newer else [],
        "behind": versions.behind(plan=found, now=now) if standing else [],
        "visits": visits,
        "to_come": [visit for visit in visits if visit.is_to_come(now)],
        "review": review(plan=found, now=now),
        # A form that has no place on the page any more: why it was refused is said above.
        "too_late": [
            error for name, form in sent.items() if name not in offered for error in form.non_field_errors()
        ],
        "books": books,
        "may_book": books and found.status == PlanStatus.ACTIVE,
        **{name: sent.get(name) or make() for name, make in offered.items()},
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "web/plans/plan.html", context, status=status)


def _session_of(look: safety_reviews.SafetyReview | None, back: LookedBack) -> Went | None:
    """The session in which it happened, for whoever reads sessions."""
    if look is None:
        return None
    return next((went for went in back.sessions if went.session.pk == look.session_id), None)


def _assessed(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    create_once(
        actor=request.actor,
        noun="course_assessment",
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in data.items()}},
        make=lambda: course_assessments.assess(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: CourseAssessment.objects.get(pk=data["id"]),
    )


def _asked(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    create_once(
        actor=request.actor,
        noun="spacing_request",
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in data.items()}},
        make=lambda: spacing_requests.ask(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: spacing_requests.asked_with(data["id"]),
    )


def _dosed(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    order = {name: value for name, value in data.items() if name != "id"}
    create_once(
        actor=request.actor,
        noun="dose_order",
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in order.items()}},
        make=lambda: dose_orders.order_dose(actor=request.actor, plan=plan, **order),
        find=lambda: plan,
    )


def _spaced(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    create_once(
        actor=request.actor,
        noun="spacing_override",
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in data.items()}},
        make=lambda: spacing.override_spacing(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: SpacingOverride.objects.get(pk=data["id"]),
    )
