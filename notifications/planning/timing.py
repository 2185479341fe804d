"""When something may be said, in local days and wall-clock times brought back to UTC. Pure: no Django.

Which stages there are stands in `rules`. Nothing here reads a clock; a zone is an IANA name. The local
arithmetic is that of `clinic.clock`, which pure modules can't import because it validates for Django.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# domain.md 6.4 [V:58]: nothing before 8:00 or after 21:00 at the receiver's place.
DAY_BEGINS = time(8)
DAY_ENDS = time(21)


def days_before(starts_at: datetime, days: int, zone: str) -> datetime:
    """The wall-clock time of the visit, so many calendar days earlier: 23, 24 or 25 hours a day."""
    local = starts_at.astimezone(ZoneInfo(zone))
    return at_local(local.date() - timedelta(days=days), local.time(), zone)


def next_day_at(moment: datetime, wall_time: time, zone: str) -> datetime:
    """A wall-clock time on the local day after this moment's."""
    return at_local(moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), wall_time, zone)


def out_of_quiet_hours(moment: datetime, zone: str) -> datetime:
    """This moment, or the next 8:00 where it is night for the receiver."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.time() >= DAY_ENDS:
        return next_day_at(moment, DAY_BEGINS, zone)
    if local.time() < DAY_BEGINS:
        return at_local(local.date(), DAY_BEGINS, zone)
    return moment


def day_end(moment: datetime, zone: str) -> datetime:
    """When quiet hours begin on this moment's local day."""
    return at_local(moment.astimezone(ZoneInfo(zone)).date(), DAY_ENDS, zone)


def at_local(day: date, wall_time: time, zone: str) -> datetime:
    """The UTC moment of a wall-clock time: of a repeated hour the first, of a skipped one the jump."""
    return datetime.combine(day, wall_time.replace(fold=0), tzinfo=ZoneInfo(zone)).astimezone(UTC)
