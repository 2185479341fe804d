"""Allergies over the API: record one, say what it is now. A patient's list is `patients/{id}/allergies/`."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, allergies, clock
from clinic.api.patients import AllergySerializer
from clinic.fields import IdField, LineField
from clinic.models import Allergy
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer


class AllergyCreateSerializer(CreateSerializer):
    patient = IdField()
    substance = LineField(max_length=240)
    category = serializers.ChoiceField(choices=allergies.CATEGORIES, required=False, default="")
    criticality = serializers.ChoiceField(choices=allergies.CRITICALITIES, required=False, default="")
    reaction = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    verification_status = serializers.ChoiceField(
        choices=allergies.VERIFICATION_STATUSES[:2], required=False, default="unconfirmed"
    )


class JudgementSerializer(StrictSerializer):
    clinical_status = serializers.ChoiceField(
        choices=allergies.CLINICAL_STATUSES,
        required=False,
        default="",
        help_text="Left out for what was entered in error.",
    )
    verification_status = serializers.ChoiceField(choices=allergies.VERIFICATION_STATUSES)
    reason = serializers.CharField(max_length=240, help_text="How it is known; kept in the history.")


class AllergiesViewSet(ClinicViewSet):
    """Allergies as FHIR words them (AllergyIntolerance)."""

    access = {"create": access.RECORD_ALLERGIES, "judge": access.RECORD_ALLERGIES}
    queryset = Allergy.objects.select_related("patient")
    serializer_class = AllergySerializer

    @extend_schema(
        request=AllergyCreateSerializer, responses={200: AllergySerializer, 201: AllergySerializer}
    )
    def create(self, request: Request) -> Response:
        """Record an allergy of a patient."""
        data = self.parse(AllergyCreateSerializer)
        id = data.pop("id")
        patient = access.open_chart(self.actor, self.permission, data.pop("patient"), what="allergies")
        return self.create_once(
            noun="allergy",
            data={"id": id},
            make=lambda: allergies.record(
                actor=self.actor, id=id, patient=patient, report=allergies.Report(**data), now=clock.now()
            ),
            find=lambda: Allergy.objects.get(pk=id),
            answer=AllergySerializer,
        )

    @extend_schema(request=JudgementSerializer, responses=AllergySerializer)
    @action(detail=True, methods=["post"])
    def judge(self, request: Request, pk: UUID) -> Response:
        """Say what the allergy is now: inactive, resolved, confirmed, refuted, entered in error."""
        allergy = self.fetch(self.get_queryset(), pk=pk)
        access.log_look(self.actor, allergy.patient, what="allergies")
        judged = allergies.judge(actor=self.actor, allergy=allergy, **self.parse(JudgementSerializer))
        return Response(AllergySerializer(judged).data)
