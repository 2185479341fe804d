"""Vital signs: recording a set, correcting one, and telling the prescriber when a limit is passed.

What is impossible, unusual or past a limit is decided in `vital_limits`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Role, Urgency
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.models import PrescriberOverride, Session, VitalSigns
from sessions_app.observing import vital_limits

# domain.md 3.3 [D]: past a stop limit the clinician comes to the chair, and 2 minutes unacknowledged go up
# the ladder; past a caution limit the reading is repeated in 5 minutes.
STOP_DUE: Final = timedelta(minutes=2)
CAUTION_DUE: Final = timedelta(minutes=5)
START_LIMITS: Final = "start_limits"  # what a prescriber may let pass, for the newest line


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One set as it was measured. What was not measured is None, never zero, and has a reason."""

    measured_at: datetime
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    heart_rate_per_min: int | None = None
    respiratory_rate_per_min: int | None = None
    oxygen_saturation_percent: int | None = None
    temperature_cel: Decimal | None = None
    pain_nrs: int | None = None
    absent_reason: str = ""
    confirmed: bool = False

    @property
    def values(self) -> dict[str, int | Decimal | None]:
        return {sign: getattr(self, sign) for sign in vital_limits.RINGS}


def record_vitals(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reading: Reading,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> VitalSigns:
    """Keep one set of vital signs; a correction is a new set that names the old one and why.

    Raises `Invalid` naming the field: impossible values, nothing measured, no reason for what is missing,
    a moment in the future or before arrival, and (code `confirm`) unusual values that are not confirmed.
    """

    def write() -> VitalSigns:
        current = recording.lock(session, "vitals", revision=revision)
        line = draft(
            actor=actor,
            id=id,
            session=current,
            reading=reading,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )
        line.save(force_insert=True)
        tell_prescriber(line, now=now)
        recording.advance(current, "vitals", now=now)
        return line

    return in_transaction(write)


def draft(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reading: Reading,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None = None,
    now: datetime,
) -> VitalSigns:
    """The line for this reading, checked and not yet saved. The session must be locked."""
    check(reading, session=session, now=now)
    return recording.draft(
        VitalSigns,
        reading,
        actor=actor,
        id=id,
        session=session,
        corrects=corrects,
        correction_reason=correction_reason,
        amendment_id=amendment_id,
        now=now,
    )


def check(reading: Reading, *, session: Session, now: datetime) -> None:
    """Raise `Invalid` for a reading that can't be kept as it is (domain.md 3.2)."""
    errors = [
        {"field": doubt.field, "code": "invalid", "detail": doubt.mend}
        for doubt in vital_limits.rejected(reading.values)
    ]
    if reading.measured_at > now:
        errors.append(_error("measured_at", "This moment is in the future."))
    if reading.measured_at < session.arrived_at:
        errors.append(_error("measured_at", "This moment is before the patient arrived."))
    missing = [sign for sign, value in reading.values.items() if value is None]
    if missing and not reading.absent_reason:
        labels = ", ".join(vital_limits.RINGS[sign].label.lower() for sign in missing)
        errors.append(_error("absent_reason", f"Say why this was not measured: {labels}."))
    if not errors and not reading.confirmed:
        errors = [
            {"field": doubt.field, "code": "confirm", "detail": doubt.mend}
            for doubt in vital_limits.unusual(reading.values)
        ]
    if errors:
        raise Invalid(errors)


def tell_prescriber(line: VitalSigns, *, now: datetime) -> None:
    """Open a task when the line passes the protocol's stop limit (red) or caution limit (amber)."""
    session, limits = line.session, line.session.protocol.limits
    values = values_of(line)
    if vital_limits.breaches(values, limits, "stop"):
        title, urgency, due = "Come to the chair: vital signs past the stop limit", Urgency.RED, STOP_DUE
    elif vital_limits.breaches(values, limits, "caution"):
        title, urgency, due = "Look at the session: vital signs past caution", Urgency.AMBER, CAUTION_DUE
    else:
        return
    work.open_item(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        cause=f"vital_signs:{line.pk}",
        title=title,
        urgency=urgency,
        role=Role.PRESCRIBER,
        due_at=now + due,
    )


def unmet_at_start(session: Session, now: datetime) -> dict[str, str]:
    """What the vital signs hold against the start: codes of `states.MISSING` with details.

    The baseline is, for each sign that the protocol limits at the start, the newest value measured within
    the protocol's baseline minutes (domain.md 3.4: 15 [D]). A sign without one blocks. A value past the
    limits blocks until a newer one is not, or a prescriber lets the newest line pass.
    """
    protocol = session.protocol
    minutes = protocol.vitals_schedule["baseline_within_minutes"]
    baseline = _newest_values(session, now - timedelta(minutes=minutes))
    missing = [
        vital_limits.RINGS[sign].label.lower()
        for sign in vital_limits.limited(protocol.limits, "start_hold")
        if sign not in baseline
    ]
    past = vital_limits.breaches(baseline, protocol.limits, "start_hold")
    found = {}
    if missing:
        found["baseline"] = f"Missing within the last {minutes} minutes: {', '.join(missing)}."
    if past and not _let_pass(session):
        found[START_LIMITS] = f"{', '.join(dict.fromkeys(breach.label for breach in past))}."
    return found


def newest_line(session: Session) -> VitalSigns | None:
    """The latest measurement that stands."""
    lines = recording.standing(VitalSigns, session).order_by("-measured_at", "-recorded_at", "-revision")
    newest: VitalSigns | None = lines.first()
    return newest


def values_of(line: VitalSigns) -> dict[str, int | Decimal | None]:
    return {sign: getattr(line, sign) for sign in vital_limits.RINGS}


def _let_pass(session: Session) -> bool:
    newest = newest_line(session)
    overrides = PrescriberOverride.objects.filter(session=session, subject=START_LIMITS)
    return newest is not None and overrides.filter(about=newest.pk).exists()


def _newest_values(session: Session, since: datetime) -> dict[str, int | Decimal | None]:
    newest: dict[str, int | Decimal | None] = {}
    lines = recording.standing(VitalSigns, session).filter(measured_at__gte=since)
    for line in lines.order_by("measured_at", "recorded_at"):
        newest.update({sign: value for sign, value in values_of(line).items() if value is not None})
    return newest


def _error(field: str, mend: str) -> dict[str, str]:
    return {"field": field, "code": "invalid", "detail": mend}
