"""Figures over a period of local days, and one day held against the most level it could be, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField
from clinic.models import Clinic
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.levelling import level_report
from scheduler.models import Appointment, ResourceKind
from scheduler.reporting import daily_load, reports, spacing_report, use
from scheduler.reporting.reports import Among, Period


class PeriodSerializer(StrictSerializer):
    clinic = IdField()
    first = DayField(help_text="The first local day.")
    last = DayField(help_text="The last local day; it is part of the period.")


class VisitsPeriodSerializer(PeriodSerializer):
    """A report about visits may be asked of some of them only."""

    protocol = serializers.SlugField(required=False, help_text="Its code; every version of it counts.")
    indication = serializers.CharField(required=False, help_text="ICD-10-CM, as plans of the clinic have it.")


class ClinicDaySerializer(StrictSerializer):
    clinic = IdField()
    day = DayField(help_text="In the clinic's time zone.")


class ShareSerializer(serializers.Serializer[Any]):
    """So many of so many; `share` is null of nothing."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class CountSerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    count = serializers.IntegerField()


class UseSerializer(serializers.Serializer[Any]):
    """Minutes of a chair, unit-minutes of a nurse, inside open hours."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ResourceKind.choices)
    open_minutes = serializers.FloatField(source="open")
    booked_minutes = serializers.FloatField(source="booked")
    delivered_minutes = serializers.FloatField(source="delivered")
    booked_share = serializers.FloatField(allow_null=True)
    delivered_share = serializers.FloatField(allow_null=True)


class UtilisationSerializer(serializers.Serializer[Any]):
    resources = UseSerializer(many=True)
    totals = UseSerializer(many=True)


class HourUseSerializer(serializers.Serializer[Any]):
    """All chairs, or all nurses, in one hour of one weekday, of the whole period."""

    kind = serializers.ChoiceField(choices=ResourceKind.choices)
    weekday = serializers.IntegerField(help_text="0 is Monday.")
    hour = serializers.IntegerField(help_text="By the clinic's clocks, 0 to 23.")
    days = serializers.IntegerField(help_text="On so many days of the period something was open then.")
    open_minutes = serializers.FloatField(source="open")
    booked_minutes = serializers.FloatField(source="booked")
    delivered_minutes = serializers.FloatField(source="delivered")
    booked_share = serializers.FloatField(allow_null=True)
    delivered_share = serializers.FloatField(allow_null=True)


class DayLoadSerializer(serializers.Serializer[Any]):
    """Nursing load is told in units, of which a nurse has six."""

    day = serializers.DateField()
    visits = serializers.IntegerField()
    peak = serializers.IntegerField(help_text="Units in the busiest minute.")
    peak_duty = serializers.IntegerField(help_text="Units on duty in that minute.")
    peak_at = serializers.DateTimeField()
    mean_load = serializers.FloatField(help_text="Units on average, while a nurse is on duty.")
    minutes_full = serializers.FloatField(help_text="Every unit on duty is taken.")


class LeadSerializer(serializers.Serializer[Any]):
    """Calendar days from booking to visit."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    first_quartile = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    third_quartile = serializers.FloatField(allow_null=True)


class LeadTimeSerializer(serializers.Serializer[Any]):
    all = LeadSerializer()
    by_protocol = LeadSerializer(many=True)
    spread = CountSerializer(many=True)
    entered_afterwards = serializers.IntegerField()


class AttendanceSerializer(serializers.Serializer[Any]):
    """Cancellations are a share of all planned visits, no-shows of those known as kept or missed."""

    planned = serializers.IntegerField()
    came = serializers.IntegerField()
    missed = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Past, and nobody has said whether the patient came.")
    to_come = serializers.IntegerField()
    cancelled = ShareSerializer()
    late = ShareSerializer(help_text="Cancelled later than the clinic asks for.")
    lateness_unknown = serializers.IntegerField(source="cancelled_unknown")
    no_shows = ShareSerializer()
    reasons = CountSerializer(many=True, help_text="Of cancellations, the commonest first.")


class ProtocolGapsSerializer(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    within = serializers.IntegerField()
    below = serializers.IntegerField()
    above = serializers.IntegerField()
    met = ShareSerializer(help_text="Gaps within the spacing, of all.")
    plans = ShareSerializer(help_text="Plans without a gap outside, of all.")


class PlanGapsSerializer(serializers.Serializer[Any]):
    plan = IdField()
    patient_name = serializers.CharField(source="patient")
    protocol = serializers.CharField()
    within = serializers.IntegerField()
    below = serializers.IntegerField()
    above = serializers.IntegerField()


class SpacingReportSerializer(serializers.Serializer[Any]):
    by_protocol = ProtocolGapsSerializer(many=True)
    outside = PlanGapsSerializer(many=True, help_text="Plans with a gap outside, those with most first.")


class StepSerializer(serializers.Serializer[Any]):
    """From this moment until the next step: units of load, and units on duty."""

    at = serializers.DateTimeField()
    load = serializers.IntegerField()
    duty = serializers.IntegerField()


class MeasuresSerializer(serializers.Serializer[Any]):
    """Nursing load is told in units, of which a nurse has six."""

    peak = serializers.IntegerField()
    peak_duty = serializers.IntegerField(help_text="Units on duty at the busiest minute.")
    minutes_nobody_free = serializers.IntegerField(help_text="No nurse has room to prepare a patient.")
    minutes_full = serializers.IntegerField(help_text="Every unit on duty is taken.")
    chair_use = serializers.FloatField(help_text="Share of the chairs' open time, turnover included.")
    overtime_minutes = serializers.IntegerField(help_text="Of all visits together, past closing.")
    more = serializers.IntegerField(help_text="Visits of the commonest protocol that still fit.")
    steps = StepSerializer(many=True)


class StartSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    protocol = serializers.CharField()


class DayLevelSerializer(serializers.Serializer[Any]):
    """A dry run: nothing was changed. Whether a patient could come at another time isn't known."""

    day = serializers.DateField()
    closing = serializers.DateTimeField()
    visits = serializers.IntegerField()
    commonest = serializers.CharField(help_text="The protocol of most visits.")
    booked = MeasuresSerializer()
    template = MeasuresSerializer(allow_null=True, help_text="Null when none was found.")
    starts = StartSerializer(many=True, help_text="The template's.")
    peak_bound = serializers.IntegerField(allow_null=True, help_text="No day has a lower peak.")
    more_at_least = serializers.IntegerField()
    more_at_most = serializers.IntegerField()
    gap = serializers.FloatField(
        allow_null=True, help_text="The share of the template's peak that might be spared at most, 0 to 1."
    )
    seconds = serializers.FloatField(help_text="So long it was sought: three at most.")
    in_time = serializers.BooleanField(
        help_text="False: the seconds were over before everything was tried. What is told holds all the same."
    )


class LevelSerializer(serializers.Serializer[Any]):
    level = DayLevelSerializer(allow_null=True, help_text="Null on a day without visits.")


class PeriodViewSet(ClinicViewSet):
    """Figures of a clinic over a period of local days."""

    queryset = Appointment.objects.none()
    pagination_class = None  # type: ignore[assignment]

    def period(self) -> tuple[Clinic, Period]:
        asked = self.parse_query(PeriodSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return clinic, Period.of(clinic, asked["first"], asked["last"])

    def period_and_visits(self) -> tuple[Clinic, Period, Among]:
        """The period, and which of its visits the report is about."""
        asked = self.parse_query(VisitsPeriodSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        period = Period.of(clinic, asked["first"], asked["last"])
        among = Among.of(clinic, protocol=asked.get("protocol", ""), indication=asked.get("indication", ""))
        return clinic, period, among


class ReportsViewSet(PeriodViewSet):
    """What a period of at most 366 days came to. A visit is counted once, at its latest time; a hold that was
    never booked is neither a visit nor a cancellation."""

    access = {
        "utilisation": access.VIEW_REPORTS,
        "use_by_hour": access.VIEW_REPORTS,
        "daily_load": access.VIEW_REPORTS,
        "lead_time": access.VIEW_REPORTS,
        "attendance": access.VIEW_REPORTS,
        "spacing": access.VIEW_REPORTS,
        "level": access.VIEW_REPORTS,
    }
    serializer_class = UtilisationSerializer

    @extend_schema(parameters=[PeriodSerializer], responses=UtilisationSerializer)
    @action(detail=False)
    def utilisation(self, request: Request) -> Response:
        """How much of chairs and nurses was booked, and how much of it is done."""
        clinic, period = self.period()
        return Response(UtilisationSerializer(use.utilisation(clinic, period)).data)

    @extend_schema(parameters=[PeriodSerializer], responses=HourUseSerializer(many=True))
    @action(detail=False, url_path="use-by-hour")
    def use_by_hour(self, request: Request) -> Response:
        """How much of chairs and nurses was booked, by weekday and hour."""
        clinic, period = self.period()
        return Response(HourUseSerializer(use.by_hour(clinic, period), many=True).data)

    @extend_schema(parameters=[PeriodSerializer], responses=DayLoadSerializer(many=True))
    @action(detail=False, url_path="daily-load")
    def daily_load(self, request: Request) -> Response:
        """How high the nurses' load came on each day with visits. How level one day could be is `level/`."""
        clinic, period = self.period()
        return Response(DayLoadSerializer(daily_load.daily_load(clinic, period), many=True).data)

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=LeadTimeSerializer)
    @action(detail=False, url_path="lead-time")
    def lead_time(self, request: Request) -> Response:
        """How many days ahead visits were booked."""
        return Response(LeadTimeSerializer(reports.lead_time(*self.period_and_visits())).data)

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=AttendanceSerializer)
    @action(detail=False)
    def attendance(self, request: Request) -> Response:
        """Who came, who didn't, what was cancelled and why."""
        found = reports.attendance(*self.period_and_visits(), now=clock.now())
        return Response(AttendanceSerializer(found).data)

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=SpacingReportSerializer)
    @action(detail=False)
    def spacing(self, request: Request) -> Response:
        """Which series kept the days between visits."""
        return Response(SpacingReportSerializer(spacing_report.spacing(*self.period_and_visits())).data)

    @extend_schema(parameters=[ClinicDaySerializer], responses=LevelSerializer)
    @action(detail=False)
    def level(self, request: Request) -> Response:
        """A day's bookings beside the most level day that its visits could make. Takes up to three seconds.

        One search at a time: 503 `busy` while another plan is sought.
        """
        asked = self.parse_query(ClinicDaySerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        found = level_report.level_of_day(clinic, asked["day"], now=clock.now())
        return Response(LevelSerializer({"level": found}).data)
