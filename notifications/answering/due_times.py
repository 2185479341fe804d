"""By when a person must have answered a worrying answer (domain.md 6.2 [D]), where hours are laid out."""

from datetime import datetime, time, timedelta

from clinic import clock
from clinic.models import Clinic
from notifications.answering import comparing
from notifications.answering.grading import AMBER, CLOCKS, RED
from notifications.escalating import on_call


def for_level(level: str, *, clinic: Clinic, now: datetime) -> datetime:
    """Red at any hour; amber counts from when somebody is there, where that is known."""
    if level == RED:
        return now + CLOCKS[RED]
    if on_call.staffed(clinic_id=clinic.pk, now=now):
        return now + CLOCKS[AMBER]
    return (on_call.staffed_again_at(clinic_id=clinic.pk, now=now) or now) + CLOCKS[AMBER]


def within_a_working_day(*, clinic: Clinic, now: datetime) -> datetime:
    """The same time of day on the next day that a nurse works."""
    tomorrow = clock.local_date(now, clinic.time_zone) + timedelta(days=1)
    # Midnight itself belongs to tomorrow.
    before = clock.at_local(tomorrow, time(0), clinic.time_zone) - timedelta(microseconds=1)
    begins = on_call.staffed_again_at(clinic_id=clinic.pk, now=before)
    return comparing.within_a_working_day(now, next_working_day=begins, zone=clinic.time_zone)
