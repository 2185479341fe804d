"""One chair of the nurse station as a card: what whoever passes by has to see, put together from loaded rows.

The order of the cards, and everything reckoned, is `page.Chair`'s; nothing is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from django.utils import timezone

from sessions_app import states
from sessions_app.infusing import progress
from sessions_app.leaving import discharge
from sessions_app.models import InfusionEventKind, SessionState, VitalSigns
from sessions_app.observing import trends
from web.plots.spark import Point, Spark, spark
from web.views.sessions.chair import MINUTE, Chair, Left

# How far back the lines of a card go.
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Sign:
    """One line of a card: its name, unit and columns, and the height of its line at the least. A pressure has
    two columns, the first of which tells its direction."""

    label: str
    unit: str
    columns: tuple[str, ...]
    least: float


# The heights are ours, for the eye: as much as a cuff or an oximeter may differ from itself is to look flat.
SIGNS: Final = (
    Sign("BP", "mmHg", ("systolic_mmhg", "diastolic_mmhg"), 60),
    Sign("HR", "/min", ("heart_rate_per_min",), 40),
    Sign("SpO₂", "%", ("oxygen_saturation_percent",), 10),
)
ARROWS: Final = {"rising": "↗", "falling": "↘", "steady": "→"}


@dataclass(frozen=True)
class Trend:
    """A sign as it was measured last, and its last hour as a line with a word and in figures. `as_of` says
    when, if that was before the newest set."""

    label: str
    unit: str
    value: str
    as_of: str
    spark: Spark | None
    direction: str
    in_figures: str

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.direction, "")


class Card:
    def __init__(self, chair: Chair) -> None:
        self.chair = chair
        self.session = chair.session

    @cached_property
    def left(self) -> Left:
        """How long it goes on as it is; before the start, how long the patient has been waiting."""
        chair, state = self.chair, self.session.state
        if state in states.BEFORE_START:
            return Left(chair.minutes or 0, "min since arrival")
        if state == SessionState.RECOVERING:
            to_go = discharge.minutes_to_go(self.session, chair.now)
            return Left(to_go, "min left to observe", chair.home_from if to_go else None)
        if state == SessionState.PAUSED:
            return Left((chair.now - self._paused_at) // MINUTE, "min paused")
        minutes = chair.given.minutes_left if chair.given else None
        until = chair.given.empty_at if chair.given else None
        return Left(minutes or 0, "min left in the bag", until)

    @cached_property
    def trends(self) -> list[Trend]:
        """The signs that were measured in the last hour; those of the newest set however old it is, since it
        is then that somebody must look."""
        since = self.chair.now - HOUR
        shown = [line for line in self.chair.sets if line.measured_at > since] or self.chair.sets[-1:]
        told = [(line, f"{timezone.localtime(line.measured_at):%H:%M}") for line in shown]
        return [trend for sign in SIGNS if (trend := self._trend(sign, told)) is not None]

    @property
    def breathing(self) -> int | None:
        """Measured last; too slow a sign for a line."""
        return self.chair.last.respiratory_rate_per_min if self.chair.last else None

    @property
    def _paused_at(self) -> datetime:
        steps = progress.in_order(self.session.infusion_events.all())
        pauses = [progress.moment_of(step) for step in steps if step.kind == InfusionEventKind.PAUSE]
        return max(pauses, default=self.chair.now)

    def _trend(self, sign: Sign, lines: Sequence[tuple[VitalSigns, str]]) -> Trend | None:
        """Of sets with the wall's time of each."""
        measured = [
            (line.measured_at, time, values)
            for line, time in lines
            if None not in (values := [getattr(line, column) for column in sign.columns])
        ]
        if not measured:
            return None
        words = [(time, "/".join(map(str, values))) for _, time, values in measured]
        now, newest = self.chair.now, measured[-1][0]
        return Trend(
            label=sign.label,
            unit=sign.unit,
            value=words[-1][1],
            as_of=words[-1][0] if newest < lines[-1][0].measured_at else "",
            spark=spark(
                [Point(at, high=values[0], low=values[-1]) for at, _, values in measured],
                first=now - HOUR,
                last=now,
                least=sign.least,
            )
            if newest > now - HOUR
            else None,
            direction=trends.direction([values[0] for *_, values in measured]) or "",
            in_figures=", ".join(f"{time} {word}" for time, word in words),
        )
