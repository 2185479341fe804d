"""What a message says. It names the sender, the time and a link, and nothing else (domain.md 6.3).

A text can only be filled with the fields of `Words`: there is no way to hand it a drug, a condition, a
score, a full name or a birth date. What the visit is about stands behind the link's second factor.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from notifications.planning import rules

# Stands in stored bodies where the patient's link goes; its token is never stored.
LINK = "{link}"


@dataclass(frozen=True)
class Words:
    """Everything a message may speak of."""

    sender: str
    phone: str
    day: str
    time: str
    # Of a visit that has moved, what was told before.
    old_day: str = ""
    old_date: str = ""
    old_time: str = ""


@dataclass(frozen=True)
class Text:
    """One stage's words: the e-mail's subject and paragraph, and a text message of one GSM-7 segment."""

    subject: str
    email: str
    sms: str


TEXTS = {
    rules.CONFIRMATION: Text(
        subject="Your visit on {day}",
        email="Your visit is booked for {day} at {time}.\n\nSee how to prepare, and confirm: {link}",
        sms="{sender}: visit booked {day} {time}. Confirm: {link} Call {phone}",
    ),
    rules.MOVE: Text(
        subject="Your visit has moved to {day}",
        email="Your visit has moved: now {day} at {time}, instead of {old_day} at {old_time}.\n\n"
        "See how to prepare, and confirm: {link}",
        sms="{sender}: visit now {day} {time}, not {old_date} {old_time}. {link} {phone}",
    ),
    rules.CANCELLATION: Text(
        subject="Your visit on {day} is cancelled",
        email="Your visit on {day} at {time} is cancelled. You don't need to come.",
        sms="{sender}: your visit {day} {time} is cancelled. Questions? Call {phone}",
    ),
    "T-7d": Text(
        subject="Your first visit on {day}",
        email="Your first visit is on {day} at {time}.\n\n"
        "Please arrange a ride home, and see how to prepare: {link}",
        sms="{sender}: first visit {day} {time}. Prepare: {link} Call {phone}",
    ),
    "T-3d": Text(
        subject="Please confirm your visit on {day}",
        email="You have a visit on {day} at {time}.\n\nPlease confirm that you are coming: {link}",
        sms="{sender}: visit {day} {time}. Confirm: {link} Call {phone}",
    ),
    "T-1d": Text(
        subject="Reminder of your visit on {day}",
        email="You have a visit on {day} at {time}.\n\nPlease see again how to prepare: {link}",
        sms="{sender}: visit {day} {time}. Prepare: {link} Call {phone}",
    ),
    "T-2h": Text(
        subject="Your visit on {day} at {time}",
        email="We look forward to seeing you on {day} at {time}.\n\nDetails: {link}",
        sms="{sender}: see you {day} {time}. {link} Call {phone}",
    ),
    rules.OFFER: Text(
        subject="A time for you on {day}",
        email="A time has become free for you: {day} at {time}. We hold it for a short while.\n\n"
        "Please say whether you take it: {link}",
        sms="{sender}: {day} {time} is free for you. Answer: {link} Call {phone}",
    ),
    rules.NEXT_MORNING: Text(
        subject="A few questions after your visit",
        email="Please answer a few short questions about how you are after your visit: {link}\n\n"
        "Your answers are not watched around the clock. If it is urgent, call 911.",
        sms="{sender}: a few questions after your visit: {link} Urgent? Call 911. {phone}",
    ),
}

EMAIL = (
    "Hello,\n\n{paragraph}\n\nQuestions? Call {phone}.\n\n{sender}\n\n"
    "This address is not read. Please call instead of replying.\n"
)


def words_for(
    *,
    sender: str,
    phone: str,
    visit_starts_at: datetime,
    clinic_zone: str,
    instead_of: datetime | None = None,
) -> Words:
    """The allowed fields. A visit's time is the clock on the clinic's wall; days are named and never called
    today or tomorrow, because a retry the next morning has the first try's words."""
    zone = ZoneInfo(clinic_zone)
    new = visit_starts_at.astimezone(zone)
    words = Words(sender=sender, phone=phone, day=f"{new:%a} {_date(new)}", time=_time(new))
    if instead_of is None:
        return words
    old = instead_of.astimezone(zone)
    return replace(words, old_day=f"{old:%a} {_date(old)}", old_date=_date(old), old_time=_time(old))


def _date(local: datetime) -> str:
    return f"{local.day} {local:%b}"


def _time(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M %p}"


def write_email(stage: str, words: Words) -> tuple[str, str]:
    """(subject, body); the body holds `{link}`."""
    text = TEXTS[stage]
    filling = {**asdict(words), "link": LINK}
    body = EMAIL.format(**filling, paragraph=text.email.format(**filling))
    return text.subject.format(**filling), body


def write_sms(stage: str, words: Words) -> str:
    """The body of a text message; it holds `{link}`."""
    return TEXTS[stage].sms.format(**asdict(words), link=LINK)
