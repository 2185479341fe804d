"""What can go wrong, said once: typed problems with a stable code, and the handler that makes them HTTP.

Answers are RFC 9457 problem details. A problem names the field and the mend; it never repeats a
patient's data back.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback


class Problem(Exception):
    """Something a caller can understand and mend. Raise one of the kinds below."""

    status = 400
    code = "bad_request"
    title = "The request can't be carried out"

    def __init__(self, detail: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.data = data

    def body(self) -> dict[str, Any]:
        """The problem-details object; extra members such as `errors` or `blockers` stand beside it."""
        return {
            "type": f"urn:chairside:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.data,
        }


class Invalid(Problem):
    """The input is wrong: `errors` lists each field with its mend."""

    code = "invalid"
    title = "Some fields need mending"

    def __init__(self, errors: dict[str, str] | list[dict[str, str]], detail: str = "") -> None:
        listed = (
            [{"field": field, "code": "invalid", "detail": mend} for field, mend in errors.items()]
            if isinstance(errors, dict)
            else errors
        )
        super().__init__(
            detail or " ".join(f"{row['field']}: {row['detail']}" for row in listed), errors=listed
        )


class Forbidden(Problem):
    """The person is known, may see that the thing exists, and may not do this."""

    status = 403
    code = "forbidden"
    title = "Your role doesn't allow this"


class Missing(Problem):
    """Not there, or not this person's to know about: the two are never told apart."""

    status = 404
    code = "not_found"
    title = "Not found"

    def __init__(self, detail: str = "There is no such record in a clinic you work in.") -> None:
        super().__init__(detail)


class Conflict(Problem):
    """The request was fine and the world is in its way: a taken chair, a state that has moved on."""

    status = 409
    code = "conflict"
    title = "This can't be done now"


class Stale(Problem):
    """The caller decided on something that has changed since; nothing was overwritten."""

    status = 412
    code = "stale"
    title = "This changed while you were looking at it"


def as_problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Unknown errors return None and become a logged 500."""
    problem = _as_problem(error)
    if problem is None:
        return None
    set_rollback()
    headers = {}
    if isinstance(error, exceptions.APIException):
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return Response(problem.body(), problem.status, headers=headers, content_type="application/problem+json")


def _as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Invalid(_flatten(error.get_full_details()))
    if isinstance(error, Http404):
        return Missing()
    if isinstance(error, PermissionDenied):
        return Forbidden("This is not open to your role.")
    if isinstance(error, exceptions.APIException):
        problem = Problem(str(error.detail), code=str(error.default_code))
        problem.status = error.status_code
        problem.title = str(error.default_detail)
        return problem
    return None


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


def respond(problem: Problem) -> JsonResponse:
    """The same answer for a plain Django view or middleware on an /api/ path."""
    return JsonResponse(problem.body(), status=problem.status, content_type="application/problem+json")
