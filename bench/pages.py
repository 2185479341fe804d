"""What the server takes for the day board and for a session's flowsheet, beside their templates alone.

    bin/bench pages [--calls 300]

The board of a day of 12 chairs and 6 nurses that is 70 % full, as the front desk sees it; the flowsheet of
an infusion with four hours of readings, one of twelve that run, as its nurse sees it. Each is asked for
through Django's test client, in turn with its template rendered with the very same context, where nothing is
left to look up. Prints the median and the 95th percentile of both, the ratio of the latter, and the page's
queries.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Final

from bench.scratch import migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import full_clinic, monitor_clinic
from bench.station import bare_template
from clinic.models import Clinic, Membership, Role, User

CHAIRS: Final = 12
WARD: Final = "ward"  # the sessions' clinic; the board's is another
WARM: Final = 10  # calls that aren't counted
BOARD: Final = "/day/"


def board() -> Client:
    """Somebody at the desk of a full clinic, which is made first: it takes every patient's number for one of
    its own."""
    full_clinic.make()
    full_clinic.lay_out([full_clinic.full_day(Random(kind)) for kind in range(full_clinic.KINDS_OF_DAY)])
    full_clinic.fill("current_date - 1", "current_date + 7", weekends=True)
    clinic = Clinic.objects.get()
    user = User.objects.create(email="desk@bench.example", full_name="Desk")
    Membership.objects.create(clinic=clinic, user=user, role=Role.FRONT_DESK)
    return signed_in(user)


def flowsheet() -> tuple[Client, str]:
    """A nurse, and the address of a session of hers."""
    sessions = monitor_clinic.make(CHAIRS, readings=True, name=WARD)
    nurse = User.objects.get(email=monitor_clinic.email(Role.NURSE, WARD))
    return signed_in(nurse), f"/sessions/{sessions[0].pk}/"


def signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def look(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        sys.exit(f"{address} answers {answer.status_code}")


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        look(client, address)
    return len(found)


def seconds(calls: int, **each: Callable[[], object]) -> dict[str, list[float]]:
    """What so many calls of each took, in turn."""
    took: dict[str, list[float]] = {name: [] for name in each}
    for number in range(calls + WARM):
        for name, call in each.items():
            begun = time.perf_counter()
            call()
            if number >= WARM:
                took[name].append(time.perf_counter() - begun)
    return took


def tell(name: str, took: list[float]) -> float:
    """Print both in milliseconds, and give the 95th percentile."""
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{name:20} p50 {statistics.median(took) * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms")
    return p95


def main(calls: int) -> None:
    migrate()
    desk = board()
    nurse, session = flowsheet()
    tidy()
    pages = {"board": (desk, BOARD), "flowsheet": (nurse, session)}
    asked = {}
    for name, (client, address) in pages.items():
        look(client, address)
        asked[name] = queries(client, address)
    gc.collect()
    gc.freeze()  # as config.wsgi does
    took = seconds(
        calls,
        board=lambda: look(*pages["board"]),
        board_template=bare_template(*pages["board"]),
        flowsheet=lambda: look(*pages["flowsheet"]),
        flowsheet_template=bare_template(*pages["flowsheet"]),
    )
    for name in pages:
        ratio = tell(name, took[name]) / tell("its template alone", took[f"{name}_template"])
        print(f"{'':20} p95 / p95 {ratio:.2f}, {asked[name]} queries")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=300)
    main(**vars(parser.parse_args()))
