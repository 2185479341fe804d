"""Addresses of the pages in web.views.setup."""

from django.urls import URLPattern, path

from web.views.setup import imports

urlpatterns: list[URLPattern] = [
    path("patients/import/", imports.import_patients, name="import_patients"),
    path("patients/import/template.csv", imports.template, name="import_template"),
    path("patients/imports/<uuid:pk>/", imports.patient_import, name="patient_import"),
    path("patients/imports/<uuid:pk>/take-in/", imports.take_in, name="import_take_in"),
    path("patients/imports/<uuid:pk>/let-go/", imports.let_go, name="import_let_go"),
    path("patients/imports/<uuid:pk>/refused.csv", imports.refused_rows, name="import_refused"),
]
