"""All messages of a visit, said and still to come, over the API; and saying one of them again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.access import log_look
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, CreateSerializer
from notifications import access, queries
from notifications.api.messages import MessageSerializer
from notifications.models import Message
from notifications.reporting.visit_messages import messages_of_visit
from notifications.talking import again, own_words
from scheduler.models import Appointment


class TrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    form = serializers.CharField()
    to = serializers.CharField(help_text="Masked.")
    subject = serializers.CharField()
    body = serializers.CharField(help_text="`{link}` stands for the patient's own link.")
    outcome = serializers.CharField()
    error = serializers.CharField()


class VisitMessageSerializer(serializers.Serializer[Any]):
    message = IdField(allow_null=True, help_text="Null: still to come.")
    stage = serializers.CharField()
    title = serializers.CharField()
    due_at = serializers.DateTimeField()
    state = serializers.CharField()
    words = serializers.CharField()
    why_not = serializers.CharField()
    said_with = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    answered = serializers.CharField()
    written_by = serializers.CharField()
    presumed = serializers.BooleanField()
    tries = TrySerializer(many=True)


class VisitMessagesViewSet(ClinicViewSet):
    """What a visit's patient was told, and will be."""

    access = {"messages": access.VIEW_MESSAGES}
    queryset = Appointment.objects.all()
    serializer_class = VisitMessageSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=VisitMessageSerializer(many=True))
    @action(detail=True)
    def messages(self, request: Request, pk: UUID) -> Response:
        """Each message that was wanted or is: when, what was sent, what came of it, or exactly why not."""
        visits = Appointment.objects.select_related("patient__clinic", "clinic", "protocol", "plan")
        visit = self.fetch(visits, pk=pk)
        log_look(self.actor, visit.patient, what="messages")
        return Response(VisitMessageSerializer(messages_of_visit(visit, clock.now()), many=True).data)


class AgainSerializer(CreateSerializer):
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=own_words.MOST_CHARACTERS,
        help_text="Other words; empty: as it was, with its link.",
    )


class MessagesAgainViewSet(ClinicViewSet):
    """Saying a message once more."""

    access = {"again": access.SEND_AGAIN}
    queryset = Message.objects.all()
    serializer_class = MessageSerializer

    @extend_schema(request=AgainSerializer, responses={200: MessageSerializer, 201: MessageSerializer})
    @action(detail=True, methods=["post"])
    def again(self, request: Request, pk: UUID) -> Response:
        """Send it again as it was, or with `text` in your own words."""
        first, data = self.fetch(queries.message_log(), pk=pk), self.parse(AgainSerializer)
        return self.create_once(
            noun="message_again",
            data=data,
            make=lambda: again.send_again(
                actor=self.actor, id=data["id"], message=first, text=data.get("text", ""), now=clock.now()
            ),
            find=lambda: Message.objects.get(pk=data["id"]),
            answer=MessageSerializer,
        )
