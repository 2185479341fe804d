"""Two papers about one session: what the patient takes home, and who wrote what in the record when."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import access
from clinic.access import VIEW_ACCESS_LOG, Permission
from sessions_app import queries
from sessions_app.access import READ_SESSIONS
from sessions_app.leaving import instructions
from sessions_app.models import Session
from web.doors import StaffRequest, staff_page
from web.views.sessions import changes

SIDE_BY_SIDE: Final = "all"
SPOKEN: Final = {"en": "English", "es": "Español"}


@staff_page(READ_SESSIONS, methods=["GET"])
def take_home(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The written instructions for the printer: in the patient's language unless another is chosen, or in all
    side by side, so that whoever hands them over can read them too."""
    session = _opened(request, pk, READ_SESSIONS, what="instructions")
    phone = session.clinic.phone.as_national
    theirs = instructions.leaflet(language=session.patient.language, phone=phone).language
    chosen = request.GET.get("language", theirs)
    others = [code for code in instructions.LANGUAGES if code != theirs]
    codes = [theirs, *others] if chosen == SIDE_BY_SIDE else [chosen]
    context = {
        "session": session,
        "chosen": chosen,
        "offered": [*((code, SPOKEN[code]) for code in [theirs, *others]), (SIDE_BY_SIDE, "Side by side")],
        "leaflets": [instructions.leaflet(language=code, phone=phone) for code in codes],
    }
    return render(request, "web/nurse/take_home.html", context)


@staff_page(VIEW_ACCESS_LOG, methods=["GET"])
def who_wrote(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Every line of the record in the order in which it was written: when, by whom, what, and why it corrects
    another."""
    session = _opened(request, pk, VIEW_ACCESS_LOG, what="changes of a session")
    lines = queries.written_in(session)
    done = changes.in_words([(line.part, line.id) for line in lines])
    rows = list(zip(lines, done, strict=True))
    return render(request, "web/nurse/who_wrote.html", {"session": session, "rows": rows})


def _opened(request: StaffRequest, pk: UUID, permission: Permission, *, what: str) -> Session:
    mine = Session.objects.filter(clinic=request.clinic).select_related("patient", "clinic")
    session = access.fetch(request.actor, mine, permission, pk=pk)
    access.log_look(request.actor, session.patient, what=what)
    return session
