"""The prescriber's pages: a new plan for a patient; a plan with its visits, its spacing and its status."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from scheduler.access import BOOK, OVERRIDE_SPACING, VIEW_PLANS, WRITE_PLAN
from scheduler.models import (
    AppointmentStatus,
    Finding,
    PlanStatus,
    Protocol,
    ProtocolStatus,
    Resource,
    ResourceKind,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.prescribing import plans, screening, spacing_requests, taking_over
from scheduler.series.review import review
from scheduler.visits import queries, versions
from scheduler.vocabulary import indication_words, plain_amount
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DayField, DecimalNumberField, WholeNumberField
from web.views.protocols_words import changes

SAID = {
    "hold": "The plan is on hold: nobody is booked or checked in under it until it is taken up again.",
    "resume": "The plan is active again.",
    "end": "The plan has ended.",
}
SCREEN_PREFIX = "findings_"
REASON_PREFIX = "reason_"


class PlanForm(ClinicForm):
    """The order and the contraindication screen. Nothing in the screen is answered beforehand."""

    protocol = forms.ModelChoiceField(Protocol.objects.none(), empty_label="Choose a protocol")
    indication = forms.ChoiceField(label="Indication")
    ordered_dose = DecimalNumberField(
        label="Dose", max_digits=7, decimal_places=3, help_text="In the protocol's unit."
    )
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside the protocol's usual range is intended", required=False
    )
    sessions_ordered = WholeNumberField(label="Sessions", min_value=1, max_value=1000)
    valid_from = DayField(label="Valid from")
    valid_until = DayField(label="Valid until", help_text="The last day on which a session may take place.")
    prior_treatments = forms.CharField(
        label="Treatments tried before",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Drug, dose, how long, how it went, why it was stopped.",
    )

    def __init__(
        self, patient: Patient, data: Any = None, *, protocols: list[Protocol], now: datetime
    ) -> None:
        super().__init__(data)
        self.patient, self.now = patient, now
        protocol: Any = self.fields["protocol"]
        protocol.queryset = Protocol.objects.filter(pk__in=[one.pk for one in protocols])
        protocol.label_from_instance = lambda one: f"{one.title} ({one.code}, version {one.version})"
        indication: Any = self.fields["indication"]
        indication.choices = [
            ("", "Choose the indication"),
            *((one.title, [(code, indication_words(code)) for code in one.indications]) for one in protocols),
        ]
        self.fields["valid_from"].initial = clock.local_date(now, patient.clinic.time_zone)
        for item in screening.ITEMS:
            self.fields[f"{SCREEN_PREFIX}{item.code}"] = forms.ChoiceField(
                label=item.question,
                choices=[(finding.value, finding.label) for finding in Finding],
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"{REASON_PREFIX}{item.code}"] = forms.CharField(
                label=f"Reason to go ahead: {item.question}", required=False, max_length=1000
            )

        offered = Resource.objects.filter(
            clinic_id__in={one.clinic_id for one in protocols}, kind=ResourceKind.CHAIR, active=True
        ).values_list("features", flat=True)
        features = sorted({feature for of_chair in offered for feature in of_chair})
        if features:
            self.fields["chair_features"] = forms.MultipleChoiceField(
                label="The chair has to offer",
                choices=[(feature, feature) for feature in features],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )

    def clean(self) -> None:
        """Everything that needs mending at once: also what can be told of an order that is half filled in."""
        known = self.cleaned_data.get
        order = plans.Order(
            protocol=known("protocol"),
            indication=known("indication"),
            ordered_dose=known("ordered_dose"),
            soft_limit_acknowledged=bool(known("soft_limit_acknowledged")),
            sessions_ordered=known("sessions_ordered"),
            valid_from=known("valid_from"),
            valid_until=known("valid_until"),
            chair_features=known("chair_features") or (),
            findings=self.findings,
        )
        for error in plans.errors_of(order, patient=self.patient, now=self.now):
            place = self._place_of(error["field"])
            if place is None or place not in self.errors:
                self.add_error(place, error["detail"])

    @property
    def fields_above(self) -> list[forms.BoundField]:
        """The fields above the screen."""
        return [
            self[name]
            for name in self.fields
            if name != "id" and not name.startswith((SCREEN_PREFIX, REASON_PREFIX))
        ]

    @property
    def screen(self) -> list[dict[str, Any]]:
        """One row for each question: its item, finding and reason."""
        return [
            {
                "item": item,
                "finding": self[f"{SCREEN_PREFIX}{item.code}"],
                "reason": self[f"{REASON_PREFIX}{item.code}"],
            }
            for item in screening.ITEMS
        ]

    @property
    def findings(self) -> dict[str, screening.Answer]:
        """What was answered; an item without an answer is left out and refused by `write_plan`."""
        found = {}
        for item in screening.ITEMS:
            finding = self.cleaned_data.get(f"{SCREEN_PREFIX}{item.code}")
            if finding:
                reason = self.cleaned_data.get(f"{REASON_PREFIX}{item.code}", "")
                found[item.code] = screening.Answer(finding, reason)
        return found


class SpacingForm(ClinicForm):
    """A prescriber's own spacing."""

    min_days = WholeNumberField(label="Days between sessions, at least")
    max_days = WholeNumberField(label="At most")
    reason = forms.CharField(label="Reason", max_length=1000)


class AskSpacingForm(ChangeForm):
    words = forms.CharField(
        label="What would help, and why",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what you ask for, and why."},
    )


class RefuseSpacingForm(ChangeForm):
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


class StatusForm(ChangeForm):
    """Why a plan rests, goes on or ends; which of these is the button's."""

    reason = forms.CharField(label="Reason", max_length=1000)


@staff_page(WRITE_PLAN)
def new_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A prescriber's order for this patient; refused, it comes back as it was filled."""
    patient = access.open_chart(request.actor, WRITE_PLAN, pk, what="new plan")
    protocols = list(
        Protocol.objects.filter(clinic_id=patient.clinic_id, status=ProtocolStatus.ACTIVE).order_by("code")
    )
    form = PlanForm(patient, request.POST or None, protocols=protocols, now=clock.now())
    if request.method == "POST" and form.is_valid():
        try:
            plan = _write(request, patient, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The plan is active. The front desk can book its sessions.")
            return redirect("plan", pk=plan.pk)
    context = {
        "patient": patient,
        "form": form,
        "protocols": [
            (
                one,
                plain_amount(one.dose_soft_min),
                plain_amount(one.dose_soft_max),
                plain_amount(one.dose_hard_max),
            )
            for one in protocols
        ],
    }
    return render(request, "web/plans/new.html", context, status=form.status)


@staff_page(VIEW_PLANS, methods=["GET"])
def plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The order, its screen and its visits."""
    found = _plan(request, pk, VIEW_PLANS)
    access.log_look(request.actor, found.patient, what="plan")
    return _show(request, found)


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def override_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber's own spacing; refused, it comes back as it was filled."""
    found = _plan(request, pk, OVERRIDE_SPACING)
    form = SpacingForm(request.POST)
    if form.is_valid():
        try:
            _spaced(request, found, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "From now on this plan has a spacing of its own.")
            return redirect("plan", pk=pk)
    return _show(request, found, spacing_form=form)


@staff_page(BOOK, methods=["POST"])
def ask_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Whoever can't find days inside the spacing asks a prescriber."""
    found = _plan(request, pk, BOOK)
    form = AskSpacingForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data["words"]
        try:
            spacing_requests.ask(actor=request.actor, plan=found, words=words, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The prescriber has a task to decide.")
            return redirect("plan", pk=pk)
    return _show(request, found, ask_form=form)


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def refuse_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The spacing stays as it is, and whoever asked reads why."""
    found = _plan(request, pk, OVERRIDE_SPACING)
    form = RefuseSpacingForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            spacing_requests.refuse(actor=request.actor, plan=found, reason=reason, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The spacing stays; whoever asked reads why.")
            return redirect("plan", pk=pk)
    return _show(request, found, refuse_form=form)


@staff_page(WRITE_PLAN, methods=["POST"])
def take_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The plan stands under the version in force, which the prescriber has read on this page."""
    found = _plan(request, pk, WRITE_PLAN)
    form = TakeOverForm(found, request.POST)
    if form.is_valid():
        to = form.cleaned_data["protocol"]
        try:
            taking_over.take_over(
                actor=request.actor,
                plan=found,
                to=to,
                soft_limit_acknowledged=form.cleaned_data["soft_limit_acknowledged"],
                now=clock.now(),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"The plan stands under version {to.version} from now on.")
            return redirect("plan", pk=pk)
    return _show(request, found, take_over_form=form)


@staff_page(WRITE_PLAN, methods=["POST"])
def change_status(request: StaffRequest, pk: UUID, step: str) -> HttpResponse:
    """The plan rests (`hold`), goes on (`resume`) or ends (`end`), with the prescriber's reason."""
    found = _plan(request, pk, WRITE_PLAN)
    form = StatusForm(request.POST)
    if form.is_valid():
        asked: dict[str, Any] = {
            "actor": request.actor,
            "plan": found,
            "reason": form.cleaned_data["reason"],
        }
        try:
            if step == "hold":
                plans.put_on_hold(**asked)
            elif step == "resume":
                plans.take_up(**asked)
            else:
                plans.end_plan(**asked, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, SAID[step])
            return redirect("plan", pk=pk)
    return _show(request, found, status_form=form)


def _plan(request: StaffRequest, pk: UUID, permission: access.Permission) -> TreatmentPlan:
    of_clinic = TreatmentPlan.objects.filter(clinic=request.clinic)
    with_all = of_clinic.select_related("patient", "protocol", "prescriber", "clinic")
    return access.fetch(request.actor, with_all, permission, pk=pk)


def _show(request: StaffRequest, found: TreatmentPlan, **sent: ChangeForm | ClinicForm) -> HttpResponse:
    """The page; a form that was refused, by the name that it has here, comes back as it was filled."""
    questions = {item.code: item.question for item in screening.ITEMS}
    visits = [visit for visit in queries.visits_of(found.patient) if visit.appointment.plan_id == found.pk]
    prescribes = request.actor.may(WRITE_PLAN, request.clinic.pk)
    books = request.actor.may(BOOK, request.clinic.pk)
    now = clock.now()
    standing = found.status in (PlanStatus.ACTIVE, PlanStatus.ON_HOLD)
    asked = spacing_requests.open_of(found)
    newer = taking_over.in_force_for(found)
    offered: dict[str, Callable[[], ChangeForm | ClinicForm]] = {}
    if standing and prescribes:
        offered |= {"spacing_form": SpacingForm, "status_form": StatusForm}
        if newer is not None:
            offered["take_over_form"] = partial(TakeOverForm, found, initial={"protocol": newer})
        if asked is not None:
            offered["refuse_form"] = RefuseSpacingForm
    if standing and books:
        offered["ask_form"] = AskSpacingForm
    context = {
        "plan": found,
        "status_stands": standing,
        "indication": indication_words(found.indication),
        "dose": plain_amount(found.ordered_dose),
        "overridden": [
            (questions.get(finding.item, finding.item), finding)
            for finding in found.findings.select_related("override_by").order_by("pk")
            if finding.finding == Finding.PRESENT
        ],
        "spacing": plans.spacing_of(found),
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
        "to_come": [
            visit
            for visit in visits
            if visit.appointment.status == AppointmentStatus.BOOKED and visit.appointment.ends_at > now
        ],
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


def _spaced(request: StaffRequest, plan: TreatmentPlan, form: SpacingForm) -> None:
    data = form.cleaned_data
    create_once(
        actor=request.actor,
        noun="spacing_override",
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in data.items()}},
        make=lambda: plans.override_spacing(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: SpacingOverride.objects.get(pk=data["id"]),
    )


def _write(request: StaffRequest, patient: Patient, form: PlanForm) -> TreatmentPlan:
    data = form.cleaned_data
    sent = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    written, _ = create_once(
        actor=request.actor,
        noun="plan",
        id=data["id"],
        body={**sent, "patient": patient.pk},
        make=lambda: plans.write_plan(
            actor=request.actor,
            id=data["id"],
            patient=patient,
            protocol=data["protocol"],
            indication=data["indication"],
            ordered_dose=data["ordered_dose"],
            sessions_ordered=data["sessions_ordered"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
            findings=form.findings,
            prior_treatments=data["prior_treatments"],
            chair_features=data.get("chair_features", ()),
            soft_limit_acknowledged=data["soft_limit_acknowledged"],
            now=clock.now(),
        ),
        find=lambda: TreatmentPlan.objects.get(pk=data["id"]),
    )
    return written
