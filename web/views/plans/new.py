"""A new plan for a patient: the order, its contraindication screen, and what has to be mended of both."""

from datetime import datetime
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
from clinic.queries import allergies_that_hold
from scheduler.access import WRITE_PLAN
from scheduler.evaluating import eligibility, evaluations, referrals
from scheduler.models import Finding, Protocol, ProtocolStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.prescribing import charted, orders, plans, screening
from scheduler.vocabulary import indication_words, plain_amount
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, DayField, DecimalNumberField, Lines, WholeNumberField
from web.views.patients import who

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
        widget=Lines(3),
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
        self.fields["prior_treatments"].initial = evaluations.prior_treatments_of(patient)
        self.fields["valid_from"].initial = clock.local_date(now, patient.clinic.time_zone)
        outside = any(charted.age_against(patient, one, now=now) for one in protocols)
        self.items = (screening.AGE, *screening.ITEMS) if outside else screening.ITEMS
        for item in self.items:
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
        order = orders.Order(
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
        for error in orders.errors_of(order, patient=self.patient, now=self.now):
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
            for item in self.items
        ]

    @property
    def findings(self) -> dict[str, screening.Answer]:
        """What was answered; an item without an answer is left out and refused by `write_plan`."""
        found = {}
        for item in self.items:
            finding = self.cleaned_data.get(f"{SCREEN_PREFIX}{item.code}")
            if finding:
                reason = self.cleaned_data.get(f"{REASON_PREFIX}{item.code}", "")
                found[item.code] = screening.Answer(finding, reason)
        return found


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
    against = eligibility.against_plan(patient, now=clock.now())
    context = {
        "patient": patient,
        "who": who.who_is(patient, list(allergies_that_hold(patient)), clock.now()),
        "against": against[1] if against else "",
        "referral": referrals.standing(patient),
        "decision": eligibility.newest(patient),
        "form": form,
        "protocols": [
            (
                one,
                plain_amount(one.dose_soft_min),
                plain_amount(one.dose_soft_max),
                plain_amount(one.dose_hard_max),
                charted.ages_words(one.age_min_years, one.age_max_years),
            )
            for one in protocols
        ],
    }
    return render(request, "web/plans/new.html", context, status=form.status)


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
