"""How long something lasts, by Kaplan-Meier, as a stair that only falls; pure.

Below the days stands how many were still watched: where they are few the stair's end says little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from web.plots.marks import Mark, Rule, Tick
from web.plots.paths import polyline, stair
from web.plots.scale import Scale, days_from_first

WIDTH: Final = 640
HEIGHT: Final = 200


@dataclass(frozen=True)
class Step:
    """A day on which some were lost or watched no longer; `survival` is the share left after it, `at_risk`
    who was watched up to it."""

    day: int
    at_risk: int
    events: int
    censored: int
    survival: float


@dataclass(frozen=True)
class Survival:
    """`watched` are the numbers below the days."""

    path: str
    censored: list[Mark]
    rules: list[Rule]
    days: list[Tick]
    watched: list[Tick]
    words: str


def survival(steps: Sequence[Step], *, least_days: int) -> Survival | None:
    """None where nobody was followed. The picture shows `least_days` at the least: a short watch mustn't look
    like a long one."""
    if not steps:
        return None
    span = max(steps[-1].day, least_days)
    across, up = Scale(0, span, 0, WIDTH), Scale(0.0, 1.0, HEIGHT, 0)
    places = [(across.at(step.day), up.at(step.survival)) for step in steps]
    named = days_from_first(span)
    return Survival(
        path=polyline(stair([(across.at(0), up.at(1)), *places])),
        censored=[
            Mark(x, y, f"Day {step.day}: {step.censored} watched no longer")
            for step, (x, y) in zip(steps, places, strict=True)
            if step.censored
        ],
        rules=[Rule(up.at(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100)],
        days=[Tick(across.at(day), str(day)) for day in named],
        watched=[Tick(across.at(day), str(watched_on(steps, day))) for day in named],
        words=f"Over {steps[-1].day} days the share still responding falls to {steps[-1].survival:.0%}.",
    )


def watched_on(steps: Sequence[Step], day: int) -> int:
    """How many were still watched on this day, with nothing lost before it."""
    for step in steps:
        if step.day >= day:
            return step.at_risk
    return 0
