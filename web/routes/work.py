"""Addresses of the pages in web.views.work and web.views.on_call."""

from django.urls import URLPattern, path

from web.views import on_call, work

urlpatterns: list[URLPattern] = [
    path("tasks/", work.tasks, name="tasks"),
    path("tasks/<uuid:pk>/", work.task, name="task"),
    path("tasks/<uuid:pk>/note/", work.note, name="note_task"),
    path("tasks/<uuid:pk>/hand-over/", work.hand_over, name="hand_over_task"),
    path("tasks/<uuid:pk>/take/", work.take, name="take_task"),
    path("tasks/<uuid:pk>/close/", work.close, name="close_task"),
    path("on-call/", on_call.on_call, name="on_call"),
    path("on-call/<uuid:pk>/withdraw/", on_call.withdraw, name="withdraw_shift"),
]
