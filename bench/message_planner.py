"""What planning costs, when everything is due and when nothing is.

    bin/bench message_planner [--visits 100000]

Clinics in four zones, a past of as many visits with four messages each, and as many coming visits of which
nobody was told. The planner writes a confirmation with its link for each. Beside it the very same rows, taken
out and put back by one bare INSERT ... SELECT a table, with the same constraints and history. Then nothing is
due any more, and the planner is asked again. Told by the clock and in processor time (`bench.costs`). Memory
is the process's own, before and at its highest.
"""

import argparse
import resource
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

from bench.scratch import migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.db import connection, transaction

from bench import message_clinics
from bench.costs import cost
from notifications.planning import planner

# Day in all four zones.
NOW: Final = datetime(2027, 1, 11, 18, 0, tzinfo=UTC)
# What the planner writes, and how it is told from the past.
THE_PLANNERS: Final = {"notifications_message": "status = 'planned'", "notifications_patientlink": "true"}
TABLES: Final = tuple(THE_PLANNERS)
STEADY_RUNS: Final = 7


def highest_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def take_out() -> int:
    """Keep what the planner wrote aside, and make its tables what they were before."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE {THE_PLANNERS[table]}")
        cursor.execute(f"ANALYZE kept_{TABLES[0]}, kept_{TABLES[1]}")
        for table in reversed(TABLES):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM kept_{table})")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"SELECT count(*) FROM kept_{TABLES[0]}")
        (count,) = cursor.fetchone()
    tidy()
    return int(count)


def put_back() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")


def say_everything() -> None:
    """What was planned has been sent."""
    message_clinics.run(
        TABLES[0],
        "UPDATE notifications_message SET status = 'sent', sent_at = due_at WHERE status = 'planned'",
    )
    tidy()


def main(visits: int) -> None:
    migrate()
    message_clinics.make(coming=visits, past=visits, now=NOW)
    cost(lambda: planner.plan(now=NOW + timedelta(days=400)))  # nothing is due; everything is loaded
    before = highest_memory_mb()
    planning = cost(lambda: planner.plan(now=NOW))
    after = highest_memory_mb()
    count = take_out()
    bare = cost(put_back)
    for kind in ("clock", "processor"):
        ours, theirs = getattr(planning, kind), getattr(bare, kind)
        print(f"{count} messages with links, by the {kind}: planner {ours:.1f} s, bare INSERT {theirs:.1f} s")
        print(f"the planner's share of the bare rate: {theirs / ours:.2f}")
    print(f"memory before {before:.0f} MB, at its highest {after:.0f} MB")
    say_everything()
    steady = [cost(lambda: planner.plan(now=NOW + timedelta(minutes=1))) for _ in range(STEADY_RUNS)]
    by_clock, by_processor = (median(getattr(run, kind) for run in steady) for kind in ("clock", "processor"))
    print(
        f"nothing due, over {visits} coming visits: {by_clock * 1000:.0f} ms a run,"
        f" {by_processor * 1000:.0f} of processor time"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--visits", type=int, default=100_000)
    main(parser.parse_args().visits)
