"""What a headache diary comes to: days counted over 28 days, overuse, episodic or chronic. Pure: no Django.

No entry is not "no headache": counts are of what was entered, and are brought to 28 days only when at least
80 % of the days were entered (domain.md 5 [D]). Entering a day is the work of `diary`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

PERIOD_DAYS: Final = 28
COMPLETE_PERCENT: Final = 80
MODERATE_PEAK: Final = 4
CHRONIC_HEADACHE_DAYS: Final = 15
CHRONIC_MIGRAINE_DAYS: Final = 8
# ICHD-3: for more than three months [V:17]; three periods of 28 days are not yet three months.
CHRONIC_PERIODS: Final = 4

# Acute medicines by class; overuse from so many days a month, with headache on 15 or more [V:17b].
OVERUSE_DAYS: Final = {"triptan": 10, "ergot": 10, "opioid": 10, "simple_analgesic": 15}
MEDICINE_CLASSES: Final = (*OVERUSE_DAYS, "other")
TRIGGERS: Final = ("stress", "food", "light", "sound", "smell", "sleep", "menses", "weather")


@dataclass(frozen=True, kw_only=True)
class Day:
    """One entered day."""

    day: date
    headache: bool
    hours: Decimal | None = None
    peak: int | None = None
    migraine: bool = False
    medicine: str = ""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A period of 28 days. The plain counts are of the days entered; `per_28` brings one to 28 days.

    MHD: `headache_days`, MMD: `migraine_days`, AMD: `medicine_days`.
    """

    first: date
    last: date
    entered: int
    headache_days: int
    migraine_days: int
    medicine_days: int
    moderate_or_severe_days: int
    hours: Decimal
    mean_peak: Fraction | None
    days_by_class: dict[str, int]

    @property
    def complete(self) -> bool:
        return self.entered * 100 >= PERIOD_DAYS * COMPLETE_PERCENT

    def per_28(self, count: int | Decimal) -> Fraction | None:
        """A count or a sum of hours brought to 28 days; none when too few days were entered."""
        return Fraction(count) * PERIOD_DAYS / self.entered if self.complete else None

    @property
    def overuse(self) -> dict[str, bool | None]:
        """By class of medicine, whether it was taken on too many days; none when the diary can't say."""
        return {
            each: _both(self._reaches("headache", CHRONIC_HEADACHE_DAYS), self._reaches(each, days))
            for each, days in OVERUSE_DAYS.items()
        }

    @property
    def chronic(self) -> bool | None:
        """Whether this period has the days of chronic migraine; none when the diary can't say."""
        return _both(
            self._reaches("headache", CHRONIC_HEADACHE_DAYS), self._reaches("migraine", CHRONIC_MIGRAINE_DAYS)
        )

    def _reaches(self, what: str, days: int) -> bool | None:
        """What was counted is certain however many days are missing; that it is less is not."""
        counted = {"headache": self.headache_days, "migraine": self.migraine_days}.get(
            what, self.days_by_class.get(what, 0)
        )
        if counted >= days:
            return True
        scaled = self.per_28(counted)
        return None if scaled is None else scaled >= days


def count(days: Iterable[Day], *, last: date) -> Counts:
    """The 28 days that end with `last`."""
    first = last - timedelta(days=PERIOD_DAYS - 1)
    inside = [each for each in days if first <= each.day <= last]
    peaks = [each.peak for each in inside if each.headache and each.peak is not None]
    classes = [each.medicine for each in inside if each.medicine]
    return Counts(
        first=first,
        last=last,
        entered=len(inside),
        headache_days=sum(each.headache for each in inside),
        migraine_days=sum(each.headache and each.migraine for each in inside),
        medicine_days=len(classes),
        moderate_or_severe_days=sum(peak >= MODERATE_PEAK for peak in peaks),
        hours=sum((each.hours for each in inside if each.hours is not None), Decimal(0)),
        mean_peak=Fraction(sum(peaks), len(peaks)) if peaks else None,
        days_by_class={each: classes.count(each) for each in MEDICINE_CLASSES},
    )


def periods(days: Sequence[Day], *, last: date, how_many: int) -> tuple[Counts, ...]:
    """Periods of 28 days end to end, the oldest first, the newest ending with `last`."""
    ends = [last - timedelta(days=PERIOD_DAYS * back) for back in reversed(range(how_many))]
    return tuple(count(days, last=end) for end in ends)


def course(newest_last: Sequence[Counts]) -> str:
    """ "chronic", "episodic" or "unknown", from the last four periods (domain.md 0.2)."""
    looked_at = newest_last[-CHRONIC_PERIODS:]
    found = [each.chronic for each in looked_at]
    if len(found) == CHRONIC_PERIODS and all(found):
        return "chronic"
    return "episodic" if False in found else "unknown"


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
