"""The way back from what was just recorded: a correction, and after the signature an amendment."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from sessions_app import states
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
    """What is said when an act is done, with the way to correct the line that it wrote where a form does."""
    signed = session.state == states.SIGNED
    part = (AMENDED_IN if signed else CORRECTED_IN).get(act)
    if part is None or line is None:
        return said
    address = f"{reverse('session', args=[session.pk])}?correct={line}#{part}"
    way_back = format_html('<a href="{}">Wrong? {} it</a>', address, "Amend" if signed else "Correct")
    return format_html("{} {}", said, way_back)
