"""Addresses of the pages in web.views.work."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
