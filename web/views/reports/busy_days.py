"""How high the nurses' load came on each day beside the usual one: which days are worth levelling."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Final

from django.urls import reverse
from django.utils import timezone

from scheduler.reporting.daily_load import DayLoad, daily_load
from web.plots.columns import Amount, columns
from web.views.reports.asking import Asked
from web.views.reports.shape import (
    COUNT,
    MINUTES,
    TEXT,
    Column,
    Key,
    Picture,
    Report,
    Table,
    counted,
)

SHOWN: Final = 15
KEYS: Final = (
    Key("accent", "Busiest minute"),
    Key("full", "Busiest minute, every unit taken"),
    Key("frame", "On duty then"),
)


def report(asked: Asked, now: datetime) -> Report:
    days = daily_load(asked.clinic, asked.period)
    return Report(says=_says(days), cannot=_cannot(asked), tables=[_days_table(days)])


def _says(days: Sequence[DayLoad]) -> str:
    if not days:
        return "No nurse holds a visit in this period."
    full = sum(each.peak >= each.peak_duty for each in days)
    middle = median(each.unevenness for each in days)
    return (
        f"On half of {counted(len(days), 'day')} the busiest minute took at most {middle:.1f} times the"
        f" usual load of its day; on {counted(full, 'day')} every unit on duty was taken."
    )


def _cannot(asked: Asked) -> list[str]:
    cannot = [
        "It is the load that was booked, not the work that was done: who is late or stays isn't in it.",
        "A high peak isn't a fault: visits may have been wished at these times. What better booking would"
        " gain is sought day by day, since each search takes up to three seconds: follow a day.",
    ]
    if asked.days_to_come:
        cannot.insert(0, "Days to come hold what is booked by now; more may come.")
    return cannot


def _days_table(days: Sequence[DayLoad]) -> Table:
    fullest = sorted(days, key=lambda each: (-each.minutes_full, -each.unevenness, each.day))
    return Table(
        name="busy-days",
        title="The nurses' load, day by day",
        columns=[
            Column("Day", TEXT),
            Column("Visits", COUNT),
            Column("Busiest minute, units", COUNT),
            Column("On duty then, units", COUNT),
            Column("It began at", TEXT),
            Column("Usual load, units", MINUTES),
            Column("Times the usual", MINUTES),
            Column("Everything taken, min", MINUTES),
        ],
        rows=[
            [
                each.day.isoformat(),
                each.visits,
                each.peak,
                each.peak_duty,
                f"{timezone.localtime(each.peak_at):%H:%M}",
                round(each.mean_load, 2),
                round(each.unevenness, 2),
                each.minutes_full,
            ]
            for each in fullest
        ],
        means=(
            "In nursing units, of which a nurse has six: six to prepare a patient, fewer while one is "
            "infused or observed. Days on which everything was taken for longest come first; each leads to "
            "how level it could be."
        ),
        links=[f"{reverse('level_day')}?day={each.day.isoformat()}" for each in fullest],
        most=SHOWN,
        picture=_columns(days),
    )


def _columns(days: Sequence[DayLoad]) -> Picture | None:
    if not days:
        return None
    amounts = [
        Amount(
            each.peak,
            f"{each.day:%a} {each.day.day} {each.day:%b}: {each.peak} of {each.peak_duty} units",
            name=f"{each.day.day} {each.day:%b}",
            frame=each.peak_duty,
            strong=each.peak >= each.peak_duty,
        )
        for each in days
    ]
    return Picture(
        name="columns",
        plot=columns(amounts),
        words="Units in the busiest minute of each day, and units on duty then; the file has each day.",
        caption="Nursing units by day.",
        keys=KEYS,
    )
