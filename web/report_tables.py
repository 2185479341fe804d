"""The reports as tables: the same columns and rows for the page and for the file that a spreadsheet opens.

Each has a sentence that says what it means and one that says what it can't. What is counted is decided in
`scheduler.reporting`, `scheduler.levelling` and `notifications.reports`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.urls import reverse

from clinic.models import Clinic
from notifications.reporting.reports import no_shows_by_stage
from scheduler.levelling.level_report import DayLevel
from scheduler.levelling.template import Measures
from scheduler.reporting.reports import Lead, Period, attendance, lead_time
from scheduler.reporting.spacing_report import spacing
from scheduler.reporting.use import Use, utilisation
from web.files import Cell

TEXT, COUNT, HOURS, DAYS, SHARE = "text", "count", "hours", "days", "share"


@dataclass(frozen=True)
class Column:
    """`kind` says how the page shows its cells; in a file they stand as they are, shares from 0 to 1."""

    label: str
    kind: str = COUNT


@dataclass(frozen=True)
class Table:
    """One report. `bar` is the place of the column whose shares are drawn; `total_rows` stand at the end."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    means: str
    cannot: str
    bar: int | None = None
    total_rows: int = 0
    links: Sequence[str] = field(default=())

    @property
    def header(self) -> list[str]:
        return [column.label for column in self.columns]

    @property
    def lines(self) -> list["Line"]:
        """The rows as the page shows them."""
        first_total = len(self.rows) - self.total_rows
        links = [*self.links, *[""] * (len(self.rows) - len(self.links))]
        return [
            Line(list(zip(self.columns, row, strict=True)), self._bar_of(row), place >= first_total, link)
            for place, (row, link) in enumerate(zip(self.rows, links, strict=True))
        ]

    def _bar_of(self, row: Sequence[Cell]) -> float | None:
        """Of a hundred."""
        value = row[self.bar] if self.bar is not None else None
        return round(min(value, 1.0) * 100, 1) if isinstance(value, float) else None


@dataclass(frozen=True)
class Line:
    cells: list[tuple[Column, Cell]]
    bar: float | None
    total: bool
    link: str


def use_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    found = utilisation(clinic, period)

    def row(use: Use) -> list[Cell]:
        hours = [round(minutes / 60, 2) for minutes in (use.open, use.booked, use.delivered)]
        return [use.name, *hours, use.booked_share, use.delivered_share]

    return Table(
        name="utilisation",
        title="Use of chairs and nurses",
        columns=[
            Column("Chair or nurse", TEXT),
            Column("Open, h", HOURS),
            Column("Booked, h", HOURS),
            Column("Done, h", HOURS),
            Column("Booked", SHARE),
            Column("Done", SHARE),
        ],
        rows=[row(use) for use in [*found.resources, *found.totals]],
        means=(
            "How much of the open hours visits hold, and how much belongs to visits that are done. A chair "
            "counts through its turnover; a nurse in hours of nursing units, of which she has six."
        ),
        cannot=(
            "A cancelled or missed visit has given its time back, so an empty chair may have been booked. "
            "Done hours are the planned ones, not those on the clock."
        ),
        bar=4,
        total_rows=len(found.totals),
    )


def lead_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    found = lead_time(clinic, period)

    def row(lead: Lead) -> list[Cell]:
        return [lead.name, lead.count, lead.first_quartile, lead.median, lead.third_quartile]

    afterwards = (
        f" {found.entered_afterwards} entered after they had begun are left out."
        if found.entered_afterwards
        else ""
    )
    return Table(
        name="lead-time",
        title="Days from booking to visit",
        columns=[
            Column("Visits of", TEXT),
            Column("Visits"),
            Column("A quarter within", DAYS),
            Column("Half within", DAYS),
            Column("Three quarters within", DAYS),
        ],
        rows=[row(lead) for lead in [*found.by_protocol, found.all]],
        means=(
            "How many days ahead the visits of this period were first booked, those that were moved too. "
            "Cancelled ones aren't counted."
        ),
        cannot="It isn't how long patients had to wait: most visits of a series are booked ahead on purpose."
        + afterwards,
        total_rows=1,
    )


def attendance_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    found = attendance(clinic, period, now=now)
    reasons: list[list[Cell]] = [
        [f"Cancelled: {counted.words}", counted.count, found.planned, counted.count / found.planned]
        for counted in found.reasons
    ]
    unsaid = [
        sentence
        for count, sentence in (
            (found.open, f"Of {found.open} past visits nobody has said whether the patient came."),
            (found.to_come, f"{found.to_come} are yet to come."),
            (
                found.cancelled_unknown,
                f"Of {found.cancelled_unknown} cancellations it isn't known whether they were late.",
            ),
        )
        if count
    ]
    return Table(
        name="attendance",
        title="Cancellations and no-shows",
        columns=[
            Column("What became of it", TEXT),
            Column("Visits"),
            Column("Of"),
            Column("Share", SHARE),
        ],
        rows=[
            ["Missed, of those kept or missed", found.missed, found.no_shows.of, found.no_shows.share],
            ["Cancelled, of all planned", found.cancelled.count, found.planned, found.cancelled.share],
            ["Cancelled late, of all planned", found.late.count, found.planned, found.late.share],
            *reasons,
        ],
        means=(
            f"Late is closer to the visit than {clinic.late_cancellation_hours} hours. A moved visit counts "
            "once, where it was moved to; a hold that was never booked doesn't count."
        ),
        cannot=" ".join(unsaid or ["Why somebody didn't come isn't known."]),
        bar=3,
    )


def spacing_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    found = spacing(clinic, period)
    return Table(
        name="spacing",
        title="Series that met their spacing",
        columns=[
            Column("Protocol", TEXT),
            Column("Gaps"),
            Column("Too short"),
            Column("Too long"),
            Column("Gaps kept", SHARE),
            Column("Plans"),
            Column("Plans kept", SHARE),
        ],
        rows=[
            [
                gaps.protocol,
                gaps.met.of,
                gaps.below,
                gaps.above,
                gaps.met.share,
                gaps.plans.of,
                gaps.plans.share,
            ]
            for gaps in found.by_protocol
        ],
        means=(
            "Days between one visit of a plan and the next that starts in this period, held against what "
            "the plan asks for now: the prescriber's own spacing or else the protocol's."
        ),
        cannot=(
            "A gap may be too long on purpose, as when maintenance begins. A plan with one visit has no gap."
        ),
        bar=4,
    )


def outside_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    found = spacing(clinic, period).outside
    return Table(
        name="outside-spacing",
        title="Plans with a gap outside",
        columns=[
            Column("Patient", TEXT),
            Column("Protocol", TEXT),
            Column("Kept"),
            Column("Too short"),
            Column("Too long"),
        ],
        rows=[[gaps.patient, gaps.protocol, gaps.within, gaps.below, gaps.above] for gaps in found],
        means="Whose gaps these are, those with most outside first.",
        cannot="Whether a prescriber wanted it so is in the plan.",
        links=[reverse("plan", args=[gaps.plan]) for gaps in found],
    )


def reminders_table(clinic: Clinic, period: Period, now: datetime) -> Table:
    stages = no_shows_by_stage(clinic, period)
    return Table(
        name="reminders",
        title="No-shows by stage of reminder",
        columns=[
            Column("The last before the visit", TEXT),
            Column("Visits"),
            Column("Missed"),
            Column("Missed", SHARE),
        ],
        rows=[
            [stage.words, stage.no_shows.of, stage.no_shows.count, stage.no_shows.share] for stage in stages
        ],
        means=(
            "Of the visits that were kept or missed, what had been sent for them last, and how many were "
            "missed. Whoever confirmed counts as that alone."
        ),
        cannot=(
            "It doesn't show what a reminder does: who confirms means to come, and a visit booked for "
            "tomorrow had no time to be reminded. Small numbers jump about."
        ),
        bar=3,
    )


def _percent(measures: Measures | None) -> int | None:
    return round(measures.chair_use * 100) if measures else None


@dataclass(frozen=True)
class Gains:
    """In which measures the template is better than the day as booked, and in which it is worse."""

    better: Sequence[str]
    worse: Sequence[str]


def level_gains(found: DayLevel) -> Gains:
    if found.template is None:
        return Gains([], [])
    better: list[str] = []
    worse: list[str] = []
    for words, measure, less_is_better in (
        ("Units of nursing load in the busiest minute", "peak", True),
        ("Minutes in which no nurse can prepare a patient", "minutes_nobody_free", True),
        ("Minutes in which every unit is taken", "minutes_full", True),
        ("Minutes of visits past closing", "overtime_minutes", True),
        (f"More visits that fit beside them ({found.commonest})", "more", False),
    ):
        had, has = getattr(found.booked, measure), getattr(found.template, measure)
        if had != has:
            (better if (has < had) == less_is_better else worse).append(f"{words}: {has} instead of {had}.")
    return Gains(better, worse)


def level_table(found: DayLevel) -> Table:
    """The measures of a day side by side with the template's."""
    booked, template = found.booked, found.template

    def row(words: str, measure: str, less_is_better: bool | None = None) -> list[Cell]:
        had, has = getattr(booked, measure), getattr(template, measure) if template else None
        if has is None or less_is_better is None:
            return [words, had, has, ""]
        if has == had:
            return [words, had, has, "The same"]
        return [words, had, has, "Better" if (has < had) == less_is_better else "Worse"]

    return Table(
        name="level",
        title="As booked and as level as found",
        columns=[
            Column("Measure", TEXT),
            Column("As booked"),
            Column("Template"),
            Column("The template is", TEXT),
        ],
        rows=[
            row("Busiest minute, units of nursing load", "peak", True),
            row("Units on duty then", "peak_duty"),
            row("Minutes in which no nurse can prepare a patient", "minutes_nobody_free", True),
            row("Minutes in which every unit is taken", "minutes_full", True),
            row("Minutes of visits past closing", "overtime_minutes", True),
            row(f"More visits that fit beside them: {found.commonest}", "more", False),
            ["Chairs' open time that is taken, %", _percent(booked), _percent(template), ""],
        ],
        means="The same visits in the same hours.",
        cannot="Who can come when isn't known.",
    )


# In the order of the page; the names are those of the files.
TABLES: Final[dict[str, Callable[[Clinic, Period, datetime], Table]]] = {
    "utilisation": use_table,
    "lead-time": lead_table,
    "attendance": attendance_table,
    "reminders": reminders_table,
    "spacing": spacing_table,
    "outside-spacing": outside_table,
}
