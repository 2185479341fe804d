"""The words in which calls speak of side effects and vital signs, with the codes by which other systems know
them. What is recorded in these words is in `observing`.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.viewsets import ClinicViewSet
from sessions_app.access import READ_SESSIONS
from sessions_app.models import SideEffect, VitalSigns
from sessions_app.observing.vital_limits import RINGS
from sessions_app.observing.vocabulary import SIGN_CODES, TERMS


class SideEffectTermSerializer(serializers.Serializer[Any]):
    """What can stand as the `term` of a side effect."""

    term = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    snomed = serializers.CharField(help_text="SNOMED CT; empty: none is verified.")
    icd10cm = serializers.CharField(help_text="ICD-10-CM; empty: there is none.")
    escalate = serializers.CharField(
        help_text="now: the prescriber is called at once; before_next_session: looks at it before that."
    )


class VitalSignTermSerializer(serializers.Serializer[Any]):
    """One field of a set of vital signs."""

    sign = serializers.CharField(help_text="The name of the field.")
    label = serializers.CharField()  # type: ignore[assignment]
    ucum = serializers.CharField()
    loinc = serializers.ListField(
        child=serializers.CharField(), help_text="Empty: none is verified, the field's name is the code."
    )
    panel = serializers.CharField(help_text="LOINC of the panel of which it is a component, or empty.")


class SideEffectTermsViewSet(ClinicViewSet):
    """The vocabulary of side effects."""

    access = {"list": READ_SESSIONS}
    queryset = SideEffect.objects.none()
    serializer_class = SideEffectTermSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=SideEffectTermSerializer(many=True))
    def list(self, request: Request) -> Response:
        rows = [{"term": code, **vars(term)} for code, term in TERMS.items()]
        return Response(SideEffectTermSerializer(rows, many=True).data)


class VitalSignTermsViewSet(ClinicViewSet):
    """The fields of a set of vital signs."""

    access = {"list": READ_SESSIONS}
    queryset = VitalSigns.objects.none()
    serializer_class = VitalSignTermSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=VitalSignTermSerializer(many=True))
    def list(self, request: Request) -> Response:
        rows = [{"sign": sign, "label": ring.label, **vars(SIGN_CODES[sign])} for sign, ring in RINGS.items()]
        return Response(VitalSignTermSerializer(rows, many=True).data)
