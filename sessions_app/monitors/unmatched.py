"""What a monitor sent and nobody could place: kept as it came, told to the nurses, settled by a person.

Why a message could not be placed is found in `feed`. Its content is a patient's: it stands in its own row and
nowhere else, neither in a title nor in a log.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Max, QuerySet, Window

from clinic import access, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import in_words, said
from sessions_app.models import UnmatchedMessage

CAUSE: Final = "unmatched_message"
TITLE: Final = "A monitor sends what cannot be placed: look which chair it stands at"
# Ours: somebody is in a chair whose monitor goes unread.
DUE: Final = timedelta(minutes=5)
WHY: Final = UnmatchedMessage._meta.get_field("why").max_length
IDENTIFIER: Final = UnmatchedMessage._meta.get_field("identifier").max_length


@dataclass(frozen=True)
class Kept:
    """A message to be kept, and why. `sample_of` is set where the rest of the message was placed and only
    this much of it is new to us: the first such message of the device stands for all."""

    raw: bytes
    clinic_id: UUID
    identifier: str
    why: str
    sample_of: str = ""

    @property
    def sha256(self) -> str:
        if self.sample_of:
            return hashlib.sha256(f"{self.identifier}\0{self.sample_of}".encode()).hexdigest()
        return hashlib.sha256(self.raw).hexdigest()


def keep(messages: Sequence[Kept], *, now: datetime) -> set[str]:
    """Keep each once, and see that the nurses have a task for each device that needs somebody. Which are new,
    by their `sha256`.

    Inside the caller's transaction. The same message twice is one row, also after it was settled.
    """
    by_hash: dict[str, Kept] = {}
    for message in messages:
        by_hash.setdefault(message.sha256, message)
    stored = UnmatchedMessage.objects.filter(sha256__in=list(by_hash))
    known = set(stored.values_list("sha256", flat=True))
    fresh = [
        UnmatchedMessage(
            clinic_id=row.clinic_id,
            received_at=now,
            identifier=row.identifier[:IDENTIFIER],
            message=as_text(row.raw),
            why=row.why[:WHY],
            sha256=sha256,
        )
        for sha256, row in by_hash.items()
        if sha256 not in known
    ]
    if not fresh:
        return set()
    UnmatchedMessage.objects.bulk_create(fresh, ignore_conflicts=True)
    told = _told([row.clinic_id for row in fresh])
    first_of = {(row.clinic_id, row.identifier): row for row in reversed(fresh)}
    work.open_items([_task(row, now) for device, row in first_of.items() if device not in told])
    return by_hash.keys() - known


def as_text(raw: bytes) -> str:
    """The message as text that the database can hold; what is no UTF-8 is read byte for byte."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\0", "␀")


def as_sent(row: UnmatchedMessage) -> bytes | None:
    """The very bytes that came, or nothing when the text no longer tells them."""
    for raw in (row.message.encode(), row.message.replace("␀", "\0").encode("latin-1", "replace")):
        if hashlib.sha256(raw).hexdigest() == row.sha256:
            return raw
    return None


def waiting(clinic: Clinic) -> QuerySet[UnmatchedMessage]:
    """What waits in a clinic: of each device and reason the oldest message, without its content, with
    `alike`, how many there are, and `last`, when the newest came. One query."""
    group = [F("identifier"), F("why")]
    return (
        UnmatchedMessage.objects.filter(clinic=clinic, settled_at__isnull=True)
        .defer("message")
        .annotate(
            alike=Window(Count("pk"), partition_by=group),
            last=Window(Max("received_at"), partition_by=group),
        )
        .order_by("identifier", "why", "received_at", "id")
        .distinct("identifier", "why")
    )


def settle(
    *, actor: Actor, message: UnmatchedMessage, outcome: str, alike: bool = False, now: datetime
) -> int:
    """Say what became of a message; `alike` settles whatever waits of its device for its reason as well.

    How many were settled. The task about the device closes with the same words once nothing waits of it, if
    it is this person's to close. Raises `Invalid` without an outcome in words, `Conflict` `message_settled`.
    """
    outcome = said(outcome)
    if not in_words(outcome):
        raise Invalid({"outcome": "Say in a few words what was done: no message goes in silence."})

    def write() -> int:
        rows = UnmatchedMessage.objects.filter(clinic=message.clinic, settled_at__isnull=True)
        of_device = rows.filter(identifier=message.identifier)
        chosen = of_device.filter(why=message.why) if alike else of_device.filter(pk=message.pk)
        # Locked in one order, so that two people who settle the same lot wait for each other.
        found = list(chosen.select_for_update().order_by("pk").values_list("pk", flat=True))
        if message.pk not in found:
            raise Conflict("This message is settled already.", code="message_settled")
        with acting(actor.user_id):
            rows.filter(pk__in=found).update(settled_at=now, settled_by_id=actor.user_id, outcome=outcome)
        close_tasks(actor, message.clinic_id, message.identifier, outcome, now)
        return len(found)

    return in_transaction(write)


def close_tasks(actor: Actor, clinic: UUID, identifier: str, outcome: str, now: datetime) -> None:
    """Close the task about a device of which nothing waits any more, if it is this person's to close."""
    messages = UnmatchedMessage.objects.filter(clinic=clinic, identifier=identifier)
    if messages.filter(settled_at__isnull=True).exists():
        return
    causes = [f"{CAUSE}:{pk}" for pk in messages.values_list("pk", flat=True)]
    for task in _open_tasks().filter(clinic=clinic, cause__in=causes):
        if actor.may(access.TASK_OF[Role(task.role)], task.clinic_id):
            work.close(actor=actor, item=task, outcome=outcome, now=now)


def _task(row: UnmatchedMessage, now: datetime) -> WorkItem:
    return WorkItem(
        clinic=row.clinic,
        patient_id=None,
        cause=f"{CAUSE}:{row.pk}",
        title=TITLE,
        urgency=Urgency.AMBER,
        role=Role.NURSE,
        due_at=now + DUE,
    )


def _told(clinics: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """The devices about which a task is open."""
    causes = _open_tasks().filter(clinic__in=set(clinics)).values_list("cause", flat=True)
    about = [UUID(cause.partition(":")[2]) for cause in causes]
    return set(UnmatchedMessage.objects.filter(pk__in=about).values_list("clinic_id", "identifier"))


def _open_tasks() -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(closed_at__isnull=True, cause__startswith=f"{CAUSE}:")
