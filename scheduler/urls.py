"""This floor's addresses."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from scheduler.api.appointments import AppointmentsViewSet
from scheduler.api.availability import AvailabilityViewSet
from scheduler.api.openings import OpeningsViewSet
from scheduler.api.plans import PlansViewSet
from scheduler.api.protocols import ProtocolsViewSet
from scheduler.api.resources import ResourcesViewSet

router = SimpleRouter(use_regex_path=False)
router.register("protocols", ProtocolsViewSet, basename="protocol")
router.register("plans", PlansViewSet, basename="plan")
router.register("resources", ResourcesViewSet, basename="resource")
router.register("openings", OpeningsViewSet, basename="opening")
router.register("availability", AvailabilityViewSet, basename="availability")
router.register("appointments", AppointmentsViewSet, basename="appointment")

urlpatterns: list[URLPattern | URLResolver] = router.urls
