"""What every call of a patient's makes sure of first: the link's token and the birth year."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from clinic import clock
from clinic.callers import address_of
from clinic.problems import Missing
from clinic.rates import TooMany, slow_down_guessing
from clinic.viewsets import StrictSerializer
from notifications.answering import grading, links, unproven
from notifications.models import PatientLink


class ProofSerializer(StrictSerializer):
    token = serializers.CharField(max_length=64, help_text="The last part of the link's address.")
    birth_year = serializers.IntegerField(min_value=1900, max_value=2100)


def emergency_lines() -> list[dict[str, str]]:
    """Whom to call now, as every answer of this API says it."""
    return [{"number": number, "name": name} for number, name in grading.EMERGENCY_LINES]


def proved_with(
    serializer_class: type[ProofSerializer], request: Request
) -> tuple[PatientLink, dict[str, Any]]:
    """The link that the body names, its birth year checked, and what was sent besides, as typed data."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    data, now = dict(serializer.validated_data), clock.now()
    try:
        with slow_down_guessing(request):
            link = links.open_link(token=data["token"], now=now)
            links.give_factor(link=link, birth_year=data["birth_year"], address=address_of(request), now=now)
    except (Missing, TooMany, links.TooManyYears) as refusal:
        if unproven.hear(token=data["token"], sent=serializer.initial_data, now=now):
            refusal.data["emergency_lines"] = emergency_lines()
        raise
    return link, {name: value for name, value in data.items() if name not in ProofSerializer().fields}
