"""Addresses of the pages in web.views.patients."""

from django.urls import URLPattern, path

from web.views import patients

urlpatterns: list[URLPattern] = [
    path("patients/", patients.patient_list, name="patients"),
    path("patients/find/", patients.find, name="find_patients"),
    path("patients/new/", patients.new_patient, name="new_patient"),
    path("patients/<uuid:pk>/", patients.patient, name="patient"),
    path("patients/<uuid:pk>/edit/", patients.edit_patient, name="edit_patient"),
    path("patients/<uuid:pk>/consents/", patients.record_consent, name="record_consent"),
    path("patients/<uuid:pk>/access-log/", patients.who_looked, name="who_looked"),
    path("consents/<uuid:pk>/revoke/", patients.revoke_consent, name="revoke_consent"),
]
