"""Addresses of the pages in web.views.nurse."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
