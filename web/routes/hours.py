"""Addresses of the pages in web.views.hours and booking_settings. Days in them are read by the desk's
converter."""

from django.urls import URLPattern, path

from web.views import booking_settings
from web.views.hours import closed, pages

urlpatterns: list[URLPattern] = [
    path("hours/", pages.week, name="hours"),
    path("hours/settings/", booking_settings.settings, name="booking_settings"),
    path("hours/closures/", closed.closures, name="closures"),
    path("hours/closures/holidays/", closed.close_holidays, name="close_holidays"),
    path("hours/closures/<uuid:pk>/reopen/", closed.reopen, name="reopen"),
    path("hours/absences/new/", closed.new_absence, name="new_absence"),
    path("hours/absences/<uuid:pk>/withdraw/", closed.withdraw_absence, name="withdraw_absence"),
    path("hours/patterns/<uuid:pk>/end/", pages.end_pattern, name="end_pattern"),
    path("hours/days/<uuid:pk>/clear/", pages.clear_day, name="clear_day"),
    path("hours/<uuid:pk>/", pages.resource_hours, name="resource_hours"),
    path("hours/<uuid:pk>/weekly/", pages.weekly, name="weekly_hours"),
    path("hours/<uuid:pk>/<day:on>/", pages.day, name="hours_day"),
]
