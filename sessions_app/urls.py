"""This floor's addresses."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from sessions_app.api.alerts import AlertsViewSet
from sessions_app.api.coded_terms import SideEffectTermsViewSet, VitalSignTermsViewSet
from sessions_app.api.cohort_reports import CohortReportsViewSet
from sessions_app.api.diary import DiaryViewSet
from sessions_app.api.looking_back import LookingBackViewSet
from sessions_app.api.monitors import MonitorMessagesViewSet, MonitorsViewSet
from sessions_app.api.outcomes import OutcomesViewSet
from sessions_app.api.questionnaires import InstrumentsViewSet, ResponsesViewSet
from sessions_app.api.readiness import ReadinessViewSet
from sessions_app.api.reports import InfusionReportsViewSet
from sessions_app.api.safety import SafetyConcernsViewSet
from sessions_app.api.sessions import SessionsViewSet

router = SimpleRouter(use_regex_path=False)
router.register("sessions", SessionsViewSet, basename="session")
router.register("alerts", AlertsViewSet, basename="alert")
router.register("side-effect-terms", SideEffectTermsViewSet, basename="side-effect-term")
router.register("vital-sign-terms", VitalSignTermsViewSet, basename="vital-sign-term")
router.register("monitors", MonitorsViewSet, basename="monitor")
router.register("monitor-messages", MonitorMessagesViewSet, basename="monitor-message")
router.register("instruments", InstrumentsViewSet, basename="instrument")
router.register("questionnaires", ResponsesViewSet, basename="questionnaire")
router.register("safety-concerns", SafetyConcernsViewSet, basename="safety-concern")
router.register("diary-days", DiaryViewSet, basename="diary-day")
router.register("outcomes", OutcomesViewSet, basename="outcome")
router.register("looking-back", LookingBackViewSet, basename="looking-back")
router.register("cohort-reports", CohortReportsViewSet, basename="cohort-report")
router.register("reports", InfusionReportsViewSet, basename="infusion-report")
router.register("appointments", ReadinessViewSet, basename="readiness")

urlpatterns: list[URLPattern | URLResolver] = router.urls
