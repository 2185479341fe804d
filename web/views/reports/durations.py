"""How long preparation, infusion and recovery took beside what was planned, and how late infusions began."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sessions_app.reporting.durations import (
    BINS,
    GRACE_MINUTES,
    Durations,
    Phase,
    PhaseTimes,
    ProtocolTimes,
    Starts,
    durations,
)
from web.files import Cell
from web.plots.boxes import Spread, boxes
from web.plots.columns import Amount, columns
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    COUNT,
    MINUTES,
    SHARE,
    TEXT,
    Column,
    Key,
    Picture,
    Report,
    Table,
    counted,
    few,
    said,
    told,
)

COLUMNS: Final = (
    Column("Infusions", COUNT),
    Column("Planned, min", MINUTES),
    Column("A quarter within", MINUTES),
    Column("Half within", MINUTES),
    Column("Three quarters within", MINUTES),
    Column("95 of 100 within", MINUTES),
    Column("Longer than planned", MINUTES),
)
KEYS: Final = (Key("box", "The middle half, the median in it"), Key("planned", "Planned"))
LATENESS: Final = (Key("accent", "On time"), Key("full", f"More than {GRACE_MINUTES} minutes late"))
CAPTION: Final = "Minutes; the stroke reaches from the 5th to the 95th of a hundred."


def report(asked: Asked, now: datetime) -> Report:
    found = durations(asked.clinic, asked.period, asked.among)
    return Report(
        says=_says(found),
        cannot=_cannot(found),
        tables=[_phases_table(found.all), _protocols_table(found.by_protocol), _starts_table(found.starts)],
    )


def _says(found: Durations) -> str:
    whole = _phase(found.all, Phase.WHOLE)
    if not found.infusions:
        return "No infusion was started in this period."
    began = said(found.starts.after_grace, f"infusions began more than {GRACE_MINUTES} minutes late")
    if whole.over is None or whole.took.median is None:
        return f"{began}."
    longer = f"{abs(whole.over):.0f} minutes {'longer' if whole.over > 0 else 'shorter'} than planned"
    if round(whole.over) == 0:
        longer = "as long as planned"
    return f"Half of the visits took at most {whole.took.median:.0f} minutes, typically {longer}; {began}."


def _cannot(found: Durations) -> list[str]:
    cannot = few(found.infusions, "infusion")
    cannot.append(
        "It doesn't say why: a late start may be the patient's, the clinic's or the last visit's. Who comes"
        " early waits, and that counts as preparation."
    )
    cannot.append(
        "Nobody is to be measured by it: who takes longer may have the patients who need it. A recovery ends"
        " when it is safe, not when it was planned to."
    )
    if found.under_way:
        cannot.append(
            f"{counted(found.under_way, 'patient')} not discharged yet: what hasn't ended is counted nowhere."
        )
    return cannot


def _phase(times: ProtocolTimes, phase: Phase) -> PhaseTimes:
    return next(each for each in times.phases if each.phase == phase)


def _row(each: PhaseTimes) -> list[Cell]:
    took = each.took
    return [
        took.count,
        each.planned,
        *(_tenth(value) for value in (took.first_quartile, took.median, took.third_quartile)),
        _tenth(took.ninety_fifth),
        _tenth(each.over),
    ]


def _tenth(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes, 1)


def _box(words: str, each: PhaseTimes) -> list[Spread]:
    """None for a phase that nobody has come through."""
    took = each.took
    values = (took.fifth, took.first_quartile, took.median, took.third_quartile, took.ninety_fifth)
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return []
    low, first_quartile, median, third_quartile, high = known
    return [
        Spread(
            words=words,
            told=f"{median:.0f} min, planned {each.planned:.0f}; {counted(took.count, 'visit')}",
            low=low,
            first_quartile=first_quartile,
            median=median,
            third_quartile=third_quartile,
            high=high,
            planned=each.planned,
        )
    ]


def _boxes(spreads: Sequence[Spread], words: str) -> Picture | None:
    if not spreads:
        return None
    return Picture(name="boxes", plot=boxes(spreads, unit=" min"), words=words, caption=CAPTION, keys=KEYS)


def _phases_table(times: ProtocolTimes) -> Table:
    return Table(
        name="durations",
        title="How long visits took",
        columns=[Column("Phase", TEXT), *COLUMNS],
        rows=[[each.words, *_row(each)] for each in times.phases],
        means=(
            "From the record: arrival, the first start, the last stop with pauses in between, discharge. "
            "Planned is what each visit was booked for, a longer recovery too: half of them at most so much. "
            "Longer is told of each visit beside its own plan, half of them at most so much."
        ),
        picture=_boxes(
            [box for each in times.phases for box in _box(each.words, each)],
            "Minutes of each phase: median, quartiles and what was planned; the table has each.",
        ),
    )


def _protocols_table(by_protocol: Sequence[ProtocolTimes]) -> Table:
    return Table(
        name="durations-by-protocol",
        title="By protocol",
        columns=[Column("Protocol", TEXT), Column("Phase", TEXT), *COLUMNS],
        rows=[[times.name, each.words, *_row(each)] for times in by_protocol for each in times.phases],
        means="The same for the visits by each protocol, in all its versions of this name.",
        picture=_boxes(
            [box for times in by_protocol for box in _box(times.name, _phase(times, Phase.WHOLE))],
            "Minutes of the whole visit by protocol: median, quartiles and what was planned.",
        ),
    )


def _starts_table(starts: Starts) -> Table:
    infusions = starts.late.count
    rows: list[list[Cell]] = [
        [each.words, each.count, infusions, each.count / infusions if infusions else None]
        for each in starts.bins
    ]
    late: list[list[Cell]] = [
        [
            f"More than {GRACE_MINUTES} late",
            starts.after_grace.count,
            starts.after_grace.of,
            starts.after_grace.share,
        ],
        [
            f"Patient arrived more than {GRACE_MINUTES} late",
            starts.arrived_late.count,
            starts.arrived_late.of,
            starts.arrived_late.share,
        ],
    ]
    amounts = [
        Amount(
            each.count,
            f"{each.words}: {each.count} of {infusions}",
            name="earlier" if first is None else f"{first:+d}" if first else "0",
            strong=first is not None and first >= GRACE_MINUTES,
        )
        for each, (first, _) in zip(starts.bins, BINS, strict=True)
    ]
    picture = Picture(
        name="columns",
        plot=columns(amounts),
        words=(
            f"Infusions by minutes between the planned start and the start; {told(starts.after_grace)} began"
            f" more than {GRACE_MINUTES} minutes late."
        ),
        caption="Infusions by minutes after the planned start, in steps of five.",
        keys=LATENESS,
    )
    return Table(
        name="starts",
        title="How late infusions began",
        columns=[
            Column("Minutes after the planned start", TEXT),
            Column("Infusions"),
            Column("Of"),
            Column("Share", SHARE),
        ],
        rows=[*rows, *late],
        means=(
            "The planned start is the visit's time and the minutes of preparation after it. Up to "
            f"{GRACE_MINUTES} minutes later is on time."
        ),
        total_rows=len(late),
        picture=picture if infusions else None,
    )
