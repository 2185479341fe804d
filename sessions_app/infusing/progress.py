"""How far an infusion has come: one session's rows, read as `pump` and `hard_stop` reckon with them.

Nothing is written here. A session whose `dose_worksheets` and `infusion_events` are loaded costs no query.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sessions_app.infusing import hard_stop, pump
from sessions_app.infusing.hard_stop import Limits
from sessions_app.infusing.pump import Course, Step
from sessions_app.models import DoseWorksheet, InfusionEvent, InfusionEventKind, Session, SessionState
from sessions_app.preparing import dosing


@dataclass(frozen=True)
class Progress:
    """What was given at the moment `at`, and what comes. Rates are those of now, 0 while the pump stands."""

    at: datetime
    volume_ml: Decimal
    mg: Decimal
    rate_ml_per_h: Decimal
    mg_per_h: Decimal
    mg_per_ml: Decimal
    running: bool
    ordered_mg: Decimal
    most_mg: Decimal
    left_ml: Decimal
    empty_at: datetime | None

    @property
    def minutes_left(self) -> int | None:
        """Until the bag is empty, begun minutes counted, while the pump runs."""
        return -((self.at - self.empty_at) // timedelta(minutes=1)) if self.empty_at else None


def progress(session: Session, now: datetime) -> Progress | None:
    """Where the infusion stands; None before its start and where nothing was given."""
    worksheet = worksheet_of(session)
    if worksheet is None or session.started_at is None:
        return None
    course = course_of(session, worksheet)
    at = pump.present(course.steps, now)
    given, standing = pump.given(course, at), pump.stand(course, at)
    running = standing.running and pump.left_ml(course, at) > 0
    rate = standing.rate_ml_per_h if running else Decimal(0)
    return Progress(
        at=at,
        volume_ml=given.volume_ml,
        mg=given.mg,
        rate_ml_per_h=rate,
        mg_per_h=course.mg(rate),
        mg_per_ml=worksheet.dose_mg / worksheet.bag_volume_ml,
        running=running,
        ordered_mg=worksheet.dose_mg,
        most_mg=limits_of(session, worksheet).most_mg,
        left_ml=pump.left_ml(course, at),
        empty_at=pump.empty_at(course, at) if running else None,
    )


def at_hard_limit(session: Session, now: datetime) -> str:
    """That the running total is at the protocol's hard limit while the pump runs, in words, or nothing."""
    worksheet = worksheet_of(session)
    if worksheet is None or session.state != SessionState.INFUSING:
        return ""
    course = course_of(session, worksheet)
    return hard_stop.reached(course, limits_of(session, worksheet), pump.present(course.steps, now))


def past_its_end(session: Session, now: datetime) -> str:
    """That the pump still counts as running though its bag is empty or its minutes are over, in words, or
    nothing. A stop within the grace of a reading needs no telling."""
    worksheet = worksheet_of(session)
    if worksheet is None or session.state != SessionState.INFUSING:
        return ""
    grace = session.protocol.vitals_schedule["grace_minutes"]
    course, then = course_of(session, worksheet), now - timedelta(minutes=grace)
    if pump.left_ml(course, then) == 0:
        return f"The bag has been empty for {grace} min, and the infusion is not stopped."
    if pump.stand(course, then).ran >= timedelta(minutes=worksheet.minutes):
        return f"The planned {worksheet.minutes} min have been over for {grace} min; the bag is not empty."
    return ""


def stop_lacks(session: Session) -> tuple[str, ...]:
    """What nobody has said about an early stop yet: its `reason`, the pump's `volume_ml`."""
    if session.stopped_at is None or not session.stopped_early:
        return ()
    told = [
        event
        for event in session.infusion_events.all()
        if event.kind == InfusionEventKind.EXPLAINED
        or (event.kind == InfusionEventKind.STOP and event.volume_ml is not None)
    ]
    lacking = {"reason": not session.stop_reason, "volume_ml": not told}
    return tuple(name for name, lacks in lacking.items() if lacks)


def worksheet_of(session: Session) -> DoseWorksheet | None:
    """The worksheet that no other corrects."""
    lines = list(session.dose_worksheets.all())
    corrected = {line.corrects_id for line in lines}
    return next((line for line in lines if line.pk not in corrected), None)


def course_of(session: Session, worksheet: DoseWorksheet) -> Course:
    return Course(
        bag_mg=worksheet.dose_mg,
        bag_volume_ml=worksheet.bag_volume_ml,
        dead_space_ml=worksheet.dead_space_ml,
        rate_ml_per_h=worksheet.rate_ml_per_h,
        steps=steps_of(session.infusion_events.all()),
        formula_version=worksheet.formula_version,
    )


def infusing_time(events: list[InfusionEvent], now: datetime) -> timedelta:
    """How long the drug has run: from start to stop (or now), without the pauses."""
    steps = steps_of(events)
    return pump.running_time(steps, pump.present(steps, now))


def steps_of(events: Iterable[InfusionEvent]) -> tuple[Step, ...]:
    """One session's steps in the order in which they were recorded, which is that of their moments."""
    return tuple(
        Step(event.kind, moment_of(event), event.rate_ml_per_h, event.volume_ml)  # type: ignore[arg-type]
        for event in in_order(events)
        if event.kind != InfusionEventKind.NOT_GIVEN
    )


def in_order(events: Iterable[InfusionEvent]) -> list[InfusionEvent]:
    return sorted(events, key=lambda event: (event.revision, event.recorded_at))


def moment_of(event: InfusionEvent) -> datetime:
    return event.happened_at or event.recorded_at


def limits_of(session: Session, worksheet: DoseWorksheet) -> Limits:
    """The hard limits of the protocol version that the session runs under, for the dosing weight."""
    protocol = session.protocol
    return hard_stop.limits(
        dosing.Order(
            basis=worksheet.dose_basis,
            dose=worksheet.ordered_dose,
            weight_kg=worksheet.dosing_weight_kg or worksheet.weight_kg,
            stock_mg_per_ml=worksheet.stock_mg_per_ml,
            bag_volume_ml=worksheet.bag_volume_ml,
            minutes=worksheet.minutes,
            soft_min=protocol.dose_soft_min,
            soft_max=protocol.dose_soft_max,
            hard_max=protocol.dose_hard_max,
            total_hard_max_mg=protocol.total_hard_max_mg,
            dead_space_ml=worksheet.dead_space_ml,
        )
    )
