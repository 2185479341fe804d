"""Time: stored as UTC, decided in local days. The clock is read once per decision and passed in.

Local midnight is found in the zone first and only then brought back to UTC, so that a day with 23 or
25 hours has 23 or 25 hours. Nothing here reads the database.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError


def now() -> datetime:
    """This moment in UTC. Read it at the door of a decision, then hand it down."""
    return datetime.now(UTC)


def at_local(day: date, wall_time: time, zone: str) -> datetime:
    """The UTC moment of a wall-clock time.

    A time that the spring change skips is counted on from before the change: an appointment for a 02:30
    that doesn't exist is at the moment when the clocks show 03:30. Of a time that the autumn change
    repeats, the first is meant. (Forms ask back instead: `web.forms.from_wall`.)
    """
    local = datetime.combine(day, wall_time.replace(fold=0), tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day this moment falls on in the zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def local_time(moment: datetime, zone: str) -> time:
    """What the clocks of the zone show at this moment."""
    return moment.astimezone(ZoneInfo(zone)).time()


def minute(at: datetime) -> datetime:
    """The minute it falls into: pages show and take no seconds."""
    return at.replace(second=0, microsecond=0)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The half-open UTC range of a local day: 23, 24 or 25 hours (Lord Howe Island: 23½ or 24½)."""
    return at_local(day, time(0), zone), at_local(day + timedelta(days=1), time(0), zone)


def day_end(moment: datetime, zone: str) -> datetime:
    """The midnight at which the local day of this moment is over: when a task of the day is due."""
    return day_bounds(local_date(moment, zone), zone)[1]


def days_between(earlier: datetime, later: datetime, zone: str) -> int:
    """Calendar days between two moments in the zone (domain.md 2.2: spacing counts days, not hours)."""
    return (local_date(later, zone) - local_date(earlier, zone)).days


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on this day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def validate_zone(value: str) -> None:
    """A model validator: an IANA zone name."""
    if value not in available_timezones():
        raise ValidationError(
            "%(value)s is not an IANA time zone such as America/Chicago.", params={"value": value}
        )
