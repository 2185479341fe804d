"""Addresses of the pages in web.views.messages."""

from django.urls import URLPattern, path

from web.views import messages

urlpatterns: list[URLPattern] = [
    path("messages/", messages.messages, name="messages"),
    path("messages/<uuid:pk>/", messages.message, name="message"),
    path("inbox/", messages.inbox, name="inbox"),
    path("inbox/<uuid:pk>/visit.ics", messages.calendar_file, name="inbox_calendar"),
    path("check-ins/<uuid:pk>/", messages.check_in, name="check_in"),
]
