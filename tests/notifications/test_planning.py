"""The planner: wanted minus said, whatever happened to the visit and however often it runs."""

from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Patient
from notifications.models import CheckIn, LinkPurpose, Message, MessageStatus, PatientLink
from notifications.planning.planner import plan
from scheduler.models import Appointment, AppointmentStatus
from tests.at_once import at_once
from tests.cast import NOW, House, local, make_patient
from tests.notifications.visits import VISIT, book, cancel, discharge, move

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(appointment: Appointment, **filters: Any) -> dict[str, tuple[str, str]]:
    """stage -> (status, reason)"""
    messages = Message.objects.filter(appointment=appointment, **filters)
    return {message.stage: (message.status, message.reason) for message in messages}


def planned(appointment: Appointment, **filters: Any) -> set[str]:
    return {stage for stage, (status, _) in rows(appointment, **filters).items() if status == "planned"}


def test_a_booked_visit_gets_its_confirmation_and_reminders(house: House) -> None:
    visit = book(house, house.rosa)
    done = plan(now=NOW)
    assert planned(visit) == {"confirmation", "T-7d", "T-3d", "T-1d", "T-2h"}
    assert (done.written, done.due) == (5, True)
    assert PatientLink.objects.filter(message__appointment=visit, purpose=LinkPurpose.VISIT).count() == 5


def test_a_second_run_changes_nothing(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    before = list(Message.objects.order_by("key").values())
    later = plan(now=NOW + timedelta(seconds=30))
    assert (later.written, later.skipped, later.changed) == (0, 0, 0)
    assert list(Message.objects.order_by("key").values()) == before


def test_a_cancelled_visit_is_not_reminded_and_nobody_has_to_remember_to_stop_it(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    cancel(visit)
    plan(now=NOW + HOUR)
    assert planned(visit) == set()
    assert rows(visit)["T-1d"] == ("skipped", "The visit was cancelled.")


def test_a_cancellation_is_announced_to_somebody_who_was_told_of_the_visit(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Message.objects.filter(stage="confirmation").update(status=MessageStatus.SENT)
    cancel(visit)
    plan(now=NOW + HOUR)
    assert planned(visit) == {"cancellation"}
    assert not PatientLink.objects.filter(message__stage="cancellation").exists()


def test_a_cancellation_is_not_announced_to_somebody_who_never_heard_of_the_visit(house: House) -> None:
    visit = book(house, house.rosa)
    cancel(visit)
    plan(now=NOW)
    assert rows(visit) == {}


def test_a_moved_visit_is_confirmed_and_reminded_for_its_new_time_only(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    move(visit, VISIT + DAY)
    plan(now=NOW + HOUR)
    old, new = rows(visit, visit_starts_at=VISIT), rows(visit, visit_starts_at=VISIT + DAY)
    assert set(old.values()) == {("skipped", "The visit was moved to another time.")}
    assert {status for status, _ in new.values()} == {"planned"}
    assert "confirmation" in new


def test_a_visit_moved_away_and_back_is_reminded_again(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    move(visit, VISIT + DAY)
    plan(now=NOW + HOUR)
    move(visit, VISIT)
    plan(now=NOW + 2 * HOUR)
    assert planned(visit, visit_starts_at=VISIT + DAY) == set()
    assert planned(visit, visit_starts_at=VISIT) == {"confirmation", "T-7d", "T-3d", "T-1d", "T-2h"}
    assert plan(now=NOW + 2 * HOUR).due


@pytest.mark.parametrize("status", [AppointmentStatus.NOSHOW, AppointmentStatus.ARRIVED])
def test_a_visit_that_has_begun_or_was_missed_is_not_reminded(house: House, status: str) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    plan(now=NOW + HOUR)
    assert planned(visit) == set()


def test_a_held_time_is_not_announced(house: House) -> None:
    visit = book(house, house.rosa, status=AppointmentStatus.PENDING, held_until=NOW + HOUR)
    plan(now=NOW)
    assert rows(visit) == {}


def test_nobody_writes_to_the_dead(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    plan(now=NOW + HOUR)
    assert set(rows(visit).values()) == {("skipped", "The patient has died.")}


def test_a_reminder_whose_moment_passed_before_the_booking_is_not_wanted(house: House) -> None:
    visit = book(house, house.rosa, NOW + DAY)
    plan(now=NOW)
    assert set(rows(visit)) == {"confirmation", "T-2h"}


def test_a_night_of_downtime_keeps_the_reminders_that_were_planned(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    plan(now=VISIT - timedelta(days=2))  # the week's and the third day's reminder are late
    assert "T-3d" in planned(visit)


@pytest.mark.parametrize("wall_time", ["7:30", "8:00", "8:15"])
def test_a_reminder_that_the_night_would_make_useless_says_why_it_is_not_sent(
    house: House, wall_time: str
) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 21), wall_time))
    plan(now=NOW)
    why = "Quiet hours would leave less than an hour before the visit."
    assert rows(visit)["T-2h"] == ("skipped", why)
    assert plan(now=NOW + HOUR).changed == 0


def test_a_reminder_comes_back_for_a_patient_whose_night_ends_earlier(house: House) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 21), "8:15"))
    plan(now=NOW)
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Halifax")  # two hours ahead of Chicago
    plan(now=NOW + HOUR)
    assert rows(visit)["T-2h"] == ("planned", "")


def test_the_week_before_is_for_the_first_visit_alone(house: House) -> None:
    first, second = book(house, house.rosa), book(house, house.rosa, VISIT + 3 * DAY)
    plan(now=NOW)
    assert "T-7d" in planned(first)
    assert "T-7d" not in planned(second)


def test_a_patient_who_moves_to_another_zone_is_reminded_by_their_own_clock(house: House) -> None:
    book(house, house.rosa, local(date(2027, 1, 21), "9:00"))
    plan(now=NOW)
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Los_Angeles")
    done = plan(now=NOW + HOUR)
    reminder = Message.objects.get(stage="T-1d")
    assert reminder.due_at == local(date(2027, 1, 20), "8:00", "America/Los_Angeles")  # 7:00 there is night
    assert done.changed > 0


def test_a_message_that_was_tried_keeps_the_time_of_its_next_try(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    reminder = Message.objects.get(stage="T-3d")
    reminder.attempts.create(number=1, channel="smtp", recipient="x", body="x", started_at=NOW)
    Message.objects.filter(pk=reminder.pk).update(due_at=reminder.due_at + HOUR)
    plan(now=NOW + HOUR)
    assert Message.objects.get(pk=reminder.pk).due_at == reminder.due_at + HOUR


def test_a_check_in_is_planned_for_nine_on_the_morning_after_the_discharge(house: House) -> None:
    visit = book(house, house.rosa)
    session = discharge(visit, VISIT + 3 * HOUR)
    plan(now=VISIT + 3 * HOUR)
    message = Message.objects.get(kind="check_in")
    assert message.due_at == local(date(2027, 1, 22), "9:00")
    assert CheckIn.objects.get(message=message).session == session
    assert PatientLink.objects.get(message=message).purpose == LinkPurpose.CHECK_IN
    assert plan(now=VISIT + 4 * HOUR).written == 0


def test_somebody_who_was_given_nothing_is_not_asked_how_it_was(house: House) -> None:
    session = discharge(book(house, house.rosa), VISIT + 3 * HOUR)
    type(session).objects.filter(pk=session.pk).update(started_at=None, stopped_at=None)
    plan(now=VISIT + 3 * HOUR)
    assert not CheckIn.objects.exists()


def test_a_run_asks_the_same_number_of_questions_for_one_visit_and_for_ten(
    house: House, django_assert_num_queries: Any
) -> None:
    book(house, house.rosa)
    with django_assert_num_queries(9) as asked:
        plan(now=NOW)
    for number in range(10):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    with django_assert_num_queries(len(asked.captured_queries)):
        plan(now=NOW + HOUR)


@pytest.mark.django_db(transaction=True)
def test_four_planners_at_once_write_each_message_once(house: House) -> None:
    for number in range(20):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    outcomes = at_once(*[lambda: plan(now=NOW)] * 4)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Planned"] * 4
    assert Message.objects.count() == PatientLink.objects.count() == 100
