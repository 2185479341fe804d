"""Addresses of the pages in web.views.reports."""

from django.urls import URLPattern, path

from web.views.reports import level, pages

urlpatterns: list[URLPattern] = [
    path("reports/", pages.overview, name="reports"),
    path("reports/level/", level.level_day, name="level_day"),
    path("reports/level.csv", level.level_file, name="level_file"),
    *(path(f"reports/{name}/", pages.one, {"name": name}, name=f"report-{name}") for name in pages.BY_NAME),
    path("reports/<slug:name>.csv", pages.table_file, name="report_file"),
]
