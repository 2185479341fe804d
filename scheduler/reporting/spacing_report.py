"""Which series met their spacing, over a period of local days. Reads, never writes.

Beside `reports`, whose words for periods and shares it uses: gaps between visits are a subject of their own.
"""

from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from clinic import clock
from clinic.models import Clinic
from scheduler.models import Appointment, SpacingOverride
from scheduler.reporting.reports import EVERYBODY, STANDING, Among, Period, Share, visits_of


@dataclass(frozen=True)
class Gaps:
    """How many gaps between consecutive visits of a plan lie within its spacing, below or above it."""

    within: int
    below: int
    above: int

    @property
    def met(self) -> Share:
        return Share(self.within, self.within + self.below + self.above)


@dataclass(frozen=True)
class PlanGaps(Gaps):
    """One plan's gaps, and whose plan it is."""

    plan: UUID
    protocol: str
    patient: str


@dataclass(frozen=True)
class ProtocolGaps(Gaps):
    """The gaps of all plans of one protocol, and how many of these plans had none outside."""

    protocol: str
    plans: Share


@dataclass(frozen=True)
class Spaced:
    """Of gaps that end in the period: the later visit starts in it. Visits that stand or took place count;
    days are local ones between starts (domain.md 2.2). Each plan is held against its own spacing as it is
    now: the prescriber's latest override or else the protocol's (`prescribing.spacing`)."""

    by_protocol: list[ProtocolGaps]
    plans: list[PlanGaps]  # the most gaps outside first

    @property
    def outside(self) -> list[PlanGaps]:
        return [plan for plan in self.plans if plan.below or plan.above]


def spacing(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> Spaced:
    """Which plans kept the days between visits that they ask for: one query."""
    before = Appointment.objects.filter(
        plan=OuterRef("plan"), status__in=STANDING, during__startswith__lt=OuterRef("during__startswith")
    ).order_by("-during__startswith")
    override = SpacingOverride.objects.filter(plan=OuterRef("plan")).order_by("-given_at", "-created_at")
    rows = (
        visits_of(clinic, period, among)
        .filter(status__in=STANDING)
        .annotate(
            # Each is asked once for a visit; SQL that counted would ask again in every count.
            before=Subquery(before.values("during__startswith")[:1]),
            least=Coalesce(Subquery(override.values("min_days")[:1]), F("plan__protocol__spacing_min_days")),
            most=Coalesce(Subquery(override.values("max_days")[:1]), F("plan__protocol__spacing_max_days")),
        )
        .order_by("plan__protocol__title", "patient__family_name", "patient__given_names", "plan")
        .values_list(
            "plan__protocol__title",
            "patient__given_names",
            "patient__family_name",
            "plan",
            "before",
            "during__startswith",
            "least",
            "most",
        )
    )
    plans = []
    for (protocol, given, family, plan), of_plan in groupby(rows, key=lambda row: row[:4]):
        gaps = [
            (clock.days_between(earlier, later, period.zone), least, most)
            for *_, earlier, later, least, most in of_plan
            if earlier is not None
        ]
        if gaps:
            plans.append(
                PlanGaps(
                    within=sum(least <= days <= most for days, least, most in gaps),
                    below=sum(days < least for days, least, most in gaps),
                    above=sum(days > most for days, least, most in gaps),
                    plan=plan,
                    protocol=protocol,
                    patient=f"{given} {family}",
                )
            )
    by_protocol = [
        _of_protocol(title, list(of_protocol))
        for title, of_protocol in groupby(plans, key=lambda plan: plan.protocol)
    ]
    return Spaced(by_protocol, sorted(plans, key=lambda plan: -(plan.below + plan.above)))


def _of_protocol(title: str, plans: list[PlanGaps]) -> ProtocolGaps:
    return ProtocolGaps(
        within=sum(plan.within for plan in plans),
        below=sum(plan.below for plan in plans),
        above=sum(plan.above for plan in plans),
        protocol=title,
        plans=Share(sum(not (plan.below or plan.above) for plan in plans), len(plans)),
    )
