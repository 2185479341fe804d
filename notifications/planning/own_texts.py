"""A clinic's own words for a stage in a language, over those of `wording`: read, checked, written, dropped.

The engine that fills them stands in `wording.writing`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from notifications import tokens
from notifications.models import MessageText
from notifications.planning import rules
from notifications.wording import filling, gsm7, writing
from notifications.wording.filling import LINK, fill
from notifications.wording.texts import SERIES
from notifications.wording.writing import LANGUAGES, OwnText

# What has words: every stage, and a confirmation once more where it tells of several visits.
WORDED: Final = (*rules.STAGES, SERIES)
MOST_SUBJECT: Final = MessageText._meta.get_field("subject").max_length or 0
MOST_SMS: Final = MessageText._meta.get_field("sms").max_length or 0
MOST_EMAIL: Final = 4_000


def own_texts(clinic: Clinic) -> dict[tuple[str, str], MessageText]:
    """By stage and language, the newest of the clinic's own: one query."""
    newest = (
        MessageText.objects.filter(clinic=clinic)
        .select_related("written_by")
        .order_by("stage", "language", "-created_at", "-pk")
        .distinct("stage", "language")
    )
    return {(row.stage, row.language): row for row in newest}


def rule_of_words(stage: str) -> str:
    """The stage whose rule has these words said."""
    return rules.CONFIRMATION if stage == SERIES else stage


def as_own(row: MessageText) -> OwnText:
    return OwnText(subject=row.subject, email=row.email, sms=row.sms)


def said_now(clinic: Clinic, stage: str, language: str) -> tuple[OwnText, MessageText | None]:
    """The words that are said, and the row that keeps them where they are the clinic's own. Raises `Invalid`
    as `check` does."""
    row = own_texts(clinic).get((stage, language))
    return (as_own(row) if row else words_of(clinic, stage, language)), row


def refused_now(own: MessageText | OwnText) -> list[str]:
    """Why nothing can be sent in these words any more, each once, with the word: what is refused may have
    become more since they were written. Empty while they can be."""
    found = [fault for text in (own.subject, own.email, own.sms) for fault in filling.faults(text)]
    return list(dict.fromkeys(found))


def words_of(clinic: Clinic, stage: str, language: str) -> OwnText:
    """The words that are said where a clinic has none of its own, the text message's in the longest wording
    that surely fits. Raises `Invalid` as `check` does."""
    _known(stage, language)
    text = LANGUAGES[language].texts[stage]
    fitting = [wording for wording in text.sms if gsm7.segments(longest_sms(clinic, wording) or "") == 1]
    return OwnText(subject=text.subject, email=text.email, sms=[*fitting, text.sms[-1]][0])


def faults(clinic: Clinic, stage: str, own: OwnText) -> dict[str, list[str]]:
    """Why these words can't be used, by field; empty when they can."""
    words = writing.longest_words(sender=clinic.sender_name, phone=clinic.phone.as_national)
    found = writing.faults_of_own(own, stage=stage, words=words, link_length=link_length())
    for name, text, most in (
        ("subject", own.subject, MOST_SUBJECT),
        ("email", own.email, MOST_EMAIL),
        ("sms", own.sms, MOST_SMS),
    ):
        if len(text) > most:
            found.setdefault(name, []).append(f"Write at most {most} characters.")
    if "\n" in own.subject.strip():
        found.setdefault("subject", []).append("Write the subject in one line.")
    return found


def longest_sms(clinic: Clinic, text: str) -> str | None:
    """A text message as long as it can become, its link as long as it will be; None where it can't be
    filled."""
    words = writing.longest_words(sender=clinic.sender_name, phone=clinic.phone.as_national)
    try:
        body = gsm7.plain(fill(text, words))
    except ValueError:
        return None
    return body.replace(LINK, "x" * link_length())


def link_length() -> int:
    """How long a patient's link is."""
    return len(settings.PUBLIC_URL + reverse("patient_link", args=[tokens.token_for(uuid4())]))


def check(clinic: Clinic, stage: str, language: str, own: OwnText) -> None:
    """Raises `Invalid` that names each field with its faults."""
    _known(stage, language)
    wrong = faults(clinic, stage, own)
    if wrong:
        raise Invalid({name: " ".join(mends) for name, mends in wrong.items()})


def write_text(
    *,
    actor: Actor,
    clinic: Clinic,
    stage: str,
    language: str,
    own: OwnText,
    seen: Seen | None = None,
    now: datetime,
) -> MessageText:
    """Say a stage in the clinic's own words from now on. Raises as `check`, and `ChangedMeanwhile` where
    other words are said by now than those that were `seen`."""
    check(clinic, stage, language, own)
    wanted = {name: text.strip() for name, text in vars(own).items()}

    def work() -> MessageText:
        # Two managers at once write one after the other.
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        said, row = said_now(clinic, stage, language)
        written_by = row.written_by.full_name if row and row.written_by else ""
        refuse_unseen(
            seen,
            row or MessageText(),
            stands=vars(said),
            wanted=wanted,
            who=lambda names: dict.fromkeys(names, written_by),
        )
        with acting(actor.user_id):
            return MessageText.objects.create(
                clinic=clinic,
                stage=stage,
                language=language,
                **wanted,
                written_by_id=actor.user_id,
                created_at=now,
            )

    return in_transaction(work)


def reset_text(*, actor: Actor, clinic: Clinic, stage: str, language: str) -> None:
    """Back to the words of the house; the history keeps the clinic's."""
    _known(stage, language)

    def work() -> None:
        with acting(actor.user_id):
            MessageText.objects.filter(clinic=clinic, stage=stage, language=language).delete()

    in_transaction(work)


def _known(stage: str, language: str) -> None:
    languages: Mapping[str, object] = LANGUAGES
    wrong = {}
    if stage not in WORDED:
        wrong["stage"] = f"Choose one of {', '.join(WORDED)}."
    if language not in languages:
        wrong["language"] = f"Choose one of {', '.join(languages)}."
    if wrong:
        raise Invalid(wrong)
