"""This floor's addresses."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from notifications.api.check_ins import CheckInsViewSet
from notifications.api.diary_nudges import DiaryNudgesViewSet
from notifications.api.duties import MemberDutiesViewSet
from notifications.api.links import PatientLinksViewSet
from notifications.api.message_settings import MessageSettingsViewSet
from notifications.api.messages import InboxViewSet, MessagesViewSet
from notifications.api.on_call import OnCallViewSet
from notifications.api.reports import ReminderReportsViewSet
from notifications.api.sending import SendingViewSet
from notifications.api.stages import StageFiguresViewSet
from notifications.api.tasks import TasksViewSet
from notifications.api.threads import TextsViewSet, ThreadsViewSet
from notifications.api.times import LinkTimesViewSet, TimeRequestsViewSet
from notifications.api.visit_messages import MessagesAgainViewSet, VisitMessagesViewSet

router = SimpleRouter(use_regex_path=False)
router.register("on-call", OnCallViewSet, basename="on-call-shift")
router.register("members", MemberDutiesViewSet, basename="member-duties")
router.register("clinics", MessageSettingsViewSet, basename="message-settings")
router.register("messages", MessagesViewSet, basename="message")
router.register("sending", SendingViewSet, basename="sending")
router.register("messages", MessagesAgainViewSet, basename="message-again")
router.register("appointments", VisitMessagesViewSet, basename="visit-message")
router.register("inbox", InboxViewSet, basename="inbox")
router.register("check-ins", CheckInsViewSet, basename="check-in")
router.register("diary-nudges", DiaryNudgesViewSet, basename="diary-nudge")
router.register("reports", ReminderReportsViewSet, basename="reminder-report")
router.register("reports", StageFiguresViewSet, basename="stage-figures")
router.register("tasks", TasksViewSet, basename="task")
router.register("threads", ThreadsViewSet, basename="thread")
router.register("texts", TextsViewSet, basename="text")
router.register("time-requests", TimeRequestsViewSet, basename="time-request")
router.register("link-times", LinkTimesViewSet, basename="link-times")
router.register("links", PatientLinksViewSet, basename="patient-link")

urlpatterns: list[URLPattern | URLResolver] = router.urls
