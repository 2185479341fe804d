"""How long it takes to find every feasible start, beside the SQL query that fetches the rows it needs.

    python3 -m embedded scratch .venv/bin/python -m bench.feasible_starts [visits in the past]

The clinic is `bench.full_clinic`'s: 12 chairs, 6 nurses, 70 % full for the year to come. Windows of 30, 90
and 365 days; in one database nothing in the past, in another a million past visits with their claims of the
same chairs and nurses, the hardest past there is.

Two yardsticks: the query as it is sent (`supply.WINDOW`: all ranges of a resource in one value), which is the
harder one, and the same rows one by one. Both databases and everything measured take turns; a ratio is the
median of the rounds' own ratios, so that what else the machine does weighs on both sides.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any, Final

from bench.scratch import copied, migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.db import connection, connections
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bench.full_clinic import (
    CHAIR,
    COUNT,
    DAY,
    KINDS_OF_DAY,
    MOOD_40,
    NOW,
    TODAY,
    fill,
    fill_the_past,
    full_day,
    lay_out,
    make,
)
from scheduler.finding import free_times, supply
from scheduler.models import Resource, TreatmentPlan

WINDOWS: Final = (30, 90, 365)
ROUNDS: Final = 21
MOST: Final = 3.0
MOST_WITH_A_PAST: Final = 1.1

PLAIN: Final = """
    SELECT resource_id, date_part('epoch', lower(during)) / 60, date_part('epoch', upper(during)) / 60,
           lower(units), upper(units)
      FROM scheduler_claim WHERE resource_id = ANY(%(resources)s) AND during && %(window)s
     UNION ALL
    SELECT resource_id, date_part('epoch', lower(during)) / 60, date_part('epoch', upper(during)) / 60, 0, 0
      FROM scheduler_opening WHERE resource_id = ANY(%(resources)s) AND during && %(window)s"""

Taken = dict[str, list[float]]


def works(plan: TreatmentPlan, days: int) -> dict[str, Callable[[], Any]]:
    """What is measured, the yardsticks first."""
    until = NOW + timedelta(days=days)
    asked = {
        "resources": list(Resource.objects.order_by("pk").values_list("pk", flat=True)),
        "window": DateTimeTZRange(NOW, until),
        "without": [],
        "clinic": plan.clinic_id,
        "now": NOW,
    }
    return {
        "rows": lambda: _fetched(PLAIN, asked),
        "query": lambda: _fetched(supply.WINDOW, asked),
        "read": lambda: supply.supplies(plan.clinic_id, NOW, until, now=NOW),
        "search": lambda: free_times.search(plan=plan, first=NOW, until=until, now=NOW),
    }


def _fetched(sql: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return cursor.fetchall()


def measured(plan: TreatmentPlan, databases: dict[str, Any], days: int) -> dict[str, Taken]:
    """Milliseconds of each round, by database and by what is measured."""
    measuring = works(plan, days)
    taken: dict[str, Taken] = {name: {what: [] for what in measuring} for name in databases}
    for number in range(ROUNDS + 1):
        for what, work in measuring.items():
            for name, database in databases.items():
                connections["default"] = database
                began = time.perf_counter()
                work()
                if number:  # the first round warms up
                    taken[name][what].append((time.perf_counter() - began) * 1000)
    return taken


def beside(ours: list[float], yardstick: list[float]) -> float:
    return median(one / other for one, other in zip(ours, yardstick, strict=True))


def build(past: int) -> tuple[TreatmentPlan, dict[str, Any]]:
    """The clinic in the throw-away database, and again in a copy of it with the past."""
    migrate()
    days = [full_day(Random(seed)) for seed in range(KINDS_OF_DAY)]
    a_day = sum(map(len, days)) / len(days)
    full = a_day * (MOOD_40.minutes + MOOD_40.turnover) / COUNT[CHAIR] / DAY
    plan = make()
    lay_out(days)
    ahead = fill(TODAY, f"{TODAY} + 364", weekends=False)
    print(f"{ahead:,} visits in the year to come: {full:.0%} of the chairs' time")
    here, there = copied("with_a_past")
    connections["default"] = there
    lay_out(days)
    began = time.perf_counter()
    print(f"{fill_the_past(past, a_day):,} visits in the past, in {time.perf_counter() - began:.0f} s")
    databases = {"nothing": here, "a past": there}
    for database in databases.values():
        connections["default"] = database
        tidy()
    return plan, databases


def main(past: int) -> None:
    plan, databases = build(past)
    print(f"Medians of {ROUNDS} rounds in ms; at most {MOST}x the query, {MOST_WITH_A_PAST}x with a past")
    print("days  starts    rows   query    read  search  search/query  search/rows | with a past  ratio")
    for days in WINDOWS:
        taken = measured(plan, databases, days)
        fresh, old = taken["nothing"], taken["a past"]
        connections["default"] = databases["nothing"]
        found = free_times.search(plan=plan, first=NOW, until=NOW + timedelta(days=days), now=NOW)
        figures = "".join(f"{median(fresh[what]):8.1f}" for what in ("rows", "query", "read", "search"))
        print(
            f"{days:4} {len(found.minutes):7}{figures}{beside(fresh['search'], fresh['query']):14.2f}"
            f"{beside(fresh['search'], fresh['rows']):13.2f} | {median(old['search']):11.1f}"
            f"{beside(old['search'], fresh['search']):7.2f}"
        )
    began = time.perf_counter()
    found.first()
    each = (time.perf_counter() - began) / max(len(found.minutes), 1) * 1000
    print(f"Who serves one of them, chair and clinician: {each:.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
