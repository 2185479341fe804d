"""A sign past its limits and back within them, by the sets that stand: when it was last within, and whether
its newest value still is past.

What is past a limit is decided in `alert_rules`; what becomes of an alert is in `alerts`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sessions_app.models import Session, VitalSigns
from sessions_app.observing import alert_rules, flowsheet, vital_limits


def last_within(
    session: Session, signs: Iterable[str], before: Sequence[VitalSigns], baseline: flowsheet.Signs
) -> dict[str, datetime]:
    """For each of these signs when the newest of the sets `before` found it within the limits, if one did.

    A symptom is gone with a full set that doesn't name it. The sets are given by the moment of measuring.
    """
    wanted, found = set(signs), dict[str, datetime]()
    for line in before:
        past = {each.sign for each in _raised(session, line, baseline)}
        for sign in wanted - past:
            if _tells_of(line, sign):
                found[sign] = line.measured_at
    return found


def still_past(session: Session, sign: str) -> str:
    """The newest value of this sign with its time, in words, where it is past the limits; else nothing.

    A few queries: it is asked when somebody resolves an alert.
    """
    lines = flowsheet.standing(VitalSigns.objects.filter(session=session))
    telling = [line for line in lines if _tells_of(line, sign)]
    if not telling:
        return ""
    newest = telling[-1]
    past = _raised(session, newest, flowsheet.baseline_of(session, lines))
    if sign not in {each.sign for each in past}:
        return ""
    moment = newest.measured_at.astimezone(ZoneInfo(session.clinic.time_zone))
    if sign in vital_limits.SYMPTOMS:
        return f"{vital_limits.SYMPTOMS[sign]} was seen at {moment:%H:%M}"
    return f"{vital_limits.measured(sign, getattr(newest, sign))} was measured at {moment:%H:%M}"


def _raised(session: Session, line: VitalSigns, baseline: flowsheet.Signs) -> tuple[alert_rules.Raise, ...]:
    return alert_rules.raised(
        flowsheet.values_of(line),
        line.symptoms,
        earlier={},
        baseline=baseline,
        limits=session.protocol.limits,
    )


def _tells_of(line: VitalSigns, sign: str) -> bool:
    if sign in vital_limits.RINGS:
        return getattr(line, sign) is not None
    return sign in line.symptoms or flowsheet.is_reading(line)
