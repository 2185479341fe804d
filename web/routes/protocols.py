"""Addresses of the pages in web.views.protocols."""

from django.urls import URLPattern, path

from web.views.protocols import pages

urlpatterns: list[URLPattern] = [
    path("protocols/", pages.protocol_list, name="protocols"),
    path("protocols/adopt-defaults/", pages.adopt_defaults, name="adopt_protocols"),
    path("protocols/<uuid:pk>/", pages.protocol, name="protocol"),
    path("protocols/<uuid:pk>/compare/<uuid:than>/", pages.compare_protocols, name="compare_protocols"),
    path("protocols/<uuid:pk>/new-version/", pages.new_version, name="protocol_new_version"),
    path("protocols/<uuid:pk>/sign/", pages.sign_protocol, name="sign_protocol"),
    path("protocols/<uuid:pk>/retire/", pages.retire_protocol, name="retire_protocol"),
]
