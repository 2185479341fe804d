"""What staff do with patients' texts: answer them, offer other times, mark them as dealt with, correct a
number.

What a thread shows is read in `conversations`; what closing a task means for its text is in `text_tasks`. A
reply goes only where an automatic message could go: blocks and consents hold for people, too. E-mails are not
read: their answers reach nobody.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from phonenumber_field.phonenumber import to_python

from clinic import consents, patients, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import ConsentScope, Patient, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from notifications import saying
from notifications.answering import times
from notifications.delivering import blocked
from notifications.models import BlockReason, Form, InboundMessage, LinkPurpose, Message, MessageKind
from notifications.planning import own_texts
from notifications.talking import inbound, opting, own_words, text_tasks
from notifications.talking.answers import CHOOSE_TIME
from notifications.talking.own_words import About
from notifications.wording import writing
from scheduler.models import Appointment, AppointmentStatus

STAGE: Final = "reply"
# Words in a conversation are of no use the day after. [D]
OF_USE_FOR: Final = timedelta(hours=24)
ANSWERED: Final = "Answered by text."
# Somebody else's number comes first: who asked there for no more texts wasn't the patient: nobody calls it.
REFUSED: Final = {
    BlockReason.WRONG_NUMBER: "Somebody else has this number. Correct it first.",
    BlockReason.STOP: "This patient asked for no more texts. Call instead.",
    BlockReason.UNREACHABLE: "This number can't be reached. Correct it first, or call.",
}


def texts_of(patient: Patient) -> QuerySet[InboundMessage]:
    """What this patient wrote, and what came from their number while it was several patients'."""
    theirs = Q(patient=patient)
    if patient.phone:
        theirs |= Q(patient=None, clinic=patient.clinic_id, sender=patient.phone)
    return InboundMessage.objects.filter(theirs)


def texts_of_number(text: InboundMessage) -> QuerySet[InboundMessage]:
    """What came from the same number and belongs to no patient."""
    return InboundMessage.objects.filter(patient=None, clinic=text.clinic_id, sender=text.sender)


def why_not(patient: Patient) -> str:
    """Why this patient can't be written to by text now, as a sentence; empty when they can: three queries at
    most."""
    if patient.deceased:
        return "This patient has died."
    if not patient.phone:
        return "There is no mobile number on record. Enter one, or call."
    number = str(patient.phone)
    blocks = blocked.blocks_of(clinic_id=patient.clinic_id, number=number, patients=[patient])
    for reason, sentence in REFUSED.items():
        if reason in blocks:
            return sentence
    if ConsentScope.SMS not in consents.current_scopes(patient.pk):
        return "There is no consent to text messages on record. Record it, or call."
    return ""


def faults_of(patient: Patient, text: str, *, link_length: int = 0, by_email: bool = False) -> list[str]:
    """Why this can't be written to this patient, as `own_words.faults` says it."""
    about = About(patient.given_names, patient.family_name, patient.birth_date)
    sender = patient.clinic.sender_name
    return own_words.faults(text, sender=sender, about=about, link_length=link_length, by_email=by_email)


def reply(
    *, actor: Actor, id: UUID, patient: Patient, text: str, seen: UUID | None = None, now: datetime
) -> Message:
    """Write to the patient's phone; what they wrote up to `seen`, the newest text that whoever replies had
    read, counts as answered. Whether no more texts are wanted stays a question of its own, and a text about
    which somebody has to call waits until they have.

    Raises `Invalid` for words that may not stand on a lock screen, that a text can't have or that are too
    long, `Conflict` `unreachable` where no text may go.
    """
    if wrong := faults_of(patient, text):
        raise Invalid({"text": " ".join(wrong)})
    words = own_words.as_sent(text, sender=patient.clinic.sender_name)

    def work_() -> Message:
        return _write(actor, id, patient, words, seen, now)

    return in_transaction(work_)


def offer_times(
    *, actor: Actor, id: UUID, visit: Appointment, seen: UUID | None = None, now: datetime
) -> Message:
    """Text the patient of this visit a link on which they choose another time for it; as a reply, it answers
    what they wrote up to `seen`. The desk has a task from now on until there is another time.

    Raises `Conflict` `unreachable` where no text may go, `visit_begun` for a visit that isn't ahead any more.
    """
    if visit.status != AppointmentStatus.BOOKED or visit.starts_at <= now:
        raise Conflict(
            "This visit isn't ahead any more: there is no other time to choose.", code="visit_begun"
        )
    patient, clinic = visit.patient, visit.clinic
    words = writing.words_for(
        sender=clinic.sender_name,
        phone=clinic.phone.as_national,
        clinic_zone=clinic.time_zone,
        visit_starts_at=visit.starts_at,
        language=patient.language,
    )
    own = own_texts.own_texts(clinic).get((CHOOSE_TIME, writing.language_of(patient.language).code))
    text = writing.write_sms(
        CHOOSE_TIME,
        words,
        language=patient.language,
        own=own_texts.as_own(own) if own else None,
        link_length=own_texts.link_length(),
    )

    def work_() -> Message:
        times.ask(appointment=visit, now=now)
        about = {"appointment": visit, "visit_starts_at": visit.starts_at}
        message = _write(actor, id, patient, text, seen, now, **about)
        saying.give_link(message, purpose=LinkPurpose.TIMES, expires_at=visit.starts_at)
        return message

    return in_transaction(work_)


def _write(
    actor: Actor, id: UUID, patient: Patient, words: str, seen: UUID | None, now: datetime, **about: Any
) -> Message:
    """The message, and what it answers counts as dealt with. Inside the caller's transaction."""
    answering = text_tasks.one_by_one(up_to(texts_of(patient), seen).filter(read_at=None))
    row = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if hindrance := why_not(row):
        raise Conflict(hindrance, code="unreachable")
    with acting(actor.user_id):
        message = Message.objects.create(
            id=id,
            clinic_id=row.clinic_id,
            patient=row,
            kind=MessageKind.REPLY,
            stage=STAGE,
            key=f"{STAGE}:{id}",
            text=words,
            written_by_id=actor.user_id,
            form=Form.SMS,
            urgent=True,
            due_at=now,
            stale_at=now + OF_USE_FOR,
            **about,
        )
        waiting = _read(actor, answering, now)
        asked = WorkItem.objects.filter(clinic=row.clinic_id, cause__in=_causes(waiting), closed_at=None)
        answered = asked.exclude(title=inbound.PERHAPS_STOP).values_list("cause", flat=True)
        work.settle(actor=actor, clinic_id=row.clinic_id, causes=list(answered), outcome=ANSWERED, now=now)
        text_tasks.still_to_be_read(waiting)
    return message


def deal_with(
    *, actor: Actor, clinic_id: UUID, texts: QuerySet[InboundMessage], outcome: str, now: datetime
) -> int:
    """Mark these texts as dealt with, and close their tasks with what was done. Returns how many waited.
    `up_to` leaves out what came after somebody had read them; it then waits with a task of its own. A text
    about which somebody has to call is dealt with when the call's task is closed.

    Dealing with them again changes nothing. Raises `Invalid` without an outcome.
    """
    outcome = said(outcome)
    if not outcome:
        raise Invalid({"outcome": "Say in a few words what was done. A task never closes in silence."})

    def work_() -> int:
        with acting(actor.user_id):
            waiting = _read(actor, text_tasks.one_by_one(texts.filter(read_at=None)), now)
            work.settle(actor=actor, clinic_id=clinic_id, causes=_causes(waiting), outcome=outcome, now=now)
            text_tasks.still_to_be_read(waiting)
            return len(waiting)

    return in_transaction(work_)


def correct_number(
    *, actor: Actor, patient: Patient, phone: str, how: str, shared: bool = False, now: datetime
) -> Patient:
    """Enter the patient's right number, which may be the one that was thought to be somebody else's.

    `how` says how it is known, `shared` that another patient has this telephone too, as families do. Whoever
    has asked for no more texts is not written to all the same. Raises `Invalid` for a number that can't be
    dialled, or without `how`; `Conflict` `number_shared` for another patient's number that isn't said to be
    shared.
    """
    how = said(how)
    number = to_python(phone)
    wrong = {}
    if not number or not number.is_valid():
        wrong["phone"] = patients.PHONE_MEND
    if not how:
        wrong["how"] = "Say how you know: the patient called, or told the desk."
    if wrong:
        raise Invalid(wrong)

    def work_() -> Patient:
        row = patients.update_details(
            actor=actor, patient=patient, changes={"phone": phone}, reason=how, shared=shared, now=now
        )
        opting.lift(
            actor=actor,
            clinic_id=row.clinic_id,
            address=str(row.phone),
            reasons=[BlockReason.WRONG_NUMBER, BlockReason.UNREACHABLE],
            how=how,
            now=now,
        )
        causes = WorkItem.objects.filter(
            clinic=row.clinic_id,
            cause__startswith=f"{inbound.WRONG_NUMBER_CAUSE}:{row.pk}:",
            closed_at=None,
        )
        work.settle(
            actor=actor,
            clinic_id=row.clinic_id,
            causes=list(causes.values_list("cause", flat=True)),
            outcome=f"The number was corrected: {how}",
            now=now,
        )
        return row

    return in_transaction(work_)


def up_to(texts: QuerySet[InboundMessage], seen: UUID | None) -> QuerySet[InboundMessage]:
    """Of these texts those that had come when the one that was `seen` last had; none where none was."""
    if seen is None:
        return texts.none()
    newest = texts.filter(pk=seen).values("created_at")
    return texts.filter(created_at__lte=Subquery(newest))


def newest_of(texts: QuerySet[InboundMessage]) -> UUID | None:
    """The text that came last, to be handed back as `seen`."""
    return texts.order_by("-created_at").values_list("pk", flat=True).first()


def _read(actor: Actor, texts: QuerySet[InboundMessage], now: datetime) -> list[InboundMessage]:
    """Mark those of these unread texts that waited for nothing else as read."""
    waiting = text_tasks.without_owed_calls(texts)
    found = list(waiting.select_for_update(no_key=True).order_by("pk"))
    for text in found:
        text_tasks.mark_read(text, actor.user_id, now)
    return found


def _causes(texts: Iterable[InboundMessage]) -> list[str]:
    return [f"{inbound.TEXT_CAUSE}:{text.pk}" for text in texts]
