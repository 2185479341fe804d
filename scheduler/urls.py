"""This floor's addresses."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from scheduler.api.absences import AbsencesViewSet
from scheduler.api.appointments import AppointmentsViewSet
from scheduler.api.availability import AvailabilityViewSet
from scheduler.api.booking_settings import BookingSettingsViewSet
from scheduler.api.closures import ClosuresViewSet
from scheduler.api.evaluations import EligibilityDecisionsViewSet, EvaluationsViewSet, ReferralsViewSet
from scheduler.api.feeds import CalendarFeedsViewSet
from scheduler.api.holds import HoldsViewSet
from scheduler.api.openings import OpeningsViewSet
from scheduler.api.plans import PlansViewSet
from scheduler.api.prescribing_settings import PrescribingSettingsViewSet
from scheduler.api.protocols import ProtocolsViewSet
from scheduler.api.repairs import RepairsViewSet
from scheduler.api.reports import ReportsViewSet
from scheduler.api.resources import ResourcesViewSet
from scheduler.api.series import SeriesViewSet
from scheduler.api.waitlist import WaitlistOffersViewSet, WaitlistViewSet
from scheduler.api.working_hours import DayHoursViewSet, WorkingHoursViewSet

router = SimpleRouter(use_regex_path=False)
router.register("protocols", ProtocolsViewSet, basename="protocol")
router.register("plans", PlansViewSet, basename="plan")
router.register("referrals", ReferralsViewSet, basename="referral")
router.register("evaluations", EvaluationsViewSet, basename="evaluation")
router.register("eligibility-decisions", EligibilityDecisionsViewSet, basename="eligibility-decision")
router.register("resources", ResourcesViewSet, basename="resource")
router.register("working-hours", WorkingHoursViewSet, basename="working-hours")
router.register("day-hours", DayHoursViewSet, basename="day-hours")
router.register("absences", AbsencesViewSet, basename="absence")
router.register("clinics", BookingSettingsViewSet, basename="booking-settings")
router.register("clinics", PrescribingSettingsViewSet, basename="prescribing-settings")
router.register("closures", ClosuresViewSet, basename="closure")
router.register("openings", OpeningsViewSet, basename="opening")
router.register("availability", AvailabilityViewSet, basename="availability")
router.register("calendar-feeds", CalendarFeedsViewSet, basename="calendar-feed")
router.register("appointments", AppointmentsViewSet, basename="appointment")
router.register("holds", HoldsViewSet, basename="hold")
router.register("series", SeriesViewSet, basename="series")
router.register("waitlist", WaitlistViewSet, basename="waitlist-entry")
router.register("waitlist-offers", WaitlistOffersViewSet, basename="waitlist-offer")
router.register("repairs", RepairsViewSet, basename="repair")
router.register("reports", ReportsViewSet, basename="report")

urlpatterns: list[URLPattern | URLResolver] = router.urls
