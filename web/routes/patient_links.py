"""Addresses of the pages in web.views.patient_links: short, because they stand in text messages."""

from django.urls import URLPattern, path

from web.views import patient_links

urlpatterns: list[URLPattern] = [
    path("m/<str:token>", patient_links.patient_link, name="patient_link"),
    path("m/<str:token>/birth-year", patient_links.birth_year, name="patient_link_birth_year"),
    path("m/<str:token>/confirm", patient_links.confirm, name="patient_link_confirm"),
    path("m/<str:token>/accept", patient_links.accept_offer, name="patient_link_accept"),
    path("m/<str:token>/decline", patient_links.decline_offer, name="patient_link_decline"),
    path("m/<str:token>/visit.ics", patient_links.calendar_file, name="patient_link_calendar"),
    path("m/<str:token>/answer", patient_links.answer, name="patient_link_answer"),
]
