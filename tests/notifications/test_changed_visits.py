"""A visit that stays at its time and takes longer, or is prepared for in another way: whoever was told
otherwise hears of it once. It is the version that a notice went by that counts, not the reminders since.
"""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clinic.models import Patient, WorkItem
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery
from notifications.models import InboxItem, Message
from notifications.planning import wanting
from notifications.planning.planner import plan
from notifications.talking import again
from scheduler.models import Appointment
from scheduler.prescribing import taking_over
from scheduler.visits import booking, versions
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, next_version, set_stage

FRIDAY = TODAY + timedelta(days=4)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BOOKED, CHANGED = "Your visit on Fri 15 Jan", "Your visit on Fri 15 Jan has changed"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    """Rosa's visit on Friday at 10:00, of which she has been told."""
    appointment = stage.book(stage.plan(), "10:00", FRIDAY)
    say(NOW)
    return appointment


def say(now: Any) -> None:
    plan(now=now)
    delivery.drain(clock=lambda: now)


def subjects() -> list[str]:
    return list(InboxItem.objects.order_by("created_at", "pk").values_list("subject", flat=True))


def newest(stage: Stage) -> Any:
    return type(stage.protocol).objects.filter(code=stage.protocol.code).latest("version")


def take_over(stage: Stage, visit: Appointment, **changes: Any) -> None:
    """Half an hour more of observation, or what else the next version says."""
    before = newest(stage)
    longer = {"observation_minutes": before.observation_minutes + 30}
    newer = next_version(before, stage.house, **(changes or longer))
    house = stage.house
    taking_over.take_over(actor=house.actor(house.priya), plan=visit.plan, to=newer, now=NOW)
    versions.take_over(actor=house.actor(house.ana), appointment=visit, now=NOW)


def reminded(visit: Appointment) -> None:
    """A reminder of the visit's time has gone out."""
    Message.objects.create(
        clinic=visit.clinic,
        patient=visit.patient,
        appointment=visit,
        kind="reminder",
        stage="T-3d",
        key="reminder",
        visit_starts_at=visit.starts_at,
        due_at=NOW + HOUR,
        stale_at=visit.starts_at,
        status="sent",
        sent_at=NOW + HOUR,
    )


def test_who_was_told_a_shorter_visit_hears_when_it_ends_now(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit)
    for hours in (1, 2, 3):
        say(NOW + hours * HOUR)
    assert subjects() == [BOOKED, CHANGED]
    first, told = InboxItem.objects.order_by("created_at", "pk")
    visit.refresh_from_db()
    ends = visit.ends_at.strftime("DTEND:%Y%m%dT%H%M%SZ")
    ended = visit.ends_at.astimezone(ZoneInfo(stage.house.clinic.time_zone))
    assert f"It ends at {ended:%-I:%M %p}." in told.body
    assert "Arrange a ride home" in told.body
    assert (ends in first.calendar, ends in told.calendar) == (False, True)


def test_who_was_told_to_fast_otherwise_hears_the_new_hours(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit, fasting_light_meal_hours=8)
    say(NOW + HOUR)
    told = InboxItem.objects.get(subject=CHANGED)
    assert "Eat nothing from 2:00 AM on Fri 15 Jan." in told.body


def test_a_version_that_changes_nothing_for_the_patient_is_not_told(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit, series_max=stage.protocol.series_max + 1)
    say(NOW + HOUR)
    assert subjects() == [BOOKED]


def test_a_reminder_since_says_nothing_of_the_length(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit)
    reminded(visit)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_a_reminder_meanwhile_makes_no_second_notice(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit)
    plan(now=NOW + HOUR)
    reminded(visit)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_a_visit_taken_over_before_anything_was_said_is_simply_booked(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", FRIDAY)
    plan(now=NOW)  # the confirmation is written, and goes out by the new version
    take_over(stage, visit)
    say(NOW + MINUTE)
    say(NOW + HOUR)
    assert subjects() == [BOOKED]


def test_words_that_were_tried_before_go_again_and_the_change_follows(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = stage.book(stage.plan(), "10:00", FRIDAY)

    def refuse(channel: InboxChannel, envelope: Envelope) -> str:
        raise DeliveryError("try later", permanent=False)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(InboxChannel, "send", refuse)
        say(NOW)
    take_over(stage, visit)
    say(NOW + HOUR)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_a_visit_that_moves_before_its_change_was_said_is_told_as_moved(
    stage: Stage, visit: Appointment
) -> None:
    take_over(stage, visit)
    plan(now=NOW + HOUR)
    ana = stage.house.actor(stage.house.ana)
    booking.reschedule(actor=ana, appointment=visit, start=stage.at("11:00", FRIDAY), now=NOW + HOUR)
    say(NOW + HOUR + MINUTE)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, "Your visit has moved to Fri 15 Jan"]


def test_what_is_again_as_it_was_told_is_not_told(stage: Stage, visit: Appointment) -> None:
    before = stage.protocol.observation_minutes
    take_over(stage, visit)
    plan(now=NOW + HOUR)
    take_over(stage, visit, observation_minutes=before)
    say(NOW + HOUR + MINUTE)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED]
    skipped = Message.objects.get(kind="change")
    assert skipped.reason == "The patient was told something else meanwhile."


def test_a_second_change_is_told_too(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit)
    say(NOW + HOUR)
    take_over(stage, visit)
    say(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED, CHANGED]


def test_a_change_that_no_message_can_tell_is_called(stage: Stage, visit: Appointment) -> None:
    Patient.objects.filter(pk=visit.patient_id).update(preferred_channel="none")
    take_over(stage, visit)
    say(NOW + HOUR)
    [task] = WorkItem.objects.filter(cause__startswith="message:")
    assert task.title == (
        "Call: this patient's visit takes another time or preparation than before, and no message could tell"
        " them"
    )


def test_it_is_foreseen_and_can_be_said_again(stage: Stage, visit: Appointment) -> None:
    take_over(stage, visit)
    visit.refresh_from_db()
    assert "change" in {wanted.stage for wanted in wanting.wanted_for_visit(visit, NOW)}
    say(NOW + HOUR)
    assert "change" not in {wanted.stage for wanted in wanting.wanted_for_visit(visit, NOW + HOUR)}
    said = Message.objects.get(kind="change")
    ana = stage.house.actor(stage.house.ana)
    again.send_again(actor=ana, id=new_id(), message=said, now=NOW + 2 * HOUR)
    delivery.drain(clock=lambda: NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED, CHANGED]
