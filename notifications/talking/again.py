"""A message said once more by staff: as it was, or edited.

It is a new row beside the first, so the record shows both. Consent, blocked addresses and quiet hours are
asked by delivery, as of any message; whether it is still true and of use is asked here too, so that whoever
sends it is told at once.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from clinic import consents, visible_text
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Channel, Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from notifications import saying
from notifications.answering import tries
from notifications.delivering import addressing
from notifications.models import Form, Message, MessageKind, MessageStatus, PatientLink
from notifications.planning import own_texts, reasons, said, standing
from notifications.talking import own_words, threads
from notifications.wording import gsm7, writing
from notifications.wording.filling import LINK

NOT_AGAIN: Final = frozenset({MessageKind.PAGE, MessageKind.ANSWER})
# What a person wrote is of use for a day. [D]
OWN_WORDS_LAST: Final = timedelta(days=1)
UNDER_WAY: Final = frozenset({MessageStatus.PLANNED, MessageStatus.CLAIMED})


def send_again(*, actor: Actor, id: UUID, message: Message, text: str = "", now: datetime) -> Message:
    """Say it again now; with `text`, in these words, with its link where they have {link} in them: by e-mail
    to whoever wishes that (`by_email`), to others as whatever is said.

    A notice that the patient has had already would say nothing new, and delivery would drop it: while the
    visit stands it goes again as a reminder of the same time. With a link wrong birth years are counted anew:
    so a patient who was stopped, and calls, is let in again. Raises `Conflict` for what is on its way, no
    longer true or no longer of use, and `Invalid` for words that a lock screen must not show.
    """
    # Blank is as it was; words of which nothing shows are words, and refused as such.
    edited, text = bool(text.strip()), visible_text.said(text)

    def work() -> Message:
        Clinic.objects.select_for_update(no_key=True).get(pk=message.clinic_id)
        first = (
            Message.objects.select_related("appointment", "patient__clinic", "clinic", "work_item")
            .select_for_update(of=("self",), no_key=True)
            .get(pk=message.pk)
        )
        must_be_one_to_send_again(first)
        again = _in_own_words(first, text, now) if edited else _as_it_was(first, now)
        _must_not_be_under_way(first, again["text"])
        row = Message(
            id=id,
            key=f"again:{id}",
            clinic_id=first.clinic_id,
            patient_id=first.patient_id,
            appointment_id=first.appointment_id,
            again_of=first,
            written_by_id=actor.user_id,
            due_at=now,
            **again,
        )
        with acting(actor.user_id):
            row.save(force_insert=True)
            link = PatientLink.objects.filter(message=first).first()
            if link is not None and (not text or LINK in text):
                saying.give_link(row, purpose=link.purpose, expires_at=link.expires_at)  # type: ignore[arg-type]
                tries.lift(patient_id=link.patient_id)
        return row

    return in_transaction(work)


def must_be_one_to_send_again(message: Message) -> None:
    """Raises `Conflict` for a page to staff, and for what is said back by itself."""
    if message.kind in NOT_AGAIN:
        raise Conflict("This one isn't sent again: write to the patient instead.", code="not_again")


def _must_not_be_under_way(first: Message, text: str) -> None:
    """Raises `Conflict` where somebody, or the planner, is saying the same once more already: this message,
    the one that it repeats itself, or what repeats either. The caller holds the clinic's lock."""
    root = first.again_of_id or first.pk
    same = Q(again_of=root) | Q(again_of__again_of=root) | Q(again_of=first.pk)
    others = Message.objects.filter(same, status__in=UNDER_WAY, text=text).exclude(pk=first.pk)
    other = others.select_related("written_by").order_by("created_at").first()
    if other is None:
        return
    who = f"{other.written_by.full_name} is sending this again" if other.written_by else "It is sent again"
    raise Conflict(f"{who} already. Wait for what comes of it.", code="under_way")


def words_to_edit(message: Message) -> str:
    """What was sent last, or was to be, for a person to change: without what is put around it again, and
    where it may go as a text in letters that one has. Empty where nothing has been written yet. Two queries
    at most, one where the tries are loaded."""
    tries = list(message.attempts.all())
    last = max(tries, key=lambda each: each.number, default=None)
    if last is None:
        words = message.text
    else:
        words = writing.paragraph_of(last.body) if last.form == Form.EMAIL else last.body
    words = words if by_email(message) else gsm7.plain(words)
    return words.removeprefix(own_words.as_sent("", sender=message.clinic.sender_name)).strip()


def by_email(message: Message) -> bool:
    """Whether words of a person's in its place go by e-mail and no other way. One query at most."""
    patient = message.addressee
    if patient.preferred_channel != Channel.EMAIL:
        return False
    return addressing.preferred_of(patient, consents.current_scopes(patient.pk)) == Form.EMAIL


def link_length(message: Message, now: datetime) -> int:
    """How long {link} is in words that are sent instead of this message's; nought where it can't stand."""
    opens = PatientLink.objects.filter(message=message, expires_at__gt=now).exists()
    return own_texts.link_length() if opens else 0


def _in_own_words(first: Message, text: str, now: datetime) -> dict[str, Any]:
    """What may go as a text is held to what a reply in a thread is held to."""
    patient, sender, mailed = first.addressee, first.clinic.sender_name, by_email(first)
    if wrong := threads.faults_of(patient, text, link_length=link_length(first, now), by_email=mailed):
        raise Invalid({"text": " ".join(wrong)})
    if patient.deceased:
        raise Conflict(reasons.PATIENT_DECEASED, code="not_standing")
    return {
        "kind": MessageKind.REPLY,
        "stage": "reply",
        "text": own_words.as_sent(text, sender=sender),
        "form": Form.EMAIL if mailed else "",
        "visit_starts_at": first.visit_starts_at,
        "stale_at": now + OWN_WORDS_LAST,
    }


def _as_it_was(first: Message, now: datetime) -> dict[str, Any]:
    if first.status in UNDER_WAY:
        raise Conflict("It is on its way already. Wait for what comes of it.", code="under_way")
    if now >= first.stale_at:
        raise Conflict(reasons.TOO_LATE, code="not_standing")
    reason = standing.fallen_through(first, standing.answered([first]))
    if reason:
        raise Conflict(reason, code="not_standing")
    kind, stage, instead_of = first.kind, first.stage, first.instead_of
    if kind in said.NOTICES and standing.overtaken(first, said.told_of(first.visit.pk)):
        if kind == MessageKind.CANCELLATION:
            raise Conflict("The patient was told already: write in your own words.", code="told_already")
        stage = MessageKind.CHANGE if kind == MessageKind.CHANGE else MessageKind.CONFIRMATION
        kind, instead_of = MessageKind.REMINDER, None
    return {
        "kind": kind,
        "stage": stage,
        "text": first.text,
        "visit_starts_at": first.visit_starts_at,
        "instead_of": instead_of,
        "form": first.form,
        "stale_at": first.stale_at,
    }
