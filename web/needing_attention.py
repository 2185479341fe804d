"""What of a clinic's settings wants a manager's eye: read from all floors, in sentences.

Nothing here decides or writes; where each is mended is the settings' first page's to say
(`web.views.clinic_settings`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q

from clinic.models import Clinic, Role
from clinic.staff import queries
from notifications.delivering import sending_state
from notifications.escalating import on_call
from notifications.models import ClinicMessaging
from scheduler.models import Opening, Protocol, ProtocolStatus, Resource, ResourceKind
from scheduler.working_hours import resources
from sessions_app.models import UnmatchedMessage

WITHOUT_THE_ROLE: Final = {
    ResourceKind.NURSE: "Booked as a nurse without being one",
    ResourceKind.CLINICIAN: "Supervises without being a prescriber",
}


def needing_attention(clinic: Clinic, *, now: datetime) -> Mapping[str, list[str]]:
    """Sentences by the name of the page that mends them; no name where all is well. As many queries for a
    large clinic as for a small one."""
    found = {
        "staff": _of_staff(clinic, now),
        "resources": _of_resources(clinic),
        "hours": _of_hours(clinic, now),
        "protocols": _of_protocols(clinic),
        "on_call": _of_calls(clinic, now),
        "sending": _of_sending(clinic),
        "monitors": _of_monitors(clinic),
    }
    return {name: sentences for name, sentences in found.items() if sentences}


def _of_staff(clinic: Clinic, now: datetime) -> list[str]:
    members: list[Any] = list(queries.members_of(clinic.pk))
    held = [role for member in members for role in queries.roles_of(member)]
    sentences = [f"No {role.label.lower()} works here." for role in Role if role not in held]
    if Role.PRESCRIBER not in held:
        sentences.append("Nobody can be called to the chair when an alert needs a prescriber.")
    without = sum(bool(queries.roles_of(member)) and not member.second_factor for member in members)
    if without:
        sentences.append(_counted(without, "works", "work", "without a second factor."))
    ended = sum(member.invitation_has_ended(now) for member in members)
    if ended:
        which = "One invitation has" if ended == 1 else f"{ended} invitations have"
        sentences.append(f"{which} ended unanswered.")
    return sentences


def _counted(count: int, one: str, many: str, what: str) -> str:
    return f"One person {one} {what}" if count == 1 else f"{count} people {many} {what}"


def _of_resources(clinic: Clinic) -> list[str]:
    in_use = Resource.objects.filter(clinic=clinic, active=True)
    counts = dict(in_use.values_list("kind").annotate(Count("pk")))
    sentences = [
        f"There is no {kind.label.lower()} in use." for kind in ResourceKind if not counts.get(kind.value)
    ]
    nobody = in_use.exclude(kind=ResourceKind.CHAIR).filter(
        Q(user=None) | Q(user__is_active=False) | ~Q(user__memberships__clinic=clinic)
    )
    names = sorted(set(nobody.values_list("name", flat=True)))
    if names:
        sentences.append(f"In the schedule without a member of staff: {_listed(names)}.")
    for kind, words in WITHOUT_THE_ROLE.items():
        names = list(resources.without_the_role(clinic, kind).values_list("name", flat=True))
        if names:
            sentences.append(f"{words}: {_listed(names)}.")
    return sentences


def _of_hours(clinic: Clinic, now: datetime) -> list[str]:
    ahead = Opening.objects.filter(resource=OuterRef("pk"), during__endswith__gt=now)
    idle = Resource.objects.filter(~Exists(ahead), clinic=clinic, active=True).order_by("kind", "name")
    names = list(idle.values_list("name", flat=True))
    return [f"No hours ahead: {_listed(names)}."] if names else []


def _of_protocols(clinic: Clinic) -> list[str]:
    counts = dict(Protocol.objects.filter(clinic=clinic).values_list("status").annotate(Count("pk")))
    drafts = counts.get(ProtocolStatus.DRAFT, 0)
    sentences = [] if counts.get(ProtocolStatus.ACTIVE) else ["None is in force: nothing can be booked."]
    if drafts:
        sentences.append("A draft waits" if drafts == 1 else f"{drafts} drafts wait")
        sentences[-1] += " for a prescriber's signature."
    return sentences


def _of_calls(clinic: Clinic, now: datetime) -> list[str]:
    turns = on_call.in_turn(clinic_id=clinic.pk, role=on_call.ON_CALL_FOR, now=now)
    empty = [rung.label.lower() for rung, found in turns if not found]
    return [f"Nobody would be called {_listed(empty)} if something urgent came now."] if empty else []


def _of_sending(clinic: Clinic) -> list[str]:
    own = ClinicMessaging.objects.filter(clinic=clinic, paused_at__isnull=False).exists()
    sentences = ["This clinic's messages to patients are paused."] if own else []
    if any(row.paused_at for row in sending_state.states()):
        sentences.append("A way out is paused for all clinics.")
    return sentences


def _of_monitors(clinic: Clinic) -> list[str]:
    waiting = UnmatchedMessage.objects.filter(clinic=clinic, settled_at=None).count()
    if not waiting:
        return []
    which = "One message" if waiting == 1 else f"{waiting} messages"
    return [f"{which} could not be placed."]


def _listed(names: list[str], most: int = 4) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
