"""Threads over the API: what patients wrote, and staff's replies; texts of numbers that no patient has."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.access import fetch_clinic, log_look, open_chart
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from notifications import access
from notifications.api.messages import MessageSerializer
from notifications.models import InboundMessage, Message
from notifications.talking import conversations, own_words, threads
from scheduler.models import Appointment


class LineSerializer(serializers.Serializer[Any]):
    id = IdField()
    at = serializers.DateTimeField()
    direction = serializers.ChoiceField(
        choices=[conversations.RECEIVED, conversations.WRITTEN, conversations.AUTOMATIC]
    )
    words = serializers.CharField()
    status = serializers.CharField(help_text="Of a message: where it stands.")
    why = serializers.CharField(help_text="Why a message was not sent, or empty.")
    what = serializers.CharField(help_text="What the message is called, or what the text was taken for.")
    form = serializers.CharField(help_text="Of a message that was tried: by text or by e-mail.")
    visit_starts_at = serializers.DateTimeField(
        allow_null=True, help_text="Of a message about a visit: the start that it told."
    )
    by = serializers.CharField(help_text="Who wrote the message, or dealt with the text.")
    waiting = serializers.BooleanField(help_text="A text that nobody has dealt with.")


class ThreadSerializer(serializers.Serializer[Any]):
    patient = IdField(source="patient.pk")
    can_be_answered = serializers.BooleanField()
    why_not = serializers.CharField(help_text="Why no text may go to this patient now, or empty.")
    lines = LineSerializer(many=True)


class ReplySerializer(CreateSerializer):
    text = serializers.CharField(
        max_length=own_words.MOST_CHARACTERS, help_text="Sent with the clinic's sender name before it."
    )
    seen = IdField(
        required=False, help_text="The newest text that was read. It and those before count as answered."
    )


class OfferTimesSerializer(CreateSerializer):
    appointment = IdField(help_text="A booked visit of this patient that lies ahead.")
    seen = IdField(
        required=False, help_text="The newest text that was read. It and those before count as answered."
    )


class DealWithSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=2000)
    seen = IdField(
        required=False,
        help_text="The newest text that was read; what came since still waits. Without it all count as read.",
    )


class CorrectNumberSerializer(StrictSerializer):
    phone = serializers.CharField(max_length=40)
    how = serializers.CharField(max_length=120, help_text="How it is known.")
    shared = serializers.BooleanField(
        default=False, help_text="Another patient has this telephone too; without it such a number is a 409."
    )


class DealtWithSerializer(serializers.Serializer[Any]):
    texts = serializers.IntegerField(help_text="How many had waited.")


class CorrectedNumberSerializer(serializers.ModelSerializer[Patient]):
    class Meta:
        model = Patient
        fields = ["id", "phone"]


class ThreadsViewSet(ClinicViewSet):
    """One patient's conversation by text, by the patient's id: what was said to them and by them."""

    access = {
        "retrieve": access.READ_TEXTS,
        "reply": access.REPLY,
        "offer_times": access.REPLY,
        "deal_with": access.REPLY,
        "correct_number": access.CORRECT_NUMBER,
    }
    queryset = Patient.objects.all()
    serializer_class = ThreadSerializer

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """The last 200 lines, the latest last."""
        patient = open_chart(self.actor, self.permission, pk, what="texts")
        why_not = threads.why_not(patient)
        shown = {
            "patient": patient,
            "can_be_answered": not why_not,
            "why_not": why_not,
            "lines": conversations.thread_of(patient),
        }
        return Response(ThreadSerializer(shown).data)

    @extend_schema(request=ReplySerializer, responses={200: MessageSerializer, 201: MessageSerializer})
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: UUID) -> Response:
        """Write to the patient's phone; what they wrote up to `seen` counts as answered, else nothing."""
        patient = self._patient(pk)
        data = self.parse(ReplySerializer)
        return self.create_once(
            noun="reply",
            data=data,
            make=lambda: threads.reply(
                actor=self.actor,
                id=data["id"],
                patient=patient,
                text=data["text"],
                seen=data.get("seen"),
                now=clock.now(),
            ),
            find=lambda: Message.objects.get(pk=data["id"]),
            answer=MessageSerializer,
        )

    @extend_schema(request=OfferTimesSerializer, responses={200: MessageSerializer, 201: MessageSerializer})
    @action(detail=True, methods=["post"], url_path="offer-times")
    def offer_times(self, request: Request, pk: UUID) -> Response:
        """Text the patient a link on which they choose another time for this visit of theirs."""
        patient = self._patient(pk)
        data = self.parse(OfferTimesSerializer)
        visits = Appointment.objects.select_related("clinic", "patient").filter(patient=patient)
        visit = self.fetch(visits, pk=data["appointment"])
        return self.create_once(
            noun="offer_times",
            data=data,
            make=lambda: threads.offer_times(
                actor=self.actor, id=data["id"], visit=visit, seen=data.get("seen"), now=clock.now()
            ),
            find=lambda: Message.objects.get(pk=data["id"]),
            answer=MessageSerializer,
        )

    @extend_schema(request=DealWithSerializer, responses=DealtWithSerializer)
    @action(detail=True, methods=["post"], url_path="deal-with")
    def deal_with(self, request: Request, pk: UUID) -> Response:
        """What the patient wrote, up to `seen`, has been dealt with otherwise than by a reply."""
        patient = self._patient(pk)
        return _dealt_with(self, patient.clinic_id, threads.texts_of(patient))

    @extend_schema(request=CorrectNumberSerializer, responses=CorrectedNumberSerializer)
    @action(detail=True, methods=["post"], url_path="correct-number")
    def correct_number(self, request: Request, pk: UUID) -> Response:
        """Enter the right number; it is written to again, unless its owner asked for no more texts."""
        patient = self._patient(pk)
        corrected = threads.correct_number(
            actor=self.actor, patient=patient, **self.parse(CorrectNumberSerializer), now=clock.now()
        )
        return Response(CorrectedNumberSerializer(corrected).data)

    def _patient(self, pk: UUID) -> Patient:
        return self.fetch(Patient.objects.select_related("clinic"), pk=pk)


class InboundMessageSerializer(serializers.ModelSerializer[InboundMessage]):
    class Meta:
        model = InboundMessage
        fields = ["id", "clinic", "patient", "sender", "body", "received_at", "reading", "read_at", "read_by"]


class TextFilterSerializer(StrictSerializer):
    clinic = IdField()
    waiting = serializers.BooleanField(required=False, help_text="Only those that nobody has dealt with.")


class LatestReceivedFirst(NewestFirst):
    ordering = ("-received_at", "-id")


class TextsViewSet(ClinicViewSet):
    """What came from patients' phones, and from numbers that no patient has."""

    access = {"list": access.READ_TEXTS, "deal_with": access.REPLY}
    queryset = InboundMessage.objects.all()
    serializer_class = InboundMessageSerializer
    pagination_class = LatestReceivedFirst

    @extend_schema(parameters=[TextFilterSerializer])
    def list(self, request: Request) -> Response:
        """One clinic's, the latest first."""
        asked = self.parse_query(TextFilterSerializer)
        clinic = fetch_clinic(self.actor, self.permission, asked["clinic"])
        texts = InboundMessage.objects.filter(clinic=clinic)
        if asked.get("waiting"):
            texts = texts.filter(read_at=None)
        return self.page(texts, InboundMessageSerializer)

    @extend_schema(request=DealWithSerializer, responses=DealtWithSerializer)
    @action(detail=True, methods=["post"], url_path="deal-with")
    def deal_with(self, request: Request, pk: UUID) -> Response:
        """This text's thread, up to `seen`: the patient's, or that of the number which no patient has."""
        text = self.fetch(InboundMessage.objects.select_related("patient"), pk=pk)
        if text.patient is not None:
            log_look(self.actor, text.patient, what="texts")
            return _dealt_with(self, text.clinic_id, threads.texts_of(text.patient))
        return _dealt_with(self, text.clinic_id, threads.texts_of_number(text))


def _dealt_with(view: ClinicViewSet, clinic_id: UUID, texts: Any) -> Response:
    data = view.parse(DealWithSerializer)
    if "seen" in data:
        texts = threads.up_to(texts, data["seen"])
    count = threads.deal_with(
        actor=view.actor, clinic_id=clinic_id, texts=texts, outcome=data["outcome"], now=clock.now()
    )
    return Response(DealtWithSerializer({"texts": count}).data)
