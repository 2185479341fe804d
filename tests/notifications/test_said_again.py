"""A message said again leads to the same things as the first, and is dropped when they were answered."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic.problems import Conflict, Invalid, Missing
from notifications import saying
from notifications.answering import links, things
from notifications.delivering import delivery
from notifications.models import CheckIn, DiaryNudge, LinkPurpose, Message, MessageStatus
from notifications.planning import reasons, standing
from notifications.planning.planner import plan
from notifications.talking import again
from scheduler.models import Appointment
from sessions_app.models import DiaryDay
from tests.cast import NOW, TODAY, House
from tests.notifications.visits import VISIT, book

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(house: House) -> Appointment:
    return book(house, house.rosa)


def sent(house: House, kind: str, stage: str, **columns: Any) -> Message:
    message = saying.say(
        key=f"story:{uuid4()}",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind=kind,
        stage=stage,
        due_at=columns.pop("due_at", NOW),
        stale_at=NOW + 2 * DAY,
        **{"status": MessageStatus.SENT, **columns},
    )
    saying.give_link(message, purpose=LinkPurpose.CHECK_IN, expires_at=NOW + 2 * DAY)
    return message


def asked(house: House, message: Message, kind: str = "day_7", **columns: Any) -> CheckIn:
    return CheckIn.objects.create(
        clinic=house.clinic, patient=house.rosa, kind=kind, message=message, **columns
    )


def say_again(house: House, message: Message, now: datetime = NOW) -> Message:
    return again.send_again(actor=house.actor(house.ana), id=uuid4(), message=message, now=now)


def behind(message: Message) -> things.Things:
    return things.of_link(message.link, NOW)


def test_a_reminder_said_again_still_asks_what_the_first_one_carried(
    house: House, visit: Appointment
) -> None:
    for moment in (NOW, VISIT - 3 * DAY):
        plan(now=moment)
        delivery.drain(clock=lambda: moment)  # noqa: B023
    reminder = Message.objects.get(stage="T-3d", status="sent")
    carried = sent(house, "check_in", "day_7", status="skipped", reason="Together", carried_by=reminder)
    check_in = asked(house, carried)
    once_more = say_again(house, reminder, now=VISIT - 3 * DAY + HOUR)
    offered = behind(once_more)
    assert offered.visit == visit
    assert offered.check_ins == [check_in]


def test_said_again_and_again_it_leads_to_the_first_ones_questions(house: House) -> None:
    first = sent(house, "check_in", "day_7")
    check_in = asked(house, first)
    second = say_again(house, first)
    Message.objects.filter(pk=second.pk).update(status="sent")
    third = say_again(house, second)
    assert behind(third).check_ins == [check_in]


def test_a_diary_said_again_still_opens_the_diary(house: House) -> None:
    carrier = sent(house, "check_in", "day_7")
    sent(house, "diary", "diary", status="skipped", reason="Together", carried_by=carrier)
    asked(house, carrier)
    assert behind(say_again(house, carrier)).diary


def test_a_link_opens_nothing_of_a_message_that_is_said_beside_it(house: House) -> None:
    mine, other = sent(house, "check_in", "day_7"), sent(house, "check_in", "monthly")
    asked(house, other, "monthly")
    assert behind(mine).check_ins == []


def test_what_is_behind_a_link_takes_a_fixed_number_of_queries(
    house: House, visit: Appointment, django_assert_max_num_queries: Any
) -> None:
    plan(now=NOW)
    reminder = Message.objects.get(stage="confirmation")
    for _ in range(5):
        carried = sent(house, "check_in", "day_7", status="skipped", reason="Together", carried_by=reminder)
        asked(house, carried)
    link = reminder.link
    with django_assert_max_num_queries(4):
        assert len(things.of_link(link, NOW).check_ins) == 5


def test_questions_that_were_answered_are_not_asked_again(house: House) -> None:
    first = sent(house, "check_in", "day_7", status="planned", due_at=NOW)
    asked(house, first, completed_at=NOW)
    delivery.drain(clock=lambda: NOW)
    first.refresh_from_db()
    assert (first.status, first.reason) == ("skipped", reasons.ANSWERED)


def test_a_link_of_two_questionnaires_is_sent_as_long_as_one_is_open(house: House) -> None:
    carrier = sent(house, "check_in", "day_7", status="planned")
    carried = sent(house, "check_in", "monthly", status="skipped", reason="Together", carried_by=carrier)
    asked(house, carrier, completed_at=NOW)
    open_one = asked(house, carried, "monthly")
    assert standing.answered([carrier]) == set()
    CheckIn.objects.filter(pk=open_one.pk).update(ended_at=NOW, end="overtaken")
    assert standing.answered([carrier]) == {carrier.pk}


def test_of_two_questionnaires_behind_one_link_the_one_that_is_named_is_answered(house: House) -> None:
    carrier = sent(house, "check_in", "day_7")
    carried = sent(house, "check_in", "monthly", status="skipped", reason="Together", carried_by=carrier)
    both = [asked(house, carrier), asked(house, carried, "monthly")]
    anothers = asked(house, sent(house, "check_in", "day_7"))
    link = carrier.link
    assert [links.check_in_of(link, NOW, each.pk) for each in both] == both
    with pytest.raises(Missing):
        links.check_in_of(link, NOW, anothers.pk)
    with pytest.raises(Invalid, match="say which"):
        links.check_in_of(link, NOW)


def test_a_batch_of_questions_and_diaries_is_asked_in_three_queries(
    house: House, django_assert_num_queries: Any
) -> None:
    DiaryNudge.objects.create(patient=house.rosa, at=time(19))
    open_ones, done, diaries = [], [], []
    for _ in range(5):
        open_ones.append(sent(house, "check_in", "day_7"))
        asked(house, open_ones[-1])
        done.append(sent(house, "check_in", "day_7"))
        asked(house, done[-1], completed_at=NOW)
        diaries.append(sent(house, "diary", "diary"))
    DiaryDay.objects.create(
        clinic=house.clinic, patient=house.rosa, day=TODAY, headache=False, entered_at=NOW
    )
    batch = list(
        Message.objects.filter(pk__in=[each.pk for each in (*open_ones, *done, *diaries)]).select_related(
            "patient", "clinic"
        )
    )
    with django_assert_num_queries(3):
        answered = standing.answered(batch)
    assert answered == {each.pk for each in (*done, *diaries)}
    with django_assert_num_queries(0):
        reasons_given = {standing.fallen_through(each, answered) for each in batch}
    assert reasons_given == {"", reasons.ANSWERED, reasons.DIARY_WRITTEN}


def test_a_batch_without_questions_asks_nothing(
    house: House, visit: Appointment, django_assert_num_queries: Any
) -> None:
    plan(now=NOW)
    confirmation = Message.objects.get()
    with django_assert_num_queries(0):
        assert standing.answered([confirmation]) == set()


def test_the_same_is_not_sent_again_twice_at_once(house: House, visit: Appointment) -> None:
    reminder = sent(house, "reminder", "T-1d", appointment=visit, visit_starts_at=visit.starts_at)
    once_more = say_again(house, reminder)
    with pytest.raises(Conflict, match=r"Ana .* is sending this again already") as refused:
        say_again(house, reminder)
    assert refused.value.code == "under_way"
    Message.objects.filter(pk=once_more.pk).update(status="sent")
    third = say_again(house, once_more)
    with pytest.raises(Conflict, match="already"):
        say_again(house, reminder)
    Message.objects.filter(pk=third.pk).update(status="sent")
    assert say_again(house, reminder).again_of == reminder


def test_other_words_may_follow_what_is_on_its_way(house: House, visit: Appointment) -> None:
    reminder = sent(house, "reminder", "T-1d", appointment=visit, visit_starts_at=visit.starts_at)
    say_again(house, reminder)
    ana = house.actor(house.ana)
    words: dict[str, Any] = {"actor": ana, "message": reminder, "text": "Please come at 9", "now": NOW}
    again.send_again(id=uuid4(), **words)
    with pytest.raises(Conflict, match="already"):
        again.send_again(id=uuid4(), **words)
