"""Alerts: raised with the reading that raises them, then acknowledged, acted on and resolved by name.

Which reading raises what is in `alert_rules`; who stands on the ladder in `ladder`, the clock that sends an
unanswered alert up, and notices overdue readings, in `alert_clocks`. An alert is open until a step resolves
it; no session is signed with an open one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from clinic import access, work
from clinic.access import Actor
from clinic.models import Role
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import in_words, said
from sessions_app import recording
from sessions_app.models import Alert, AlertKind, AlertStep, AlertStepKind, Rung, Session
from sessions_app.observing import alert_rules, alert_tasks, excursions
from sessions_app.observing.alert_rules import Raise, Rank
from sessions_app.observing.alert_tasks import calling, cause_of, task_of
from sessions_app.observing.ladder import AT_ONCE, Ladder, told
from sessions_app.observing.moments import Place, place

DETAIL: Final = Alert._meta.get_field("detail").max_length
OF_A_SIGN: Final = (AlertKind.LIMIT, AlertKind.ONCE, AlertKind.CHANGE)
OVERDUE_SIGN: Final = "vital_signs"
TAKEN: Final = "The vital signs were taken."
STOPPED: Final = "The infusion was stopped."


def open_of(session: Session) -> QuerySet[Alert]:
    """The alerts of a session that nobody has resolved, the oldest first."""
    resolved = AlertStep.objects.filter(session=session, kind=AlertStepKind.RESOLVED)
    return (
        Alert.objects.filter(session=session)
        .exclude(pk__in=resolved.values("alert"))
        .order_by("raised_at", "id")
    )


def unmet_at_signing(session: Session) -> dict[str, str]:
    """What the alerts hold against the signature: the code of `states.MISSING` with how many there are."""
    count = open_of(session).count()
    return {"alerts_resolved": f"Open: {count}."} if count else {}


@dataclass(frozen=True)
class Raising:
    """What is to be raised in one session, and the nurse to be told. A monitor's sample is no reading.

    `within` tells when a sign was last within its limits: an alert from before that is of another excursion.
    `called` says that another task calls the prescriber already, `words` what whoever is told is to know of
    this moment.
    """

    session: Session
    found: Sequence[Raise]
    nurse: UUID | None
    reading: UUID | None = None
    within: Mapping[str, Place] = field(default_factory=dict)
    called: bool = False
    words: str = ""


def raise_all(
    session: Session,
    found: Iterable[Raise],
    *,
    reading: UUID | None,
    nurse: UUID | None,
    within: Mapping[str, Place] | None = None,
    words: str = "",
    now: datetime,
) -> list[Alert]:
    """Raise in one session, as `raise_together` does."""
    raising = Raising(session, list(found), nurse, reading, within or {}, words=words)
    return raise_together([raising], now=now)


def raise_together(raisings: Sequence[Raising], *, now: datetime) -> list[Alert]:
    """Raise what isn't open yet, and tell the nurse; past a stop limit the prescriber too, or who
    is there in their place.

    The sessions must be locked, and be counted up afterwards (`recording`). One open alert for each sign: a
    further bad reading doesn't double it, a worse one raises another, and so does a new excursion after the
    sign was within its limits. As many queries for many sessions.
    """
    within = {(each.session.pk, sign): at for each in raisings for sign, at in each.within.items()}
    ranks = open_ranks([each.session for each in raisings], within=within)
    alerts: list[Alert] = []
    steps: list[AlertStep] = []
    raised_by: dict[UUID, Raising] = {}
    for raising in raisings:
        new = [
            _alert(raising, each, now)
            for each in raising.found
            if is_new(each, ranks.get((raising.session.pk, each.sign), ()))
        ]
        alerts += new
        raised_by |= dict.fromkeys([alert.pk for alert in new], raising)
        steps += [told(alert, Rung.NURSE, raising.nurse, words=raising.words) for alert in new]
    if not alerts:
        return []
    urgent = [alert for alert in alerts if alert.level in AT_ONCE]
    if urgent:
        staff = Ladder({alert.session for alert in urgent}, now)
        for alert in urgent:
            raising = raised_by[alert.pk]
            steps += staff.called(raising.session, alert, nurse=raising.nurse, words=raising.words)
    Alert.objects.bulk_create(alerts)
    AlertStep.objects.bulk_create(steps)
    if urgent:
        called = {raising.session.pk for raising in raisings if raising.called}
        to_call = [alert for alert in urgent if alert.session_id not in called]
        work.open_items([task_of(alert, alert.session) for alert in calling(to_call)])
    return alerts


def open_ranks(
    sessions: Iterable[Session], *, within: Mapping[tuple[UUID, str], Place] | None = None
) -> dict[tuple[UUID, str], list[Rank]]:
    """How bad the alerts are that stand open, by session and sign: one query. Those from before the sign
    was last `within` its limits are left out."""
    resolved = AlertStep.objects.filter(alert=OuterRef("pk"), kind=AlertStepKind.RESOLVED)
    rows = Alert.objects.filter(~Exists(resolved), session__in=list(sessions))
    found: dict[tuple[UUID, str], list[Rank]] = {}
    measured_at = Coalesce("reading__measured_at", "raised_at")
    of_each = rows.values_list("session_id", "sign", "level", "kind", measured_at, "revision")
    for session_id, sign, level, kind, at, revision in of_each:
        last_within = (within or {}).get((session_id, sign))
        if last_within is None or place(at, revision) > last_within:
            found.setdefault((session_id, sign), []).append(alert_rules.rank(level, kind))
    return found


def is_new(each: Raise, open_ones: Iterable[Rank]) -> bool:
    """Whether it is worse than whatever of its sign is open."""
    return all(each.rank > rank for rank in open_ones)


def _alert(raising: Raising, each: Raise, now: datetime) -> Alert:
    return Alert(
        kind=each.kind,
        level=each.level,
        sign=each.sign,
        detail=each.detail[:DETAIL],
        raised_at=now,
        reading_id=raising.reading,
        **recording.entry(raising.session, actor=None, now=now),
    )


def settle_overdue(session: Session, *, actor: Actor, measured_at: datetime, now: datetime) -> None:
    """The reading that was waited for has come: whoever took it has resolved the alerts about it, and closed
    the prescriber's tasks if it had come to that.

    The session must be locked, and `recording.advance` follows.
    """
    grace = timedelta(minutes=session.protocol.vitals_schedule["grace_minutes"])
    of_these = Alert.objects.filter(kind=AlertKind.OVERDUE, due_at__lte=measured_at + grace)
    _settle(session, of_these, actor=actor, words=TAKEN, now=now)


def settle_end(session: Session, *, actor: Actor, now: datetime) -> None:
    """The infusion was stopped: whoever did it has resolved the alert that it was past its end. The session
    must be locked, and `recording.advance` follows."""
    _settle(session, Alert.objects.filter(kind=AlertKind.END), actor=actor, words=STOPPED, now=now)


def _settle(session: Session, alerts: QuerySet[Alert], *, actor: Actor, words: str, now: datetime) -> None:
    """Resolve those of these alerts that are open in the session, and close what tasks there are about any:
    one that was resolved in words may have left its call behind."""
    of_session = list(alerts.filter(session=session))
    if not of_session:
        return
    waiting = open_of(session).filter(pk__in=[alert.pk for alert in of_session])
    AlertStep.objects.bulk_create(
        AlertStep(
            alert=alert,
            kind=AlertStepKind.RESOLVED,
            words=words,
            **recording.entry(session, actor=actor, now=now),
        )
        for alert in waiting
    )
    causes = [cause_of(alert.pk) for alert in of_session]
    work.settle(actor=actor, clinic_id=session.clinic_id, causes=causes, outcome=words, now=now)


def acknowledge(
    *, actor: Actor, id: UUID, alert: Alert, words: str = "", revision: int | None = None, now: datetime
) -> AlertStep:
    """Say that one has seen it: from now on it goes no further up the ladder, and nobody is called because
    nobody had answered. Who was called to the chair is still to come; a prescriber who acknowledges takes
    that call.

    Raises `Conflict` `alert_acknowledged` naming who has already, or `alert_resolved`.
    """
    return _answer(AlertStepKind.ACKNOWLEDGED, actor, id, alert, words, revision, now)


def act(
    *, actor: Actor, id: UUID, alert: Alert, words: str, revision: int | None = None, now: datetime
) -> AlertStep:
    """Say what is being done about it. Raises `Conflict` `alert_resolved`."""
    if not in_words(said(words)):
        raise Invalid({"words": "Say in a few words what was done."})
    return _answer(AlertStepKind.ACTED, actor, id, alert, words, revision, now)


def resolve(
    *, actor: Actor, id: UUID, alert: Alert, words: str, revision: int | None = None, now: datetime
) -> AlertStep:
    """Say how it ended. With the last alert of its event the prescriber's task closes, in the same words
    (`alert_tasks.resolved`). Raises `Conflict` `alert_resolved`, and `still_past` while the newest value of
    its sign is past the limits: then a prescriber says why it ends all the same."""
    if not in_words(said(words)):
        raise Invalid({"words": "Say in a few words how it ended. An alert never ends in silence."})
    return _answer(AlertStepKind.RESOLVED, actor, id, alert, words, revision, now)


def answer_together(
    answer: Callable[..., AlertStep],
    *,
    actor: Actor,
    id: UUID,
    alerts: Sequence[Alert],
    words: str = "",
    now: datetime,
) -> AlertStep:
    """Give the alerts of one event the same answer (`acknowledge`, `act`, `resolve`), all at one moment.

    Each has its own step in this person's name. Returns the first one's, and raises what its answer raises;
    another that a colleague has answered meanwhile keeps the colleague's answer.
    """

    def write() -> AlertStep:
        first, *others = alerts
        step = answer(actor=actor, id=id, alert=first, words=words, now=now)
        for alert in others:
            with suppress(Conflict):
                answer(actor=actor, id=uuid5(id, str(alert.pk)), alert=alert, words=words, now=now)
        return step

    return in_transaction(write)


def _answer(
    kind: AlertStepKind,
    actor: Actor,
    id: UUID,
    alert: Alert,
    words: str,
    revision: int | None,
    now: datetime,
) -> AlertStep:
    def write() -> AlertStep:
        current = recording.lock(alert.session, "alert", revision=revision)
        earlier = {step.kind: step for step in alert.steps.select_related("recorded_by")}
        if AlertStepKind.RESOLVED in earlier:
            raise Conflict(
                f"{_who(earlier[AlertStepKind.RESOLVED])} has resolved this alert already.",
                code="alert_resolved",
            )
        if kind == AlertStepKind.ACKNOWLEDGED and kind in earlier:
            who = _who(earlier[AlertStepKind.ACKNOWLEDGED])
            raise Conflict(f"{who} has acknowledged this alert already.", code="alert_acknowledged")
        if kind == AlertStepKind.RESOLVED:
            _require_within(current, alert, actor)
        step = AlertStep.objects.create(
            id=id,
            alert=alert,
            kind=kind,
            words=said(words),
            **recording.entry(current, actor=actor, now=now),
        )
        if kind == AlertStepKind.ACKNOWLEDGED:
            alert_tasks.acknowledged(alert, actor=actor, now=now)
        if kind == AlertStepKind.RESOLVED:
            alert_tasks.resolved(alert, actor=actor, words=said(words), now=now)
        recording.advance(current, "alert", now=now)
        return step

    return in_transaction(write)


def _require_within(session: Session, alert: Alert, actor: Actor) -> None:
    if alert.kind not in OF_A_SIGN or actor.may(access.TASK_OF[Role.PRESCRIBER], session.clinic_id):
        return
    past = excursions.still_past(session, alert.sign)
    if past:
        raise Conflict(
            f"{past}: it is resolved by a reading within the limits, or a prescriber says why not.",
            code="still_past",
        )


def _who(step: AlertStep) -> str:
    return step.recorded_by.full_name if step.recorded_by else "The server"
