"""All that one visit asks for, said or to come: what the list shows is what the planner does."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from notifications.models import Message
from notifications.planning import reasons
from notifications.planning.planner import plan
from notifications.planning.rules import DEFAULTS
from notifications.planning.wanting import wanted_for_visit
from scheduler.models import Appointment, AppointmentStatus
from tests.cast import NOW, House, local
from tests.notifications.visits import VISIT, book, cancel, discharge

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def listed(visit: Appointment, now: Any = NOW) -> dict[str, str]:
    """stage -> why not"""
    return {one.stage: one.why_not for one in wanted_for_visit(visit, now)}


def test_each_thing_on_the_list_is_written_at_the_moment_that_the_list_says(house: House) -> None:
    discharge(book(house, house.rosa, NOW - 20 * DAY), NOW - 20 * DAY + 2 * HOUR)
    visit = book(house, house.rosa)
    expected = [one for one in wanted_for_visit(visit, NOW) if not one.presumed]
    assert [one.stage for one in expected] == [
        "confirmation",
        "T-3d",
        "T-1d",
        "before_next",
        "prepare",
        "T-2h",
    ]
    assert not any(one.why_not for one in expected)
    assert expected.pop(0).due_at == NOW  # of the booking it is told as soon as anybody looks
    plan(now=NOW)
    for due_at in sorted({one.due_at for one in expected}):
        stages = {one.stage for one in expected if one.due_at == due_at}
        rows = Message.objects.filter(appointment=visit, stage__in=stages)
        plan(now=due_at - MINUTE)
        assert not rows.exists()
        plan(now=due_at)
        assert {(row.stage, row.due_at) for row in rows} == {(stage, due_at) for stage in stages}
        Message.objects.filter(status="planned").update(status="sent", sent_at=due_at)


def test_of_a_coming_visit_the_check_ins_are_presumed_from_its_booked_end(house: House) -> None:
    visit = book(house, house.rosa)
    after = {one.stage: one for one in wanted_for_visit(visit, NOW) if one.presumed}
    assert set(after) == {"same_day", "next_morning", "day_7"}
    assert after["same_day"].due_at == visit.ends_at + 4 * HOUR
    discharge(visit, VISIT + 5 * HOUR)
    visit.refresh_from_db()
    known = {one.stage: one for one in wanted_for_visit(visit, VISIT + 5 * HOUR)}
    assert (known["same_day"].due_at, known["same_day"].presumed) == (VISIT + 9 * HOUR, False)


def test_the_list_says_exactly_why_not(house: House) -> None:
    tomorrow = book(house, house.rosa, local(date(2027, 1, 12), "8:15"))
    assert listed(tomorrow) == {
        "T-7d": reasons.TOLD_LATER,
        "T-3d": reasons.TOLD_LATER,
        "T-1d": reasons.TOLD_LATER,
        "prepare": reasons.TOLD_LATER,
        "confirmation": "",
        "T-2h": reasons.SHORT_NOTICE,
        "same_day": "",
        "next_morning": "",
        "day_7": "",
    }
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    again = Appointment.objects.get(pk=tomorrow.pk)
    assert set(listed(again).values()) == {reasons.PATIENT_DECEASED}


def test_a_cancelled_a_missed_and_a_mistaken_visit_ask_for_something_else(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Message.objects.update(status="sent", sent_at=NOW)
    before = listed(visit)
    cancel(visit)
    visit.refresh_from_db()
    assert listed(visit) == dict.fromkeys(before, reasons.VISIT_CANCELLED) | {"cancellation": ""}
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.NOSHOW)
    visit.refresh_from_db()
    assert listed(visit, VISIT + HOUR)["missed"] == ""
    assert listed(visit, VISIT + HOUR)["next_morning"] == reasons.VISIT_MISSED
    visit.status = AppointmentStatus.ENTERED_IN_ERROR
    assert listed(visit) == {}


def test_rules_can_be_tried_on_a_visit_before_they_hold(house: House) -> None:
    visit = book(house, house.rosa)
    tried = [replace(rule, days=2) if rule.stage == "T-3d" else rule for rule in DEFAULTS]
    moved = {one.stage: one.due_at for one in wanted_for_visit(visit, NOW, tried)}
    assert moved["T-3d"] == VISIT - 2 * DAY
    assert {one.stage: one.due_at for one in wanted_for_visit(visit, NOW)}["T-3d"] == VISIT - 3 * DAY


def test_the_list_asks_a_fixed_number_of_questions(house: House) -> None:
    visit = book(house, house.rosa)
    with CaptureQueriesContext(connection) as once:
        wanted_for_visit(visit, NOW)
    for days in range(1, 6):
        book(house, house.rosa, VISIT + days * DAY)
    plan(now=NOW)
    with CaptureQueriesContext(connection) as later:
        wanted_for_visit(visit, NOW)
    assert len(later) <= len(once)
