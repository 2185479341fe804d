"""What waits for a prescriber: everybody's decisions on one page, one session's on another.

A prescriber says yes or no to each with a reason, a nurse asks. What can be decided is said by
`sessions_app.leaving.decisions`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Allergy
from clinic.problems import Problem
from clinic.queries import still_holds
from scheduler.models import ResourceKind
from scheduler.prescribing import course_reviews, safety_reviews, spacing_requests
from sessions_app.access import MAY
from sessions_app.leaving import decisions
from sessions_app.leaving.decisions import Waiting
from sessions_app.models import Alert, PrescriberOverride, Session, VitalSigns
from sessions_app.observing import excursions, flowsheet
from sessions_app.preparing import overrides
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.lengths import span_in_words
from web.views.sessions.watching import in_words

ASK = MAY["checklist"]
DECIDE = MAY["override"]


class DecisionForm(ClinicForm):
    """Yes or no to one thing, for the line that this page showed. Which of the two is the button's."""

    subject = forms.CharField(widget=forms.HiddenInput)
    about = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason", max_length=240, error_messages={"required": "Say why; the record keeps it."}
    )


class AskForm(forms.Form):
    subject = forms.CharField()
    about = forms.UUIDField()


@dataclass(frozen=True)
class Card:
    """One decision with what a prescriber needs to know of the patient."""

    waiting: Waiting
    form: DecisionForm
    age: int
    chair: str
    allergies: list[Allergy]
    newest: VitalSigns | None
    measured: list[str]
    ago: str
    unconfirmed: list[Alert]

    @property
    def session(self) -> Session:
        return self.waiting.session


@staff_page(ASK, methods=["GET"])
def everybodys(request: StaffRequest) -> HttpResponse:
    """Every decision that waits for a prescriber in this clinic, what is being asked for first."""
    return _everybodys(request)


@staff_page(ASK, methods=["GET"])
def of_session(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What waits for a prescriber in one session."""
    return _of_session(request, _fetch(request, pk, ASK))


@staff_page(DECIDE, methods=["POST"])
def decide(request: StaffRequest, pk: UUID) -> HttpResponse:
    """It may pass, for what was seen."""
    session = _fetch(request, pk, DECIDE)
    form = DecisionForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            create_once(
                actor=request.actor,
                noun="override",
                id=data["id"],
                body={"session": session.pk, **{name: str(value) for name, value in data.items()}},
                make=lambda: overrides.override(
                    actor=request.actor, session=session, now=clock.now(), **data
                ),
                find=lambda: PrescriberOverride.objects.get(pk=data["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "It may pass; the record says why.")
            return _back(request, session)
    return _again(request, session, form)


@staff_page(DECIDE, methods=["POST"])
def refuse(request: StaffRequest, pk: UUID) -> HttpResponse:
    """It must not pass: what it held up stays held up, and the nurse reads why."""
    session = _fetch(request, pk, DECIDE)
    form = DecisionForm(request.POST)
    if form.is_valid():
        data = {name: form.cleaned_data[name] for name in ("subject", "about", "reason")}
        try:
            overrides.refuse(actor=request.actor, session=session, now=clock.now(), **data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "It must not pass; the nurse reads why on the session's page.")
            return _back(request, session)
    return _again(request, session, form)


@staff_page(ASK, methods=["POST"])
def ask_prescriber(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Open a task for a prescriber about one open decision."""
    session = _fetch(request, pk, ASK)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            overrides.ask_prescriber(session=session, now=clock.now(), **form.cleaned_data)
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            messages.success(request, "The prescriber has a task to decide.")
    if _from_everybodys(request):
        return redirect("decisions")
    return redirect("session_decisions", pk=session.pk)


def _fetch(request: StaffRequest, pk: UUID, permission: access.Permission) -> Session:
    sessions = Session.objects.filter(clinic=request.clinic)
    with_all = sessions.select_related("clinic", "patient", "protocol", "appointment__plan")
    return access.fetch(request.actor, with_all, permission, pk=pk)


def _from_everybodys(request: StaffRequest) -> bool:
    return request.POST.get("from") == "decisions"


def _back(request: StaffRequest, session: Session) -> HttpResponse:
    return redirect("decisions") if _from_everybodys(request) else redirect("session", pk=session.pk)


def _again(request: StaffRequest, session: Session, form: DecisionForm) -> HttpResponse:
    if _from_everybodys(request):
        return _everybodys(request, form)
    return _of_session(request, session, form)


def _everybodys(request: StaffRequest, sent: DecisionForm | None = None) -> HttpResponse:
    now = clock.now()
    cards = [_card(each, sent, now) for each in decisions.waiting([request.clinic.pk], now)]
    context = {
        "cards": cards,
        "may_decide": request.actor.may(DECIDE, request.clinic.pk),
        "spacings": spacing_requests.open_requests(request.clinic),
        "courses": course_reviews.waiting_in(request.clinic),
        "safety_reviews": safety_reviews.waiting_in(request.clinic),
        "too_late": _too_late(sent, cards),
    }
    return render(request, "web/decisions/list.html", context, status=sent.status if sent else 200)


def _of_session(request: StaffRequest, session: Session, sent: DecisionForm | None = None) -> HttpResponse:
    access.log_look(request.actor, session.patient, what="session")
    now = clock.now()
    cards = [_card(each, sent, now) for each in decisions.of_session(session, now)]
    context = {
        "session": session,
        "cards": cards,
        "may_decide": request.actor.may(DECIDE, session.clinic_id),
        "too_late": _too_late(sent, cards),
    }
    return render(request, "web/decisions/session.html", context, status=sent.status if sent else 200)


def _too_late(sent: DecisionForm | None, cards: list[Card]) -> DecisionForm | None:
    """A form whose decision waits no more: it has no card to stand on, and its refusal is said above."""
    return None if sent is None or any(card.form is sent for card in cards) else sent


def _card(waiting: Waiting, sent: DecisionForm | None, now: datetime) -> Card:
    session, decision = waiting.session, waiting.decision
    form = DecisionForm(
        initial={"subject": decision.subject, "about": decision.about}, auto_id=f"{decision.about}_%s"
    )
    if sent is not None and sent.data.get("about") == str(decision.about):
        sent.auto_id = form.auto_id
        form = sent
    today = clock.local_date(session.arrived_at, session.clinic.time_zone)
    newest = flowsheet.newest_line(session)
    chairs = [
        claim.resource.name
        for claim in session.appointment.claims.all()
        if claim.resource.kind == ResourceKind.CHAIR
    ]
    return Card(
        waiting=waiting,
        form=form,
        age=clock.age_on(session.patient.birth_date, today),
        chair=chairs[-1] if chairs else "",
        allergies=list(filter(still_holds, session.patient.allergies.all())),
        newest=newest,
        measured=in_words(flowsheet.values_of(newest)) if newest else [],
        ago=span_in_words(newest.measured_at, now) if newest else "",
        unconfirmed=excursions.only_told(session),
    )
