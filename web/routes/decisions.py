"""Addresses of the pages in web.views.decisions."""

from django.urls import URLPattern, path

from web.views import decisions

urlpatterns: list[URLPattern] = [
    path("decisions/", decisions.everybodys, name="decisions"),
    path("sessions/<uuid:pk>/decisions/", decisions.of_session, name="session_decisions"),
    path("sessions/<uuid:pk>/decide/", decisions.decide, name="session_decide"),
    path("sessions/<uuid:pk>/refuse/", decisions.refuse, name="session_refuse"),
    path("sessions/<uuid:pk>/ask-prescriber/", decisions.ask_prescriber, name="session_ask_prescriber"),
]
