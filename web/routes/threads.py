"""Addresses of the pages in web.views.threads and web.views.time_requests."""

from django.urls import URLPattern, path

from web.views import threads, time_requests

urlpatterns: list[URLPattern] = [
    path("threads/", threads.waiting, name="threads"),
    path("threads/<uuid:pk>/", threads.thread, name="thread"),
    path("threads/<uuid:pk>/reply/", threads.reply, name="reply"),
    path("threads/<uuid:pk>/reply/check/", threads.check_reply, name="check_reply"),
    path("threads/<uuid:pk>/offer-times/", threads.offer_times, name="offer_times"),
    path("threads/<uuid:pk>/dealt-with/", threads.dealt_with, name="dealt_with"),
    path("threads/<uuid:pk>/number/", threads.number, name="correct_number"),
    path("texts/<uuid:pk>/", threads.text, name="text"),
    path("texts/<uuid:pk>/dealt-with/", threads.number_dealt_with, name="number_dealt_with"),
    path("time-requests/<uuid:pk>/", time_requests.time_request, name="time_request"),
    path("time-requests/<uuid:pk>/carry-out/", time_requests.carry_out, name="carry_out_time_request"),
]
