"""Addresses of the pages in web.views.nurse."""

from django.urls import URLPattern, path

from web.views import before_start, nurse
from web.views.sessions import live_chart, live_checks, papers, signed_record
from web.views.sessions.forms import FORMS

urlpatterns: list[URLPattern] = [
    path("nurse/", nurse.nurse_station, name="nurse_station"),
    path("nurse/visits/<uuid:pk>/open/", nurse.open_session, name="open_session"),
    path("sessions/connection/", nurse.connection, name="session_connection"),
    path("sessions/<uuid:pk>/", nurse.session, name="session"),
    path("sessions/<uuid:pk>/chart/", live_chart.live_chart, name="session_chart"),
    path("sessions/<uuid:pk>/record/", signed_record.signed_record, name="signed_record"),
    path("sessions/<uuid:pk>/record/compare/", signed_record.compare_record, name="compare_record"),
    path("sessions/<uuid:pk>/record/print/", signed_record.print_record, name="print_record"),
    path("sessions/<uuid:pk>/record.pdf", signed_record.record_pdf, name="record_pdf"),
    path("sessions/<uuid:pk>/instructions/", papers.take_home, name="take_home"),
    path("sessions/<uuid:pk>/written/", papers.who_wrote, name="who_wrote"),
    path("sessions/<uuid:pk>/check-vitals/", live_checks.check_vitals, name="session_check_vitals"),
    path("sessions/<uuid:pk>/check-dose/", before_start.check_dose, name="session_check_dose"),
    *[
        path(f"sessions/<uuid:pk>/{act.replace('_', '-')}/", nurse.entry, {"act": act}, name=f"session_{act}")
        for act in FORMS
    ],
]
