"""This floor's reads, named for what they return. Whose rows a person may see is `clinic.access`'s to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from notifications import tokens
from notifications.answering.grading import Question
from notifications.answering.question_sets import QUESTION_SETS
from notifications.models import (
    CheckIn,
    CheckInAnswer,
    DeliveryAttempt,
    InboxItem,
    Message,
    MessageKind,
    PatientLink,
)
from notifications.wording.filling import LINK
from scheduler.models import WaitlistOffer


def message_log() -> QuerySet[Message]:
    """Every message that was wanted, sent or not, the latest due first."""
    about = ("patient", "user", "appointment", "clinic")
    return Message.objects.select_related(*about).order_by("-due_at", "-pk")


def searched(
    log: QuerySet[Message],
    *,
    form: str = "",
    due_from: datetime | None = None,
    due_until: datetime | None = None,
    **columns: Any,
) -> QuerySet[Message]:
    """Those of the log with these columns, tried by this form, due in this stretch."""
    log = log.filter(**columns)
    if form:
        log = log.filter(Exists(DeliveryAttempt.objects.filter(message=OuterRef("pk"), form=form)))
    if due_from is not None:
        log = log.filter(due_at__gte=due_from)
    return log if due_until is None else log.filter(due_at__lt=due_until)


def messages_with_attempts() -> QuerySet[Message]:
    """The log with every try of each message: one query more, however many rows."""
    tries = DeliveryAttempt.objects.order_by("number")
    return message_log().prefetch_related(Prefetch("attempts", queryset=tries))


def check_ins() -> QuerySet[CheckIn]:
    """Check-ins with their answers, oldest answer first: two queries for any number."""
    answers = CheckInAnswer.objects.order_by("answered_at", "created_at")
    return CheckIn.objects.select_related("patient", "session", "message", "clinic", "plan").prefetch_related(
        Prefetch("answers", queryset=answers)
    )


@dataclass(frozen=True)
class Arrived:
    """An item of the inbox page: what it is, the text before its link, the link as it is tapped, the text
    after."""

    item: InboxItem
    message: Message
    before: str
    link: str
    after: str


def inbox() -> QuerySet[InboxItem]:
    """What arrived for made-up patients and for staff who were called about them, the latest first."""
    return InboxItem.objects.filter(clinic__synthetic=True).select_related("patient", "user")


def with_links(items: list[InboxItem]) -> list[Arrived]:
    """Inbox items with working links, a page's to its task: two queries."""
    keys = [UUID(item.key) for item in items]
    links = {
        link.message_id: tokens.address_of(link) for link in PatientLink.objects.filter(message_id__in=keys)
    }
    messages = Message.objects.in_bulk(keys)
    links |= {key: tokens.address_in(page) for key, page in messages.items() if page.work_item_id}
    arrived = []
    for item in items:
        before, _, after = item.body.partition(LINK)
        key = UUID(item.key)
        arrived.append(Arrived(item, messages[key], before, links.get(key, ""), after))
    return arrived


@dataclass(frozen=True)
class Answered:
    """One question of a check-in with the answer that counts, if there is one."""

    question: Question
    answer: CheckInAnswer | None

    @property
    def label(self) -> str:
        choice = self.question.choice(self.answer.value) if self.answer else None
        return str(choice.label) if choice else ""

    @property
    def holds(self) -> bool:
        """Whether the answer stands on the next visit until a prescriber has judged it."""
        choice = self.question.choice(self.answer.value) if self.answer else None
        return bool(choice and choice.holds)


def answered_questions(check_in: CheckIn) -> list[Answered]:
    """The questions in the order they are asked, each with its newest answer. No query where the answers are
    loaded as `check_ins` loads them."""
    given = {each.question: each for each in check_in.answers.all()}
    return [Answered(question, given.get(question.code)) for question in QUESTION_SETS[check_in.kind]]


def offer_messages(offers: Iterable[WaitlistOffer]) -> dict[UUID, Message]:
    """What was said of these offers, by offer; nothing yet where the planner hasn't run: one query."""
    by_hold = {offer.appointment_id: offer.pk for offer in offers}
    said = Message.objects.filter(appointment_id__in=by_hold, kind=MessageKind.OFFER).order_by("created_at")
    return {by_hold[message.appointment_id]: message for message in said if message.appointment_id}
