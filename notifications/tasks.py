"""Celery's doors. A task says "look now" and carries nothing; the functions read the database."""

from celery import shared_task

from clinic import clock
from notifications import delivery, escalation, planning


@shared_task
def plan() -> None:
    """Bring messages in line with the schedule, and ring for delivery when something is due."""
    if planning.plan(now=clock.now()).due:
        drain.delay()


@shared_task
def drain() -> None:
    delivery.drain(clock=clock.now)


@shared_task
def run_clocks() -> None:
    escalation.run_clocks(now=clock.now())
