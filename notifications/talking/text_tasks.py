"""A patient's text and the tasks about it: whoever closes one of them has dealt with the other.

A text that somebody has to call about waits until they have: a reply by text alone doesn't end it. How such
tasks are opened is in `inbound`; what staff do with a thread is in `threads`.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from clinic import work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import WorkItem
from clinic.transactions import in_transaction
from notifications.models import InboundMessage
from notifications.talking import inbound


def close(*, actor: Actor, item: WorkItem, outcome: str, now: datetime) -> WorkItem:
    """Close a task of any kind with what was done; with the last task of a text the text is dealt with.

    What a nurse did about an alarming text also answers the desk's task to read it. Raises what
    `clinic.work.close` raises.
    """
    kind, _, key = item.cause.partition(":")
    about_a_text = kind in (inbound.TEXT_CAUSE, inbound.CRISIS_CAUSE)

    def work_() -> WorkItem:
        if about_a_text:
            one_by_one(InboundMessage.objects.filter(pk=UUID(key)))
        closed = work.close(actor=actor, item=item, outcome=outcome, now=now)
        if about_a_text:
            _dealt_with(actor, UUID(key), kind, closed.outcome, now)
        return closed

    return in_transaction(work_)


def one_by_one(texts: QuerySet[InboundMessage]) -> QuerySet[InboundMessage]:
    """These texts, and until the transaction ends none is taken from their numbers: whether a task stands for
    the next one is asked when theirs are closed. Before any row is locked."""
    numbers = {(clinic_id, str(sender)) for clinic_id, sender in texts.values_list("clinic_id", "sender")}
    for clinic_id, number in sorted(numbers):
        inbound.one_by_one(clinic_id, number)
    return texts.filter(sender__in=[number for _, number in numbers])


def without_owed_calls(texts: QuerySet[InboundMessage]) -> QuerySet[InboundMessage]:
    """Those of these texts about which nobody has to be called, or somebody was."""
    owed = _open_about(inbound.CRISIS_CAUSE, texts.values_list("pk", flat=True))
    return texts.exclude(pk__in=[UUID(cause.partition(":")[2]) for cause in owed])


def still_to_be_read(texts: Iterable[InboundMessage]) -> None:
    """One task stands for all that waits from a number: when those of these texts are closed, what came since
    has one, by its own clock. Inside the caller's transaction."""
    for clinic_id, sender in {(text.clinic_id, str(text.sender)) for text in texts}:
        left = _left(clinic_id, sender)
        if left and not _open_about(inbound.TEXT_CAUSE, [text.pk for text in left]):
            inbound.to_be_read(left[0], patient_id=left[0].patient_id)


def mark_read(text: InboundMessage, by: UUID | None, now: datetime) -> None:
    """Somebody has dealt with it. Inside the caller's transaction, with the row locked."""
    text.read_at, text.read_by_id = now, by
    with acting(by):
        text.save(update_fields=["read_at", "read_by"])


def _dealt_with(actor: Actor, key: UUID, kind: str, outcome: str, now: datetime) -> None:
    text = InboundMessage.objects.select_for_update(no_key=True).filter(pk=key).first()
    if text is None:
        return
    if text.read_at is None and not _open_about(inbound.CRISIS_CAUSE, [text.pk]):
        mark_read(text, actor.user_id, now)
    if kind == inbound.TEXT_CAUSE:
        still_to_be_read([text])
    elif not _left(text.clinic_id, str(text.sender)):
        causes = [f"{inbound.TEXT_CAUSE}:{text.pk}"]
        work.settle(actor=actor, clinic_id=text.clinic_id, causes=causes, outcome=outcome, now=now)


def _left(clinic_id: UUID, sender: str) -> list[InboundMessage]:
    """What came from this number and waits for nobody's call, only to be read; the oldest first."""
    waiting = InboundMessage.objects.filter(clinic=clinic_id, sender=sender, read_at=None)
    return list(without_owed_calls(waiting).order_by("received_at", "pk"))


def _open_about(kind: str, texts: Iterable[UUID]) -> list[str]:
    """The causes of this kind about these texts whose tasks are open."""
    causes = [f"{kind}:{key}" for key in texts]
    return list(WorkItem.objects.filter(cause__in=causes, closed_at=None).values_list("cause", flat=True))
