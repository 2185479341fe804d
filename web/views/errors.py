"""The pages of last resort. They say what to do next and reveal nothing of what went wrong.

What no person reads, an address below /api/ or /inbound/ or what a script of ours sends by itself, is
answered in the API's own form.
"""

import sys
from contextlib import suppress
from typing import Final, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import get_text_list
from redis.exceptions import RedisError

from clinic.problems import Busy, Forbidden, Missing, NotAllowed, Problem, respond
from web.doors import StaffRequest, enter, is_read_by_a_script, problem_page, send_again
from web.views.links.words import SAY

READ_BY_PROGRAMS: Final = ("/api/", "/inbound/")
AWAY = (OperationalError, InterfaceError, RedisError)
NOT_BY_ITSELF: Final = (
    "It only takes what a form sends, and can't be opened or loaded again without it. Nothing was changed"
    " just now. Go back to the day and open the page again from there."
)
NOTHING_IS_SENT_HERE: Final = (
    "This page only shows something. Nothing was changed. Go back to the day and open the page again."
)

OLDER_PAGE: Final = "This page is older than your sign-in."


class NotByItself(NotAllowed):
    title = "This page doesn't open by itself"


class NothingIsSentHere(NotAllowed):
    title = "Nothing can be sent here"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _no_page(request):
        return respond(Problem("The request could not be understood."))
    return render(_framed(request), "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _no_page(request):
        return respond(Forbidden("This is not open to you."))
    return render(_framed(request), "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _no_page(request):
        return respond(Missing("There is nothing at this address."))
    return render(_framed(request), "404.html", status=404)


def not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
    """An address that was reached in a way that it doesn't know: mostly one to which only a form is sent, and
    which was opened or loaded again by itself. `methods`: those it knows, as the `Allow` header has them."""
    known = methods.split(", ")
    if _no_page(request):
        return respond(NotAllowed(f"Use {get_text_list(known, 'or')} at this address."))
    match = request.resolver_match
    if match is not None and (match.url_name or "").startswith("patient_link"):
        home = reverse("patient_link", args=[match.kwargs["token"]])
        context = {"says": list(SAY.items()), "home": home}
        return render(request, "web/patient/not_by_itself.html", context, status=NotAllowed.status)
    problem = NothingIsSentHere(NOTHING_IS_SENT_HERE) if "GET" in known else NotByItself(NOT_BY_ITSELF)
    return problem_page(_framed(request), problem)


def broken(request: HttpRequest) -> HttpResponse:
    """Nothing here may need a database, a sign-in or a context: any of them may be what broke.

    A database or Valkey that is just being started again is no fault of the program: 503, try again.
    """
    away = isinstance(sys.exc_info()[1], AWAY)
    if _no_page(request):
        problem: Problem = Busy()
        if not away:
            problem = Problem("Something broke on our side; it has been logged.", code="server_error")
            problem.status, problem.title = 500, "Server error"
        answer: HttpResponse = respond(problem)
    else:
        answer = HttpResponse(render_to_string("500.html", {"away": away}), status=503 if away else 500)
    if away:
        answer["Retry-After"] = "5"
    return answer


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose page is older than the sign-in.

    Our own page's form may be sent again in one press; what another site sent is refused. The browser
    names the site it came from in `Origin`, which no page can forge.
    """
    if _no_page(request):
        by_program = request.path.startswith(READ_BY_PROGRAMS)
        words = "The CSRF token is missing or wrong." if by_program else OLDER_PAGE
        return respond(Forbidden(words, code="csrf_failed"))
    own = f"{request.scheme}://{request.get_host()}"
    from_own_page = request.headers.get("Origin") in {own, settings.PUBLIC_URL}
    if from_own_page and not request.path.startswith("/accounts/"):
        return send_again(request, status=403, why="older_page")
    return render(
        _framed(request),
        "403.html",
        {"problem": Forbidden("This form was too old or came from another site. Open the page again.")},
        status=403,
    )


def _framed(request: HttpRequest) -> HttpRequest:
    """Give somebody who is signed in the frame with the ways out, as behind a staff door.

    A request that was refused at the very gate, for its Host, has no user yet.
    """
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        with suppress(Problem):
            enter(cast(StaffRequest, request))
    return request


def _no_page(request: HttpRequest) -> bool:
    return request.path.startswith(READ_BY_PROGRAMS) or is_read_by_a_script(request)
