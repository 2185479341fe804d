"""One day's level as a dry run: as it is booked, beside the most level day that its visits could make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic import clock
from clinic.problems import Busy, Invalid
from scheduler.access import VIEW_REPORTS
from scheduler.finding.availability import moment_of
from scheduler.levelling.level_report import DayLevel, level_of_day
from scheduler.levelling.template import Measures
from web.doors import StaffRequest, staff_page
from web.files import Cell, csv_answer
from web.forms import ChangeForm, DayField
from web.plots.marks import Tick
from web.plots.paths import polyline, stair
from web.plots.scale import Scale
from web.plots.stacked import Bar, Part, stacked
from web.templatetags.chairside import plain_day
from web.views.reports.shape import TEXT, Column, Key, Picture, Table

# The curve's own units; the page scales it.
WIDTH, HEIGHT = 600, 160
# With more hours than these below the curve, only every fourth is written.
MOST_HOURS: Final = 14
MINUTES_OF: Final = (
    ("No nurse can prepare a patient", "minutes_nobody_free"),
    ("Every unit is taken", "minutes_full"),
    ("Visits past closing", "overtime_minutes"),
)
KEYS: Final = (Key("bad", "As booked"), Key("done", "Template"))
BETTER, WORSE = "Better", "Worse"


class LevelForm(ChangeForm):
    day = DayField(label="Day")


@dataclass(frozen=True)
class Curve:
    """The load of one day's nurses as the points of a picture 600 wide and 160 high, and its words."""

    title: str
    load: str
    duty: str
    hours: list[Tick]
    closing: float
    words: str


@dataclass(frozen=True)
class Gains:
    """In which measures the template is better than the day as booked, and in which it is worse."""

    better: Sequence[str]
    worse: Sequence[str]


@staff_page(VIEW_REPORTS, methods=["GET"])
def level_day(request: StaffRequest) -> HttpResponse:
    """A day as it is booked beside the most level day of the same visits. Nothing is changed."""
    now = clock.now()
    form = _form(request)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        day: date = form.cleaned_data["day"]
        context |= {
            "paper": [request.clinic.name, plain_day(day)],
            "now": now,
            "day": day,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
        }
        try:
            found = level_of_day(request.clinic, day, now=now)
        except Busy as problem:
            form.add_problem(problem)
        else:
            context |= {"found": found, "nothing": found is None}
            if found:
                table = level_table(found)
                context |= {
                    "table": table,
                    "curves": _curves(found),
                    "gains": _gains(table),
                    "picture": _minutes(found),
                    "file": f"{reverse('level_file')}?day={day.isoformat()}",
                }
    return render(request, "web/reports/level.html", context, status=form.status)


@staff_page(VIEW_REPORTS, methods=["GET"])
def level_file(request: StaffRequest) -> HttpResponse:
    """The measures as a CSV file, sought anew: with how long it was sought, since more time may find better.
    Raises `Invalid` for no day, `Busy` while another search goes on."""
    form = _form(request)
    if not form.is_valid():
        raise Invalid({"day": "Give a day, such as 2027-01-31."})
    day: date = form.cleaned_data["day"]
    found = level_of_day(request.clinic, day, now=clock.now())
    if found is None:
        return csv_answer(f"level-{day}", [column.label for column in COLUMNS], [])
    table = level_table(found)
    return csv_answer(
        f"level-{day}", table.header, [*table.rows, ["Seconds of search", "", found.seconds, ""]]
    )


def _form(request: StaffRequest) -> LevelForm:
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    return LevelForm(request.GET if request.GET else {"day": today})


def _gains(table: Table) -> Gains:
    """What the table says of each measure, in sentences."""

    def those(verdict: str) -> list[str]:
        return [
            f"{words}: {has} instead of {had}." for words, had, has, found in table.rows if found == verdict
        ]

    return Gains(those(BETTER), those(WORSE))


COLUMNS: Final = (
    Column("Measure", TEXT),
    Column("As booked"),
    Column("Template"),
    Column("The template is", TEXT),
)


def level_table(found: DayLevel) -> Table:
    """The measures of a day side by side with the template's."""
    booked, template = found.booked, found.template

    def row(words: str, measure: str, less_is_better: bool | None = None) -> list[Cell]:
        had, has = getattr(booked, measure), getattr(template, measure) if template else None
        if has is None or less_is_better is None:
            return [words, had, has, ""]
        if has == had:
            return [words, had, has, "The same"]
        return [words, had, has, BETTER if (has < had) == less_is_better else WORSE]

    return Table(
        name="level",
        title="As booked and as level as found",
        columns=COLUMNS,
        rows=[
            row("Busiest minute, units of nursing load", "peak", True),
            row("Units on duty then", "peak_duty"),
            row("Minutes in which no nurse can prepare a patient", "minutes_nobody_free", True),
            row("Minutes in which every unit is taken", "minutes_full", True),
            row("Minutes of visits past closing", "overtime_minutes", True),
            row(f"More visits that fit beside them ({found.commonest})", "more", False),
            ["Chairs' open time that is taken, %", _percent(booked), _percent(template), ""],
        ],
        means="The same visits in the same hours.",
        cannot="Who can come when isn't known.",
    )


def _percent(measures: Measures | None) -> int | None:
    return round(measures.chair_use * 100) if measures else None


def _minutes(found: DayLevel) -> Picture | None:
    """What is counted in minutes, two bars each. None without a template, or with nothing to draw."""
    if found.template is None:
        return None
    pairs = [
        (words, getattr(found.booked, measure), getattr(found.template, measure))
        for words, measure in MINUTES_OF
    ]
    bars = [
        Bar(f"{words}, {which}", f"{minutes} min", [Part(kind, minutes, f"{minutes} minutes")])
        for words, booked, template in pairs
        if booked or template
        for which, minutes, kind in (("as booked", booked, "bad"), ("template", template, "done"))
    ]
    if not bars:
        return None
    return Picture(
        name="stacked",
        plot=stacked(bars),
        words="; ".join(
            f"{words}: {had} minutes as booked, {has} in the template" for words, had, has in pairs
        ),
        caption="Minutes of the day; shorter is better.",
        keys=KEYS,
    )


def _curves(found: DayLevel) -> list[Curve]:
    """Both days on the same scales."""
    days = [("As booked", found.booked)]
    if found.template:
        days.append(("Template", found.template))
    steps = [step for _, measures in days for step in measures.steps]
    low, high = min(step.minute for step in steps), max(step.minute for step in steps)
    across = Scale(low, high, 0, WIDTH)
    up = Scale(0, max(max(step.duty, step.load) for step in steps), HEIGHT, 0)
    hours = _hours(low, high, across)

    def outline(levels: Iterable[tuple[int, int]]) -> str:
        places = [(across.at(minute), up.at(units)) for minute, units in levels]
        return polyline(stair([(0, HEIGHT), *places, (WIDTH, HEIGHT)]))

    return [
        Curve(
            title=title,
            load=outline((step.minute, step.load) for step in measures.steps),
            duty=outline((step.minute, step.duty) for step in measures.steps),
            hours=hours,
            closing=across.at(found.closing.timestamp() / 60),
            words=f"{title}: at most {measures.peak} of {measures.peak_duty} units of nursing load.",
        )
        for title, measures in days
    ]


def _hours(low: int, high: int, across: Scale[float]) -> list[Tick]:
    """Every second or fourth full hour between two minutes, from the first one on."""
    minutes = range(-(-low // 60) * 60, high + 1, 60)
    every = 2 if len(minutes) <= MOST_HOURS else 4
    named = [(minute, timezone.localtime(moment_of(minute)).hour) for minute in minutes]
    return [
        Tick(across.at(minute), f"{hour}:00") for minute, hour in named if (hour - named[0][1]) % every == 0
    ]
