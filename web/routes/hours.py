"""Addresses of the pages in web.views.hours, hours_closed and booking_settings. Days in them are read by the
desk's converter."""

from django.urls import URLPattern, path

from web.views import booking_settings, hours, hours_closed

urlpatterns: list[URLPattern] = [
    path("hours/", hours.week, name="hours"),
    path("hours/settings/", booking_settings.settings, name="booking_settings"),
    path("hours/closures/", hours_closed.closures, name="closures"),
    path("hours/closures/holidays/", hours_closed.close_holidays, name="close_holidays"),
    path("hours/closures/<uuid:pk>/reopen/", hours_closed.reopen, name="reopen"),
    path("hours/absences/new/", hours_closed.new_absence, name="new_absence"),
    path("hours/absences/<uuid:pk>/withdraw/", hours_closed.withdraw_absence, name="withdraw_absence"),
    path("hours/patterns/<uuid:pk>/end/", hours.end_pattern, name="end_pattern"),
    path("hours/days/<uuid:pk>/clear/", hours.clear_day, name="clear_day"),
    path("hours/<uuid:pk>/", hours.resource_hours, name="resource_hours"),
    path("hours/<uuid:pk>/weekly/", hours.weekly, name="weekly_hours"),
    path("hours/<uuid:pk>/<day:on>/", hours.day, name="hours_day"),
]
