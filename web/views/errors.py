"""The pages of last resort. They say what to do next and reveal nothing of what went wrong.

What no person reads, an address below /api/ or an entry that a browser sends by itself, is answered in the
API's own form.
"""

import sys
from contextlib import suppress
from typing import cast

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from clinic.problems import Busy, Forbidden, Missing, Problem, respond
from web.doors import StaffRequest, enter, send_again
from web.entries import is_kept

AWAY = (OperationalError, InterfaceError, RedisError)


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
        return respond(Forbidden("The CSRF token is missing or wrong.", code="csrf_failed"))
    own = f"{request.scheme}://{request.get_host()}"
    from_own_page = request.headers.get("Origin") in {own, settings.PUBLIC_URL}
    if from_own_page and not request.path.startswith("/accounts/"):
        return send_again(request, status=403, signed_out=False)
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
    return request.path.startswith("/api/") or is_kept(request)
