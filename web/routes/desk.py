"""Addresses of the day board: a day, a week."""

from datetime import date

from django.urls import URLPattern, path, register_converter

from clinic import era
from web.views.board import day, week


class DayConverter:
    """A calendar day such as 2027-01-11; any other text or time is an unknown address."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if not era.holds(day):
            raise ValueError(era.MEND)
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")

urlpatterns: list[URLPattern] = [
    path("day/", day.day, name="day"),
    path("day/<day:on>/", day.day, name="day_on"),
    path("week/<day:on>/", week.week, name="week"),
]
