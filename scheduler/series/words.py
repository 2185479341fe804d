"""A series in words: what a proposal costs, and where an impossible one ends.

Sentences for the desk to read out; the numbers behind them stand beside as data. Nothing is decided here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.text import get_text_list

from scheduler.finding.frequency import YEAR, Frequency
from scheduler.series.spaced_days import Break, Course
from scheduler.vocabulary import WEEKDAYS, spoken_day

MOST_WEEKDAYS: Final = 3  # a list of more is no pattern that anybody remembers


def nurse_words(teams: Sequence[Sequence[str]]) -> str:
    """Who nurses the sessions, from the names of each in turn: the one whom the patient sees most often, in
    how many of them, and how often nurses hand over."""
    count = len(teams)
    nurse, seen = Counter(name for team in teams for name in dict.fromkeys(team)).most_common(1)[0]
    hand_overs = sum(len(team) > 1 for team in teams)
    if seen == count and not hand_overs:
        return f"All with {nurse}" if count > 1 else f"With {nurse}"
    if count == 1:
        return f"With {', then '.join(teams[0])}"
    often = f"{nurse} in all {count}" if seen == count else f"{nurse} in {seen} of {count}"
    return f"{often}, nurses hand over in {hand_overs}" if hand_overs else often


def times_words(days: Sequence[date], afternoons: Sequence[bool]) -> str:
    """Mon, Wed and Fri mornings; or weekdays and how many of each part of the day."""
    numbers = sorted({day.weekday() for day in days})
    varying = len(numbers) > MOST_WEEKDAYS
    weekdays = "" if varying else get_text_list([WEEKDAYS[number][:3] for number in numbers], "and")
    count = Counter(afternoons)
    if len(count) > 1:
        parts = f"{counted(count[False], 'morning')} and {counted(count[True], 'afternoon')}"
        return f"{parts} on varying weekdays" if varying else f"{weekdays}, {parts}"
    part = "afternoons" if count[True] else "mornings"
    return f"{part.capitalize()} on varying weekdays" if varying else f"{weekdays} {part}"


def length_words(first: date, last: date, *, today: date) -> str:
    begins, done = (spoken_day(day, today=today) for day in (first, last))
    return (
        f"On {begins}" if first == last else f"From {begins}, done by {done} ({(last - first).days + 1} days)"
    )


def wish_words(outside: int, count: int) -> str:
    """How many sessions are not quite what was asked for."""
    if not outside:
        return "All as wished"
    return f"{outside} of {count} not quite as wished"


def told_apart(phrases: Sequence[Sequence[str]], starts: Sequence[Sequence[str]]) -> list[str]:
    """A title for each proposal, from what is said of it and its starts: its first phrase and, where another
    proposal has the same, the first thing that is said of it alone, or the first of its starts that is."""
    titles = []
    for place, (own, times) in enumerate(zip(phrases, starts, strict=True)):
        alike = [at for at, other in enumerate(phrases) if other[0] == own[0] and at != place]
        if alike:
            rest = [said for said in own[1:] if not any(said in phrases[at] for at in alike)]
            when = [f"With {start}" for start in times if not any(start in starts[at] for at in alike)]
            titles.append(". ".join([own[0], *[*rest, *when][:1]]))
        else:
            titles.append(own[0])
    return titles


@dataclass(frozen=True)
class Traits:
    """What of a proposal is compared: its days, who nurses all of it, if one does, and the points that it is
    off the wish; None where nothing was wished for."""

    first: date
    last: date
    nurse: str
    off_wish: int | None


def set_apart(proposals: Sequence[Traits]) -> list[list[str]]:
    """Of each proposal what it has before the others, or they before it: nothing where all are alike."""
    if len(proposals) < 2:
        return [[] for _ in proposals]
    begins, ends = ([getattr(one, name) for one in proposals] for name in ("first", "last"))
    wishes = [one.off_wish for one in proposals if one.off_wish is not None]
    nursed = [bool(one.nurse) for one in proposals]
    said = []
    for one in proposals:
        own = [*_earlier("Ends", one.last, ends), *_earlier("Begins", one.first, begins)]
        if not all(nursed) and one.nurse:
            own.append(f"The same nurse throughout: {one.nurse}")
        if len(set(wishes)) > 1 and one.off_wish == min(wishes):
            own.append("Nearest to what was wished for")
        said.append(own)
    return said


def _earlier(verb: str, own: date, days: Sequence[date]) -> list[str]:
    """Whether this day is the first of all, or how long after it; nothing where they are one day."""
    first = min(days)
    if len(set(days)) == 1:
        return []
    return [f"{verb} {counted((own - first).days, 'day')} later" if own > first else f"{verb} first"]


def break_words(ends: Break, course: Course, *, wished: bool, today: date) -> str:
    """Which gap fails, in one sentence; and how many sessions are allowed, where that may be why."""
    return " ".join([_break_words(ends, course, wished=wished, today=today), *_limits(course.frequency)])


def _limits(most: Frequency) -> Iterator[str]:
    limits = {"a week, Monday to Sunday": most.per_week, f"in any {YEAR} days": most.per_year}
    for span, limit in limits.items():
        if limit is not None:
            yield f"The protocol allows at most {counted(limit, 'session')} {span}."


def _break_words(ends: Break, course: Course, *, wished: bool, today: date) -> str:

    def spoken(number: int) -> str:
        return spoken_day(date.fromordinal(number), today=today)

    what = "nothing that was asked for is free" if wished else "nothing is free"
    if ends.latest is None:
        return f"From {spoken(ends.next_from)} to {spoken(ends.next_until)}, {what}."
    if ends.next_stands:
        return (
            f"The last session could be on {spoken(ends.latest)} at the latest; the visit that stands on"
            f" {spoken(ends.next_from)} has to follow within {course.max_days} days."
        )
    latest = spoken(ends.latest)
    fit = f"{ends.placed} of {course.count} sessions fit, the last of them on {latest} at the latest."
    if ends.next_from > ends.next_until:
        return f"{fit} {spoken(course.last)} is the last day that was looked at."
    first, last = spoken(ends.next_from), spoken(ends.next_until)
    span = f"on {first}" if first == last else f"between {first} and {last}"
    return f"{fit if ends.placed else f'The visit before is on {latest}.'} The next has to be {span}: {what}."


def counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
