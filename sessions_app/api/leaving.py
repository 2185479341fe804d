"""Calls about recovery and the way home."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.viewsets import CreateSerializer
from sessions_app import states
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import SessionActions, gathered, recorded
from sessions_app.api.answers import DischargeSerializer
from sessions_app.leaving import discharge, home_readiness, instructions
from sessions_app.models import Discharge


class DischargeEntrySerializer(CreateSerializer):
    """PADSS without what is reckoned: vital signs from the baseline, activity from the two questions."""

    vital_signs_score = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        help_text="0 to 2; counts only where none can be reckoned from a baseline",
    )
    oriented = serializers.BooleanField(help_text="To person, place and time")
    steady_gait = serializers.BooleanField()
    nausea_pain_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    iv_site_score = serializers.IntegerField(help_text="0 to 2, in place of surgical bleeding")
    intake_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    suicidality_asked_again = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Needed if it was positive before"
    )
    iv_removed = serializers.BooleanField()
    escort_name = serializers.CharField(max_length=120, allow_blank=True)
    escort_phone = serializers.CharField(max_length=40, allow_blank=True)
    escort_seen = serializers.BooleanField(help_text="The adult is here and takes the patient home")
    instructions_given = serializers.BooleanField()


class MissingSerializer(serializers.Serializer[states.Blocker]):
    code = serializers.CharField()
    detail = serializers.CharField()


class HomeReadinessSerializer(serializers.Serializer[object]):
    """What the record knows before anybody is asked: the reckoned score, what stands against going home."""

    home_from = serializers.DateTimeField(allow_null=True)
    vital_signs_score = serializers.IntegerField(allow_null=True)
    sets_near_in_a_row = serializers.IntegerField()
    suicidality_was_positive = serializers.BooleanField()
    missing = MissingSerializer(many=True)


class SectionSerializer(serializers.Serializer[instructions.Section]):
    heading = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())
    do = serializers.CharField(help_text="What to do about them; may be empty.")


class LeafletSerializer(serializers.Serializer[instructions.Leaflet]):
    language = serializers.CharField(help_text="The patient's, or en.")
    title = serializers.CharField()
    sections = SectionSerializer(many=True)


class LeavingActions(SessionActions):
    """Home readiness and discharge."""

    access = {
        "home_readiness": READ_SESSIONS,
        "instructions": READ_SESSIONS,
        "discharge": MAY["discharge"],
    }

    @extend_schema(responses=HomeReadinessSerializer)
    @action(detail=True, methods=["get"], url_path="home-readiness")
    def home_readiness(self, request: Request, pk: UUID) -> Response:
        """What the record itself still holds against going home, and the score that it gives."""
        session = self.opened("home readiness")
        course = discharge.recovery(session, clock.now())
        known = {
            "home_from": discharge.home_from(session),
            "vital_signs_score": home_readiness.vital_signs_score(course),
            "sets_near_in_a_row": home_readiness.sets_near_in_a_row(course),
            "suicidality_was_positive": course.suicidality_was_positive,
            "missing": states.blockers(states.ACTS["discharge"], home_readiness.known_missing(course)),
        }
        return Response(HomeReadinessSerializer(known).data)

    @extend_schema(responses=LeafletSerializer)
    @action(detail=True, methods=["get"])
    def instructions(self, request: Request, pk: UUID) -> Response:
        """What the patient takes home on paper, in their language."""
        session = self.opened("instructions")
        phone = session.clinic.phone.as_national
        leaflet = instructions.leaflet(language=session.patient.language, phone=phone)
        return Response(LeafletSerializer(leaflet).data)

    @recorded(DischargeEntrySerializer, DischargeSerializer)
    @action(detail=True, methods=["post"])
    def discharge(self, request: Request, pk: UUID) -> Response:
        """Let the patient go home; a 409 `not_ready` lists everything that is missing."""
        return self.record_line(
            DischargeEntrySerializer,
            discharge.discharge,
            Discharge,
            DischargeSerializer,
            shape=lambda data: gathered(data, assessment=home_readiness.Assessment),
        )
