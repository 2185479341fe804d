"""Addresses of the pages in web.views.plans."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
