"""Vital signs: one set or many recorded, one corrected, and what is raised by one that could not be kept.

What is impossible or unusual is decided in `vital_limits`, which alerts a set raises in `alert_rules`, what
sets hold against a start in `starting`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic import work
from clinic.access import Actor
from clinic.idempotency import create_once
from clinic.models import Role, Urgency
from clinic.problems import Conflict, Invalid, Problem
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording
from sessions_app.models import Alert, MonitorSample, Session, VitalSigns
from sessions_app.observing import (
    alert_rules,
    alert_tasks,
    alerts,
    excursions,
    flowsheet,
    moments,
    vital_limits,
)
from sessions_app.observing.flowsheet import values_of
from sessions_app.observing.ladder import AT_ONCE

# domain.md 3.3 [D]: past a stop limit the clinician comes to the chair, and 2 minutes unacknowledged go up
# the ladder; past a caution limit the reading is repeated in 5 minutes.
STOP_DUE: Final = timedelta(minutes=2)
CAUTION_DUE: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One set as it was measured. What was not measured is None, never zero; what belongs to every set and
    was not measured has a reason. A set in which nothing was measured only takes back one that was wrong.

    `symptoms` are codes of `vital_limits.SYMPTOMS`, `device_id` the monitor that the set was charted from.
    """

    measured_at: datetime
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    mean_mmhg: int | None = None
    heart_rate_per_min: int | None = None
    respiratory_rate_per_min: int | None = None
    oxygen_saturation_percent: int | None = None
    oxygen_l_per_min: Decimal | None = None
    end_tidal_co2_mmhg: int | None = None
    temperature_cel: Decimal | None = None
    rass: int | None = None
    dissociation: int | None = None
    distress: int | None = None
    pain_nrs: int | None = None
    symptoms: Sequence[str] = field(default_factory=list)
    device_id: UUID | None = None
    absent_reason: str = ""
    confirmed: bool = False

    @property
    def values(self) -> dict[str, int | Decimal | None]:
        return {sign: getattr(self, sign) for sign in vital_limits.RINGS}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One of many sets sent at once. `sent` is its part of the call, as it came."""

    id: UUID
    reading: Reading
    sent: Mapping[str, Any]
    corrects: UUID | None = None
    correction_reason: str = ""


@dataclass(frozen=True)
class Kept:
    """This set stands; `again` says that it did so before this call."""

    line: VitalSigns
    again: bool


@dataclass(frozen=True)
class Refused:
    """This set was not kept, and why. The others of the call were."""

    id: UUID
    problem: Problem


def record_vitals(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reading: Reading,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    not_kept: Sequence[Reading] = (),
    now: datetime,
) -> VitalSigns:
    """Keep one set of vital signs; a correction is a new set that names the old one and why. `not_kept`: what
    the same call brought before it, and was refused: as good a first reading of two.

    The alerts that it raises are raised with it. Raises `Invalid` naming the field: impossible values,
    nothing measured, no reason for what is missing, a moment in the future or before arrival, and with code
    `confirm` unusual values. Whatever it raises, whoever called then calls `alarm_not_kept`.
    """

    def drafted(current: Session) -> VitalSigns:
        return draft(
            actor=actor,
            id=id,
            session=current,
            reading=reading,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )

    def answer_for(line: VitalSigns) -> None:
        _raise_alerts(line, not_kept, now=now)
        if flowsheet.is_reading(line):
            alerts.settle_overdue(line.session, actor=actor, measured_at=line.measured_at, now=now)

    return recording.keep(session, "vitals", drafted, revision=revision, then=answer_for, now=now)


def record_many(
    *, actor: Actor, session: Session, entries: Sequence[Entry], now: datetime
) -> list[Kept | Refused]:
    """Keep many sets in the order in which they came, under one lock; each stands or is refused by itself.

    What a tablet could not send is sent so: an entry that was kept before, alone or among others, is
    answered with its line and never doubled, also when the session has moved on since.
    """

    def write() -> list[Kept | Refused]:
        # Before any id is claimed: of two calls with the same entries the second waits here.
        Session.objects.select_for_update(of=("self",)).only("pk").get(pk=session.pk)
        kept: list[Kept | Refused] = []
        for place, entry in enumerate(entries):
            earlier = zip(entries[:place], kept, strict=True)
            not_kept = [sent.reading for sent, became in earlier if isinstance(became, Refused)]
            kept.append(_keep(actor, session, entry, not_kept, now))
        return kept

    return in_transaction(write)


def _keep(
    actor: Actor, session: Session, entry: Entry, not_kept: Sequence[Reading], now: datetime
) -> Kept | Refused:
    try:
        line, made = create_once(
            actor=actor,
            noun=str(VitalSigns._meta.model_name),
            id=entry.id,
            body={"session": str(session.pk), **entry.sent},
            make=lambda: record_vitals(
                actor=actor,
                id=entry.id,
                session=session,
                reading=entry.reading,
                corrects=entry.corrects,
                correction_reason=entry.correction_reason,
                not_kept=not_kept,
                now=now,
            ),
            find=lambda: VitalSigns.objects.get(pk=entry.id),
        )
    except Problem as problem:
        alarm_not_kept(actor=actor, session=session, reading=entry.reading, not_kept=not_kept, now=now)
        return Refused(entry.id, problem)
    return Kept(line, again=not made)


def alarm_not_kept(
    *, actor: Actor, session: Session, reading: Reading, not_kept: Sequence[Reading] = (), now: datetime
) -> list[Alert]:
    """Raise at once what a refused set would raise, whatever it was refused for and however little of it can
    be read: no stop limit waits for a second look, a reason, a clock or a colleague's line. Values that can't
    be right raise nothing. The alerts tell the values, so that these aren't lost. `not_kept`: as in
    `record_vitals`.

    In a transaction of its own: the one that refused the set has taken everything back. A signed session
    takes no alert any more.
    """

    def write() -> list[Alert]:
        current = recording.lock(session, "vitals")
        before = [_credible(current, each, now) for each in not_kept]
        judged = excursions.judge(current, _credible(current, reading, now), not_kept=before)
        new = alerts.raise_all(
            current,
            judged.raises,
            reading=None,
            nurse=actor.user_id,
            within=judged.within,
            words=excursions.NOT_CONFIRMED,
            now=now,
        )
        if new:
            recording.count_up([current])
        return new

    try:
        return in_transaction(write)
    except Conflict:
        return []


def _credible(session: Session, reading: Reading, now: datetime) -> Reading:
    """What of a set that was refused can be right."""
    rings = vital_limits.rings_of(session.protocol.rings)
    nothing: dict[str, Any] = dict.fromkeys(vital_limits.RINGS)
    return replace(
        reading,
        measured_at=reading.measured_at if session.arrived_at <= reading.measured_at <= now else now,
        symptoms=[each for each in reading.symptoms if each in vital_limits.SYMPTOMS],
        **(nothing | vital_limits.credible(reading.values, rings)),
    )


def _raise_alerts(line: VitalSigns, not_kept: Sequence[Reading], *, now: datetime) -> None:
    """Raise what this set raises; whoever recorded it is told."""
    before = [_credible(line.session, each, now) for each in not_kept]
    judged = excursions.judge(line.session, line, not_kept=before)
    nurse, within = line.recorded_by_id, judged.within
    if judged.raises:
        alerts.raise_all(line.session, judged.raises, reading=line.pk, nurse=nurse, within=within, now=now)


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
    measured_at, at = moments.of_now(session, reading.measured_at, now)
    reading = replace(reading, measured_at=measured_at, symptoms=list(dict.fromkeys(reading.symptoms)))
    check(reading, session=session, corrects=corrects, now=at)
    if corrects is None and not reading.symptoms and not any(map(_measured, reading.values.values())):
        raise Invalid({"absent_reason": "Nothing was measured: keep at least one sign, or a symptom."})
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


def check(reading: Reading, *, session: Session, corrects: UUID | None = None, now: datetime) -> None:
    """Raise `Invalid` for a reading that can't be kept as it is (domain.md 3.2)."""
    rings = vital_limits.rings_of(session.protocol.rings)
    errors = [
        {"field": doubt.field, "code": "invalid", "detail": doubt.mend}
        for doubt in vital_limits.rejected(reading.values, rings)
    ]
    if not set(reading.symptoms) <= set(vital_limits.SYMPTOMS):
        errors.append(_error("symptoms", f"Choose among: {', '.join(vital_limits.SYMPTOMS)}."))
    if reading.measured_at > now:
        errors.append(_error("measured_at", "This moment is in the future."))
    if reading.measured_at < session.arrived_at:
        errors.append(_error("measured_at", "This moment is before the patient arrived."))
    if session.discharged_at and reading.measured_at > session.discharged_at:
        errors.append(_error("measured_at", "The patient had gone home by this moment."))
    if reading.device_id and not _measured_here(session, reading.device_id):
        errors.append(_error("device_id", "This monitor has sent nothing in this session."))
    missing = [sign for sign, value in reading.values.items() if value is None and rings[sign].regular]
    if missing and not flowsheet.is_reason(reading.absent_reason):
        labels = ", ".join(rings[sign].spoken for sign in missing)
        errors.append(_error("absent_reason", f"Say why this was not measured: {labels}."))
    elif said(reading.absent_reason) == flowsheet.NOT_DUE:
        errors += _overdue(reading, rings, session=session, corrects=corrects)
    if errors:
        raise Invalid(errors)
    doubts = [] if reading.confirmed else vital_limits.unusual(reading.values, rings)
    if doubts:
        found = [{"field": doubt.field, "code": "confirm", "detail": doubt.mend} for doubt in doubts]
        raise Invalid(found)


def _overdue(
    reading: Reading, rings: vital_limits.Rings, *, session: Session, corrects: UUID | None
) -> list[dict[str, str]]:
    """What is wrong with "not due" as the reason for a sign that was overdue when this set was measured."""
    missing = [sign for sign in flowsheet.ESSENTIAL if reading.values[sign] is None]
    due = flowsheet.overdue_at(session, reading.measured_at, but=corrects) if missing else None
    if due is None:
        return []
    moment = due.at.astimezone(ZoneInfo(session.clinic.time_zone))
    labels = ", ".join(rings[sign].spoken for sign in missing)
    why = f"This has been due since {moment:%H:%M}: {labels}. Measure it, or say why it can't be measured."
    return [_error("absent_reason", why)]


def tell_prescriber(line: VitalSigns, *, now: datetime) -> None:
    """Open a task when a line of an amendment passes the protocol's stop limit or names a symptom that calls
    (red), or passes caution (amber). Of a pressure past its stop limit no second reading is waited for.

    A signed session takes no alert any more: nobody is in the chair.
    """
    session, values = line.session, values_of(line)
    limits = session.protocol.limits
    raises = alert_rules.raised(values, line.symptoms, earlier=values, baseline={}, limits=limits)
    if any(each.level in AT_ONCE for each in raises):
        title, urgency, due = alert_tasks.call_to(session, alert_tasks.PAST_STOP), Urgency.RED, STOP_DUE
    elif raises:
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


def _measured(value: int | Decimal | None) -> bool:
    return value is not None


def _measured_here(session: Session, device: UUID) -> bool:
    return MonitorSample.objects.filter(session=session, device=device).exists()


def _error(field: str, mend: str) -> dict[str, str]:
    return {"field": field, "code": "invalid", "detail": mend}
