"""What a message says in its patient's language: a text filled with the allowed fields, framed as an e-mail
or cut to one segment of a text message. Pure: no Django.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from notifications.wording import gsm7
from notifications.wording.filling import LINK, Words, faults, fields_of, fill
from notifications.wording.spanish import SPANISH
from notifications.wording.texts import ENGLISH, Language

LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {language.code: language for language in (ENGLISH, SPANISH)}
)
NOON: Final = 12
TOO_LONG: Final = (
    "This makes {length} characters with your clinic's name, number and link; {most} fit in one text."
)


@dataclass(frozen=True)
class OwnText:
    """A clinic's own words for one stage in one language."""

    subject: str
    email: str
    sms: str


@dataclass(frozen=True)
class Fasting:
    """Hours before a visit without a light meal, and without clear liquids; None for no rule."""

    light_meal_hours: int | None
    clear_hours: int | None


def language_of(tag: str) -> Language:
    """The language that a BCP 47 tag asks for, such as es-MX; English where it isn't spoken here."""
    return LANGUAGES.get(tag.partition("-")[0].lower(), ENGLISH)


def words_for(
    *,
    sender: str,
    phone: str,
    clinic_zone: str,
    visit_starts_at: datetime | None = None,
    visit_ends_at: datetime | None = None,
    instead_of: datetime | None = None,
    series: Sequence[datetime] = (),
    fasting: Fasting | None = None,
    language: str = "en",
) -> Words:
    """The allowed fields; `series`: the starts of the visits that are told with this one. A visit's time is
    the clock on the clinic's wall; days are named and never called today or tomorrow, because a retry the
    next morning has the first try's words."""
    tongue, zone = language_of(language), ZoneInfo(clinic_zone)
    fields = {"sender": sender, "phone": phone}
    if visit_starts_at is not None:
        new = visit_starts_at.astimezone(zone)
        fields |= {"day": _day(new, tongue), "time": _time(new), "preparation": tongue.ride}
        if fasting is not None:
            fields |= _fasting_fields(visit_starts_at, fasting, zone, tongue)
        if series:
            starts = sorted(start.astimezone(zone) for start in (visit_starts_at, *series))
            dates = (tongue.at.format(day=_day(start, tongue), time=_time(start)) for start in starts)
            fields |= {"count": str(len(starts)), "dates": "\n".join(dates)}
    if visit_ends_at is not None:
        fields["end"] = _time(visit_ends_at.astimezone(zone))
    if instead_of is not None:
        old = instead_of.astimezone(zone)
        fields |= {"old_day": _day(old, tongue), "old_date": _date(old, tongue), "old_time": _time(old)}
    return Words(**fields)


def write_email(
    stage: str, words: Words, *, language: str = "en", own: OwnText | None = None, also: bool = False
) -> tuple[str, str]:
    """(subject, body); the body holds `{link}` where the stage has one. `also`: questions wait there, too."""
    tongue = language_of(language)
    text = own or tongue.texts[stage]
    paragraph = tongue.agreeing(fill(text.email, words))
    if also:
        paragraph = f"{paragraph}\n\n{tongue.also}"
    frame = tongue.frame.format(paragraph=paragraph, phone=words.phone, sender=words.sender)
    return tongue.agreeing(fill(text.subject, words)), frame


def paragraph_of(body: str) -> str:
    """What an e-mail says, without the frame around it; an e-mail in no frame of ours as it is."""
    for tongue in LANGUAGES.values():
        opening, _, rest = tongue.frame.partition("{paragraph}")
        closing = rest.partition("{phone}")[0]
        if body.startswith(opening) and closing in body:
            return body.removeprefix(opening).rpartition(closing)[0]
    return body


def write_sms(
    stage: str, words: Words, *, language: str = "en", own: OwnText | None = None, link_length: int
) -> str:
    """The body of a text message; it holds `{link}` where the stage has one.

    The longest wording that is one segment, counted with the link as long as it will be; the shortest where
    none is. A field's letters that GSM-7 hasn't got lose their accents.
    """
    tongue = language_of(language)
    wordings = (own.sms,) if own else tongue.texts[stage].sms
    for wording in wordings:
        body = gsm7.plain(tongue.agreeing(fill(wording, words)))
        if _length(body, link_length) <= gsm7.ONE_SEGMENT:
            break
    return body


def faults_of_own(own: OwnText, *, stage: str, words: Words, link_length: int) -> dict[str, list[str]]:
    """Why a clinic's own words can't be used, by field; empty when they can.

    `words` are this clinic's with the longest day and time there are, so that no patient's is longer.
    """
    found: dict[str, list[str]] = {}
    for name, text in (("subject", own.subject), ("email", own.email), ("sms", own.sms)):
        wrong = faults(text) if text.strip() else ["Write what the message says."]
        if not wrong and name != "email" and "dates" in fields_of(text):
            wrong.append("All dates stand in the e-mail alone: write {count} and the first {day}.")
        if not wrong:
            wrong += _link_faults(name, text, stage)
        if not wrong and name == "sms":
            wrong += _sms_faults(text, words, link_length)
        if wrong:
            found[name] = wrong
    return found


def longest_words(*, sender: str, phone: str) -> Words:
    """Words as long as a visit's can be."""
    return Words(
        sender=sender,
        phone=phone,
        day="Wed 28 Sep",
        time="12:50 PM",
        end="12:50 PM",
        count="100",
        dates="\n".join(["Wed 28 Sep at 12:50 PM"] * 6),
        old_day="Wed 28 Sep",
        old_date="28 Sep",
        old_time="12:50 PM",
        fasting="No coma desde las 12:50 PM.",
    )


def _asks_for_link(stage: str) -> bool:
    return "{link}" in ENGLISH.texts[stage].email


def _link_faults(name: str, text: str, stage: str) -> list[str]:
    """The link stands once in what asks for something, never in a subject line."""
    links = fields_of(text).count("link")
    if name == "subject" or not _asks_for_link(stage):
        return ["There is no link here: take {link} out."] if links else []
    return [] if links == 1 else ["Put {link} into the text, once: it is what the patient taps."]


def _sms_faults(text: str, words: Words, link_length: int) -> list[str]:
    strange = gsm7.outside(text)
    if strange:
        letters = ", ".join(_named(letter) for letter in strange)
        return [
            f"A text message can't have {letters}: with one such letter it holds {gsm7.ONE_OF_UCS2} in place"
            f" of {gsm7.ONE_SEGMENT}. Write it another way."
        ]
    size = _length(fill(text, words), link_length)
    if size > gsm7.ONE_SEGMENT:
        return [TOO_LONG.format(length=size, most=gsm7.ONE_SEGMENT)]
    return []


def _named(letter: str) -> str:
    """A letter that somebody is to find in what they typed, also one that looks like another or like
    nothing."""
    name = unicodedata.name(letter, "").lower()
    shown = letter if letter.isprintable() and not unicodedata.combining(letter) else ""
    return f"{shown} ({name})" if shown and name else shown or name or f"U+{ord(letter):04X}"


def _length(body: str, link_length: int) -> int:
    links = body.count(LINK)
    return gsm7.length(body.replace(LINK, "")) + links * link_length


def _fasting_fields(
    starts_at: datetime, fasting: Fasting, zone: ZoneInfo, tongue: Language
) -> dict[str, str]:
    sentences, shortest = [], ""
    if fasting.light_meal_hours:
        from_then = (starts_at - timedelta(hours=fasting.light_meal_hours)).astimezone(zone)
        sentences.append(tongue.no_food.format(time=_time(from_then), day=_day(from_then, tongue)))
        shortest = tongue.fasting.format(time=_time(from_then))
    if fasting.clear_hours:
        until = (starts_at - timedelta(hours=fasting.clear_hours)).astimezone(zone)
        sentences.append(tongue.clear_drinks.format(time=_time(until)))
    return {"preparation": "\n".join([*sentences, tongue.ride]), "fasting": shortest}


def _day(local: datetime, tongue: Language) -> str:
    return f"{tongue.days[local.weekday()]} {_date(local, tongue)}"


def _date(local: datetime, tongue: Language) -> str:
    return f"{local.day} {tongue.months[local.month - 1]}"


def _time(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < NOON else 'PM'}"
