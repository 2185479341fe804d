"""One alert's page: what raised it, who was told when, and the three things to do with it.

The station and the session's page acknowledge with one tap through the same door. A refused answer comes
back here as it was filled.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import log_look
from clinic.idempotency import create_once
from clinic.problems import Problem
from sessions_app import queries
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.models import Alert, AlertStep
from sessions_app.observing import alerts
from sessions_app.observing.ladder import Ladder
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.views.sessions.watching import (
    AcknowledgeForm,
    AnswerAlertForm,
    Watch,
    alert_row,
    grouped,
    pause_id,
    worst_first,
)

FORMS: Final[Mapping[str, type[ClinicForm]]] = {
    "acknowledge": AcknowledgeForm,
    "act": AnswerAlertForm,
    "resolve": AnswerAlertForm,
}
WRITES: Final = {"acknowledge": alerts.acknowledge, "act": alerts.act, "resolve": alerts.resolve}
DONE: Final = {
    "acknowledge": "You have acknowledged the alert.",
    "act": "What was done is kept.",
    "resolve": "The alert is resolved.",
}


@staff_page(READ_SESSIONS, methods=["GET"])
def alert(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The alert as it stands."""
    return _show(request, _fetch(request, pk, "alert"))


@staff_page(MAY["alert"], methods=["POST"])
def answer(request: StaffRequest, pk: UUID, how: str) -> HttpResponse:
    """Acknowledge, act on or resolve it, and go back to where it was pressed."""
    found = _fetch(request, pk, how)
    form = FORMS[how](request.POST, auto_id=f"{how}_%s")
    if not form.is_valid():
        return _show(request, found, how, form)
    data = form.cleaned_data
    others = _others(found, request.POST.getlist("with"))
    try:
        create_once(
            actor=request.actor,
            noun=f"alert {how}",
            id=data["id"],
            body={"alert": found.pk, "with": [other.pk for other in others], **data},
            make=lambda: alerts.answer_together(
                WRITES[how], actor=request.actor, alerts=[found, *others], now=clock.now(), **data
            ),
            find=lambda: AlertStep.objects.get(pk=data["id"]),
        )
    except Problem as problem:
        form.add_problem(problem)
        return _show(request, _fetch(request, pk, how), how, form)
    messages.success(request, DONE[how])
    if request.POST.get("from") == "station":
        return redirect("nurse_station")
    return redirect("session", pk=found.session_id)


def _fetch(request: StaffRequest, pk: UUID, how: str) -> Alert:
    mine = queries.alerts().filter(session__clinic=request.clinic)
    permission = MAY["alert"] if how in FORMS else READ_SESSIONS
    return access.fetch(request.actor, mine, permission, pk=pk)


def _others(found: Alert, ids: list[str]) -> list[Alert]:
    """The alerts of the same session that the page showed beside this one: what was raised since is not
    answered unseen."""
    beside = queries.alerts().filter(session=found.session_id).exclude(pk=found.pk)
    return [alert for alert in beside if str(alert.pk) in ids]


def _show(request: StaffRequest, found: Alert, how: str = "", sent: ClinicForm | None = None) -> HttpResponse:
    log_look(request.actor, found.session.patient, what="alert")
    now = clock.now()
    session = queries.session_watched(found.session_id)
    prefetch_related_objects([session], "appointment__claims__resource")
    ladder = Ladder([session], now)
    open_rows = worst_first(session, now, ladder)
    group = next((group for group in grouped(open_rows) if found.pk in group.pks), None)
    fresh: dict[str, Any] = {name: form(auto_id=f"{name}_%s") for name, form in FORMS.items()}
    if sent is not None:
        fresh[how] = sent
    context = {
        "alert": found,
        "row": alert_row(session, found, now, ladder),
        # Whoever is called comes here first. By the time a patient has gone, somebody else may sit there.
        "place": "" if session.discharged_at else Watch(session, now).place,
        "group": group,
        "forms": fresh,
        "may_answer": request.actor.may(MAY["alert"], request.clinic.pk),
        "pause_id": pause_id(request.actor, found.session),
    }
    return render(request, "web/nurse/alert.html", context, status=sent.status if sent else 200)
