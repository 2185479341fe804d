"""How the patient fares, in the chart: a small picture for each instrument, what has become of its score, and
the headache diary in a sentence. The large pictures, and all scores, are on the outcomes' page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from clinic.models import Patient
from sessions_app.outcomes import scoring
from sessions_app.outcomes.chart import Chart, Line, Point, chart_of
from sessions_app.outcomes.diary_counts import Counts
from web.outcome_plots import Plot, small_plots


@dataclass(frozen=True)
class Curve:
    """One instrument: its picture, the newest score with its range, and the change in words."""

    plot: Plot
    now: str
    change: str
    meaning: str

    @property
    def line(self) -> Line:
        return self.plot.line

    @property
    def newest(self) -> Point:
        return self.plot.line.newest


@dataclass(frozen=True)
class Outcomes:
    """Nothing in it where nothing was asked yet."""

    curves: list[Curve]
    diary: str
    infusions: int

    def __bool__(self) -> bool:
        return bool(self.curves or self.diary)


def outcomes_of(patient: Patient, now: datetime) -> Outcomes:
    """Three queries."""
    found = chart_of(patient, now=now)
    pictures = small_plots(found.lines, found.infusions, patient.clinic.time_zone)
    return Outcomes(
        curves=[_curve(plot) for plot in pictures], diary=_diary(found), infusions=len(found.infusions)
    )


def _curve(plot: Plot) -> Curve:
    line = plot.line
    asked, newest = line.instrument, line.newest
    label = next((each.label for each in asked.choices if each.value == newest.score), "")
    told_by_itself = len(asked.items) == 1 and bool(label)
    return Curve(
        plot=plot,
        now=label
        if told_by_itself
        else f"{newest.score}" + (f", {newest.band.lower()}" if newest.band else ""),
        change=_change(line),
        meaning=_meaning(line),
    )


def _change(line: Line) -> str:
    """From the score before the first infusion to the newest one."""
    if not scoring.needs_baseline(line.instrument):
        return ""
    if line.baseline is None:
        return "Nothing before the first infusion to compare with"
    if line.change is None:
        return "Asked before the first infusion, and not since"
    points = "point" if abs(line.change) == 1 else "points"
    moved = (
        f"{abs(line.change)} {points} {'fewer' if line.change < 0 else 'more'}"
        if line.change
        else "no change"
    )
    return f"{line.baseline.score} before, {line.newest.score} now: {moved}"


def _meaning(line: Line) -> str:
    """What is known of such a change (domain.md 5)."""
    told = line.meaning[:1].upper() + line.meaning[1:]
    return f"{told}; {line.newest.score} is in remission" if line.in_remission else told


def _diary(found: Chart) -> str:
    """Headache days of the newest 28, against the oldest 28 that were entered well enough."""
    if not found.diary:
        return ""
    newest = found.diary[-1]
    if not newest.complete:
        return f"{newest.entered} of 28 days entered: too few to tell how many had a headache"
    told = f"{_days(newest)} of 28 days with headache"
    before = [each for each in _complete(found.diary[:-1]) if _days(each) != _days(newest)]
    return (
        f"{told}, {_days(before[0])} in the 28 days to {before[0].last:%b} {before[0].last.day}"
        if before
        else told
    )


def _complete(periods: Sequence[Counts]) -> list[Counts]:
    return [each for each in periods if each.complete]


def _days(counts: Counts) -> int:
    """Brought to 28 days, whole ones."""
    return round(counts.per_28(counts.headache_days) or Fraction(0))
