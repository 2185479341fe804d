"""The courses of side effects, read from loaded lines: which states each had, and how it stands now.

A later state names the first line of its side effect, whatever has corrected that since; writing is in
`side_effects`. Nothing is queried here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sessions_app import recording
from sessions_app.models import SideEffect, SideEffectOutcome

ENDED: Final = (SideEffectOutcome.RESOLVED, SideEffectOutcome.SEQUELAE)


def courses(lines: Iterable[SideEffect]) -> dict[UUID, list[SideEffect]]:
    """By the first line of each side effect its states that no line corrects, by their moments."""
    by_id = {line.pk: line for line in lines}
    found: dict[UUID, list[SideEffect]] = {}
    for line in recording.uncorrected(by_id.values()):
        found.setdefault(first_of(line, by_id), []).append(line)

    def in_order(line: SideEffect) -> tuple[datetime, datetime, int]:
        # Of one moment the state that was entered first comes first, also when it has been corrected since.
        entered = line
        while entered.corrects_id is not None:
            entered = by_id[entered.corrects_id]
        return stands_since(line), entered.recorded_at, entered.revision

    return {first: sorted(states, key=in_order) for first, states in found.items()}


def standing_now(lines: Iterable[SideEffect]) -> list[SideEffect]:
    """Of each side effect the state in which it is, by onset."""
    now = [states[-1] for states in courses(lines).values()]
    return sorted(now, key=lambda line: (line.onset_at, line.recorded_at))


def first_of(line: SideEffect, by_id: Mapping[UUID, SideEffect]) -> UUID:
    """The first line of its side effect, which names it for ever."""
    while line.course_of_id is None and line.corrects_id is not None:
        line = by_id[line.corrects_id]
    return line.course_of_id or line.pk


def began(states: Iterable[SideEffect]) -> SideEffect:
    """Of a course the line that says what it is and since when: the first one, or what has corrected it."""
    return next(line for line in states if line.course_of_id is None)


def around(line: SideEffect, lines: Iterable[SideEffect]) -> tuple[SideEffect | None, SideEffect | None]:
    """The states of its side effect right before and right after this standing line, where there are any."""
    by_id = {each.pk: each for each in lines}
    states = courses(by_id.values())[first_of(line, by_id)]
    place = [each.pk for each in states].index(line.pk)
    before = states[place - 1] if place else None
    return before, states[place + 1] if place + 1 < len(states) else None


def worst_of(states: Sequence[SideEffect]) -> int | None:
    """The worst grade that these states tell of."""
    return max((max(line.grade, line.peak_grade or 0) for line in states), default=None)


def stands_since(line: SideEffect) -> datetime:
    return line.as_of or line.onset_at
