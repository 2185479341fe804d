"""Celery's door to this floor: what is due by the clock."""

from celery import shared_task

from clinic import clock
from clinic.importing import uploads


@shared_task
def forget_uploads() -> None:
    """What was uploaded a week ago is kept no longer."""
    uploads.forget_old(clock.now())
