"""Addresses of the pages in web.views.series."""

from django.urls import URLPattern, path

from web.views import series

urlpatterns: list[URLPattern] = [
    path("plans/<uuid:pk>/series/", series.book_series, name="book_series"),
    path("plans/<uuid:pk>/respace/", series.respace_series, name="respace_series"),
]
