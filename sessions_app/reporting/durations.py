"""How long preparation, infusion and recovery took beside what was planned, and how late infusions began.
Reads, never writes.

The minutes are those of the record: arrival at the desk, the infusion's first start and its last stop, pauses
included, and discharge. Planned is what the visit was booked for: its own protocol version's minutes, and the
longer recovery that it was given. A phase whose end isn't known yet counts nowhere and is told of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db.models import Count, F, FloatField, Func, Q, QuerySet, Value
from django.db.models.expressions import Combinable, ExpressionWrapper

from clinic.models import Clinic
from scheduler.reporting.reports import EVERYBODY, Among, Counted, Percentile, Period
from sessions_app.models import Session
from sessions_app.reporting.infusions import started_in
from sessions_app.reporting.rates import Rate

# An infusion begun so many minutes after its time is still on time, and a patient so late too: the grid on
# which visits are booked. A choice of ours [D].
GRACE_MINUTES: Final = 5
# Minutes after the planned start, from the first to before the second; the ends are open.
BINS: Final = ((None, -10), *((first, first + 5) for first in range(-10, 60, 5)), (60, None))


class Phase(StrEnum):
    """What is measured; the value is also the prefix of its columns."""

    PREPARATION = "preparation"
    INFUSION = "infusion"
    RECOVERY = "recovery"
    WHOLE = "whole"


WORDS: Final[Mapping[Phase, str]] = {
    Phase.PREPARATION: "Arrival to start",
    Phase.INFUSION: "Infusion",
    Phase.RECOVERY: "Recovery",
    Phase.WHOLE: "Whole visit",
}
ENDS: Final[Mapping[Phase, tuple[str, str]]] = {
    Phase.PREPARATION: ("arrived_at", "started_at"),
    Phase.INFUSION: ("started_at", "stopped_at"),
    Phase.RECOVERY: ("stopped_at", "discharged_at"),
    Phase.WHOLE: ("arrived_at", "discharged_at"),
}
PLANNED: Final[Mapping[Phase, tuple[str, ...]]] = {
    Phase.PREPARATION: ("protocol__preparation_minutes",),
    Phase.INFUSION: ("protocol__infusion_minutes",),
    Phase.RECOVERY: ("protocol__observation_minutes", "appointment__extra_recovery_minutes"),
    Phase.WHOLE: (
        "protocol__preparation_minutes",
        "protocol__infusion_minutes",
        "protocol__observation_minutes",
        "appointment__extra_recovery_minutes",
    ),
}


@dataclass(frozen=True)
class Spread:
    """Minutes of so many: 5, 25, 50, 75 and 95 of a hundred took no longer than this. None of nothing."""

    count: int
    fifth: float | None
    first_quartile: float | None
    median: float | None
    third_quartile: float | None
    ninety_fifth: float | None


SHARES: Final = {
    "fifth": 0.05,
    "first_quartile": 0.25,
    "median": 0.5,
    "third_quartile": 0.75,
    "ninety_fifth": 0.95,
}


@dataclass(frozen=True)
class PhaseTimes:
    """One phase: what was planned, half of the visits no more than that; what it took; and by how much it
    was longer than its own visit's plan, half of them no more than that."""

    phase: Phase
    planned: float | None
    took: Spread
    over: float | None

    @property
    def words(self) -> str:
        return WORDS[self.phase]


@dataclass(frozen=True)
class ProtocolTimes:
    """The visits by one protocol, or all."""

    name: str
    infusions: int
    phases: list[PhaseTimes]


@dataclass(frozen=True)
class Starts:
    """How many minutes after its planned moment each infusion began; before it is less than nothing."""

    late: Spread
    after_grace: Rate  # begun more than `GRACE_MINUTES` late
    arrived_late: Rate  # the patient came more than `GRACE_MINUTES` after the visit's time
    bins: list[Counted]


@dataclass(frozen=True)
class Durations:
    """Of the infusions that were started in a period. `under_way`: not discharged yet."""

    infusions: int
    under_way: int
    all: ProtocolTimes
    by_protocol: list[ProtocolTimes]
    starts: Starts


def durations(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> Durations:
    """How long it took, by protocol and all together, and how late it began: two queries."""
    started = _measured(started_in(clinic, period, among))
    figures = {**_figures(), **_start_figures()}
    total = started.aggregate(**figures)
    by_protocol = started.values("protocol__title").annotate(**_figures()).order_by("protocol__title")
    return Durations(
        infusions=total["infusions"],
        under_way=total["under_way"],
        all=_times("All visits", total),
        by_protocol=[_times(row["protocol__title"], row) for row in by_protocol],
        starts=_starts(total),
    )


def _measured(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """With the minutes of each phase, of its plan, and of how late the visit began."""
    start = F("appointment__during__startswith")
    for phase in Phase:
        first, last = ENDS[phase]
        took, planned = _minutes(F(last), F(first)), _sum(PLANNED[phase])
        sessions = sessions.annotate(
            **{f"{phase}_took": took, f"{phase}_planned": planned},
        ).annotate(**{f"{phase}_over": F(f"{phase}_took") - F(f"{phase}_planned")})
    return sessions.annotate(
        start_late=ExpressionWrapper(
            _minutes(F("started_at"), start) - F("protocol__preparation_minutes"), output_field=FloatField()
        ),
        arrival_late=_minutes(F("arrived_at"), start),
    )


def _figures() -> dict[str, Any]:
    figures: dict[str, Any] = {
        "infusions": Count("pk"),
        "under_way": Count("pk", filter=Q(discharged_at__isnull=True)),
    }
    for phase in Phase:
        took = f"{phase}_took"
        known = Q(**{f"{took}__isnull": False})
        figures |= _spread_of(took)
        figures[f"{phase}_planned_median"] = Percentile(f"{phase}_planned", share=0.5, filter=known)
        figures[f"{phase}_over_median"] = Percentile(f"{phase}_over", share=0.5)
    return figures


def _start_figures() -> dict[str, Any]:
    figures = _spread_of("start_late")
    for place, (first, before) in enumerate(BINS):
        inside = Q() if first is None else Q(start_late__gte=first)
        inside &= Q() if before is None else Q(start_late__lt=before)
        figures[f"bin_{place}"] = Count("pk", filter=inside)
    figures["after_grace"] = Count("pk", filter=Q(start_late__gt=GRACE_MINUTES))
    figures["arrived_late"] = Count("pk", filter=Q(arrival_late__gt=GRACE_MINUTES))
    return figures


def _spread_of(column: str) -> dict[str, Any]:
    quantiles = {f"{column}_{name}": Percentile(column, share=share) for name, share in SHARES.items()}
    return {f"{column}_count": Count(column), **quantiles}


def _times(name: str, row: Mapping[str, Any]) -> ProtocolTimes:
    return ProtocolTimes(
        name,
        row["infusions"],
        [
            PhaseTimes(
                phase=phase,
                planned=row[f"{phase}_planned_median"],
                took=_spread(row, f"{phase}_took"),
                over=row[f"{phase}_over_median"],
            )
            for phase in Phase
        ],
    )


def _spread(row: Mapping[str, Any], column: str) -> Spread:
    return Spread(row[f"{column}_count"], **{name: row[f"{column}_{name}"] for name in SHARES})


def _starts(row: Mapping[str, Any]) -> Starts:
    infusions = row["infusions"]
    return Starts(
        late=_spread(row, "start_late"),
        after_grace=Rate(row["after_grace"], infusions),
        arrived_late=Rate(row["arrived_late"], infusions),
        bins=[
            Counted(bin_words(first, before), row[f"bin_{place}"])
            for place, (first, before) in enumerate(BINS)
        ],
    )


def bin_words(first: int | None, before: int | None) -> str:
    """Minutes after the planned start, in words."""
    if first is None:
        return f"More than {-(before or 0)} early"
    if before is None:
        return f"{first} or more late"
    if before <= 0:
        return f"{-before} to {-first} early"
    return f"{first} to {before} late"


def _minutes(later: Combinable, earlier: Combinable) -> Func:
    return Func(
        later,
        earlier,
        template="(EXTRACT(EPOCH FROM %(expressions)s) / 60)",
        arg_joiner=" - ",
        output_field=FloatField(),
    )


def _sum(columns: Iterable[str]) -> Combinable:
    total: Combinable = Value(0.0, output_field=FloatField())
    for column in columns:
        total = ExpressionWrapper(total + F(column), output_field=FloatField())
    return total
