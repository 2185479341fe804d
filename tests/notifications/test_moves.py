"""A visit that moves: the patient hears of it from what they were told last, and never of a stale time."""

from datetime import timedelta

import pytest

from notifications.channels.envelope import DeliveryError
from notifications.channels.inbox import InboxChannel
from notifications.models import InboxItem, Message
from notifications.planning.planner import plan
from scheduler.models import Appointment, AppointmentStatus
from tests.cast import NOW, House
from tests.notifications.drains import drain, say
from tests.notifications.visits import VISIT, book, cancel, move

A, B, C = VISIT, VISIT + timedelta(days=1), VISIT + timedelta(days=2)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def visit(house: House) -> Appointment:
    """Rosa's visit on Thursday at 9:30, of which she has been told."""
    appointment = book(house, house.rosa, A)
    say(NOW)
    return appointment


def subjects() -> list[str]:
    return list(InboxItem.objects.order_by("created_at", "pk").values_list("subject", flat=True))


def notices() -> list[tuple[str, str, str]]:
    """(stage, status, reason) of everything but reminders, in the order in which it was planned."""
    rows = Message.objects.exclude(kind="reminder").order_by("created_at", "visit_starts_at")
    return [(row.stage, row.status, row.reason) for row in rows]


def test_a_moved_visit_is_told_as_moved_with_both_times(visit: Appointment) -> None:
    move(visit, B)
    say(NOW + HOUR)
    assert subjects() == ["Your visit on Thu 21 Jan", "Your visit has moved to Fri 22 Jan"]
    told = InboxItem.objects.get(subject__contains="moved")
    assert "now Fri 22 Jan at 9:30 AM, instead of Thu 21 Jan at 9:30 AM." in told.body
    assert "DTSTART:20270122T153000Z" in told.calendar
    say(NOW + 2 * HOUR)
    assert len(subjects()) == 2


def test_a_visit_moved_away_and_back_is_told_both_times(visit: Appointment) -> None:
    for hours, start in enumerate([B, A, B, A], start=1):
        move(visit, start)
        say(NOW + hours * HOUR)
    there, back = "Your visit has moved to Fri 22 Jan", "Your visit has moved to Thu 21 Jan"
    assert subjects() == ["Your visit on Thu 21 Jan", there, back, there, back]


def test_a_visit_moved_and_moved_back_before_anything_was_said_is_not_told(visit: Appointment) -> None:
    move(visit, B)
    plan(now=NOW + HOUR)
    move(visit, A)
    say(NOW + HOUR + MINUTE)
    assert len(subjects()) == 1
    assert notices()[-1] == ("move", "skipped", "The visit was moved to another time.")
    move(visit, B)
    say(NOW + 2 * HOUR)
    assert subjects()[1:] == ["Your visit has moved to Fri 22 Jan"]


def test_a_visit_that_moves_on_before_the_move_was_said_is_told_of_the_last_time_only(
    visit: Appointment,
) -> None:
    move(visit, B)
    plan(now=NOW + HOUR)
    move(visit, C)
    drain(NOW + HOUR)  # before the planner has looked again
    say(NOW + HOUR + MINUTE)
    assert subjects()[1:] == ["Your visit has moved to Sat 23 Jan"]
    assert Message.objects.get(stage="move", status="sent").instead_of == A


def test_a_visit_that_moves_before_it_was_ever_told_is_simply_booked(house: House) -> None:
    visit = book(house, house.rosa, A)
    plan(now=NOW)
    move(visit, B)
    say(NOW + MINUTE)
    assert subjects() == ["Your visit on Fri 22 Jan"]


def test_a_move_in_the_evening_is_told_in_the_morning_and_only_where_it_went_last(visit: Appointment) -> None:
    late = NOW + 13 * HOUR  # 22:00
    move(visit, B)
    say(late)
    move(visit, C)
    say(late + HOUR)
    assert len(subjects()) == 1
    say(late + 10 * HOUR)
    assert subjects()[1:] == ["Your visit has moved to Sat 23 Jan"]


def test_a_move_while_the_confirmation_is_on_its_way_is_told_as_a_move(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner looks while the provider is spoken to: what is on its way can't be called back."""
    visit, send = book(house, house.rosa, A), InboxChannel.send

    def meanwhile(channel: InboxChannel, envelope: object) -> str:
        monkeypatch.setattr(InboxChannel, "send", send)
        move(visit, B)
        plan(now=NOW + MINUTE)
        return channel.send(envelope)  # type: ignore[arg-type]

    monkeypatch.setattr(InboxChannel, "send", meanwhile)
    say(NOW)
    drain(NOW + 2 * MINUTE)
    assert subjects() == ["Your visit on Thu 21 Jan", "Your visit has moved to Fri 22 Jan"]


def test_a_confirmation_planned_for_the_new_time_is_overtaken_when_the_old_one_was_said_after_all(
    house: House,
) -> None:
    """Right before sending it is asked again what the patient has been told."""
    visit = book(house, house.rosa, A)
    plan(now=NOW)
    first = Message.objects.get(stage="confirmation")
    move(visit, B)
    plan(now=NOW)
    Message.objects.filter(pk=first.pk).update(status="sent", reason="", sent_at=NOW)
    drain(NOW + MINUTE)
    assert ("confirmation", "skipped", "The patient was told something else meanwhile.") in notices()
    say(NOW + 2 * MINUTE)
    assert subjects() == ["Your visit has moved to Fri 22 Jan"]


def test_a_try_that_failed_tells_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    visit, send = book(house, house.rosa, A), InboxChannel.send

    def refuse(*_: object) -> str:
        raise DeliveryError("busy", permanent=False)

    monkeypatch.setattr(InboxChannel, "send", refuse)
    say(NOW)
    monkeypatch.setattr(InboxChannel, "send", send)
    move(visit, B)
    say(NOW + HOUR)
    assert subjects() == ["Your visit on Fri 22 Jan"]
    move(visit, A)
    say(NOW + 2 * HOUR)
    assert subjects()[1:] == ["Your visit has moved to Thu 21 Jan"]


def test_a_confirmation_that_failed_once_is_said_when_the_visit_comes_back_to_its_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit, send = book(house, house.rosa, A), InboxChannel.send

    def refuse(*_: object) -> str:
        raise DeliveryError("busy", permanent=False)

    monkeypatch.setattr(InboxChannel, "send", refuse)
    say(NOW)
    monkeypatch.setattr(InboxChannel, "send", send)
    move(visit, B)
    plan(now=NOW + HOUR)
    move(visit, A)
    say(NOW + 2 * HOUR)
    assert subjects() == ["Your visit on Thu 21 Jan"]


def test_a_visit_cancelled_before_its_move_was_said_is_cancelled_at_the_time_that_was_told(
    visit: Appointment,
) -> None:
    move(visit, B)
    plan(now=NOW + HOUR)
    cancel(visit)
    say(NOW + HOUR + MINUTE)
    assert subjects()[1:] == ["Your visit on Thu 21 Jan is cancelled"]


def test_a_visit_that_takes_place_after_all_is_told_anew_and_so_is_its_second_cancellation(
    visit: Appointment,
) -> None:
    for hours, cancelled in enumerate([True, False, True], start=1):
        if cancelled:
            cancel(visit)
        else:
            Appointment.objects.filter(pk=visit.pk).update(
                status=AppointmentStatus.BOOKED, cancelation_reason="", cancelled_at=None
            )
        say(NOW + hours * HOUR)
    booked, over = "Your visit on Thu 21 Jan", "Your visit on Thu 21 Jan is cancelled"
    assert subjects() == [booked, over, booked, over]


def test_a_notice_that_a_reminder_has_made_needless_is_not_sent(visit: Appointment) -> None:
    move(visit, B)
    plan(now=NOW + HOUR)
    notice = Message.objects.get(stage="move")
    Message.objects.create(
        clinic=notice.clinic,
        patient=notice.patient,
        appointment=notice.appointment,
        kind="reminder",
        stage="T-3d",
        key="reminder",
        visit_starts_at=B,
        due_at=NOW + HOUR,
        stale_at=B,
        status="sent",
        sent_at=NOW + HOUR,
    )
    say(NOW + HOUR + MINUTE)
    assert notices()[-1] == ("move", "skipped", "The patient was told something else meanwhile.")


def test_reminders_of_the_time_that_a_visit_came_back_to_are_sent_once(visit: Appointment) -> None:
    move(visit, B)
    say(NOW + HOUR)
    move(visit, A)
    say(NOW + 2 * HOUR)
    say(A - timedelta(days=3))
    say(A - timedelta(days=3) + MINUTE)
    assert subjects()[3:] == ["Please confirm your visit on Thu 21 Jan"]
