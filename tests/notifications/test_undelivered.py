"""A change that no message can tell is a task for the desk: one for each notice, closed in words."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from clinic import work
from clinic.models import Channel, Patient, WorkItem
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery, sending_state, undelivered
from notifications.models import Message
from notifications.planning import said
from notifications.planning.planner import plan
from notifications.tasks import run_clocks
from scheduler.models import Appointment, AppointmentStatus
from tests.cast import NOW, House, local
from tests.notifications.visits import VISIT, book, cancel, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATE = local(date(2027, 1, 11), "22:51")
MORNING = local(date(2027, 1, 12), "8:00")
BOOKED_AGAIN = {"status": AppointmentStatus.BOOKED, "cancelation_reason": "", "cancelled_at": None}


@pytest.fixture
def visit(house: House) -> Appointment:
    """Rosa has been told of her visit."""
    appointment = book(house, house.rosa)
    say()
    return appointment


def say(hours: int = 0) -> None:
    now = NOW + hours * HOUR
    plan(now=now)
    delivery.drain(clock=lambda: now)


def wants_no_messages(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.NONE)


def refuse_from_now_on(monkeypatch: pytest.MonkeyPatch, *, permanent: bool) -> None:
    def refuse(channel: InboxChannel, envelope: Envelope) -> str:
        raise DeliveryError("no such mailbox", permanent=permanent)

    monkeypatch.setattr(InboxChannel, "send", refuse)


def titles() -> list[str]:
    return list(WorkItem.objects.order_by("created_at").values_list("title", flat=True))


def test_a_move_that_finds_no_channel_is_called_and_the_call_is_closed_in_words(
    house: House, visit: Appointment
) -> None:
    wants_no_messages(house)
    move(visit, VISIT + DAY)
    say(1)
    task = WorkItem.objects.get()
    assert task.title == "Call: this patient's visit has moved, and no message could tell them"
    assert (task.patient, task.role, task.urgency) == (house.rosa, "front_desk", "amber")
    assert task.due_at == Message.objects.get(kind="move").stale_at
    say(2)
    assert WorkItem.objects.get() == task
    ana = house.actor(house.ana)
    closed = work.close(actor=ana, item=task, outcome="Told her sister.", now=NOW + 3 * HOUR)
    assert (closed.closed_by, closed.outcome) == (house.ana, "Told her sister.")


def test_a_cancellation_that_is_refused_for_good_is_called(
    visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_from_now_on(monkeypatch, permanent=True)
    cancel(visit)
    say(1)
    assert titles() == ["Call: this patient's visit is cancelled, and no message could tell them"]


def test_a_move_that_is_tried_in_vain_is_called_when_it_is_given_up(
    visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_from_now_on(monkeypatch, permanent=False)
    move(visit, VISIT + DAY)
    for hours in (1, 2, 3, 4, 6):
        say(hours)
        assert titles() == []
    say(11)
    assert Message.objects.get(kind="move").status == "failed"
    assert len(titles()) == 1


def test_each_move_that_is_not_told_has_its_call(house: House, visit: Appointment) -> None:
    wants_no_messages(house)
    for hours in (1, 2):
        move(visit, VISIT + hours * DAY)
        say(hours)
    assert len(titles()) == 2


def test_who_was_never_told_of_a_visit_is_called_when_it_moves_and_not_before(house: House) -> None:
    wants_no_messages(house)
    visit = book(house, house.rosa)
    say()
    assert titles() == []
    move(visit, VISIT + DAY)
    say(1)
    assert len(titles()) == 1


def test_a_reminder_that_reaches_nobody_is_no_task(house: House, visit: Appointment) -> None:
    wants_no_messages(house)
    for days in range(1, 11):
        say(24 * days)
    assert Message.objects.filter(kind="reminder", status="skipped").exists()
    assert titles() == []


def beat(at: datetime) -> None:
    plan(now=at)
    delivery.drain(clock=lambda: at)
    undelivered.look(now=at)


@pytest.mark.parametrize("change", ["cancelled", "moved to an earlier day", "takes place after all"])
def test_a_change_that_the_night_keeps_back_until_the_visit_is_called_while_there_is_time(
    house: House, change: str
) -> None:
    """What would be said at 8:00 is of no use to who is to be there at 8:00, or was told to be."""
    visit = book(house, house.rosa, MORNING + (DAY if change == "moved to an earlier day" else 0 * DAY))
    beat(NOW)
    if change == "cancelled":
        cancel(visit, LATE)
    elif change == "moved to an earlier day":
        move(visit, MORNING)
    else:
        cancel(visit, NOW + HOUR)
        beat(NOW + HOUR)
        Appointment.objects.filter(pk=visit.pk).update(**BOOKED_AGAIN)
    for at in (LATE, LATE + MINUTE, MORNING - MINUTE):
        beat(at)
    late = Message.objects.get(reason="It would have come too late to be of use.", kind__in=said.NOTICES)
    assert WorkItem.objects.get().cause == f"message:{late.pk}"
    assert (WorkItem.objects.get().due_at, WorkItem.objects.get().role) == (MORNING, "front_desk")
    work.close(
        actor=house.actor(house.ana), item=WorkItem.objects.get(), outcome="Told her.", now=LATE + HOUR
    )
    beat(LATE + 2 * HOUR)
    assert len(titles()) == 1


def test_who_would_come_at_the_earlier_time_is_called_though_a_message_goes_afterwards(house: House) -> None:
    visit = book(house, house.rosa, MORNING)
    beat(NOW)
    move(visit, MORNING + 6 * HOUR)
    with time_machine.travel(LATE, tick=False):
        run_clocks()
    task = WorkItem.objects.get()
    assert task.title == undelivered.COMES_IN_VAIN
    assert (task.patient, task.due_at, task.urgency) == (house.rosa, MORNING, "amber")
    for at in (LATE + MINUTE, MORNING):
        beat(at)
    assert Message.objects.get(kind="move").status == "sent"
    assert len(titles()) == 1


@pytest.mark.parametrize("change", ["cancelled", "moved"])
def test_who_can_be_told_in_the_morning_before_the_visit_is_not_called(house: House, change: str) -> None:
    visit = book(house, house.rosa, MORNING + 3 * HOUR)
    beat(NOW)
    if change == "cancelled":
        cancel(visit, LATE)
    else:
        move(visit, MORNING + 6 * HOUR)
    for at in (LATE, MORNING, MORNING + MINUTE):
        beat(at)
    assert Message.objects.filter(kind__in=["cancellation", "move"], status="sent").exists()
    assert titles() == []


def test_a_change_that_was_taken_back_in_the_same_night_is_not_called(house: House) -> None:
    visit = book(house, house.rosa, MORNING)
    beat(NOW)
    cancel(visit, LATE)
    plan(now=LATE)
    Appointment.objects.filter(pk=visit.pk).update(**BOOKED_AGAIN)
    beat(LATE + MINUTE)
    assert titles() == []


# --- Held up ------------------------------------------------------------------------------------


@pytest.fixture
def held_up(house: House) -> Appointment:
    """The clinic is silent when tomorrow's visit of which Rosa was told is cancelled, at ten."""
    visit = book(house, house.rosa, MORNING + 2 * HOUR)
    beat(NOW)
    manager = house.actor(house.max)
    sending_state.pause_clinic(actor=manager, clinic=house.clinic, why="New number.", now=NOW + MINUTE)
    cancel(visit, NOW + HOUR)
    beat(NOW + HOUR)
    return visit


def test_a_change_that_a_pause_holds_up_before_the_visit_is_called(held_up: Appointment) -> None:
    beat(NOW + 2 * HOUR - MINUTE)
    assert titles() == []
    for minutes in (0, 1):
        beat(NOW + 2 * HOUR + minutes * MINUTE)
    task = WorkItem.objects.get()
    assert task.title == "Call: this patient's visit is cancelled, and no message could tell them"
    assert (task.due_at, task.closed_at) == (MORNING + 2 * HOUR, None)


def test_the_call_ends_when_the_message_goes_out_after_all(house: House, held_up: Appointment) -> None:
    beat(NOW + 2 * HOUR)
    sending_state.resume_clinic(actor=house.actor(house.max), clinic=house.clinic)
    beat(NOW + 3 * HOUR)
    assert Message.objects.get(kind="cancellation").status == "sent"
    task = WorkItem.objects.get()
    assert (task.closed_at, task.outcome) == (NOW + 3 * HOUR, "The message went out after all.")


def test_a_change_of_next_week_waits_without_a_call(house: House) -> None:
    visit = book(house, house.rosa)
    beat(NOW)
    manager = house.actor(house.max)
    sending_state.pause_clinic(actor=manager, clinic=house.clinic, why="New number.", now=NOW)
    cancel(visit, NOW + HOUR)
    for hours in (1, 3, 9):
        beat(NOW + hours * HOUR)
    assert titles() == []


def test_what_waits_for_the_morning_is_not_held_up(house: House) -> None:
    """Planned a minute before the night, and kept from leaving by it."""
    visit = book(house, house.rosa, MORNING + 3 * HOUR)
    beat(NOW)
    evening = local(date(2027, 1, 11), "20:59")
    cancel(visit, evening)
    plan(now=evening)
    for at in (evening + MINUTE, MORNING - MINUTE):
        delivery.drain(clock=lambda: at)  # noqa: B023
        undelivered.look(now=at)
    undelivered.look(now=MORNING + MINUTE)
    assert titles() == []
