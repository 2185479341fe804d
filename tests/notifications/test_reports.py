"""No-shows by the stage of reminder that the patient had come to."""

from datetime import date, datetime, timedelta

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.delivering import delivery
from notifications.models import Message
from notifications.planning.planner import plan
from notifications.reporting import reports
from scheduler.models import Appointment
from scheduler.reporting.reports import Period
from sessions_app.reporting.rates import Rate
from tests.cast import NOW, ZONE, House, client_of, make_patient
from tests.notifications.visits import VISIT, book, move

JANUARY = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)


def told(house: House) -> dict[str, Rate]:
    """The stages that any visit had come to."""
    stages = reports.no_shows_by_stage(house.clinic, JANUARY)
    return {stage.stage: stage.no_shows for stage in stages if stage.no_shows.of}


def sent_until(moment: datetime) -> None:
    """Everything that falls due until then is sent when it does."""
    dues = [NOW, *(VISIT - timedelta(days=days) for days in (7, 3, 1)), VISIT - timedelta(hours=1)]
    for due in dues:
        if due <= moment:
            plan(now=due)
            delivery.drain(clock=lambda due=due: due)  # type: ignore[misc]


def became(visit: Appointment, status: str, **fields: str) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status=status, **fields)


def test_each_visit_counts_under_the_last_that_was_sent_before_it(house: House) -> None:
    rosas, omars = book(house, house.rosa), book(house, house.omar)
    sent_until(VISIT)
    became(rosas, "noshow")
    became(omars, "fulfilled")
    assert told(house) == {"T-2h": Rate(1, 2)}


def test_who_was_told_only_of_the_booking_and_who_of_nothing(house: House) -> None:
    rosas, silent = book(house, house.rosa), make_patient(house.clinic, "Sil", "Ent", consents=False)
    unwarned = book(house, silent)
    sent_until(NOW)
    became(rosas, "fulfilled")
    became(unwarned, "noshow")
    assert told(house) == {"confirmation": Rate(0, 1), "none": Rate(1, 1)}


def test_whoever_confirmed_counts_as_that_alone(house: House) -> None:
    visit = book(house, house.rosa)
    sent_until(VISIT)
    became(visit, "noshow", patient_status="accepted")
    assert told(house) == {"confirmed": Rate(1, 1)}


def test_what_was_said_of_another_time_does_not_count(house: House) -> None:
    """The visit was moved after its reminders; nothing was sent for its new start."""
    visit = book(house, house.rosa)
    sent_until(VISIT - timedelta(hours=1))
    move(visit, VISIT + timedelta(minutes=30))
    became(visit, "noshow")
    assert told(house) == {"none": Rate(1, 1)}


def test_a_reminder_that_another_message_carried_was_said(house: House) -> None:
    """Of two visits in one day one message tells; the second visit's patient was reminded of it too."""
    first = book(house, house.rosa)
    second = book(house, house.rosa, VISIT + timedelta(hours=4))
    sent_until(VISIT - timedelta(days=1))
    carried = Message.objects.get(appointment=second, stage="T-1d")
    assert carried.carried_by_id is not None
    assert carried.carried_by.appointment_id == first.pk  # type: ignore[union-attr]
    became(second, "noshow")
    assert told(house) == {"T-1d": Rate(1, 1)}


def test_cancelled_visits_and_those_still_open_do_not_count(house: House) -> None:
    became(book(house, house.rosa), "cancelled")
    book(house, house.omar)
    sent_until(VISIT)
    assert told(house) == {}


def test_every_stage_is_told_also_where_nobody_came_to_it(house: House) -> None:
    stages = reports.no_shows_by_stage(house.clinic, JANUARY)
    assert [stage.stage for stage in stages] == [
        "none",
        "confirmation",
        "move",
        "change",
        "prepare",
        "T-7d",
        "T-3d",
        "T-1d",
        "T-2h",
        "confirmed",
    ]
    assert {stage.no_shows for stage in stages} == {Rate(0, 0)}


def test_it_is_one_query_however_many_visits(house: House) -> None:
    for number in range(6):
        book(house, make_patient(house.clinic, f"P{number}", "Family"))
    sent_until(NOW)
    Appointment.objects.update(status="noshow")
    with CaptureQueriesContext(connection) as asked:
        assert told(house) == {"confirmation": Rate(6, 6)}
    assert len(asked) == 1


def test_the_api_tells_shares_with_their_numbers(house: House) -> None:
    became(book(house, house.rosa, NOW - timedelta(days=2)), "noshow")
    period = {"clinic": str(house.clinic.pk), "first": "2027-01-01", "last": "2027-01-31"}
    with time_machine.travel(NOW, tick=False):
        answer = client_of(house.priya).get("/api/v1/reports/reminders/", period).json()
    assert answer[0]["stage"] == "none"
    assert answer[0]["no_shows"] == {
        "count": 1,
        "of": 1,
        "share": 1.0,
        "low": 0.2065,
        "high": 1.0,
    }
