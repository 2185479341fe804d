"""What calls about a session answer: its head, its lines, and the frozen versions of its record."""

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic import clock
from clinic.fields import IdField
from sessions_app import queries, recording, states
from sessions_app.infusing import progress
from sessions_app.models import (
    Alert,
    AlertStep,
    ChecklistAnswer,
    Discharge,
    DoseCheck,
    DoseWorksheet,
    InfusionEvent,
    MedicineGiven,
    Observation,
    PrescriberOverride,
    Session,
    SessionNote,
    SideEffect,
    SignedRecord,
    VitalSigns,
    Waste,
    WasteWitness,
)
from sessions_app.observing import vocabulary

LINE = ["id", "recorded_by", "recorded_by_name", "recorded_at", "revision"]
CORRECTABLE = [*LINE, "corrects", "correction_reason", "amendment"]


class SessionSummarySerializer(serializers.ModelSerializer[Session]):
    """Where a session stands. The `signed_records` should be loaded, their ids at least."""

    revision = serializers.SerializerMethodField(help_text="The ETag's: each amendment is one more.")
    patient_name = serializers.CharField(source="patient.full_name", read_only=True)
    protocol_title = serializers.CharField(source="protocol.title", read_only=True)

    class Meta:
        model = Session
        fields = [
            "id",
            "clinic",
            "patient",
            "patient_name",
            "appointment",
            "protocol",
            "protocol_title",
            "state",
            "revision",
            "arrived_at",
            "started_at",
            "stopped_at",
            "stopped_early",
            "stop_reason",
            "discharged_at",
        ]

    def get_revision(self, session: Session) -> int:
        return recording.revision_of(session)


class LineSerializer(serializers.ModelSerializer[Any]):
    recorded_by_name = serializers.CharField(source="recorded_by.full_name", read_only=True)

    class Meta:
        model: type[Observation]
        fields: list[str]


class ChecklistAnswerSerializer(LineSerializer):
    class Meta:
        model = ChecklistAnswer
        fields = [*CORRECTABLE, "item", "result", "note", "source"]


class DoseWorksheetSerializer(LineSerializer):
    class Meta:
        model = DoseWorksheet
        fields = [
            *CORRECTABLE,
            "weight_kg",
            "weight_as_read",
            "weight_unit",
            "dosing_weight_kg",
            "weight_basis",
            "weighed_at",
            "ordered_dose",
            "dose_basis",
            "stock_mg_per_ml",
            "bag_volume_ml",
            "minutes",
            "dose_mg",
            "drug_volume_ml",
            "concentration_mg_per_ml",
            "rate_ml_per_h",
            "dead_space_ml",
            "formula_version",
            "warning",
        ]


class DoseCheckSerializer(LineSerializer):
    """The second person's own figures, and the names of those that differ from the worksheet's."""

    class Meta:
        model = DoseCheck
        fields = [
            *LINE,
            "worksheet",
            "weight_kg",
            "stock_mg_per_ml",
            "dose_mg",
            "mg_per_kg",
            "drug_volume_ml",
            "bag_volume_ml",
            "concentration_mg_per_ml",
            "rate_ml_per_h",
            "disagreements",
        ]


class PrescriberOverrideSerializer(LineSerializer):
    class Meta:
        model = PrescriberOverride
        fields = [*LINE, "subject", "about", "reason"]


class InfusionEventSerializer(LineSerializer):
    class Meta:
        model = InfusionEvent
        fields = [*LINE, "kind", "reason", "happened_at", "rate_ml_per_h", "volume_ml"]


class MedicineGivenSerializer(LineSerializer):
    ordered_by_name = serializers.CharField(source="ordered_by.full_name", default="", read_only=True)

    class Meta:
        model = MedicineGiven
        fields = [
            *CORRECTABLE,
            "medicine",
            "amount",
            "unit",
            "route",
            "given_at",
            "reason",
            "ordered_by",
            "ordered_by_name",
            "allergy_reason",
        ]


class WasteSerializer(LineSerializer):
    class Meta:
        model = Waste
        fields = [*CORRECTABLE, "vial", "drawn_mg", "wasted_mg", "reason"]


class WasteWitnessSerializer(LineSerializer):
    class Meta:
        model = WasteWitness
        fields = [*LINE, "waste"]


class SessionNoteSerializer(LineSerializer):
    class Meta:
        model = SessionNote
        fields = [*CORRECTABLE, "text"]


class GivenSerializer(serializers.Serializer[Any]):
    """What was given so far, reckoned at the moment `at`; rates are 0 while the pump stands."""

    at = serializers.DateTimeField()
    volume_ml = serializers.DecimalField(max_digits=8, decimal_places=2)
    mg = serializers.DecimalField(max_digits=8, decimal_places=1)
    rate_ml_per_h = serializers.DecimalField(max_digits=6, decimal_places=1)
    mg_per_h = serializers.DecimalField(max_digits=8, decimal_places=1)
    running = serializers.BooleanField()
    ordered_mg = serializers.DecimalField(max_digits=7, decimal_places=1)
    most_mg = serializers.DecimalField(
        max_digits=7, decimal_places=1, help_text="The protocol's hard limit for this session."
    )
    left_ml = serializers.DecimalField(max_digits=8, decimal_places=2)
    empty_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the bag will be empty at the rate of now; null while the pump stands.",
    )


class VitalSignsSerializer(LineSerializer):
    class Meta:
        model = VitalSigns
        fields = [
            *CORRECTABLE,
            "measured_at",
            "systolic_mmhg",
            "diastolic_mmhg",
            "heart_rate_per_min",
            "respiratory_rate_per_min",
            "oxygen_saturation_percent",
            "temperature_cel",
            "pain_nrs",
            "mean_mmhg",
            "end_tidal_co2_mmhg",
            "oxygen_l_per_min",
            "rass",
            "dissociation",
            "distress",
            "symptoms",
            "device",
            "absent_reason",
            "confirmed",
        ]


class AlertStepSerializer(LineSerializer):
    """One step of an alert. Without `recorded_by` the server made it: it told somebody."""

    recorded_by_name = serializers.CharField(source="recorded_by.full_name", default=None, read_only=True)
    told_name = serializers.CharField(source="told.full_name", default=None, read_only=True)

    class Meta:
        model = AlertStep
        fields = [*LINE, "alert", "kind", "rung", "told", "told_name", "words"]


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert with what became of it."""

    patient = IdField(source="session.patient_id", read_only=True)
    patient_name = serializers.CharField(source="session.patient.full_name", read_only=True)
    steps = AlertStepSerializer(many=True, read_only=True)

    class Meta:
        model = Alert
        fields = [
            "id",
            "session",
            "patient",
            "patient_name",
            "kind",
            "level",
            "sign",
            "detail",
            "raised_at",
            "reading",
            "due_at",
            "revision",
            "steps",
        ]


class SideEffectSerializer(LineSerializer):
    """A line of a side effect. How its term is called and coded is the vocabulary's of now: no part of the
    record."""

    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    snomed = serializers.SerializerMethodField(help_text="SNOMED CT; empty: none is verified.")
    icd10cm = serializers.SerializerMethodField(help_text="ICD-10-CM; empty: there is none.")

    class Meta:
        model = SideEffect
        fields = [
            *CORRECTABLE,
            "term",
            "label",
            "snomed",
            "icd10cm",
            "onset_at",
            "grade",
            "peak_grade",
            "distress",
            "seriousness",
            "source",
            "relatedness",
            "action",
            "action_at",
            "medicine",
            "outcome",
            "ended_at",
            "course_of",
            "as_of",
        ]

    def get_label(self, line: SideEffect) -> str:
        return vocabulary.label_of(line.term)

    def get_snomed(self, line: SideEffect) -> str:
        return vocabulary.term_of(line.term).snomed

    def get_icd10cm(self, line: SideEffect) -> str:
        return vocabulary.term_of(line.term).icd10cm


class DischargeSerializer(LineSerializer):
    class Meta:
        model = Discharge
        fields = [
            *LINE,
            "vital_signs_score",
            "activity_score",
            "nausea_pain_score",
            "iv_site_score",
            "intake_score",
            "escort_name",
            "instructions_given",
        ]


class SignatureSerializer(serializers.ModelSerializer[SignedRecord]):
    """A frozen version without its content."""

    signed_by_name = serializers.CharField(source="signed_by.full_name", read_only=True)

    class Meta:
        model = SignedRecord
        fields = [
            "id",
            "version",
            "chain_position",
            "sha256",
            "previous_sha256",
            "meaning",
            "reason",
            "signed_by",
            "signed_by_name",
            "signed_at",
        ]


class SignedVersionSerializer(SignatureSerializer):
    content = serializers.SerializerMethodField(help_text="What was signed, read from its exact bytes.")
    content_text = serializers.CharField(
        source="content", help_text="The exact text: sha256 is of previous_sha256, a line feed and this."
    )

    class Meta(SignatureSerializer.Meta):
        fields = [*SignatureSerializer.Meta.fields, "content", "content_text"]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_content(self, signed: SignedRecord) -> Any:
        return json.loads(signed.content)


class SessionSerializer(SessionSummarySerializer):
    """The whole session as it stands, corrected lines included, and what can be done next."""

    possible = serializers.SerializerMethodField()
    checklist_answers = ChecklistAnswerSerializer(many=True)
    dose_worksheets = DoseWorksheetSerializer(many=True)
    dose_checks = DoseCheckSerializer(many=True)
    overrides = PrescriberOverrideSerializer(many=True)
    infusion_events = InfusionEventSerializer(many=True)
    given = serializers.SerializerMethodField()
    medicines_given = MedicineGivenSerializer(many=True)
    wastes = WasteSerializer(many=True)
    waste_witnesses = WasteWitnessSerializer(many=True)
    vital_signs = VitalSignsSerializer(many=True)
    alerts = AlertSerializer(many=True)
    side_effects = SideEffectSerializer(many=True)
    discharges = DischargeSerializer(many=True)
    notes = SessionNoteSerializer(many=True)
    signed_records = SignatureSerializer(many=True)

    class Meta(SessionSummarySerializer.Meta):
        fields = [
            *SessionSummarySerializer.Meta.fields,
            "possible",
            "checklist_answers",
            "dose_worksheets",
            "dose_checks",
            "overrides",
            "infusion_events",
            "given",
            "medicines_given",
            "wastes",
            "waste_witnesses",
            "vital_signs",
            "alerts",
            "side_effects",
            "discharges",
            "notes",
            "signed_records",
        ]

    def get_possible(self, session: Session) -> list[str]:
        return states.possible(session.state)

    @extend_schema_field(GivenSerializer(allow_null=True))
    def get_given(self, session: Session) -> Any:
        standing = progress.progress(session, clock.now())
        return GivenSerializer(standing).data if standing else None


def whole(session: Session) -> Any:
    """The session with all its lines as it stands in the tables now."""
    return SessionSerializer(queries.session_detail(session.pk)).data
