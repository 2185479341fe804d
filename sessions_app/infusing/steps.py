"""What every step of an infusion goes through: its moment, what it is reckoned on, its line in the record.

A step is at the moment it happened: never in the future, and never before the step before it. Which steps
there are is in `infusion` and `stopping`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.visible_text import said
from sessions_app import recording
from sessions_app.infusing import progress
from sessions_app.infusing.hard_stop import Limits
from sessions_app.infusing.pump import Course
from sessions_app.models import DoseWorksheet, InfusionEvent, InfusionEventKind, Session
from sessions_app.observing import moments


def worksheet_for(session: Session) -> DoseWorksheet:
    """The worksheet that stands; no session starts without one."""
    return recording.standing(DoseWorksheet, session).get()


def reckoning(session: Session) -> tuple[Course, Limits]:
    """What was given and what is too much are reckoned on these, under the session's lock."""
    worksheet = worksheet_for(session)
    return progress.course_of(session, worksheet), progress.limits_of(session, worksheet)


def moment_of_step(session: Session, happened_at: datetime | None, now: datetime) -> datetime:
    """When the step happened. Raises `Invalid` for a moment that can't be.

    A clock that was set back is behind the step before: then a step from now on is of that step's moment, so
    that a pause and a stop always land. That it happened after it was entered tells of such a clock. A call
    that names no moment and waited for a colleague's step happened when that had; a moment that it names is
    never another for that.
    """
    earlier = progress.in_order(session.infusion_events.all())
    last = progress.moment_of(earlier[-1]) if earlier else session.arrived_at
    if earlier and happened_at is None and now < last:
        return last
    if earlier and happened_at is not None and moments.was_set_back(now, last) and last <= happened_at:
        return last
    at = happened_at or now
    if at > (max(now, last) if earlier else now):
        raise Invalid({"happened_at": "This moment is in the future."})
    if at < session.arrived_at:
        raise Invalid({"happened_at": "This moment is before the patient arrived."})
    if earlier and at < last:
        clock_time = last.astimezone(ZoneInfo(session.clinic.time_zone))
        done = earlier[-1].get_kind_display().lower()
        raise Invalid({"happened_at": f"The step before it ({done}) was at {clock_time:%H:%M:%S}."})
    return at


def write_step(
    session: Session,
    actor: Actor,
    id: UUID,
    kind: str,
    *,
    at: datetime,
    reason: str = "",
    now: datetime,
    **content: Any,
) -> InfusionEvent:
    """The line of one step; a moment of its own stands on it only where it isn't that of the entry."""
    return InfusionEvent.objects.create(
        id=id,
        kind=InfusionEventKind(kind),
        happened_at=at if at != now else None,
        reason=said(reason),
        **content,
        **recording.entry(session, actor=actor, now=now),
    )
