"""What somebody is called about is over: nobody is paged about it any more, and the task says how it
ended."""

from datetime import timedelta

import pytest
import time_machine

from clinic.models import WorkItem, WorkItemStep
from notifications.escalating.clocks import run_clocks
from notifications.models import Message
from notifications.tasks import run_clocks as beat
from scheduler.models import Appointment
from sessions_app.models import Alert
from sessions_app.observing import alerts
from sessions_app.preparing import readiness
from sessions_app.preparing.readiness import Answers
from tests.cast import NOW, House, new_id
from tests.notifications.visits import VISIT, book, move
from tests.sessions_app import stories
from tests.sessions_app.alert_stories import EMERGENCY, bad, minute, resolve

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def pages() -> int:
    return Message.objects.filter(kind="page").count()


def test_an_alert_that_a_nurse_resolves_pages_nobody_any_more(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    run_clocks(now=minute(10))
    called = pages()
    assert called > 0
    bad(house, session, 12)
    resolve(house, session)
    for later in (15, 20, 25, 60):
        run_clocks(now=minute(later))
    assert pages() == called
    last = WorkItemStep.objects.latest("at", "created_at")
    assert (last.kind, last.by, last.words) == ("closed", house.nils, "Oxygen by mask, 98 %.")


def test_an_alert_that_stands_goes_on_calling_when_it_is_only_acknowledged_by_a_nurse(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    alert = Alert.objects.get()
    alerts.acknowledge(actor=house.actor(house.nils), id=new_id(), alert=alert, now=minute(11))
    assert run_clocks(now=minute(11)) > 0


def doubtful(house: House) -> tuple[Appointment, WorkItem]:
    visit = book(house, house.rosa)
    readiness.confirm(id=new_id(), appointment=visit, answers=Answers(ride_home="no"), now=NOW)
    return visit, WorkItem.objects.get(cause__startswith="readiness:")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("cancelled", "The visit is cancelled."),
        ("noshow", "The patient did not come."),
        ("arrived", "The patient has come: the checklist asks."),
    ],
)
def test_nobody_is_called_to_call_before_a_visit_that_is_ahead_no_longer(
    house: House, status: str, outcome: str
) -> None:
    visit, task = doubtful(house)
    reason = "pat" if status == "cancelled" else ""
    Appointment.objects.filter(pk=visit.pk).update(status=status, cancelation_reason=reason)
    readiness.settle_over(now=VISIT - HOUR)
    task.refresh_from_db()
    assert (task.closed_at, task.outcome) == (VISIT - HOUR, outcome)
    assert task.steps.latest("at").words == outcome
    assert run_clocks(now=VISIT + DAY) == 0


def test_a_visit_that_only_moves_is_still_called_about(house: House) -> None:
    visit, task = doubtful(house)
    move(visit, VISIT + DAY)
    readiness.settle_over(now=NOW + HOUR)
    task.refresh_from_db()
    assert task.closed_at is None


def test_the_beat_ends_them_before_it_calls(house: House) -> None:
    visit, task = doubtful(house)
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled", cancelation_reason="pat")
    WorkItem.objects.update(due_at=NOW - DAY)
    with time_machine.travel(NOW, tick=False):
        beat()
    task.refresh_from_db()
    assert (task.outcome, pages()) == ("The visit is cancelled.", 0)
