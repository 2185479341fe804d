"""Addresses of the pages in web.views.setup."""

from django.urls import URLPattern, path

from web.views.setup import imports, pages, start

urlpatterns: list[URLPattern] = [
    path("setup/", start.setup, name="setup"),
    path("setup/clinic/", pages.clinic, name="setup_clinic"),
    path("setup/chairs/", pages.chairs, name="setup_chairs"),
    path("setup/people/", pages.people, name="setup_people"),
    path("setup/hours/", pages.hours, name="setup_hours"),
    path("setup/protocols/", pages.protocol_drafts, name="setup_protocols"),
    path("setup/messages/", pages.messages_step, name="setup_messages"),
    path("setup/day/", start.bookable_day, name="setup_day"),
    path("setup/<slug:step>/skip/", start.skip, name="setup_skip"),
    path("setup/<slug:step>/take-up/", start.take_up, name="setup_take_up"),
    path("patients/import/", imports.import_patients, name="import_patients"),
    path("patients/import/template.csv", imports.template, name="import_template"),
    path("patients/imports/<uuid:pk>/", imports.patient_import, name="patient_import"),
    path("patients/imports/<uuid:pk>/take-in/", imports.take_in, name="import_take_in"),
    path("patients/imports/<uuid:pk>/let-go/", imports.let_go, name="import_let_go"),
    path("patients/imports/<uuid:pk>/refused.csv", imports.refused_rows, name="import_refused"),
]
