"""Addresses of the pages in web.views.feeds."""

from django.urls import URLPattern, path

from web.views import feeds

urlpatterns: list[URLPattern] = [
    path("calendar-feeds/", feeds.calendar_feeds, name="calendar_feeds"),
    path("calendar-feeds/names/", feeds.show_names, name="calendar_feeds_names"),
    path("calendar-feeds/<uuid:pk>/revoke/", feeds.revoke, name="calendar_feed_revoke"),
    path("feeds/<str:token>.ics", feeds.calendar_feed, name="calendar_feed"),
]
