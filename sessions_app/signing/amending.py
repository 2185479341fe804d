"""The lines of an amendment: what may be corrected or added once a record is signed, and how each is saved.

Every kind of line may, but for what was ordered, prepared and given: dose worksheet, its check, the steps of
the infusion, alerts and overrides stay as they were signed. Signing the amendment is in `signing`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from sessions_app import recording
from sessions_app.models import (
    ChecklistAnswer,
    Discharge,
    MedicineGiven,
    Observation,
    Session,
    SessionNote,
    SideEffect,
    Waste,
)
from sessions_app.observing import side_effects, vitals

REASON_ON_A_LINE: Final = SideEffect._meta.get_field("correction_reason").max_length


@dataclass(frozen=True, kw_only=True)
class ChecklistNote:
    """The note of an answer in other words; what was answered stays."""

    note: str


@dataclass(frozen=True, kw_only=True)
class Medicine:
    """A medicine beside the infusion, as it was given."""

    medicine: str
    amount: Decimal
    unit: str
    route: str
    given_at: datetime
    reason: str
    ordered_by_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Wasted:
    """What was drawn and not given. Its witness is of the line as it was before."""

    vial: str
    drawn_mg: Decimal
    wasted_mg: Decimal
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Note:
    text: str


@dataclass(frozen=True, kw_only=True)
class DischargeFacts:
    """With whom and with what the patient left. The scores stay: they are what the discharge went by."""

    escort_name: str
    escort_phone: str = ""
    escort_seen: bool | None = None
    instructions_given: bool
    iv_removed: bool | None = None
    suicidality_asked_again: bool | None = None


Content = vitals.Reading | side_effects.Report | ChecklistNote | Medicine | Wasted | Note | DischargeFacts

# Lines that an amendment changes but can't add: there is nothing that they could be late for.
CORRECTED_ONLY: Final[dict[type, type[Observation]]] = {
    ChecklistNote: ChecklistAnswer,
    DischargeFacts: Discharge,
}
ADDED_TOO: Final[dict[type, type[Observation]]] = {
    Medicine: MedicineGiven,
    Wasted: Waste,
    Note: SessionNote,
}


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
        "correction_reason": reason[:REASON_ON_A_LINE] if correction.corrects else "",
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
            side_effects.tell_prescriber(side_effect, report, now=now)
        case ChecklistNote() | DischargeFacts() as facts:
            _changed(CORRECTED_ONLY[type(facts)], facts, entry).save(force_insert=True)
        case Medicine() | Wasted() | Note() as facts:
            _check(facts, session, now)
            model = ADDED_TOO[type(facts)]
            late = correction.corrects is None
            line = recording.draft(model, facts, **entry) if late else _changed(model, facts, entry)
            line.save(force_insert=True)


def _changed(model: type[Observation], facts: Any, entry: dict[str, Any]) -> Observation:
    """The corrected line once more, with these facts in place of its own; what they leave out stays."""
    before = recording.corrected(model, entry["session"], entry["corrects"], entry["correction_reason"])
    if before is None:
        raise Invalid({"corrects": "Say which line is corrected: one of this kind can't be added later."})
    row = model._meta.concrete_fields
    line = model(
        **{field.attname: getattr(before, field.attname) for field in row if field.name != "created_at"}
    )
    changes = {
        **recording.entry(entry["session"], actor=entry["actor"], now=entry["now"]),
        **{name: value for name, value in asdict(facts).items() if value is not None},
        "id": entry["id"],
        "corrects": before,
        "correction_reason": entry["correction_reason"],
        "amendment_id": entry["amendment_id"],
    }
    for name, value in changes.items():
        setattr(line, name, value)
    return line


def _check(facts: Medicine | Wasted | Note, session: Session, now: datetime) -> None:
    errors = {}
    match facts:
        case Note():
            if not facts.text.strip():
                errors["text"] = "Write the note."
        case Wasted():
            if not facts.vial.strip():
                errors["vial"] = "Name the vial: its lot or serial number."
            if not 0 < facts.wasted_mg <= facts.drawn_mg:
                errors["wasted_mg"] = "Enter more than 0, and no more than was drawn."
        case Medicine():
            for name in ("medicine", "unit", "route", "reason"):
                if not getattr(facts, name).strip():
                    errors[name] = "This can't be empty."
            if facts.amount <= 0:
                errors["amount"] = "Enter more than 0."
            if not session.arrived_at <= facts.given_at <= now:
                errors["given_at"] = "Enter a moment between the arrival and now."
    if errors:
        raise Invalid(errors)
