"""Why a series does not fit, and what would make it fit: each thing tried by itself, in the same arithmetic.

What asks little of the patient comes first, what only a prescriber can allow (`override_spacing`) last;
of each kind the least that does. Towards visits that stand already the least distance is kept, since no start
nearer to them is ever found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from scheduler.finding.wishes import Wish
from scheduler.models import TreatmentPlan
from scheduler.series import planning
from scheduler.series.planning import possible
from scheduler.series.spaced_days import Break, Course, Numbers
from scheduler.series.window import Window, read_window
from scheduler.series.words import break_words
from scheduler.vocabulary import spoken_day

MOST_DAYS_MORE: Final = 28  # longer gaps and a longer window are tried up to this


@dataclass(frozen=True)
class Relaxation:
    """One thing to give up that makes the series possible, and what to ask for instead: members of `propose`,
    or `spacing`, which needs a prescriber."""

    code: str
    detail: str
    ask: dict[str, Any]


@dataclass(frozen=True)
class Impossible:
    """Which gap fails, in words and as days; and what would mend it, the smallest thing first."""

    detail: str
    ends: Break
    relaxations: tuple[Relaxation, ...]

    @property
    def latest(self) -> date | None:
        """The latest day of the last session that fits, or of the visit before the first that does not."""
        return None if self.ends.latest is None else date.fromordinal(self.ends.latest)

    @property
    def next_from(self) -> date:
        return date.fromordinal(self.ends.next_from)

    @property
    def next_until(self) -> date:
        return date.fromordinal(self.ends.next_until)


def impossible(*, plan: TreatmentPlan, window: Window, course: Course, now: datetime) -> Impossible:
    """Asked only of a course that can't be done in this window."""
    days = window.starts.days[window.allowed]
    ends = planning.break_of(course, days)
    wished = bool(window.wish and window.wish.only)
    return Impossible(
        break_words(ends, course, wished=wished, today=window.today),
        ends,
        (
            *_of_the_wish(window, course),
            *_of_the_window(plan, window, course, now),
            *_of_the_course(course, days),
        ),
    )


def _of_the_wish(window: Window, course: Course) -> Iterator[Relaxation]:
    """What was wished for and is not insisted on any more, one thing at a time, then all of it."""
    wish = window.wish
    if not wish.only:
        return
    anything = replace(wish, only=False)
    steps: list[tuple[str, str, Wish]] = []
    if wish.weekdays:
        steps.append(("other_weekdays", "On other weekdays too.", replace(wish, weekdays=())))
    if wish.earliest or wish.latest:
        steps.append(("other_times", "At other times of day too.", replace(wish, earliest=None, latest=None)))
    if wish.nurse:
        steps.append(("any_nurse", "With any nurse.", replace(wish, nurse=None)))
    if wish.chair:
        steps.append(("any_chair", "In any chair.", replace(wish, chair=None)))
    steps.append(("wish_only_preferred", "With the wish as a preference, not a condition.", anything))
    found = False
    for code, detail, wish in steps:
        last_resort = code == "wish_only_preferred"
        relaxed = window.for_wish(wish)
        if not (last_resort and found) and possible(course, relaxed.starts.days[relaxed.allowed]):
            found = True
            yield Relaxation(code, detail, {"wish": wish.as_data()})


def _of_the_window(
    plan: TreatmentPlan, window: Window, course: Course, now: datetime
) -> Iterator[Relaxation]:
    """More days to look at; a first session later than the visit before it allows."""
    last = date.fromordinal(course.last)
    until = min(plan.valid_until, last + timedelta(days=MOST_DAYS_MORE))
    if until > last:
        longer = read_window(
            plan=plan, first=date.fromordinal(course.first), last=until, wish=window.wish, now=now
        )
        days = longer.starts.days[longer.allowed]
        course = longer.limited(course)
        for more in range(1, (until - last).days + 1):
            if possible(replace(course, last=course.last + more), days[days <= course.last + more]):
                day = last + timedelta(days=more)
                yield Relaxation(
                    "longer_window", f"Until {spoken_day(day, today=window.today)} instead.", {"last": day}
                )
                break
    before = [day for day in course.standing if day < course.first]
    days = window.starts.days[window.allowed]
    if before and possible(replace(course, resume=True), days):
        first = date.fromordinal(before[-1] + course.max_days + 1)
        yield Relaxation(
            "later_start",
            f"With a first session from {spoken_day(first, today=window.today)} on: the gap before it is"
            " too long.",
            {"first": first},
        )


def _of_the_course(course: Course, days: Numbers) -> Iterator[Relaxation]:
    """Fewer sessions for now; other spacing, which is the prescriber's to allow."""
    count = planning.most_sessions(course, days)
    if count:
        sessions = f"{count} session{'s' if count > 1 else ''}"
        yield Relaxation("fewer_sessions", f"{sessions} now, the others later.", {"count": count})
    more = planning.fewest_days_more(course, days, at_most=MOST_DAYS_MORE)
    if more:
        yield _spacing("longer_gaps", course.min_days, course.max_days + more)
    less = planning.fewest_days_less(course, days)
    if less:
        yield _spacing("shorter_gaps", course.min_days - less, course.max_days)


def _spacing(code: str, least: int, most: int) -> Relaxation:
    return Relaxation(
        code,
        f"With {least} to {most} days from one session to the next, if the prescriber allows it.",
        {"spacing": {"min_days": least, "max_days": most}},
    )
