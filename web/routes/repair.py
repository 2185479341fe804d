"""Addresses of the pages in web.views.repair. Days in them are read by the desk's converter."""

from django.urls import URLPattern, path

from web.views import repair

urlpatterns: list[URLPattern] = [
    path("repair/<day:on>/", repair.day, name="repair_day"),
    path("repairs/<uuid:pk>/", repair.plan, name="repair_plan"),
    path("repairs/<uuid:pk>/accept/", repair.accept, name="repair_accept"),
]
