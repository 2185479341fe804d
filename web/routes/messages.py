"""Addresses of the pages in web.views.messages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
