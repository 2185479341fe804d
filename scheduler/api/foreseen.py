"""What a change of hours would touch, as the API tells it: the answers of the `check` calls."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.fields import IdField
from scheduler.working_hours.foreseeing import Foreseen


class StrandedSerializer(serializers.Serializer[Any]):
    """A visit that needs the hours."""

    appointment = IdField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    resource = serializers.DictField(help_text="Whose hours it would lose: id, kind and name.")
    booked = serializers.BooleanField(
        help_text="False: the time is only held, or on offer from the waitlist."
    )


class ToRepairSerializer(serializers.Serializer[Any]):
    """What to ask of `/repairs/` for one day on which visits stand against the change."""

    day = serializers.DateField()
    resource = IdField(allow_null=True)


class OddStretchSerializer(serializers.Serializer[Any]):
    """Hours in which the clocks change, how long they last on that day, and from when to when they run."""

    day = serializers.DateField()
    hours = serializers.ListField(child=serializers.TimeField(format="%H:%M"))
    minutes = serializers.IntegerField()
    runs = serializers.ListField(
        child=serializers.TimeField(format="%H:%M"),
        help_text="What the clocks show as they begin and end: where they skip a time given, another.",
    )


class ForeseenChangeSerializer(serializers.Serializer[Foreseen]):
    """What the change would touch. Nothing is changed by asking: who was quicker is seen by the change."""

    gained_minutes = serializers.IntegerField(
        source="gained", help_text="To book within the clinic's horizon, of everybody it concerns."
    )
    lost_minutes = serializers.IntegerField(source="lost")
    visits = serializers.SerializerMethodField(
        help_text="Against which the change would be refused as `visits_stranded`."
    )
    repairs = serializers.SerializerMethodField()
    gives_way = serializers.SerializerMethodField(
        help_text="The patterns that stand there: send them as `in_place_of`."
    )
    clocks = OddStretchSerializer(source="odd", many=True)
    openings_until = serializers.DateField(
        allow_null=True,
        help_text="Where the change begins beyond the clinic's horizon, the last day for which openings are"
        " made: nothing is gained or lost yet, and it counts when the schedule reaches it.",
    )

    @extend_schema_field(StrandedSerializer(many=True))
    def get_visits(self, foreseen: Foreseen) -> list[Any]:
        visits = foreseen.refusal.data["visits"] if foreseen.refusal else []
        return list(StrandedSerializer(visits, many=True).data)

    @extend_schema_field(ToRepairSerializer(many=True))
    def get_repairs(self, foreseen: Foreseen) -> list[Any]:
        repairs = foreseen.refusal.data["repairs"] if foreseen.refusal else []
        return list(ToRepairSerializer(repairs, many=True).data)

    @extend_schema_field(serializers.ListField(child=IdField()))
    def get_gives_way(self, foreseen: Foreseen) -> list[str]:
        return [str(pattern.pk) for pattern in foreseen.standing]
