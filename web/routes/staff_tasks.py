"""Addresses of the pages in web.views.staff_tasks and web.views.on_call."""

from django.urls import URLPattern, path

from web.views import on_call, staff_tasks

urlpatterns: list[URLPattern] = [
    path("tasks/", staff_tasks.tasks, name="tasks"),
    path("tasks/<uuid:pk>/", staff_tasks.task, name="task"),
    path("tasks/<uuid:pk>/note/", staff_tasks.note, name="note_task"),
    path("tasks/<uuid:pk>/hand-over/", staff_tasks.hand_over, name="hand_over_task"),
    path("tasks/<uuid:pk>/take/", staff_tasks.take, name="take_task"),
    path("tasks/<uuid:pk>/close/", staff_tasks.close, name="close_task"),
    path("on-call/", on_call.on_call, name="on_call"),
    path("on-call/<uuid:pk>/withdraw/", on_call.withdraw, name="withdraw_shift"),
]
