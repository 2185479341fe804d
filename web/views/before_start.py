"""Two pages beside a session's own, before its start: the second person's check of the dose, and what a
prescriber must decide. The forms are in `sessions.preparing`.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from sessions_app import states
from sessions_app.access import MAY
from sessions_app.models import DoseCheck, PrescriberOverride, Session
from sessions_app.preparing import dose, overrides
from web.doors import StaffRequest, staff_page
from web.views.sessions.preparing import DecisionForm, DoseCheckForm


@staff_page(MAY["check_dose"], methods=["GET", "POST"])
def check_dose(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The second person's figures, by themselves: this page never shows the worksheet's."""
    session = _fetch(request, pk, "check_dose")
    worksheet = dose.standing_worksheet(session)
    mine = worksheet is not None and worksheet.recorded_by_id == request.actor.user_id
    form = DoseCheckForm(request.POST if request.method == "POST" else None)
    if worksheet is not None and form.is_valid():
        try:
            check, _ = create_once(
                actor=request.actor,
                noun="dose check",
                id=form.cleaned_data["id"],
                body={"session": session.pk, **request.POST.dict(), "csrfmiddlewaretoken": ""},
                make=lambda: form.check(session, worksheet, actor=request.actor, now=clock.now()),
                find=lambda: DoseCheck.objects.get(pk=form.cleaned_data["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            _tell(request, check)
            return redirect("session", pk=session.pk)
    context = {
        "session": session,
        "form": form,
        "prepared": worksheet is not None and session.state == states.PREPARING,
        "mine": mine,
    }
    return render(request, "web/nurse/check_dose.html", context, status=form.status)


@staff_page(MAY["checklist"], methods=["GET"])
def decisions(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What holds the start until a prescriber decides: they have a form for each, a nurse can ask."""
    return _decisions(request, _fetch(request, pk, "checklist"))


@staff_page(MAY["override"], methods=["POST"])
def decide(request: StaffRequest, pk: UUID) -> HttpResponse:
    session = _fetch(request, pk, "override")
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            create_once(
                actor=request.actor,
                noun="override",
                id=form.cleaned_data["id"],
                body={"session": session.pk, **request.POST.dict(), "csrfmiddlewaretoken": ""},
                make=lambda: form.override(session, actor=request.actor, now=clock.now()),
                find=lambda: PrescriberOverride.objects.get(pk=form.cleaned_data["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "It may pass; the record says why.")
            return redirect("session", pk=session.pk)
    return _decisions(request, session, form)


@staff_page(MAY["checklist"], methods=["POST"])
def ask_prescriber(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Open a task for a prescriber about one open decision."""
    session = _fetch(request, pk, "checklist")
    asked = {**request.POST.dict(), "reason": "-"}
    form = DecisionForm(asked)
    if form.is_valid():
        subject, about = form.cleaned_data["subject"], form.cleaned_data["about"]
        try:
            overrides.ask_prescriber(session=session, subject=subject, about=about, now=clock.now())
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            messages.success(request, "The prescriber has a task to decide.")
    return redirect("session_decisions", pk=session.pk)


def _decisions(request: StaffRequest, session: Session, sent: DecisionForm | None = None) -> HttpResponse:
    access.log_look(request.actor, session.patient, what="session")
    rows: list[dict[str, Any]] = []
    if session.state in states.BEFORE_START:
        for each in overrides.open_decisions(session, clock.now()):
            form = DecisionForm(
                initial={"subject": each.subject, "about": each.about}, auto_id=f"{each.about}_%s"
            )
            if sent is not None and sent.data.get("about") == str(each.about):
                form = sent
            rows.append({"decision": each, "form": form})
    context = {
        "session": session,
        "rows": rows,
        "sent": sent,
        "may_decide": request.actor.may(MAY["override"], session.clinic_id),
    }
    return render(request, "web/nurse/decisions.html", context, status=sent.status if sent else 200)


def _fetch(request: StaffRequest, pk: UUID, act: str) -> Session:
    sessions = Session.objects.filter(clinic=request.clinic)
    found = access.fetch(request.actor, sessions, MAY[act], pk=pk)
    return Session.objects.select_related("clinic", "patient", "protocol", "appointment__plan").get(
        pk=found.pk
    )


def _tell(request: StaffRequest, check: DoseCheck) -> None:
    if check.disagreements:
        differing = ", ".join(dose.named(check.disagreements))
        messages.error(
            request,
            f"Your figures differ from the worksheet: {differing}. Clear it up together before the start.",
        )
    else:
        messages.success(request, "The dose is checked: every figure agrees.")
