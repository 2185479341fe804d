"""How a patient would be reached now, or why they wouldn't: what delivery would find of a message that
no rule narrows to one form. Reads, never writes.
"""

from collections.abc import Collection
from dataclasses import dataclass

from clinic.models import ConsentScope, Patient
from notifications.delivering import addressing
from notifications.delivering.addressing import Unreachable
from notifications.delivering.blocked import blocked_of
from notifications.models import Form
from notifications.planning import rule_settings


@dataclass(frozen=True)
class Reach:
    """The form and the address that a message would take; without a form, `why_not` in sentences."""

    form: Form | None
    recipient: str = ""
    why_not: str = ""


def reach_of(patient: Patient, scopes: Collection[ConsentScope]) -> Reach:
    """By the patient's consents that hold, which are at hand: three queries at most."""
    ways = addressing.ways_of(
        None, only="", has_number=bool(rule_settings.messaging_of(patient.clinic).sms_number)
    )
    blocked = blocked_of([patient]).get(patient.pk, {})
    try:
        found = addressing.address_of(patient, scopes, blocked, ways)
    except Unreachable as unreachable:
        return Reach(None, why_not=unreachable.reason)
    return Reach(found.form, found.recipient)
