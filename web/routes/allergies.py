"""Addresses of the pages in web.views.allergies."""

from django.urls import URLPattern, path

from web.views import allergies

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/allergies/", allergies.patient_allergies, name="patient_allergies"),
    path("patients/<uuid:pk>/allergies/record/", allergies.record_allergy, name="record_allergy"),
    path("allergies/<uuid:pk>/judge/", allergies.judge_allergy, name="judge_allergy"),
]
