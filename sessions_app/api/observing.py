"""Calls about what is seen in the chair: vital signs and side effects."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, cast
from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.fields import SkipField, empty
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.problem_handler import as_problem
from clinic.problems import Invalid, Problem
from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import (
    IF_MATCH,
    CorrectableSerializer,
    SessionActions,
    gathered,
    recorded,
    words,
)
from sessions_app.api.answers import SideEffectSerializer, VitalSignsSerializer
from sessions_app.models import (
    Relatedness,
    ReportedBy,
    Seriousness,
    Session,
    SideEffect,
    SideEffectOutcome,
    VitalSigns,
)
from sessions_app.monitors import feed
from sessions_app.observing import side_effects, vital_limits, vitals
from sessions_app.observing.flowsheet import NOT_DUE

MOST_READINGS: Final = 100  # of one call: 100 minutes without a connection, at one set a minute


class ReadingSerializer(StrictSerializer):
    measured_at = MomentField()
    systolic_mmhg = serializers.IntegerField(required=False, allow_null=True)
    diastolic_mmhg = serializers.IntegerField(required=False, allow_null=True)
    heart_rate_per_min = serializers.IntegerField(required=False, allow_null=True)
    respiratory_rate_per_min = serializers.IntegerField(required=False, allow_null=True)
    oxygen_saturation_percent = serializers.IntegerField(required=False, allow_null=True)
    temperature_cel = serializers.DecimalField(
        max_digits=4, decimal_places=1, required=False, allow_null=True
    )
    pain_nrs = serializers.IntegerField(required=False, allow_null=True)
    mean_mmhg = serializers.IntegerField(required=False, allow_null=True)
    end_tidal_co2_mmhg = serializers.IntegerField(required=False, allow_null=True)
    oxygen_l_per_min = serializers.DecimalField(
        max_digits=4, decimal_places=1, required=False, allow_null=True, help_text="Left out or 0: room air."
    )
    rass = serializers.IntegerField(required=False, allow_null=True, help_text="-5 to +4")
    dissociation = serializers.IntegerField(required=False, allow_null=True, help_text="0 to 10")
    distress = serializers.IntegerField(required=False, allow_null=True, help_text="0 to 10")
    symptoms = serializers.ListField(
        child=serializers.ChoiceField(choices=list(vital_limits.SYMPTOMS.items())),
        required=False,
        default=list,
    )
    device_id = IdField(required=False, allow_null=True, help_text="Off which monitor it was charted.")
    absent_reason = words(
        120,
        help_text="Why something was not measured. A set without pressure, pulse, breathing or "
        f'saturation that says "{NOT_DUE}" answers for no due reading.',
    )
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="Measured again: an unusual value is right."
    )


class VitalsSerializer(ReadingSerializer, CorrectableSerializer):
    pass


class ReadingsSerializer(StrictSerializer):
    """Many sets at once, in their order: what could not be sent while the connection was lost."""

    readings = serializers.ListField(
        child=serializers.DictField(),
        allow_empty=False,
        max_length=MOST_READINGS,
        help_text="Each as if it were sent alone, with an id of its own.",
    )


class EntryResultSerializer(serializers.Serializer[Any]):
    """What became of one set: `kept` now, `again` when it had been kept before, or `refused` and why."""

    id = serializers.CharField()
    result = serializers.CharField(help_text="kept, again or refused")
    vital_signs = VitalSignsSerializer(allow_null=True)
    problem = serializers.DictField(allow_null=True, help_text="Problem details, as if it were sent alone.")


class EntryResultsSerializer(serializers.Serializer[Any]):
    results = EntryResultSerializer(many=True)


class MonitorShowsSerializer(serializers.Serializer[Any]):
    device = IdField(allow_null=True, help_text="null: it is silent, or there is none.")
    measured_at = serializers.DateTimeField(allow_null=True)
    values = serializers.DictField(help_text="What it measures, by the names of vital signs.")


class HowItStandsSerializer(StrictSerializer):
    """How a side effect stands, whether it is reported or what became of it is told."""

    grade = serializers.IntegerField(help_text="CTCAE v5, 1 to 5")
    distress = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="0 to 10, by the patient"
    )
    action = words()
    action_at = MomentField(required=False, allow_null=True, default=None)
    medicine_id = IdField(
        required=False, allow_null=True, default=None, help_text="The medicine that was given for it."
    )
    outcome = serializers.ChoiceField(
        choices=SideEffectOutcome.choices, required=False, default=SideEffectOutcome.ONGOING
    )
    ended_at = MomentField(required=False, allow_null=True, default=None)


class ReportSerializer(HowItStandsSerializer):
    term = serializers.CharField(max_length=60, help_text="A key of the vocabulary, such as nausea.")
    onset_at = MomentField()
    peak_grade = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="At its worst; left out: its course's."
    )
    seriousness = serializers.ChoiceField(
        choices=Seriousness.choices, required=False, default=Seriousness.NON_SERIOUS
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ReportedBy.choices, required=False, default=ReportedBy.OBSERVED
    )
    relatedness = serializers.ChoiceField(
        choices=Relatedness.choices, required=False, default=Relatedness.POSSIBLE
    )
    as_of = MomentField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only of a corrected later state: since when it stood so. Left out, that stays.",
    )


class SideEffectEntrySerializer(ReportSerializer, CorrectableSerializer):
    pass


class StateSerializer(HowItStandsSerializer):
    """What became of a side effect. What it is, since when, who noticed it and how it is related stay."""

    effect = IdField(help_text="Any line of the side effect.")
    as_of = MomentField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Since when it stands so; left out: now. Needed once the patient has left the chair.",
    )
    seriousness = serializers.ChoiceField(
        choices=Seriousness.choices, required=False, default="", help_text="Left out: as before."
    )


class CourseEntrySerializer(StateSerializer, CreateSerializer):
    pass


class ObservingActions(SessionActions):
    """Vital signs and side effects."""

    access = {
        "vitals": MAY["vitals"],
        "monitor": READ_SESSIONS,
        "side_effects": MAY["side_effect"],
        "side_effect_course": MAY["course"],
    }

    @extend_schema(
        parameters=[IF_MATCH],
        request=PolymorphicProxySerializer("OneOrManySets", [VitalsSerializer, ReadingsSerializer], None),
        responses={
            200: PolymorphicProxySerializer(
                "OneOrManySetsRecorded", [VitalSignsSerializer, EntryResultsSerializer], None
            ),
            201: VitalSignsSerializer,
        },
    )
    @action(detail=True, methods=["post"])
    def vitals(self, request: Request, pk: UUID) -> Response:
        """Record one set of vital signs, or correct one. `{"readings": [...]}` records many, each with a
        result of its own: one that is refused takes no other with it, one sent again is never doubled.
        Whatever a set is refused for, what can be read of it has raised its alerts all the same, but for
        values that can't be right."""
        session, sent = self.session_of_route(), cast(Any, self.request.data)
        many = "readings" in sent
        try:
            return self._record_many(session) if many else self._record_one()
        except (Problem, serializers.ValidationError):
            self._alarm(session, sent["readings"] if many else [sent])
            raise

    def _record_one(self) -> Response:
        return self.record_line(
            VitalsSerializer,
            vitals.record_vitals,
            VitalSigns,
            VitalSignsSerializer,
            shape=lambda data: gathered(data, reading=vitals.Reading),
        )

    def _record_many(self, session: Session) -> Response:
        if self.seen() is not None:
            raise Invalid({"If-Match": "Send many readings without it: they tell what was measured then."})
        sent = self.parse(ReadingsSerializer)["readings"]
        entries = [_entry(body) for body in sent]
        good = [each for each in entries if isinstance(each, vitals.Entry)]
        kept = iter(vitals.record_many(actor=self.actor, session=session, entries=good, now=clock.now()))
        self._alarm(session, [body for body, each in zip(sent, entries, strict=True) if each not in good])
        results = [
            _result(body, next(kept) if isinstance(each, vitals.Entry) else each)
            for body, each in zip(sent, entries, strict=True)
        ]
        session.refresh_from_db(fields=["revision"])
        return self.with_revision({"results": results}, session)

    def _alarm(self, session: Session, sets: Any) -> None:
        """Raise what these sets, which could not be taken as they are, raise by what can be read of them."""
        for body in sets[:MOST_READINGS] if isinstance(sets, list) else []:
            reading = _readable(body)
            vitals.alarm_not_kept(actor=self.actor, session=session, reading=reading, now=clock.now())

    @extend_schema(responses=MonitorShowsSerializer)
    @action(detail=True)
    def monitor(self, request: Request, pk: UUID) -> Response:
        """What the monitor at the chair shows now. To chart it send its values to `vitals/`, with its moment
        and the device as `device_id`."""
        shown = feed.newest(self.opened("session"), clock.now())
        device, measured_at = (shown.device_id, shown.measured_at) if shown else (None, None)
        answer = {"device": device, "measured_at": measured_at, "values": shown.values if shown else {}}
        return Response(MonitorShowsSerializer(answer).data)

    @recorded(SideEffectEntrySerializer, SideEffectSerializer)
    @action(detail=True, methods=["post"], url_path="side-effects")
    def side_effects(self, request: Request, pk: UUID) -> Response:
        """Record a side effect, or correct a line of one that was wrong. What it is and since when is said by
        its first line: corrected there, its later states are corrected with it."""
        return self.record_line(
            SideEffectEntrySerializer,
            side_effects.record_side_effect,
            SideEffect,
            SideEffectSerializer,
            shape=lambda data: gathered(data, report=side_effects.Report),
        )

    @recorded(CourseEntrySerializer, SideEffectSerializer)
    @action(detail=True, methods=["post"], url_path="side-effects/course")
    def side_effect_course(self, request: Request, pk: UUID) -> Response:
        """Record what became of a side effect: worse, better, over. Its states before stay true."""
        return self.record_line(
            CourseEntrySerializer,
            side_effects.record_course,
            SideEffect,
            SideEffectSerializer,
            shape=lambda data: {"id": data.pop("id"), "course": course_of(data)},
        )


def course_of(data: Mapping[str, Any]) -> side_effects.Course:
    """The state of a side effect that this data tells."""
    state = {name: value for name, value in data.items() if name != "effect"}
    return side_effects.Course(effect=data["effect"], state=side_effects.State(**state))


def _entry(body: dict[str, Any]) -> vitals.Entry | Problem:
    """One of many sets, or why it can't be read."""
    serializer = VitalsSerializer(data=body)
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        return as_problem(error) or Problem("This can't be read.")
    return vitals.Entry(sent=body, **gathered(serializer.validated_data, reading=vitals.Reading))


def _readable(body: Any) -> vitals.Reading:
    """What of a set can be read, each field by itself; without its moment it is of now."""
    found: dict[str, Any] = {"measured_at": clock.now()}
    sent = body if isinstance(body, Mapping) else {}
    for name, field in ReadingSerializer().fields.items():
        with suppress(serializers.ValidationError, SkipField):
            found[name] = field.run_validation(sent.get(name, empty))
    if isinstance(sent.get("symptoms"), list):
        found["symptoms"] = [each for each in sent["symptoms"] if isinstance(each, str)]
    return vitals.Reading(**found)


def _result(body: dict[str, Any], outcome: vitals.Kept | vitals.Refused | Problem) -> dict[str, Any]:
    if isinstance(outcome, vitals.Kept):
        line = VitalSignsSerializer(outcome.line).data
        result = "again" if outcome.again else "kept"
        return {"id": body["id"], "result": result, "vital_signs": line, "problem": None}
    problem = outcome.problem if isinstance(outcome, vitals.Refused) else outcome
    return {"id": body.get("id"), "result": "refused", "vital_signs": None, "problem": problem.body()}
