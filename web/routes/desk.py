"""Addresses of the pages in web.views.desk."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
