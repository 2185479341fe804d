"""The infusion itself: start, pause, resume, stop, or not given. Each is one line with a client-made id."""

from datetime import datetime, timedelta
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from sessions_app import recording, states
from sessions_app.models import DoseWorksheet, InfusionEvent, InfusionEventKind, Session
from sessions_app.observing import vitals
from sessions_app.preparing import checklist, dose

# Pumps and clocks are read to the minute: a stop within it is no early one.
TO_THE_MINUTE = timedelta(minutes=1)


def start(
    *, actor: Actor, id: UUID, session: Session, revision: int | None = None, now: datetime
) -> InfusionEvent:
    """Start the infusion.

    Raises `Conflict` with code `not_ready` and a blocker for everything that is missing: the checklist,
    a failed item, the dose and its check, the baseline, a value past the protocol's start limits.
    """

    def work() -> InfusionEvent:
        current = recording.lock(session, "start", revision=revision)
        recording.require("start", _unmet_at_start(current, now))
        event = _event(current, actor, id, InfusionEventKind.START, "", now)
        recording.advance(current, "start", now=now, started_at=now)
        return event

    return in_transaction(work)


def missing_at_start(session: Session, now: datetime) -> list[states.Blocker]:
    """What a start would be refused for at this moment; for showing, `start` asks again."""
    return states.blockers(states.ACTS["start"], _unmet_at_start(session, now))


def pause(
    *, actor: Actor, id: UUID, session: Session, reason: str = "", revision: int | None = None, now: datetime
) -> InfusionEvent:
    """Pause the infusion, for a reason in words if there is time for one."""

    def work() -> InfusionEvent:
        current = recording.lock(session, "pause", revision=revision)
        event = _event(current, actor, id, InfusionEventKind.PAUSE, reason, now)
        recording.advance(current, "pause", now=now)
        return event

    return in_transaction(work)


def resume(
    *, actor: Actor, id: UUID, session: Session, revision: int | None = None, now: datetime
) -> InfusionEvent:
    """Go on with a paused infusion."""

    def work() -> InfusionEvent:
        current = recording.lock(session, "resume", revision=revision)
        event = _event(current, actor, id, InfusionEventKind.RESUME, "", now)
        recording.advance(current, "resume", now=now)
        return event

    return in_transaction(work)


def stop(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    early: bool = False,
    reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Stop the infusion: done, or early with a reason. The observation time counts from here.

    A stop is never refused for its time: one before the worksheet's minutes have run is recorded as early,
    whatever was ticked.
    """
    if early and not reason:
        raise Invalid({"reason": "Say why the infusion stops early."})
    if reason and not early:
        raise Invalid({"early": "A reason is for an infusion that stops early: say that it does."})

    def work() -> InfusionEvent:
        current = recording.lock(session, "stop", revision=revision)
        planned = timedelta(minutes=recording.standing(DoseWorksheet, current).get().minutes)
        infused = infusing_time(list(current.infusion_events.order_by("recorded_at")), now)
        event = _event(current, actor, id, InfusionEventKind.STOP, reason, now)
        recording.advance(
            current,
            "stop",
            now=now,
            stopped_at=now,
            stopped_early=early or infused < planned - TO_THE_MINUTE,
            stop_reason=reason,
        )
        return event

    return in_transaction(work)


def not_given(
    *, actor: Actor, id: UUID, session: Session, reason: str, revision: int | None = None, now: datetime
) -> InfusionEvent:
    """End a session in which nothing was given, with the reason. It is signed like any other."""
    if not reason:
        raise Invalid({"reason": "Say why nothing was given."})

    def work() -> InfusionEvent:
        current = recording.lock(session, "not_given", revision=revision)
        event = _event(current, actor, id, InfusionEventKind.NOT_GIVEN, reason, now)
        recording.advance(current, "not_given", now=now, stop_reason=reason)
        return event

    return in_transaction(work)


def infusing_time(events: list[InfusionEvent], now: datetime) -> timedelta:
    """How long the drug has run: from start to stop (or now), without the pauses.

    `events` are one session's, oldest first.
    """
    total = timedelta()
    running_since: datetime | None = None
    for event in events:
        if event.kind in (InfusionEventKind.START, InfusionEventKind.RESUME):
            running_since = event.recorded_at
        elif running_since is not None:
            total += event.recorded_at - running_since
            running_since = None
    return total + (now - running_since if running_since else timedelta())


def _unmet_at_start(session: Session, now: datetime) -> dict[str, str]:
    return {**checklist.unmet(session), **dose.unmet(session), **vitals.unmet_at_start(session, now)}


def _event(
    session: Session, actor: Actor, id: UUID, kind: InfusionEventKind, reason: str, now: datetime
) -> InfusionEvent:
    return InfusionEvent.objects.create(
        id=id, kind=kind, reason=reason, **recording.entry(session, actor=actor, now=now)
    )
