"""How a patient's sessions went, and which side effects came again."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, OfPatientSerializer
from sessions_app import looking_back
from sessions_app.access import READ_SESSIONS
from sessions_app.looking_back import LookedBack
from sessions_app.models import ReportedBy, SessionState, SideEffectOutcome


class PressureSerializer(serializers.Serializer[Any]):
    systolic_mmhg = serializers.IntegerField()
    diastolic_mmhg = serializers.IntegerField(allow_null=True)
    minutes = serializers.IntegerField(help_text="From the infusion's start; below 0 before it.")


class EpisodeSerializer(serializers.Serializer[Any]):
    """A side effect from its onset to where it stands."""

    term = serializers.CharField()
    label = serializers.CharField(help_text="The term in words.")  # type: ignore[assignment]
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ReportedBy.choices, source="began.source"
    )
    onset_minutes = serializers.IntegerField(
        allow_null=True, help_text="From the infusion's start; below 0 for what was there before it."
    )
    lasted_minutes = serializers.IntegerField(allow_null=True, help_text="Null while it isn't over.")
    worst = serializers.IntegerField(help_text="The worst CTCAE v5 grade of its course.")
    distress = serializers.IntegerField(allow_null=True, help_text="0 to 10, the worst told.")
    actions = serializers.ListField(child=serializers.CharField())
    outcome = serializers.ChoiceField(choices=SideEffectOutcome.choices, source="stands.outcome")


class WentSerializer(serializers.Serializer[Any]):
    session = IdField(source="session.pk")
    appointment = IdField(source="session.appointment_id")
    state = serializers.ChoiceField(choices=SessionState.choices, source="session.state")
    arrived_at = serializers.DateTimeField(source="session.arrived_at")
    started_at = serializers.DateTimeField(source="session.started_at", allow_null=True)
    stopped_early = serializers.BooleanField(source="session.stopped_early")
    stop_reason = serializers.CharField(source="session.stop_reason")
    ordered_mg = serializers.DecimalField(7, 1, allow_null=True)
    given_mg = serializers.DecimalField(
        7, 1, allow_null=True, help_text="What has run in, reckoned from the volume; never the order's."
    )
    ran_minutes = serializers.IntegerField(allow_null=True, help_text="Without the pauses.")
    paused_minutes = serializers.IntegerField(allow_null=True, help_text="Between start and stop.")
    before = PressureSerializer(allow_null=True, help_text="The last pressure until the start.")
    highest = PressureSerializer(allow_null=True, help_text="The highest systolic pressure since.")
    rise = serializers.IntegerField(allow_null=True, help_text="mmHg systolic above that before the start.")
    lowest_saturation = serializers.IntegerField(allow_null=True, help_text="Percent, since the start.")
    side_effects = EpisodeSerializer(many=True, source="episodes")
    alerts = serializers.IntegerField(help_text="How many were raised.")
    unresolved = serializers.IntegerField(help_text="How many of them are open.")
    signed_version = serializers.IntegerField(source="version", help_text="0: not signed.")


class AgainSerializer(serializers.Serializer[Any]):
    """A side effect that came in more than one session."""

    term = serializers.CharField()
    label = serializers.CharField(help_text="The term in words.")  # type: ignore[assignment]
    sessions = serializers.IntegerField(help_text="In how many it came.")
    of = serializers.IntegerField(help_text="Of so many in which an infusion ran.")
    observed = serializers.IntegerField(help_text="How often staff observed it.")
    reported = serializers.IntegerField(help_text="How often the patient told of it.")
    worst = serializers.IntegerField(help_text="The worst CTCAE v5 grade.")
    last = serializers.DateTimeField(help_text="When it began last.")


class LookedBackSerializer(serializers.Serializer[LookedBack]):
    sessions = WentSerializer(many=True, help_text="The latest first.")
    came_again = AgainSerializer(many=True, help_text="The most often first.")


class LookingBackViewSet(ClinicViewSet):
    """How one patient's sessions went, as they stand now, corrections counted."""

    access = {"list": READ_SESSIONS}
    queryset = Patient.objects.select_related("clinic")
    serializer_class = LookedBackSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[OfPatientSerializer], responses=LookedBackSerializer)
    def list(self, request: Request) -> Response:
        """What was given in each session, how the pressure went, what was felt, and what of it came again.
        The look is written down."""
        asked = self.parse_query(OfPatientSerializer)
        patient = ground.open_chart(self.actor, self.permission, asked["patient"], what="sessions")
        return Response(LookedBackSerializer(looking_back.look_back(patient, now=clock.now())).data)
