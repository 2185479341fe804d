"""Home readiness (domain.md 1.5): what must be so before the patient leaves, and that they have left."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.models import Discharge, Session, VitalSigns

# PADSS: fit for discharge at 9 of 10 (domain.md 1.5 [V:20,21]).
FIT_SCORE: Final = 9
MOST_PER_CRITERION: Final = 2


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """PADSS with "IV site" in place of surgical bleeding [D]; each criterion 0 to 2."""

    vital_signs_score: int
    activity_score: int
    nausea_pain_score: int
    iv_site_score: int
    intake_score: int
    escort_name: str
    instructions_given: bool

    @property
    def scores(self) -> dict[str, int]:
        return {
            field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_score")
        }

    @property
    def total(self) -> int:
        return sum(self.scores.values())


def discharge(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    assessment: Assessment,
    revision: int | None = None,
    now: datetime,
) -> Discharge:
    """Let the patient go home with the named adult.

    Raises `Conflict` with code `not_ready` and a blocker for everything that is missing: score, minimum
    observation since the stop, vital signs after the stop, escort, instructions.
    """
    out_of_range = {
        field: f"Score 0 to {MOST_PER_CRITERION}."
        for field, score in assessment.scores.items()
        if not 0 <= score <= MOST_PER_CRITERION
    }
    if out_of_range:
        raise Invalid(out_of_range)

    def write() -> Discharge:
        current = recording.lock(session, "discharge", revision=revision)
        recording.require("discharge", _unmet(current, assessment, now))
        line = Discharge.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            **{field.name: getattr(assessment, field.name) for field in fields(assessment)},
        )
        recording.advance(current, "discharge", now=now, discharged_at=now)
        return line

    return in_transaction(write)


def home_from(session: Session) -> datetime | None:
    """The earliest moment of discharge: the protocol's observation minutes after the stop."""
    if session.stopped_at is None:
        return None
    return session.stopped_at + timedelta(minutes=session.protocol.observation_minutes)


def _unmet(session: Session, assessment: Assessment, now: datetime) -> dict[str, str]:
    found = {}
    earliest = home_from(session)
    if earliest is not None and now < earliest:
        minutes = -((now - earliest) // timedelta(minutes=1))
        found["observed"] = f"Minutes still to go: {minutes}."
    after_stop = recording.standing(VitalSigns, session).filter(measured_at__gte=session.stopped_at)
    if not after_stop.exists():
        found["vitals_after_stop"] = ""
    if assessment.total < FIT_SCORE:
        found["fit"] = f"The score is {assessment.total}."
    if not assessment.escort_name.strip():
        found["escort"] = ""
    if not assessment.instructions_given:
        found["instructions"] = ""
    return found
