"""Addresses of the pages in web.views.protocols."""

from django.urls import URLPattern, path

from web.views import protocols

urlpatterns: list[URLPattern] = [
    path("protocols/", protocols.protocol_list, name="protocols"),
    path("protocols/adopt-defaults/", protocols.adopt_defaults, name="adopt_protocols"),
    path("protocols/<uuid:pk>/", protocols.protocol, name="protocol"),
    path("protocols/<uuid:pk>/new-version/", protocols.new_version, name="protocol_new_version"),
    path("protocols/<uuid:pk>/sign/", protocols.sign_protocol, name="sign_protocol"),
    path("protocols/<uuid:pk>/retire/", protocols.retire_protocol, name="retire_protocol"),
]
