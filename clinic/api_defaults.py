"""What every API view starts from unless it says otherwise: refuse, parse objects, page by cursor.

Named in the settings and loaded while DRF itself loads, so nothing here may import DRF's views.
"""

import json
from datetime import datetime
from typing import Any, Final

from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic import access
from clinic.access import Permission
from clinic.problems import Forbidden, Invalid

CURSOR_MEND: Final = "Take the cursor from the `next` or `previous` of an answer, or leave it out."
UNREADABLE_NUMBER: Final = (
    "A number in this JSON can't be read: write it with fewer digits, and neither NaN nor Infinity."
)
HALF_A_CHARACTER: Final = "This text holds half a character (a lone surrogate): send it whole."
NAME_TOLD: Final = 60  # characters of an unknown field's name that its refusal repeats
MOST_ROWS: Final = 1_000_000_000  # of one moment; PostgreSQL's OFFSET ends further up


class JSONObjectParser(JSONParser):
    """JSON whose outermost value is an object; anything else is a 400 that says so.

    Python reads what JSON in UTF-8 can't say again: a number past what a float holds (1e400), half a
    character. It is refused here, in keys and in values, so that any part of a body can be answered with.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
            unsayable = _unsayable(body) if isinstance(body, dict) else {}
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
        except ParseError as error:
            # Faults of the text are a JSONDecodeError; a bare ValueError is a number, told in Python's words.
            if type(error.__context__) is ValueError:
                raise ParseError(UNREADABLE_NUMBER) from None
            raise
        if not isinstance(body, dict):
            raise ParseError("Send a JSON object: { … }.")
        if unsayable:
            raise Invalid(unsayable)
        return body


def _unsayable(body: dict[str, Any]) -> dict[str, str]:
    """The first field that can't be written as JSON in UTF-8, and why; empty when all can."""
    for name, value in body.items():
        try:
            json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
        except UnicodeEncodeError:
            return {printable(name): HALF_A_CHARACTER}
        except ValueError:
            return {printable(name): UNREADABLE_NUMBER}
    return {}


def printable(name: str) -> str:
    r"""A name that can be answered with: of its beginning, half a character, which UTF-8 can't write, as its
    `\ud800`."""
    beginning = name if len(name) <= NAME_TOLD else f"{name[:NAME_TOLD]}…"
    return beginning.encode(errors="backslashreplace").decode()


class NewestFirst(CursorPagination):
    """Pages by cursor: stable while rows arrive, equally fast on every page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: Any = ("-created_at", "-id")
    # An import writes many rows at one moment; DRF counts through equal moments and would stop at 1000.
    offset_cutoff: Any = None
    # What the first column of the ordering holds; a cursor's position is one of its values.
    position_is_moment = True

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Raises `Invalid` for a cursor that no page of ours has given out."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise Invalid({"cursor": CURSOR_MEND}) from None
        if cursor and not (cursor.offset <= MOST_ROWS and self._is_position(cursor.position)):
            raise Invalid({"cursor": CURSOR_MEND})
        return cursor

    def _is_position(self, position: Any) -> bool:
        if position is None:
            return True
        if not self.position_is_moment:
            return "\0" not in position
        try:
            return datetime.fromisoformat(position).tzinfo is not None
        except ValueError:
            return False


class DefaultDeny(BasePermission):
    """Signed in, and in some clinic in a role that the action's rule names."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if not hasattr(view, "action"):
            return False  # not a viewset of ours: it must say its own rule
        action = view.action
        if action is None:
            return True  # a method this route doesn't have: DRF answers 405
        permission: Permission = getattr(view, "access", {}).get(action, frozenset())
        if not view.actor.clinics(permission):
            raise Forbidden(access.refusal(permission))
        return True
