"""The infusion while it runs: start, pause, resume, a new rate, a bolus; each a line with a client-made id.

How it ends is in `stopping`, the moment of each step in `steps`; what the steps come to is in `pump`, how
much is too much in `hard_stop`.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording, states
from sessions_app.infusing import dose_watch, hard_stop, pump
from sessions_app.infusing.steps import moment_of_step, reckoning, worksheet_for, write_step
from sessions_app.models import InfusionEvent, Observation, Session
from sessions_app.observing import resuming, starting
from sessions_app.preparing import checklist, dose, on_record, safety
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
        at = moment_of_step(current, happened_at, now)
        recording.require("start", _unmet_at_start(current, now, at=at))
        if happened_at is not None:
            _check_order_of_start(current, at)
        rate = worksheet_for(current).rate_ml_per_h
        event = write_step(current, actor, id, "start", at=at, rate_ml_per_h=rate, now=now)
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
        at = moment_of_step(current, happened_at, now)
        event = write_step(current, actor, id, "pause", at=at, reason=reason, now=now)
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
        at = moment_of_step(current, happened_at, now)
        course, limits = reckoning(current)
        reached = hard_stop.reached(course, limits, at)
        if reached:
            raise Conflict(f"{reached} Stop the infusion.", code="hard_limit")
        recording.require("resume", resuming.unmet_at_resume(current, at))
        event = write_step(current, actor, id, "resume", at=at, now=now)
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
        at = moment_of_step(current, happened_at, now)
        course, limits = reckoning(current)
        if rate_ml_per_h == pump.stand(course, at).rate_ml_per_h:
            raise Invalid({"rate_ml_per_h": "The pump runs at this rate already."})
        worksheet = worksheet_for(current)
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
        event = write_step(
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
        at = moment_of_step(current, happened_at, now)
        course, limits = reckoning(current)
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
        event = write_step(current, actor, id, "bolus", at=at, reason=reason, volume_ml=volume_ml, now=now)
        dose_watch.raise_if_reached(current, nurse=actor.user_id, now=now)
        recording.advance(current, "bolus", now=now)
        return event

    return in_transaction(work)


def _unmet_at_start(session: Session, now: datetime, *, at: datetime) -> dict[str, str]:
    return {
        **checklist.unmet(session, now, at=at),
        **safety.unmet_at_start(session.patient_id),
        **on_record.unmet_at_start(session, now),
        **dose.unmet(session, at),
        **starting.unmet_at_start(session, now, at=at),
    }


def _check_order_of_start(session: Session, at: datetime) -> None:
    """Raise `Invalid` for a start before what had to be there: it can't be entered for a moment at which the
    dose was not checked yet (domain.md 1.4: before the start)."""
    worksheet = worksheet_for(session)
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
