"""What can go wrong, said once: typed problems with a stable code and, where it helps, data.

Answers are RFC 9457 problem details. A problem names the field and the mend; it never repeats a
patient's data back.
"""

from math import ceil
from typing import Any, Final

from django.http import HttpResponse, JsonResponse

PROBLEM_JSON: Final = "application/problem+json"


class Problem(Exception):
    """Something a caller can understand and mend. Raise one of the kinds below."""

    status = 400
    code = "bad_request"
    title = "The request can't be carried out"
    # In how many seconds the same may be asked again, where that is known.
    wait: float | None = None

    def __init__(self, detail: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.data = data

    @property
    def headers(self) -> dict[str, str]:
        """What an answer with this problem says beside its body, whether a program or a person reads it."""
        return {"Retry-After": str(ceil(self.wait))} if self.wait else {}

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


class NotAllowed(Problem):
    """The address is there, and knows other methods than the one that it was called with."""

    status = 405
    code = "method_not_allowed"
    title = "Method Not Allowed"


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


class Busy(Problem):
    """Others held what this needed for too long; nothing was done, and the same call may be sent again."""

    status = 503
    code = "busy"
    title = "Too much is happening at once"

    def __init__(
        self,
        detail: str = "The clinic's schedule or record is busy just now. Nothing was lost: send this again.",
    ) -> None:
        super().__init__(detail)


def with_headers(answer: HttpResponse, problem: Problem) -> HttpResponse:
    """A page that tells of this problem, with what its headers say."""
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def respond(problem: Problem) -> JsonResponse:
    """The same answer for a plain Django view or middleware on an /api/ path."""
    return JsonResponse(
        problem.body(),
        status=problem.status,
        headers=problem.headers,
        content_type=PROBLEM_JSON,
    )
