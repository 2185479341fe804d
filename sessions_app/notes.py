"""Notes: remarks in words about a session that fit nowhere else, written and corrected."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.visible_text import said
from sessions_app import recording
from sessions_app.models import Session, SessionNote

LONGEST: Final = 4000  # characters: a remark, not a report


@dataclass(frozen=True, kw_only=True)
class Note:
    text: str


def write(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    note: Note,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> SessionNote:
    """Keep a note; a correction is a new note that names the old one and why. Raises `Invalid` for one that
    says nothing."""

    def drafted(current: Session) -> SessionNote:
        return draft(
            actor=actor,
            id=id,
            session=current,
            note=note,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )

    return recording.keep(session, "note", drafted, revision=revision, now=now)


def draft(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    note: Note,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None = None,
    now: datetime,
) -> SessionNote:
    """The line for this note, checked and not yet saved. The session must be locked."""
    if not said(note.text):
        raise Invalid({"text": "Write the note."})
    if len(note.text) > LONGEST:
        raise Invalid({"text": f"Keep it within {LONGEST} characters."})
    return recording.draft(
        SessionNote,
        note,
        actor=actor,
        id=id,
        session=session,
        corrects=corrects,
        correction_reason=correction_reason,
        amendment_id=amendment_id,
        now=now,
    )
