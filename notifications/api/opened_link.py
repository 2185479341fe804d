"""What a link shows once it is open, in the patient's language; every call of `links` answers with it."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from clinic import clock
from clinic.fields import IdField
from notifications.answering import (
    check_ins,
    diary,
    grading,
    own_words,
    questionnaires,
    things,
)
from notifications.answering.grading import Question
from notifications.answering.question_sets import QUESTION_SETS
from notifications.answering.questionnaire_words import Words, words_of
from notifications.answering.questionnaires import Form
from notifications.api.proof import emergency_lines
from notifications.escalating import on_call
from notifications.models import CheckIn, LinkPurpose, PatientLink
from notifications.wording import writing
from scheduler.models import Appointment, AppointmentStatus, OfferStatus, ParticipantStatus
from sessions_app.models import YesNoUnknown
from sessions_app.preparing.readiness import Answers


class LinkVisitSerializer(serializers.Serializer[Any]):
    id = IdField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(help_text="The clinic's: the visit's time is the clock on its wall.")
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    patient_status = serializers.ChoiceField(choices=ParticipantStatus.choices)


class ToldVisitSerializer(LinkVisitSerializer):
    told_as = serializers.DateTimeField(help_text="The start that the message named.")


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
    visit = LinkVisitSerializer(allow_null=True, help_text="Of several the next that is to come.")
    visits = ToldVisitSerializer(many=True, help_text="All of which the message told, by their starts.")
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


def opened(link: PatientLink, words: Iterable[str] = ()) -> dict[str, Any]:
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
        "visit": visit and _visit(visit),
        "visits": [{**_visit(told.visit), "told_as": told.spoken_of} for told in offered.told],
        "readiness": [_question(each, _said(given, each.code), language) for each in offered.questions],
        "offer": offered.offer,
        "check_ins": [_check_in(each, language) for each in offered.check_ins],
        "diary_days": diary.days_open(link.patient, now) if offered.diary else [],
        "diary_asked_at": asked_daily.at if asked_daily else None,
        "emergency_lines": emergency_lines() if alarming else [],
        "nobody_there": nobody_there,
        "there_again_at": on_call.staffed_again_at(clinic_id=clinic.pk, now=now) if nobody_there else None,
    }
    return dict(OpenedLinkSerializer(found).data)


def _visit(visit: Appointment) -> dict[str, Any]:
    return {
        "id": visit.pk,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "time_zone": visit.clinic.time_zone,
        "status": visit.status,
        "patient_status": visit.patient_status,
    }


def _said(given: Answers | None, question: str) -> str:
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
