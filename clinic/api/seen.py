"""Settings over the API as somebody saw them: the ETag of an answer, sent back as If-Match with a change.

What it means is said in `clinic.seen`, and compared by whoever writes, under their lock.
"""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.problems import Invalid
from clinic.seen import TAG, SeenTag, Settings, tag_of

IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag with which the settings came. Where they stand otherwise by now: 412 with"
    " `changes`, each setting with what it is `now` and `by` whom, and nothing is changed.",
)
ETAG_HELP: Final = "Send it as If-Match with a change: a 412 then tells what has changed meanwhile."


def seen_of(request: Request) -> SeenTag | None:
    """What the caller says they saw; None where they don't, or take whatever stands (`*`)."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    found = TAG.fullmatch(given)
    if found is None:
        raise Invalid({"If-Match": "Send the one ETag with which the settings came, with its quotes."})
    return SeenTag(found[1])


def with_tag(data: Any, stands: Settings) -> Response:
    """The answer, with the ETag of these settings."""
    return Response(data, headers={"ETag": tag_of(stands)})
