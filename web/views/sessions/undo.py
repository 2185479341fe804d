"""The way on from what was just recorded: back by a correction, and after the signature by an amendment; then
also to the version that it made.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from sessions_app import queries, states
from sessions_app.models import Session

# The part of the page whose form corrects a line of this act. A step of the infusion is undone by the next.
CORRECTED_IN: Final[Mapping[str, str]] = {
    "vitals": "part-vitals",
    "side_effect": "part-side-effect",
    "course": "part-side-effect",
    "medicine": "part-medicine",
    "waste": "part-waste",
    "note": "part-note",
}
AMENDED_IN: Final[Mapping[str, str]] = {
    "vitals": "part-vitals",
    "side_effect": "part-side-effect",
    "course": "part-side-effect",
    "amend": "part-amend",
}


def offered_with(said: str, session: Session, act: str, line: UUID | None) -> str:
    """What is said when an act is done, with the way to correct the line that it wrote where a form does.

    `session` as it was before: where it was signed, the act has signed another version of its record.
    """
    signed = session.state == states.SIGNED
    if signed and act in AMENDED_IN:
        said = _with_version(said, session)
    part = (AMENDED_IN if signed else CORRECTED_IN).get(act)
    if part is None or line is None:
        return said
    address = f"{reverse('session', args=[session.pk])}?correct={line}#{part}"
    way_back = format_html('<a href="{}">Wrong? {} it</a>', address, "Amend" if signed else "Correct")
    return format_html("{} {}", said, way_back)


def _with_version(said: str, session: Session) -> str:
    """Which version the record has now, and where it is read beside the one before it."""
    newest = queries.signed_versions(session).count()
    return format_html(
        '{} The record is now at version {}. <a href="{}">Read versions {} and {} side by side</a>',
        *(said, newest, reverse("compare_record", args=[session.pk]), newest - 1, newest),
    )
