"""What a clinic has to give in a window: openings and claims read as arithmetic reads them. Writes nothing.

Whole minutes since the epoch, as in `availability`. What counts is decided here and nowhere else: a hold that
has run out claims nothing, nor do appointments that are asked to be left out. What fits is `free_times`'s.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from numpy.typing import NDArray

from clinic.prepared import fetch_all
from scheduler.finding.availability import Supply, Visit, minute_of
from scheduler.finding.starts import Numbers, Stock
from scheduler.models import AppointmentStatus, Protocol, Resource, ResourceKind

# Ranges travel in PostgreSQL's own binary form: a year's claims of a clinic are 50,000 rows, and making a
# Python object of each takes ten times as long as reading them. One row for each resource; the index of the
# exclusion constraint finds its claims, so that what lies before the window costs nothing. What doesn't
# count are a few appointments: the holds that have run out are found by `appointment_held`.
WINDOW: Final = """
    SELECT opened.during, taken.during, taken.units
      FROM unnest(%(resources)s::uuid[]) WITH ORDINALITY AS resource (id, place)
     CROSS JOIN LATERAL (
           SELECT string_agg(range_send(during), '') AS during
             FROM scheduler_opening
            WHERE resource_id = resource.id AND during && %(window)s
           ) AS opened
     CROSS JOIN LATERAL (
           SELECT string_agg(range_send(during), '') AS during, string_agg(range_send(units), '') AS units
             FROM scheduler_claim
            WHERE resource_id = resource.id AND during && %(window)s
              AND appointment_id <> ALL (%(without)s::uuid[])
              AND appointment_id NOT IN (
                  SELECT id FROM scheduler_appointment
                   WHERE clinic_id = %(clinic)s AND status = 'pending' AND held_until <= %(now)s
                  )
           ) AS taken
     ORDER BY place"""

# Flags, then each bound with its length before it. All our ranges have both bounds and are [).
TIMES: Final = np.dtype([("flags", "u1"), ("", ">i4"), ("low", ">i8"), ("", ">i4"), ("high", ">i8")])
UNITS: Final = np.dtype([("flags", "u1"), ("", ">i4"), ("low", ">i4"), ("", ">i4"), ("high", ">i4")])
MICROSECONDS: Final = 60_000_000  # in a minute
EPOCH_2000: Final = 946_684_800 // 60  # PostgreSQL counts from the year 2000


@dataclass(frozen=True)
class Supplies:
    """Everything a clinic has to give in [low, high), minutes since the epoch, with the rows behind it.

    By kind in the order of names: as `Stock` for arithmetic over many starts, or as lists of `Supply` for
    arithmetic about one; those are made when first asked for, and are for windows of days, not of months.
    """

    resources: dict[UUID, Resource]
    low: int
    high: int
    stocks: dict[str, Stock]

    @cached_property
    def chairs(self) -> list[Supply]:
        return self.stocks[ResourceKind.CHAIR].supplies(self.low, self.high)

    @cached_property
    def nurses(self) -> list[Supply]:
        return self.stocks[ResourceKind.NURSE].supplies(self.low, self.high)

    @cached_property
    def clinicians(self) -> list[Supply]:
        return self.stocks[ResourceKind.CLINICIAN].supplies(self.low, self.high)

    def only(self, *, chair: UUID | None = None, nurse: UUID | None = None) -> "Supplies":
        """Narrowed to a chosen chair or nurse."""
        if chair is None and nurse is None:
            return self
        chosen = {ResourceKind.CHAIR: chair, ResourceKind.NURSE: nurse}
        narrowed: dict[str, Stock] = {
            kind: self.stocks[kind].only([key]) for kind, key in chosen.items() if key is not None
        }
        return replace(self, stocks={**self.stocks, **narrowed})

    def offering(self, features: Collection[str]) -> "Supplies":
        """Narrowed to the chairs that offer all of these features."""
        if not features:
            return self
        chairs = self.stocks[ResourceKind.CHAIR]
        fit = [key for key in chairs.keys if set(features).issubset(self.resources[key].features)]
        return replace(self, stocks={**self.stocks, ResourceKind.CHAIR: chairs.only(fit)})

    def between(self, low: int, high: int) -> "Supplies":
        """The same for a part of the window."""
        return replace(self, low=low, high=high)


NO_SUPPLIES: Final = Supplies({}, 0, 0, {kind: Stock.of([]) for kind in ResourceKind.values})


def visit_of(protocol: Protocol, extra_recovery: int = 0) -> Visit:
    """A protocol's phases as `availability` reads them, with so many minutes more of recovery."""
    return Visit(
        preparation=protocol.preparation_minutes,
        infusion=protocol.infusion_minutes,
        observation=protocol.observation_minutes + extra_recovery,
        turnover=protocol.turnover_minutes,
        preparation_units=protocol.preparation_units,
        infusion_units=protocol.infusion_units,
        observation_units=protocol.observation_units,
    )


def not_counted(now: datetime, without: Collection[UUID] = ()) -> Q:
    """The appointments whose time counts as free: holds that have run out, and those in `without`."""
    return Q(status=AppointmentStatus.PENDING, held_until__lte=now) | Q(pk__in=without)


def supplies(
    clinic_id: UUID,
    low: datetime,
    high: datetime,
    *,
    now: datetime,
    resources: Sequence[Resource] | None = None,
    without: Collection[UUID] = (),
) -> Supplies:
    """Openings and claims of the clinic's working resources in [low, high): two queries.

    `resources` are the rows when they are locked and loaded already. An opening counts from its first
    whole minute to its last; a claim counts for every minute it touches, unless its appointment is a hold
    that has run out by `now` or one of `without`.
    """
    if resources is None:
        resources = list(Resource.objects.filter(clinic_id=clinic_id, active=True))
    ordered = sorted(resources, key=lambda resource: (resource.kind, resource.name, resource.pk))
    asked = {
        "resources": [resource.pk for resource in ordered],
        "window": DateTimeTZRange(low, high),
        "without": list(without),
        "clinic": clinic_id,
        "now": now,
    }
    everything = _stock(ordered, fetch_all(WINDOW, asked))
    kinds = [resource.kind for resource in ordered]
    stocks = {
        kind: everything.part(bisect_left(kinds, kind), bisect_right(kinds, kind))
        for kind in ResourceKind.values
    }
    return Supplies({resource.pk: resource for resource in ordered}, minute_of(low), minute_of(high), stocks)


def _stock(resources: Sequence[Resource], rows: Sequence[tuple[bytes | None, ...]]) -> Stock:
    opened_at, opened = _read([row[0] for row in rows], TIMES)
    taken_at, taken = _read([row[1] for row in rows], TIMES)
    _, units = _read([row[2] for row in rows], UNITS)
    return Stock.laid(
        [resource.pk for resource in resources],
        np.array([resource.capacity for resource in resources], np.int64),
        np.stack((opened_at, _minutes_up(opened["low"]), _minutes_down(opened["high"])), axis=-1),
        np.stack(
            (taken_at, _minutes_down(taken["low"]), _minutes_up(taken["high"]), units["low"], units["high"]),
            axis=-1,
        ),
    )


def _read(columns: Sequence[bytes | None], layout: np.dtype[Any]) -> tuple[Numbers, NDArray[Any]]:
    """The ranges of all resources one after the other, each with its resource's place."""
    counts = [len(column or b"") // layout.itemsize for column in columns]
    rows = np.frombuffer(b"".join(column or b"" for column in columns), layout)
    return np.repeat(np.arange(len(columns)), counts), rows


def _minutes_down(moments: NDArray[Any]) -> Numbers:
    return moments.astype(np.int64) // MICROSECONDS + EPOCH_2000


def _minutes_up(moments: NDArray[Any]) -> Numbers:
    return -(-moments.astype(np.int64) // MICROSECONDS) + EPOCH_2000
