"""Calls that freeze the record, amend it, and read, compare and print its frozen versions.

Whoever signs sends their password again, and the code where they have a second factor: also with a token,
which anybody may have found. Neither is kept, nor part of what makes a call the same call.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.access import VIEW_ACCESS_LOG
from clinic.api.proof import SECRET, PasswordAgainSerializer
from clinic.fields import IdField, MomentField
from clinic.problems import Missing
from clinic.signin import Proof
from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app import queries
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import SessionActions, recorded, words
from sessions_app.api.answers import SignatureSerializer, SignedVersionSerializer
from sessions_app.api.observing import ReadingSerializer, ReportSerializer, StateSerializer, course_of
from sessions_app.models import SignedRecord
from sessions_app.observing import side_effects, vitals
from sessions_app.signing import amending, comparing, meanings, printing, signing


class ProofSerializer(CreateSerializer, PasswordAgainSerializer):
    """A new line that its author signs."""


class SignSerializer(ProofSerializer):
    meaning = serializers.ChoiceField(
        choices=[(meaning.code, meaning.says) for meaning in meanings.MEANINGS],
        help_text="What the signature says; only whoever gave the infusion says so.",
    )


class ChecklistNoteSerializer(StrictSerializer):
    note = words()


class AmendedMedicineSerializer(StrictSerializer):
    medicine = serializers.CharField(max_length=80)
    amount = serializers.DecimalField(max_digits=8, decimal_places=3)
    unit = serializers.CharField(max_length=12, help_text="UCUM, such as mg")
    route = serializers.CharField(max_length=40)
    given_at = MomentField()
    reason = serializers.CharField(max_length=240)
    ordered_by_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A prescriber here. Left out: as the corrected line, or by the order set.",
    )
    allergy_reason = words(help_text="If an allergy is on record, why it was given all the same.")


class AmendedWasteSerializer(StrictSerializer):
    vial = serializers.CharField(max_length=80)
    drawn_mg = serializers.DecimalField(max_digits=7, decimal_places=1)
    wasted_mg = serializers.DecimalField(max_digits=7, decimal_places=1)
    reason = words()


class WitnessedSerializer(StrictSerializer):
    waste = IdField(help_text="A waste that stands without a witness, recorded by another.")


class AmendedNoteSerializer(StrictSerializer):
    text = serializers.CharField(max_length=4000)


class DischargeFactsSerializer(StrictSerializer):
    escort_name = serializers.CharField(max_length=120)
    escort_phone = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True, default=None
    )
    escort_seen = serializers.BooleanField(required=False, allow_null=True, default=None)
    instructions_given = serializers.BooleanField()
    iv_removed = serializers.BooleanField(required=False, allow_null=True, default=None)
    suicidality_asked_again = serializers.BooleanField(required=False, allow_null=True, default=None)


KINDS: Final[Mapping[str, type]] = {
    "vital_signs": vitals.Reading,
    "side_effect": side_effects.Report,
    "side_effect_course": side_effects.Course,
    "checklist_note": amending.ChecklistNote,
    "medicine": amending.Medicine,
    "waste": amending.Wasted,
    "witness": amending.Witnessed,
    "note": amending.Note,
    "discharge": amending.DischargeFacts,
}


class AmendedLineSerializer(StrictSerializer):
    """One line of an amendment: exactly one of the kinds. A checklist note and the discharge can only be
    corrected, the others added too; nobody amends what was ordered, prepared and given."""

    id = IdField(help_text="The new line's, made by you.")
    corrects = IdField(required=False, allow_null=True, default=None, help_text="Left out: a late entry.")
    vital_signs = ReadingSerializer(required=False)
    side_effect = ReportSerializer(required=False)
    side_effect_course = StateSerializer(required=False)
    checklist_note = ChecklistNoteSerializer(required=False)
    medicine = AmendedMedicineSerializer(required=False)
    waste = AmendedWasteSerializer(required=False)
    witness = WitnessedSerializer(required=False)
    note = AmendedNoteSerializer(required=False)
    discharge = DischargeFactsSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(KINDS.keys() & attrs.keys()) != 1:
            raise serializers.ValidationError(f"Send one of {', '.join(KINDS)}.")
        return attrs


class AmendmentSerializer(ProofSerializer):
    reason = serializers.CharField(max_length=1000)
    corrections = serializers.ListField(child=AmendedLineSerializer(), max_length=50)


class CompareSerializer(StrictSerializer):
    to = serializers.IntegerField(min_value=1)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "from" is a word of the language, and can't be an attribute's name.
        return {"from": serializers.IntegerField(min_value=1), **super().get_fields()}


class LineChangeSerializer(serializers.Serializer[comparing.Change]):
    what = serializers.ChoiceField(choices=["added", "changed", "withdrawn"])
    part = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    fields_changed = serializers.ListField(child=serializers.CharField())


class EnteredLineSerializer(serializers.Serializer[queries.Written]):
    """One line as it was entered; what it says stands in the session."""

    part = serializers.CharField()
    id = IdField()
    at = serializers.DateTimeField()
    recorded_by = serializers.CharField(help_text="By name; empty: the server.")
    corrects = IdField(allow_null=True)
    correction_reason = serializers.CharField()
    after_signature = serializers.BooleanField()


def _proven(data: dict[str, Any]) -> dict[str, Any]:
    """The call's data with what proves the person put together, out of everybody's sight."""
    rest = {name: value for name, value in data.items() if name not in SECRET}
    return {**rest, "proof": Proof(data["password"], data["code"])}


def _correction(line: Mapping[str, Any]) -> amending.Correction:
    [kind] = KINDS.keys() & line.keys()
    content = course_of(line[kind]) if kind == "side_effect_course" else KINDS[kind](**line[kind])
    return amending.Correction(id=line["id"], content=content, corrects=line["corrects"])


class SigningActions(SessionActions):
    """Sign, amend, and the signed versions."""

    access = {
        "record": READ_SESSIONS,
        "compare": READ_SESSIONS,
        "record_pdf": READ_SESSIONS,
        "written": VIEW_ACCESS_LOG,
        "sign": MAY["sign"],
        "amendments": MAY["amend"],
    }

    @extend_schema(responses=SignedVersionSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def record(self, request: Request, pk: UUID) -> Response:
        """Every signed version of the record, the signature first. The look is written down."""
        session = self.opened("signed record")
        return Response(SignedVersionSerializer(queries.signed_versions(session), many=True).data)

    @extend_schema(parameters=[CompareSerializer], responses=LineChangeSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="record/compare", pagination_class=None)
    def compare(self, request: Request, pk: UUID) -> Response:
        """What one signed version has that another had not: lines added, changed, withdrawn."""
        session = self.opened("signed record")
        asked = self.parse_query(CompareSerializer)
        versions = {signed.version: signed for signed in queries.signed_versions(session)}
        if not {asked["from"], asked["to"]} <= versions.keys():
            raise Missing(
                f"This record has the versions 1 to {len(versions)}." if versions else "Not signed."
            )
        changes: Any = comparing.compare(versions[asked["from"]].content, versions[asked["to"]].content)
        return Response(LineChangeSerializer(changes, many=True).data)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path="record.pdf")
    def record_pdf(self, request: Request, pk: UUID) -> HttpResponse:
        """The newest signed version on paper, for the chart and the referrer. The look is written down."""
        session = self.opened("signed record, printed")
        versions = list(queries.signed_versions(session))
        if not versions:
            raise Missing("The record is not signed yet.")
        return HttpResponse(printing.pdf_of(versions), content_type="application/pdf")

    @extend_schema(responses=EnteredLineSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def written(self, request: Request, pk: UUID) -> Response:
        """Who entered which line when, with the reasons of corrections, in the order of entry. The look
        is written down."""
        session = self.opened("changes of a session")
        lines: Any = queries.written_in(session)
        return Response(EnteredLineSerializer(lines, many=True).data)

    @recorded(SignSerializer, SignatureSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: UUID) -> Response:
        """Freeze the record; a 409 `not_ready` lists what is still open as `blockers`."""
        return self.record_line(
            SignSerializer, signing.sign, SignedRecord, SignatureSerializer, shape=_proven, secret=SECRET
        )

    @extend_schema(
        request=AmendmentSerializer,
        responses={200: SignatureSerializer, 201: SignatureSerializer},
    )
    @action(detail=True, methods=["post"])
    def amendments(self, request: Request, pk: UUID) -> Response:
        """Write the next version of a signed record."""
        return self.record_line(
            AmendmentSerializer,
            signing.amend,
            SignedRecord,
            SignatureSerializer,
            shape=lambda data: {
                **_proven(data),
                "corrections": [_correction(line) for line in data["corrections"]],
            },
            secret=SECRET,
        )
