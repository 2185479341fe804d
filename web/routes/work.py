"""Addresses of the pages in web.views.work."""

from django.urls import URLPattern, path

from web.views import work

urlpatterns: list[URLPattern] = [
    path("tasks/", work.tasks, name="tasks"),
    path("tasks/<uuid:pk>/take/", work.take, name="take_task"),
    path("tasks/<uuid:pk>/close/", work.close, name="close_task"),
]
