"""Addresses of the pages in web.views.desk and web.views.times."""

from datetime import date

from django.urls import URLPattern, path, register_converter

from clinic import era
from web.views import desk, times


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
    path("day/", desk.day, name="day"),
    path("day/<day:on>/", desk.day, name="day_on"),
    path("patients/<uuid:pk>/book/", times.book_patient, name="book_patient"),
    path("plans/<uuid:pk>/book/", times.book_plan, name="book_plan"),
    path("plans/<uuid:pk>/book/confirm/", desk.confirm_booking, name="book_confirm"),
    path("plans/<uuid:pk>/book/hold/", desk.hold_time, name="book_hold"),
]
