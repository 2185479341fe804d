"""Addresses of the pages in web.views.patients."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
