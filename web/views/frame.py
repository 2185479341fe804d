"""What belongs to no single part of the house: the way in, the chosen clinic, health, reports, API docs."""

import json
import logging
from dataclasses import asdict
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from drf_spectacular.views import SpectacularSwaggerSplitView
from redis.exceptions import RedisError
from rest_framework.authentication import SessionAuthentication

from clinic import access, clock, rates
from clinic.callers import address_of
from clinic.models import Role
from notifications.watching import health as watching
from notifications.watching import metrics as measured
from scheduler.models import Resource
from web.doors import StaffRequest, staff_page
from web.views.own.invitations import SEEN

logger = logging.getLogger(__name__)

API_MANUAL = SpectacularSwaggerSplitView.as_view(
    url_name="api_schema", template_name="web/api_docs.html", authentication_classes=[SessionAuthentication]
)
REPORT_BYTES = 8_192
REPORTS_PER_MINUTE = 60


@staff_page(access.EVERYONE, methods=["GET"])
def home(request: StaffRequest) -> HttpResponse:
    """To the page where this person's day is: the nurse's station for a nurse, the day board for others, and
    for the manager of a clinic that has nothing to book yet, its setting up. Whom another clinic invites
    sees that once after each sign-in."""
    if request.invited and SEEN not in request.session:
        return redirect("own_invitations")
    if request.actor.roles[request.clinic.pk] == {Role.NURSE}:
        return redirect("nurse_station")
    may_set_up = request.actor.may(access.SET_UP, request.clinic.pk)
    if may_set_up and not Resource.objects.filter(clinic=request.clinic).exists():
        return redirect("setup")
    return redirect("day")


@staff_page(access.EVERYONE, methods=["GET"])
def api_docs(request: StaffRequest) -> HttpResponse:
    """The API's manual, made from its schema. Its script is asked for by the same address with `?script`."""
    return API_MANUAL(request)


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL and Valkey answer, 503 naming the one that doesn't, and nothing else."""
    silent = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        silent.append("database")
    try:
        cache.get("health")
    except RedisError:
        silent.append("cache")
    words = f"no answer: {', '.join(silent)}" if silent else "ok"
    return HttpResponse(words, status=503 if silent else 200, content_type="text/plain")


@require_GET
def health_details(request: HttpRequest) -> HttpResponse:
    """Ages and counts of the machinery, nothing of a patient: 200 while all is well, else 503."""
    try:
        found = watching.read(clock.now())
    except DatabaseError:
        return JsonResponse({"late": ["The database doesn't answer."]}, status=503)
    late = found.late
    totals = {"oldest_due": found.oldest_due, "refused": found.refused}
    return JsonResponse({"late": late, **asdict(found), **totals}, status=503 if late else 200)


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For a Prometheus server that brings METRICS_TOKEN; where none is set there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        refused = HttpResponse(
            "Bring METRICS_TOKEN as a bearer token.", status=401, content_type="text/plain"
        )
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    try:
        words, content_type = measured.text(accept=request.headers.get("Accept", ""), now=clock.now())
    except DatabaseError:
        return HttpResponse("The database doesn't answer.", status=503, content_type="text/plain")
    return HttpResponse(words, content_type=content_type)


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log which directive blocked which origin, and nothing else: addresses and samples may hold anything."""
    try:
        rates.at_most(REPORTS_PER_MINUTE, what=f"csp-reports:{address_of(request)}")
    except rates.TooMany as too_many:
        return HttpResponse(status=too_many.status)
    body = request.read(REPORT_BYTES + 1)
    if len(body) > REPORT_BYTES:
        return HttpResponse(status=413)
    try:
        report = json.loads(body)["csp-report"]
        directive, blocked = str(report["violated-directive"]), _origin(str(report["blocked-uri"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return HttpResponse(status=400)
    logger.warning("CSP: %s blocked %s", _word(directive.partition(" ")[0]), _word(blocked))
    return HttpResponse(status=204)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else parts.scheme or parts.path


def _word(given: str) -> str:
    """Short and on one line: a report is written by whoever likes to."""
    return "".join(letter for letter in given[:100] if letter.isprintable())
