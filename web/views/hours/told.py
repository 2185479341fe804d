"""What a change of hours would touch, in the words and the picture that stand beside its form.

`scheduler.working_hours.foreseeing` finds it; here it is only told.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.text import get_text_list

from clinic.problems import Problem
from scheduler.finding.availability import Interval
from scheduler.models import ResourceKind
from scheduler.vocabulary import WEEKDAYS
from scheduler.working_hours.foreseeing import Foreseen, Weekday
from scheduler.working_hours.hours import OddStretch, Stretch, wall_minutes
from scheduler.working_hours.openings import in_words
from web.doors import StaffRequest
from web.forms import ChangeForm
from web.lengths import length_in_words
from web.plots.week_bars import Bar, week_bars
from web.templatetags.chairside import short_day
from web.views import live_form
from web.views.hours.change import stranded

KINDS = {ResourceKind.NURSE: "nurses", ResourceKind.CHAIR: "chairs", ResourceKind.CLINICIAN: "clinicians"}


@dataclass(frozen=True)
class PictureRow:
    """One day: its bars, and in words what it had, and what it would have where that is something else."""

    name: str
    bars: Sequence[Bar]
    was: Sequence[Stretch]
    becomes: Sequence[Stretch]

    @property
    def is_changed(self) -> bool:
        return list(self.was) != list(self.becomes)


@dataclass(frozen=True)
class Picture:
    rows: Sequence[PictureRow]
    ticks: Sequence[str]
    lines: Sequence[float]

    @property
    def is_changed(self) -> bool:
        return any(row.is_changed for row in self.rows)


@dataclass(frozen=True)
class Touched:
    """What the part beside the form says. `foreseen` is none while nothing can be told yet."""

    foreseen: Foreseen | None
    summary: str
    sentences: Sequence[str] = ()
    picture: Picture | None = None
    visits: dict[str, Any] = field(default_factory=dict)


def told(
    request: StaffRequest,
    form: ChangeForm,
    foresee: Callable[[], Foreseen],
    *,
    says: Callable[[Foreseen], Iterable[str]],
    picture: Callable[[Foreseen], Picture | None] = lambda _: None,
    enough: bool,
) -> Touched | None:
    """What this form would touch as far as it is filled; None where it can't be said. What is refused is told
    at the form's boxes."""
    if not enough or not all(fault.unfilled for fault in live_form.faults(form)):
        return None
    try:
        foreseen = foresee()
    except Problem as problem:
        form.add_problem(problem)
        return None
    sentences = [*says(foreseen), _in_the_way(foreseen)]
    visits = stranded(request, foreseen.refusal) if foreseen.refusal else {}
    return Touched(
        foreseen,
        " ".join(sentences),
        [*sentences, *map(_odd, foreseen.odd)],
        picture(foreseen),
        visits,
    )


def of_week(foreseen: Foreseen) -> list[str]:
    """How many hours a week, and how many can be booked more or less."""
    was = _minutes_of(day.was for day in foreseen.week)
    becomes = _minutes_of(day.becomes for day in foreseen.week)
    if was == becomes:
        than_now = "as many as now"
    else:
        than_now = f"{length_in_words(abs(becomes - was))} {'more' if becomes > was else 'fewer'} than now"
    return [f"{_a_week(becomes)}, {than_now}.", _to_book(foreseen)]


def of_days(foreseen: Foreseen) -> list[str]:
    """How many hours can be booked more or less."""
    return [_to_book(foreseen)]


def of_clinic(foreseen: Foreseen) -> list[str]:
    """The same for everybody, by what they are."""
    lost = {
        words: sum(reach.lost for reach in foreseen.reaches if reach.resource.kind == kind)
        for kind, words in KINDS.items()
    }
    gone = [f"{length_in_words(minutes)} of the {words}" for words, minutes in lost.items() if minutes]
    if foreseen.openings_until:
        return [_to_book(foreseen)]
    return [f"Takes {get_text_list(gone, 'and')}." if gone else "Nobody would have worked then."]


def week_picture(week: Sequence[Weekday]) -> Picture:
    """Weekly hours, a row for each weekday."""
    return picture_of([(WEEKDAYS[day.weekday], day.was, day.becomes) for day in week])


def day_picture(day: date, was: Sequence[Stretch], becomes: Sequence[Stretch]) -> Picture:
    return picture_of([(short_day(day), was, becomes)])


def picture_of(days: Sequence[tuple[str, Sequence[Stretch], Sequence[Stretch]]]) -> Picture:
    drawn = week_bars([(_on_the_wall(was), _on_the_wall(becomes)) for _, was, becomes in days])
    rows = [
        PictureRow(name, bars, sorted(was), sorted(becomes))
        for (name, was, becomes), bars in zip(days, drawn.rows, strict=True)
    ]
    return Picture(rows, drawn.ticks, drawn.lines)


def as_it_stands(week: Sequence[Weekday]) -> Touched:
    """Beside a form in which nothing stands yet."""
    sentence = f"{_a_week(_minutes_of(day.was for day in week))} now."
    return Touched(None, "", [sentence], week_picture(week))


def _to_book(foreseen: Foreseen) -> str:
    gained, lost = foreseen.gained, foreseen.lost
    if foreseen.openings_until:
        return (
            f"Openings are made up to {short_day(foreseen.openings_until)} so far: this is beyond, and counts"
            " when the schedule reaches it."
        )
    differences = {"more": gained, "fewer": lost}
    told = [f"{length_in_words(minutes)} {words}" for words, minutes in differences.items() if minutes]
    amount = get_text_list(told, "and") or "No more and no fewer hours"
    return f"{amount} to book as far as the schedule is open."


def _in_the_way(foreseen: Foreseen) -> str:
    if foreseen.refusal is None:
        return "No booked visit needs these hours." if foreseen.lost else "No booked visit is touched."
    visits = foreseen.refusal.data["visits"]
    verb = "stands" if len({visit["appointment"] for visit in visits}) == 1 else "stand"
    return f"{in_words(visits)} {verb} against it."


def _odd(odd: OddStretch) -> str:
    start, until = odd.hours
    lasts = f"lasts {length_in_words(odd.minutes)}" if odd.minutes else "doesn't exist"
    if odd.minutes and odd.runs != odd.hours:
        begins, ends = odd.runs
        lasts = f"runs from {begins:%H:%M} to {ends:%H:%M}, {length_in_words(odd.minutes)}"
    return f"{short_day(odd.day)}: the clocks change, so {start:%H:%M} to {until:%H:%M} {lasts}."


def _a_week(minutes: int) -> str:
    return f"{length_in_words(minutes) if minutes else 'No hours'} a week"


def _minutes_of(days: Iterable[Sequence[Stretch]]) -> int:
    return sum(wall_minutes(stretch) for day in days for stretch in day)


def _on_the_wall(stretches: Iterable[Stretch]) -> list[Interval]:
    """In minutes of the day."""
    begins = [(start.hour * 60 + start.minute, (start, until)) for start, until in stretches]
    return [(start, start + wall_minutes(stretch)) for start, stretch in begins]
