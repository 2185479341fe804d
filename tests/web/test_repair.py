"""The repair's pages: what happened, the plan with what breaks and what changes, accepted with one press."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import Message
from notifications.planning.planner import plan as plan_messages
from scheduler.locks import SEARCH
from scheduler.models import Absence, Appointment, Repair, Resource
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words

PAGE = reverse("repair_day", args=[TODAY])


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=2, nurses=2)


@pytest.fixture(autouse=True)
def _nine_in_the_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ana(stage: Stage) -> Client:
    return browser_of(stage.house.ana)


def ill(stage: Stage, **changes: Any) -> dict[str, Any]:
    told = {
        "id": new_id(),
        "happened": "missing",
        "resource": stage.nurses[0].pk,
        "reason": "illness",
        "start": "10:00",
        "end": "17:00",
    }
    return {**told, **changes}


def late(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "happened": "late", "minutes": 40, "visit": "", **changes}


def propose(ana: Client, told: dict[str, Any]) -> Any:
    return ana.post(PAGE, told, follow=True)


def messages_of(visit: Appointment) -> set[tuple[str, datetime | None]]:
    return set(Message.objects.filter(appointment=visit).values_list("stage", "visit_starts_at"))


def test_the_day_leads_to_its_repair_for_those_who_may(stage: Stage, ana: Client) -> None:
    link = f'href="{PAGE}"'
    assert link in ana.get(reverse("day")).content.decode()
    assert link not in browser_of(stage.house.nils).get(reverse("day")).content.decode()
    yesterday = reverse("day_on", args=[TODAY - timedelta(days=1)])
    assert "Repair the day" not in words(ana.get(yesterday))


def test_an_ill_nurse_is_replaced_with_one_press(stage: Stage, ana: Client) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    page = propose(ana, ill(stage))
    said = words(page).replace("\N{EN DASH}", "-")
    assert "Nurse 1 is ill, 10:00-17:00" in said
    assert "1 visit changes: 1 keeps its time. Of these 1 gets other nurses." in said
    assert "No plan disturbs anybody less." in said
    assert "Nurse 1 → Nurse 2" in said
    assert "13:00-13:20: Nurse 1 is not there for the preparation" in said
    repair = Repair.objects.get()
    done = ana.post(reverse("repair_accept", args=[repair.pk]), follow=True)
    assert "The day is repaired as planned." in words(done)
    assert done.redirect_chain[-1][0] == reverse("day_on", args=[TODAY])
    assert Absence.objects.get().resource == stage.nurses[0]
    assert "Carried out." in words(ana.get(reverse("repair_plan", args=[repair.pk])))
    assert visit.claims.filter(resource=stage.nurses[1]).exists()


def test_those_who_move_are_written_to_and_those_who_stay_are_not(stage: Stage, ana: Client) -> None:
    stays = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    moves = stage.book(stage.plan(stage.house.omar), "9:30", nurse=stage.nurses[1])
    plan_messages(now=NOW)
    Message.objects.filter(stage="confirmation").update(status="sent")
    before = messages_of(stays)
    for told in (late(visit=moves.pk), ill(stage)):
        page = propose(ana, told)
        ana.post(reverse("repair_accept", args=[page.context["repair"].pk]))
    plan_messages(now=NOW)
    moves.refresh_from_db()
    assert moves.starts_at == stage.at("10:10")
    assert ("move", stage.at("10:10")) in messages_of(moves)
    assert stays.claims.filter(resource=stage.nurses[1]).exists()
    assert messages_of(stays) == before


def blocks(page: Any) -> list[list[str]]:
    """What each of the two boards says of its blocks and of its nurses' strips."""
    before, after = page.content.decode().split('<h3 class="board-part">After</h3>')
    return [re.findall('aria-label="([^"]*)"', half.split("board-part")[-1]) for half in (before, after)]


def test_the_day_is_drawn_before_and_after_on_the_board(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", chair=stage.chairs[0])
    stage.book(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[1])
    page = propose(ana, ill(stage, resource=stage.chairs[0].pk, reason="breakdown"))
    before, after = blocks(page)
    assert "Rosa Delgado, 13:00 to 15:00, Chair 1, Breaks" in before
    assert "Rosa Delgado, 13:00 to 15:00, Chair 2, Same time" in after
    for half in (before, after):
        assert "Omar Haddad, 09:30 to 11:30, Chair 2, As it was" in half
    assert "style=" not in page.content.decode()
    assert "Out of order" in words(page)
    assert "Chair 1 → Chair 2" in words(page)


def test_the_boards_say_how_much_each_nurse_has_to_do_then(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    page = propose(ana, ill(stage))
    before, after = blocks(page)
    busy, idle = "at most 6 of 6 units at once, full for 20 min", "at most 0 of 6 units at once, never full"
    assert {f"Nurse 1: {busy}", f"Nurse 2: {idle}"} <= set(before)
    assert {f"Nurse 1: {idle}", f"Nurse 2: {busy}"} <= set(after)
    assert "Illness" not in words(page)


def test_the_boards_stay_as_they_are_once_the_plan_is_carried_out(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    stage.book(stage.plan(stage.house.omar), "9:30", nurse=stage.nurses[1])
    proposed = propose(ana, ill(stage))
    repair = proposed.context["repair"]
    ana.post(reverse("repair_accept", args=[repair.pk]))
    assert blocks(ana.get(reverse("repair_plan", args=[repair.pk]))) == blocks(proposed)


def test_a_hold_that_has_run_out_is_on_neither_board(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    held = stage.book(stage.plan(stage.house.omar), "9:30")
    Appointment.objects.filter(pk=held.pk).update(status="pending", held_until=NOW - timedelta(minutes=1))
    for half in blocks(propose(ana, ill(stage))):
        assert "Omar" not in " ".join(half)


def test_a_chair_taken_out_of_use_shows_who_sat_there_that_day(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    done = stage.book(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[1])
    Appointment.objects.filter(pk=done.pk).update(status="fulfilled")
    Resource.objects.filter(pk=stage.chairs[1].pk).update(active=False)
    for half in blocks(propose(ana, ill(stage))):
        assert "Omar Haddad, 09:30 to 11:30, Chair 2, As it was" in half


def test_who_goes_to_another_day_is_on_the_first_board_only(house: House) -> None:
    stage = set_stage(house, nurses=1)
    stage.book(stage.plan(), "10:00")
    page = propose(browser_of(house.ana), ill(stage, start="9:00"))
    before, after = (" ".join(half) for half in blocks(page))
    assert "Rosa Delgado, 10:00 to 12:00, Chair 1, Breaks" in before
    assert "Rosa Delgado" not in after
    assert "Not on this day any more: Rosa Delgado." in words(page)


def test_of_a_visit_under_way_only_what_is_to_come_changes_its_chair(stage: Stage, ana: Client) -> None:
    sits = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=sits.pk).update(status="checked-in", arrived_at=NOW)
    with time_machine.travel(stage.at("9:20"), tick=False):
        page = propose(ana, ill(stage, resource=stage.chairs[0].pk, reason="breakdown", start="9:20"))
    before, after = ([said for said in half if said.startswith("Rosa")] for half in blocks(page))
    assert before == ["Rosa Delgado, 09:00 to 11:00, Chair 1, Breaks"]
    assert after == [
        "Rosa Delgado, 09:00 to 09:20, Chair 1, Same time",
        "Rosa Delgado, 09:20 to 11:00, Chair 2, Same time",
    ]


def test_a_clinic_that_runs_late_says_by_how_much_who_moves(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "9:30")
    said = words(propose(ana, late())).replace("\N{EN DASH}", "-")
    assert "The clinic is running 40 minutes late" in said
    assert "1 is moved, by 10 minutes in all" in said
    assert "To 09:40, 10 minutes later" in said
    assert "09:30-09:40: can't begin yet" in said


def test_who_takes_longer_and_is_in_the_way_is_named(house: House) -> None:
    stage = set_stage(house, chairs=1, nurses=1)
    sits = stage.book(stage.plan(), "9:00")
    stage.book(stage.plan(house.omar), "11:10")
    Appointment.objects.filter(pk=sits.pk).update(status="checked-in", arrived_at=NOW)
    ana = browser_of(house.ana)
    said = words(propose(ana, late())).replace("\N{EN DASH}", "-")
    assert "1 is moved, by 40 minutes in all; 1 takes longer." in said
    assert "Takes longer Until 11:40" in said
    assert (
        "11:10-11:30: Nurse 1 has no room for the preparation beside Delgado"
        " 11:10-11:50: Chair 1 is still taken by Delgado"
    ) in said
    ana.post(reverse("repair_accept", args=[Repair.objects.get().pk]))
    after = words(ana.get(reverse("repair_plan", args=[Repair.objects.get().pk])))
    assert "11:10-13:10 Omar" in after.replace("\N{EN DASH}", "-").split("What breaks, minute by minute")[1]


def test_where_nothing_is_possible_today_the_new_dates_are_told(house: House) -> None:
    stage = set_stage(house, nurses=1)
    stage.book(stage.plan(), "10:00")
    said = words(propose(browser_of(house.ana), ill(stage, start="9:00")))
    assert "1 visit goes to another day" in said
    assert "To Tue, Jan 12, 10:00 Also free: Wed, Jan 13, 10:00; Thu, Jan 14, 10:00" in said


def test_a_patient_who_would_be_left_alone_is_named_and_nothing_can_be_accepted(house: House) -> None:
    stage = set_stage(house, nurses=1, days=1)
    visit = stage.book(stage.plan(), "9:00")
    Appointment.objects.filter(pk=visit.pk).update(status="checked-in", arrived_at=NOW)
    page = propose(browser_of(house.ana), ill(stage, start="9:00"))
    # She may open nobody's hours, so that she isn't told to.
    assert "ask a manager to open their hours" in words(page)
    assert "can be moved by hand" in words(page)
    assert "Accept and carry out" not in words(page)


def test_of_a_plan_that_cannot_be_carried_out_no_visit_is_said_to_be_called_off(house: House) -> None:
    """Other days have room, but nobody looked: the plan has to be sought again anyway."""
    stage = set_stage(house, nurses=1)
    sits = stage.book(stage.plan(), "9:00")
    stage.book(stage.plan(house.omar), "13:00")
    Appointment.objects.filter(pk=sits.pk).update(status="checked-in", arrived_at=NOW)
    said = words(propose(browser_of(house.ana), ill(stage, start="9:00")))
    assert "1 patient in the chair can't be served; 1 visit has no place on this day." in said
    assert "Not on this day Other days were not looked at, as this plan can't be carried out." in said
    assert "called off" not in said.lower()


def test_where_no_date_is_free_the_visit_is_said_to_be_called_off(house: House) -> None:
    stage = set_stage(house, nurses=1, days=1)
    stage.book(stage.plan(), "10:00")
    said = words(propose(browser_of(house.ana), ill(stage, start="9:00")))
    assert "1 visit is called off." in said
    assert "Called off No date was found in the next 21 days. The desk gets the task to find one." in said


def test_an_outdated_plan_says_so_and_leads_to_a_new_one(stage: Stage, ana: Client) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    propose(ana, ill(stage))
    stage.cancel(visit)
    answer = ana.post(reverse("repair_accept", args=[Repair.objects.get().pk]))
    assert answer.status_code == 409
    assert "Nothing was changed. This day has changed since the plan was made." in words(answer)
    assert "Seek another plan" in words(answer)
    assert not Absence.objects.exists()


def test_a_refused_form_comes_back_as_it_was_filled(stage: Stage, ana: Client) -> None:
    answer = ana.post(PAGE, ill(stage, end="09:30"))
    assert answer.status_code == 400
    assert "The end must be after the start." in words(answer)
    assert f'value="{stage.nurses[0].pk}" selected' in answer.content.decode()
    assert 'value="09:30"' in answer.content.decode()
    answer = ana.post(PAGE, late(minutes=500))
    assert (answer.status_code, "Give 1 to 240 minutes." in words(answer)) == (400, True)
    assert ana.post(PAGE, late(minutes="soon")).status_code == 400
    assert not Repair.objects.exists()


def test_sent_twice_the_form_makes_one_plan(stage: Stage, ana: Client) -> None:
    told = ill(stage)
    first, second = propose(ana, told), propose(ana, told)
    assert first.redirect_chain == second.redirect_chain
    assert Repair.objects.count() == 1


def test_a_refused_change_of_hours_fills_the_form_in(stage: Stage, ana: Client) -> None:
    asked = {
        "resource": str(stage.nurses[0].pk),
        "from": stage.at("10:00").isoformat(),
        "until": stage.at("12:30").isoformat(),
    }
    shown = ana.get(PAGE, asked).content.decode()
    assert f'value="{stage.nurses[0].pk}" selected' in shown
    assert 'value="10:00"' in shown
    assert 'value="12:30"' in shown
    assert ana.get(PAGE, {"from": "noon", "until": "2027-99-99T00:00Z", "resource": "?"}).status_code == 200


def test_a_moment_without_a_local_time_fills_nothing_in(stage: Stage, ana: Client) -> None:
    asked = {"from": "0001-01-01T00:00:00+23:59", "until": "9999-12-31T23:59:59-23:59"}
    answer = ana.get(PAGE, asked)
    assert answer.status_code == 200
    assert answer.context["missing"].initial == {"resource": "clinic"}


# --- Said twice -----------------------------------------------------------------------------------------


def test_who_says_the_same_twice_is_told_that_it_comes_on_top(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "9:30")
    assert "already repaired" not in words(ana.get(PAGE))
    for _ in range(2):
        page = propose(ana, late())
        ana.post(reverse("repair_accept", args=[page.context["repair"].pk]))
    assert (
        "This day was already repaired for the like, and this comes on top."
        " 09:00: The clinic is running 40 minutes late"
    ) in words(page)
    told = "This day was already repaired. Another repair comes on top of 09:00: The clinic is running"
    assert told in words(ana.get(PAGE))


def test_the_first_of_two_was_on_top_of_nothing(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "9:30")
    first = propose(ana, late()).context["repair"]
    ana.post(reverse("repair_accept", args=[first.pk]))
    assert "already repaired" not in words(ana.get(reverse("repair_plan", args=[first.pk])))


def test_another_mishap_is_not_the_like(stage: Stage, ana: Client) -> None:
    """The clinic was late, then a nurse fell ill; and she is away again, at another time."""
    for told in (late(), ill(stage, end="12:00")):
        page = propose(ana, told)
        assert "for the like" not in words(page)
        ana.post(reverse("repair_accept", args=[page.context["repair"].pk]))
    assert "for the like" not in words(propose(ana, ill(stage, start="12:00")))
    assert "for the like" in words(propose(ana, ill(stage, start="11:00")))


# --- Words ----------------------------------------------------------------------------------------------


def test_what_happened_is_said_by_its_reason(stage: Stage, ana: Client) -> None:
    chair = stage.chairs[0].pk
    for told, said in (
        (ill(stage, reason="leave"), "Nurse 1 is on leave, 10:00-17:00"),
        (ill(stage, reason="other"), "Nurse 1 is away, 10:00-17:00"),
        (ill(stage, resource=chair, reason="breakdown"), "Chair 1 is out of order, 10:00-17:00"),
        (ill(stage, resource=chair), "Chair 1 is out of order, 10:00-17:00"),
        (ill(stage, resource=chair, reason="other"), "Chair 1 can't be used, 10:00-17:00"),
        (ill(stage, resource="clinic"), "The clinic is closed, 10:00-17:00"),
    ):
        assert said in words(propose(ana, told)).replace("\N{EN DASH}", "-").replace("\u2019", "'")


def test_where_nothing_breaks_accepting_only_records_the_absence(stage: Stage, ana: Client) -> None:
    assert "No visit is touched: accepting only records the absence." in words(propose(ana, ill(stage)))
    assert "No visit is touched: accepting changes nothing." in words(propose(ana, late()))


def test_each_visit_is_counted_once_and_then_what_it_gets(stage: Stage, ana: Client) -> None:
    for patient, wall_time in ((stage.house.rosa, "11:00"), (stage.house.omar, "14:00")):
        stage.book(stage.plan(patient), wall_time, nurse=stage.nurses[0])
    said = words(propose(ana, ill(stage)))
    assert "2 visits change: 2 keep their time. Among these 2, 2 get other nurses." in said


# --- One search at a time -------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["repair", "level"])
def test_while_another_plan_is_sought_the_form_comes_back_filled(stage: Stage, door: str) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    told = ill(stage, end="16:45")
    with sought_elsewhere():
        if door == "repair":
            answer = browser_of(stage.house.ana).post(PAGE, told)
        else:
            answer = browser_of(stage.house.max).get(reverse("level_day"), {"day": TODAY.isoformat()})
    assert answer.status_code == 503
    assert "Another plan is being sought just now: try again in a few seconds." in words(answer)
    assert f'value="{"16:45" if door == "repair" else TODAY.isoformat()}"' in answer.content.decode()
    assert not Repair.objects.exists()
    if door == "repair":  # the same form, sent again
        assert propose(browser_of(stage.house.ana), told).status_code == 200


@contextmanager
def sought_elsewhere() -> Iterator[None]:
    """Another worker seeks a plan."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SEARCH])
        yield
    finally:
        other.close()


def test_only_today_can_be_running_late(stage: Stage, ana: Client) -> None:
    assert "Running late" in words(ana.get(PAGE))
    tomorrow = reverse("repair_day", args=[TODAY + timedelta(days=1)])
    assert "Running late" not in words(ana.get(tomorrow))


def test_a_plan_of_another_clinic_is_not_found(stage: Stage, ana: Client, other_house: House) -> None:
    propose(ana, ill(stage))
    theirs = browser_of(other_house.ana)
    repair = Repair.objects.get()
    for ask, address in (
        (Client.get, reverse("repair_plan", args=[repair.pk])),
        (Client.post, reverse("repair_accept", args=[repair.pk])),
    ):
        assert ask(theirs, address).status_code == 404
        assert ask(browser_of(stage.house.nils), address).status_code == 403
    repair.refresh_from_db()
    assert repair.accepted_at is None


def test_a_resource_of_another_clinic_is_no_choice(stage: Stage, ana: Client, other_house: House) -> None:
    theirs = set_stage(other_house)
    answer = ana.post(PAGE, ill(stage, resource=theirs.nurses[0].pk))
    assert answer.status_code == 400
    assert not Repair.objects.exists()


def test_pressed_twice_the_plan_is_carried_out_once(stage: Stage, ana: Client) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    propose(ana, ill(stage))
    address = reverse("repair_accept", args=[Repair.objects.get().pk])
    assert [ana.post(address).status_code for _ in range(2)] == [302, 302]
    assert Absence.objects.count() == 1


def test_the_plan_page_asks_the_same_number_of_questions_however_full_the_day(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=4)
    ana = browser_of(house.ana)

    def queries(times: list[str]) -> int:
        for number, wall_time in enumerate(times):
            patient = make_patient(house.clinic, f"P{wall_time}", str(number))
            stage.book(stage.plan(patient), wall_time)
        propose(ana, late())
        latest = Repair.objects.order_by("created_at").last()
        assert latest is not None
        with CaptureQueriesContext(connection) as asked:
            ana.get(reverse("repair_plan", args=[latest.pk]))
        return len(asked)

    assert queries(["9:00"]) == queries(["9:30", "10:00", "10:30"])
