"""Celery's doors. A task says "look now" and carries nothing; the functions read the database."""

from typing import Final

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from notifications.answering import missing, times, tries
from notifications.delivering import delivery, turns, undelivered, untold_offers, untold_visits
from notifications.escalating import clocks
from notifications.planning import planner
from notifications.watching import heartbeats
from sessions_app.preparing import readiness

# Beat rings for the drain as often: a ring that nobody took by then says nothing new.
RUNG_FOR_SECONDS: Final = 10


@shared_task
def plan() -> None:
    """Bring messages in line with the schedule, and ring for delivery when something is due."""
    with acting(None, door=WORKER):
        planned = planner.plan(now=clock.now())
        heartbeats.beat(heartbeats.PLANNER, now=clock.now())
    if planned.due:
        drain.apply_async(expires=RUNG_FOR_SECONDS)


@shared_task
def drain() -> None:
    with acting(None, door=WORKER):
        delivery.drain(clock=clock.now)
        heartbeats.beat(heartbeats.DRAIN, now=clock.now())


@shared_task
def drain_urgent() -> None:
    """On the clocks' queue: pages and answers leave however many messages wait. One at a time, so that a
    provider who is slow holds up no clock."""
    with acting(None, door=WORKER), turns.alone(turns.URGENT) as ours:
        if ours:
            delivery.drain(clock=clock.now, urgent_only=True)


@shared_task
def run_clocks() -> None:
    with acting(None, door=WORKER):
        now = clock.now()
        times.close_overtaken(now=now)
        missing.look(now=now)
        undelivered.look(now=now)
        untold_offers.look(now=now)
        untold_visits.look(now=now)
        readiness.settle_over(now=now)
        clocks.run_clocks(now=now)
        # Only the beat rings for this.
        heartbeats.beat(heartbeats.BEAT, now=clock.now())


@shared_task
def sweep_tries() -> None:
    """Hourly: wrong birth years of more than a day ago."""
    with acting(None, door=WORKER):
        tries.sweep(now=clock.now())
