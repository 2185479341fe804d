"""Who came, who didn't and what was cancelled; and no-shows by the last that patients had been told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from notifications.reporting.reports import CONFIRMED, NOTHING, StageOutcome, no_shows_by_stage
from scheduler.reporting.reports import Attendance, attendance
from sessions_app.reporting.rates import Rate
from web.files import Cell
from web.plots.stacked import Bar, Part, stacked
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    COUNT,
    ENDS,
    SHARE,
    TEXT,
    Column,
    Key,
    Picture,
    Report,
    Table,
    counted,
    ends,
    few,
    rates_drawn,
    said,
)

BECAME: Final = (
    ("done", "Came"),
    ("bad", "Missed"),
    ("late", "Cancelled late"),
    ("cancelled", "Cancelled otherwise"),
    ("open", "Not said yet, or to come"),
)


def report(asked: Asked, now: datetime) -> Report:
    found = attendance(asked.clinic, asked.period, asked.among, now=now)
    stages = no_shows_by_stage(asked.clinic, asked.period, asked.among)
    known = found.no_shows.of
    missed = Rate(found.missed, known)
    return Report(
        says=_says(found, missed),
        cannot=_cannot(found, stages),
        tables=[_stages_table(stages), _became_table(asked, found)],
    )


def _says(found: Attendance, missed: Rate) -> str:
    if not found.planned:
        return "No visit was planned in this period."
    came = (
        f"{said(missed, 'visits kept or missed were missed')}"
        if missed.of
        else "Of no visit is known whether the patient came"
    )
    late = Rate(found.late.count, found.late.of)
    return f"{came}; {said(late, 'that were planned were cancelled late')}."


def _cannot(found: Attendance, stages: Sequence[StageOutcome]) -> list[str]:
    """The rules: chance, reminders that nobody drew lots for, and what nobody has said yet."""
    cannot = few(found.no_shows.of, "visit")
    by_stage = {stage.stage: stage.no_shows for stage in stages}
    nothing, confirmed = by_stage.get(NOTHING), by_stage.get(CONFIRMED)
    cannot.append(
        "It doesn't show what a reminder does: nobody drew lots for who is reminded. Who confirms means to"
        " come, and a visit booked for tomorrow had no time to be reminded."
    )
    if nothing and confirmed and nothing.of and confirmed.of and _apart(nothing, confirmed):
        cannot.append(
            "That those who confirmed missed less often than those who were told nothing can't be called the"
            " message's doing."
        )
    if found.open:
        cannot.append(
            f"Of {counted(found.open, 'past visit')} nobody has said whether the patient came: they are in"
            " no share."
        )
    if found.to_come:
        cannot.append(f"Yet to come: {counted(found.to_come, 'visit')}, in no share of kept and missed.")
    if found.cancelled_unknown:
        cannot.append(
            f"Of {counted(found.cancelled_unknown, 'cancellation')} it isn't known whether they were late."
        )
    return cannot


def _apart(one: Rate, other: Rate) -> bool:
    """Whether their intervals don't touch, the second below the first."""
    return bool(one.interval and other.interval and other.interval[1] < one.interval[0])


def _stages_table(stages: Sequence[StageOutcome]) -> Table:
    return Table(
        name="reminders",
        title="No-shows by the last that was said",
        columns=[
            Column("The last before the visit", TEXT),
            Column("Visits", COUNT),
            Column("Missed", COUNT),
            Column("Missed, share", SHARE),
            *ENDS,
        ],
        rows=[
            [
                stage.words,
                stage.no_shows.of,
                stage.no_shows.count,
                stage.no_shows.share,
                *ends(stage.no_shows),
            ]
            for stage in stages
        ],
        means=(
            "Of the visits that were kept or missed, what had been sent for them last, and how many were "
            "missed. Whoever confirmed counts as that alone. Intervals are Wilson's at 95 %."
        ),
        picture=rates_drawn(
            [(stage.words, stage.no_shows) for stage in stages],
            "Missed, of the visits kept or missed",
        ),
    )


def _became_table(asked: Asked, found: Attendance) -> Table:
    reasons: list[list[Cell]] = [
        [f"Cancelled: {reason.words}", reason.count, found.planned, reason.count / found.planned]
        for reason in found.reasons
    ]
    return Table(
        name="attendance",
        title="What became of planned visits",
        columns=[
            Column("What became of it", TEXT),
            Column("Visits"),
            Column("Of"),
            Column("Share", SHARE),
        ],
        rows=[
            ["Came, of all planned", found.came, found.planned, _share(found.came, found.planned)],
            ["Missed, of those kept or missed", found.missed, found.no_shows.of, found.no_shows.share],
            ["Cancelled, of all planned", found.cancelled.count, found.planned, found.cancelled.share],
            ["Cancelled late, of all planned", found.late.count, found.planned, found.late.share],
            ["Nobody has said, of all planned", found.open, found.planned, _share(found.open, found.planned)],
            [
                "Yet to come, of all planned",
                found.to_come,
                found.planned,
                _share(found.to_come, found.planned),
            ],
            *reasons,
        ],
        means=(
            f"Late is closer to the visit than {asked.clinic.late_cancellation_hours} hours. A moved visit "
            "counts once, where it was moved to; a hold that was never booked doesn't count."
        ),
        picture=_became_bar(found),
    )


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _became_bar(found: Attendance) -> Picture | None:
    if not found.planned:
        return None
    counts = {
        "done": found.came,
        "bad": found.missed,
        "late": found.cancelled_too_late,
        "cancelled": found.cancelled_in_time + found.cancelled_unknown,
        "open": found.open + found.to_come,
    }
    bar = Bar(
        "All planned visits",
        counted(found.planned, "visit"),
        [
            Part(kind, counts[kind] / found.planned * 100, f"{words.lower()}: {counts[kind]}")
            for kind, words in BECAME
        ],
    )
    return Picture(
        name="stacked",
        plot=stacked([bar], unit=" %", top=100),
        words="Of all planned visits: came, missed, cancelled late, cancelled otherwise, not said yet.",
        caption="Of all that were planned.",
        keys=[Key(kind, f"{words}: {counts[kind]}") for kind, words in BECAME],
    )
