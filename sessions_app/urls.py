"""This floor's addresses."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from sessions_app.api.alerts import AlertsViewSet
from sessions_app.api.readiness import ReadinessViewSet
from sessions_app.api.sessions import SessionsViewSet

router = SimpleRouter(use_regex_path=False)
router.register("sessions", SessionsViewSet, basename="session")
router.register("appointments", ReadinessViewSet, basename="readiness")
router.register("alerts", AlertsViewSet, basename="alert")

urlpatterns: list[URLPattern | URLResolver] = router.urls
