"""Addresses of the pages in web.views.repair. Days in them are read by the desk's converter."""

from django.urls import URLPattern, path

from web.views.repair import pages

urlpatterns: list[URLPattern] = [
    path("repair/<day:on>/", pages.day, name="repair_day"),
    path("repairs/<uuid:pk>/", pages.plan, name="repair_plan"),
    path("repairs/<uuid:pk>/accept/", pages.accept, name="repair_accept"),
]
