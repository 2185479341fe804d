"""Addresses of the pages in web.views.nurse."""

from django.urls import URLPattern, path

from web.views import nurse
from web.views.sessions.forms import FORMS

urlpatterns: list[URLPattern] = [
    path("nurse/", nurse.nurse_station, name="nurse_station"),
    path("nurse/visits/<uuid:pk>/open/", nurse.open_session, name="open_session"),
    path("sessions/<uuid:pk>/", nurse.session, name="session"),
    path("sessions/<uuid:pk>/record/", nurse.signed_record, name="signed_record"),
    *[
        path(
            f"sessions/<uuid:pk>/{act.replace('_', '-')}/", nurse.record, {"act": act}, name=f"session_{act}"
        )
        for act in FORMS
    ],
]
