"""A page beside a session's own, before its start: the second person's check of the dose. Its form is in
`sessions.preparing`, what a prescriber must decide in `decisions`.
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
from sessions_app.models import DoseCheck, Session
from sessions_app.preparing import dose
from web.doors import StaffRequest, staff_page
from web.views.sessions.form import SECRET
from web.views.sessions.preparing import DoseCheckForm


@staff_page(MAY["check_dose"], methods=["GET", "POST"])
def check_dose(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The second person's figures, by themselves: this page never shows the worksheet's."""
    session = _fetch(request, pk, "check_dose")
    worksheet = dose.standing_worksheet(session)
    mine = worksheet is not None and worksheet.recorded_by_id == request.actor.user_id
    form = DoseCheckForm(request.POST if request.method == "POST" else None)
    if mine:
        form.for_a_colleague(request.actor.user_id, session)
    if worksheet is not None and form.is_valid():
        try:
            check, _ = create_once(
                actor=request.actor,
                noun="dose check",
                id=form.cleaned_data["id"],
                body={"session": session.pk, **_sent(request)},
                make=lambda: form.check(session, worksheet, actor=request.actor, now=clock.now()),
                find=lambda: DoseCheck.objects.get(pk=form.cleaned_data["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            _tell(request, check, mine=mine)
            return redirect("session", pk=session.pk)
    context = {
        "session": session,
        "form": form,
        "prepared": worksheet is not None and session.state == states.PREPARING,
        "mine": mine,
    }
    return render(request, "web/nurse/check_dose.html", context, status=form.status)


def _fetch(request: StaffRequest, pk: UUID, act: str) -> Session:
    sessions = Session.objects.filter(clinic=request.clinic)
    found = access.fetch(request.actor, sessions, MAY[act], pk=pk)
    return Session.objects.select_related("clinic", "patient", "protocol", "appointment__plan").get(
        pk=found.pk
    )


def _sent(request: StaffRequest) -> dict[str, Any]:
    apart = ("csrfmiddlewaretoken", *SECRET)
    return {name: value for name, value in request.POST.dict().items() if name not in apart}


def _tell(request: StaffRequest, check: DoseCheck, *, mine: bool) -> None:
    if check.disagreements:
        differing = ", ".join(dose.named(check.disagreements))
        whose = f"{check.recorded_by.full_name}'s" if mine else "Your"
        messages.error(
            request,
            f"{whose} figures differ from the worksheet: {differing}. Clear it up together before the start.",
        )
    else:
        messages.success(request, "The dose is checked: every figure agrees.")
