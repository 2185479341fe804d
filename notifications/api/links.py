"""What a patient's link opens, over the API: no sign-in, but the token and the birth year with every call.

Both stand in the body, because addresses are written to logs.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.viewsets import ViewSet

from clinic import clock
from clinic.idempotency import create_once
from clinic.viewsets import CreateSerializer, StrictSerializer
from notifications.answering import check_ins, grading, links, question_sets
from notifications.models import CheckIn, CheckInAnswer, LinkPurpose, PatientLink
from scheduler.models import AppointmentStatus, OfferStatus, ParticipantStatus


class ProofSerializer(StrictSerializer):
    token = serializers.CharField(max_length=64, help_text="The last part of the link's address.")
    birth_year = serializers.IntegerField(min_value=1900, max_value=2100)


class AnswerCreateSerializer(CreateSerializer, ProofSerializer):
    question = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=40)


class OfferAcceptSerializer(ProofSerializer):
    starts_at = serializers.DateTimeField(help_text="The start that was shown to the patient.")


class LinkVisitSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(help_text="The clinic's: the visit's time is the clock on its wall.")
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    patient_status = serializers.ChoiceField(choices=ParticipantStatus.choices)


class ChoiceSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    text = serializers.CharField()


class QuestionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    choices = ChoiceSerializer(many=True)
    value = serializers.CharField(help_text="The answer given so far, or empty.")


class EmergencyLineSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    name = serializers.CharField()


class LinkOfferSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(source="entry.clinic.time_zone", help_text="The clinic's.")
    instead_of = serializers.DateTimeField(
        source="entry.appointment.starts_at",
        default=None,
        allow_null=True,
        help_text="The start of the visit that would move to this time; null where it is one more visit.",
    )
    status = serializers.ChoiceField(choices=OfferStatus.choices)
    expires_at = serializers.DateTimeField(help_text="Accepted by then, or it goes to somebody else.")


class OpenedLinkSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=LinkPurpose.choices)
    clinic = serializers.CharField()
    phone = serializers.CharField()
    visit = LinkVisitSerializer(allow_null=True)
    offer = LinkOfferSerializer(allow_null=True)
    questions = QuestionSerializer(many=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    emergency_lines = EmergencyLineSerializer(
        many=True, help_text="Filled as soon as an answer is alarming: show them at once."
    )


class PatientLinksViewSet(ViewSet):
    """The patient's side of a message. A guessed and an expired token are the same 404; five wrong birth
    years lock the link."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AnonRateThrottle,)

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"])
    def open(self, request: Request) -> Response:
        """What the link is about."""
        return Response(_opened(_proved(_parsed(ProofSerializer, request))))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"])
    def confirm(self, request: Request) -> Response:
        """The patient is coming."""
        link = _proved(_parsed(ProofSerializer, request))
        links.confirm_visit(link=link, now=clock.now())
        link.message.visit.refresh_from_db()
        return Response(_opened(link))

    @extend_schema(request=OfferAcceptSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="accept-offer")
    def accept_offer(self, request: Request) -> Response:
        """The patient takes the time that is held for them; 409 `offer_over` when it came too late,
        `offer_changed` when another start was offered than was shown."""
        data = _parsed(OfferAcceptSerializer, request)
        link = _proved(data)
        links.accept_offer(link=link, shown=data["starts_at"], now=clock.now())
        return Response(_opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="decline-offer")
    def decline_offer(self, request: Request) -> Response:
        """The patient doesn't want this time, and goes on waiting."""
        link = _proved(_parsed(ProofSerializer, request))
        links.decline_offer(link=link, now=clock.now())
        return Response(_opened(link))

    @extend_schema(
        request=AnswerCreateSerializer, responses={200: OpenedLinkSerializer, 201: OpenedLinkSerializer}
    )
    @action(detail=False, methods=["post"])
    def answer(self, request: Request) -> Response:
        """One answer to a check-in, graded as it is given."""
        data = _parsed(AnswerCreateSerializer, request)
        link = _proved(data)
        check_in = links.check_in_of(link)
        body = {"question": data["question"], "value": data["value"], "check_in": check_in.pk}
        _, made = create_once(
            actor=None,
            noun="check_in_answer",
            id=data["id"],
            body=body,
            make=lambda: check_ins.answer(
                id=data["id"],
                check_in=check_in,
                question=data["question"],
                value=data["value"],
                now=clock.now(),
            ),
            find=lambda: CheckInAnswer.objects.get(pk=data["id"]),
        )
        return Response(_opened(link), status=201 if made else 200)


def _parsed(serializer_class: type[StrictSerializer], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _proved(data: dict[str, Any]) -> PatientLink:
    now = clock.now()
    link = links.open_link(token=data["token"], now=now)
    links.give_factor(link=link, birth_year=data["birth_year"], now=now)
    return link


def _opened(link: PatientLink) -> dict[str, Any]:
    """What the page of this link would show."""
    message = link.message
    visit = message.visit
    found: dict[str, Any] = {
        "purpose": link.purpose,
        "clinic": message.clinic.sender_name,
        "phone": str(message.clinic.phone),
        "visit": None,
        "offer": None,
        "questions": [],
        "completed_at": None,
        "emergency_lines": [],
    }
    if link.purpose == LinkPurpose.VISIT:
        found["visit"] = {
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
            "time_zone": message.clinic.time_zone,
            "status": visit.status,
            "patient_status": visit.patient_status,
        }
    elif link.purpose == LinkPurpose.OFFER:
        found["offer"] = links.offer_of(link)
    else:
        found.update(_questions(links.check_in_of(link)))
    return dict(OpenedLinkSerializer(found).data)


def _questions(check_in: CheckIn) -> dict[str, Any]:
    given = check_ins.newest_answers(check_in)
    alarmed = check_in.level == grading.RED
    return {
        "questions": [
            {
                "code": question.code,
                "text": str(question.text),
                "choices": [
                    {"value": choice.value, "text": str(choice.label)} for choice in question.choices
                ],
                "value": given[question.code].value if question.code in given else "",
            }
            for question in question_sets.QUESTION_SETS[check_in.kind]
        ],
        "completed_at": check_in.completed_at,
        "emergency_lines": [
            {"number": number, "name": name} for number, name in grading.EMERGENCY_LINES if alarmed
        ],
    }
