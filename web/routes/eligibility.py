"""Addresses of the pages in web.views.eligibility."""

from django.urls import URLPattern, path

from web.views.eligibility import evaluation, pages, referrals, settings

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/eligibility/", pages.patient_eligibility, name="patient_eligibility"),
    path("patients/<uuid:pk>/eligibility/decide/", pages.decide_eligibility, name="decide_eligibility"),
    path("patients/<uuid:pk>/referrals/new/", referrals.new_referral, name="new_referral"),
    path("patients/<uuid:pk>/evaluations/new/", evaluation.new_evaluation, name="new_evaluation"),
    path("referrals/<uuid:pk>/", referrals.referral, name="referral"),
    path("settings/prescribing/", settings.settings, name="prescribing_settings"),
]
