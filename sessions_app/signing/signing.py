"""Signing a session's record, amending a signed one, and reading a patient's chain of signatures.

`content` gathers what is frozen, `record` spells and hashes it; migrations/0002_frozen.py keeps it.
`verification` compares chain and tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.models import Patient
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.models import Session, SideEffect, SignedRecord
from sessions_app.observing import side_effects, vitals
from sessions_app.signing import content, record

REASON_ON_A_LINE: Final = SideEffect._meta.get_field("correction_reason").max_length

Content = vitals.Reading | side_effects.Report


@dataclass(frozen=True)
class Correction:
    """A line of an amendment. `id` is the new line's; without `corrects` the line is a late entry."""

    id: UUID
    content: Content
    corrects: UUID | None = None


def sign(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    meaning: str,
    revision: int | None = None,
    now: datetime,
) -> SignedRecord:
    """Freeze the record of a discharged or not given session; afterwards only `amend` adds to it.

    `meaning` is what the signature says, such as "I gave this infusion and the record is complete".
    """
    if not meaning:
        raise Invalid({"meaning": "Say what your signature means."})

    def write() -> SignedRecord:
        current = recording.lock(session, "sign", revision=revision)
        signed = _append_to_chain(current, actor, id, meaning=meaning, reason="", now=now)
        recording.advance(current, "sign", now=now)
        return signed

    return in_transaction(write)


def amend(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reason: str,
    corrections: Sequence[Correction],
    revision: int | None = None,
    now: datetime,
) -> SignedRecord:
    """Write the next version of a signed record: its corrected or late lines, and why.

    The earlier versions stay as they are. Raises `Invalid` naming the field (`corrections.<n>.<field>`).
    """
    if not reason:
        raise Invalid({"reason": "Say why the record is amended."})
    if not corrections:
        raise Invalid({"corrections": "Correct or add at least one line."})

    def write() -> SignedRecord:
        current = recording.lock(session, "amend", revision=revision)
        for index, correction in enumerate(corrections):
            try:
                _save_line(current, actor, correction, reason=reason, amendment_id=id, now=now)
            except Invalid as problem:
                raise _at_place(problem, index) from problem
        return _append_to_chain(current, actor, id, meaning="Amendment", reason=reason, now=now)

    return in_transaction(write)


def _save_line(
    session: Session,
    actor: Actor,
    correction: Correction,
    *,
    reason: str,
    amendment_id: UUID,
    now: datetime,
) -> None:
    """Insert a line that names the coming amendment; the trigger lets it in only before that exists."""
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


def _append_to_chain(
    session: Session, actor: Actor, id: UUID, *, meaning: str, reason: str, now: datetime
) -> SignedRecord:
    """Freeze the session as the next link of the patient's chain.

    The patient's row is the chain's lock: of two signatures at once the second sees the first.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=session.patient_id)
    last = SignedRecord.objects.filter(patient_id=session.patient_id).order_by("-chain_position").first()
    earlier = list(session.signed_records.values_list("pk", flat=True))
    signed = SignedRecord(
        id=id,
        session=session,
        patient_id=session.patient_id,
        version=len(earlier) + 1,
        chain_position=last.chain_position + 1 if last else 1,
        previous_sha256=last.sha256 if last else "",
        meaning=meaning,
        reason=reason,
        signed_by_id=actor.user_id,
        signed_at=now,
    )
    signed.content = record.canonical(content.gather(session, signed=signed, earlier=earlier))
    signed.sha256 = record.chain_hash(signed.previous_sha256, signed.content)
    signed.save(force_insert=True)
    return signed


def _at_place(problem: Invalid, index: int) -> Invalid:
    return Invalid(
        [{**error, "field": f"corrections.{index}.{error['field']}"} for error in problem.data["errors"]]
    )
