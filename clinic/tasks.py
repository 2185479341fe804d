"""Celery's door to this floor: what is due by the clock."""

from celery import shared_task

from clinic import clock
from clinic.importing import uploads
from clinic.staff import ways_in


@shared_task
def forget_uploads() -> None:
    """What was uploaded a week ago is kept no longer."""
    uploads.forget_old(clock.now())


@shared_task
def forget_sessions() -> None:
    """Nor is a session that has run out."""
    ways_in.forget_run_out(clock.now())
