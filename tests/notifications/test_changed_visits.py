"""A visit that stays at its time and takes longer, or is prepared for in another way: whoever was told
otherwise hears of it once. It is the version that a notice went by that counts, not the reminders since.
"""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clinic import work
from clinic.models import Patient, WorkItem
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.models import InboxItem, Message
from notifications.planning import wanting
from notifications.planning.planner import plan
from notifications.reporting import stages
from notifications.reporting.reports import no_shows_by_stage
from notifications.reporting.visit_messages import messages_of_visit
from notifications.talking import again
from scheduler.models import Appointment, CancellationReason
from scheduler.prescribing import taking_over
from scheduler.reporting.reports import Period
from scheduler.visits import attendance, calling_off, lengthening, moving, versions
from tests.cast import NOW, TODAY, House, new_id
from tests.notifications.drains import drain, say
from tests.notifications.visits import confirm
from tests.scheduler.stage import Stage, next_version, set_stage

FRIDAY = TODAY + timedelta(days=4)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BOOKED, CHANGED = "Your visit on Fri 15 Jan", "Your visit on Fri 15 Jan has changed"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1, fasting=True)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    """Rosa's visit on Friday at 10:00, of which she has been told."""
    appointment = stage.book(stage.plan(), "10:00", FRIDAY)
    say(NOW)
    return appointment


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


def test_what_a_patient_does_after_hearing_of_a_change_counts_with_it(
    stage: Stage, visit: Appointment
) -> None:
    """On the visit's page, in the figures by stage, and in the report of who came."""
    take_over(stage, visit)
    say(NOW + HOUR)
    confirm(visit, NOW + 2 * HOUR)
    visit.refresh_from_db()
    lines = messages_of_visit(visit, NOW + 3 * HOUR)
    assert [line.stage for line in lines if "The visit is confirmed." in line.answered] == ["change"]
    clinic = stage.house.clinic
    week = Period(TODAY, FRIDAY, clinic.time_zone)
    figures = {each.stage: each for each in stages.figures_by_stage(clinic, week, now=NOW + 3 * HOUR)}
    counted = [figures[each].confirmed for each in ("confirmation", "change")]
    assert [(each.count, each.of) for each in counted if each] == [(0, 1), (1, 1)]
    Appointment.objects.filter(pk=visit.pk).update(status="noshow", patient_status="needs-action")
    [missed] = [each for each in no_shows_by_stage(clinic, week) if each.no_shows.of]
    assert missed.stage == "change"


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
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("11:00", FRIDAY), now=NOW + HOUR)
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
    assert skipped.reason == "The visit was changed once more before this was said."


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
    drain(NOW + 2 * HOUR)
    assert subjects() == [BOOKED, CHANGED, CHANGED]


def called(stage: Stage, words: str, now: Any) -> None:
    """Ana calls, and closes the one task that asks for it."""
    ana = stage.house.actor(stage.house.ana)
    [task] = WorkItem.objects.filter(cause__startswith="message:", closed_at=None)
    work.close(actor=ana, item=task, outcome=words, now=now)


def reached_by(channel: str, visit: Appointment) -> None:
    Patient.objects.filter(pk=visit.patient_id).update(preferred_channel=channel)


def cancel(stage: Stage, visit: Appointment, now: Any) -> None:
    ana = stage.house.actor(stage.house.ana)
    calling_off.cancel(actor=ana, appointment=visit, reason=CancellationReason.ROOM, now=now)


def open_calls() -> int:
    return WorkItem.objects.filter(cause__startswith="message:", closed_at=None).count()


def test_after_a_change_that_was_called_the_next_one_is_told(stage: Stage, visit: Appointment) -> None:
    reached_by("none", visit)
    take_over(stage, visit, fasting_light_meal_hours=8)
    say(NOW + HOUR)
    called(stage, "Told her of 8 hours.", NOW + 2 * HOUR)
    reached_by("email", visit)
    say(NOW + 3 * HOUR)
    assert subjects() == [BOOKED]
    take_over(stage, visit, fasting_light_meal_hours=10)
    say(NOW + 4 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_who_was_called_about_a_change_hears_when_it_is_taken_back(stage: Stage, visit: Appointment) -> None:
    before = stage.protocol.fasting_light_meal_hours or 0
    reached_by("none", visit)
    take_over(stage, visit, fasting_light_meal_hours=before + 2)
    say(NOW + HOUR)
    called(stage, "Told her.", NOW + 2 * HOUR)
    take_over(stage, visit, fasting_light_meal_hours=before)
    say(NOW + 3 * HOUR)
    called(stage, "Told her that it is as it was.", NOW + 4 * HOUR)
    take_over(stage, visit, fasting_light_meal_hours=before + 2)
    say(NOW + 5 * HOUR)
    assert open_calls() == 1


def test_each_change_that_nobody_could_tell_has_a_call_of_its_own(stage: Stage, visit: Appointment) -> None:
    reached_by("none", visit)
    for count in (1, 2):
        take_over(stage, visit)
        say(NOW + count * HOUR)
        assert open_calls() == count


def test_a_change_that_comes_back_while_the_clinic_is_silent_is_told_once(
    stage: Stage, visit: Appointment
) -> None:
    before = stage.protocol.fasting_light_meal_hours or 0
    for hours in (before + 2, before, before + 2):
        take_over(stage, visit, fasting_light_meal_hours=hours)
        plan(now=NOW + HOUR)
    say(NOW + 2 * HOUR)
    say(NOW + 3 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_a_change_that_was_dropped_and_comes_back_is_told(stage: Stage, visit: Appointment) -> None:
    before = stage.protocol.fasting_light_meal_hours or 0
    take_over(stage, visit, fasting_light_meal_hours=before + 2)
    plan(now=NOW + HOUR)
    take_over(stage, visit, fasting_light_meal_hours=before)
    say(NOW + 2 * HOUR)
    take_over(stage, visit, fasting_light_meal_hours=before + 2)
    say(NOW + 3 * HOUR)
    assert subjects() == [BOOKED, CHANGED]


def test_a_visit_that_was_called_off_by_telephone_twice_is_called_about_each_time(
    stage: Stage, visit: Appointment
) -> None:
    """Cancelled, taken back, cancelled: what the calls said is what the patient goes by."""
    ana = stage.house.actor(stage.house.ana)
    reached_by("none", visit)
    for hours in (1, 3):
        cancel(stage, visit, NOW + hours * HOUR)
        say(NOW + hours * HOUR)
        called(stage, "Told her that it is cancelled.", NOW + hours * HOUR + MINUTE)
        attendance.undo(actor=ana, appointment=visit, now=NOW + (hours + 1) * HOUR)
        say(NOW + (hours + 1) * HOUR)
        called(stage, "Told her that it takes place.", NOW + (hours + 1) * HOUR + MINUTE)


def lengthen(stage: Stage, visit: Appointment, minutes: int) -> None:
    ana = stage.house.actor(stage.house.ana)
    lengthening.lengthen(actor=ana, appointment=visit, extra_recovery_minutes=minutes, now=NOW)


def test_who_is_kept_longer_for_recovery_hears_when_the_visit_ends(stage: Stage, visit: Appointment) -> None:
    lengthen(stage, visit, 45)
    for hours in (1, 2):
        say(NOW + hours * HOUR)
    assert subjects() == [BOOKED, CHANGED]
    visit.refresh_from_db()
    ended = visit.ends_at.astimezone(ZoneInfo(stage.house.clinic.time_zone))
    told = InboxItem.objects.get(subject=CHANGED)
    assert f"It ends at {ended:%-I:%M %p}." in told.body
    assert Message.objects.get(stage="change").extra_recovery_minutes == 45

    lengthen(stage, visit, 60)
    say(NOW + 3 * HOUR)
    assert subjects() == [BOOKED, CHANGED, CHANGED]


def test_a_recovery_made_longer_and_shorter_again_before_anything_was_said_is_not_told(
    stage: Stage, visit: Appointment
) -> None:
    lengthen(stage, visit, 45)
    plan(now=NOW + MINUTE)
    lengthen(stage, visit, 0)
    say(NOW + HOUR)
    assert subjects() == [BOOKED]


def test_a_longer_recovery_that_was_changed_before_it_was_told_is_told_as_it_is(
    stage: Stage, visit: Appointment
) -> None:
    lengthen(stage, visit, 45)
    plan(now=NOW + MINUTE)
    lengthen(stage, visit, 15)
    for hours in (1, 2):
        say(NOW + hours * HOUR)
    assert subjects() == [BOOKED, CHANGED]
    assert Message.objects.get(stage="change", status="sent").extra_recovery_minutes == 15
