"""The infusion itself: start, pause, resume, a new rate, a bolus, stop, or not given. Each is one line with a
client-made id, at the moment it happened: never in the future, and never before the step before it.

What the steps come to is in `pump`, how much is too much in `hard_stop`.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording, states
from sessions_app.infusing import dose_watch, hard_stop, progress, pump
from sessions_app.infusing.hard_stop import Limits
from sessions_app.infusing.pump import Course, Step
from sessions_app.models import DoseWorksheet, InfusionEvent, InfusionEventKind, Observation, Session
from sessions_app.observing import alerts, moments, resuming, vitals
from sessions_app.preparing import checklist, dose, safety
from sessions_app.preparing.dosing import MOST_ML_PER_H, plain, rate_doubt


def start(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Start the infusion at the worksheet's rate.

    Raises `Conflict` with code `not_ready` and a blocker for everything that is missing: the checklist, a
    failed item, an urgent answer that nobody has assessed, the dose and its check, the baseline, a value past
    the protocol's start limits.
    """

    def work() -> InfusionEvent:
        current = recording.lock(session, "start", revision=revision)
        safety.lock_answers(current.patient_id)
        at = _moment(current, happened_at, now)
        recording.require("start", _unmet_at_start(current, now, at=at))
        if happened_at is not None:
            _check_order_of_start(current, at)
        rate = _worksheet(current).rate_ml_per_h
        event = _event(current, actor, id, "start", at=at, rate_ml_per_h=rate, now=now)
        checklist.write_down(actor=actor, session=current, at=at, now=now)
        recording.advance(current, "start", now=now, started_at=at)
        return event

    return in_transaction(work)


def missing_at_start(session: Session, now: datetime) -> list[states.Blocker]:
    """What a start would be refused for at this moment; for showing, `start` asks again."""
    return states.blockers(states.ACTS["start"], _unmet_at_start(session, now, at=now))


def missing_at_resume(session: Session, now: datetime) -> list[states.Blocker]:
    """What going on would be refused for; for showing, `resume` asks again."""
    return states.blockers(states.ACTS["resume"], resuming.unmet_at_resume(session, now))


def pause(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reason: str = "",
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Pause the infusion, for a reason in words if there is time for one."""

    def work() -> InfusionEvent:
        current = recording.lock(session, "pause", revision=revision)
        at = _moment(current, happened_at, now)
        event = _event(current, actor, id, "pause", at=at, reason=reason, now=now)
        recording.advance(current, "pause", now=now)
        return event

    return in_transaction(work)


def resume(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Go on with a paused infusion at its newest rate. Raises `Conflict` `not_ready` for what the vital signs
    hold against it (`observing.resuming`), `hard_limit` when the running total is at the protocol's limit."""

    def work() -> InfusionEvent:
        current = recording.lock(session, "resume", revision=revision)
        at = _moment(current, happened_at, now)
        course, limits = _reckoning(current)
        reached = hard_stop.reached(course, limits, at)
        if reached:
            raise Conflict(f"{reached} Stop the infusion.", code="hard_limit")
        recording.require("resume", resuming.unmet_at_resume(current, at))
        event = _event(current, actor, id, "resume", at=at, now=now)
        recording.advance(current, "resume", now=now)
        return event

    return in_transaction(work)


def change_rate(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    rate_ml_per_h: Decimal,
    reason: str = "",
    confirmed: bool = False,
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Let the pump run at another rate. Raises `Invalid` (code `hard_limit`) naming the protocol's limit that
    it would pass, with what was given so far; with code `confirm`, unless `confirmed`, for one at which the
    bag would be through in less than the protocol's usual minutes: its `reason` says who ordered it."""
    if rate_ml_per_h <= 0:
        raise Invalid({"rate_ml_per_h": "Enter a rate above 0 mL/h. To stand still, pause the infusion."})
    if rate_ml_per_h > MOST_ML_PER_H:
        why = f"No pump can be set above {plain(MOST_ML_PER_H)} mL/h: read the rate again."
        raise Invalid({"rate_ml_per_h": why})

    def work() -> InfusionEvent:
        current = recording.lock(session, "rate", revision=revision)
        at = _moment(current, happened_at, now)
        course, limits = _reckoning(current)
        if rate_ml_per_h == pump.stand(course, at).rate_ml_per_h:
            raise Invalid({"rate_ml_per_h": "The pump runs at this rate already."})
        worksheet = _worksheet(current)
        planned = timedelta(minutes=worksheet.minutes)
        _refuse(
            "rate_ml_per_h",
            hard_stop.against_rate(course, limits, rate_ml_per_h=rate_ml_per_h, planned=planned, at=at),
        )
        doubt = rate_doubt(
            rate_ml_per_h,
            bag_volume_ml=worksheet.bag_volume_ml,
            least_minutes=current.protocol.infusion_least_minutes,
        )
        # Two people have checked the worksheet's own rate.
        if doubt and rate_ml_per_h > worksheet.rate_ml_per_h:
            _ask_who_ordered_it("rate_ml_per_h", doubt, confirmed, reason)
        event = _event(
            current,
            actor,
            id,
            "rate",
            at=at,
            reason=reason,
            rate_ml_per_h=rate_ml_per_h,
            now=now,
        )
        recording.advance(current, "rate", now=now)
        return event

    return in_transaction(work)


def give_bolus(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    volume_ml: Decimal,
    reason: str = "",
    confirmed: bool = False,
    came_from_elsewhere: bool = False,
    happened_at: datetime | None = None,
    revision: int | None = None,
    now: datetime,
) -> InfusionEvent:
    """Give so much of the mixture at once. Raises `Invalid` (code `hard_limit`) naming the protocol's limit
    that it would pass, with what was given so far; with code `confirm` what is in doubt. Each doubt is
    answered by name: the mg of what the bag still held by `confirmed`, more than it held by
    `came_from_elsewhere`. Its `reason` says who ordered it."""
    if volume_ml <= 0:
        raise Invalid({"volume_ml": "Enter the volume of the bolus in mL, above 0."})

    def work() -> InfusionEvent:
        current = recording.lock(session, "bolus", revision=revision)
        at = _moment(current, happened_at, now)
        course, limits = _reckoning(current)
        if volume_ml > course.bag_volume_ml:
            raise Invalid({"volume_ml": f"The whole bag holds {course.bag_volume_ml} mL: read it again."})
        _refuse("volume_ml", hard_stop.against_bolus(course, limits, volume_ml=volume_ml, at=at))
        # No two people have checked a bolus: it comes on top of the dose that they have.
        past_the_bag = pump.doubt_of_bolus(course, volume_ml=volume_ml, at=at)
        if past_the_bag:
            _ask_who_ordered_it("came_from_elsewhere", past_the_bag, came_from_elsewhere, reason)
        else:
            doubt = (
                f"{plain(volume_ml)} mL of this bag are {plain(course.mg(volume_ml))} mg, on top of what the "
                "pump gives by its rate: read it again, then confirm it."
            )
            _ask_who_ordered_it("volume_ml", doubt, confirmed, reason)
        event = _event(current, actor, id, "bolus", at=at, reason=reason, volume_ml=volume_ml, now=now)
        dose_watch.raise_if_reached(current, nurse=actor.user_id, now=now)
        recording.advance(current, "bolus", now=now)
        return event

    return in_transaction(work)


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
    `confirmed` says that one far from the reckoned volume was read again.
    Raises `Invalid` naming the field, with code `confirm` for such a volume.
    """

    def work() -> InfusionEvent:
        current = recording.lock(session, "stop", revision=revision)
        at = _moment(current, happened_at, now)
        course, _ = _reckoning(current)
        if volume_ml is not None:
            _check_reading(course, volume_ml, confirmed, at)
        why = said(reason)
        event = _event(current, actor, id, "stop", at=at, reason=why, volume_ml=volume_ml, now=now)
        alerts.settle_end(current, actor=actor, now=now)
        recording.advance(
            current,
            "stop",
            now=now,
            stopped_at=at,
            stopped_early=early
            or pump.stopped_early(course.followed_by(Step("stop", at, volume_ml=volume_ml)), at),
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
            _check_reading(_reckoning(current)[0], volume_ml, confirmed, stopped_at)
        why = said(reason)
        event = _event(
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
        event = _event(current, actor, id, "not_given", at=now, reason=reason, now=now)
        recording.advance(current, "not_given", now=now, stop_reason=said(reason))
        return event

    return in_transaction(work)


def infusing_time(events: list[InfusionEvent], now: datetime) -> timedelta:
    """How long the drug has run: from start to stop (or now), without the pauses."""
    steps = progress.steps_of(events)
    return pump.running_time(steps, pump.present(steps, now))


def _unmet_at_start(session: Session, now: datetime, *, at: datetime) -> dict[str, str]:
    return {
        **checklist.unmet(session, now, at=at),
        **safety.unmet_at_start(session.patient_id),
        **dose.unmet(session),
        **vitals.unmet_at_start(session, now, at=at),
    }


def _check_order_of_start(session: Session, at: datetime) -> None:
    """Raise `Invalid` for a start before what had to be there: it can't be entered for a moment at which the
    dose was not checked yet (domain.md 1.4: before the start)."""
    worksheet = _worksheet(session)
    needed: list[Observation | None] = [worksheet, dose.newest_check(worksheet)]
    needed += [*session.overrides.all(), *recording.uncorrected(session.checklist_answers.all())]
    last = max((line for line in needed if line), key=lambda line: (line.recorded_at, line.revision))
    # What is entered has whole seconds.
    if at >= last.recorded_at.replace(microsecond=0):
        return
    what = last._meta.verbose_name
    moment = last.recorded_at.astimezone(ZoneInfo(session.clinic.time_zone))
    why = f"Nothing starts before what it needs: the {what} is of {moment:%H:%M:%S}."
    raise Invalid({"happened_at": why})


def _worksheet(session: Session) -> DoseWorksheet:
    """The worksheet that stands; no session starts without one."""
    return recording.standing(DoseWorksheet, session).get()


def _reckoning(session: Session) -> tuple[Course, Limits]:
    worksheet = _worksheet(session)
    return progress.course_of(session, worksheet), progress.limits_of(session, worksheet)


def _moment(session: Session, happened_at: datetime | None, now: datetime) -> datetime:
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


def _refuse(field: str, why: str) -> None:
    if why:
        raise Invalid([{"field": field, "code": "hard_limit", "detail": why}])


def _ask_who_ordered_it(field: str, doubt: str, confirmed: bool, reason: str) -> None:
    """More or faster than two people have checked is somebody's order: raise `Invalid` until it was read
    again, and says whose."""
    errors = [] if confirmed else [{"field": field, "code": "confirm", "detail": doubt}]
    if not said(reason):
        errors.append({"field": "reason", "code": "invalid", "detail": "Say who ordered it, and why."})
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


def _event(
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
    return InfusionEvent.objects.create(
        id=id,
        kind=InfusionEventKind(kind),
        happened_at=at if at != now else None,
        reason=said(reason),
        **content,
        **recording.entry(session, actor=actor, now=now),
    )
