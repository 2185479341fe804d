"""Celery's doors to this floor. Each may come twice or not at all; the database holds the truth."""

from celery import shared_task

from clinic import clock
from clinic.history import WORKER, acting
from clinic.models import Clinic
from scheduler.visits import calling_off
from scheduler.waitlist import waitlist
from scheduler.working_hours import working_time


@shared_task
def lay_openings() -> None:
    """Hourly: every clinic's openings as declared, through its horizon. Trouble in one stops no other."""
    now, trouble = clock.now(), []
    with acting(None, door=WORKER):
        for clinic in Clinic.objects.order_by("pk"):
            try:
                working_time.lay_openings(clinic=clinic, now=now)
            except Exception as error:
                trouble.append(error)
    if trouble:
        raise ExceptionGroup("some clinics' openings were not laid", trouble)


@shared_task
def release_holds() -> None:
    """Each minute: what was held and ran out is nobody's on the board either."""
    with acting(None, door=WORKER):
        calling_off.release_lapsed(now=clock.now())


@shared_task
def offer_freed() -> None:
    """Each minute: what is free is offered to whoever waits. A cancellation's time is offered at the latest a
    minute after it. Trouble in one clinic stops no other."""
    trouble = []
    with acting(None, door=WORKER):
        for clinic in Clinic.objects.order_by("pk"):
            try:
                waitlist.offer_freed(clinic=clinic, now=clock.now())
            except Exception as error:
                trouble.append(error)
    if trouble:
        raise ExceptionGroup("some clinics' waitlists were not looked at", trouble)
