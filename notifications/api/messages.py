"""Messages over the API: what was wanted, what was sent, exactly why not; the made-up patients' inbox."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.access import fetch, log_look, open_chart, visible
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField, MomentField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access, queries
from notifications.delivering import outcomes
from notifications.models import DeliveryAttempt, Form, InboxItem, Message, MessageStatus
from notifications.queries import Arrived
from scheduler.models import Appointment


class AttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    class Meta:
        model = DeliveryAttempt
        fields = [
            "number",
            "channel",
            "form",
            "recipient",
            "subject",
            "body",
            "calendar",
            "started_at",
            "finished_at",
            "outcome",
            "provider_reference",
            "error",
        ]


class MessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = [
            "id",
            "clinic",
            "patient",
            "appointment",
            "kind",
            "stage",
            "visit_starts_at",
            "instead_of",
            "due_at",
            "stale_at",
            "status",
            "reason",
            "sent_at",
            "delivered_at",
            "created_at",
        ]


class MessageWithAttemptsSerializer(MessageSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "attempts"]


class MessageFilterSerializer(StrictSerializer):
    patient = IdField(required=False)
    appointment = IdField(required=False)
    status = serializers.ChoiceField(choices=MessageStatus.choices, required=False)
    stage = serializers.CharField(required=False)
    form = serializers.ChoiceField(
        choices=Form.choices, required=False, help_text="Tried at least once by this form."
    )
    due_from = MomentField(required=False)
    due_until = MomentField(required=False, help_text="Before this moment.")


class LatestDueFirst(NewestFirst):
    ordering = ("-due_at", "-id")


class SettleMessageSerializer(StrictSerializer):
    arrived = serializers.BooleanField(help_text="What you found out, for example by calling.")


class MessagesViewSet(ClinicViewSet):
    """Every message that was wanted, sent or not, the latest due first."""

    access = {
        "list": access.VIEW_MESSAGES,
        "retrieve": access.VIEW_MESSAGES,
        "settle": access.SETTLE_MESSAGES,
    }
    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    pagination_class = LatestDueFirst

    @extend_schema(parameters=[MessageFilterSerializer])
    def list(self, request: Request) -> Response:
        """One patient's or one visit's messages are a look at the chart, which is logged."""
        asked = self.parse_query(MessageFilterSerializer)
        if "patient" in asked:
            open_chart(self.actor, self.permission, asked["patient"], what="messages")
        if "appointment" in asked:
            visits = Appointment.objects.select_related("patient")
            visit = fetch(self.actor, visits, self.permission, pk=asked["appointment"])
            log_look(self.actor, visit.patient, what="messages")
        return self.page(queries.searched(queries.message_log(), **asked), MessageSerializer)

    @extend_schema(responses=MessageWithAttemptsSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One message with each try to deliver it; `{link}` stands for the patient's own link."""
        message = self.fetch(queries.messages_with_attempts(), pk=pk)
        if message.patient is not None:
            log_look(self.actor, message.patient, what="message")
        return Response(MessageWithAttemptsSerializer(message).data)

    @extend_schema(request=SettleMessageSerializer, responses=MessageWithAttemptsSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: UUID) -> Response:
        """Say whether a message of unknown outcome arrived; one that didn't is sent again while of use."""
        asked = self.parse(SettleMessageSerializer)
        message = self.fetch(queries.messages_with_attempts(), pk=pk)
        outcomes.settle(actor=self.actor, message=message, arrived=asked["arrived"], now=clock.now())
        settled = self.fetch(queries.messages_with_attempts(), pk=pk)
        return Response(MessageWithAttemptsSerializer(settled).data)


class InboxItemSerializer(serializers.ModelSerializer[InboxItem]):
    """As the phone shows it: the link in the body is the patient's own."""

    body = serializers.SerializerMethodField()

    class Meta:
        model = InboxItem
        fields = ["id", "clinic", "patient", "recipient", "subject", "body", "calendar", "created_at"]

    def get_body(self, item: InboxItem) -> str:
        arrived: Arrived = self.context["arrived"][item.pk]
        return f"{arrived.before}{arrived.link}{arrived.after}"


class InboxViewSet(ClinicViewSet):
    """What arrived on the phones of made-up patients, where no mail server is set up."""

    access = {"list": access.VIEW_INBOX}
    queryset = InboxItem.objects.all()
    serializer_class = InboxItemSerializer

    def list(self, request: Request, *args: Any) -> Response:
        rows = self.paginate_queryset(visible(self.actor, queries.inbox(), self.permission)) or []
        arrived = {each.item.pk: each for each in queries.with_links(rows)}
        return self.get_paginated_response(
            InboxItemSerializer(rows, many=True, context={"arrived": arrived}).data
        )
