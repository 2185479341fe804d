"""What the nurse station costs with 12 infusions running, four hours of readings each.

    bin/bench station [--calls 50]

The page through Django's test client, beside its template rendered with nothing to look up. Prints the
queries with 1 and with 12 sessions, which must be the same, and the ratio of the medians.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from bench.scratch import migrate  # before anything of the product: it sets Django up

# isort: split
from django.db import connection
from django.template import Context
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment

from bench import monitor_clinic
from bench.vitals_post import medians
from clinic.models import Role, User
from sessions_app.models import Session, SessionState

STATION = "/nurse/"
SESSIONS = 12


def signed_in(clinic: str = monitor_clinic.NAME) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=monitor_clinic.email(Role.NURSE, clinic)))
    client.get(STATION)
    return client


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        look(client)
    return len(found)


def look(client: Client) -> None:
    if client.get(STATION).status_code != 200:
        sys.exit("the station doesn't answer")


def bare_template(client: Client, address: str) -> Callable[[], object]:
    """The page's template rendered again with everything that the view and the context processors gave it."""
    rendered: list[Any] = []

    def keep(sender: Any, template: Any, context: Any, **_: Any) -> None:
        if not rendered:  # the page's own comes first
            # At once: what the context processors gave is gone when the rendering ends.
            rendered.extend((template, context.flatten()))

    # Only for this answer: templates that tell what they are given copy it at each include.
    setup_test_environment()
    template_rendered.connect(keep)
    client.get(address)
    template_rendered.disconnect(keep)
    teardown_test_environment()
    template, given = rendered
    return lambda: template.render(Context(given))


def main(calls: int) -> None:
    migrate()
    sessions = monitor_clinic.make(SESSIONS, readings=True)
    client = signed_in()
    with_twelve = queries(client)
    # Gone from the day's list, not from the tables.
    Session.objects.filter(pk__in=[session.pk for session in sessions[1:]]).update(
        arrived_at=sessions[0].arrived_at.replace(year=2020), started_at=None, state=SessionState.ARRIVED
    )
    with_one = queries(client)
    for session in sessions[1:]:
        Session.objects.filter(pk=session.pk).update(
            arrived_at=session.arrived_at, started_at=session.started_at, state=session.state
        )
    found = medians(calls, station=lambda: look(client), template=bare_template(client, STATION))
    print(f"queries: {with_one} with 1 session, {with_twelve} with {SESSIONS}")
    for name, seconds in found.items():
        print(f"{name:10} {seconds * 1000:6.1f} ms")
    print(f"station / its template alone {found['station'] / found['template']:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=50)
    main(**vars(parser.parse_args()))
