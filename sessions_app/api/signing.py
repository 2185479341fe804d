"""Calls that freeze the record, amend it, and read its frozen versions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app import queries
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import SessionActions, recorded
from sessions_app.api.answers import SignatureSerializer, SignedVersionSerializer
from sessions_app.api.observing import ReadingSerializer, ReportSerializer
from sessions_app.models import SignedRecord
from sessions_app.observing import side_effects, vitals
from sessions_app.signing import signing


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


def _correction(line: Mapping[str, Any]) -> signing.Correction:
    content: signing.Content = (
        vitals.Reading(**line["vital_signs"])
        if "vital_signs" in line
        else side_effects.Report(**line["side_effect"])
    )
    return signing.Correction(id=line["id"], content=content, corrects=line["corrects"])


class SigningActions(SessionActions):
    """Sign, amend, and the signed versions."""

    access = {
        "record": READ_SESSIONS,
        "sign": MAY["sign"],
        "amendments": MAY["amend"],
    }

    @extend_schema(responses=SignedVersionSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def record(self, request: Request, pk: UUID) -> Response:
        """Every signed version of the record, the signature first. The look is written down."""
        session = self.opened("signed record")
        return Response(SignedVersionSerializer(queries.signed_versions(session), many=True).data)

    @recorded(SignSerializer, SignatureSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: UUID) -> Response:
        """Freeze the record."""
        return self.record_line(SignSerializer, signing.sign, SignedRecord, SignatureSerializer)

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
            shape=lambda data: {**data, "corrections": [_correction(line) for line in data["corrections"]]},
        )
