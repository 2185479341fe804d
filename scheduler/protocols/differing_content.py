"""What one version of a protocol says otherwise than another: by its path (`limits.systolic_mmhg.stop`), and
of a rhythm which readings. Pure.

Whether that asks for less care is `eased_content`'s and `limit_content`'s; in words it is told by the pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scheduler.protocols.eased_content import RHYTHMS, SCHEDULE_MORE, moments
from scheduler.protocols.limit_content import BESIDES, LEVELS, RINGS, SIGNS
from scheduler.protocols.protocol_content import COLUMNS, MOST_MINUTES

# Columns that say something of each sign, and what of it.
BY_SIGN: Final = {"limits": (*LEVELS, *BESIDES), "rings": RINGS}
SCHEDULE: Final = "vitals_schedule"
# How long the phase of a rhythm is; the closer watch after a change ends by itself.
LENGTHS: Final = {"infusion": "infusion_minutes", "observation": "observation_minutes"}


@dataclass(frozen=True)
class Difference:
    """What stands at one path of a version and `was` there in another; None where nothing is said.

    Of a rhythm, the minutes of its phase at which a reading is due no longer, and those at which one is new.
    """

    path: str
    was: Any
    becomes: Any
    no_longer: Sequence[int] = ()
    newly: Sequence[int] = ()


def differences(content: Mapping[str, Any], than: Mapping[str, Any]) -> list[Difference]:
    """Everything that `content` says otherwise than `than`, in the order of the columns."""
    found: list[Difference] = []
    for column in COLUMNS:
        if column == SCHEDULE:
            found += _of_schedule(content, than)
        elif column in BY_SIGN:
            found += _of_signs(column, content[column], than[column])
        elif content[column] != than[column]:
            found.append(Difference(column, than[column], content[column]))
    return found


def _of_signs(column: str, now: Mapping[str, Any], was: Mapping[str, Any]) -> Iterator[Difference]:
    for sign in SIGNS:
        mine, theirs = now.get(sign) or {}, was.get(sign) or {}
        for part in BY_SIGN[column]:
            if (mine.get(part) or None) != (theirs.get(part) or None):
                yield Difference(f"{column}.{sign}.{part}", theirs.get(part), mine.get(part))


def _of_schedule(content: Mapping[str, Any], than: Mapping[str, Any]) -> Iterator[Difference]:
    now, was = content[SCHEDULE], than[SCHEDULE]
    for part in (*RHYTHMS, *SCHEDULE_MORE):
        if now.get(part) == was.get(part):
            continue
        mine, theirs = (_readings(part, each) if part in RHYTHMS else [] for each in (content, than))
        yield Difference(
            f"{SCHEDULE}.{part}",
            was.get(part),
            now.get(part),
            no_longer=[minute for minute in theirs if minute not in mine],
            newly=[minute for minute in mine if minute not in theirs],
        )


def _readings(phase: str, content: Mapping[str, Any]) -> list[int]:
    """The minutes of the phase at which a reading is due, while the phase is as long as the version says."""
    until = content[LENGTHS[phase]] if phase in LENGTHS else MOST_MINUTES
    return [minute for minute in moments(content[SCHEDULE].get(phase, ())) if minute <= until]
