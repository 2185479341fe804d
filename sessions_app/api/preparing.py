"""Calls before the start: the checklist, a prescriber's decisions about it, the dose and its check."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock, idempotency
from clinic.fields import IdField, MomentField
from clinic.models import WorkItem
from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app import queries
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import (
    REASON,
    CorrectableSerializer,
    SessionActions,
    gathered,
    recorded,
    words,
)
from sessions_app.api.answers import (
    DoseCheckSerializer,
    DoseWorksheetSerializer,
    PrescriberOverrideSerializer,
    SessionSerializer,
    whole,
)
from sessions_app.models import AnsweredBy, CheckResult, DoseCheck, DoseWorksheet, PrescriberOverride, Session
from sessions_app.preparing import checklist, dose, on_record, overrides


class ChecklistItemSerializer(StrictSerializer):
    item = serializers.CharField(max_length=40)
    result = serializers.ChoiceField(choices=CheckResult.choices)
    note = words()
    reason = words(help_text="Why an answer that was given before changes.")
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="Asked again at the chair: what the patient said is right."
    )
    replaces = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The answer that you saw standing; null or left out: you saw none. When another stands, "
        "yours is refused.",
    )


class StandingItemSerializer(serializers.Serializer[Any]):
    """One item as it stands: open, answered by a person, or answered by the record itself."""

    item = serializers.CharField(source="item.code")
    title = serializers.CharField(source="item.label")
    result = serializers.ChoiceField(
        choices=CheckResult.choices, allow_blank=True, help_text="Empty: it is open."
    )
    answered_by = serializers.ChoiceField(choices=AnsweredBy.choices, allow_blank=True)
    words = serializers.CharField(help_text="The note, or what the record says or lacks.")
    line = IdField(source="line.pk", default=None, allow_null=True, help_text="For `replaces`.")
    of_record = serializers.SerializerMethodField(help_text="Nobody passes it against the record.")
    to_look_at = serializers.SerializerMethodField()

    def get_of_record(self, standing: checklist.Standing) -> bool:
        return standing.says is not None

    def get_to_look_at(self, standing: checklist.Standing) -> list[str]:
        found: dict[str, list[str]] = self.context["to_look_at"]
        return found.get(standing.item.code, [])


class ChecklistSerializer(CreateSerializer):
    answers = serializers.ListField(child=ChecklistItemSerializer(), max_length=40)


def amount(digits: int, places: int, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=digits, decimal_places=places, **options)


class WeightSerializer(StrictSerializer):
    weight_kg = amount(5, 1, required=False, allow_null=True, default=None)
    weight_lb = amount(
        5, 1, required=False, allow_null=True, default=None, help_text="In place of weight_kg ([lb_av])."
    )


class DoseSerializer(WeightSerializer, CorrectableSerializer):
    weighed_at = MomentField()
    stock_mg_per_ml = amount(5, 1)
    bag_volume_ml = amount(6, 1)
    dead_space_ml = amount(4, 1, required=False, default=0, help_text="What stays in the line at the end.")
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, required=False, help_text="Left out: the protocol's."
    )
    confirmed = serializers.BooleanField(
        required=False,
        default=False,
        help_text="A weight far off the last one was measured again, the first one is in the right unit, and "
        "unusual minutes are meant.",
    )


class FiguresSerializer(WeightSerializer, CreateSerializer):
    """What the second person read and reckoned. Nothing is filled in from the worksheet."""

    worksheet = IdField()
    stock_mg_per_ml = amount(5, 1)
    dose_mg = amount(7, 1)
    mg_per_kg = amount(7, 2, help_text="Of the weight that the dose goes by.")
    drug_volume_ml = amount(6, 2)
    bag_volume_ml = amount(6, 1)
    concentration_mg_per_ml = amount(7, 3, help_text="Of the bag.")
    rate_ml_per_h = amount(6, 1)


class ToCheckSerializer(serializers.Serializer[Any]):
    """What the second person needs to begin: the order, and none of the first person's figures."""

    worksheet = IdField(allow_null=True, help_text="Empty: nothing is prepared.")
    prepared_by_name = serializers.CharField()
    ordered_dose = amount(7, 3)
    dose_basis = serializers.CharField()
    weight_cap_kg = amount(5, 1, allow_null=True)
    infusion_minutes = serializers.IntegerField(help_text="The protocol's.")


class SubjectSerializer(StrictSerializer):
    subject = serializers.CharField(
        max_length=60, help_text="Such as checklist:fasting, start_limits or resume."
    )
    about = IdField(help_text="The line that was looked at.")


class OverrideSerializer(SubjectSerializer, CreateSerializer):
    reason = serializers.CharField(max_length=REASON)


class AskedSerializer(serializers.ModelSerializer[WorkItem]):
    class Meta:
        model = WorkItem
        fields = ["id", "title", "role", "urgency", "due_at", "closed_at"]


def _figures(data: dict[str, Any]) -> dict[str, Any]:
    read = dose.weight(data.pop("weight_kg"), data.pop("weight_lb"))
    return gathered({**data, "weight_kg": read.kg}, figures=dose.Figures)


def _to_check(session: Session) -> dict[str, Any]:
    worksheet = dose.standing_worksheet(session)
    return {
        "worksheet": worksheet.pk if worksheet else None,
        "prepared_by_name": worksheet.recorded_by.full_name if worksheet else "",
        "ordered_dose": session.appointment.plan.ordered_dose,
        "dose_basis": session.protocol.dose_basis,
        "weight_cap_kg": session.protocol.weight_cap_kg,
        "infusion_minutes": session.protocol.infusion_minutes,
    }


class PreparingActions(SessionActions):
    """The checklist, overrides, the dose and its check."""

    access = {
        "checklist": MAY["checklist"],
        "standing_checklist": READ_SESSIONS,
        "ask_prescriber": MAY["checklist"],
        "overrides": MAY["override"],
        "dose": MAY["dose"],
        "dose_checks": MAY["check_dose"],
        "to_check": MAY["check_dose"],
    }

    @recorded(ChecklistSerializer, SessionSerializer)
    @action(detail=True, methods=["post"])
    def checklist(self, request: Request, pk: UUID) -> Response:
        """Answer some or all items. The same answers given again write nothing; the same call sent again does
        not either, whatever was found since."""
        session = self.session_of_route()
        data = self.parse(ChecklistSerializer)
        sent: Any = request.data
        _, made = idempotency.create_once(
            actor=self.actor,
            noun="checklist answers",
            id=data["id"],
            body={"session": str(session.pk), **sent},
            make=lambda: checklist.answer(
                actor=self.actor,
                session=session,
                answers=[checklist.Answer(**each) for each in data["answers"]],
                revision=self.seen(),
                now=clock.now(),
            ),
            find=list,
        )
        session.refresh_from_db()
        return self.with_revision(whole(session), session, status=201 if made else 200)

    @extend_schema(responses=StandingItemSerializer(many=True))
    @checklist.mapping.get
    def standing_checklist(self, request: Request, pk: UUID) -> Response:
        """Every item as it stands now, with what the record says to it. The look is written down."""
        session, now = queries.session_detail(self.opened("session").pk), clock.now()
        items = checklist.standing(session, now)
        context = {"to_look_at": on_record.to_look_at(session, now)}
        return Response(StandingItemSerializer(items, many=True, context=context).data)

    @recorded(DoseSerializer, DoseWorksheetSerializer)
    @action(detail=True, methods=["post"])
    def dose(self, request: Request, pk: UUID) -> Response:
        """Prepare the dose that the plan orders, or correct the worksheet."""
        return self.record_line(DoseSerializer, dose.prepare_dose, DoseWorksheet, DoseWorksheetSerializer)

    @recorded(FiguresSerializer, DoseCheckSerializer)
    @action(detail=True, methods=["post"], url_path="dose-checks")
    def dose_checks(self, request: Request, pk: UUID) -> Response:
        """Check the dose as a second person with own figures; `disagreements` names those that differ."""
        return self.record_line(
            FiguresSerializer, dose.check_dose, DoseCheck, DoseCheckSerializer, shape=_figures
        )

    @extend_schema(responses=ToCheckSerializer)
    @dose_checks.mapping.get
    def to_check(self, request: Request, pk: UUID) -> Response:
        """What there is to check, without the figures that the second person must find themselves."""
        return Response(ToCheckSerializer(_to_check(self.session_of_route())).data)

    @recorded(OverrideSerializer, PrescriberOverrideSerializer)
    @action(detail=True, methods=["post"])
    def overrides(self, request: Request, pk: UUID) -> Response:
        """Let something pass that the rules would stop, for the line that was seen."""
        return self.record_line(
            OverrideSerializer, overrides.override, PrescriberOverride, PrescriberOverrideSerializer
        )

    @extend_schema(request=SubjectSerializer, responses=AskedSerializer)
    @action(detail=True, methods=["post"], url_path="ask-prescriber")
    def ask_prescriber(self, request: Request, pk: UUID) -> Response:
        """Ask a prescriber to decide; asking again about the same line is the same task."""
        session = self.session_of_route()
        task = overrides.ask_prescriber(session=session, **self.parse(SubjectSerializer), now=clock.now())
        return Response(AskedSerializer(task).data)
