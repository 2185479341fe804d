"""A monitor's samples judged: which values can be, and which alerts they raise, by the rules of a reading.

Whose samples they are is decided in `feed`. The sessions come with their protocol.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Prefetch, Subquery, prefetch_related_objects

from clinic import clock
from scheduler.models import Claim
from sessions_app import recording, states
from sessions_app.models import MonitorSample, Session, VitalSigns
from sessions_app.monitors.readings import Value
from sessions_app.observing import alert_clocks, alert_rules, alerts, excursions, flowsheet, vital_limits
from sessions_app.observing.alert_rules import Raise, Rank
from sessions_app.observing.alerts import Raising
from sessions_app.observing.moments import Place

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

# Ours, not clinical: up to when a sample is what the monitor shows now, however its clock goes.
SHOWN_NOW: Final = timedelta(minutes=2)

# What a nurse is told of a value that cannot be: it may be the patient (an asystole) or a lead that is off.
LOOK: Final = "look at the patient now, then at the sensor. It can't be charted."
CLOCK_WRONG: Final = "The monitor's clock is wrong: look at the patient now. It can't be charted."
ALONE: Final = "It came without its other pressure and can't be charted."

Signs = Mapping[str, Value | None]
OpenRanks = Mapping[tuple[UUID, str], Sequence[Rank]]


@dataclass(frozen=True)
class Sifted:
    """The values that can be, those shown that cannot, the one of two pressures that came without the other,
    and in words what isn't used."""

    possible: dict[str, Value]
    impossible: dict[str, Value]
    alone: dict[str, Value]
    why: str


@dataclass(frozen=True)
class Shown:
    """What a monitor shows that may be so and is never stored: who is told of it reads why."""

    sample: MonitorSample
    words: str


def sift(values: Mapping[str, Value], session: Session) -> Sifted:
    """Tell the values that can be from those that cannot (domain.md 3.2, *reject*)."""
    rings = vital_limits.rings_of(session.protocol.rings)
    doubts = vital_limits.rejected(values, rings)
    kept = vital_limits.credible(values, rings)
    doubted = {doubt.field for doubt in doubts}
    if doubted & set(PAIR):
        kept = {sign: value for sign, value in kept.items() if sign not in PRESSURES}
    labels = dict.fromkeys(vital_limits.RINGS[doubt.field].label.lower() for doubt in doubts)
    impossible = {doubt.field: values[doubt.field] for doubt in doubts if doubt.field in values}
    one_only = len(values.keys() & set(PAIR)) == 1
    alone = {sign: values[sign] for sign in PAIR if one_only and sign in values and sign not in doubted}
    why = f"Values that cannot be: {', '.join(labels)}." if labels else ""
    return Sifted(kept, impossible, alone, why)


def raise_alerts(
    samples: Iterable[MonitorSample],
    *,
    impossible: Iterable[MonitorSample] = (),
    shown: Iterable[Shown] = (),
    now: datetime,
) -> int:
    """Raise what these samples raise and isn't open yet; how many alerts.

    `impossible` holds what monitors showed that cannot be, never stored: once the infusion has begun somebody
    looks at the patient. `shown` holds what may be so, never stored either: it raises what it would raise if
    it could be charted, for somebody to look.

    Inside the caller's transaction, the samples stored. Two queries whatever their number as long as nothing
    is past a limit, and never more for a further sample. A set that was charted within the limits ends an
    excursion: past them again is raised again, as for a reading. A session that has ended or is signed takes
    no alert any more.
    """
    looked_at = [sample for sample in samples if sample.session.state in states.IN_THE_CHAIR]
    absurd = [sample for sample in impossible if _infused(sample)]
    doubtful = [each for each in shown if each.sample.session.state in states.IN_THE_CHAIR]
    of_each = (*looked_at, *absurd, *(each.sample for each in doubtful))
    baselines = _baselines(list({sample.session: None for sample in of_each}))
    of_all = [
        *(_judge(sample, baselines.get(sample.session_id, {})) for sample in looked_at),
        *(_judge_impossible(sample, baselines.get(sample.session_id, {})) for sample in absurd),
        *(_judge_shown(each, baselines.get(each.sample.session_id, {})) for each in doubtful),
    ]
    judged = sorted((each for each in of_all if each.raised), key=lambda each: each.sample.measured_at)
    if not judged:
        return 0
    within = _last_within(judged)
    standing = alerts.open_ranks({each.sample.session for each in judged}, within=within)
    found: dict[UUID, list[Raise]] = {}
    for session, raised in _worst(judged, standing).items():
        new = [each for each in raised if _is_new(session, each, standing)]
        if new:
            found[session.pk] = new
    return _raise(found, within, now) if found else 0


def values_of(sample: MonitorSample) -> dict[str, Value | None]:
    return {sign: getattr(sample, sign) for sign in SIGNS}


@dataclass(frozen=True)
class _Judged:
    """What a sample raises by itself, and after a reading like it: some limits take two readings in a row."""

    sample: MonitorSample
    baseline: Signs
    raised: tuple[Raise, ...]
    at_worst: tuple[Raise, ...]

    def after(self, earlier: Signs) -> tuple[Raise, ...]:
        if self.raised == self.at_worst:
            return self.raised  # nothing of it takes two
        return _raised_by(self.sample, earlier, self.baseline)

    def uncertain(self, standing: OpenRanks) -> set[str]:
        """The signs of which the reading before makes a worse alert, one that isn't open already."""
        session = self.sample.session
        return {
            each.sign
            for each in self.at_worst
            if each not in self.raised and _is_new(session, each, standing)
        }


def _judge(sample: MonitorSample, baseline: Signs) -> _Judged:
    raised = _raised_by(sample, {}, baseline)
    takes_two = any(_takes_two(each.sign, sample.session.protocol.limits) for each in raised)
    at_worst = _raised_by(sample, values_of(sample), baseline) if takes_two else raised
    return _Judged(sample, baseline, raised, at_worst)


def _judge_impossible(sample: MonitorSample, baseline: Signs) -> _Judged:
    """Of the level that each value would have if it were true, and at least a caution."""
    shown = {sign: value for sign, value in values_of(sample).items() if value is not None}
    levels = {each.sign: each.level for each in _raised_by(sample, {}, {})}
    raised = tuple(
        Raise(sign, levels.get(sign, "caution"), "limit", f"{vital_limits.measured(sign, value)}: {LOOK}")
        for sign, value in shown.items()
    )
    raised = _dated(sample, raised)
    return _Judged(sample, baseline, raised, raised)


def _judge_shown(shown: Shown, baseline: Signs) -> _Judged:
    """By itself: what isn't stored is no second reading."""
    raised = tuple(
        replace(each, detail=f"{each.detail} {shown.words}")
        for each in _raised_by(shown.sample, {}, baseline)
    )
    return _Judged(shown.sample, baseline, raised, raised)


def _infused(sample: MonitorSample) -> bool:
    """Whether its patient is in the chair, and the infusion had begun: while leads are put on nobody is
    called to look at what they show."""
    session = sample.session
    in_the_chair = session.state in states.IN_THE_CHAIR
    return in_the_chair and session.started_at is not None and session.started_at <= sample.measured_at


def _raised_by(sample: MonitorSample, earlier: Signs, baseline: Signs) -> tuple[Raise, ...]:
    limits = sample.session.protocol.limits
    raised = alert_rules.raised(values_of(sample), (), earlier=earlier, baseline=baseline, limits=limits)
    return _dated(sample, raised)


def _dated(sample: MonitorSample, raised: tuple[Raise, ...]) -> tuple[Raise, ...]:
    """With the moment of measuring where the monitor shows this no longer: what comes late is told as late,
    for the alert itself is of now and of no line."""
    if sample.received_at - sample.measured_at < SHOWN_NOW:
        return raised
    moment = sample.measured_at.astimezone(ZoneInfo(sample.device.clinic.time_zone))
    return tuple(replace(each, detail=f"{each.detail} Measured at {moment:%H:%M}.") for each in raised)


def _worst(judged: Sequence[_Judged], standing: OpenRanks) -> dict[Session, list[Raise]]:
    """The worst alert of each sign that these raise in each session, in the order of measuring.

    What came before is looked up only where it makes a difference.
    """
    uncertain = [(each.sample, signs) for each in judged if (signs := each.uncertain(standing))]
    before = _before([sample for sample, _ in uncertain], set().union(*(signs for _, signs in uncertain)))
    worst: dict[Session, dict[str, Raise]] = {}
    for each in judged:
        earlier = before.get((each.sample.session_id, each.sample.measured_at))
        of_session = worst.setdefault(each.sample.session, {})
        for raised in each.after(earlier) if earlier else each.raised:
            known = of_session.get(raised.sign)
            if known is None or raised.rank > known.rank:
                of_session[raised.sign] = raised
    return {session: list(of_session.values()) for session, of_session in worst.items()}


def _last_within(judged: Sequence[_Judged]) -> dict[tuple[UUID, str], Place]:
    """For each sign that these raise in a session, when it was last charted within the limits before the
    newest of them. A query."""
    newest: dict[tuple[UUID, str], _Judged] = {}
    for each in judged:
        newest |= {(each.sample.session_id, raised.sign): each for raised in each.raised}
    charted = _charted({each.sample.session_id for each in judged})
    found: dict[tuple[UUID, str], Place] = {}
    for key, last in newest.items():
        sample, sign = last.sample, key[1]
        before = [line for line in charted.get(key[0], ()) if _comes_after(sample, line)]
        within = excursions.last_within(sample.session, [sign], before, dict(last.baseline))
        if sign in within:
            found[key] = within[sign]
    return found


def _comes_after(sample: MonitorSample, line: VitalSigns) -> bool:
    """Whether the sample tells of a moment after this set, which may tell no seconds. A monitor's clock may
    be behind: what it shows now comes after every set that was entered."""
    shows_now = sample.received_at - sample.measured_at < SHOWN_NOW
    return shows_now or clock.minute(line.measured_at) <= sample.measured_at


def _charted(sessions: Collection[UUID]) -> dict[UUID, list[VitalSigns]]:
    """The sets that stand in these sessions, by the moment of measuring: one query."""
    found: dict[UUID, list[VitalSigns]] = {}
    for line in flowsheet.standing(VitalSigns.objects.filter(session__in=sessions)):
        found.setdefault(line.session_id, []).append(line)
    return found


def _takes_two(sign: str, limits: Mapping[str, Any]) -> bool:
    readings: int = limits.get(sign, {}).get("stop_readings", alert_rules.STOP_READINGS.get(sign, 1))
    return readings > 1


def _before(
    samples: Sequence[MonitorSample], signs: Collection[str]
) -> dict[tuple[UUID, datetime], dict[str, Value | None]]:
    """For the moment of each sample the newest values from before it, charted or sent: two queries.

    Two readings are two moments: a cuff's value that a monitor sends again each second bears the moment of
    its measuring (OBX-14) and counts once.
    """
    if not samples:
        return {}
    sessions = {sample.session_id for sample in samples}
    charted = _charted(sessions)
    moments = {sample.measured_at for sample in samples}
    sent = _sent_before(signs)
    rows = MonitorSample.objects.filter(session__in=sessions, measured_at__in=moments).annotate(**sent)
    return {
        (row["session_id"], row["measured_at"]): {
            sign: _newest(row, sign, charted.get(row["session_id"], [])) for sign in signs
        }
        for row in rows.values("session_id", "measured_at", *sent)
    }


def _sent_before(signs: Collection[str]) -> dict[str, Subquery]:
    """Of each sign the value that was sent before a sample, and its moment."""
    found = {}
    for sign in signs:
        earlier = MonitorSample.objects.filter(
            session=OuterRef("session"), measured_at__lt=OuterRef("measured_at"), **{f"{sign}__isnull": False}
        ).order_by("-measured_at")
        found[f"{sign}_before"] = Subquery(earlier.values(sign)[:1])
        found[f"{sign}_at"] = Subquery(earlier.values("measured_at")[:1])
    return found


def _newest(row: Mapping[str, Any], sign: str, charted: Sequence[VitalSigns]) -> Value | None:
    """Of what was sent before and what was charted before, the later; `charted` in the order of measuring."""
    value: Value | None = row[f"{sign}_before"]
    sent_at: datetime | None = row[f"{sign}_at"]
    for line in reversed(charted):
        own: Value | None = getattr(line, sign)
        if own is not None and line.measured_at < row["measured_at"]:
            return own if sent_at is None or line.measured_at > sent_at else value
    return value


def _baselines(sessions: Sequence[Session]) -> dict[UUID, Signs]:
    """Each started session's own values before the start: two queries."""
    started = [session for session in sessions if session.started_at]
    if not started:
        return {}
    prefetch_related_objects(started, "infusion_events")
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


def _is_new(session: Session, each: Raise, standing: OpenRanks) -> bool:
    return alerts.is_new(each, standing.get((session.pk, each.sign), ()))


def _raise(
    found: Mapping[UUID, Sequence[Raise]], within: Mapping[tuple[UUID, str], Place], now: datetime
) -> int:
    """Under the sessions' locks: what was looked at without them may have changed since. As many queries
    for many sessions."""
    claims = Prefetch("appointment__claims", Claim.objects.select_related("resource").order_by("pk"))
    rows = Session.objects.select_for_update(of=("self",)).filter(pk__in=found, signed_records=None)
    sessions = rows.select_related("clinic", "protocol", "appointment__plan").order_by("pk")
    raised = alerts.raise_together(
        [
            Raising(
                session,
                found[session.pk],
                nurse=alert_clocks.nurse_of(session, now),
                within={sign: at for (pk, sign), at in within.items() if pk == session.pk},
            )
            for session in sessions.prefetch_related(claims, "vital_signs")
            if session.state in states.IN_THE_CHAIR
        ],
        now=now,
    )
    recording.count_up({alert.session for alert in raised})
    return len(raised)
