"""Consents over the API: what a patient said yes to, a new yes, a yes taken back."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock, consents, queries
from clinic.fields import IdField, LineField, MomentField
from clinic.models import Consent, ConsentScope, Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfPatientSerializer, StrictSerializer


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = [
            "id",
            "patient",
            "scope",
            "form_version",
            "method",
            "given_at",
            "recorded_by",
            "revoked_at",
            "revoked_how",
            "created_at",
        ]


class ConsentCreateSerializer(CreateSerializer):
    patient = IdField()
    scope = serializers.ChoiceField(choices=ConsentScope.choices)
    form_version = LineField(max_length=40)
    method = LineField(max_length=40, help_text="Paper form, tablet, by telephone.")
    given_at = MomentField()


class RevokeSerializer(StrictSerializer):
    how = LineField(max_length=120, help_text="In person, by letter, text reply STOP.")


class ConsentsViewSet(ClinicViewSet):
    """Consents of patients, those taken back too."""

    access = {
        "list": access.VIEW_PATIENTS,
        "create": access.RECORD_CONSENT,
        "revoke": access.RECORD_CONSENT,
    }
    queryset = Consent.objects.all()
    serializer_class = ConsentSerializer

    @extend_schema(parameters=[OfPatientSerializer])
    def list(self, request: Request) -> Response:
        patient_id = self.parse_query(OfPatientSerializer)["patient"]
        patient = access.open_chart(self.actor, self.permission, patient_id, what="consents")
        return self.page(queries.consents_of(patient), ConsentSerializer)

    @extend_schema(
        request=ConsentCreateSerializer, responses={200: ConsentSerializer, 201: ConsentSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(ConsentCreateSerializer)
        patient = self.fetch(Patient.objects.all(), pk=data["patient"])
        return self.create_once(
            noun="consent",
            data=data,
            make=lambda: consents.record(
                actor=self.actor,
                id=data["id"],
                patient=patient,
                scope=ConsentScope(data["scope"]),
                form_version=data["form_version"],
                method=data["method"],
                given_at=data["given_at"],
                now=clock.now(),
            ),
            find=lambda: Consent.objects.get(pk=data["id"]),
            answer=ConsentSerializer,
        )

    @extend_schema(request=RevokeSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: UUID) -> Response:
        consent = self.fetch(self.get_queryset(), pk=pk)
        how = self.parse(RevokeSerializer)["how"]
        revoked = consents.revoke(actor=self.actor, consent=consent, how=how, now=clock.now())
        return Response(ConsentSerializer(revoked).data)
