"""Addresses of the pages in web.views.resources."""

from django.urls import URLPattern, path

from web.views import resources

urlpatterns: list[URLPattern] = [
    path("resources/", resources.resource_list, name="resources"),
    path("resources/<uuid:pk>/", resources.resource, name="resource"),
]
