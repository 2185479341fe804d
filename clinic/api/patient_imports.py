"""Patients out of a file, over the API: looked through first, then taken in or let go."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.importing import uploads
from clinic.models import PatientImport
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer


class CountSerializer(serializers.Serializer[Any]):
    noun = serializers.ChoiceField(choices=["patients", "allergies"])
    what = serializers.CharField(help_text="new, completed, changed, unchanged, or left out.")
    count = serializers.IntegerField()


class AtPlaceSerializer(serializers.Serializer[Any]):
    place = serializers.CharField(help_text="File and line, such as `patients.csv:17`.")
    reason = serializers.CharField(help_text="What is wrong and how to mend it; never a patient's data.")


class AlikeSerializer(serializers.Serializer[Any]):
    """A new patient of the file who may be somebody else's second chart."""

    place = serializers.CharField()
    name = serializers.CharField()
    birth_date = serializers.CharField()
    mrn = serializers.CharField()
    known = serializers.CharField(help_text="The patient on record; empty: another row of the file.")
    other = serializers.CharField(help_text="The place of that row.")
    shared = serializers.ListField(child=serializers.CharField())
    left_out = serializers.BooleanField()


class RowReadSerializer(serializers.Serializer[Any]):
    """A row as it was read, to be held against the file."""

    place = serializers.CharField()
    mrn = serializers.CharField()
    family_name = serializers.CharField()
    given_names = serializers.CharField()
    birth_date = serializers.CharField()
    gender = serializers.CharField()
    phone = serializers.CharField(help_text="As it is written.")
    email = serializers.CharField()
    allergies = serializers.ListField(child=serializers.CharField())
    doubts = serializers.ListField(child=serializers.CharField())


class ImportSerializer(serializers.ModelSerializer[PatientImport]):
    counts = serializers.SerializerMethodField()
    refused = serializers.SerializerMethodField()
    kept = serializers.SerializerMethodField(help_text="The clinic's own values, which differ and stay.")
    alike = serializers.SerializerMethodField()
    unread_columns = serializers.SerializerMethodField()
    read = serializers.SerializerMethodField(help_text="The first rows as read, and those with a doubt.")
    notes = serializers.SerializerMethodField(help_text="What holds for the whole file.")

    class Meta:
        model = PatientImport
        fields = [
            "id",
            "clinic",
            "file_name",
            "brought_at",
            "taken_in_at",
            "let_go_at",
            "counts",
            "refused",
            "kept",
            "alike",
            "unread_columns",
            "read",
            "notes",
        ]

    @extend_schema(responses=CountSerializer(many=True))
    def get_counts(self, row: PatientImport) -> list[dict[str, Any]]:
        return [
            {"noun": noun, "what": what, "count": count}
            for (noun, what), count in uploads.report_of(row).counts.items()
        ]

    @extend_schema(responses=AtPlaceSerializer(many=True))
    def get_refused(self, row: PatientImport) -> list[dict[str, str]]:
        return _at_places(uploads.report_of(row).refused)

    @extend_schema(responses=AtPlaceSerializer(many=True))
    def get_kept(self, row: PatientImport) -> list[dict[str, str]]:
        return _at_places(uploads.report_of(row).kept)

    @extend_schema(responses=AlikeSerializer(many=True))
    def get_alike(self, row: PatientImport) -> Any:
        return AlikeSerializer(uploads.report_of(row).alike, many=True).data

    @extend_schema(responses=RowReadSerializer(many=True))
    def get_read(self, row: PatientImport) -> Any:
        return RowReadSerializer(uploads.report_of(row).read, many=True).data

    @extend_schema(responses=serializers.ListField(child=serializers.CharField()))
    def get_notes(self, row: PatientImport) -> list[str]:
        return uploads.report_of(row).notes

    @extend_schema(responses=serializers.ListField(child=serializers.CharField()))
    def get_unread_columns(self, row: PatientImport) -> list[str]:
        return uploads.report_of(row).unread


class ImportSummarySerializer(serializers.ModelSerializer[PatientImport]):
    class Meta:
        model = PatientImport
        fields = ["id", "clinic", "file_name", "brought_at", "taken_in_at", "let_go_at"]


class BringSerializer(CreateSerializer):
    clinic = IdField()
    file_name = serializers.CharField(max_length=255)
    content = serializers.CharField(
        trim_whitespace=False,
        help_text="The file's text: NDJSON or a Bundle of FHIR R4 (Patient, AllergyIntolerance), or a table"
        " (CSV) with the template's headings.",
    )


class TakeInSerializer(StrictSerializer):
    different = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        max_length=uploads.MOST_RECORDS,
        help_text="Places of lookalikes who are other people, or `everybody`; the others are left out.",
    )


class PatientImportsViewSet(ClinicViewSet):
    """Files of patients. Nothing of a file is in the clinic before it is taken in."""

    access = {
        "list": access.IMPORT_PATIENTS,
        "create": access.IMPORT_PATIENTS,
        "retrieve": access.IMPORT_PATIENTS,
        "take_in": access.IMPORT_PATIENTS,
        "let_go": access.IMPORT_PATIENTS,
    }
    queryset = PatientImport.objects.defer("content")
    serializer_class = ImportSerializer
    pagination_class = NewestFirst

    @extend_schema(responses=ImportSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset().defer("content", "report"), ImportSummarySerializer)

    @extend_schema(request=BringSerializer, responses={200: ImportSerializer, 201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Bring a file and hear what taking it in would do."""
        data = self.parse(BringSerializer)
        clinic = access.fetch_clinic(self.actor, self.permission, data["clinic"])
        return self.create_once(
            noun="patient_import",
            data=data,
            make=lambda: uploads.bring(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                name=data["file_name"],
                content=data["content"].encode(),
                now=clock.now(),
            ),
            find=lambda: PatientImport.objects.get(pk=data["id"]),
            answer=ImportSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(ImportSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=TakeInSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"], url_path="take-in")
    def take_in(self, request: Request, pk: UUID) -> Response:
        """Write what the look has shown, in one transaction; a second time changes nothing."""
        upload = self.fetch(self.get_queryset(), pk=pk)
        different = self.parse(TakeInSerializer)["different"]
        row = uploads.take_in(actor=self.actor, upload=upload, different=different, now=clock.now())
        return Response(ImportSerializer(row).data)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"], url_path="let-go")
    def let_go(self, request: Request, pk: UUID) -> Response:
        """Forget the file. What was taken in stays."""
        upload = self.fetch(self.get_queryset(), pk=pk)
        return Response(
            ImportSerializer(uploads.let_go(actor=self.actor, upload=upload, now=clock.now())).data
        )


def _at_places(rows: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"place": place, "reason": reason} for place, reason in rows]
