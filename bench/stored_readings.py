"""What 20,000,000 stored samples cost whoever records, looks at the station, or charts from the monitor.

    bin/bench stored_readings [--samples 20000000] [--calls 100]

Each is measured with an empty table of samples and, in a copy of the same database, with so many of years
past: call by call in turn, with a server process for each, so that the machine's moods hit both alike.
Samples take some 320 bytes each with their indexes: 20 million want about 7 GB free. Prints the medians and
ratios.
"""

import argparse
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import cycle

from bench.scratch import copied, migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.db import connection, connections, transaction

from bench import monitor_clinic
from bench.station import look, signed_in
from bench.vitals_post import Api, medians, serving, token_of
from clinic.models import Role
from sessions_app.models import MonitorSample, Session
from sessions_app.monitors import feed

AT_ONCE = 1_000_000
SESSIONS = 12
NONE, STORED = "none", "stored"


def fill(sessions: list[Session], samples: int) -> str:
    """So many samples of years past; what they take."""
    for already in range(0, samples, AT_ONCE):
        with transaction.atomic():
            monitor_clinic.store_samples(sessions, min(AT_ONCE, samples - already), after=already)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('sessions_app_monitorsample')")
        size = cursor.fetchone()[0]
    free = shutil.disk_usage("/tmp").free
    return f"{MonitorSample.objects.count():,} samples, {size / 1e9:.1f} GB, {free / 1e9:.0f} GB left"


def main(samples: int, calls: int) -> None:
    migrate()
    sessions = monitor_clinic.make(SESSIONS, readings=True)
    client, token = signed_in(), token_of(Role.NURSE)
    databases = dict(zip((NONE, STORED), copied("with_years"), strict=True))
    connections["default"] = databases[STORED]
    print(fill(sessions, samples))
    for database in databases.values():
        connections["default"] = database
        tidy()
    turns = {name: cycle(sessions) for name in databases}

    def station(name: str) -> None:
        connections["default"] = databases[name]
        look(client)

    def newest(name: str) -> None:
        connections["default"] = databases[name]
        feed.newest(next(turns[name]), datetime.now(UTC))

    with ExitStack() as servers:
        apis = {
            name: Api(servers.enter_context(serving(database.settings_dict["NAME"])), token)
            for name, database in databases.items()
        }

        def post_vitals(name: str) -> None:
            apis[name].post_vitals(next(turns[name]))

        found = {
            call.__name__: medians(calls, **{name: partial(call, name) for name in databases})
            for call in (post_vitals, station, newest)
        }
    for what, seconds in found.items():
        none, stored = seconds[NONE], seconds[STORED]
        print(f"{what:12} none {none * 1000:6.2f} ms, stored {stored * 1000:6.2f} ms: {stored / none:.2f}x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=20_000_000)
    parser.add_argument("--calls", type=int, default=100)
    main(**vars(parser.parse_args()))
