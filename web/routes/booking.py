"""Addresses of the pages in web.views.booking, and of that in web.views.times on which all times stand."""

from django.urls import URLPattern, path

from web.views import times
from web.views.booking import confirm

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/book/", times.book_patient, name="book_patient"),
    path("plans/<uuid:pk>/book/", times.book_plan, name="book_plan"),
    path("plans/<uuid:pk>/book/confirm/", confirm.confirm_booking, name="book_confirm"),
    path("plans/<uuid:pk>/book/hold/", confirm.hold_time, name="book_hold"),
]
