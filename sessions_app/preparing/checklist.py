"""The pre-infusion checklist (domain.md 1.3): which items a protocol asks, and answering them.

Some items the record answers itself (`on_record`): nobody passes them against it, and what it said is written
down when the infusion starts. What the patient said beforehand is `readiness`, letting a failed item pass is
`overrides`, starting is `infusion`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import Protocol
from sessions_app import recording, states
from sessions_app.models import AnsweredBy, ChecklistAnswer, CheckResult, Session
from sessions_app.preparing import on_record
from sessions_app.preparing.on_record import Said


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
# A person may find otherwise than the record; only a prescriber lets that pass.
AGAINST_IT: Final = "If the record is wrong, answer unknown and say why: a prescriber decides."


@dataclass(frozen=True)
class Answer:
    """An answer to one item. `reason` says why an answer that was given before changes.

    `confirmed` says that the patient, asked again at the chair, said the same as beforehand. `replaces` is
    the answer that was seen to stand, None where none was: when another stands, this one is refused.
    """

    item: str
    result: str
    note: str = ""
    reason: str = ""
    confirmed: bool = False
    replaces: UUID | None = None


@dataclass(frozen=True)
class Standing:
    """Where one item stands: answered by a person's `line` or by what the record `says`, otherwise open."""

    item: Item
    line: ChecklistAnswer | None = None
    says: Said | None = None

    @property
    def result(self) -> str:
        """Empty while it is open."""
        if self.line:
            return self.line.result
        return CheckResult.PASS if self.says and self.says.holds else ""

    @property
    def answered_by(self) -> str:
        if self.line:
            return self.line.source
        return AnsweredBy.RECORD if self.result else ""

    @property
    def words(self) -> str:
        """What it was answered with; of an item of the record also what it lacks."""
        if self.line:
            return self.line.note
        return self.says.words if self.says else ""


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
    the like; code `stale` for an answer that somebody gave meanwhile, `against_record` for a pass that the
    record doesn't bear out), `Conflict`, `Stale`.
    """
    answers = [replace(each, note=said(each.note)) for each in answers]
    _check_form(items_of(session.protocol), answers)

    def work() -> list[ChecklistAnswer]:
        current = recording.lock(session, "checklist", revision=revision)
        before = recording.standing(ChecklistAnswer, current).select_related("recorded_by")
        given: dict[str, ChecklistAnswer] = {line.item: line for line in before}
        changed = [each for each in answers if _says_something_new(each, given.get(each.item))]
        _check_seen(changed, given, current)
        _check_record(changed, current, now)
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


def standing(session: Session, now: datetime, *, at: datetime | None = None) -> list[Standing]:
    """Where each item stands, in the order in which they are asked; `at` as in `on_record.answers`.

    What a person failed or doesn't know stands, whatever the record says; otherwise the record answers what
    it can. Once the infusion has started, what was written down then stands.
    """
    lines = {line.item: line for line in recording.uncorrected(session.checklist_answers.all())}
    says = on_record.answers(session, now, at=at) if session.state in states.BEFORE_START else {}
    return [_standing(item, lines.get(item.code), says.get(item.code)) for item in items_of(session.protocol)]


def write_down(*, actor: Actor, session: Session, at: datetime, now: datetime) -> list[ChecklistAnswer]:
    """Keep what the record answered at a start at this moment, marked as the record's. The session must be
    locked, and lines of its next revision be under way."""
    return ChecklistAnswer.objects.bulk_create(
        ChecklistAnswer(
            **recording.entry(session, actor=actor, now=now),
            item=each.item.code,
            result=each.result,
            note=each.words,
            source=AnsweredBy.RECORD,
        )
        for each in standing(session, now, at=at)
        if each.line is None and each.result
    )


def unmet(session: Session, now: datetime, *, at: datetime | None = None) -> dict[str, str]:
    """What the checklist still holds against the start: codes of `states.MISSING` with the items' names. What
    the start asks for anyway isn't said twice."""
    items = items_of(session.protocol)
    missing = [
        f"{each.item.label} ({each.words.rstrip('.')})" if each.words else each.item.label
        for each in standing(session, now, at=at)
        if not each.result and each.item.code not in on_record.ASKED_AT_START
    ]
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


def _standing(item: Item, line: ChecklistAnswer | None, says: Said | None) -> Standing:
    if says is None:
        return Standing(item, line)
    if line is not None and (line.result in BLOCKING or says.holds):
        return Standing(item, line, says)
    return Standing(item, None, says)


def _check_seen(changed: Sequence[Answer], given: Mapping[str, ChecklistAnswer], session: Session) -> None:
    """Raise `Invalid` for answers to what somebody else has answered since it was looked at."""
    errors = []
    for each in changed:
        line = given.get(each.item)
        if each.replaces == (line.pk if line else None):
            continue
        errors.append(
            {"field": f"answers.{each.item}.result", "code": "stale", "detail": _since(line, session)}
        )
    if errors:
        raise Invalid(errors)


def _since(line: ChecklistAnswer | None, session: Session) -> str:
    if line is None:
        return "No such answer stands: look again."
    moment = line.recorded_at.astimezone(ZoneInfo(session.clinic.time_zone))
    note = f" ({line.note})" if line.note else ""
    said_by = (
        f"{line.recorded_by.full_name} has answered “{line.get_result_display()}”{note} at {moment:%H:%M}"
    )
    return f"{said_by}: look again, then answer."


def _check_record(changed: Sequence[Answer], session: Session, now: datetime) -> None:
    """Raise `Invalid` for what passes against the record, with what it says or lacks."""
    passing = [each.item for each in changed if each.result not in BLOCKING]
    if not passing:
        return
    against = on_record.speaks_against(session)
    against |= {item: says.words for item, says in on_record.answers(session, now).items() if not says.holds}
    errors = [
        {
            "field": f"answers.{item}.result",
            "code": "against_record",
            "detail": f"{against[item]} {AGAINST_IT}",
        }
        for item in passing
        if item in against
    ]
    if errors:
        raise Invalid(errors)


def _says_something_new(each: Answer, line: ChecklistAnswer | None) -> bool:
    if line is None or (each.result, each.note) != (line.result, line.note):
        return True
    return each.confirmed and line.source == AnsweredBy.PATIENT


def _reason(each: Answer, line: ChecklistAnswer | None) -> str:
    """Why the answer changes. What the patient said beforehand needs no other reason than asking again."""
    if line is None:
        return ""
    return said(each.reason) or (AT_THE_CHAIR if line.source == AnsweredBy.PATIENT else "")


def note_for(result: str, item: Item) -> str:
    """What the note to this answer has to say, or nothing where it needs none."""
    return {
        CheckResult.PASS: item.note_on_pass,
        CheckResult.FAIL: "what was found, for the prescriber",
        CheckResult.UNKNOWN: "why it is unknown, for the prescriber",
        CheckResult.NOT_APPLICABLE: "why this doesn't apply",
    }[CheckResult(result)]


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
        elif not said(each.note) and (missing := note_for(each.result, asked[each.item])):
            # By its name: a page lists what is to be mended, and every item has a note.
            errors[f"{field}.note"] = f"{asked[each.item].label}: write down {missing}."
        seen.add(each.item)
    if not answers:
        errors["answers"] = "Answer at least one item."
    if errors:
        raise Invalid(errors)
