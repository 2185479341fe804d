"""Addresses of the pages in web.views.monitors."""

from django.urls import URLPattern, path

from web.views import monitors

urlpatterns: list[URLPattern] = [
    path("monitors/", monitors.monitors, name="monitors"),
    path("monitors/add/", monitors.add_monitor, name="add_monitor"),
    path("monitors/<uuid:pk>/", monitors.monitor, name="monitor"),
    path("monitors/<uuid:pk>/take-over/", monitors.take_over, name="take_over_monitor"),
    path("monitors/<uuid:pk>/retire/", monitors.retire_monitor, name="retire_monitor"),
    path("monitors/<uuid:pk>/reinstate/", monitors.reinstate_monitor, name="reinstate_monitor"),
    path("monitors/messages/<uuid:pk>/", monitors.monitor_message, name="monitor_message"),
]
