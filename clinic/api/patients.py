"""Patients over the API: find, register, look at, mend. Looking at a chart is written down."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock, patients, queries
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.models import AccessLog, AdministrativeGender, Allergy, Channel, Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer


class PatientSummarySerializer(serializers.ModelSerializer[Patient]):
    """Enough to tell one patient from another in a list."""

    class Meta:
        model = Patient
        fields = ["id", "clinic", "mrn", "family_name", "given_names", "birth_date", "deceased", "synthetic"]


class PatientSerializer(serializers.ModelSerializer[Patient]):
    class Meta:
        model = Patient
        fields = [
            "id",
            "clinic",
            "mrn",
            "family_name",
            "given_names",
            "birth_date",
            "deceased",
            "gender",
            "phone",
            "phone_as_given",
            "email",
            "address_line",
            "city",
            "state",
            "postal_code",
            "time_zone",
            "language",
            "preferred_channel",
            "escort_name",
            "escort_phone",
            "flags",
            "synthetic",
            "created_at",
        ]


class PatientDetailsSerializer(StrictSerializer):
    """What can be said about a patient; `clinic.patients` checks what it means."""

    mrn = serializers.CharField(max_length=64, required=False, help_text="Left out: one is made.")
    family_name = serializers.CharField(max_length=120)
    given_names = serializers.CharField(max_length=120)
    birth_date = serializers.DateField()
    deceased = serializers.BooleanField(required=False)
    gender = serializers.ChoiceField(choices=AdministrativeGender.choices, required=False)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    address_line = serializers.CharField(max_length=240, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    state = serializers.CharField(max_length=40, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    language = serializers.CharField(max_length=12, required=False)
    preferred_channel = serializers.ChoiceField(
        choices=Channel.choices,
        required=False,
        help_text=(
            "Left out: the first there is an address for, e-mail before text messages. In place of e-mail "
            "without a consent or an address, messages go as texts that the patient has agreed to."
        ),
    )
    escort_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    escort_phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    flags = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=12, help_text="Short notes."
    )


class SharedNumberSerializer(StrictSerializer):
    shared = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Another patient has this telephone too; without it that is a 409 `number_shared`.",
    )


class PatientCreateSerializer(CreateSerializer, SharedNumberSerializer, PatientDetailsSerializer):
    clinic = IdField()


class PatientUpdateSerializer(SharedNumberSerializer, PatientDetailsSerializer):
    family_name = serializers.CharField(max_length=120, required=False)
    given_names = serializers.CharField(max_length=120, required=False)
    birth_date = serializers.DateField(required=False)
    reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Why; kept in the history."
    )


class FindSerializer(StrictSerializer):
    text = serializers.CharField(
        max_length=120, help_text="Names, birth date (2001-05-17 or 5/17/2001), phone or MRN."
    )


class AllergySerializer(serializers.ModelSerializer[Allergy]):
    class Meta:
        model = Allergy
        fields = [
            "id",
            "substance",
            "code_system",
            "code",
            "category",
            "criticality",
            "reaction",
            "clinical_status",
            "verification_status",
            "recorded_at",
        ]


class AccessLogSerializer(serializers.ModelSerializer[AccessLog]):
    who = serializers.CharField(source="user.full_name")

    class Meta:
        model = AccessLog
        fields = ["at", "who", "what"]


class ChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.ChoiceField(choices=["insert", "update", "delete"])
    who = serializers.CharField(help_text="Empty: an import, or by hand in the database.")
    reason = serializers.CharField()
    door = serializers.CharField()
    fields_changed = serializers.ListField(child=serializers.CharField(), source="fields")


class LatestFirst(NewestFirst):
    ordering = ("-at", "-id")


class PatientsViewSet(ClinicViewSet):
    """Patients of the clinics that the caller works in."""

    access = {
        "list": access.VIEW_PATIENTS,
        "find": access.VIEW_PATIENTS,
        "create": access.WRITE_PATIENTS,
        "retrieve": access.VIEW_PATIENTS,
        "partial_update": access.WRITE_PATIENTS,
        "allergies": access.VIEW_PATIENTS,
        "history": access.VIEW_ACCESS_LOG,
        "access_log": access.VIEW_ACCESS_LOG,
    }
    queryset = Patient.objects.all()
    serializer_class = PatientSerializer

    @extend_schema(responses=PatientSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), PatientSummarySerializer)

    @extend_schema(request=FindSerializer, responses=PatientSummarySerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None)
    def find(self, request: Request) -> Response:
        """Up to 25 patients, the best match first. A POST, so that names stay out of addresses and logs."""
        text = self.parse(FindSerializer)["text"]
        mine = access.visible(self.actor, self.get_queryset(), self.permission)
        return Response(PatientSummarySerializer(queries.find_patients(mine, text), many=True).data)

    @extend_schema(
        request=PatientCreateSerializer, responses={200: PatientSerializer, 201: PatientSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(PatientCreateSerializer)
        clinic = access.fetch_clinic(self.actor, self.permission, data["clinic"])
        details: Any = {name: data[name] for name in data if name not in {"id", "clinic", "shared"}}
        return self.create_once(
            noun="patient",
            data=data,
            make=lambda: patients.register(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                details=details,
                shared=data["shared"],
                now=clock.now(),
            ),
            find=lambda: Patient.objects.get(pk=data["id"]),
            answer=PatientSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(PatientSerializer(self._opened("details")).data)

    @extend_schema(request=PatientUpdateSerializer, responses=PatientSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        patient = self.fetch(self.get_queryset(), pk=pk)
        changes: Any = self.parse(PatientUpdateSerializer)
        reason, shared = changes.pop("reason", ""), changes.pop("shared", False)
        changed = patients.update_details(
            actor=self.actor, patient=patient, changes=changes, reason=reason, shared=shared, now=clock.now()
        )
        return Response(PatientSerializer(changed).data)

    @extend_schema(responses=AllergySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def allergies(self, request: Request, pk: UUID) -> Response:
        """All allergies on record, also those refuted or resolved."""
        return Response(AllergySerializer(queries.allergies_of(self._opened("allergies")), many=True).data)

    @extend_schema(responses=ChangeSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: UUID) -> Response:
        """The latest 200 changes of the patient's details: who, why, which columns."""
        return Response(ChangeSerializer(queries.changes_of(self._opened("history")), many=True).data)

    @extend_schema(responses=AccessLogSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="access-log", pagination_class=LatestFirst)
    def access_log(self, request: Request, pk: UUID) -> Response:
        """Who looked at this chart, the latest first."""
        return self.page(queries.looks_at(self._opened("access log")), AccessLogSerializer)

    def _opened(self, what: str) -> Patient:
        return access.open_chart(self.actor, self.permission, self.kwargs["pk"], what=what)
