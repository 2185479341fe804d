"""The nurse's pages: the station, one session from checklist to signature.

What a page shows, and the forms on it, are in `sessions`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import Permission
from clinic.idempotency import create_once, recorded_before
from clinic.problems import Problem, respond
from scheduler.models import Appointment
from sessions_app import arrival, queries
from sessions_app.access import MAY, OPEN_SESSION, READ_SESSIONS, RECORD_SESSIONS
from sessions_app.models import Observation, Session
from sessions_app.observing.ladder import Ladder
from sessions_app.preparing import safety
from web import entries
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.views.sessions import undo
from web.views.sessions.amending import amendable
from web.views.sessions.chair import Chair
from web.views.sessions.form import SECRET, SessionForm
from web.views.sessions.forms import FORMS
from web.views.sessions.guide import Guide
from web.views.sessions.page import SessionPage, correctable
from web.views.sessions.station import Card
from web.views.sessions.watching import AlertGroup


@staff_page(READ_SESSIONS, methods=["GET"])
def nurse_station(request: StaffRequest) -> HttpResponse:
    """Today's patients: who is in a chair, the most pressing first; who waits; who has finished."""
    now = clock.now()
    today = clock.local_date(now, request.clinic.time_zone)
    sessions = queries.sessions_today(request.clinic, today)
    waiting = safety.waiting_of(session.patient_id for session in sessions)
    ladder = Ladder(sessions, now)
    chairs = sorted(
        (
            Chair(
                session,
                now,
                request.actor,
                ladder=ladder,
                urgent_answer=session.patient_id in waiting,
            )
            for session in sessions
        ),
        key=lambda chair: chair.need,
    )
    calling = sorted([each for each in chairs if each.watch.calls], key=_calling_order)
    # Of one level in the order of the chairs: whom an infusion runs into comes first.
    unread = sorted(
        [(each, group) for each in chairs for group in each.watch.overdue],
        key=lambda unread: unread[1].severity,
    )
    context = {
        "now": now,
        "waiting": [(visit, uuid4()) for visit in queries.waiting_visits(request.clinic, today)],
        "cards": [Card(chair) for chair in chairs if not chair.finished],
        "calling": calling,
        "unread": unread,
        "unread_first": _unread_first(calling, unread),
        "finished": [chair for chair in chairs if chair.finished],
        "nobody_to_call": any(
            not ladder.has_prescriber(each.session) for each in chairs if not each.finished
        ),
        "may_record": request.actor.may(RECORD_SESSIONS, request.clinic.pk),
        "may_open": request.actor.may(OPEN_SESSION, request.clinic.pk),
        "may_answer": request.actor.may(MAY["alert"], request.clinic.pk),
    }
    return render(request, "web/nurse/station.html", context)


def _calling_order(chair: Chair) -> tuple[bool, int, datetime]:
    """By the worst level, and of one level whom it has called longest. Who has left comes after whoever sits
    in a chair, and is not called by the chair of another by now."""
    severity, since = min((group.severity, group.since) for group in chair.watch.calls)
    return chair.finished, severity, since


def _unread_first(calling: Sequence[Chair], unread: Sequence[tuple[Chair, AlertGroup]]) -> bool:
    """Whether readings that nobody took are worse than all that a patient is known to have: of one level what
    a patient has stands above them."""
    known = [group.severity for chair in calling for group in chair.watch.calls]
    return any(group.severity < min(known, default=group.severity + 1) for _, group in unread)


@staff_page(OPEN_SESSION, methods=["POST"])
def open_session(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Open the session of a visit that has arrived, and go to it."""
    visits = Appointment.objects.filter(clinic=request.clinic)
    visit = access.fetch(request.actor, visits, OPEN_SESSION, pk=pk)
    form = ClinicForm(request.POST)
    if not form.is_valid():
        return redirect("nurse_station")
    id = form.cleaned_data["id"]
    session, _ = create_once(
        actor=request.actor,
        noun="session",
        id=id,
        body={"id": id, "appointment": visit.pk},
        make=lambda: arrival.open_session(actor=request.actor, id=id, appointment=visit, now=clock.now()),
        find=lambda: Session.objects.get(pk=id),
    )
    return redirect("session", pk=session.pk)


@staff_page(READ_SESSIONS, methods=["GET"])
def session(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One session as it stands; `?correct=<line>` opens that line for correction, `?continue=<line>` the
    course of that side effect, `?monitor=1` the form with what the monitor shows."""
    return _show(request, _fetch(request, pk, READ_SESSIONS))


@staff_page(READ_SESSIONS)
def entry(request: StaffRequest, pk: UUID, act: str) -> HttpResponse:
    """Carry out what one of the session's forms asks. A refused form stands at this address, which opened
    again leads to the session."""
    if request.method != "POST":
        mine = Session.objects.filter(clinic=request.clinic)
        return redirect("session", pk=access.fetch(request.actor, mine, READ_SESSIONS, pk=pk).pk)
    return _record(request, pk, act)


def _record(request: StaffRequest, pk: UUID, act: str) -> HttpResponse:
    """A refused form is shown again as it was filled.

    What was recorded before is done: a late copy may no longer be possible, and needs not be. An entry that
    the browser kept and sends by itself is answered in words, without a page.
    """
    entries.require_writer(request, request.actor.user_id, request.clinic.pk)
    found = _fetch(request, pk, MAY[act])
    noun, body, id = f"session {act}", {"session": found.pk, **_sent(request)}, _id_of(request)
    if id and recorded_before(actor=request.actor, noun=noun, id=id, body=body):
        return _done(request, found, act)
    form = FORMS[act](found, request.POST, line=_line(found, act, request.POST.get("corrects", "")))
    form.shown_to(request.actor)
    refused: Problem | None = None
    if form.is_valid():
        try:
            create_once(
                actor=request.actor,
                noun=noun,
                id=form.cleaned_data["id"],
                body=body,
                make=lambda: form.record(actor=request.actor, now=clock.now()),
                find=lambda: None,
            )
        except Problem as problem:
            refused = problem
        else:
            return _done(request, found, act)
    form.not_kept(actor=request.actor, now=clock.now())
    if refused is not None:
        form.add_problem(refused)  # takes out of the form's data what is wrong
    if entries.is_kept(request):
        return respond(entries.refused(form, verdict=form.verdict))
    return _show(request, queries.session_detail(found.pk), form)


@staff_page(RECORD_SESSIONS, methods=["GET"])
def connection(request: StaffRequest) -> HttpResponse:
    """For a page that has entries to send: the server answers, and the same person is signed in."""
    entries.require_writer(request, request.actor.user_id, request.clinic.pk)
    return JsonResponse({"token": get_token(request)})


def _done(request: StaffRequest, found: Session, act: str) -> HttpResponse:
    said = entries.done_in_words(request, FORMS[act].done, now=clock.now())
    messages.success(request, undo.offered_with(said, found, act, _id_of(request)))
    if entries.is_kept(request):
        return JsonResponse({"stored": True})
    return redirect("session", pk=found.pk)


def _id_of(request: StaffRequest) -> UUID | None:
    """The id that the browser made for this entry. What is none, the form itself refuses."""
    try:
        return UUID(request.POST.get("id", ""))
    except ValueError:
        return None


def _fetch(request: StaffRequest, pk: UUID, permission: Permission) -> Session:
    """The session of the chosen clinic with everything its page shows."""
    mine = Session.objects.filter(clinic=request.clinic)
    return queries.session_detail(access.fetch(request.actor, mine, permission, pk=pk).pk)


def _show(request: StaffRequest, found: Session, sent: SessionForm | None = None) -> HttpResponse:
    access.log_look(request.actor, found.patient, what="session")
    page = SessionPage(
        found,
        reader=request.actor.user_id,
        may_write=request.actor.may(RECORD_SESSIONS, found.clinic_id),
        correct=request.GET.get("correct", ""),
        go_on=request.GET.get("continue", ""),
        from_monitor="monitor" in request.GET,
        sent=sent,
        now=clock.now(),
    )
    forms = {act: form.shown_to(request.actor) for act, form in page.forms.items()}
    return render(
        request,
        "web/nurse/session.html",
        {
            "session": found,
            "page": page,
            "forms": forms,
            "guide": Guide(page, forms),
            "may_answer": request.actor.may(MAY["alert"], request.clinic.pk),
            "may_see_who_wrote": request.actor.may(access.VIEW_ACCESS_LOG, request.clinic.pk),
        },
        status=sent.status if sent else 200,
    )


def _line(found: Session, act: str, line_id: str) -> Observation | None:
    """The line that a sent form corrects."""
    if act == "amend":
        return next((line for line in amendable(found) if str(line.pk) == line_id), None)
    return next((line for line in correctable(found, act) if str(line.pk) == line_id), None)


def _sent(request: HttpRequest) -> dict[str, Any]:
    apart = ("csrfmiddlewaretoken", *SECRET)
    return {name: values for name, values in request.POST.lists() if name not in apart}
