"""Two calls that meet on one schedule, each meeting made to happen; and the locks, to be taken out."""

from collections.abc import Callable
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from scheduler.models import Appointment, Claim, Resource
from scheduler.visits import booking, calling_off, changing, moving
from scheduler.visits.decision import Decision, decide
from tests.at_once import at_once

A_MOMENT = 0.5


def meet(
    monkeypatch: pytest.MonkeyPatch, first: Callable[[], Any], second: Callable[[], Any]
) -> tuple[Any, Any]:
    """Both at once; `first` has decided when `second` begins, and waits a moment for it to end."""
    decided, done = Event(), Event()

    def decide_and_wait(**asked: Any) -> Decision:
        decision = decide(**asked)
        if not decided.is_set():
            decided.set()
            done.wait(A_MOMENT)
        return decision

    def come_second() -> Any:
        decided.wait(10)
        try:
            return second()
        finally:
            done.set()

    for room in (booking, booking.placing):
        monkeypatch.setattr(room, "decide", decide_and_wait)
    outcome_of_first, outcome_of_second = at_once(first, come_second)
    return outcome_of_first, outcome_of_second


def unlocked(clinic_id: UUID) -> list[Resource]:
    """What `lock_schedule` reads, without its lock."""
    return list(Resource.objects.filter(clinic_id=clinic_id, active=True))


def without_schedule_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "lock_schedule", unlocked)


def without_visit_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_is(visit: Appointment) -> Appointment:
        return Appointment.objects.select_related("clinic").get(pk=visit.pk)

    for room in (booking, calling_off, moving):
        monkeypatch.setattr(room, "lock_visit", as_it_is)


def claimed() -> set[UUID]:
    return set(Claim.objects.values_list("appointment", flat=True))
