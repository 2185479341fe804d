"""What a prescriber's task says of what called them: the alert or the side effect in words, the chair, and
how far the infusion was. On the task's page only, for whoever may read the session; never in a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from clinic.access import Actor, log_long_look
from clinic.models import WorkItem
from scheduler.models import Claim
from sessions_app import queries
from sessions_app.access import READ_SESSIONS
from sessions_app.infusing import progress
from sessions_app.models import Alert, Seriousness, Session, SideEffect
from sessions_app.observing import effect_courses
from sessions_app.observing.vocabulary import label_of
from web.views.sessions.watching import Watch, worst_first

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class AtTheChair:
    """What called, at which chair and when; and what else stands open there."""

    session: Session
    at: datetime
    sentence: str
    place: str
    how_far: str
    besides: Sequence[Alert]
    level: str = ""
    unconfirmed: bool = False
    for_the_regulator: bool = False  # a serious event may have to be reported (domain.md 4.2 [V:48b])


def of_task(actor: Actor, item: WorkItem) -> AtTheChair | None:
    """None for a task about anything else, and for whoever may not read sessions. A fixed number of queries.
    The page renews itself: a look is written down once an hour."""
    kind, _, key = item.cause.partition(":")
    if kind not in FOUND_BY or not actor.may(READ_SESSIONS, item.clinic_id):
        return None
    found = FOUND_BY[kind](item, UUID(key[:36]))
    if found is not None:
        log_long_look(actor, found.session.patient, what="session")
    return found


def _of_alert(item: WorkItem, pk: UUID) -> AtTheChair | None:
    alert = Alert.objects.filter(pk=pk).first()
    if alert is None:
        return None
    session = _session(alert.session_id)
    rows = worst_first(session, alert.raised_at)
    own = next((row for row in rows if row.alert.pk == pk), None)
    return AtTheChair(
        session=session,
        at=alert.raised_at,
        sentence=alert.detail,
        level=alert.level,
        unconfirmed=own is not None and own.unconfirmed,
        place=Watch(session, alert.raised_at).place,
        how_far=_how_far(session, alert.raised_at),
        besides=[row.alert for row in rows if row.alert.pk != pk],
    )


def _of_side_effect(item: WorkItem, pk: UUID) -> AtTheChair | None:
    """With the grade that called (`effect_calls.call`)."""
    effect = SideEffect.objects.filter(pk=pk).first()
    if effect is None:
        return None
    grade = item.cause.split(":")[2]
    session, at = _session(effect.session_id), effect_courses.stands_since(effect)
    return AtTheChair(
        session=session,
        at=at,
        sentence=f"{label_of(effect.term)}, grade {grade}.",
        place=Watch(session, at).place,
        how_far=_how_far(session, at),
        besides=[row.alert for row in worst_first(session, at)],
        for_the_regulator=effect.seriousness != Seriousness.NON_SERIOUS,
    )


def _session(pk: UUID) -> Session:
    rows: QuerySet[Session] = Session.objects.select_related("clinic", "patient", "protocol")
    claims = Claim.objects.select_related("resource").order_by("pk")
    return rows.prefetch_related(
        "infusion_events",
        "vital_signs",
        Prefetch("alerts", queries.alerts()),
        Prefetch("appointment__claims", claims),
    ).get(pk=pk)


def _how_far(session: Session, at: datetime) -> str:
    if session.started_at is None or at < session.started_at:
        return "Before the start"
    if session.stopped_at is not None and at >= session.stopped_at:
        return f"{(at - session.stopped_at) // MINUTE} min after the infusion's stop"
    infused = progress.infusing_time(list(session.infusion_events.all()), at)
    return f"{infused // MINUTE} min into the infusion"


FOUND_BY: Final = {"alert": _of_alert, "side_effect": _of_side_effect}
