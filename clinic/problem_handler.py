"""The one handler that turns problems, DRF's own errors among them, into RFC 9457 answers."""

from http import HTTPStatus
from math import ceil
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.text import get_text_list
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from clinic.problems import PROBLEM_JSON, Forbidden, Invalid, Missing, Problem

ERRORS_TOLD: Final = 20  # of one call: who sends thousands of faults is not helped by thousands of sentences


def as_problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Unknown errors return None and become a logged 500."""
    problem = as_problem(error)
    if problem is None:
        return None
    if isinstance(error, exceptions.MethodNotAllowed):
        problem.detail = f"Use {_methods_of(context['view'])} at this address."
    set_rollback()
    headers = dict(problem.headers)
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(error.wait))  # type: ignore[attr-defined]
    return Response(problem.body(), problem.status, headers=headers, content_type=PROBLEM_JSON)


def as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Invalid(_first(_flatten(error.get_full_details())))
    if isinstance(error, Http404):
        return Missing()
    if isinstance(error, PermissionDenied):
        return Forbidden("This is not open to your role.")
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return _http(
            f"Send at most {most} bytes in one call.", "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
    if isinstance(error, exceptions.APIException):
        return _http(str(error.detail), str(error.default_code), HTTPStatus(error.status_code))
    return None


def _http(detail: str, code: str, status: HTTPStatus) -> Problem:
    problem = Problem(detail, code=code)
    problem.status, problem.title = status.value, status.phrase
    return problem


def _methods_of(view: APIView) -> str:
    """What can be done at the view's address: `GET`, `GET or PATCH`. HEAD goes with GET, and nobody is
    answered to OPTIONS."""
    named = [method for method in view.allowed_methods if method not in ("HEAD", "OPTIONS")]
    return get_text_list(named, "or")


def _first(errors: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first errors, and in one line how many more there are."""
    untold = len(errors) - ERRORS_TOLD
    if untold <= 0:
        return errors
    more = {"field": "body", "code": "more_errors", "detail": f"And {untold:,} more."}
    return [*errors[:ERRORS_TOLD], more]


def _flatten(details: Any, field: str = "") -> list[dict[str, str]]:
    """DRF's nested error details as a flat list; `phases.0.minutes` names the place."""
    if isinstance(details, dict) and isinstance(details.get("message"), str):
        return [{"field": field or "body", "code": str(details["code"]), "detail": details["message"]}]
    pairs = details.items() if isinstance(details, dict) else enumerate(details)
    found: list[dict[str, str]] = []
    for key, value in pairs:
        leaf_list = (
            isinstance(details, list) and isinstance(value, dict) and isinstance(value.get("message"), str)
        )
        inner = field if leaf_list or key == "non_field_errors" else f"{field}.{key}".lstrip(".")
        found += _flatten(value, inner)
    return found
