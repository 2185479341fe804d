"""A patient's thread, and which threads wait for somebody: what was said to them and by them, in order.

Reads alone; what staff do with a thread is in `threads`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from clinic.models import Clinic, Patient, WorkItem
from notifications.models import DeliveryAttempt, Form, InboundMessage, Message, MessageKind
from notifications.planning.stage_words import title_of
from notifications.talking import inbound, reading_words, threads
from notifications.wording import writing
from scheduler.models import Appointment, AppointmentStatus

MOST_LINES: Final = 200
MOST_WAITING: Final = 500
MOST_RECENT: Final = 30
MOST_VISITS: Final = 5
RECENT: Final = timedelta(days=14)
RECEIVED, WRITTEN, AUTOMATIC = "received", "written", "automatic"
# To staff about the patient: no part of what the two say to each other.
NOT_TO_THE_PATIENT: Final = (MessageKind.PAGE,)


@dataclass(frozen=True)
class Line:
    """One thing said. A message has no `words` until its first try, unless a person wrote them."""

    id: UUID
    at: datetime
    direction: str
    words: str
    status: str = ""  # of a message: where it stands
    status_words: str = ""
    why: str = ""
    what: str = ""  # its stage or reading, in words
    form: str = ""  # of a message that was tried: by text or by e-mail
    visit_starts_at: datetime | None = None  # of a message about a visit: the start that it told
    by: str = ""
    waiting: bool = False  # a text that nobody has dealt with
    alarming: bool = False  # a text with words of a crisis


@dataclass(frozen=True)
class Waiting:
    """A thread with texts that nobody has dealt with, the oldest of them first: a patient's, or that of a
    number which several patients have, or none."""

    patient: Patient | None
    texts: list[InboundMessage]
    sharing: Sequence[Patient] = ()

    @property
    def oldest(self) -> InboundMessage:
        return self.texts[0]

    @property
    def latest(self) -> InboundMessage:
        return self.texts[-1]

    @property
    def alarming(self) -> bool:
        """One of them has words of a crisis: a nurse was called when it came."""
        return any(_alarming(text) for text in self.texts)


def thread_of(patient: Patient) -> list[Line]:
    """The last lines of this patient's thread, the latest last: at most five queries, however long. What came
    from their number while others had it too, and what was said back to it, stands with all of them."""
    messages = [*_said(Message.objects.filter(patient=patient, carried_by=None))]
    if patient.phone:
        to_all = _answers_to(patient.clinic_id, str(patient.phone)).exclude(patient=patient)
        messages += _said(to_all)
    texts = threads.texts_of(patient).select_related("read_by").order_by("-received_at")[:MOST_LINES]
    lines = [*(_of_message(message) for message in messages), *(_of_text(text) for text in texts)]
    return _in_order(lines)


def thread_of_number(text: InboundMessage) -> list[Line]:
    """What came from this number, which is no one patient's, and what was said back: three queries."""
    texts = threads.texts_of_number(text).select_related("read_by").order_by("-received_at")[:MOST_LINES]
    messages = _said(_answers_to(text.clinic_id, str(text.sender)))
    return _in_order([*map(_of_message, messages), *map(_of_text, texts)])


def sharing(text: InboundMessage) -> list[Patient]:
    """The living patients who have the number that this came from now."""
    return _of_numbers(text.clinic_id, {str(text.sender)}).get(str(text.sender), [])


def unread_texts() -> QuerySet[InboundMessage]:
    """Texts that nobody has dealt with, the oldest first."""
    waiting = InboundMessage.objects.filter(read_at=None)
    return waiting.select_related("patient").order_by("received_at", "pk")


def waiting_threads(clinic: Clinic) -> list[Waiting]:
    """Whose texts nobody has dealt with, the alarming first, then the longest waiting: two queries."""
    found: dict[tuple[UUID | None, str], list[InboundMessage]] = {}
    for text in unread_texts().filter(clinic=clinic)[:MOST_WAITING]:
        found.setdefault((text.patient_id, "" if text.patient_id else str(text.sender)), []).append(text)
    several = _of_numbers(clinic.pk, {number for _, number in found} - {""})
    waiting = [
        Waiting(texts[0].patient, texts, several.get(number, ())) for (_, number), texts in found.items()
    ]
    return sorted(waiting, key=lambda each: not each.alarming)


@dataclass(frozen=True)
class Recent:
    """A patient who wrote lately and for whom nothing waits: the last thing that they wrote."""

    patient: Patient
    text: InboundMessage


def recent_threads(clinic: Clinic, *, now: datetime) -> list[Recent]:
    """Whose texts of the last days are all dealt with, the latest first: one query."""
    waits = InboundMessage.objects.filter(clinic=clinic, patient=OuterRef("patient"), read_at=None)
    texts = InboundMessage.objects.filter(
        ~Exists(waits), clinic=clinic, patient__isnull=False, received_at__gte=now - RECENT
    )
    latest = texts.order_by("patient", "-received_at", "-pk").distinct("patient").values("pk")
    rows = InboundMessage.objects.filter(pk__in=latest).select_related("patient", "read_by")
    return [
        Recent(text.patient, text)
        for text in rows.order_by("-received_at", "-pk")[:MOST_RECENT]
        if text.patient is not None
    ]


def calls_owed(lines: Iterable[Line]) -> list[WorkItem]:
    """The open tasks to call about any of these texts, the first due first: one query where a text waits."""
    causes = [f"{inbound.CRISIS_CAUSE}:{line.id}" for line in lines if line.waiting]
    if not causes:
        return []
    owed = WorkItem.objects.filter(cause__in=causes, closed_at=None)
    return list(owed.select_related("clinic", "patient", "owner").order_by("due_at", "pk"))


def upcoming_visits(patient: Patient, *, now: datetime) -> QuerySet[Appointment]:
    """The booked visits for which other times can be offered, the next first."""
    return (
        Appointment.objects.filter(
            patient=patient, status=AppointmentStatus.BOOKED, during__startswith__gt=now
        )
        .select_related("clinic", "patient")
        .order_by("during__startswith", "pk")[:MOST_VISITS]
    )


def _in_order(lines: Iterable[Line]) -> list[Line]:
    """What is said back by itself comes at the moment of the text that it answers."""
    return sorted(lines, key=lambda line: (line.at, line.direction != RECEIVED))[-MOST_LINES:]


def _said(messages: QuerySet[Message]) -> QuerySet[Message]:
    return (
        messages.exclude(kind__in=NOT_TO_THE_PATIENT)
        .select_related("written_by")
        .prefetch_related(Prefetch("attempts", queryset=DeliveryAttempt.objects.order_by("-number")))
        .order_by("-due_at")[:MOST_LINES]
    )


def _answers_to(clinic_id: UUID, number: str) -> QuerySet[Message]:
    """What was said by itself to this number while it was no one patient's."""
    return Message.objects.filter(
        in_answer_to__clinic=clinic_id, in_answer_to__sender=number, in_answer_to__patient=None
    )


def _of_numbers(clinic_id: UUID, numbers: Collection[str]) -> dict[str, list[Patient]]:
    """By number, the living patients who have it."""
    found: dict[str, list[Patient]] = {}
    having = Patient.objects.filter(clinic=clinic_id, phone__in=numbers, deceased=False)
    for patient in having.order_by("created_at", "pk"):
        found.setdefault(str(patient.phone), []).append(patient)
    return found


def _of_message(message: Message) -> Line:
    tries = list(message.attempts.all())
    written = message.written_by
    return Line(
        id=message.pk,
        at=message.sent_at or message.due_at,
        direction=WRITTEN if written else AUTOMATIC,
        words=_words_of(tries[0]) if tries else message.text,
        status=message.status,
        status_words="Delivered" if message.delivered_at else message.get_status_display(),
        why=message.reason,
        what=title_of(message.stage),
        form=str(Form(tries[0].form).label) if tries else "",
        visit_starts_at=message.visit_starts_at,
        by=written.full_name if written else "",
    )


def _words_of(attempt: DeliveryAttempt) -> str:
    """What was said, without the greeting and the notes that every e-mail has around it."""
    return writing.paragraph_of(attempt.body) if attempt.form == Form.EMAIL else attempt.body


def _of_text(text: InboundMessage) -> Line:
    return Line(
        id=text.pk,
        at=text.received_at,
        direction=RECEIVED,
        words=text.body,
        what=text.get_reading_display(),
        by=text.read_by.full_name if text.read_by else "",
        waiting=text.read_at is None,
        alarming=_alarming(text),
    )


def _alarming(text: InboundMessage) -> bool:
    return reading_words.read(text.body, opted_out=False).crisis
