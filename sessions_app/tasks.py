"""Celery's doors to this floor. A task says "look now" and carries nothing."""

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from sessions_app.observing import alert_clocks


@shared_task
def run_clocks() -> None:
    """Every ten seconds: overdue readings are noticed, and unanswered alerts go up the ladder."""
    with acting(None, door=WORKER):
        alert_clocks.run_clocks(now=clock.now())
