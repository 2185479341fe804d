"""Addresses at which providers call us. They are written into the providers' settings: never move one."""

from django.urls import URLPattern, path

from notifications.api import provider_reports
from notifications.api.inbound import InboundTextsView

urlpatterns: list[URLPattern] = [
    path("sms/", InboundTextsView.as_view(), name="inbound_sms"),
    path("sms/status/", provider_reports.sms_status, name="inbound_sms_status"),
    path("email/status/", provider_reports.email_status, name="inbound_email_status"),
]
