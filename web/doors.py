"""The doors of the staff's pages: signed in, working in a clinic, in a role that may open this page.

Every page of staff stands behind `staff_page`; the few that anybody may open are named in `PUBLIC`, and
tests/web/test_doors.py refuses a route that is neither. What a page shows is no business of this module.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from clinic import access, clock
from clinic.access import Actor, Permission
from clinic.models import Clinic
from clinic.problems import PROBLEM_JSON, Forbidden, Missing, Problem, respond, with_headers
from clinic.staff import queries
from web import entries

# Names of the routes that need no sign-in. Patients' links guard themselves (web.views.links).
PUBLIC = frozenset(
    {
        "health",
        "health_details",
        "metrics",
        "csp_report",
        "patient_link",
        "patient_link_birth_year",
        "patient_link_confirm",
        "patient_link_answer",
        "patient_link_calendar",
        "calendar_feed",
        "patient_link_accept",
        "patient_link_decline",
        "patient_link_choose_time",
        "patient_link_ready",
        "patient_link_questions",
        "patient_link_score",
        "patient_link_diary",
        "patient_link_nudge",
    }
)

CHOSEN_CLINIC = "clinic_id"
# Of a browser, beyond the sign-in: a clinic's tablet stands in one clinic, whoever of its staff takes it up.
# It opens nothing to whoever doesn't work there.
LAST_CLINIC = "last_clinic"
LAST_CLINIC_DAYS = 365
# Where somebody wanted to go who was asked first in which clinic.
WANTED = "wanted_page"
# In which clinic a page was opened: each of its forms says so (web.templatetags.forms_of_a_clinic), and each
# part that htmx asks for (web/base.html).
OPENED_IN = "opened_in"
OPENED_IN_HEADER = "X-Chairside-Clinic"
# Sent by whoever was told that another clinic is open now, and goes back to the page's own.
GO_BACK = "go_back_to_clinic"
# In place of roles, at a door for whoever is signed in: about themselves, in whichever clinic or none yet.
ONESELF = "oneself"
PROBLEM_PAGES = {403: "403.html", 404: "404.html"}


class StaffRequest(HttpRequest):
    """What a view behind `staff_page` is given: who asks, and in which of their clinics."""

    person: Actor  # with their roles in every clinic
    actor: Actor  # with their roles in this one: what they do here they do as what they are here
    clinic: Clinic
    clinics: list[Clinic]
    invited: bool  # whether an invitation to a clinic waits for their answer


class NoClinic(Forbidden):
    """Somebody signed in who works nowhere yet."""


class NotChosen(Problem):
    """Somebody works in several clinics, and hasn't said in which of them they are now."""

    status = 409
    code = "clinic_not_chosen"
    title = "In which clinic?"


class OpenedElsewhere(Problem):
    """A form of one clinic was sent while another is open, and its address names no row that would tell."""

    status = 409
    code = "opened_in_another_clinic"
    title = "Another clinic is open now"


class Unsaid(Problem):
    """Somebody of several clinics sent a form that doesn't say in which of them it was opened."""

    status = 409
    code = "clinic_unsaid"
    title = "For which clinic is it?"


Page = Callable[..., HttpResponse]


def staff_page(
    permission: Permission, *, methods: Collection[str] = ("GET", "POST")
) -> Callable[[Page], Page]:
    """Open this view to the permission's roles in the chosen clinic; times inside are the clinic's.

    `methods` are the ones it answers (HEAD goes with GET); any other is a 405.

    A `Problem` that the view doesn't handle becomes a page with its sentence and its status. A form that was
    sent after the sign-in had run out comes back whole, to be sent again. A row's address opens in the clinic
    that the row is of, whichever is open: a link in a mail, or a form of another window, is read by that
    clinic's clock and in the role that the person has there.
    """

    def decorate(view: Page) -> Page:
        def inside(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            access.require(request.actor, permission, request.clinic.pk)
            with timezone.override(request.clinic.time_zone):
                return written(view(request, *args, **kwargs))

        @require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])
        @wraps(view)
        def door(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return signed_out(request)
            try:
                enter(request)
                _as_opened(request, kwargs)
                return _of_the_row(request, kwargs, lambda: inside(request, *args, **kwargs))
            except NoClinic as problem:
                if queries.invitations_of(request.person.user_id, now=clock.now()).exists():
                    return redirect("own_invitations")
                return problem_page(request, problem)
            except NotChosen as problem:
                return _ask_which(request, problem)
            except OpenedElsewhere as problem:
                return _ask_back(request, problem)
            except Unsaid as problem:
                return _ask_for_which(request, problem)
            except Problem as problem:
                return problem_page(request, problem)

        door.permission = permission  # type: ignore[attr-defined]
        door.allowed_methods = tuple(methods)  # type: ignore[attr-defined]
        return door

    return decorate


def own_page(*, methods: Collection[str] = ("GET", "POST")) -> Callable[[Page], Page]:
    """Open this view to whoever is signed in, also to somebody who works in no clinic yet: it is about
    themselves. A `Problem` becomes a page, as behind `staff_page`."""

    def decorate(view: Page) -> Page:
        @require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])
        @wraps(view)
        def door(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return signed_out(request)
            request.actor = access.actor_of(request.user)
            try:
                return view(request, *args, **kwargs)
            except Problem as problem:
                return problem_page(request, problem)

        door.permission = ONESELF  # type: ignore[attr-defined]
        door.allowed_methods = tuple(methods)  # type: ignore[attr-defined]
        return door

    return decorate


def written(answer: HttpResponse) -> HttpResponse:
    """A lazy answer, which has to be written while the clinic's zone still holds; any other as it is."""
    render_now = getattr(answer, "render", None)
    return render_now() if render_now else answer


def enter(request: StaffRequest) -> None:
    """Put the actor, their clinics and the chosen one on the request, and whether they are invited to
    another: two queries.

    The clinic is the one that they chose since they signed in, else the last one that was chosen in this
    browser, else their only one. Raises `NoClinic` for somebody who works in no clinic, `NotChosen` for
    somebody of several of which none was chosen: a day board is easily taken for another clinic's.
    """
    request.person = access.actor_of(request.user)  # type: ignore[arg-type]
    invited = Exists(queries.invitations_of(request.person.user_id, now=clock.now()))
    mine: Any = Clinic.objects.filter(pk__in=request.person.roles).annotate(invited=invited)
    request.clinics = list(mine.order_by("name", "id"))
    if not request.clinics:
        raise NoClinic("You don't work in a clinic yet. A manager of yours can give you a role.")
    request.invited = request.clinics[0].invited  # type: ignore[attr-defined]
    by_id = {str(clinic.pk): clinic for clinic in request.clinics}
    remembered = (request.session.get(CHOSEN_CLINIC), request.COOKIES.get(LAST_CLINIC))
    chosen = next((by_id[each] for each in remembered if each in by_id), None)
    if chosen is None and len(request.clinics) > 1:
        raise NotChosen("You work in several clinics: choose the one in which you are now.")
    _work_in(request, chosen or request.clinics[0])


def _work_in(request: StaffRequest, clinic: Clinic) -> None:
    request.clinic = clinic
    request.actor = replace(request.person, roles={clinic.pk: request.person.roles[clinic.pk]})


def _as_opened(request: StaffRequest, names: Mapping[str, Any]) -> None:
    """Work in the clinic that the page was opened in, where a part of that page is asked for or sent, or
    where the address names a row.

    Raises `OpenedElsewhere` for any other form of a clinic that isn't the open one, and for whatever is sent
    from a page of a clinic that is not, or no longer, this person's; `Unsaid` for what says no clinic and
    could be meant for another than the open one.
    """
    part = bool(getattr(request, "htmx", False))
    said, goes_back = _taken_off(request, OPENED_IN), _taken_off(request, GO_BACK)
    if part and not said:
        said = request.headers.get(OPENED_IN_HEADER, "")
    if not said and _could_be_elsewhere(request, names):
        raise Unsaid(
            "This form doesn't say in which of your clinics it was opened. Nothing was saved. "
            f"You are at {request.clinic.name} now."
        )
    if not said or said == str(request.clinic.pk):
        return
    opened_in = next((clinic for clinic in request.clinics if str(clinic.pk) == said), None)
    if opened_in is None:
        raise OpenedElsewhere(
            "This page was opened in a clinic that isn't one of yours now, or its form names none. "
            f"Nothing was saved. You are at {request.clinic.name}: open the page again there."
        )
    if goes_back:
        request.session[CHOSEN_CLINIC] = said
    elif not part and not _names_a_row(names):
        here = request.clinic
        _work_in(request, opened_in)  # whose page it stays
        raise OpenedElsewhere(
            f"This page was opened for {opened_in.name}; you are at {here.name} now.",
            here=here.name,
        )
    _work_in(request, opened_in)


def _could_be_elsewhere(request: StaffRequest, names: Mapping[str, Any]) -> bool:
    """Whether it changes something in one of several clinics, and no row in its address tells in which."""
    return request.method == "POST" and len(request.clinics) > 1 and not _names_a_row(names)


def _taken_off(request: StaffRequest, name: str) -> str:
    """A field that is the door's own; no view sees it."""
    if name not in request.POST:
        return ""
    sent = request.POST.copy()
    said = sent.pop(name)
    request.POST = sent  # type: ignore[assignment]
    return str(said[-1])


def _names_a_row(names: Mapping[str, Any]) -> bool:
    return any(isinstance(name, UUID) for name in names.values())


def _of_the_row(
    request: StaffRequest, names: Mapping[str, Any], page: Callable[[], HttpResponse]
) -> HttpResponse:
    """The page in the clinic that is open; where its address names a row that is none of that clinic's, in
    the one of this person's whose it is. What is opened so is open from then on, what is only sent or asked
    for again by a page changes nothing."""
    try:
        return page()
    except (Missing, Forbidden):
        here = request.clinic
        others = [clinic for clinic in request.clinics if clinic != here]
        if not _names_a_row(names):
            raise
        for clinic in others:
            _work_in(request, clinic)
            with suppress(Missing, Forbidden):
                answer = page()
                if request.method == "GET" and not getattr(request, "htmx", False):
                    request.session[CHOSEN_CLINIC] = str(clinic.pk)
                return answer
        _work_in(request, here)
        raise


def choose_clinic(request: StaffRequest, clinic_id: UUID) -> HttpResponse:
    """Keep one of this person's clinics as the one whose pages they see, and lead to the page that they
    wanted. Raises Missing for another's clinic."""
    clinic = access.fetch_clinic(request.actor, access.EVERYONE, clinic_id)
    request.session[CHOSEN_CLINIC] = str(clinic.pk)
    answer = redirect(request.session.pop(WANTED, "home"))
    answer.set_cookie(
        LAST_CLINIC,
        str(clinic.pk),
        max_age=timedelta(days=LAST_CLINIC_DAYS),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _ask_which(request: HttpRequest, problem: NotChosen) -> HttpResponse:
    """To the list of this person's clinics, and then to where they wanted; what was typed into a form is kept
    on the page to be sent once they have chosen."""
    if is_read_by_a_script(request):
        return respond(problem)
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse("clinics"))
    if request.method not in ("GET", "HEAD"):
        return send_again(request, status=problem.status, why="which_clinic")
    request.session[WANTED] = request.get_full_path()
    return redirect("clinics")


def _ask_back(request: StaffRequest, problem: OpenedElsewhere) -> HttpResponse:
    """What was typed is kept behind a button that leads back to the clinic that it was typed for."""
    if "here" not in problem.data or is_read_by_a_script(request):
        return problem_page(request, problem)
    return send_again(request, status=problem.status, why="other_clinic", problem=problem)


def _ask_for_which(request: StaffRequest, problem: Unsaid) -> HttpResponse:
    """What was typed is kept behind a button for each of their clinics."""
    if is_read_by_a_script(request) or getattr(request, "htmx", False):
        return problem_page(request, problem)
    return send_again(request, status=problem.status, why="clinic_unsaid", problem=problem)


def is_read_by_a_script(request: HttpRequest) -> bool:
    """Whether a script of ours sends this, an entry that was kept or a form that is looked through while it
    is typed: it is answered as the API answers, never with a page."""
    return entries.is_kept(request) or PROBLEM_JSON in request.headers.get("Accept", "")


def signed_out(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back here; what was typed into a form is kept on the page to be resent."""
    if is_read_by_a_script(request):
        problem = Problem("Sign in again.", code="signed_out")
        problem.status = 401
        return respond(problem)
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(redirect_to_login(_current_page(request)).url)
    if request.method not in ("GET", "HEAD"):
        return send_again(request, status=403, why="signed_out")
    return redirect_to_login(request.get_full_path())


def _current_page(request: HttpRequest) -> str:
    """Path and query of the page that htmx says it stands on; what is no address is the first page."""
    try:
        current = urlsplit(request.headers.get("HX-Current-URL", "/"))
    except ValueError:
        return "/"
    return current.path + (f"?{current.query}" if current.query else "")


def send_again(
    request: HttpRequest,
    *,
    status: int,
    why: Literal["signed_out", "which_clinic", "other_clinic", "clinic_unsaid", "older_page"],
    problem: Problem | None = None,
) -> HttpResponse:
    """A page that holds what was sent, behind one button. Only for what our own page sent; a password is
    never written into a page, and is asked for again."""
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "password", "code")
        for value in values
    ]
    context = {"kept": kept, "why": why, "problem": problem, "go_back": GO_BACK, "opened_in": OPENED_IN}
    return render(request, "web/send_again.html", context, status=status)


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem's own sentence with its status, as a page, or as a banner where htmx asked for a part."""
    if is_read_by_a_script(request):
        return respond(problem)
    if getattr(request, "htmx", False):
        template = "web/components/problem.html"
    else:
        template = PROBLEM_PAGES.get(problem.status, "web/problem.html")
    page = render(request, template, {"problem": problem}, status=problem.status)
    return with_headers(page, problem)
