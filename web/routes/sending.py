"""Addresses of the pages in web.views.sending."""

from django.urls import URLPattern, path

from web.views import sending

urlpatterns: list[URLPattern] = [
    path("sending/", sending.sending, name="sending"),
    path("sending/resume/", sending.resume, name="resume_sending"),
    path("messages/<uuid:pk>/settle/", sending.settle, name="settle_message"),
]
