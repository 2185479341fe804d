"""What a patient's link opens, over the API: no sign-in, but the token and the birth year with every call.

Both stand in the body, because addresses are written to logs.
"""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.idempotency import create_once
from clinic.viewsets import CreateSerializer
from notifications.answering import (
    check_ins,
    diary,
    links,
    own_words,
    questionnaires,
    readiness,
)
from notifications.api.hearing import heard
from notifications.api.opened_link import OpenedLinkSerializer, opened
from notifications.api.proof import ProofSerializer, proved_with
from notifications.models import CheckInAnswer
from sessions_app.api.diary import EnterDaySerializer
from sessions_app.models import DiaryDay, QuestionnaireAnswer, Readiness
from sessions_app.outcomes.diary import Entry


class AnswerCreateSerializer(CreateSerializer, ProofSerializer):
    check_in = IdField(required=False, help_text="Which set of questions, where the link asks several.")
    question = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=40)


class ScoreCreateSerializer(CreateSerializer, ProofSerializer):
    check_in = IdField(required=False, help_text="Which set of questions, where the link asks several.")
    instrument = serializers.CharField(max_length=12)
    item = serializers.IntegerField(min_value=1, max_value=99, help_text="From 1.")
    value = serializers.IntegerField(min_value=0, max_value=999)


class LinkReadinessCreateSerializer(CreateSerializer, ProofSerializer):
    question = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=40)
    ride_name = serializers.CharField(max_length=120, default="", allow_blank=True)
    ride_phone = serializers.CharField(max_length=40, default="", allow_blank=True)


class LinkDiaryDayCreateSerializer(EnterDaySerializer, ProofSerializer):
    patient = None  # type: ignore[assignment]  # the link says whose diary it is


class AskDailySerializer(ProofSerializer):
    at = serializers.TimeField(help_text="Wall-clock time where the patient is.")


class ConfirmSerializer(ProofSerializer):
    visit = IdField(required=False, help_text="Which of several visits; without it the next that is to come.")
    all = serializers.BooleanField(default=False, help_text="All that the message told and that stand.")


class OfferAcceptSerializer(ProofSerializer):
    starts_at = MomentField(help_text="The start that was shown to the patient.")


class PatientLinksViewSet(ViewSet):
    """The patient's side of a message. A guessed, an expired and a closed token are the same 404; five
    wrong birth years in a row close the link, and too many for one patient or from one address are a 429
    `too_many_years`, on whichever link. What is red in such a call is heard all the same: a nurse is called,
    and the 429 holds `emergency_lines`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    counts_inside = True  # what misses (`proof`), never what a patient sends

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"])
    def open(self, request: Request) -> Response:
        """What the link is about."""
        link, _ = proved_with(ProofSerializer, request)
        return Response(opened(link))

    @extend_schema(request=ConfirmSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"])
    def confirm(self, request: Request) -> Response:
        """The patient is coming."""
        link, data = proved_with(ConfirmSerializer, request)
        if data["all"]:
            links.confirm_all(link=link, now=clock.now())
        else:
            links.confirm_visit(link=link, visit=data.get("visit"), now=clock.now())
        return Response(opened(link))

    @extend_schema(request=OfferAcceptSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="accept-offer")
    def accept_offer(self, request: Request) -> Response:
        """The patient takes the time that is held for them; 409 `offer_over` when it came too late,
        `offer_changed` when another start was offered than was shown."""
        link, data = proved_with(OfferAcceptSerializer, request)
        links.accept_offer(link=link, shown=data["starts_at"], now=clock.now())
        return Response(opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="decline-offer")
    def decline_offer(self, request: Request) -> Response:
        """The patient doesn't want this time, and goes on waiting."""
        link, _ = proved_with(ProofSerializer, request)
        links.decline_offer(link=link, now=clock.now())
        return Response(opened(link))

    @extend_schema(
        request=AnswerCreateSerializer, responses={200: OpenedLinkSerializer, 201: OpenedLinkSerializer}
    )
    @action(detail=False, methods=["post"])
    def answer(self, request: Request) -> Response:
        """One answer to a check-in, graded as it is given."""
        link, data = proved_with(AnswerCreateSerializer, request)
        check_in = links.check_in_of(link, clock.now(), data.pop("check_in", None))
        _, made = create_once(
            actor=None,
            noun="check_in_answer",
            id=data["id"],
            body={"check_in": check_in.pk, **data},
            make=lambda: check_ins.answer(check_in=check_in, now=clock.now(), **data),
            find=lambda: CheckInAnswer.objects.get(pk=data["id"]),
        )
        return Response(opened(link), status=201 if made else 200)

    @extend_schema(
        request=ScoreCreateSerializer, responses={200: OpenedLinkSerializer, 201: OpenedLinkSerializer}
    )
    @action(detail=False, methods=["post"])
    def score(self, request: Request) -> Response:
        """One answer to an item of a questionnaire; the last one closes and scores it."""
        link, data = proved_with(ScoreCreateSerializer, request)
        check_in = links.check_in_of(link, clock.now(), data.pop("check_in", None))
        _, made = create_once(
            actor=None,
            noun="questionnaire answer",
            id=data["id"],
            body={"check_in": check_in.pk, **data},
            make=lambda: questionnaires.answer(check_in=check_in, now=clock.now(), **data),
            find=lambda: QuestionnaireAnswer.objects.get(pk=data["id"]),
        )
        return Response(opened(link), status=201 if made else 200)

    @extend_schema(
        request=LinkReadinessCreateSerializer,
        responses={200: OpenedLinkSerializer, 201: OpenedLinkSerializer},
    )
    @action(detail=False, methods=["post"])
    def readiness(self, request: Request) -> Response:
        """One answer about the coming visit; it can be changed until the visit begins."""
        with heard(request, written=own_words.RIDE, names=("ride_name", "ride_phone")):
            link, data = proved_with(LinkReadinessCreateSerializer, request)
            _, made = create_once(
                actor=None,
                noun="readiness",
                id=data["id"],
                body={"link": link.pk, **data},
                make=lambda: readiness.answer(link=link, now=clock.now(), **data),
                find=lambda: Readiness.objects.get(pk=data["id"]),
            )
        words = (data["ride_name"], data["ride_phone"])
        return Response(opened(link, words), status=201 if made else 200)

    @extend_schema(
        request=LinkDiaryDayCreateSerializer,
        responses={200: OpenedLinkSerializer, 201: OpenedLinkSerializer},
    )
    @action(detail=False, methods=["post"])
    def diary(self, request: Request) -> Response:
        """Today's or yesterday's day of the headache diary."""
        with heard(request, written=own_words.DIARY, names=("aura", "note")):
            link, data = proved_with(LinkDiaryDayCreateSerializer, request)
            id = data.pop("id")
            entry = Entry(**{**data, "triggers": tuple(data["triggers"])})
            _, made = create_once(
                actor=None,
                noun="diary day",
                id=id,
                body={"patient": link.patient_id, **data},
                make=lambda: diary.enter(id=id, link=link, entry=entry, now=clock.now()),
                find=lambda: DiaryDay.objects.get(patient=link.patient_id, day=entry.day),
            )
        return Response(opened(link), status=201 if made else 200)

    @extend_schema(request=AskDailySerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="ask-daily")
    def ask_daily(self, request: Request) -> Response:
        """Ask the patient for the diary every day at this time, by e-mail."""
        link, data = proved_with(AskDailySerializer, request)
        diary.require(link, clock.now())
        diary.ask_daily(actor=None, patient=link.patient, at=data["at"], now=clock.now())
        return Response(opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="stop-asking")
    def stop_asking(self, request: Request) -> Response:
        """Ask for the diary no longer."""
        link, _ = proved_with(ProofSerializer, request)
        diary.require(link, clock.now())
        diary.stop_asking(actor=None, patient=link.patient, now=clock.now())
        return Response(opened(link))
