"""Addresses of the pages in web.views.patient_links."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
