"""A sign past its limits and back within them, by the sets that stand: what a set raises, also after one
that was not kept, when that sign was last within, whether its newest value still is past, and whether
somebody measured again.

What is past a limit is decided in `alert_rules`; what becomes of an alert is in `alerts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from clinic import clock
from sessions_app.models import Alert, AlertKind, AlertStep, AlertStepKind, Session, VitalSigns
from sessions_app.observing import alert_rules, flowsheet, vital_limits
from sessions_app.observing.alert_rules import Raise
from sessions_app.observing.moments import Place, place

# What whoever is told of an alert hears when nobody has confirmed its value.
NOT_CONFIRMED: Final = "Not confirmed yet: measure again."


class Taken(Protocol):
    """A set that stands, or one that was not kept."""

    @property
    def measured_at(self) -> datetime: ...

    @property
    def symptoms(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Judged:
    """What a set raises, and when each of these signs was last within its limits before it."""

    raises: tuple[Raise, ...]
    within: dict[str, Place]


def judge(
    session: Session, taken: Taken, *, but: UUID | None = None, not_kept: Sequence[Taken] = ()
) -> Judged:
    """Judge a set by the sets before it, and by what those told that nobody kept; without the set `but`, for
    which this one is to stand. `not_kept`: sets that came in the same call, whose alerts are no older than
    this moment. At most three queries."""
    standing = flowsheet.standing(VitalSigns.objects.filter(session=session))
    lines = [line for line in standing if line.pk != but]
    known = [each for each in lines if each != taken and clock.minute(each.measured_at) <= taken.measured_at]
    before = sorted(known, key=_place)
    baseline = flowsheet.baseline_of(session, lines)
    judged = partial(
        alert_rules.raised,
        {sign: getattr(taken, sign) for sign in vital_limits.RINGS},
        taken.symptoms,
        earlier=flowsheet.newest(before),
        baseline=baseline,
        limits=session.protocol.limits,
    )
    raises = judged()
    if any(each.kind == AlertKind.ONCE for each in raises):
        others = [each for each in lines if each != taken]
        stopped = _stopped_before(session, taken, raises, others)
        raises = judged(stopped=stopped | _stopped_with(session, taken, not_kept, before))
    return Judged(raises, last_within(session, [each.sign for each in raises], before, baseline))


def _stopped_before(
    session: Session, taken: Taken, raises: Iterable[Raise], lines: Iterable[VitalSigns]
) -> set[str]:
    """The signs whose last reading before this set was past the stop limit too, in a set that was refused:
    only its alert tells of it. A query.

    Two readings are two moments: the refused set sent again, with the value that was told, is the same one.
    What was kept since of a sign tells more than what was not.
    """
    once = {each.sign: each.detail for each in raises if each.kind == AlertKind.ONCE}
    unconfirmed = AlertStep.objects.filter(alert=OuterRef("pk"), words=NOT_CONFIRMED)
    refused = Alert.objects.filter(
        Exists(unconfirmed),
        session=session,
        kind=AlertKind.ONCE,
        sign__in=once,
        raised_at__lt=taken.measured_at,
    )
    kept = {sign: max((line.revision for line in lines if _tells_of(line, sign)), default=0) for sign in once}
    return {
        alert.sign
        for alert in refused
        if alert.revision > kept[alert.sign] and alert.detail != once[alert.sign]
    }


def _stopped_with(
    session: Session, taken: Taken, not_kept: Sequence[Taken], before: Sequence[VitalSigns]
) -> set[str]:
    """The signs that were past the stop limit in one of these sets that nobody kept, of an earlier minute
    than this one and later than any that stands. No query."""
    limits = session.protocol.limits
    found = set()
    for each in not_kept:
        at = clock.minute(each.measured_at)
        if at < clock.minute(taken.measured_at):
            past = alert_rules.past_stop({sign: getattr(each, sign) for sign in vital_limits.RINGS}, limits)
            since = [line for line in before if clock.minute(line.measured_at) >= at]
            found |= {sign for sign in past if not any(_tells_of(line, sign) for line in since)}
    return found


def last_within(
    session: Session, signs: Iterable[str], before: Sequence[VitalSigns], baseline: flowsheet.Signs
) -> dict[str, Place]:
    """For each of these signs when the newest of the sets `before` found it within the limits, if one did.

    A symptom is gone with a full set that doesn't name it.
    """
    wanted, found = set(signs), dict[str, Place]()
    for line in sorted(before, key=_place):
        past = {each.sign for each in _raised(session, line, baseline)}
        for sign in wanted - past:
            if _tells_of(line, sign):
                found[sign] = _place(line)
    return found


def standing_symptoms(lines: Iterable[VitalSigns]) -> list[tuple[str, VitalSigns]]:
    """Each symptom that the newest of these standing sets to tell of it names, with that set."""
    in_order, found = sorted(lines, key=_place), list[tuple[str, VitalSigns]]()
    for symptom in vital_limits.SYMPTOMS:
        telling = [line for line in in_order if _tells_of(line, symptom)]
        if telling and symptom in telling[-1].symptoms:
            found.append((symptom, telling[-1]))
    return found


def still_past(session: Session, sign: str) -> str:
    """The newest value of this sign with its time, in words, where it is past the limits; else nothing.

    A few queries: it is asked when somebody resolves an alert.
    """
    lines = flowsheet.standing(VitalSigns.objects.filter(session=session))
    telling = [line for line in lines if _tells_of(line, sign)]
    if not telling:
        return ""
    newest = max(telling, key=_place)
    past = _raised(session, newest, flowsheet.baseline_of(session, lines))
    if sign not in {each.sign for each in past}:
        return ""
    moment = newest.measured_at.astimezone(ZoneInfo(session.clinic.time_zone))
    if sign in vital_limits.SYMPTOMS:
        return f"{vital_limits.SYMPTOMS[sign]} was seen at {moment:%H:%M}"
    return f"{vital_limits.measured(sign, getattr(newest, sign))} was measured at {moment:%H:%M}"


def was_unconfirmed(alert: Alert) -> bool:
    """Whether it tells a value that nobody had confirmed; needs its steps."""
    return any(step.words == NOT_CONFIRMED for step in alert.steps.all())


def only_told(session: Session) -> list[Alert]:
    """The open alerts about values that nobody has confirmed or measured again, by their moments: no set of
    the flowsheet has these. Needs the session's `alerts` with their steps, and its `vital_signs`."""
    found = [
        alert
        for alert in session.alerts.all()
        if was_unconfirmed(alert)
        and not measured_again(session, alert)
        and not any(step.kind == AlertStepKind.RESOLVED for step in alert.steps.all())
    ]
    return sorted(found, key=lambda alert: (alert.raised_at, alert.revision))


def measured_again(session: Session, alert: Alert) -> str:
    """What was measured after an alert about a value that nobody had confirmed, in words with its time; else
    nothing. Needs the session's `vital_signs`."""
    if not was_unconfirmed(alert):
        return ""
    lines = flowsheet.standing(session.vital_signs.all())
    since = [line for line in lines if line.revision > alert.revision and _tells_of(line, alert.sign)]
    if not since:
        return ""
    newest = since[-1]
    moment = newest.measured_at.astimezone(ZoneInfo(session.clinic.time_zone))
    if alert.sign not in vital_limits.RINGS:
        return f"{moment:%H:%M}"
    return f"{moment:%H:%M}, {vital_limits.measured(alert.sign, getattr(newest, alert.sign))}"


def _place(line: VitalSigns) -> Place:
    return place(line.measured_at, line.revision)


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
