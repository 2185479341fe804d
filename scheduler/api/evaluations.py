"""From referral to eligibility over the API: referrals, evaluations, decisions; of one patient each."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api.seen import IF_MATCH, seen_of, with_tag
from clinic.fields import DayField, IdField, LineField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfPatientSerializer, StrictSerializer
from scheduler import access
from scheduler.evaluating import eligibility, evaluations, referrals
from scheduler.evaluating.evaluations import MOST_INDICATIONS, Consultation, Result
from scheduler.evaluating.referrals import Request as Referred
from scheduler.models import (
    AsaClass,
    Eligibility,
    EligibilityDecision,
    Evaluation,
    EvaluationResult,
    Investigation,
    Referral,
    ReferralStatus,
    RequesterKind,
)


class ReferralSerializer(serializers.ModelSerializer[Referral]):
    """FHIR's ServiceRequest, flat."""

    class Meta:
        model = Referral
        fields = ["id", "clinic", "patient", *referrals.SETTABLE, "created_at"]


class ReferralChangeSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=ReferralStatus.choices, required=False)
    authored_on = DayField(required=False)
    requester_kind = serializers.ChoiceField(choices=RequesterKind.choices, required=False)
    requester_name = LineField(max_length=120, required=False, allow_blank=True)
    requester_practice = LineField(max_length=120, required=False, allow_blank=True)
    requester_contact = LineField(
        max_length=240, required=False, allow_blank=True, help_text="Where the report goes."
    )
    reason = serializers.CharField(max_length=4000, required=False)
    records_requested_on = DayField(required=False, allow_null=True)
    records_received_on = DayField(required=False, allow_null=True)


class ReferralCreateSerializer(CreateSerializer):
    patient = IdField()
    authored_on = DayField(help_text="The day of the referral, or of the patient's inquiry.")
    requester_kind = serializers.ChoiceField(choices=RequesterKind.choices)
    requester_name = LineField(max_length=120, required=False, allow_blank=True, default="")
    requester_practice = LineField(max_length=120, required=False, allow_blank=True, default="")
    requester_contact = LineField(max_length=240, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=4000)
    records_requested_on = DayField(required=False, allow_null=True, default=None)
    records_received_on = DayField(required=False, allow_null=True, default=None)


class ReferralsViewSet(ClinicViewSet):
    """Who sent the patient, why and when, and which records were asked for and came."""

    access = {
        "list": access.VIEW_REFERRALS,
        "create": access.RECORD_REFERRAL,
        "retrieve": access.VIEW_REFERRALS,
        "partial_update": access.RECORD_REFERRAL,
    }
    queryset = Referral.objects.select_related("patient__clinic")
    serializer_class = ReferralSerializer

    @extend_schema(parameters=[OfPatientSerializer])
    def list(self, request: Request) -> Response:
        patient = _patient(self, self.parse_query(OfPatientSerializer)["patient"], "referrals")
        return self.page(Referral.objects.filter(patient=patient), ReferralSerializer)

    @extend_schema(
        request=ReferralCreateSerializer, responses={200: ReferralSerializer, 201: ReferralSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(ReferralCreateSerializer)
        id = data.pop("id")
        patient = _patient(self, data.pop("patient"), "referrals")
        return self.create_once(
            noun="referral",
            data={"id": id},
            make=lambda: referrals.record(
                actor=self.actor, id=id, patient=patient, request=Referred(**data), now=clock.now()
            ),
            find=lambda: Referral.objects.get(pk=id),
            answer=ReferralSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        referral = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, referral.patient, what="referrals")
        return self._answer(referral)

    @extend_schema(parameters=[IF_MATCH], request=ReferralChangeSerializer, responses=ReferralSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Records came, a word was wrong, it was withdrawn or entered in error: change what is given."""
        referral = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, referral.patient, what="referrals")
        changed = referrals.change(
            actor=self.actor,
            referral=referral,
            changes=self.parse(ReferralChangeSerializer),
            seen=seen_of(request),
            now=clock.now(),
        )
        return self._answer(changed)

    def _answer(self, referral: Referral) -> Response:
        return with_tag(ReferralSerializer(referral).data, referrals.settings_of(referral))


class ResultSerializer(serializers.ModelSerializer[EvaluationResult]):
    class Meta:
        model = EvaluationResult
        fields = ["investigation", "done_on", "result"]


class EvaluationSerializer(serializers.ModelSerializer[Evaluation]):
    results = ResultSerializer(many=True, read_only=True)

    class Meta:
        model = Evaluation
        fields = [
            "id",
            "clinic",
            "patient",
            "evaluated_on",
            "indications",
            "severity",
            "asa_class",
            "findings",
            "prior_treatments",
            "results",
            "evaluated_by",
            "recorded_at",
            "created_at",
        ]


class ResultCreateSerializer(StrictSerializer):
    investigation = serializers.ChoiceField(choices=Investigation.choices)
    done_on = DayField()
    result = LineField(max_length=240)


class EvaluationCreateSerializer(CreateSerializer):
    patient = IdField()
    evaluated_on = DayField()
    indications = serializers.ListField(
        child=LineField(max_length=10), max_length=MOST_INDICATIONS, help_text="ICD-10-CM codes."
    )
    severity = LineField(max_length=240, help_text="In words, with the score where there is one.")
    asa_class = serializers.ChoiceField(choices=AsaClass.choices)
    findings = serializers.CharField(max_length=8000, required=False, allow_blank=True, default="")
    prior_treatments = serializers.CharField(
        max_length=4000,
        required=False,
        allow_blank=True,
        default="",
        help_text="Drug, dose, duration, outcome, why it was stopped.",
    )
    results = serializers.ListField(
        child=ResultCreateSerializer(),
        max_length=len(Investigation),
        required=False,
        default=list,
        help_text="What was looked at, with its day; healthy people need none.",
    )


class EvaluationsViewSet(ClinicViewSet):
    """Consultations as prescribers wrote them down. None is changed: the newest counts."""

    access = {
        "list": access.VIEW_EVALUATIONS,
        "create": access.EVALUATE,
        "retrieve": access.VIEW_EVALUATIONS,
    }
    queryset = Evaluation.objects.select_related("patient").prefetch_related("results")
    serializer_class = EvaluationSerializer

    @extend_schema(parameters=[OfPatientSerializer])
    def list(self, request: Request) -> Response:
        patient = _patient(self, self.parse_query(OfPatientSerializer)["patient"], "evaluations")
        return self.page(self.get_queryset().filter(patient=patient), EvaluationSerializer)

    @extend_schema(
        request=EvaluationCreateSerializer, responses={200: EvaluationSerializer, 201: EvaluationSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(EvaluationCreateSerializer)
        id = data.pop("id")
        patient = _patient(self, data.pop("patient"), "evaluations")
        results = [Result(**each) for each in data.pop("results")]
        return self.create_once(
            noun="evaluation",
            data={"id": id},
            make=lambda: evaluations.record(
                actor=self.actor,
                id=id,
                patient=patient,
                consultation=Consultation(results=results, **data),
                now=clock.now(),
            ),
            find=lambda: Evaluation.objects.get(pk=id),
            answer=EvaluationSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        evaluation = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, evaluation.patient, what="evaluations")
        return Response(EvaluationSerializer(evaluation).data)


class EligibilityDecisionSerializer(serializers.ModelSerializer[EligibilityDecision]):
    class Meta:
        model = EligibilityDecision
        fields = [
            "id",
            "clinic",
            "patient",
            "evaluation",
            "decision",
            "reason",
            "conditions",
            "signed_by",
            "signed_at",
            "supersedes",
            "created_at",
        ]


class DecideSerializer(CreateSerializer):
    patient = IdField()
    decision = serializers.ChoiceField(choices=Eligibility.choices)
    reason = serializers.CharField(max_length=4000, allow_blank=True)
    conditions = serializers.CharField(
        max_length=4000,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of eligible-with-conditions.",
    )
    evaluation = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="On what it rests; left out where the evaluation is kept elsewhere.",
    )
    supersedes = IdField(
        allow_null=True, help_text="The decision that you had before you; null where there is none yet."
    )


class EligibilityDecisionsViewSet(ClinicViewSet):
    """Whether a patient may be treated. None is changed; the one that no other supersedes counts."""

    access = {"list": access.VIEW_EVALUATIONS, "create": access.EVALUATE}
    queryset = EligibilityDecision.objects.all()
    serializer_class = EligibilityDecisionSerializer

    @extend_schema(parameters=[OfPatientSerializer])
    def list(self, request: Request) -> Response:
        patient = _patient(self, self.parse_query(OfPatientSerializer)["patient"], "evaluations")
        return self.page(self.get_queryset().filter(patient=patient), EligibilityDecisionSerializer)

    @extend_schema(
        request=DecideSerializer,
        responses={200: EligibilityDecisionSerializer, 201: EligibilityDecisionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Sign a decision, in the place of the one before."""
        data = self.parse(DecideSerializer)
        patient = _patient(self, data.pop("patient"), "evaluations")
        asked = data.pop("evaluation")
        on = self.fetch(Evaluation.objects.all(), pk=asked) if asked else None
        return self.create_once(
            noun="eligibility_decision",
            data=data,
            make=lambda: eligibility.decide(
                actor=self.actor, patient=patient, evaluation=on, now=clock.now(), **data
            ),
            find=lambda: EligibilityDecision.objects.get(pk=data["id"]),
            answer=EligibilityDecisionSerializer,
        )


def _patient(view: ClinicViewSet, patient_id: Any, what: str) -> Patient:
    return ground.open_chart(view.actor, view.permission, patient_id, what=what)
