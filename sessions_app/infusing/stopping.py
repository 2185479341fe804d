"""How an infusion ends: stopped, an early stop explained afterwards, or nothing given at all.

A stop always lands; what it lacks is asked afterwards. What was given by then is reckoned in `pump`.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording
from sessions_app.infusing import progress, pump
from sessions_app.infusing.pump import Course, Step
from sessions_app.infusing.steps import moment_of_step, reckoning, write_step
from sessions_app.models import InfusionEvent, Session
from sessions_app.observing import alerts, serious_events
from sessions_app.preparing.dosing import plain


def stop(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    early: bool = False,
    reason: str = "",
    volume_ml: Decimal | None = None,
    confirmed: bool = False,
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Stop the infusion. The observation time counts from here.

    A stop always lands: one before the bag has been given is recorded as early, whatever was said. The
    `reason` and the pump's volume that it then lacks are asked afterwards (`explain_stop`), before the
    patient goes home. `volume_ml` is all that the pump says it gave, boluses included, and counts as given;
    `confirmed` says that one far from the reckoned volume was read again. An early stop with somebody called
    to the chair holds the patient's next infusion (`serious_events`).
    Raises `Invalid` naming the field, with code `confirm` for such a volume.
    """

    def work() -> InfusionEvent:
        current = recording.lock(session, "stop", revision=revision)
        at = moment_of_step(current, happened_at, now)
        course, _ = reckoning(current)
        if volume_ml is not None:
            _check_reading(course, volume_ml, confirmed, at)
        why = said(reason)
        whole = course.followed_by(Step("stop", at, volume_ml=volume_ml))
        too_soon = early or pump.stopped_early(whole, at)
        event = write_step(current, actor, id, "stop", at=at, reason=why, volume_ml=volume_ml, now=now)
        if too_soon and serious_events.called_to_the_chair(current):
            serious_events.hold(current, now=now)
        alerts.settle_end(current, actor=actor, now=now)
        recording.advance(
            current,
            "stop",
            now=now,
            stopped_at=at,
            stopped_early=too_soon,
            stop_reason=why,
        )
        return event

    return in_transaction(work)


def explain_stop(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reason: str = "",
    volume_ml: Decimal | None = None,
    unreadable: bool = False,
    confirmed: bool = False,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Say what an early stop was recorded without: why, and what the pump showed, or that it is `unreadable`
    by now. Raises `Invalid` naming the field as `stop` does, `Conflict` `stop_explained` when nothing lacks.
    """

    def work() -> InfusionEvent:
        current = recording.lock(session, "explain_stop", revision=revision)
        lacking = progress.stop_lacks(current)
        if not lacking:
            raise Conflict("Nothing about the stop is missing.", code="stop_explained")
        _check_explanation(lacking, reason, volume_ml, unreadable)
        stopped_at = current.stopped_at or now
        if volume_ml is not None:
            _check_reading(reckoning(current)[0], volume_ml, confirmed, stopped_at)
        why = said(reason)
        event = write_step(
            current, actor, id, "explained", at=stopped_at, reason=why, volume_ml=volume_ml, now=now
        )
        recording.advance(current, "explain_stop", now=now, stop_reason=current.stop_reason or why)
        return event

    return in_transaction(work)


def not_given(
    *, actor: Actor, id: UUID, session: Session, reason: str, revision: int | None = None, now: datetime
) -> InfusionEvent:
    """End a session in which nothing was given, with the reason. It is signed like any other."""
    if not said(reason):
        raise Invalid({"reason": "Say why nothing was given."})

    def work() -> InfusionEvent:
        current = recording.lock(session, "not_given", revision=revision)
        event = write_step(current, actor, id, "not_given", at=now, reason=reason, now=now)
        recording.advance(current, "not_given", now=now, stop_reason=said(reason))
        return event

    return in_transaction(work)


def _check_explanation(
    lacking: Collection[str], reason: str, volume_ml: Decimal | None, unreadable: bool
) -> None:
    errors = {}
    if "reason" not in lacking and said(reason):
        errors["reason"] = "Why it stopped early is on record."
    elif "reason" in lacking and not said(reason):
        errors["reason"] = "Say why the infusion stopped early."
    if "volume_ml" not in lacking and volume_ml is not None:
        errors["volume_ml"] = "The pump's volume is on record."
    elif "volume_ml" in lacking and (volume_ml is None) != unreadable:
        errors["volume_ml"] = "Enter the volume that the pump shows, or say that it can't be read any more."
    if errors:
        raise Invalid(errors)


def _check_reading(course: Course, volume_ml: Decimal, confirmed: bool, at: datetime) -> None:
    stood = pump.stand(course, at)
    if volume_ml < stood.boluses_ml:
        why = f"The boluses alone were {plain(stood.boluses_ml)} mL: read the pump again."
        raise Invalid({"volume_ml": why})
    most = course.bag_volume_ml + stood.elsewhere_ml
    if volume_ml > most:
        raise Invalid({"volume_ml": f"There were {plain(most)} mL to give: read the pump again."})
    doubt = pump.doubt(course, read_ml=volume_ml, now=at)
    if doubt and not confirmed:
        raise Invalid([{"field": "volume_ml", "code": "confirm", "detail": doubt}])
