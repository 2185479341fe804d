"""The pre-infusion checklist (domain.md 1.3): which items a protocol asks, and answering them.

What the patient said beforehand is `readiness`, letting a failed item pass is `overrides`, starting is
`infusion`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import Protocol
from sessions_app import recording
from sessions_app.models import AnsweredBy, ChecklistAnswer, CheckResult, Session


@dataclass(frozen=True)
class Item:
    """One question. `note_on_pass` says what must be written down even when all is well."""

    code: str
    label: str
    note_on_pass: str = ""


ITEMS: Final[tuple[Item, ...]] = (
    Item("identity", "Identity checked by two identifiers"),
    Item("consent", "Consent current and signed"),
    Item("plan", "Plan active and not expired"),
    Item("weight", "Weight measured today"),
    Item("fasting", "Fasting as the protocol asks"),
    Item("ride_home", "Ride home with a named adult", "the adult's name and phone"),
    Item("medicines", "Medicine changes reviewed"),
    Item("alcohol_drugs", "No alcohol or drugs that matter since the last visit"),
    Item("pregnancy", "Pregnancy status, with test date where relevant"),
    Item("vital_signs", "Pressure, heart rate, saturation, breathing and temperature within start limits"),
    Item("pain", "Pain asked (0 to 10)"),
    Item("mood", "Mood asked (single item)"),
    Item("suicidality", "Suicidality asked, no concern"),
    Item("new_symptoms", "No new symptoms: chest, neurological, urinary, infection"),
    Item("last_side_effects", "Last session's side effects reviewed"),
    Item("allergies", "Allergies reviewed"),
    Item("iv_access", "IV access in place"),
    Item("emergency_equipment", "Emergency equipment checked"),
    Item("clinician_on_site", "Supervising clinician on site", "the clinician's name"),
)
LABELS: Final = {item.code: item.label for item in ITEMS}
BLOCKING: Final = (CheckResult.FAIL, CheckResult.UNKNOWN)  # domain.md 1.2: unknown blocks [D]
SUBJECT: Final = "checklist:"  # an override's subject is this and the item's code
AT_THE_CHAIR: Final = "Asked at the chair."


@dataclass(frozen=True)
class Answer:
    """An answer to one item. `reason` says why an answer that was given before changes.

    `confirmed` says that the patient, asked again at the chair, said the same as beforehand.
    """

    item: str
    result: str
    note: str = ""
    reason: str = ""
    confirmed: bool = False


def items_of(protocol: Protocol) -> tuple[Item, ...]:
    """What this protocol asks, in the order of `ITEMS`; all of them unless it says which.

    A code of the protocol that is none of ours is asked under its own name: an item is never left out in
    silence.
    """
    if not protocol.checklist:
        return ITEMS
    own = [code for code in protocol.checklist if code not in LABELS]
    return (
        *(item for item in ITEMS if item.code in protocol.checklist),
        *(Item(code, code.replace("_", " ").replace("-", " ").capitalize()) for code in own),
    )


def answer(
    *,
    actor: Actor,
    session: Session,
    answers: Sequence[Answer],
    revision: int | None = None,
    now: datetime,
) -> list[ChecklistAnswer]:
    """Answer some or all items; returns the new lines.

    The same answer given again writes nothing, unless it confirms what the patient said beforehand; another
    one becomes a new line that names the old one and why. Raises `Invalid` (fields `answers.<item>.note` and
    the like), `Conflict`, `Stale`.
    """
    _check_form(items_of(session.protocol), answers)

    def work() -> list[ChecklistAnswer]:
        current = recording.lock(session, "checklist", revision=revision)
        given = {line.item: line for line in recording.standing(ChecklistAnswer, current)}
        changed = [each for each in answers if _says_something_new(each, given.get(each.item))]
        reasons = {each.item: _reason(each, given.get(each.item)) for each in changed}
        without_reason = [each for each in changed if each.item in given and not reasons[each.item]]
        if without_reason:
            raise Invalid(
                {
                    f"answers.{each.item}.reason": "This was answered before: say why it changes."
                    for each in without_reason
                }
            )
        if not changed:
            return []
        lines = ChecklistAnswer.objects.bulk_create(
            ChecklistAnswer(
                **recording.entry(current, actor=actor, now=now),
                item=each.item,
                result=each.result,
                note=each.note,
                corrects=given.get(each.item),
                correction_reason=reasons[each.item],
            )
            for each in changed
        )
        recording.advance(current, "checklist", now=now)
        return lines

    return in_transaction(work)


def unmet(session: Session) -> dict[str, str]:
    """What the checklist still holds against the start: codes of `states.MISSING` with the items' names."""
    items = items_of(session.protocol)
    given = set(recording.standing(ChecklistAnswer, session).values_list("item", flat=True))
    missing = [item.label for item in items if item.code not in given]
    labels = {item.code: item.label for item in items}
    blocking = blocking_lines(session)
    found = {}
    if missing:
        found["checklist_complete"] = f"Open: {'; '.join(missing)}."
    if blocking:
        failed = [labels[line.item] for line in blocking if line.result == CheckResult.FAIL]
        unknown = [labels[line.item] for line in blocking if line.result == CheckResult.UNKNOWN]
        found["checklist_passed"] = " ".join(
            f"{word}: {'; '.join(some)}." for word, some in (("Failed", failed), ("Unknown", unknown)) if some
        )
    return found


def blocking_lines(session: Session) -> list[ChecklistAnswer]:
    """The answers that hold the start, in the items' order: failed or unknown, until answered anew or until a
    prescriber lets this very answer pass. Two queries, none where the session's lines are loaded."""
    order = [item.code for item in items_of(session.protocol)]
    let_pass = {(override.subject, override.about) for override in session.overrides.all()}
    lines = [
        line
        for line in recording.uncorrected(session.checklist_answers.all())
        if line.item in order and line.result in BLOCKING and (SUBJECT + line.item, line.pk) not in let_pass
    ]
    return sorted(lines, key=lambda line: order.index(line.item))


def _says_something_new(each: Answer, line: ChecklistAnswer | None) -> bool:
    if line is None or (each.result, each.note) != (line.result, line.note):
        return True
    return each.confirmed and line.source == AnsweredBy.PATIENT


def _reason(each: Answer, line: ChecklistAnswer | None) -> str:
    """Why the answer changes. What the patient said beforehand needs no other reason than asking again."""
    if line is None:
        return ""
    return said(each.reason) or (AT_THE_CHAIR if line.source == AnsweredBy.PATIENT else "")


def _check_form(items: Sequence[Item], answers: Sequence[Answer]) -> None:
    asked = {item.code: item for item in items}
    errors = {}
    seen = set()
    for each in answers:
        field = f"answers.{each.item}"
        if each.item not in asked:
            errors[field] = f"This protocol asks no such item. Items: {', '.join(asked)}."
        elif each.item in seen:
            errors[field] = "Answer each item once."
        elif each.result not in CheckResult.values:
            errors[f"{field}.result"] = f"Answer one of: {', '.join(CheckResult.values)}."
        elif not said(each.note) and each.result == CheckResult.PASS and asked[each.item].note_on_pass:
            errors[f"{field}.note"] = f"Write down {asked[each.item].note_on_pass}."
        elif not said(each.note) and each.result == CheckResult.FAIL:
            errors[f"{field}.note"] = "Write down what was found, for the prescriber."
        elif not said(each.note) and each.result == CheckResult.UNKNOWN:
            errors[f"{field}.note"] = "Write down why it is unknown, for the prescriber."
        elif not said(each.note) and each.result == CheckResult.NOT_APPLICABLE:
            errors[f"{field}.note"] = "Write down why this doesn't apply."
        seen.add(each.item)
    if not answers:
        errors["answers"] = "Answer at least one item."
    if errors:
        raise Invalid(errors)
