"""What a patient says before a visit, entered by whoever has them on the phone."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.viewsets import ClinicViewSet, CreateSerializer
from scheduler.models import Appointment
from sessions_app.access import CONFIRM_READINESS
from sessions_app.api.acting import words
from sessions_app.models import Readiness, YesNoUnknown
from sessions_app.preparing import readiness


def question(help_text: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=YesNoUnknown.choices,
        required=False,
        default=YesNoUnknown.UNKNOWN,
        help_text=f"{help_text} Not answered, or unknown: what was said before stands.",
    )


class ReadinessEntrySerializer(CreateSerializer):
    ride_home = question("An adult takes the patient home. A name says so as well.")
    ride_name = words(120, help_text="The adult who takes the patient home.")
    ride_phone = words(40)
    fasting_understood = question("Knows how long to fast before the visit.")
    new_medicines = question("Medicines have changed since the last visit.")
    possible_pregnancy = question("A pregnancy is possible.")
    alcohol_drugs = question("Alcohol or drugs since the last visit.")
    urinary_symptoms = question("Blood in the urine, or pain on passing it.")


class ReadinessSerializer(serializers.ModelSerializer[Readiness]):
    class Meta:
        model = Readiness
        fields = [
            "id",
            "appointment",
            "given_at",
            "ride_home",
            "ride_name",
            "ride_phone",
            "fasting_understood",
            "new_medicines",
            "possible_pregnancy",
            "alcohol_drugs",
            "urinary_symptoms",
        ]


class ReadinessViewSet(ClinicViewSet):
    """What patients confirm about their visits, beside the visits themselves."""

    queryset = Appointment.objects.all()
    access = {"readiness": CONFIRM_READINESS}

    @extend_schema(
        request=ReadinessEntrySerializer, responses={200: ReadinessSerializer, 201: ReadinessSerializer}
    )
    @action(detail=True, methods=["post"])
    def readiness(self, request: Request, pk: UUID) -> Response:
        """Keep what the patient says; the newest answers the checklist when the session is opened. What isn't
        answered now stands as it was answered before; a ride_home of no takes the name and phone away."""
        visit = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(ReadinessEntrySerializer)
        id = data.pop("id")
        return self.create_once(
            noun="readiness",
            data={"id": id},
            under={"appointment": str(visit.pk)},
            make=lambda: readiness.confirm(
                id=id, appointment=visit, answers=readiness.Answers(**data), now=clock.now()
            ),
            find=lambda: Readiness.objects.get(pk=id),
            answer=ReadinessSerializer,
        )
