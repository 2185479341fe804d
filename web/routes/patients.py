"""Addresses of the pages in web.views.patients."""

from django.urls import URLPattern, path

from web.views.patients import chart, consents, details, finding, looks

urlpatterns: list[URLPattern] = [
    path("patients/", finding.patient_list, name="patients"),
    path("patients/find/", finding.find, name="find_patients"),
    path("patients/new/", details.new_patient, name="new_patient"),
    path("patients/<uuid:pk>/", chart.patient, name="patient"),
    path("patients/<uuid:pk>/edit/", details.edit_patient, name="edit_patient"),
    path("patients/<uuid:pk>/consents/", consents.record_consent, name="record_consent"),
    path("patients/<uuid:pk>/access-log/", looks.who_looked, name="who_looked"),
    path("consents/<uuid:pk>/revoke/", consents.revoke_consent, name="revoke_consent"),
]
