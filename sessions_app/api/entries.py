"""The bodies that calls about a session send. What they mean is checked by the topic modules."""

from typing import Any

from rest_framework import serializers

from clinic.fields import DayField, MomentField
from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app.models import CheckResult, Relatedness, SessionState, SideEffectOutcome

REASON = 240  # characters, as the tables have it


def words(length: int = REASON, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, default="", allow_blank=True, **options)


class SessionFilterSerializer(StrictSerializer):
    day = DayField(required=False, help_text="The clinic's local day of arrival.")
    state = serializers.ChoiceField(choices=SessionState.choices, required=False)
    patient = serializers.UUIDField(required=False)


class OpenSessionSerializer(CreateSerializer):
    appointment = serializers.UUIDField(help_text="A visit that has arrived.")


class ChecklistItemSerializer(StrictSerializer):
    item = serializers.CharField(max_length=40)
    result = serializers.ChoiceField(choices=CheckResult.choices)
    note = words()
    reason = words(help_text="Why an answer that was given before changes.")


class ChecklistSerializer(StrictSerializer):
    answers = serializers.ListField(child=ChecklistItemSerializer(), max_length=40)


class CorrectableSerializer(CreateSerializer):
    """A line that may correct an earlier one of its kind."""

    corrects = serializers.UUIDField(required=False, allow_null=True, default=None)
    correction_reason = words(help_text="Required when the line corrects another.")


class DoseSerializer(CorrectableSerializer):
    weight_kg = serializers.DecimalField(max_digits=5, decimal_places=1)
    weighed_at = MomentField()
    stock_mg_per_ml = serializers.DecimalField(max_digits=5, decimal_places=1)
    bag_volume_ml = serializers.DecimalField(max_digits=6, decimal_places=1)
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, required=False, help_text="Left out: the protocol's."
    )
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="A weight far off the last one was measured again."
    )


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


class StepSerializer(CreateSerializer):
    """A step that needs nothing but its id."""


class PauseSerializer(CreateSerializer):
    reason = words()


class StopSerializer(CreateSerializer):
    early = serializers.BooleanField(required=False, default=False)
    reason = words(help_text="Required for an early stop.")


class NotGivenSerializer(CreateSerializer):
    reason = serializers.CharField(max_length=REASON)


class DischargeEntrySerializer(CreateSerializer):
    vital_signs_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    activity_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    nausea_pain_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    iv_site_score = serializers.IntegerField(help_text="0 to 2, in place of surgical bleeding")
    intake_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    escort_name = words(120)
    instructions_given = serializers.BooleanField()


class SignSerializer(CreateSerializer):
    meaning = serializers.CharField(max_length=160, help_text="What the signature says.")


class AmendedLineSerializer(StrictSerializer):
    """One line of an amendment: exactly one of `vital_signs` and `side_effect`."""

    id = serializers.UUIDField(help_text="The new line's, made by you.")
    corrects = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Left out: a late entry."
    )
    vital_signs = ReadingSerializer(required=False)
    side_effect = ReportSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("vital_signs" in attrs) == ("side_effect" in attrs):
            raise serializers.ValidationError("Send one of vital_signs and side_effect.")
        return attrs


class AmendmentSerializer(CreateSerializer):
    reason = serializers.CharField(max_length=1000)
    corrections = serializers.ListField(child=AmendedLineSerializer(), max_length=50)
