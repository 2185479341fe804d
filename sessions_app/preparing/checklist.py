"""The pre-infusion checklist (domain.md 1.3): its items, and answering them. Starting is in `infusion`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.models import ChecklistAnswer, CheckResult, Session


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
_NOTE_ON_PASS: Final = {item.code: item.note_on_pass for item in ITEMS}


@dataclass(frozen=True)
class Answer:
    """An answer to one item. `reason` says why an answer that was given before changes."""

    item: str
    result: str
    note: str = ""
    reason: str = ""


def answer(
    *,
    actor: Actor,
    session: Session,
    answers: Sequence[Answer],
    revision: int | None = None,
    now: datetime,
) -> list[ChecklistAnswer]:
    """Answer some or all items; returns the new lines.

    The same answer given again writes nothing; another one becomes a new line that names the old one and
    why. Raises `Invalid` (fields `answers.<item>.note` and the like), `Conflict`, `Stale`.
    """
    _check_form(answers)

    def work() -> list[ChecklistAnswer]:
        current = recording.lock(session, "checklist", revision=revision)
        given = {line.item: line for line in recording.standing(ChecklistAnswer, current)}
        changed = [
            each
            for each in answers
            if each.item not in given
            or (each.result, each.note) != (given[each.item].result, given[each.item].note)
        ]
        without_reason = [each for each in changed if each.item in given and not each.reason]
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
                correction_reason=each.reason if each.item in given else "",
            )
            for each in changed
        )
        recording.advance(current, "checklist", now=now)
        return lines

    return in_transaction(work)


def unmet(session: Session) -> dict[str, str]:
    """What the checklist still holds against the start: codes of `states.MISSING` with the items' names."""
    given = dict(recording.standing(ChecklistAnswer, session).values_list("item", "result"))
    missing = [item.label for item in ITEMS if item.code not in given]
    failed = [LABELS[item] for item, result in given.items() if result == CheckResult.FAIL]
    found = {}
    if missing:
        found["checklist_complete"] = f"Open: {'; '.join(missing)}."
    if failed:
        found["checklist_passed"] = f"Failed: {'; '.join(failed)}."
    return found


def _check_form(answers: Sequence[Answer]) -> None:
    errors = {}
    seen = set()
    for each in answers:
        field = f"answers.{each.item}"
        if each.item not in LABELS:
            errors[field] = f"There is no such item. Items: {', '.join(LABELS)}."
        elif each.item in seen:
            errors[field] = "Answer each item once."
        elif each.result not in CheckResult.values:
            errors[f"{field}.result"] = f"Answer one of: {', '.join(CheckResult.values)}."
        elif not each.note and each.result == CheckResult.PASS and _NOTE_ON_PASS[each.item]:
            errors[f"{field}.note"] = f"Write down {_NOTE_ON_PASS[each.item]}."
        elif not each.note and each.result == CheckResult.FAIL:
            errors[f"{field}.note"] = "Write down what was found, for the prescriber."
        elif not each.note and each.result == CheckResult.NOT_APPLICABLE:
            errors[f"{field}.note"] = "Write down why this doesn't apply."
        seen.add(each.item)
    if not answers:
        errors["answers"] = "Answer at least one item."
    if errors:
        raise Invalid(errors)
