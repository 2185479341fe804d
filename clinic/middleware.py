"""What happens around every request: headers, charset, idle log-off, the actor, the second factor.

No health data passes through here, and none is logged.
"""

import codecs
from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinic import clock
from clinic.history import acting
from clinic.models import SignInKind
from clinic.problems import Problem, respond
from clinic.staff import sign_ins

Answer = Callable[[HttpRequest], HttpResponse]

# A page's own polling says so; it must not keep an abandoned screen signed in.
POLL_HEADER = "X-Chairside-Poll"
LAST_ACTIVE = "last_active_at"
# Setting one up, signing out, and what any page loads or sends by itself.
OPEN_WITHOUT_SECOND_FACTOR = ("/accounts/", "/csp-report/", "/static/")


class SecurityHeadersMiddleware:
    """The headers that Django and django-csp leave to the project."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}"):
            # Patients' data must not stay in a shared tablet's cache.
            response.setdefault("Cache-Control", "no-store")
        return response


class Utf8Middleware:
    """Nothing is read in another charset: some can write what PostgreSQL can't store, or aren't text."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is None or codecs.lookup(request.encoding).name == "utf-8":
            return self.get_response(request)
        problem = Problem("Send text in UTF-8.", code="unsupported_charset")
        problem.status = 415
        return respond(problem)


class IdleLogoffMiddleware:
    """Signs out whoever has done nothing for `IDLE_LOGOFF`; polling is not doing something."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = clock.now()
            last = request.session.get(LAST_ACTIVE)
            if last and now - datetime.fromisoformat(last) >= settings.IDLE_LOGOFF:
                user_id: Any = request.user.pk
                logout(request)
                sign_ins.record(request, user_id, SignInKind.IDLE)
            elif POLL_HEADER not in request.headers:
                request.session[LAST_ACTIVE] = now.isoformat()
        return self.get_response(request)


class ActorMiddleware:
    """Names the signed-in person in every history row that this request writes."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = "api" if request.path.startswith("/api/") else "web"
        user_id: Any = request.user.pk if request.user.is_authenticated else None
        with acting(user_id, door=door):
            return self.get_response(request)


class RequireMFAMiddleware:
    """Where a second factor is required, somebody without one can only set one up or sign out."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not settings.MFA_REQUIRED or not user.is_authenticated or is_mfa_enabled(user):
            return self.get_response(request)
        if request.path.startswith(OPEN_WITHOUT_SECOND_FACTOR):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            problem = Problem("Set up your second factor on the website first.", code="mfa_required")
            problem.status = 403
            return respond(problem)
        return redirect(reverse("mfa_activate_totp"))
