"""What the vital signs hold against a start: a baseline that is missing, values past the start limits, a
symptom that stands.

Asked of loaded rows: `vital_signs`, `overrides`. The step itself is `infusing.infusion.start`, letting it
pass `preparing.overrides`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sessions_app.models import Session, VitalSigns
from sessions_app.observing import excursions, flowsheet, vital_limits
from sessions_app.observing.flowsheet import values_of

START_LIMITS: Final = "start_limits"  # what a prescriber may let pass, for the newest line


def unmet_at_start(session: Session, now: datetime, *, at: datetime | None = None) -> dict[str, str]:
    """What the vital signs hold against a start: codes of `states.MISSING` with details.

    The baseline is, for each sign that the protocol limits at the start, the newest value measured within
    the protocol's baseline minutes (domain.md 3.4: 15 [D]). A sign without one blocks. A value past the
    limits blocks until a newer one is not, or a prescriber lets what is past pass; so does a symptom that
    was seen, however long before, until a full set no longer names it. A start that is entered
    later, for the moment `at`, is judged by what was newest then and by all that is known `now`.
    """
    protocol = session.protocol
    minutes = protocol.vitals_schedule["baseline_within_minutes"]
    since = (at or now) - timedelta(minutes=minutes)
    lines = flowsheet.standing(session.vital_signs.all())
    baseline = _newest(lines, since, at or now)
    missing = [
        vital_limits.RINGS[sign].spoken
        for sign in vital_limits.limited(protocol.limits, "start_hold")
        if sign not in baseline
    ]
    past = [
        (vital_limits.measured(breach.sign, getattr(signs[breach.sign], breach.sign)), signs[breach.sign])
        for signs in (baseline, _newest(lines, since, now))
        for breach in vital_limits.breaches(_values(signs), protocol.limits, "start_hold")
    ]
    known = [line for line in lines if line.measured_at <= now]
    past += [(vital_limits.SYMPTOMS[symptom], line) for symptom, line in excursions.standing_symptoms(known)]
    found = {}
    if missing:
        found["baseline"] = f"Missing within the last {minutes} minutes: {', '.join(missing)}."
    if past and not flowsheet.let_these_pass(session, START_LIMITS, [line for _, line in past]):
        found[START_LIMITS] = f"{', '.join(dict.fromkeys(words for words, _ in past))}."
    return found


def before_start(session: Session, at: datetime) -> dict[str, VitalSigns]:
    """For each sign the last set that measured it within the protocol's baseline minutes before a start at
    this moment."""
    minutes = session.protocol.vitals_schedule["baseline_within_minutes"]
    lines = flowsheet.standing(session.vital_signs.all())
    return _newest(lines, at - timedelta(minutes=minutes), at)


def _newest(lines: Iterable[VitalSigns], since: datetime, until: datetime) -> dict[str, VitalSigns]:
    """For each sign the last of these sets of this time that measured it."""
    return {
        sign: line
        for line in lines
        if since <= line.measured_at <= until
        for sign, value in values_of(line).items()
        if value is not None
    }


def _values(signs: Mapping[str, VitalSigns]) -> flowsheet.Signs:
    return {sign: getattr(line, sign) for sign, line in signs.items()}
