"""The prescriber's tasks about alerts: one is called to the chair, or told that nobody has answered.

What raises and answers an alert is in `alerts`. The sessions must be locked by whoever calls.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import access, work
from clinic.access import Actor
from clinic.models import Role, Urgency, WorkItem
from sessions_app import states
from sessions_app.models import Alert, AlertKind, AlertStep, AlertStepKind, Session
from sessions_app.observing.ladder import ANSWERED, AT_ONCE, UNANSWERED

PAST_STOP: Final = "vital signs past the stop limit"
# Titles of the prescriber's tasks, but for the usual ones: what calls, and what nobody has answered.
CALLS: Final[dict[str, str]] = {
    AlertKind.DOSE: "the dose is at its limit",
    AlertKind.OVERDUE: "vital signs are overdue",
}
UNHEARD: Final[dict[str, str]] = {
    AlertKind.OVERDUE: "Vital signs are overdue, and nobody has answered",
    AlertKind.END: "The infusion is past its end, and nobody has answered",
}
ACKNOWLEDGED: Final = "The alert was acknowledged."


def calling(urgent: Sequence[Alert]) -> list[Alert]:
    """Of new alerts that call a prescriber to the chair those that open a task: one for each session in which
    no such call waits to be taken already. Readings that nobody takes are an event of their own."""
    first = {(alert.session_id, alert.kind == AlertKind.OVERDUE): alert for alert in reversed(urgent)}
    of_these = Alert.objects.filter(session__in={alert.session_id for alert in urgent}, level__in=AT_ONCE)
    earlier = of_these.exclude(pk__in=[alert.pk for alert in urgent])
    called = {
        cause_of(pk): (session, kind == AlertKind.OVERDUE)
        for pk, session, kind in earlier.values_list("pk", "session_id", "kind")
    }
    clinics = {alert.session.clinic_id for alert in urgent}
    waiting = WorkItem.objects.filter(
        clinic__in=clinics, cause__in=called, closed_at=None, acknowledged_at=None
    )
    for cause in waiting.values_list("cause", flat=True):
        first.pop(called[cause], None)
    return list(first.values())


def call_to(session: Session, why: str) -> str:
    """The title of a task that calls the prescriber: to the chair, as long as the patient is there."""
    if session.state in states.IN_THE_CHAIR:
        return f"Come to the chair: {why}"
    return f"Call the patient, who has left the chair: {why}"


def task_of(alert: Alert, session: Session, *, now: datetime | None = None) -> WorkItem:
    """The prescriber's task about an alert, so that it stands among the tasks too. Not saved."""
    urgent = alert.level in AT_ONCE
    if urgent:
        title = call_to(session, CALLS.get(alert.kind, PAST_STOP))
    else:
        title = UNHEARD.get(alert.kind, "Look at the session: nobody has answered an alert")
    return WorkItem(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        cause=cause_of(alert.pk),
        title=title,
        urgency=Urgency.RED if urgent else Urgency.AMBER,
        role=Role.PRESCRIBER,
        due_at=(now or alert.raised_at) + UNANSWERED,
    )


def cause_of(alert: UUID) -> str:
    """Of the prescriber's task about this alert."""
    return f"alert:{alert}"


def acknowledged(alert: Alert, *, actor: Actor, now: datetime) -> None:
    """Somebody has answered: the task that nobody had is done, by whoever did. A call to the chair is a
    prescriber's to take: one who has acknowledged all alerts for which it stands has taken it."""
    if alert.level not in AT_ONCE:
        _settle(alert, actor, ACKNOWLEDGED, now)
    elif not _any_without(ANSWERED, alert):
        for task in _tasks_about(alert, actor).filter(acknowledged_at=None):
            work.acknowledge(actor=actor, item=task, now=now)


def resolved(alert: Alert, *, actor: Actor, words: str, now: datetime) -> None:
    """Nobody is called any more about what is over, whoever has said how it ended: a call to the chair ends
    with the last of the alerts for which it stands. One who may not say so yet is refused before
    (`alerts.resolve`). A task that is closed, for its part, resolves no alert.

    Vital signs that are overdue are not over before somebody measures: there only a prescriber ends the call.
    """
    clinic = alert.session.clinic_id
    if alert.kind == AlertKind.OVERDUE and not actor.may(access.TASK_OF[Role.PRESCRIBER], clinic):
        return
    if not _any_without([AlertStepKind.RESOLVED], alert):
        causes = [cause_of(pk) for pk in _of_event(alert).values_list("pk", flat=True)]
        work.settle(actor=actor, clinic_id=clinic, causes=causes, outcome=words, now=now)


def _settle(alert: Alert, actor: Actor, outcome: str, now: datetime) -> None:
    clinic = alert.session.clinic_id
    work.settle(actor=actor, clinic_id=clinic, causes=[cause_of(alert.pk)], outcome=outcome, now=now)


def _of_event(alert: Alert) -> QuerySet[Alert]:
    """The alerts for which one task stands: a call to the chair for several (`calling`)."""
    if alert.level not in AT_ONCE:
        return Alert.objects.filter(pk=alert.pk)
    overdue = Q(kind=AlertKind.OVERDUE)
    of_kind = overdue if alert.kind == AlertKind.OVERDUE else ~overdue
    return Alert.objects.filter(of_kind, session=alert.session_id, level__in=AT_ONCE)


def _any_without(kinds: Sequence[AlertStepKind], alert: Alert) -> bool:
    """Whether an alert of its event has no step of these kinds yet."""
    steps = AlertStep.objects.filter(alert=OuterRef("pk"), kind__in=kinds)
    return _of_event(alert).filter(~Exists(steps)).exists()


def _tasks_about(alert: Alert, actor: Actor) -> QuerySet[WorkItem]:
    """The open tasks about an alert's event; none where they aren't this person's to take."""
    clinic = alert.session.clinic_id
    if not actor.may(access.TASK_OF[Role.PRESCRIBER], clinic):
        return WorkItem.objects.none()
    causes = [cause_of(pk) for pk in _of_event(alert).values_list("pk", flat=True)]
    return WorkItem.objects.filter(clinic=clinic, cause__in=causes, closed_at=None).order_by("pk")
