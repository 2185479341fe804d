"""What was given of a bag (domain.md 1.4), pure and in decimals only: from rates, running time, pauses and
boluses, never copied from the plan.

A bolus comes out of the same bag: the pump runs at its rate until rate and boluses together have emptied it
but for the dead space, so that what was given, what is left and when the bag is empty are one account. More
than was in the bag came from elsewhere, as whoever gave it has confirmed (`doubt_of_bolus`): it counts on
top and leaves the bag as it was, so that the running total never tells less than was given. At the stop the
pump's own figure counts where it was read: everything it gave, boluses included. By a worksheet of an earlier
formula version every bolus counts on top: what was said of such a session stays so. Time counts to the
microsecond; rounding is half up, once, at the end: volume to 0.01 mL, and mg to 0.1 mg from that volume, so
that anybody can reckon the one from the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal

from sessions_app.preparing.dosing import BOLUS_ON_TOP, FORMULA_VERSION, plain, rounded

Kind = Literal["start", "pause", "resume", "rate", "bolus", "stop", "explained"]

MICROSECOND: Final = timedelta(microseconds=1)
MICROSECONDS_PER_HOUR: Final = timedelta(hours=1) // MICROSECOND
MINUTES_PER_HOUR: Final = 60
# How far the pump's own figure may be from the reckoned one before somebody must say that it is right. No
# source: our own choice [D], about what starting and stopping to the minute makes out.
TOLERANCE_ML: Final = Decimal("2.0")
TOLERANCE_SHARE: Final = Decimal("0.05")


@dataclass(frozen=True)
class Step:
    """One step of the infusion at its moment. `volume_ml` is a bolus's, or the pump's figure at the stop,
    told then or afterwards ("explained")."""

    kind: Kind
    at: datetime
    rate_ml_per_h: Decimal | None = None
    volume_ml: Decimal | None = None


@dataclass(frozen=True)
class Course:
    """A bag as it was prepared, and what has happened to it, in the order in which it happened."""

    bag_mg: Decimal
    bag_volume_ml: Decimal
    dead_space_ml: Decimal
    rate_ml_per_h: Decimal
    steps: tuple[Step, ...] = ()
    formula_version: str = FORMULA_VERSION

    @property
    def capacity_ml(self) -> Decimal:
        """What of the bag can reach the patient."""
        return self.bag_volume_ml - self.dead_space_ml

    @property
    def reaches_mg(self) -> Decimal:
        """The drug in that."""
        return self.mg(self.capacity_ml)

    def followed_by(self, step: Step) -> "Course":
        return replace(self, steps=(*self.steps, step))

    def mg(self, volume_ml: Decimal) -> Decimal:
        """The drug in so much of the bag, to 0.1 mg."""
        return rounded(volume_ml * self.bag_mg / self.bag_volume_ml, "0.1")


@dataclass(frozen=True)
class Given:
    """Volume to 0.01 mL and mg to 0.1 mg."""

    volume_ml: Decimal
    mg: Decimal


@dataclass(frozen=True)
class Pump:
    """Where the pump stands at a moment. `units` are rate (mL/h) times microseconds, exact, as long as there
    was something in the bag to pump."""

    rate_ml_per_h: Decimal
    running: bool = False
    ran: timedelta = timedelta()
    units: Decimal = Decimal(0)
    boluses_ml: Decimal = Decimal(0)
    elsewhere_ml: Decimal = Decimal(0)
    read_ml: Decimal | None = None

    @property
    def given_ml(self) -> Decimal:
        """By rate and time, and the boluses."""
        return self.units / MICROSECONDS_PER_HOUR + self.boluses_ml

    @property
    def out_ml(self) -> Decimal:
        """What of it has come out of the bag."""
        return self.given_ml - self.elsewhere_ml


def present(steps: Iterable[Step], now: datetime) -> datetime:
    """The moment to reckon at. Where the clock was set back it is that of the last step: what is on record
    has happened, whatever the clock says."""
    return max([now, *(step.at for step in steps)])


def stand(course: Course, now: datetime) -> Pump:
    """The pump at this moment; what happens later plays no part."""
    pump, since = Pump(course.rate_ml_per_h), now
    for step in course.steps:
        if step.at > now:
            break
        pump, since = _after(course, _run(course, pump, step.at - since), step), step.at
    return _run(course, pump, now - since)


def given(course: Course, now: datetime) -> Given:
    """What the patient has had at this moment."""
    pump = stand(course, now)
    if pump.read_ml is not None:
        volume = rounded(min(pump.read_ml, course.capacity_ml + pump.elsewhere_ml), "0.01")
    else:
        volume = rounded(pump.given_ml, "0.01")
    return Given(volume_ml=volume, mg=course.mg(volume))


def running_time(steps: Iterable[Step], now: datetime) -> timedelta:
    """How long the drug has run: from start to stop (or now), without the pauses."""
    return stand(Course(Decimal(0), Decimal(0), Decimal(0), Decimal(0), tuple(steps)), now).ran


def stopped_early(course: Course, at: datetime) -> bool:
    """Whether more is left of what was ordered than the planned rate gives in a minute, to which pumps and
    clocks are read, or than the share that a reading may be off. How fast it ran at the end plays no part."""
    left = course.capacity_ml + stand(course, at).elsewhere_ml - given(course, at).volume_ml
    return left > min(course.rate_ml_per_h / MINUTES_PER_HOUR, course.capacity_ml * TOLERANCE_SHARE)


def left_ml(course: Course, now: datetime) -> Decimal:
    """What of the bag can still reach the patient, to 0.01 mL."""
    return rounded(max(course.capacity_ml - stand(course, now).out_ml, Decimal(0)), "0.01")


def empty_at(course: Course, now: datetime) -> datetime | None:
    """When the bag will be empty at the rate of now, up to a second later; None while the pump stands."""
    pump = stand(course, now)
    if not pump.running:
        return None
    seconds = _left_units(course, pump) / pump.rate_ml_per_h / 1_000_000
    return now + timedelta(seconds=int(seconds.to_integral_value(ROUND_CEILING)))


def doubt(course: Course, *, read_ml: Decimal, now: datetime) -> str:
    """Why the pump's figure at the stop wants confirming against the reckoned one, or nothing."""
    reckoned = given(course, now).volume_ml
    most = course.capacity_ml + stand(course, now).elsewhere_ml
    allowed = max(TOLERANCE_ML, reckoned * TOLERANCE_SHARE)
    if abs(min(read_ml, most) - reckoned) <= allowed:
        return ""
    return (
        f"By its rates and times the pump gave {plain(reckoned)} mL: read it again, then confirm that "
        f"{plain(read_ml)} mL is right."
    )


def doubt_of_bolus(course: Course, *, volume_ml: Decimal, at: datetime) -> str:
    """Why a bolus wants confirming: with it more would have come out of the bag than was in it."""
    pump = stand(course, at)
    if _held(course, pump, volume_ml):
        return ""
    in_all = rounded(pump.given_ml + volume_ml, "0.1")
    return (
        f"The bag held {plain(course.bag_volume_ml)} mL, and with this bolus {plain(in_all)} mL were given, "
        f"{plain(course.mg(in_all))} mg of {plain(course.bag_mg)} mg: read it again, then confirm that it "
        "came from elsewhere."
    )


def _held(course: Course, pump: Pump, volume_ml: Decimal) -> bool:
    """Whether the bag still held so much."""
    return rounded(pump.out_ml + volume_ml, "0.1") <= course.bag_volume_ml


def _after(course: Course, pump: Pump, step: Step) -> Pump:
    match step.kind:
        case "start" | "resume":
            return replace(pump, running=True, rate_ml_per_h=step.rate_ml_per_h or pump.rate_ml_per_h)
        case "pause":
            return replace(pump, running=False)
        case "rate":
            return replace(pump, rate_ml_per_h=step.rate_ml_per_h or pump.rate_ml_per_h)
        case "bolus":
            volume = step.volume_ml or Decimal(0)
            on_top = course.formula_version in BOLUS_ON_TOP or not _held(course, pump, volume)
            return replace(
                pump,
                boluses_ml=pump.boluses_ml + volume,
                elsewhere_ml=pump.elsewhere_ml + (volume if on_top else 0),
            )
        case "stop":
            return replace(pump, running=False, read_ml=step.volume_ml)
        case "explained":
            return pump if step.volume_ml is None else replace(pump, read_ml=step.volume_ml)


def _run(course: Course, pump: Pump, time: timedelta) -> Pump:
    if not pump.running:
        return pump
    pumped = min(pump.rate_ml_per_h * (time // MICROSECOND), _left_units(course, pump))
    return replace(pump, ran=pump.ran + time, units=pump.units + pumped)


def _left_units(course: Course, pump: Pump) -> Decimal:
    """What the pump can still take out of the bag, in its `units`."""
    out_of_bag = pump.units + (pump.boluses_ml - pump.elsewhere_ml) * MICROSECONDS_PER_HOUR
    return max(course.capacity_ml * MICROSECONDS_PER_HOUR - out_of_bag, Decimal(0))
