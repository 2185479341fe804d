"""Which room answers which address."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from clinic.api_schema import DocumentOnce
from web.views import frame

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("clinic.signin_urls")),
    path("api/v1/", include("clinic.urls")),
    path("api/v1/", include("scheduler.urls")),
    path("api/v1/", include("sessions_app.urls")),
    path("api/v1/", include("notifications.urls")),
    path("inbound/", include("notifications.inbound_urls")),
    path("api/schema/", SpectacularAPIView.as_view(generator_class=DocumentOnce), name="api_schema"),
    path("api/docs/", frame.api_docs, name="api_docs"),
    path("", include("web.urls")),
]

handler400 = "web.views.errors.bad_request"
handler403 = "web.views.errors.forbidden"
handler404 = "web.views.errors.not_found"
handler500 = "web.views.errors.broken"
