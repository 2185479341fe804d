"""A task that nobody takes: who is called when, by name, until somebody is called who answers."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError
from psycopg.types.range import TimestamptzRange

from clinic import work
from clinic.models import Membership, Role, Urgency, User, WorkItem, WorkItemStep
from clinic.problems import Conflict, Invalid
from notifications.delivering import delivery, restored, sending_state
from notifications.escalating import on_call
from notifications.escalating.clocks import NOBODY, run_clocks
from notifications.models import InboxItem, Message
from notifications.talking import inbound
from scheduler.models import Opening, Resource
from scheduler.working_hours import resources
from tests.at_once import at_once
from tests.cast import NOW, TODAY, House, client_of, local, make_house, make_user
from tests.notifications.texts import STRANGERS, give_number, text
from tests.web.pages import browser_of, words

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def task(
    house: House, urgency: Urgency = Urgency.RED, due_at: datetime = NOW + 15 * MINUTE, cause: str = "x:1"
) -> WorkItem:
    return work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause=cause,
        title="Call the patient now",
        urgency=urgency,
        role=Role.NURSE,
        due_at=due_at,
    )


def charge_nurse(house: House) -> User:
    carla = make_user(house.clinic, "Carla Ruiz", Role.NURSE)
    Membership.objects.filter(user=carla).update(charge=True)
    return carla


def called(item: WorkItem) -> list[tuple[str, str]]:
    """(rung, who) of each call, in order."""
    steps = WorkItemStep.objects.filter(work_item=item, kind="escalated").order_by("at", "created_at")
    return [(step.rung, step.words) for step in steps]


def paged() -> list[str]:
    return sorted(Message.objects.filter(kind="page").values_list("user__full_name", flat=True))


def shift(house: House, user: User, rung: str, hours: int = 12) -> None:
    on_call.add_shift(
        actor=house.actor(house.max),
        id=uuid4(),
        clinic=house.clinic,
        user=user,
        rung=rung,
        starts_at=NOW - HOUR,
        ends_at=NOW + hours * HOUR,
        now=NOW,
    )


def test_a_red_task_calls_every_rung_within_fifteen_minutes(house: House) -> None:
    charge_nurse(house)
    item = task(house)
    seen = []
    for minute in range(16):
        if run_clocks(now=NOW + minute * MINUTE):
            seen.append((minute, called(item)[-1]))
    assert seen == [
        (0, ("first", "Carla Ruiz, Nils Berg")),
        (5, ("second", "Priya Nair")),
        (10, ("supervisor", "Max Weber")),
    ]
    assert paged() == ["Carla Ruiz", "Max Weber", "Nils Berg", "Priya Nair"]


def run_for(minutes: Iterable[int]) -> list[tuple[int, str, str]]:
    """(minute, rung, who) of each call while pages go out at once."""
    seen = []
    for minute in minutes:
        now = NOW + minute * MINUTE
        if run_clocks(now=now):
            step = WorkItemStep.objects.filter(kind="escalated").latest("at", "created_at")
            seen.append((minute, step.rung, step.words))
        delivery.drain(clock=lambda now=now: now)  # type: ignore[misc]
    return seen


def test_after_the_last_rung_it_is_called_again_until_somebody_takes_the_task(house: House) -> None:
    item = task(house)
    assert run_for(range(22)) == [
        (0, "first", "Nils Berg"),
        (5, "second", "Priya Nair"),
        (10, "supervisor", "Max Weber"),
        (15, "again-1", "Max Weber"),
        (20, "again-2", "Max Weber"),
    ]
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW + 22 * MINUTE)
    assert run_for([25]) == []


@pytest.mark.parametrize("urgency", [Urgency.RED, Urgency.AMBER])
def test_after_an_hour_without_a_beat_the_page_goes_at_once_and_the_ladder_goes_on(
    house: House, urgency: Urgency
) -> None:
    item = task(house, urgency)
    patience = 5 if urgency == Urgency.RED else 30
    assert [(minute, rung) for minute, rung, _ in run_for([60, 61, 60 + patience])] == [
        (60, "first"),
        (60 + patience, "second"),
    ]
    assert InboxItem.objects.order_by("created_at")[0].user == house.nils
    assert called(item)[0] == ("first", "Nils Berg")


def test_the_house_sets_how_often_the_last_one_is_called_again(house: House, settings: Any) -> None:
    settings.CALL_AGAIN_MINUTES = 20
    task(house)
    assert [minute for minute, rung, _ in run_for(range(0, 61, 5)) if rung.startswith("again")] == [30, 50]


def test_somebody_on_two_rungs_is_called_on_the_first_and_another_on_the_second(house: House) -> None:
    for rung in ("first", "second"):
        shift(house, house.priya, rung)
    task(house)
    nobody_else = ("second", NOBODY)
    item = WorkItem.objects.get()
    run_for([0, 5])
    assert called(item) == [("first", "Priya Nair"), nobody_else, ("supervisor", "Max Weber")]


def test_whoever_was_handed_it_is_passed_over_by_the_rungs(house: House) -> None:
    item, _ = hand_to_nora(house, Urgency.RED, NOW + 15 * MINUTE)
    run_for([1, 6])
    assert called(item) == [("first", "Nils Berg")]


def pause_all() -> None:
    sending_state.pause(by="Dana Reyes", name=sending_state.ALL, why="A wrong text goes out.", now=NOW)


def test_a_pause_calls_nobody_and_whose_page_was_dropped_is_called_when_it_ends(house: House) -> None:
    pause_all()
    item = task(house)
    rungs = [rung for _, rung, _ in run_for(range(0, 125, 5))]
    assert rungs == ["first", "second", "supervisor"]
    assert not InboxItem.objects.exists()
    restored.resume_all()
    run_for([125, 126])
    assert called(item)[-1] == ("again-1", "Max Weber, Nils Berg, Priya Nair")
    assert sorted(InboxItem.objects.values_list("user__full_name", flat=True)) == [
        "Max Weber",
        "Nils Berg",
        "Priya Nair",
    ]


def test_the_task_says_that_nobody_was_called_yet_and_every_role_sees_that_calling_is_off(
    house: House,
) -> None:
    pause_all()
    item = task(house)
    run_clocks(now=NOW)
    for person in (house.ana, house.nils, house.priya):
        assert "Calling is off" in words(browser_of(person).get("/tasks/"))
    page = words(browser_of(house.nils).get(f"/tasks/{item.pk}/"))
    assert "Calling is off" in page
    assert "called first in turn Nils Berg : to be called when sending goes on" in page
    restored.resume_all()
    delivery.drain(clock=lambda: NOW)
    with time_machine.travel(NOW, tick=False):
        page = words(browser_of(house.nils).get(f"/tasks/{item.pk}/"))
    assert "Calling is off" not in page
    assert "called first in turn Nils Berg : page sent Mon, Jan 11, 09:00" in page
    assert "to be called" not in page


def test_a_red_task_that_was_taken_and_forgotten_calls_again_past_its_time(house: House) -> None:
    item = task(house)
    nils = house.actor(house.nils)
    work.acknowledge(actor=nils, item=item, now=NOW)
    assert run_for(range(22)) == [
        (15, "late-1", "Nils Berg, Priya Nair"),
        (20, "late-2", "Nils Berg, Priya Nair"),
    ]
    assert InboxItem.objects.count() == 4
    work.note(actor=nils, id=uuid4(), item=item, words="Voicemail.", now=NOW + 24 * MINUTE)
    assert [minute for minute, *_ in run_for(range(22, 31))] == [29]
    work.close(actor=nils, item=item, outcome="Reached her.", now=NOW + 31 * MINUTE)
    assert run_for([35, 40]) == []


def test_an_amber_task_waits_for_its_due_time_and_then_goes_up_every_half_hour(house: House) -> None:
    charge_nurse(house)
    item = task(house, Urgency.AMBER, NOW + 2 * HOUR)
    seen = [minute for minute in range(0, 240, 10) if run_clocks(now=NOW + minute * MINUTE)]
    assert seen == [120, 150, 180]
    assert [rung for rung, _ in called(item)] == ["first", "second", "supervisor"]


def test_a_routine_task_calls_nobody_and_is_marked_overdue(house: House) -> None:
    item = task(house, Urgency.ROUTINE, NOW)
    assert run_clocks(now=NOW + HOUR) == 0
    item.refresh_from_db()
    assert item.escalated_at == NOW + HOUR


def test_whoever_takes_it_stops_the_ladder(house: House) -> None:
    item = task(house)
    run_clocks(now=NOW)
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW + 4 * MINUTE)
    assert run_clocks(now=NOW + 5 * MINUTE) == 0


def test_an_amber_task_that_was_taken_calls_nobody_however_late(house: House) -> None:
    item = task(house, Urgency.AMBER, NOW + 2 * HOUR)
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW)
    assert run_clocks(now=NOW + 6 * HOUR) == 0


def test_the_calendars_person_is_called_before_the_role(house: House) -> None:
    shift(house, house.priya, "first")
    item = task(house)
    run_clocks(now=NOW)
    assert called(item) == [("first", "Priya Nair")]


def test_a_shift_that_is_over_calls_nobody_by_it(house: House) -> None:
    shift(house, house.priya, "first", hours=1)
    item = task(house)
    run_clocks(now=NOW + 2 * HOUR)
    assert called(item)[0] == ("first", "Nils Berg")


def test_a_shift_that_was_withdrawn_calls_nobody_by_it(house: House) -> None:
    shift(house, house.priya, "first")
    on_call.withdraw_shift(actor=house.actor(house.max), shift=on_call.shifts()[0], now=NOW)
    item = task(house)
    run_clocks(now=NOW)
    assert called(item) == [("first", "Nils Berg")]


def test_a_rung_with_nobody_on_it_is_passed_at_once(house: House) -> None:
    """No charge nurse: the prescriber is second. Nobody but the manager: he is called with the first."""
    Membership.objects.exclude(role=Role.MANAGER).delete()
    item = task(house)
    run_clocks(now=NOW)
    assert called(item) == [("first", NOBODY), ("second", NOBODY), ("supervisor", "Max Weber")]


def test_a_task_handed_over_has_a_new_owner_who_has_as_long_as_a_rung(house: House) -> None:
    nora = make_user(house.clinic, "Nora Quinn", Role.NURSE)
    item = task(house)
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW)
    work.hand_over(
        actor=house.actor(house.nils), item=item, to=nora, words="Voicemail, twice.", now=NOW + 4 * MINUTE
    )
    assert run_clocks(now=NOW + 8 * MINUTE) == 0
    assert run_clocks(now=NOW + 9 * MINUTE) == 1
    work.acknowledge(actor=house.actor(nora), item=item, now=NOW + 10 * MINUTE)
    assert run_clocks(now=NOW + HOUR) == 0
    kinds = WorkItemStep.objects.filter(work_item=item).order_by("at", "created_at")
    assert [step.kind for step in kinds] == ["taken", "handed_over", "escalated", "taken"]


def hand_to_nora(house: House, urgency: Urgency, due_at: datetime) -> tuple[WorkItem, User]:
    nora = make_user(house.clinic, "Nora Quinn", Role.NURSE)
    item = task(house, urgency, due_at)
    nils = house.actor(house.nils)
    work.acknowledge(actor=nils, item=item, now=NOW)
    work.hand_over(actor=nils, item=item, to=nora, words="Voicemail, twice.", now=NOW)
    return item, nora


@pytest.mark.parametrize("urgency", [Urgency.RED, Urgency.AMBER])
def test_whoever_is_handed_a_worrying_task_is_called_once_and_not_only_shown_it(
    house: House, urgency: Urgency
) -> None:
    item, nora = hand_to_nora(house, urgency, NOW + 2 * HOUR)
    run_clocks(now=NOW + MINUTE)
    run_clocks(now=NOW + 2 * MINUTE)
    page = Message.objects.get(kind="page")
    assert (page.user, page.work_item, page.due_at) == (nora, item, NOW + MINUTE)


def test_a_routine_task_is_handed_over_without_a_call(house: House) -> None:
    hand_to_nora(house, Urgency.ROUTINE, NOW + 2 * HOUR)
    run_clocks(now=NOW + MINUTE)
    assert paged() == []


@pytest.mark.parametrize("after", ["taken", "closed", "handed on"])
def test_a_receiver_whose_task_it_is_no_longer_is_not_called(house: House, after: str) -> None:
    item, nora = hand_to_nora(house, Urgency.AMBER, NOW + 2 * HOUR)
    if after == "taken":
        work.acknowledge(actor=house.actor(nora), item=item, now=NOW)
    elif after == "closed":
        work.close(actor=house.actor(house.nils), item=item, outcome="Reached her after all.", now=NOW)
    else:
        work.hand_over(actor=house.actor(nora), item=item, to=house.priya, words="", now=NOW)
    run_clocks(now=NOW + MINUTE)
    assert paged() == (["Priya Nair"] if after == "handed on" else [])


def test_a_receiver_whom_a_rung_has_called_since_is_not_called_twice(house: House) -> None:
    hand_to_nora(house, Urgency.RED, NOW + 15 * MINUTE)
    run_clocks(now=NOW + 5 * MINUTE)
    assert sorted(paged()) == ["Nils Berg", "Nora Quinn"]


def test_it_is_handed_to_nobody_who_could_not_do_it(house: House, other_house: House) -> None:
    item = task(house)
    for stranger in (house.ana, other_house.nils):
        with pytest.raises(Invalid, match="choose somebody with the role for it"):
            work.hand_over(actor=house.actor(house.nils), item=item, to=stranger, words="", now=NOW)


def test_a_closed_task_is_neither_handed_over_nor_noted(house: House) -> None:
    item, nils = task(house), house.actor(house.nils)
    work.close(actor=nils, item=item, outcome="Spoke with her.", now=NOW)
    with pytest.raises(Conflict, match="closed already"):
        work.hand_over(actor=nils, item=item, to=house.priya, words="", now=NOW)
    with pytest.raises(Conflict, match="closed already"):
        work.note(actor=nils, id=uuid4(), item=item, words="Called", now=NOW)


def test_a_page_says_nothing_of_the_patient_or_the_task(house: House) -> None:
    item = task(house)
    run_clocks(now=NOW)
    page = Message.objects.get(kind="page")
    assert (page.user, page.work_item, page.urgent, page.text) == (house.nils, item, True, "")
    assert (page.due_at, page.stale_at) == (NOW, NOW + HOUR)


def test_an_alarm_that_is_no_known_patients_calls_people_all_the_same(house: House) -> None:
    """A text from a number that nobody has: the page leads to the task, and the task to the text."""
    give_number(house.clinic)
    text("I want to die", sender=STRANGERS)
    assert run_clocks(now=NOW) == 1
    page = Message.objects.get(kind="page")
    assert (page.patient, page.user, page.urgent) == (None, house.nils, True)
    assert page.work_item == WorkItem.objects.get(title=inbound.CALL_NOW)
    delivery.drain(clock=lambda: NOW)
    arrived = InboxItem.objects.get(user__isnull=False)  # the number was answered besides
    assert (arrived.user, arrived.patient) == (house.nils, None)
    nils = browser_of(house.nils)
    assert "Nobody known" in words(nils.get("/messages/?status=sent"))
    assert "Page to staff" in words(nils.get(f"/messages/{page.pk}/"))
    inbox = nils.get("/inbox/")
    assert "E-mail to Nils Berg, nils@lakeside.example." in words(inbox)
    assert f'/tasks/{page.work_item_id}/"' in inbox.content.decode()
    listed = client_of(house.nils).get("/api/v1/messages/").json()["results"]
    assert [row["patient"] for row in listed if row["kind"] == "page"] == [None]
    assert client_of(house.nils).get(f"/api/v1/messages/{page.pk}/").status_code == 200


def test_nothing_but_a_page_or_an_answer_to_a_text_is_said_to_nobody_known(house: House) -> None:
    with pytest.raises(IntegrityError, match="message_is_to_somebody"):
        Message.objects.create(
            clinic=house.clinic, kind="answer", stage="help", key="x", due_at=NOW, stale_at=NOW + HOUR
        )


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_call_a_rung_once() -> None:
    house = make_house()
    items = [task(house, cause=f"x:{number}") for number in range(20)]
    assert sum(at_once(*[partial(run_clocks, now=NOW)] * 3)) == len(items)
    assert Message.objects.filter(kind="page").count() == len(items)
    assert WorkItemStep.objects.count() == len(items)


def test_two_people_are_never_on_one_rung_at_once(house: House) -> None:
    shift(house, house.nils, "first")
    with pytest.raises(Conflict, match="Somebody is first on call in a part of this stretch"):
        shift(house, house.priya, "first")
    shift(house, house.priya, "second")


def test_nobody_is_put_on_a_rung_who_could_not_do_what_they_are_called_for(house: House) -> None:
    for rung, who, wanted in [
        ("first", house.ana, "a nurse or prescriber"),
        ("second", house.max, "a nurse or prescriber"),
        ("supervisor", house.ana, "a nurse, prescriber or manager"),
    ]:
        with pytest.raises(Invalid, match=f"{who.full_name} can't be called .* choose {wanted}"):
            shift(house, who, rung)
    shift(house, house.max, "supervisor")


def test_a_shift_names_what_is_wrong_with_it(house: House, other_house: House) -> None:
    add = partial(
        on_call.add_shift,
        actor=house.actor(house.max),
        id=uuid4(),
        clinic=house.clinic,
        rung="first",
        now=NOW,
    )
    with pytest.raises(Invalid, match="doesn't work in Lakeside"):
        add(user=other_house.nils, starts_at=NOW, ends_at=NOW + HOUR)
    with pytest.raises(Invalid, match="Give an end after the start"):
        add(user=house.nils, starts_at=NOW, ends_at=NOW)
    with pytest.raises(Invalid, match="This stretch is over"):
        add(user=house.nils, starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR)


def test_staffed_hours_are_the_nurses_openings(house: House) -> None:
    nils = Resource.objects.create(clinic=house.clinic, kind="nurse", name="Nils", capacity=6)
    chair = Resource.objects.create(clinic=house.clinic, kind="chair", name="Chair 1", capacity=1)
    for day in (TODAY, date(2027, 1, 13)):
        hours = TimestamptzRange(local(day, "8:00"), local(day, "17:00"))
        Opening.objects.create(resource=nils, during=hours)
    all_night = TimestamptzRange(local(TODAY, "0:00"), local(date(2027, 1, 20), "0:00"))
    Opening.objects.create(resource=chair, during=all_night)

    at = partial(on_call.staffed, clinic_id=house.clinic.pk)
    assert at(now=local(TODAY, "16:59"))
    assert not at(now=local(TODAY, "17:00"))
    again = on_call.staffed_again_at(clinic_id=house.clinic.pk, now=local(TODAY, "17:00"))
    assert again == local(date(2027, 1, 13), "8:00")
    assert on_call.staffed_again_at(clinic_id=house.clinic.pk, now=local(date(2027, 1, 14), "8:00")) is None


def test_a_nurse_who_was_taken_out_of_use_staffs_no_hours(house: House) -> None:
    """Her hours stay laid out."""
    nurse = Resource.objects.create(clinic=house.clinic, kind="nurse", name="Nils", capacity=6)
    for day in (TODAY, date(2027, 1, 13)):
        hours = TimestamptzRange(local(day, "8:00"), local(day, "17:00"))
        Opening.objects.create(resource=nurse, during=hours)
    resources.change_resource(actor=house.actor(house.max), resource=nurse, active=False, now=NOW)
    assert Opening.objects.filter(resource=nurse).count() == 2
    assert not on_call.staffed(clinic_id=house.clinic.pk, now=local(TODAY, "12:00"))
    assert on_call.staffed_again_at(clinic_id=house.clinic.pk, now=local(TODAY, "17:00")) is None
