"""Addresses that belong to no single part of the house."""

from django.urls import URLPattern, path

from web.views import frame

urlpatterns: list[URLPattern] = [
    path("", frame.home, name="home"),
    path("health/", frame.health, name="health"),
    path("health/details/", frame.health_details, name="health_details"),
    path("metrics", frame.metrics, name="metrics"),
    path("csp-report/", frame.csp_report, name="csp_report"),
]
