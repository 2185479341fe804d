"""When something may be said, in local days and wall-clock times brought back to UTC. Pure: no Django.

Which stages there are stands in `rules`. Nothing here reads a clock; a zone is an IANA name. The local
arithmetic is that of `clinic.clock`, which pure modules can't import because it validates for Django.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# domain.md 6.4 [V:58]: nothing before 8:00 or after 21:00 at the receiver's place.
DAY_BEGINS: Final = time(8)
DAY_ENDS: Final = time(21)


@dataclass(frozen=True)
class Daytime:
    """The wall-clock times between which somebody may be written to; a jurisdiction may have stricter
    ones."""

    begins: time
    ends: time


FEDERAL: Final = Daytime(DAY_BEGINS, DAY_ENDS)


def days_away(moment: datetime, days: int, zone: str, wall_time: time | None = None) -> datetime:
    """So many calendar days later, or earlier: 23, 24 or 25 hours each. At this wall-clock time, or the
    same."""
    local = moment.astimezone(ZoneInfo(zone))
    return at_local(local.date() + timedelta(days=days), wall_time or local.time(), zone)


def months_after(moment: datetime, months: int, zone: str) -> datetime:
    """The same day and wall-clock time of a later month, or that month's last day where it is shorter."""
    local = moment.astimezone(ZoneInfo(zone))
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    day = min(local.day, monthrange(year, month)[1])
    return at_local(date(year, month, day), local.time(), zone)


def out_of_quiet_hours(moment: datetime, zone: str, daytime: Daytime = FEDERAL) -> datetime:
    """This moment, or the next morning's begin of the day where it is night for the receiver."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.time() >= daytime.ends:
        return at_local(local.date() + timedelta(days=1), daytime.begins, zone)
    if local.time() < daytime.begins:
        return at_local(local.date(), daytime.begins, zone)
    return moment


def day_end(moment: datetime, zone: str, daytime: Daytime = FEDERAL) -> datetime:
    """When quiet hours begin on this moment's local day."""
    return at_local(local_day(moment, zone), daytime.ends, zone)


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def at_local(day: date, wall_time: time, zone: str) -> datetime:
    """The UTC moment of a wall-clock time: of a repeated hour the first, of a skipped one the jump."""
    return datetime.combine(day, wall_time.replace(fold=0), tzinfo=ZoneInfo(zone)).astimezone(UTC)
