"""Figures by stage: what was wanted, sent, delivered, confirmed and answered, and the visits afterwards."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import ConsentScope
from notifications import saying
from notifications.delivering import delivery
from notifications.models import CheckIn, DeliveryAttempt, Message, TimeRequest
from notifications.planning.planner import plan
from notifications.reporting import stages
from notifications.reporting.stages import Group, Rate, StageFigures
from notifications.talking.again import send_again
from scheduler.models import Appointment
from scheduler.reporting import reports
from scheduler.reporting.reports import Counted, Period
from sessions_app.models import Readiness
from tests.cast import NOW, ZONE, House, client_of, make_patient, new_id
from tests.notifications.visits import VISIT, book, confirm, discharge, move

JANUARY = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)
FEBRUARY = Period(date(2027, 2, 1), date(2027, 2, 28), ZONE)
AFTER = VISIT + timedelta(hours=5)
WEEK_BEFORE, THREE_DAYS_BEFORE, DAY_BEFORE = (VISIT - timedelta(days=days) for days in (7, 3, 1))
TOLD_AT = (NOW, WEEK_BEFORE, THREE_DAYS_BEFORE, DAY_BEFORE, VISIT - timedelta(hours=1))


def told(house: House, period: Period = JANUARY, now: datetime = AFTER) -> dict[str, StageFigures]:
    figures = stages.figures_by_stage(house.clinic, period, now=now)
    return {each.stage: each for each in figures if each.wanted}


def send(until: datetime = VISIT) -> None:
    """Everything that falls due until then is sent when it does."""
    for due in TOLD_AT:
        if due <= until:
            plan(now=due)
            delivery.drain(clock=lambda due=due: due)  # type: ignore[misc]


def carry(message: Message) -> None:
    """It went out with a reminder of the day, and not by itself."""
    carrier = saying.say(
        key="carrier",
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        kind="reminder",
        stage="T-1d",
        due_at=message.due_at,
        stale_at=message.stale_at,
        appointment_id=message.appointment_id,
        visit_starts_at=message.visit_starts_at,
        status="sent",
        sent_at=message.sent_at,
    )
    Message.objects.filter(pk=message.pk).update(
        status="skipped", reason="Said with another.", carried_by=carrier, sent_at=None
    )


def became(visit: Appointment, status: str, **fields: object) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status=status, **fields)


# --- Counting alone --------------------------------------------------------------------------------------


def test_groups_come_to_rates_with_the_numbers_that_they_are_of() -> None:
    groups = [
        Group(stage="T-3d", status="sent", tells_of_arrival=True, delivered=True, confirmed=True, messages=6),
        Group(stage="T-3d", status="sent", could_confirm=False, answered=True, messages=2),
        Group(stage="T-3d", status="skipped", reason="No consent to e-mail.", messages=3),
        Group(stage="T-3d", status="failed", reason="Refused for good", messages=1),
        Group(stage="T-3d", status="planned", messages=5),
    ]
    found = {each.stage: each for each in stages.counted(groups)}["T-3d"]
    assert (found.wanted, found.under_way) == (17, 5)
    assert (found.sent, found.delivered) == (Rate(8, 12), Rate(6, 6))
    assert (found.confirmed, found.answered) == (Rate(6, 6), Rate(2, 8))
    assert found.not_sent == [Counted("No consent to e-mail.", 3), Counted("Refused for good", 1)]


def test_a_rate_has_wilsons_interval_and_nothing_of_nothing() -> None:
    assert Rate(5, 10).interval == (Decimal("0.2366"), Decimal("0.7634"))
    assert (Rate(0, 0).share, Rate(0, 0).interval) == (None, None)


def test_a_stage_is_not_asked_what_it_cannot_tell() -> None:
    """Nobody confirms a visit that is over, and nobody answers that it was cancelled."""
    found = {each.stage: each for each in stages.counted([])}
    assert (found["next_morning"].confirmed, found["next_morning"].after) == (None, None)
    assert found["cancellation"].answered is None


# --- From the tables -------------------------------------------------------------------------------------


def test_a_confirmation_counts_once_with_what_was_said_last_before_it(house: House) -> None:
    """Rosa confirms two days before. Whoever has confirmed can't be moved to by the reminder after it."""
    rosas, _ = book(house, house.rosa), book(house, house.omar)
    send()
    confirm(rosas, VISIT - timedelta(days=2))
    confirmed = {stage: each.confirmed for stage, each in told(house).items()}
    assert confirmed["confirmation"] == Rate(0, 2)
    assert confirmed["T-3d"] == Rate(1, 2)
    assert confirmed["T-1d"] == Rate(0, 1)


def test_the_visits_afterwards_are_told_with_the_words_of_the_attendance_report(house: House) -> None:
    rosas, omars = book(house, house.rosa), book(house, house.omar)
    lates = book(house, make_patient(house.clinic, "Lena", "Late"))
    send()
    became(rosas, "fulfilled")
    became(omars, "noshow")
    became(lates, "cancelled", cancelled_at=VISIT, cancelled_late=True, cancelation_reason="pat")
    after = told(house)["T-3d"].after
    report = reports.attendance(house.clinic, JANUARY, now=AFTER)
    assert after is not None
    assert (after.kept, after.no_shows, after.late) == (Rate(1, 2), Rate(1, 2), Rate(1, 3))
    assert after.no_shows.count == report.no_shows.count
    assert after.no_shows.of == report.no_shows.of
    assert after.late.share == report.late.share


def test_a_visit_that_moved_after_its_message_says_nothing_of_it(house: House) -> None:
    visit = book(house, house.rosa)
    send(THREE_DAYS_BEFORE)
    move(visit, VISIT + timedelta(days=1))
    became(visit, "noshow")
    after = told(house)["T-3d"].after
    assert after is not None
    assert (after.moved, after.visits.planned, after.no_shows.of) == (1, 0, 0)


def test_what_another_message_said_with_it_was_sent_when_that_one_was(house: House) -> None:
    book(house, house.rosa)
    send()
    figures = told(house)
    carried = Message.objects.get(stage="prepare")
    assert carried.status == "skipped"
    assert figures["prepare"].sent == Rate(1, 1)
    Message.objects.filter(carries=carried).update(status="failed", reason="Refused for good: 550")
    assert told(house)["prepare"].not_sent == [Counted("Refused for good", 1)]


def test_why_messages_were_not_sent_is_counted_by_reason(house: House) -> None:
    for patient in (house.rosa, house.omar):
        book(house, patient)
        patient.consents.exclude(scope=ConsentScope.TREATMENT).delete()
    send(NOW)
    found = told(house)["confirmation"]
    assert found.sent == Rate(0, 2)
    assert found.not_sent == [Counted("No consent to e-mail.", 2)]


def test_delivered_is_of_what_went_by_a_provider_that_tells(house: House) -> None:
    book(house, house.rosa)
    book(house, house.omar)
    send(NOW)
    assert told(house)["confirmation"].delivered == Rate(0, 0)
    DeliveryAttempt.objects.filter(message__patient=house.rosa).update(channel="twilio")
    Message.objects.filter(patient=house.rosa).update(delivered_at=NOW)
    assert told(house)["confirmation"].delivered == Rate(1, 1)


@pytest.mark.parametrize("answer", ["another time", "readiness"])
def test_asking_for_another_time_and_telling_what_is_asked_are_answers(house: House, answer: str) -> None:
    visit, at = book(house, house.rosa), VISIT - timedelta(days=2)
    send()
    if answer == "another time":
        TimeRequest.objects.create(clinic=house.clinic, appointment=visit, visit_starts_at=VISIT, asked_at=at)
    else:
        Readiness.objects.create(appointment=visit, given_at=at)
    answered = {stage: each.answered for stage, each in told(house).items()}
    assert answered["T-3d"] == Rate(1, 1)
    assert answered["confirmation"] == answered["T-1d"] == Rate(0, 1)


@pytest.mark.parametrize("carried", [False, True])
def test_a_check_in_that_was_asked_twice_is_answered_once(house: House, carried: bool) -> None:
    """The answer comes after the second asking, and counts with it: also where another message carried it."""
    discharge(book(house, house.rosa), VISIT + timedelta(hours=3))
    morning = VISIT + timedelta(days=1, hours=1)
    for due in (morning, morning + timedelta(days=1)):
        plan(now=due)
        delivery.drain(clock=lambda due=due: due)  # type: ignore[misc]
    if carried:
        carry(Message.objects.get(stage="check_in_again"))
    CheckIn.objects.filter(kind="next_morning").update(completed_at=morning + timedelta(days=1, hours=2))
    figures = told(house, now=morning + timedelta(days=3))
    assert figures["next_morning"].answered == Rate(0, 1)
    assert figures["check_in_again"].answered == Rate(1, 1)


def test_what_staff_sent_again_is_theirs_and_no_rules(house: House) -> None:
    book(house, house.rosa)
    send(NOW)
    first = Message.objects.get(stage="confirmation")
    later = NOW + timedelta(hours=1)
    send_again(actor=house.actor(house.ana), id=new_id(), message=first, now=later)
    delivery.drain(clock=lambda: later)
    assert told(house)["confirmation"].sent == Rate(1, 1)


def test_other_days_and_other_clinics_do_not_count(house: House, other_house: House) -> None:
    book(house, house.rosa)
    send(NOW)
    assert told(house, FEBRUARY) == {}
    assert told(other_house) == {}


def test_it_is_one_query_however_many_messages(house: House) -> None:
    for number in range(6):
        book(house, make_patient(house.clinic, f"P{number}", "Family"))
    send(NOW)
    with CaptureQueriesContext(connection) as asked:
        assert told(house)["confirmation"].sent == Rate(6, 6)
    assert len(asked) == 1


def test_the_api_tells_rates_with_their_intervals(house: House) -> None:
    book(house, house.rosa)
    send(NOW)
    period = {"clinic": str(house.clinic.pk), "first": "2027-01-01", "last": "2027-01-31"}
    with time_machine.travel(NOW, tick=False):
        answer = client_of(house.ana).get("/api/v1/reports/stages/", period).json()
    [found] = [each for each in answer if each["wanted"]]
    assert found["stage"] == "confirmation"
    assert found["sent"] == {"count": 1, "of": 1, "share": 1.0, "low": 0.2065, "high": 1.0}
    assert found["after"]["to_come"] == 1
