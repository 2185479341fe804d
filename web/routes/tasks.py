"""Addresses of the pages in web.views.tasks and web.views.on_call."""

from django.urls import URLPattern, path

from web.views import on_call
from web.views.tasks import listing, one

urlpatterns: list[URLPattern] = [
    path("tasks/", listing.tasks, name="tasks"),
    path("tasks/<uuid:pk>/", one.task, name="task"),
    path("tasks/<uuid:pk>/note/", one.note, name="note_task"),
    path("tasks/<uuid:pk>/hand-over/", one.hand_over, name="hand_over_task"),
    path("tasks/<uuid:pk>/take/", one.take, name="take_task"),
    path("tasks/<uuid:pk>/close/", one.close, name="close_task"),
    path("on-call/", on_call.on_call, name="on_call"),
    path("on-call/<uuid:pk>/withdraw/", on_call.withdraw, name="withdraw_shift"),
]
