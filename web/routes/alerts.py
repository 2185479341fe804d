"""Addresses of the pages in web.views.alerts."""

from django.urls import URLPattern, path

from web.views import alerts

urlpatterns: list[URLPattern] = [
    path("alerts/<uuid:pk>/", alerts.alert, name="alert"),
    *[
        path(f"alerts/<uuid:pk>/{how}/", alerts.answer, {"how": how}, name=f"alert_{how}")
        for how in alerts.FORMS
    ],
]
