"""Celery's doors to this floor. A task says "look now" and carries nothing."""

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from sessions_app.infusing import dose_watch, exposure
from sessions_app.observing import alert_clocks
from sessions_app.outcomes import course_ends, course_responses


@shared_task
def run_clocks() -> None:
    """Every ten seconds: overdue readings and a dose at its limit are noticed, and unanswered alerts go up
    the ladder."""
    now = clock.now()
    with acting(None, door=WORKER):
        dose_watch.watch(now=now)
        alert_clocks.run_clocks(now=now)


@shared_task
def look_at_courses() -> None:
    """Every five minutes: what the sessions of late ask of a prescriber, a decision on the course, its
    assessment, or liver tests."""
    now = clock.now()
    with acting(None, door=WORKER):
        course_responses.look(now=now)
        course_ends.look(now=now)
        exposure.look(now=now)
