"""A series in words: what a proposal costs, and where an impossible one ends.

Sentences for the desk to read out; the numbers behind them stand beside as data. Nothing is decided here.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

from scheduler.series.spaced_days import Break, Course

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_WEEKDAYS: Final = 3  # a list of more is no pattern that anybody remembers
# Per mille of nursing taken: closer than this to the usual is not worth a word.
WORTH_SAYING: Final = 50


def short_day(day: date) -> str:
    """Mon, Jan 11."""
    return f"{day:%a, %b} {day.day}"


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
    weekdays = "" if varying else _listed([WEEKDAYS[number] for number in numbers])
    count = Counter(afternoons)
    if len(count) > 1:
        parts = f"{_counted(count[False], 'morning')} and {_counted(count[True], 'afternoon')}"
        return f"{parts} on varying weekdays" if varying else f"{weekdays}, {parts}"
    part = "afternoons" if count[True] else "mornings"
    return f"{part.capitalize()} on varying weekdays" if varying else f"{weekdays} {part}"


def length_words(first: date, last: date) -> str:
    if first == last:
        return f"On {short_day(first)}"
    return f"From {short_day(first)}, done by {short_day(last)} ({(last - first).days + 1} days)"


def wish_words(outside: int, count: int) -> str:
    """How many sessions are not quite what was asked for."""
    if not outside:
        return "All as wished"
    return f"{outside} of {count} not quite as wished"


def load_words(taken: int, usual: int) -> str:
    """How full its days are against all days of the window, in per mille of nursing."""
    if taken < usual - WORTH_SAYING:
        kind = "Quieter days than usual"
    elif taken > usual + WORTH_SAYING:
        kind = "Busier days than usual"
    else:
        kind = "Days as busy as usual"
    return f"{kind}: {taken // 10} % of nursing is taken"


def break_words(ends: Break, course: Course, *, wished: bool) -> str:
    """Which gap fails, in one sentence."""
    what = "nothing that was asked for is free" if wished else "nothing is free"
    if ends.latest is None:
        return f"From {_day(ends.next_from)} to {_day(ends.next_until)}, {what}."
    if ends.next_stands:
        return (
            f"The last session could be on {_day(ends.latest)} at the latest; the visit that stands on"
            f" {_day(ends.next_from)} has to follow within {course.max_days} days."
        )
    latest = _day(ends.latest)
    fit = f"{ends.placed} of {course.count} sessions fit, the last of them on {latest} at the latest."
    if ends.next_from > ends.next_until:
        return f"{fit} {_day(course.last)} is the last day that was looked at."
    span = _span(ends.next_from, ends.next_until)
    return f"{fit if ends.placed else f'The visit before is on {latest}.'} The next has to be {span}: {what}."


def _span(first: int, last: int) -> str:
    return f"on {_day(first)}" if first == last else f"between {_day(first)} and {_day(last)}"


def _day(number: int) -> str:
    return short_day(date.fromordinal(number))


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
