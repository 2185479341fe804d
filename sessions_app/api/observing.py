"""Calls about what is seen in the chair: vital signs and side effects."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.fields import MomentField
from clinic.viewsets import StrictSerializer
from sessions_app.access import MAY
from sessions_app.api.acting import CorrectableSerializer, SessionActions, gathered, recorded, words
from sessions_app.api.answers import SideEffectSerializer, VitalSignsSerializer
from sessions_app.models import Relatedness, SideEffect, SideEffectOutcome, VitalSigns
from sessions_app.observing import side_effects, vital_limits, vitals


class ReadingSerializer(StrictSerializer):
    measured_at = MomentField()
    systolic_mmhg = serializers.IntegerField(required=False, allow_null=True)
    diastolic_mmhg = serializers.IntegerField(required=False, allow_null=True)
    heart_rate_per_min = serializers.IntegerField(required=False, allow_null=True)
    respiratory_rate_per_min = serializers.IntegerField(required=False, allow_null=True)
    oxygen_saturation_percent = serializers.IntegerField(required=False, allow_null=True)
    temperature_cel = serializers.DecimalField(
        max_digits=4, decimal_places=1, required=False, allow_null=True
    )
    pain_nrs = serializers.IntegerField(required=False, allow_null=True)
    mean_mmhg = serializers.IntegerField(required=False, allow_null=True)
    end_tidal_co2_mmhg = serializers.IntegerField(required=False, allow_null=True)
    oxygen_l_per_min = serializers.DecimalField(
        max_digits=4, decimal_places=1, required=False, allow_null=True, help_text="Left out or 0: room air."
    )
    rass = serializers.IntegerField(required=False, allow_null=True, help_text="-5 to +4")
    dissociation = serializers.IntegerField(required=False, allow_null=True, help_text="0 to 10")
    distress = serializers.IntegerField(required=False, allow_null=True, help_text="0 to 10")
    symptoms = serializers.ListField(
        child=serializers.ChoiceField(choices=list(vital_limits.SYMPTOMS.items())),
        required=False,
        default=list,
    )
    absent_reason = words(120, help_text="Why something was not measured.")
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="Measured again: an unusual value is right."
    )


class VitalsSerializer(ReadingSerializer, CorrectableSerializer):
    pass


class ReportSerializer(StrictSerializer):
    term = serializers.CharField(max_length=60, help_text="A key of the vocabulary, such as nausea.")
    onset_at = MomentField()
    grade = serializers.IntegerField(help_text="CTCAE v5, 1 to 5")
    relatedness = serializers.ChoiceField(
        choices=Relatedness.choices, required=False, default=Relatedness.POSSIBLE
    )
    action = words()
    outcome = serializers.ChoiceField(
        choices=SideEffectOutcome.choices, required=False, default=SideEffectOutcome.ONGOING
    )
    ended_at = MomentField(required=False, allow_null=True, default=None)


class SideEffectEntrySerializer(ReportSerializer, CorrectableSerializer):
    pass


class ObservingActions(SessionActions):
    """Vital signs and side effects."""

    access = {
        "vitals": MAY["vitals"],
        "side_effects": MAY["side_effect"],
    }

    @recorded(VitalsSerializer, VitalSignsSerializer)
    @action(detail=True, methods=["post"])
    def vitals(self, request: Request, pk: UUID) -> Response:
        """Record one set of vital signs, or correct one."""
        return self.record_line(
            VitalsSerializer,
            vitals.record_vitals,
            VitalSigns,
            VitalSignsSerializer,
            shape=lambda data: gathered(data, reading=vitals.Reading),
        )

    @recorded(SideEffectEntrySerializer, SideEffectSerializer)
    @action(detail=True, methods=["post"], url_path="side-effects")
    def side_effects(self, request: Request, pk: UUID) -> Response:
        """Record a side effect, its course, or a correction."""
        return self.record_line(
            SideEffectEntrySerializer,
            side_effects.record_side_effect,
            SideEffect,
            SideEffectSerializer,
            shape=lambda data: gathered(data, report=side_effects.Report),
        )
