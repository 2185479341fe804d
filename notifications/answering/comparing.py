"""Answers that worry only beside an earlier one: worse pain, a mood that goes on falling. Pure: no Django.

domain.md 6.2 [D]: NRS up by 3 or more from the baseline, and mood worse two checks running, are amber, due
within one working day. Which answers there were before is read in `check_ins`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PAIN, MOOD = "pain", "mood"
WORSE: Final = "worse"
RISE: Final = 3


def worries(rule: str, value: str, *, baseline: int | None, earlier: Sequence[str]) -> bool:
    """Whether this answer, green by itself, is amber beside what came before.

    `baseline` is the pain before the first infusion (None: unknown, and nothing to compare with); `earlier`
    are the answers to the same question in earlier check-ins, the newest first.
    """
    if rule == PAIN:
        return baseline is not None and int(value) - baseline >= RISE
    if rule == MOOD:
        return value == WORSE and earlier[:1] == [WORSE]
    return False


def within_a_working_day(now: datetime, *, next_working_day: datetime | None, zone: str) -> datetime:
    """The same time of day on the next working day: `next_working_day` is when its first nurse begins, None
    where no hours are laid out ahead. Never before she begins."""
    if next_working_day is None:
        return now + timedelta(days=1)
    wall, local = ZoneInfo(zone), now.astimezone(ZoneInfo(zone))
    same_time = datetime.combine(next_working_day.astimezone(wall).date(), local.time(), tzinfo=wall)
    return max(next_working_day, same_time.astimezone(now.tzinfo))
