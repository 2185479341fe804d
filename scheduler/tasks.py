"""Celery's doors to this floor. Each may come twice or not at all; the database holds the truth."""

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from clinic.models import Clinic
from scheduler import working_time


@shared_task
def extend_openings() -> None:
    """Hourly: every clinic's working hours are laid out through its horizon."""
    now = clock.now()
    with acting(None, door=WORKER):
        for clinic in Clinic.objects.order_by("pk"):
            working_time.extend_openings(clinic=clinic, now=now)
