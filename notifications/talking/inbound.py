"""A text from a patient's phone: recorded once, read, and followed by what it means.

Whose it is, is told by the numbers alone: the clinic by the one it was sent to, the patients by the one it
came from. What the words mean is `reading_words`', what is said back `answers`'. The text itself is a record:
it is shown to staff, and never repeated, logged or put into a task's title.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db.models import F

from clinic import clock, phones, work
from clinic.history import acting
from clinic.models import Clinic, Patient, Role, Urgency, WorkItem
from clinic.problems import Conflict
from clinic.transactions import in_transaction, one_at_a_time
from notifications.answering import grading, nurse_calls, times
from notifications.delivering import blocked
from notifications.models import (
    BlockReason,
    ClinicMessaging,
    InboundMessage,
    LeftBecause,
    Reading,
    TextsLeft,
)
from notifications.planning import said
from notifications.talking import answers, opting, reading_words
from notifications.talking.reading_words import Meaning
from scheduler.models import Appointment, AppointmentStatus, ParticipantStatus
from scheduler.visits import attendance

DOOR: Final = "text message"
TEXT_CAUSE: Final = "inbound_message"
CRISIS_CAUSE: Final = "inbound_crisis"
WRONG_NUMBER_CAUSE: Final = "number"
READ_AND_ANSWER: Final = "Read and answer a text"
WANTS_HELP: Final = "A patient asks for help by text: read it and call"
WORRYING: Final = "A patient is unwell after a visit, by text: read it and call"
PERHAPS_STOP: Final = "Ask this patient: are no more texts wanted?"
STOPPED_OR_CANCELLED: Final = "Ask this patient: no more texts, or is it about the visit or the treatment?"
CALL_NOW: Final = "Call the patient now: alarming text message"
CORRECT_NUMBER: Final = "Correct this patient's number: somebody else has it"
# How soon somebody reads what no rule understands. [D]
READ_WITHIN: Final = timedelta(hours=4)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """A text that has just come, and what it is judged by. `patients` are the living with this number."""

    text: InboundMessage
    clinic: Clinic
    patients: list[Patient]
    blocks: frozenset[BlockReason]
    meaning: Meaning
    now: datetime

    @property
    def number(self) -> str:
        return str(self.text.sender)

    @property
    def patient(self) -> Patient | None:
        """Who is answered: of several on one number, the first in the house."""
        return self.patients[0] if self.patients else None

    @property
    def about(self) -> UUID | None:
        """Whose the text is: the only patient of this number. Which of several has written nobody knows, so a
        task about it names none of them, and leads to the number's thread, which names them all."""
        return self.text.patient_id

    @property
    def today(self) -> str:
        return clock.local_date(self.now, self.clinic.time_zone).isoformat()


def take(
    *,
    provider: str,
    reference: str,
    sender: str,
    recipient: str,
    body: str,
    received_at: datetime,
    now: datetime,
) -> InboundMessage | None:
    """Record a text and do what it says, all or nothing. The same `reference` again changes nothing.

    None for a text to a number that never was a clinic's, or from one that can't be a telephone's: nobody
    could read it, so it is only counted.
    """
    number, own_number = phones.e164(sender), phones.e164(recipient)
    clinic = _clinic_of(own_number) if own_number else None
    if clinic is None or not number:
        why = LeftBecause.NO_CLINIC if clinic is None else LeftBecause.NO_TELEPHONE
        _leave(why, provider=provider, reference=reference, now=now)
        return None

    def work_() -> InboundMessage:
        # Of two STOPs the second sees what the first did.
        one_by_one(clinic.pk, number)
        everybody = Patient.objects.select_for_update(no_key=True).filter(clinic=clinic, phone=number)
        patients = list(everybody.filter(deceased=False).order_by("created_at", "pk"))
        blocks = blocked.blocks_of(clinic_id=clinic.pk, number=number, patients=patients)
        # Of several on one number each may say not to be the other.
        names = [patients[0].given_names, patients[0].family_name] if len(patients) == 1 else []
        meaning = reading_words.read(body, opted_out=BlockReason.STOP in blocks, names=names)
        text, fresh = InboundMessage.objects.get_or_create(
            provider=provider,
            provider_reference=reference,
            defaults={
                "clinic": clinic,
                "patient": patients[0] if len(patients) == 1 else None,
                "sender": number,
                "body": body.replace("\x00", ""),
                "received_at": received_at,
                "reading": meaning.reading,
            },
        )
        if fresh:
            _follow(Arrival(text, clinic, patients, blocks, meaning, now))
        return text

    with acting(None, door=DOOR):
        return in_transaction(work_)


def one_by_one(clinic_id: UUID, number: str) -> None:
    """Until the transaction ends nothing else is done with what comes from this number. Before any row is
    locked, so that nobody waits for each other."""
    one_at_a_time(f"text:{clinic_id}:{number}")


def _leave(why: LeftBecause, *, provider: str, reference: str, now: datetime) -> None:
    """A provider that is set up for a number which no clinic has entered shows in the figures and in the log,
    by the provider's own name of the text; what it says and whose it is, in neither."""
    log.warning("text left: why=%s provider=%s reference=%r", why, provider, reference)
    TextsLeft.objects.get_or_create(why=why, defaults={"last_at": now})
    TextsLeft.objects.filter(why=why).update(count=F("count") + 1, last_at=now)


def _clinic_of(own_number: str) -> Clinic | None:
    """Whose number this is; of one that is nobody's any more, who had it last: what comes to it is still
    read, because patients keep the number that they know."""
    clinic = Clinic.objects.filter(messaging__sms_number=own_number).first()
    if clinic is not None:
        return clinic
    history: Any = ClinicMessaging.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    had = history.filter(sms_number=own_number).order_by("-pgh_id").first()
    return Clinic.objects.filter(pk=had.clinic_id).first() if had else None


def _follow(arrival: Arrival) -> None:
    """Everything that the text asks for; what needs nobody's eyes is marked as dealt with."""
    meaning = arrival.meaning
    if meaning.crisis:
        _alarm(arrival)
    elif meaning.worrying:
        _call_today(arrival, WORRYING)
    understood = EFFECTS[Reading(meaning.reading)](arrival)
    if understood and not (meaning.crisis or meaning.worrying):
        arrival.text.read_at = arrival.now
        arrival.text.save(update_fields=["read_at"])


# --- What each reading does; True where no person has to read the text ---------------------------------


def _confirm(arrival: Arrival) -> bool:
    """The next visit that was announced. With none, or visits of several patients, a person reads it."""
    visit = _announced_visit(arrival, unconfirmed_first=True)
    if visit is None:
        return _to_a_person(arrival)
    try:
        attendance.confirm(appointment=visit, now=arrival.now)
    except Conflict:
        # Begun or cancelled a moment ago.
        return _to_a_person(arrival)
    _say(arrival, answers.CONFIRMED, f"{visit.pk}:{visit.starts_at:%Y%m%d%H%M}:{arrival.today}", visit)
    return True


def _reschedule(arrival: Arrival) -> bool:
    visit = _announced_visit(arrival)
    if visit is None:
        return _to_a_person(arrival)
    answers.offer_times(
        text=arrival.text,
        request=times.ask(appointment=visit, now=arrival.now),
        once=f"{visit.pk}:{visit.starts_at:%Y%m%d%H%M}:{arrival.today}",
        blocks=arrival.blocks,
        now=arrival.now,
    )
    return True


def _stop(arrival: Arrival) -> bool:
    if not _overruled(arrival):
        _take_back(arrival, answers.STARTED)
        block = opting.stop(
            clinic_id=arrival.clinic.pk, number=arrival.number, patients=arrival.patients, now=arrival.now
        )
        _say(arrival, answers.STOPPED, str(block.pk))
    if arrival.meaning.doubtful:
        _open_task(arrival, STOPPED_OR_CANCELLED)
    return not arrival.meaning.doubtful


def _start(arrival: Arrival) -> bool:
    if _overruled(arrival):
        return True
    _take_back(arrival, answers.STOPPED)
    opting.start(
        clinic_id=arrival.clinic.pk, number=arrival.number, patients=arrival.patients, now=arrival.now
    )
    _say(arrival, answers.STARTED, str(arrival.text.pk))
    # Whose consent it would be nobody knows.
    return bool(arrival.patients) or _to_a_person(arrival)


def _overruled(arrival: Arrival) -> bool:
    """Whether a text of this number that came later, and went faster through here, has said what holds."""
    return InboundMessage.objects.filter(
        clinic=arrival.clinic,
        sender=arrival.number,
        received_at__gt=arrival.text.received_at,
        reading__in=(Reading.STOP, Reading.START),
    ).exists()


def _take_back(arrival: Arrival, stage: str) -> None:
    answers.take_back(clinic_id=arrival.clinic.pk, number=arrival.number, stage=stage)


def _help(arrival: Arrival) -> bool:
    """Perhaps a cry for help (domain.md 0.6): a nurse calls, whatever other task is open; one call, though,
    for a word that is sent several times."""
    _say(arrival, answers.HELP, str(arrival.text.pk))
    _call_today(arrival, WANTS_HELP)
    return False


def _wrong_number(arrival: Arrival) -> bool:
    """Somebody else has this number: nobody writes to it until a person has corrected it. If it turns
    out to have been the patient's, whoever asked for no more texts gets none all the same."""
    block = opting.block(
        clinic_id=arrival.clinic.pk,
        address=arrival.number,
        reason=BlockReason.WRONG_NUMBER,
        now=arrival.now,
    )
    _say(arrival, answers.WRONG_NUMBER, str(block.pk))
    if arrival.meaning.no_more:
        # Of the number alone: the patient's consent to texts on their own stands.
        opting.block(
            clinic_id=arrival.clinic.pk, address=arrival.number, reason=BlockReason.STOP, now=arrival.now
        )
    for patient in arrival.patients:
        work.open_item(
            clinic_id=arrival.clinic.pk,
            patient_id=patient.pk,
            cause=wrong_number_cause(patient.pk, block.pk),
            title=CORRECT_NUMBER,
            urgency=Urgency.ROUTINE,
            role=Role.FRONT_DESK,
            due_at=arrival.now + READ_WITHIN,
        )
    # A number that is on no record any more: what was sent there, and why, is for a person to find out.
    return bool(arrival.patients) or _to_a_person(arrival)


def _to_a_person(arrival: Arrival) -> bool:
    """Somebody reads it, along with earlier ones; that they will is said at most once a day. Whether it asks
    for no more texts is a question by itself, whatever else waits."""
    if arrival.meaning.doubtful:
        _open_task(arrival, PERHAPS_STOP)
    elif not _is_open(arrival, TEXT_CAUSE):
        _open_task(arrival, READ_AND_ANSWER)
    if arrival.meaning.asks_who:
        # Names the clinic, how to reach it and how to stop its texts, and nothing about anybody.
        _say(arrival, answers.HELP, str(arrival.text.pk))
    elif not arrival.meaning.crisis and arrival.patient is not None:
        _say(arrival, answers.TO_A_PERSON, f"{arrival.patient.pk}:{arrival.today}")
    return False


EFFECTS: Final[Mapping[Reading, Callable[[Arrival], bool]]] = MappingProxyType(
    {
        Reading.CONFIRM: _confirm,
        Reading.RESCHEDULE: _reschedule,
        Reading.STOP: _stop,
        Reading.START: _start,
        Reading.HELP: _help,
        Reading.WRONG_NUMBER: _wrong_number,
        Reading.OTHER: _to_a_person,
    }
)


def wrong_number_cause(patient_id: UUID, block_id: UUID) -> str:
    """One task for each patient of each block; the patient comes first because the page is theirs."""
    return f"{WRONG_NUMBER_CAUSE}:{patient_id}:{block_id}"


def _alarm(arrival: Arrival) -> None:
    """A nurse is called as for a red answer (domain.md 6.2), and the emergency lines are said at once."""
    _call(arrival, grading.RED, CALL_NOW)
    if arrival.meaning.reading != Reading.HELP:
        _say(arrival, answers.HELP, str(arrival.text.pk))


def _call_today(arrival: Arrival, title: str) -> None:
    """A nurse calls as for an amber answer; one call for several such texts that nobody has dealt with."""
    if not _is_open(arrival, CRISIS_CAUSE):
        _call(arrival, grading.AMBER, title)


def _call(arrival: Arrival, level: str, title: str) -> None:
    nurse_calls.open_call(
        clinic=arrival.clinic,
        patient_id=arrival.about,
        level=level,
        cause=f"{CRISIS_CAUSE}:{arrival.text.pk}",
        title=title,
        now=arrival.now,
    )


def _say(arrival: Arrival, stage: str, once: str, visit: Appointment | None = None) -> None:
    answers.answer(
        text=arrival.text,
        patient=visit.patient if visit else arrival.patient,
        stage=stage,
        once=once,
        blocks=blocked.blocks_of(
            clinic_id=arrival.clinic.pk, number=arrival.number, patients=arrival.patients
        ),
        visit=visit,
        now=arrival.now,
    )


def _announced_visit(arrival: Arrival, *, unconfirmed_first: bool = False) -> Appointment | None:
    """The next visit whose time the patient was told, where it is beyond doubt whose."""
    coming = (
        Appointment.objects.filter(
            patient__in=arrival.patients,
            status=AppointmentStatus.BOOKED,
            during__startswith__gt=arrival.now,
        )
        .select_related("patient")
        .order_by("during__startswith", "pk")
    )
    announced = [
        visit
        for visit in coming
        if (told := said.told_of(visit.pk)) is not None and told.starts_at == visit.starts_at
    ]
    if len({visit.patient_id for visit in announced}) != 1:
        return None
    if unconfirmed_first:
        announced.sort(key=lambda visit: visit.patient_status == ParticipantStatus.ACCEPTED)
    return announced[0]


def _is_open(arrival: Arrival, kind: str) -> bool:
    """Whether such a task for a text from this number, still unread, is open."""
    unread = InboundMessage.objects.filter(
        clinic=arrival.clinic, sender=arrival.number, read_at=None
    ).values_list("pk", flat=True)
    causes = [f"{kind}:{pk}" for pk in unread]
    return WorkItem.objects.filter(clinic=arrival.clinic, cause__in=causes, closed_at=None).exists()


def _open_task(arrival: Arrival, title: str) -> None:
    to_be_read(arrival.text, patient_id=arrival.about, title=title)


def to_be_read(text: InboundMessage, *, patient_id: UUID | None, title: str = READ_AND_ANSWER) -> None:
    """Somebody at the desk reads this text. Inside the caller's transaction."""
    work.open_item(
        clinic_id=text.clinic_id,
        patient_id=patient_id,
        cause=f"{TEXT_CAUSE}:{text.pk}",
        title=title,
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=text.received_at + READ_WITHIN,
    )
