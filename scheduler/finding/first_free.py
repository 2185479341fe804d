"""Could anything be booked in a clinic as it is set up, and if not, which part is missing. Only reads.

Asked without a patient or a plan: by what each protocol in force needs, from the same arithmetic that finds
the starts of a plan (`free_times`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic.models import Clinic
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.starts import feasible
from scheduler.finding.supply import Supplies, supplies, visit_of
from scheduler.models import Protocol, ProtocolStatus, ResourceKind

AHEAD: Final = timedelta(days=14)
LONGEST_VISIT: Final = timedelta(days=1)
KINDS: Final = {
    ResourceKind.CHAIR: ("chairs", "chair"),
    ResourceKind.NURSE: ("people", "nurse"),
    ResourceKind.CLINICIAN: ("people", "clinician"),
}


@dataclass(frozen=True)
class Gap:
    """Why nothing could be booked: the part of the clinic it lies in, and a sentence."""

    part: str  # protocols, chairs, people, hours
    detail: str


@dataclass(frozen=True)
class FirstFree:
    """The first start of the next two weeks and for which protocol, or what stands against any."""

    start: datetime | None
    protocol: Protocol | None
    gaps: list[Gap]


def first_free(clinic: Clinic, *, now: datetime) -> FirstFree:
    """The earliest visit that could be booked, of any protocol in force: three queries."""
    protocols = list(Protocol.objects.filter(clinic=clinic, status=ProtocolStatus.ACTIVE).order_by("code"))
    until = now + AHEAD
    stock = supplies(clinic.pk, now, until + LONGEST_VISIT, now=now)
    found = [
        (minute, protocol)
        for protocol in protocols
        if (minute := _first(stock, protocol, now, until)) is not None
    ]
    if found:
        minute, protocol = min(found, key=lambda each: each[0])
        return FirstFree(moment_of(minute), protocol, [])
    gaps = [] if protocols else [Gap("protocols", "No protocol is in force: a prescriber signs one first.")]
    return FirstFree(None, None, gaps + _gaps(stock, protocols))


def _first(stock: Supplies, protocol: Protocol, now: datetime, until: datetime) -> int | None:
    fitting = stock.offering(protocol.chair_features)
    found = feasible(
        visit_of(protocol),
        chairs=fitting.stocks[ResourceKind.CHAIR],
        nurses=fitting.stocks[ResourceKind.NURSE],
        clinicians=fitting.stocks[ResourceKind.CLINICIAN],
        low=minute_of(now) + 1,
        high=minute_of(until),
    )
    return int(found.minutes[0]) if len(found.minutes) else None


def _gaps(stock: Supplies, protocols: list[Protocol]) -> list[Gap]:
    gaps = []
    for kind, (part, word) in KINDS.items():
        of_kind = stock.stocks[kind]
        if not of_kind.keys:
            gaps.append(Gap(part, f"There is no {word} in use."))
        elif not len(of_kind.opened):
            gaps.append(Gap("hours", f"No {word} has hours in the next {AHEAD.days} days."))
    if gaps or not protocols:
        return gaps
    features = [protocol for protocol in protocols if not stock.offering(protocol.chair_features).chairs]
    if len(features) == len(protocols):
        asked = ", ".join(sorted({word for protocol in protocols for word in protocol.chair_features}))
        return [Gap("chairs", f"No chair offers what the protocols in force ask for: {asked}.")]
    shortest = min(protocols, key=lambda protocol: visit_of(protocol).minutes)
    visit = visit_of(shortest)
    most = max(need.units for need in visit.nurse_needs)
    if max(nurse.capacity for nurse in stock.nurses) < most:
        return [
            Gap("people", f"A visit of {shortest.code} takes {most} units of a nurse, and none has as many.")
        ]
    minutes = visit.minutes + visit.turnover
    return [
        Gap(
            "hours",
            f"A visit of {shortest.code} takes {minutes} minutes with turnover, and a chair, a nurse and a"
            " clinician are never there together for so long.",
        )
    ]
