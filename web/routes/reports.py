"""Addresses of the pages in web.views.reports."""

from django.urls import URLPattern, path

from web.views import reports

urlpatterns: list[URLPattern] = [
    path("reports/", reports.reports, name="reports"),
    path("reports/level/", reports.level_day, name="level_day"),
    path("reports/<slug:name>.csv", reports.report_file, name="report_file"),
]
