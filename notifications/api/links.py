"""What a patient's link opens, over the API: no sign-in, but the token and the birth year with every call.

Both stand in the body, because addresses are written to logs.
"""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from clinic import clock
from clinic.fields import IdField
from clinic.idempotency import create_once
from clinic.viewsets import CreateSerializer
from notifications.answering import (
    check_ins,
    diary,
    grading,
    links,
    own_words,
    questionnaires,
    readiness,
    things,
)
from notifications.answering.grading import Question
from notifications.answering.question_sets import QUESTION_SETS, READINESS
from notifications.answering.questionnaire_words import Words, words_of
from notifications.answering.questionnaires import Form
from notifications.api.hearing import heard
from notifications.api.proof import ProofSerializer, emergency_lines, proved_with
from notifications.escalating import on_call
from notifications.models import CheckIn, CheckInAnswer, LinkPurpose, PatientLink
from notifications.wording import writing
from scheduler.models import AppointmentStatus, OfferStatus, ParticipantStatus
from sessions_app.api.diary import EnterDaySerializer
from sessions_app.models import DiaryDay, QuestionnaireAnswer, Readiness, YesNoUnknown
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


class LinkItemSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    text = serializers.CharField()
    value = serializers.IntegerField(allow_null=True, help_text="The answer given so far.")


class LinkBesideSerializer(LinkItemSerializer):
    choices = ChoiceSerializer(many=True)


class LinkFormSerializer(serializers.Serializer[Any]):
    instrument = serializers.CharField()
    stem = serializers.CharField()
    choices = ChoiceSerializer(many=True)
    items = LinkItemSerializer(many=True)
    beside = LinkBesideSerializer(
        allow_null=True,
        help_text="Asked after the items, once one was answered above its lowest; in no score.",
    )
    closed = serializers.BooleanField(help_text="Its last item was answered.")


class LinkCheckInSerializer(serializers.Serializer[Any]):
    id = IdField()
    kind = serializers.CharField()
    questions = QuestionSerializer(many=True)
    questionnaires = LinkFormSerializer(many=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    alarming = serializers.BooleanField(help_text="Show the emergency lines at once.")


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
    language = serializers.CharField()
    readiness = QuestionSerializer(
        many=True, help_text="What has to be known before the visit; empty once it has begun."
    )
    check_ins = LinkCheckInSerializer(many=True)
    diary_days = serializers.ListField(
        child=serializers.DateField(), help_text="The days that this link can still write."
    )
    diary_asked_at = serializers.TimeField(allow_null=True)
    nobody_there = serializers.BooleanField(
        help_text="An answer is alarming, and the house is closed: say so beside the emergency lines."
    )
    there_again_at = serializers.DateTimeField(
        allow_null=True, help_text="While it is closed: when somebody is there again."
    )
    emergency_lines = EmergencyLineSerializer(
        many=True, help_text="Filled as soon as an answer or what is written is alarming: show them at once."
    )


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
        return Response(_opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"])
    def confirm(self, request: Request) -> Response:
        """The patient is coming."""
        link, _ = proved_with(ProofSerializer, request)
        links.confirm_visit(link=link, now=clock.now())
        return Response(_opened(link))

    @extend_schema(request=OfferAcceptSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="accept-offer")
    def accept_offer(self, request: Request) -> Response:
        """The patient takes the time that is held for them; 409 `offer_over` when it came too late,
        `offer_changed` when another start was offered than was shown."""
        link, data = proved_with(OfferAcceptSerializer, request)
        links.accept_offer(link=link, shown=data["starts_at"], now=clock.now())
        return Response(_opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="decline-offer")
    def decline_offer(self, request: Request) -> Response:
        """The patient doesn't want this time, and goes on waiting."""
        link, _ = proved_with(ProofSerializer, request)
        links.decline_offer(link=link, now=clock.now())
        return Response(_opened(link))

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
        return Response(_opened(link), status=201 if made else 200)

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
        return Response(_opened(link), status=201 if made else 200)

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
        return Response(_opened(link, words), status=201 if made else 200)

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
        return Response(_opened(link), status=201 if made else 200)

    @extend_schema(request=AskDailySerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="ask-daily")
    def ask_daily(self, request: Request) -> Response:
        """Ask the patient for the diary every day at this time, by e-mail."""
        link, data = proved_with(AskDailySerializer, request)
        diary.require(link, clock.now())
        diary.ask_daily(actor=None, patient=link.patient, at=data["at"], now=clock.now())
        return Response(_opened(link))

    @extend_schema(request=ProofSerializer, responses=OpenedLinkSerializer)
    @action(detail=False, methods=["post"], url_path="stop-asking")
    def stop_asking(self, request: Request) -> Response:
        """Ask for the diary no longer."""
        link, _ = proved_with(ProofSerializer, request)
        diary.require(link, clock.now())
        diary.stop_asking(actor=None, patient=link.patient, now=clock.now())
        return Response(_opened(link))


def _opened(link: PatientLink, words: Iterable[str] = ()) -> dict[str, Any]:
    """What the page of this link would show, in the patient's language. `words`: what was written just now,
    also where it isn't kept."""
    now, clinic = clock.now(), link.message.clinic
    offered = things.of_link(link, now)
    language = writing.language_of(link.patient.language).code
    visit, given = offered.visit, offered.readiness
    asked_daily = diary.nudge_of(link.patient) if offered.diary else None
    alarming = (
        any(each.level == grading.RED for each in offered.check_ins)
        or (offered.diary and diary.alarming(link.patient, now))
        or (given is not None and own_words.alarming((given.ride_name, given.ride_phone)))
        or own_words.alarming(words)
    )
    nobody_there = alarming and not on_call.staffed(clinic_id=clinic.pk, now=now)
    found = {
        "purpose": link.purpose,
        "clinic": clinic.sender_name,
        "phone": str(clinic.phone),
        "language": language,
        "visit": visit
        and {
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
            "time_zone": clinic.time_zone,
            "status": visit.status,
            "patient_status": visit.patient_status,
        },
        "readiness": [
            _question(each, _said(given, each.code), language) for each in READINESS if offered.asks_readiness
        ],
        "offer": offered.offer,
        "check_ins": [_check_in(each, language) for each in offered.check_ins],
        "diary_days": diary.days_open(link.patient, now) if offered.diary else [],
        "diary_asked_at": asked_daily.at if asked_daily else None,
        "emergency_lines": emergency_lines() if alarming else [],
        "nobody_there": nobody_there,
        "there_again_at": on_call.staffed_again_at(clinic_id=clinic.pk, now=now) if nobody_there else None,
    }
    return dict(OpenedLinkSerializer(found).data)


def _said(given: Readiness | None, question: str) -> str:
    value = getattr(given, question) if given else YesNoUnknown.UNKNOWN
    return "" if value == YesNoUnknown.UNKNOWN else value


def _check_in(check_in: CheckIn, language: str) -> dict[str, Any]:
    given = check_ins.newest_answers(check_in)
    return {
        "id": check_in.pk,
        "kind": check_in.kind,
        "questions": [
            _question(each, given[each.code].value if each.code in given else "", language)
            for each in QUESTION_SETS[check_in.kind]
        ],
        "questionnaires": [_form(form, language) for form in questionnaires.forms_of(check_in)],
        "completed_at": check_in.completed_at,
        "alarming": check_in.level == grading.RED,
    }


def _question(question: Question, value: str, language: str) -> dict[str, Any]:
    return {
        "code": question.code,
        "text": question.text.of(language),
        "choices": [{"value": each.value, "text": each.label.of(language)} for each in question.choices],
        "value": value,
    }


def _form(form: Form, language: str) -> dict[str, Any]:
    words, asked = words_of(form.instrument, language), form.instrument
    values = [each.value for each in asked.choices] or list(range(asked.low, asked.high + 1))
    labels = words.choices or [str(value) for value in values]
    return {
        "instrument": asked.code,
        "stem": words.stem,
        "choices": [{"value": str(value), "text": text} for value, text in zip(values, labels, strict=True)],
        "items": [
            {"item": place, "text": text, "value": form.answers.get(place)}
            for place, text in enumerate(words.items, 1)
        ],
        "beside": _beside(form, words),
        "closed": form.closed,
    }


def _beside(form: Form, words: Words) -> dict[str, Any] | None:
    """The question beside the items, where it is asked."""
    beside, item = form.instrument.beside, form.instrument.beside_item
    if beside is None or item not in form.asked:
        return None
    choices = zip(beside.choices, words.beside_choices, strict=True)
    return {
        "item": item,
        "text": words.beside,
        "value": form.answers.get(item),
        "choices": [{"value": str(each.value), "text": text} for each, text in choices],
    }
