"""A monitor's samples judged: which values can be, and which alerts they raise, by the rules of a reading.

Whose samples they are is decided in `feed`. The sessions come with their protocol.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, prefetch_related_objects

from clinic.problems import Conflict
from scheduler.models import Claim
from sessions_app import recording, states
from sessions_app.models import Alert, AlertStep, AlertStepKind, MonitorSample, Session, VitalSigns
from sessions_app.monitors.readings import Value
from sessions_app.observing import alert_clocks, alert_rules, alerts, flowsheet, vital_limits
from sessions_app.observing.alert_rules import Raise

SIGNS: Final = (
    "systolic_mmhg",
    "diastolic_mmhg",
    "mean_mmhg",
    "heart_rate_per_min",
    "respiratory_rate_per_min",
    "oxygen_saturation_percent",
    "end_tidal_co2_mmhg",
    "temperature_cel",
)
PAIR: Final = ("systolic_mmhg", "diastolic_mmhg")
# The pair is one measurement: where one of it cannot be, none of the three is used.
PRESSURES: Final = (*PAIR, "mean_mmhg")

Signs = Mapping[str, Value | None]
OpenLevels = dict[tuple[UUID, str], list[str]]


def possible(values: Signs, session: Session) -> tuple[dict[str, Value], str]:
    """The values that can be (domain.md 3.2, *reject*), and in words what could not."""
    doubts = vital_limits.rejected(values, vital_limits.rings_of(session.protocol.rings))
    refused = {doubt.field for doubt in doubts}
    if refused & set(PAIR):
        refused |= set(PRESSURES)
    labels = dict.fromkeys(vital_limits.RINGS[doubt.field].label.lower() for doubt in doubts)
    why = f"Values that cannot be: {', '.join(labels)}." if labels else ""
    return {sign: value for sign, value in values.items() if value is not None and sign not in refused}, why


def raise_alerts(samples: Iterable[MonitorSample], *, now: datetime) -> int:
    """Raise what these samples raise and isn't open yet; how many alerts.

    Inside the caller's transaction, the samples stored. Two queries whatever their number as long as nothing
    is past a limit. A session that has ended or is signed takes no alert any more.
    """
    by_session: dict[Session, list[MonitorSample]] = {}
    for sample in samples:
        if sample.session.state in states.IN_THE_CHAIR:
            by_session.setdefault(sample.session, []).append(sample)
    baselines = _baselines(list(by_session))
    found: dict[Session, list[Raise]] = {}
    for session, own in by_session.items():
        own.sort(key=lambda sample: sample.measured_at)
        raised = _raised(session, own, baselines.get(session.pk, {}))
        if raised:
            found[session] = raised
    if not found:
        return 0
    standing = _open_levels(found)
    needing = [one for one, raised in found.items() if any(_is_new(one, each, standing) for each in raised)]
    return sum(_raise(session, found[session], now) for session in sorted(needing, key=lambda one: one.pk))


def values_of(sample: MonitorSample) -> dict[str, Value | None]:
    return {sign: getattr(sample, sign) for sign in SIGNS}


def _raised(session: Session, samples: Sequence[MonitorSample], baseline: Signs) -> list[Raise]:
    """The worst alert of each sign that these samples of one session raise, in the order of measuring."""
    limits = session.protocol.limits
    worst: dict[str, Raise] = {}
    for sample in samples:
        values = values_of(sample)
        raised = alert_rules.raised(values, (), earlier={}, baseline=baseline, limits=limits)
        twice = [each.sign for each in raised if _takes_two(each.sign, limits)]
        if twice:
            earlier = {sign: _before(session, sign, sample.measured_at) for sign in twice}
            raised = alert_rules.raised(values, (), earlier=earlier, baseline=baseline, limits=limits)
        for each in raised:
            known = worst.get(each.sign)
            if known is None or alert_rules.worse(each.level, known.level):
                worst[each.sign] = each
    return list(worst.values())


def _takes_two(sign: str, limits: Mapping[str, Any]) -> bool:
    readings: int = limits.get(sign, {}).get("stop_readings", alert_rules.STOP_READINGS.get(sign, 1))
    return readings > 1


def _before(session: Session, sign: str, moment: datetime) -> Value | None:
    """The newest value of a sign from before this moment, charted or sent.

    Two readings are two moments: a cuff's value that a monitor sends again each second bears the moment of
    its measuring (OBX-14) and counts once.
    """
    measured = {"session": session, "measured_at__lt": moment, f"{sign}__isnull": False}
    sent = MonitorSample.objects.filter(**measured).order_by("-measured_at")
    charted = VitalSigns.objects.filter(**measured, corrected_by__isnull=True).order_by("-measured_at")
    found = [row for row in (sent.first(), charted.first()) if row is not None]
    if not found:
        return None
    value: Value = getattr(max(found, key=lambda row: row.measured_at), sign)
    return value


def _baselines(sessions: Sequence[Session]) -> dict[UUID, Signs]:
    """Each started session's own values before the start: one query."""
    started = [session for session in sessions if session.started_at]
    if not started:
        return {}
    widest = max(session.protocol.vitals_schedule["baseline_within_minutes"] for session in started)
    lines = VitalSigns.objects.filter(
        session__in=started,
        corrected_by__isnull=True,
        measured_at__lte=F("session__started_at"),
        measured_at__gte=F("session__started_at") - timedelta(minutes=widest),
    ).order_by("measured_at", "recorded_at")
    of_session: dict[UUID, list[VitalSigns]] = {}
    for line in lines:
        of_session.setdefault(line.session_id, []).append(line)
    return {session.pk: flowsheet.baseline_of(session, of_session.get(session.pk, [])) for session in started}


def _open_levels(sessions: Iterable[Session]) -> OpenLevels:
    """The levels of the alerts that stand open, by session and sign: one query."""
    resolved = AlertStep.objects.filter(alert=OuterRef("pk"), kind=AlertStepKind.RESOLVED)
    standing: OpenLevels = {}
    rows = Alert.objects.filter(~Exists(resolved), session__in=list(sessions))
    for session_id, sign, level in rows.values_list("session_id", "sign", "level"):
        standing.setdefault((session_id, sign), []).append(level)
    return standing


def _is_new(session: Session, each: Raise, standing: OpenLevels) -> bool:
    levels = standing.get((session.pk, each.sign), [])
    return all(alert_rules.worse(each.level, level) for level in levels)


def _raise(session: Session, found: Sequence[Raise], now: datetime) -> int:
    """Under the session's lock: what was looked at without it may have changed since."""
    try:
        current = recording.lock(session, "alert")
    except Conflict:
        return 0
    if current.state not in states.IN_THE_CHAIR:
        return 0
    claims = Prefetch("appointment__claims", Claim.objects.select_related("resource").order_by("pk"))
    prefetch_related_objects([current], claims, "vital_signs")
    nurse = alert_clocks.nurse_of(current, now)
    raised = alerts.raise_all(current, found, reading=None, nurse=nurse, now=now)
    if raised:
        recording.advance(current, "alert", now=now)
    return len(raised)
