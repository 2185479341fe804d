"""What 20,000,000 stored samples cost whoever records, looks at the station, or charts from the monitor.

    bin/bench stored_readings [--samples 20000000] [--calls 100]

Each is measured with an empty table of samples, then with so many of years past, in one run, each time in a
clinic of its own with the same day: what one round records would lengthen the next one's pages. Samples take
some 320 bytes each with their indexes: 20 million want about 7 GB free. Prints the medians and ratios.
"""

import argparse
import shutil
from datetime import UTC, datetime
from itertools import cycle

from bench.scratch import migrate  # before anything of the product: it sets Django up

# isort: split
from django.db import connection, transaction
from django.test.utils import setup_test_environment

from bench import monitor_clinic
from bench.station import look, signed_in
from bench.vitals_post import Api, medians, serving, token_of
from clinic.models import Role
from sessions_app.models import MonitorSample, Session
from sessions_app.monitors import feed

AT_ONCE = 1_000_000
SESSIONS = 12


def measured(port: int, clinic: str, sessions: list[Session], calls: int) -> dict[str, float]:
    """Seconds of each, in this clinic."""
    api, client, now = Api(port, token_of(Role.NURSE, clinic)), signed_in(clinic), datetime.now(UTC)
    turn = cycle(sessions)
    return medians(
        calls,
        post_vitals=lambda: api.post_vitals(next(turn)),
        station=lambda: look(client),
        newest=lambda: feed.newest(next(turn), now),
    )


def main(samples: int, calls: int) -> None:
    migrate()
    setup_test_environment()
    before, years = (monitor_clinic.make(SESSIONS, readings=True, name=name) for name in ("before", "years"))
    with serving() as port:
        empty = measured(port, "before", before, calls)
        for already in range(0, samples, AT_ONCE):
            with transaction.atomic():
                monitor_clinic.store_samples(years, min(AT_ONCE, samples - already), after=already)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE sessions_app_monitorsample")
            cursor.execute("SELECT pg_total_relation_size('sessions_app_monitorsample')")
            size = cursor.fetchone()[0]
        full = measured(port, "years", years, calls)
    print(f"{MonitorSample.objects.count():,} samples, {size / 1e9:.1f} GB, ", end="")
    print(f"{shutil.disk_usage('/tmp').free / 1e9:.0f} GB left")
    for name, seconds in empty.items():
        ratio = full[name] / seconds
        print(f"{name:12} none {seconds * 1000:6.2f} ms, stored {full[name] * 1000:6.2f} ms: {ratio:.2f}x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=20_000_000)
    parser.add_argument("--calls", type=int, default=100)
    main(**vars(parser.parse_args()))
