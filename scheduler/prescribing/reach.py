"""What another version of a protocol would touch: told before it is drafted, and before it is signed.

Nothing moves by itself: plans stay under the version that goes out of force until their prescriber takes each
over (`taking_over`), and booked visits stay as they were booked until somebody takes those over
(`visits.versions`). Reads only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from scheduler.models import (
    LIVE_STATUSES,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    Protocol,
    ProtocolStatus,
    TreatmentPlan,
)
from scheduler.prescribing import taking_over
from scheduler.protocols.protocols import content_of


@dataclass(frozen=True)
class NotAllowed:
    """A plan whose order the other version doesn't allow, and why, as taking it over would say it."""

    plan: TreatmentPlan
    mends: Sequence[str]


@dataclass(frozen=True)
class Reach:
    """What stands under the version in force, and what the other one would mean for it.

    `prescribers` are whose plans stand under it, with how many, the most first. `visits` are those to come,
    `next_visit_at` the start of the first of them.
    """

    in_force: Protocol
    prescribers: Sequence[tuple[str, int]]
    not_allowed: Sequence[NotAllowed]
    visits: int
    next_visit_at: datetime | None
    minutes_longer: int
    is_fasted_otherwise: bool

    @property
    def plans(self) -> int:
        return sum(count for _, count in self.prescribers)


def as_signed(version: Protocol, content: Mapping[str, Any] | None = None) -> Protocol:
    """This version, with other content where that is given, as if it were signed. It is never saved."""
    return Protocol(
        clinic_id=version.clinic_id,
        code=version.code,
        version=version.version + (content is not None),
        status=ProtocolStatus.ACTIVE,
        **{**content_of(version), **(content or {})},
    )


def reach_of(becomes: Protocol, *, now: datetime) -> Reach | None:
    """What would be touched if this version were signed; None where no version of it is in force. Three
    queries, however much stands under it."""
    versions = Protocol.objects.filter(clinic_id=becomes.clinic_id, code=becomes.code)
    in_force = versions.filter(status=ProtocolStatus.ACTIVE).first()
    if in_force is None:
        return None
    plans = TreatmentPlan.objects.filter(protocol=in_force, status__in=STANDING_STATUSES).select_related(
        "protocol", "patient", "prescriber"
    )
    standing = list(plans.order_by("patient__family_name", "patient__given_names", "pk"))
    to_come = Q(status__in=LIVE_STATUSES, during__endswith__gt=now) & ~Q(status=AppointmentStatus.FULFILLED)
    visits = Appointment.objects.filter(to_come, protocol=in_force).aggregate(
        count=Count("pk"), first=Min("during__startswith", filter=Q(during__startswith__gt=now))
    )
    return Reach(
        in_force=in_force,
        prescribers=Counter(plan.prescriber.full_name for plan in standing).most_common(),
        not_allowed=[NotAllowed(plan, mends) for plan in standing if (mends := _mends_of(plan, becomes))],
        visits=visits["count"],
        next_visit_at=visits["first"],
        minutes_longer=minutes_of_visit(becomes) - minutes_of_visit(in_force),
        is_fasted_otherwise=_fasting(becomes) != _fasting(in_force),
    )


def minutes_of_visit(protocol: Protocol) -> int:
    """From the patient's arrival to the end of the observation, without the chair's turnover."""
    return protocol.preparation_minutes + protocol.infusion_minutes + protocol.observation_minutes


def _mends_of(plan: TreatmentPlan, becomes: Protocol) -> list[str]:
    wrong = taking_over.errors_of(plan, becomes, soft_limit_acknowledged=False)
    return [error["detail"] for error in wrong]


def _fasting(protocol: Protocol) -> tuple[int | None, int | None]:
    return protocol.fasting_clear_hours, protocol.fasting_light_meal_hours
