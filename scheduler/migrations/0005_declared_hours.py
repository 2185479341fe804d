"""Openings are laid from declarations from now on: what stands without one is declared, and nothing is lost.

Until now an opening could be made or taken away by hand. Each coming day whose openings are not those of the
weekly pattern becomes a day with hours of its own, and the next lay-run finds everything as it is.
Hours may end at midnight now: a day's own hours could until then not say what an opening over midnight did.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.utils import timezone

MIDNIGHT = time(0)
Hours = list[tuple[time, time]]


def declare_what_stands(apps: Any, schema_editor: Any) -> None:
    now = timezone.now()
    for clinic in apps.get_model("clinic", "Clinic").objects.order_by("pk"):
        _declare(apps, clinic, ZoneInfo(clinic.time_zone), now)


def _declare(apps: Any, clinic: Any, zone: ZoneInfo, now: datetime) -> None:
    Opening, WorkingPattern, DayHours = (
        apps.get_model("scheduler", name) for name in ("Opening", "WorkingPattern", "DayHours")
    )
    today = now.astimezone(zone).date()
    standing: dict[Any, dict[date, Hours]] = defaultdict(lambda: defaultdict(list))
    openings = Opening.objects.filter(resource__clinic=clinic, during__endswith__gt=_midnight(today, zone))
    for opening in openings.select_related("resource").order_by("during"):
        for day, start, until in _by_day(opening.during.lower, opening.during.upper, zone):
            if day >= today:
                standing[opening.resource][day].append((start, until))
    patterns = defaultdict(list)
    for pattern in WorkingPattern.objects.filter(resource__clinic=clinic):
        patterns[pattern.resource_id].append(pattern)
    # How far the patterns were laid out: a day without openings up to here was taken away by somebody.
    horizon = today + timedelta(days=clinic.opening_horizon_days)
    laid = [day for days in standing.values() for day in days if day <= horizon]
    declared = []
    for resource, days in standing.items():
        last = max([*days, *(laid if resource.active else [])])
        for ahead in range((last - today).days + 1):
            day = today + timedelta(days=ahead)
            hours = _joined(days.get(day, []))
            if day > horizon and not hours:
                continue
            if hours != _joined(_of_pattern(patterns[resource.pk], day)):
                declared.append(DayHours(resource=resource, day=day, hours=[list(pair) for pair in hours]))
    # Whoever has declared a day already, knew better.
    DayHours.objects.bulk_create(declared, ignore_conflicts=True)


def _by_day(lower: datetime, upper: datetime, zone: ZoneInfo) -> Iterable[tuple[date, time, time]]:
    """An opening as the wall shows it, cut at each midnight."""
    while lower < upper:
        day = lower.astimezone(zone).date()
        end = min(upper, _midnight(day + timedelta(days=1), zone))
        yield day, _wall(lower, zone), _wall(end, zone)
        lower = end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MIDNIGHT, tzinfo=zone).astimezone(UTC)


def _wall(moment: datetime, zone: ZoneInfo) -> time:
    """The end of the day is midnight, also where the clocks go forward over it."""
    if moment == _midnight(moment.astimezone(zone).date(), zone):
        return MIDNIGHT
    return moment.astimezone(zone).time().replace(second=0, microsecond=0)


def _of_pattern(patterns: Iterable[Any], day: date) -> Hours:
    return [
        (pattern.starts_at, pattern.ends_at)
        for pattern in patterns
        if pattern.weekday == day.weekday()
        and pattern.valid_from <= day <= (pattern.valid_until or date.max)
    ]


def _joined(hours: Hours) -> Hours:
    """In order, hours that overlap or touch as one."""
    joined: Hours = []
    for start, until in sorted(hours):
        if joined and (joined[-1][1] == MIDNIGHT or start <= joined[-1][1]):
            last = MIDNIGHT if MIDNIGHT in (joined[-1][1], until) else max(joined[-1][1], until)
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((start, until))
    return joined


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0004_attendance_and_past_capacity")]

    operations = [
        migrations.RemoveConstraint("workingpattern", "pattern_ends_after_start"),
        migrations.AddConstraint(
            "workingpattern",
            models.CheckConstraint(
                name="pattern_ends_after_start",
                condition=models.Q(ends_at__gt=models.F("starts_at")) | models.Q(ends_at=MIDNIGHT),
            ),
        ),
        migrations.RunPython(declare_what_stands, migrations.RunPython.noop),
    ]
