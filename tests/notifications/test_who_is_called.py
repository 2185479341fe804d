"""Nobody is called, or keeps a task, who couldn't do it: those who left, who have another role, who never had
one; and a page that comes to nothing is told from one that arrived.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from psycopg.types.range import TimestamptzRange

from clinic import work
from clinic.models import Membership, Role, Urgency, User, WorkItem, WorkItemStep
from notifications.delivering import delivery
from notifications.escalating import on_call
from notifications.escalating.clocks import NOBODY, run_clocks
from notifications.models import InboxItem, Message, MessageStatus, OnCallRung, OnCallShift
from notifications.planning import reasons
from tests.cast import NOW, House, client_of, make_user
from tests.notifications.test_escalation import HOUR, MINUTE, called, charge_nurse, run_for, shift, task
from tests.web.pages import browser_of, words


def leaves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def moves_to_the_desk(user: User) -> None:
    Membership.objects.filter(user=user).update(role=Role.FRONT_DESK)


def has_no_role_any_more(user: User) -> None:
    Membership.objects.filter(user=user).delete()


Goes = Callable[[User], None]
each_way = pytest.mark.parametrize("goes", [leaves, moves_to_the_desk, has_no_role_any_more])


def reached() -> list[str]:
    return sorted(InboxItem.objects.values_list("user__full_name", flat=True))


@pytest.fixture
def nora(house: House) -> User:
    return make_user(house.clinic, "Nora Quinn", Role.NURSE)


# --- Who stands on a rung ------------------------------------------------------------------------------


@each_way
def test_a_shift_of_somebody_who_is_no_nurse_any_more_calls_the_role_instead(
    house: House, nora: User, goes: Goes
) -> None:
    shift(house, nora, "first")
    goes(nora)
    item = task(house)
    run_clocks(now=NOW)
    assert called(item) == [("first", "Nils Berg")]


def test_a_shift_that_was_written_past_every_check_calls_nobody_by_it(
    house: House, other_house: House
) -> None:
    """As an import or a hand in the database might."""
    for rung, who in [("first", house.ana), ("second", other_house.nils), ("supervisor", house.ana)]:
        OnCallShift.objects.create(
            clinic=house.clinic,
            user=who,
            rung=rung,
            during=TimestamptzRange(NOW - HOUR, NOW + HOUR),
            recorded_by=house.max,
        )
    item = task(house)
    run_for([0, 5, 10])
    assert called(item) == [("first", "Nils Berg"), ("second", "Priya Nair"), ("supervisor", "Max Weber")]


def test_a_prescribers_task_passes_the_charge_nurse_who_could_not_do_it(house: House) -> None:
    carla = charge_nurse(house)
    shift(house, carla, "first")
    item = task(house)
    WorkItem.objects.update(role=Role.PRESCRIBER)
    run_for([0, 5])
    assert called(item) == [("first", "Priya Nair"), ("second", NOBODY), ("supervisor", "Max Weber")]


def test_only_those_who_may_stand_on_a_rung_are_offered_on_the_calendar(house: House) -> None:
    page = browser_of(house.max).get("/on-call/").content.decode()
    assert "Max Weber</option>" in page
    assert "Ana Lima</option>" not in page
    first = on_call.may_stand(clinic_id=house.clinic.pk, rung=OnCallRung.FIRST, role=Role.NURSE)
    assert [user.full_name for user in first] == ["Nils Berg", "Priya Nair"]


@time_machine.travel(NOW)
def test_the_calendar_says_of_a_shift_that_its_person_is_not_called_any_more(
    house: House, nora: User
) -> None:
    shift(house, nora, "first")
    manager = browser_of(house.max)
    assert "Not called any more" not in words(manager.get("/on-call/"))
    moves_to_the_desk(nora)
    assert "Nora Quinn Not called any more" in words(manager.get("/on-call/"))


# --- Right before a page leaves ------------------------------------------------------------------------


@each_way
def test_a_planned_page_does_not_go_to_who_went_meanwhile_and_the_next_rung_is_called_at_once(
    house: House, goes: Goes
) -> None:
    item = task(house)
    run_clocks(now=NOW)
    goes(house.nils)
    delivery.drain(clock=lambda: NOW)
    assert reached() == []
    page = Message.objects.get(kind="page")
    assert (page.status, page.reason) == (MessageStatus.SKIPPED, reasons.NOT_THEIRS)
    run_clocks(now=NOW + MINUTE)
    assert called(item) == [("first", "Nils Berg"), ("second", "Priya Nair")]


def test_a_page_that_was_refused_for_good_is_not_waited_for(house: House) -> None:
    item = task(house)
    run_clocks(now=NOW)
    Message.objects.update(status=MessageStatus.FAILED, reason="The e-mail was refused for good.")
    run_clocks(now=NOW + MINUTE)
    assert called(item)[-1] == ("second", "Priya Nair")


def test_of_two_nurses_one_who_is_reached_has_the_time_of_a_rung(house: House, nora: User) -> None:
    item = task(house)
    run_clocks(now=NOW)
    Message.objects.filter(user=nora).update(status=MessageStatus.FAILED, reason="Refused.")
    run_for([1, 4])
    assert [rung for rung, _ in called(item)] == ["first"]


def test_the_last_one_is_not_called_again_where_nothing_reaches_them(house: House) -> None:
    item = task(house)
    run_for([0, 5, 10])
    gone = {"status": MessageStatus.FAILED, "reason": "Refused.", "sent_at": None}
    Message.objects.filter(user=house.max).update(**gone)
    run_for([16])
    assert called(item)[-1] == ("again-1", "Priya Nair")


# --- Whose task it is ----------------------------------------------------------------------------------


@each_way
def test_a_task_of_somebody_who_went_is_everybodys_again_and_calls_at_once(
    house: House, nora: User, goes: Goes
) -> None:
    item = task(house, due_at=NOW + 4 * HOUR)
    run_for([0])
    work.acknowledge(actor=house.actor(nora), item=item, now=NOW + MINUTE)
    assert run_for([6, 11, 59]) == []
    goes(nora)
    run_for([60, 61])
    item.refresh_from_db()
    assert (item.owner, item.acknowledged_by, item.acknowledged_at) == (None, None, None)
    assert called(item)[1:] == [("second", "Priya Nair"), ("again-1", "Nils Berg")]
    assert reached() == ["Nils Berg", "Nils Berg", "Nora Quinn", "Priya Nair"]
    said = words(browser_of(house.nils).get(f"/tasks/{item.pk}/"))
    assert "Nora Quinn can't do it any more: it is everybody's again" in said
    assert "Take it" in said


def test_a_routine_task_comes_back_too_and_a_colleague_need_not_wait_for_the_clock(
    house: House, nora: User
) -> None:
    waits, taken = task(house, Urgency.ROUTINE), task(house, Urgency.ROUTINE, cause="x:2")
    for item in (waits, taken):
        work.acknowledge(actor=house.actor(nora), item=item, now=NOW)
    leaves(nora)
    assert work.acknowledge(actor=house.actor(house.nils), item=taken, now=NOW).owner_id == house.nils.pk
    assert (work.take_back(now=NOW), work.take_back(now=NOW)) == (1, 0)
    assert WorkItemStep.objects.get(kind="returned").work_item == waits


def test_what_is_closed_stays_with_who_did_it(house: House) -> None:
    item = task(house)
    work.close(actor=house.actor(house.nils), item=item, outcome="Spoke with her.", now=NOW)
    leaves(house.nils)
    assert work.take_back(now=NOW) == 0
    item.refresh_from_db()
    assert item.owner == house.nils


def test_a_receiver_who_went_gets_no_page_and_no_time(house: House, nora: User) -> None:
    item = task(house)
    work.hand_over(actor=house.actor(house.nils), item=item, to=nora, words="", now=NOW)
    leaves(nora)
    run_for([1])
    assert reached() == ["Nils Berg"]


# --- A hand-over doesn't hold the ladder ---------------------------------------------------------------


def to_and_fro(house: House, nora: User, item: WorkItem, *, taking: bool) -> list[tuple[int, str]]:
    """From the second minute on two nurses hand the task to each other every other minute; (minute, rung) of
    each call."""
    two, seen = [house.nils, nora], []
    for minute in range(2, 30):
        now = NOW + minute * MINUTE
        if minute % 2 == 0:
            giver, taker = two if minute % 4 else reversed(two)
            work.hand_over(actor=house.actor(giver), item=item, to=taker, words="You, please.", now=now)
            if taking:
                work.acknowledge(actor=house.actor(taker), item=item, now=now)
        before = len(called(item))
        seen += [(minute, rung) for _, rung, _ in run_for([minute])][: len(called(item)) - before]
    return seen


def longest(minutes: list[int]) -> int:
    return max(later - sooner for sooner, later in pairwise(minutes))


def test_a_red_task_that_goes_to_and_fro_calls_every_rung_by_its_time_and_then_again(
    house: House, nora: User
) -> None:
    item = task(house)
    run_for([0])
    made = to_and_fro(house, nora, item, taking=False)
    assert made[:2] == [(7, "second"), (13, "supervisor")]
    again = [minute for minute, rung in made if rung.startswith("again")]
    assert longest([13, *again, 30]) <= 10


def test_a_red_task_that_is_handed_over_between_the_rungs_has_called_them_all_by_its_time(
    house: House, nora: User
) -> None:
    item = task(house)
    seen = run_for([0])
    for minutes, giver, taker in [((4, 8, 9, 13), house.nils, nora), ((14, 15), nora, house.nils)]:
        now = NOW + minutes[0] * MINUTE
        work.hand_over(actor=house.actor(giver), item=item, to=taker, words="", now=now)
        seen += run_for(minutes[1:])
    assert [(minute, rung) for minute, rung, _ in seen] == [(0, "first"), (9, "second"), (15, "supervisor")]


def test_one_that_is_taken_and_handed_on_without_end_calls_past_its_time(house: House, nora: User) -> None:
    made = to_and_fro(house, nora, task(house), taking=True)
    late = [minute for minute, rung in made if rung.startswith("late")]
    assert late[0] == 15
    assert longest([*late, 30]) <= 10


def test_an_amber_task_that_was_handed_over_waits_for_its_due_time_and_not_longer(
    house: House, nora: User
) -> None:
    item = task(house, Urgency.AMBER, NOW + 2 * HOUR)
    work.hand_over(actor=house.actor(house.nils), item=item, to=nora, words="", now=NOW + 110 * MINUTE)
    run_clocks(now=NOW + 119 * MINUTE)
    assert called(item) == []
    run_clocks(now=NOW + 2 * HOUR)
    assert [rung for rung, _ in called(item)] == ["first"]


# --- What became of each call --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "outcome", "sentence"),
    [
        ({"status": "planned"}, "waiting", "Nils Berg : being called"),
        ({"status": "sent", "sent_at": NOW}, "sent", "Nils Berg : page sent Mon, Jan 11, 09:00"),
        (
            {"status": "sent", "sent_at": NOW, "delivered_at": NOW + MINUTE},
            "delivered",
            "page sent Mon, Jan 11, 09:00, arrived Mon, Jan 11, 09:01",
        ),
        ({"status": "failed", "reason": "Refused."}, "failed", "Nils Berg : not reached. Refused."),
        (
            {"status": "skipped", "reason": reasons.NOT_THEIRS},
            "not_tried",
            f"Nils Berg : not called. {reasons.NOT_THEIRS}",
        ),
        (
            {"status": "unknown", "reason": "No answer."},
            "unknown",
            "nobody knows whether the page went out. No answer.",
        ),
    ],
)
def test_a_step_says_whether_its_page_went_out(
    house: House, page: dict[str, Any], outcome: str, sentence: str
) -> None:
    item = task(house)
    run_clocks(now=NOW)
    Message.objects.update(**page)
    [step] = client_of(house.ana).get(f"/api/v1/tasks/{item.pk}/").json()["steps"]
    [call] = step["calls"]
    message = Message.objects.get()
    assert (call["user"], call["message"]) == (str(house.nils.pk), str(message.pk))
    assert (call["outcome"], call["reason"]) == (outcome, page.get("reason", ""))
    with time_machine.travel(NOW, tick=False):
        shown = browser_of(house.ana).get(f"/tasks/{item.pk}/")
    assert sentence in words(shown)
    assert f'href="/messages/{message.pk}/"' in shown.content.decode()


def test_a_hand_over_says_whether_its_page_went_out(house: House, nora: User) -> None:
    item, nils = task(house), house.actor(house.nils)
    work.hand_over(actor=nils, item=item, to=nora, words="", now=NOW)
    work.note(actor=nils, id=uuid4(), item=item, words="Voicemail.", now=NOW + MINUTE)
    run_for([1])
    steps = client_of(house.ana).get(f"/api/v1/tasks/{item.pk}/").json()["steps"]
    assert [(step["kind"], [call["outcome"] for call in step["calls"]]) for step in steps] == [
        ("handed_over", ["sent"]),
        ("note", []),
    ]


def test_many_calls_take_as_many_queries_as_one(house: House, django_assert_max_num_queries: Any) -> None:
    item = task(house)
    run_for(range(0, 45, 5))
    nurse = client_of(house.nils)
    with django_assert_max_num_queries(6):
        assert len(nurse.get(f"/api/v1/tasks/{item.pk}/").json()["steps"]) > 8


def test_the_calendars_page_names_whom_each_turn_would_really_call(house: House, nora: User) -> None:
    """A prescriber who was called second isn't called again as supervisor: the manager is."""
    page = words(browser_of(house.ana).get("/on-call/"))
    assert (
        "A task for First on call Second on call Supervisor"
        f" Nurse {house.nils.full_name}, {nora.full_name} {house.priya.full_name} {house.max.full_name}"
        f" Prescriber {house.priya.full_name} Nobody else {house.max.full_name}"
    ) in page
