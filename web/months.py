"""The months of a series as tables: weeks from Monday to Sunday, and on which days its sessions are, by their
numbers. Pure: days in, rows out."""

from calendar import Calendar, month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Cell:
    """A day of the month; `number`: which session is on it, if one is."""

    day: date
    number: int | None


@dataclass(frozen=True)
class Month:
    """A month of a series; a week's cell outside it is None."""

    title: str
    weeks: list[list[Cell | None]]


def months_of(days: Sequence[date]) -> list[Month]:
    """The months in which any of these days is; they are the days of the sessions, in order."""
    numbers = {day: number for number, day in enumerate(days, start=1)}
    return [_month(year, month, numbers) for year, month in sorted({(day.year, day.month) for day in days})]


def _month(year: int, month: int, numbers: dict[date, int]) -> Month:
    weeks = Calendar().monthdatescalendar(year, month)
    return Month(
        f"{month_name[month]} {year}",
        [[Cell(day, numbers.get(day)) if day.month == month else None for day in week] for week in weeks],
    )
