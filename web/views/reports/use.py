"""How much of chairs and nurses was used: by weekday and hour as a heat map, and each by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from scheduler.models import ResourceKind
from scheduler.reporting.use import HourUse, Use, by_hour, utilisation
from scheduler.vocabulary import WEEKDAYS
from web.files import Cell
from web.plots.heat import Amount, heat
from web.plots.stacked import Bar, Part, stacked
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    COUNT,
    HOURS,
    SHARE,
    TEXT,
    Column,
    Key,
    Picture,
    Report,
    Table,
    counted,
    percent,
)

# An hour that was open on fewer days tells of those days more than of the weekday. A choice of ours [D].
FEWEST_DAYS: Final = 4
KINDS: Final = (
    (ResourceKind.CHAIR, "chair-hours", "Chairs by weekday and hour", "chairs"),
    (ResourceKind.NURSE, "nurse-hours", "Nurses by weekday and hour", "nurses"),
)
KEYS: Final = (
    Key("done", "Done"),
    Key("booked", "Booked, not done"),
    Key("open", "Open"),
)


def report(asked: Asked, now: datetime) -> Report:
    hours = by_hour(asked.clinic, asked.period)
    found = utilisation(asked.clinic, asked.period)
    totals = {use.kind: use for use in found.totals}
    of_kind = {kind: [each for each in hours if each.kind == kind] for kind, *_ in KINDS}
    return Report(
        says=_says(totals, of_kind),
        cannot=_cannot(asked, hours),
        tables=[
            *(_hours_table(name, title, words, of_kind[kind]) for kind, name, title, words in KINDS),
            _each_table(found.resources, found.totals),
        ],
    )


def _says(totals: dict[str, Use], of_kind: dict[ResourceKind, list[HourUse]]) -> str:
    chairs, nurses = totals.get(ResourceKind.CHAIR), totals.get(ResourceKind.NURSE)
    if chairs is None or nurses is None or not chairs.open or not nurses.open:
        return "No chair or no nurse was open in this period."
    told = [
        f"Visits held {percent(chairs.booked_share)} of {chairs.open / 60:,.0f} open chair hours and"
        f" {percent(nurses.booked_share)} of the nurses' {nurses.open / 60:,.0f} hours of load."
    ]
    most = _extreme(of_kind[ResourceKind.NURSE], highest=True)
    least = _extreme(of_kind[ResourceKind.CHAIR], highest=False)
    if nurses.booked and most and least:
        told.append(f"Nurses were fullest on {most}; chairs had most room on {least}.")
    return " ".join(told)


def _extreme(hours: Sequence[HourUse], *, highest: bool) -> str:
    """The hour of the week with the highest or lowest share, in words; the earliest of several."""
    known = [each for each in hours if each.booked_share is not None]
    if not known:
        return ""
    found = (max if highest else min)(known, key=lambda each: each.booked_share or 0.0)
    day = WEEKDAYS[found.weekday]
    return f"{day}s from {found.hour}:00 ({percent(found.booked_share)})"


def _cannot(asked: Asked, hours: Sequence[HourUse]) -> list[str]:
    cannot = [
        "A cancelled or missed visit has given its time back, so an empty chair may have been booked.",
        "Done hours are the planned ones, not those on the clock: see how long visits took.",
        "A full hour is no aim by itself: what is full has no room for a patient who stays longer.",
    ]
    if asked.days_to_come:
        cannot.insert(0, "Days from today on hold what is booked by now; more may come.")
    if any(0 < each.days < FEWEST_DAYS for each in hours):
        cannot.append(
            f"Some hours were open on fewer than {FEWEST_DAYS} days: they tell of those days more than of"
            " the weekday."
        )
    return cannot


def _hours_table(name: str, title: str, words: str, hours: Sequence[HourUse]) -> Table:
    rows: list[list[Cell]] = [
        [
            WEEKDAYS[each.weekday],
            f"{each.hour}:00",
            each.days,
            *(round(minutes / 60, 2) for minutes in (each.open, each.booked, each.delivered)),
            each.booked_share,
            each.delivered_share,
        ]
        for each in hours
    ]
    return Table(
        name=name,
        title=title,
        columns=[
            Column("Weekday", TEXT),
            Column("From", TEXT),
            Column("Days open", COUNT),
            Column("Open, h", HOURS),
            Column("Booked, h", HOURS),
            Column("Done, h", HOURS),
            Column("Booked, share", SHARE),
            Column("Done, share", SHARE),
        ],
        rows=rows,
        means=f"How much of the {words}' open time in each hour of the week visits hold, all days together.",
        picture=_map(words, hours),
    )


def _map(words: str, hours: Sequence[HourUse]) -> Picture | None:
    if not hours:
        return None
    first, last = min(each.hour for each in hours), max(each.hour for each in hours)
    weekdays = sorted({each.weekday for each in hours})
    amounts = {
        (weekdays.index(each.weekday), each.hour - first): Amount(each.booked_share, _cell_words(each))
        for each in hours
    }
    names = [f"{hour}:00" if (hour - first) % 2 == 0 else "" for hour in range(first, last + 1)]
    plot = heat(amounts, rows=[WEEKDAYS[each][:3] for each in weekdays], columns=names)
    return Picture(
        name="heat",
        plot=plot,
        words=f"Share of the {words}' open time that visits hold, by weekday and hour; the table has each.",
        caption="Per cent of open time that visits hold: more, stronger colour; an empty place wasn't open.",
    )


def _cell_words(each: HourUse) -> str:
    when = f"{WEEKDAYS[each.weekday]} {each.hour}:00 to {each.hour + 1}:00"
    return f"{when}: {percent(each.booked_share)} of {each.open / 60:.1f} h on {counted(each.days, 'day')}"


def _each_table(resources: Sequence[Use], totals: Sequence[Use]) -> Table:
    def row(use: Use) -> list[Cell]:
        hours = [round(minutes / 60, 2) for minutes in (use.open, use.booked, use.delivered)]
        return [use.name, *hours, use.booked_share, use.delivered_share]

    return Table(
        name="utilisation",
        title="Each chair and nurse",
        columns=[
            Column("Chair or nurse", TEXT),
            Column("Open, h", HOURS),
            Column("Booked, h", HOURS),
            Column("Done, h", HOURS),
            Column("Booked, share", SHARE),
            Column("Done, share", SHARE),
        ],
        rows=[row(use) for use in [*resources, *totals]],
        means=(
            "How much of the open hours visits hold, and how much belongs to visits that are done. A chair "
            "counts through its turnover; a nurse in hours of nursing units, six to a nurse."
        ),
        total_rows=len(totals),
        picture=_bars(resources),
    )


def _bars(resources: Sequence[Use]) -> Picture | None:
    if not resources:
        return None
    bars = [
        Bar(
            use.name,
            f"{percent(use.booked_share)} of {use.open / 60:,.0f} h",
            [
                Part("done", use.delivered / use.open * 100, f"done: {use.delivered / 60:.1f} h"),
                Part("booked", (use.booked - use.delivered) / use.open * 100, "booked, not done"),
                Part("open", (use.open - use.booked) / use.open * 100, "open"),
            ],
        )
        for use in resources
        if use.open
    ]
    return Picture(
        name="stacked",
        plot=stacked(bars, unit=" %", top=100),
        words="Of each chair's and nurse's open time: done, booked, open; the table has each.",
        caption="Of each one's open time.",
        keys=KEYS,
    )
