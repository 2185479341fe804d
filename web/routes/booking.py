"""Addresses of the pages in web.views.booking."""

from django.urls import URLPattern, path

from web.views.booking import best, confirm, new_patient, search, start, times

urlpatterns: list[URLPattern] = [
    path("book/", search.book, name="book"),
    path("book/find/", search.find, name="book_find"),
    path("book/new/", new_patient.new_patient, name="book_new_patient"),
    path("patients/<uuid:pk>/book/", start.book_patient, name="book_patient"),
    path("patients/<uuid:pk>/ask-plan/", start.ask_plan, name="ask_plan"),
    path("plans/<uuid:pk>/book/", times.book_plan, name="book_plan"),
    path("plans/<uuid:pk>/book/best/", best.best, name="book_best"),
    path("plans/<uuid:pk>/book/confirm/", confirm.confirm_booking, name="book_confirm"),
    path("plans/<uuid:pk>/book/hold/", confirm.hold_time, name="book_hold"),
]
