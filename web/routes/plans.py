"""Addresses of the pages in web.views.plans."""

from django.urls import URLPattern, path

from web.views import plans

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/plans/new/", plans.new_plan, name="new_plan"),
    path("plans/<uuid:pk>/", plans.plan, name="plan"),
]
