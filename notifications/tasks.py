"""Celery's doors. A task says "look now" and carries nothing; the functions read the database."""

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from notifications.answering import missing, times
from notifications.delivering import delivery, untold_offers
from notifications.escalating import clocks
from notifications.planning import planner
from notifications.watching import heartbeats


@shared_task
def plan() -> None:
    """Bring messages in line with the schedule, and ring for delivery when something is due."""
    with acting(None, door=WORKER):
        planned = planner.plan(now=clock.now())
        heartbeats.beat(heartbeats.PLANNER, now=clock.now())
    if planned.due:
        drain.delay()


@shared_task
def drain() -> None:
    with acting(None, door=WORKER):
        delivery.drain(clock=clock.now)
        heartbeats.beat(heartbeats.DRAIN, now=clock.now())


@shared_task
def run_clocks() -> None:
    with acting(None, door=WORKER):
        now = clock.now()
        times.close_overtaken(now=now)
        missing.look(now=now)
        untold_offers.look(now=now)
        clocks.run_clocks(now=now)
        # Only the beat rings for this.
        heartbeats.beat(heartbeats.BEAT, now=clock.now())
