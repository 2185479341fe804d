"""Figures over a period of local days: the words that every report counts by, how far ahead visits were
booked, and who came. Reads, never writes.

Each report says in its own type what it counts; a share is never told without the number that it is a share
of. Every report is a few queries, and costs what its period holds, however much history lies around it. How
much of chairs and nurses was used is `use`, their load day by day `daily_load`, gaps between visits
`spacing_report`, how level one day could be `level_report`. What patients had been told before and what
happened in the chair is known upstairs (`notifications.reporting`, `sessions_app.reporting`).

A visit is one appointment, however often it was moved, at the time to which it was moved last. A hold that
was never booked is no visit and no cancellation.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import (
    Aggregate,
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
)
from django.db.models.functions import TruncDate

from clinic.models import Clinic
from clinic.periods import Period
from clinic.problems import Invalid
from scheduler.models import Appointment, AppointmentStatus, CancellationReason, Protocol, TreatmentPlan

CAME: Final = (AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED)
STANDING: Final = (AppointmentStatus.BOOKED, *CAME)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Counted:
    """So many under this name."""

    words: str
    count: int


@dataclass(frozen=True)
class Among:
    """Which visits of a period a report is about: those of one protocol in all its versions, those for one
    indication, both, or, where neither is said, all."""

    protocol: str = ""  # its code
    indication: str = ""  # ICD-10-CM

    @classmethod
    def of(cls, clinic: Clinic, *, protocol: str = "", indication: str = "") -> "Among":
        """Raises `Invalid` naming what this clinic doesn't have, for nothing would be told as a nought."""
        errors = {}
        if protocol and protocol not in dict(protocols_of(clinic)):
            errors["protocol"] = "This clinic has no protocol with this code. Leave it out to count all."
        if indication and indication not in indications_of(clinic):
            errors["indication"] = "No plan of this clinic is for this indication. Leave it out to count all."
        if errors:
            raise Invalid(errors)
        return cls(protocol, indication)

    def of_visits(self, path: str = "") -> Q:
        """The condition on appointments, or on rows that lead to one by `path`, such as "appointment__"."""
        asked = Q()
        if self.protocol:
            asked &= Q(**{f"{path}protocol__code": self.protocol})
        if self.indication:
            asked &= Q(**{f"{path}plan__indication": self.indication})
        return asked


EVERYBODY: Final = Among()


def protocols_of(clinic: Clinic) -> list[tuple[str, str]]:
    """Code and title, in its newest version, of each protocol that the clinic has."""
    newest = Protocol.objects.filter(clinic=clinic).order_by("code", "-version").distinct("code")
    return sorted(newest.values_list("code", "title"), key=lambda each: each[1])


def indications_of(clinic: Clinic) -> list[str]:
    """The codes for which the clinic has plans."""
    plans = TreatmentPlan.objects.filter(clinic=clinic).order_by("indication")
    return list(plans.values_list("indication", flat=True).distinct())


def visits_of(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> QuerySet[Appointment]:
    """What starts in the period, holds and lapsed holds and entries in error left out: on
    `appointment_by_start`."""
    return (
        Appointment.objects.filter(
            among.of_visits(),
            clinic=clinic,
            during__startswith__gte=period.low,
            during__startswith__lt=period.high,
        )
        .exclude(status__in=[AppointmentStatus.PENDING, AppointmentStatus.ENTERED_IN_ERROR])
        .exclude(status=AppointmentStatus.CANCELLED, held_until__isnull=False)
    )


# --- How long before a visit it was booked ----------------------------------------------------------------


@dataclass(frozen=True)
class Lead:
    """Calendar days from booking to visit: a quarter of the visits had at most `first_quartile`, half at most
    `median`, three quarters at most `third_quartile`."""

    name: str
    count: int
    first_quartile: float | None
    median: float | None
    third_quartile: float | None


@dataclass(frozen=True)
class LeadTime:
    """Of visits that start in the period and were not cancelled, by protocol and all together. A moved visit
    counts from its first booking to the time to which it was moved last. What was entered after the visit had
    begun says nothing about waiting and is only counted."""

    all: Lead
    by_protocol: list[Lead]
    spread: list[Counted]
    entered_afterwards: int


# Days from the first to the last, both included.
SPREAD: Final = (
    ("Same day", 0, 0),
    ("1 to 2 days", 1, 2),
    ("3 to 7 days", 3, 7),
    ("8 to 14 days", 8, 14),
    ("15 to 30 days", 15, 30),
)
LONGER: Final = ("Over 30 days", 31)


class Percentile(Aggregate):
    """The value below which this share of the rows lies, between two rows by proportion."""

    template = "percentile_cont(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, *, share: float, **extra: Any) -> None:
        super().__init__(expression, share=f"{share:.2f}", **extra)


def lead_time(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> LeadTime:
    """How many days ahead visits were booked: two queries and one for what was entered afterwards."""
    kept = visits_of(clinic, period, among).exclude(status=AppointmentStatus.CANCELLED)
    ahead = kept.filter(created_at__lt=F("during__startswith")).annotate(
        days=_days_between("created_at", "during__startswith", period.zone)
    )
    figures = {
        "count": Count("pk"),
        "low": Percentile("days", share=0.25),
        "middle": Percentile("days", share=0.5),
        "high": Percentile("days", share=0.75),
    }
    spread = {
        f"spread_{first}": Count("pk", filter=Q(days__gte=first, days__lte=last)) for _, first, last in SPREAD
    }
    longer = Count("pk", filter=Q(days__gte=LONGER[1]))
    total = ahead.aggregate(**figures, **spread, longer=longer)
    by_protocol = (
        ahead.values("protocol__title")
        .annotate(**figures)
        .order_by("protocol__title")
        .values_list("protocol__title", *figures)
    )
    return LeadTime(
        all=Lead("All visits", *(total[name] for name in figures)),
        by_protocol=[Lead(*row) for row in by_protocol],
        spread=[
            *(Counted(words, total[f"spread_{first}"]) for words, first, _ in SPREAD),
            Counted(LONGER[0], total["longer"]),
        ],
        entered_afterwards=kept.filter(created_at__gte=F("during__startswith")).count(),
    )


# --- Who came ---------------------------------------------------------------------------------------------


class Became(StrEnum):
    """What has become of a visit: the one word for it that every report counts by."""

    CAME = "came"
    MISSED = "missed"
    OPEN = "open"
    TO_COME = "to_come"
    CANCELLED_IN_TIME = "cancelled_in_time"
    CANCELLED_TOO_LATE = "cancelled_too_late"
    CANCELLED_UNKNOWN = "cancelled_unknown"


def became(*, status: str, cancelled_late: bool | None, begun: bool) -> Became:
    """Of a visit, which `visits_of` tells from a hold. Somebody who came is one who arrived. `begun`: its
    start is past."""
    if status == AppointmentStatus.CANCELLED:
        return {
            None: Became.CANCELLED_UNKNOWN,
            False: Became.CANCELLED_IN_TIME,
            True: Became.CANCELLED_TOO_LATE,
        }[cancelled_late]
    if status == AppointmentStatus.NOSHOW:
        return Became.MISSED
    if status in CAME:
        return Became.CAME
    return Became.OPEN if begun else Became.TO_COME


@dataclass(frozen=True)
class VisitsBecame:
    """What became of so many visits. `planned` is all of them, cancelled ones too.

    `open` is booked and its start is past, and nobody has said whether the patient came: it counts for
    neither. `to_come` lies ahead of the report.
    """

    planned: int
    came: int
    missed: int
    open: int
    to_come: int
    cancelled_in_time: int
    cancelled_too_late: int
    cancelled_unknown: int  # cancelled before the clinic kept whether it was late

    @property
    def cancelled(self) -> Share:
        """Of all that were planned."""
        return Share(self.cancelled_in_time + self.cancelled_too_late + self.cancelled_unknown, self.planned)

    @property
    def late(self) -> Share:
        """Of all that were planned."""
        return Share(self.cancelled_too_late, self.planned)

    @property
    def no_shows(self) -> Share:
        """Of the visits that were not cancelled and of which is known whether the patient came."""
        return Share(self.missed, self.came + self.missed)


def counts_of(visits: Mapping[Became, int]) -> dict[str, int]:
    """The fields of `VisitsBecame`."""
    return {"planned": sum(visits.values()), **{each.value: visits.get(each, 0) for each in Became}}


@dataclass(frozen=True)
class Attendance(VisitsBecame):
    """Of the visits that start in a period, and why the cancelled ones were cancelled."""

    reasons: list[Counted]


def attendance(clinic: Clinic, period: Period, among: Among = EVERYBODY, *, now: datetime) -> Attendance:
    """Cancellations, late or not, their reasons, and no-shows: two queries."""
    planned = visits_of(clinic, period, among)
    visits = Counter[Became]()
    begun = ExpressionWrapper(Q(during__startswith__lt=now), output_field=BooleanField())
    for status, late, is_past, count in (
        planned.values_list("status", "cancelled_late", begun).annotate(count=Count("pk")).order_by()
    ):
        visits[became(status=status, cancelled_late=late, begun=is_past)] += count
    reasons = (
        planned.filter(status=AppointmentStatus.CANCELLED)
        .values_list("cancelation_reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "cancelation_reason")
    )
    labels = dict(CancellationReason.choices)
    return Attendance(
        **counts_of(visits),
        reasons=[Counted(str(labels.get(code, "No reason given")), count) for code, count in reasons],
    )


# --- Expressions ------------------------------------------------------------------------------------------


def _days_between(earlier: str, later: str, zone: str) -> Func:
    """Calendar days in the zone, as `clock.days_between` counts them."""
    local = ZoneInfo(zone)
    return Func(
        TruncDate(later, tzinfo=local),
        TruncDate(earlier, tzinfo=local),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )
