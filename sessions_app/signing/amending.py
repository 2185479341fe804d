"""The lines of an amendment: what may be corrected or added once a record is signed, and how each is saved.

Every kind of line may, but for what was ordered, prepared and given: dose worksheet, its check, the steps of
the infusion, alerts and overrides stay as they were signed. What a line may say is checked as at the chair,
by the room that it belongs to. Signing the amendment is in `signing`.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.visible_text import hidden_in, said
from sessions_app import notes, recording
from sessions_app.infusing import medicines, waste
from sessions_app.infusing.medicines import Medicine
from sessions_app.infusing.waste import Wasted
from sessions_app.models import (
    ChecklistAnswer,
    Discharge,
    MedicineGiven,
    Observation,
    Session,
    SideEffect,
)
from sessions_app.notes import Note
from sessions_app.observing import effect_calls, side_effects, vitals

REASON_ON_A_LINE: Final = SideEffect._meta.get_field("correction_reason").max_length


@dataclass(frozen=True, kw_only=True)
class ChecklistNote:
    """The note of an answer in other words; what was answered stays."""

    note: str


@dataclass(frozen=True, kw_only=True)
class Witnessed:
    """Whoever signs saw this wasted: of a waste that an amendment brought, by somebody else."""

    waste: UUID


@dataclass(frozen=True, kw_only=True)
class DischargeFacts:
    """With whom and with what the patient left. The scores stay: they are what the discharge went by."""

    escort_name: str
    escort_phone: str | None = None
    escort_seen: bool | None = None
    instructions_given: bool
    iv_removed: bool | None = None
    suicidality_asked_again: bool | None = None


Content = (
    vitals.Reading
    | side_effects.Report
    | side_effects.Course
    | ChecklistNote
    | Medicine
    | Wasted
    | Witnessed
    | Note
    | DischargeFacts
)

# Lines that an amendment changes but can't add: there is nothing that they could be late for.
CORRECTED_ONLY: Final[dict[type, type[Observation]]] = {
    ChecklistNote: ChecklistAnswer,
    DischargeFacts: Discharge,
}
NEEDED: Final = ("note", "escort_name")  # never corrected to nothing
ONE_LINERS: Final = ("escort_name", "escort_phone")


@dataclass(frozen=True)
class Correction:
    """A line of an amendment. `id` is the new line's; without `corrects` the line is a late entry."""

    id: UUID
    content: Content
    corrects: UUID | None = None


def save_line(
    session: Session,
    actor: Actor,
    correction: Correction,
    *,
    reason: str,
    amendment_id: UUID,
    now: datetime,
) -> None:
    """Insert a line that names the coming amendment; the trigger lets it in only before that exists.

    The session must be locked. Raises `Invalid` naming the line's field.
    """
    entry: dict[str, Any] = {
        "actor": actor,
        "id": correction.id,
        "session": session,
        "corrects": correction.corrects,
        # A line has room for the beginning; the whole reason stands on the amendment.
        "correction_reason": said(reason)[:REASON_ON_A_LINE] if correction.corrects else "",
        "amendment_id": amendment_id,
        "now": now,
    }
    match correction.content:
        case vitals.Reading() as reading:
            vital_signs = vitals.draft(reading=reading, **entry)
            vital_signs.save(force_insert=True)
            vitals.tell_prescriber(vital_signs, now=now)
        case side_effects.Report() as report:
            side_effect = side_effects.draft(report=report, **entry)
            side_effect.save(force_insert=True)
            side_effects.answer_for(side_effect, report, now=now)
        case side_effects.Course() as course:
            _added_only(entry, mend="A corrected state of a side effect is sent as side_effect.")
            state = side_effects.draft_course(course=course, **entry)
            state.save(force_insert=True)
            side_effects.answer_for(state, effect_calls.as_it_is(state), now=now)
        case ChecklistNote() | DischargeFacts() as facts:
            _changed(CORRECTED_ONLY[type(facts)], facts, entry).save(force_insert=True)
        case Medicine() as medicine:
            medicines.draft(medicine=_as_ordered(medicine, correction.corrects), **entry).save(
                force_insert=True
            )
        case Wasted() as wasted:
            late_waste = waste.draft(wasted=wasted, **entry)
            late_waste.save(force_insert=True)
            waste.ask_for_witness(late_waste, actor=actor, now=now)
        case Witnessed(waste=seen):
            _added_only(entry, mend="Who saw it wasted corrects no line.")
            witness = waste.draft_witness(waste=seen, **entry)
            witness.save(force_insert=True)
            waste.settle_witnessed(witness, actor=actor, now=now)
        case Note() as note:
            notes.draft(note=note, **entry).save(force_insert=True)


def _added_only(entry: dict[str, Any], *, mend: str) -> None:
    """Of a kind of line that corrects no other."""
    if entry["corrects"] is not None:
        raise Invalid({"corrects": mend})
    del entry["corrects"], entry["correction_reason"]


def _as_ordered(medicine: Medicine, corrects: UUID | None) -> Medicine:
    """With the order and the reason of the line that it corrects, where it says no other."""
    before = MedicineGiven.objects.filter(pk=corrects).first() if corrects else None
    if before is None:
        return medicine
    return replace(
        medicine,
        ordered_by_id=medicine.ordered_by_id or before.ordered_by_id,
        allergy_reason=medicine.allergy_reason or before.allergy_reason,
    )


def _changed(model: type[Observation], facts: Any, entry: dict[str, Any]) -> Observation:
    """The corrected line once more, with these facts in place of its own; what they leave out stays."""
    before = recording.corrected(model, entry["session"], entry["corrects"], entry["correction_reason"])
    if before is None:
        raise Invalid({"corrects": "Say which line is corrected: one of this kind can't be added later."})
    words = {name: recording.written(value) for name, value in asdict(facts).items() if value is not None}
    unsaid = dict.fromkeys(
        (name for name in NEEDED if words.get(name) == ""), "Write this in words that can be read."
    )
    wrong = {**unsaid, **hidden_in({name: getattr(facts, name, None) or "" for name in ONE_LINERS})}
    if wrong:
        raise Invalid(wrong)
    row = model._meta.concrete_fields
    line = model(
        **{field.attname: getattr(before, field.attname) for field in row if field.name != "created_at"}
    )
    changes = {
        **recording.entry(entry["session"], actor=entry["actor"], now=entry["now"]),
        **words,
        "id": entry["id"],
        "corrects": before,
        "correction_reason": entry["correction_reason"],
        "amendment_id": entry["amendment_id"],
    }
    for name, value in changes.items():
        setattr(line, name, value)
    return line
