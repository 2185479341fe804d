"""The page on which a time is looked for: what would be welcome comes first and stays filled in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from scheduler.models import TreatmentPlan
from scheduler.prescribing import plans
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words

WEDNESDAY = TODAY + timedelta(days=2)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def times(stage: Stage, plan: TreatmentPlan | None = None, **asked: Any) -> Any:
    address = reverse("book_plan", args=[(plan or stage.plan()).pk])
    return browser_of(stage.house.ana).get(address, asked)


def test_what_fits_best_stands_above_all_other_times(stage: Stage) -> None:
    page = times(stage, weekdays=["2", "4"], earliest="13:00")

    assert [row.start for row in page.context["best"]][:2] == [
        stage.at("13:00", WEDNESDAY),
        stage.at("14:00", WEDNESDAY),
    ]
    assert "What fits best" in words(page)
    assert page.context["days"][0].day == TODAY
    assert page.context["window"]["weekdays"].value() == [2, 4]


def test_nothing_else_is_shown_when_asked(stage: Stage) -> None:
    plan = stage.plan()
    page = times(stage, plan, weekdays="2", only="on")
    sunday = times(stage, plan, weekdays="6", only="on")

    assert [free.day for free in page.context["days"]] == [WEDNESDAY]
    assert "Nothing in these two weeks is all that was wished for" in words(sunday)


def test_without_a_wish_nothing_is_said_to_fit_best(stage: Stage) -> None:
    assert "What fits best" not in words(times(stage))


def test_what_was_filled_in_wrongly_comes_back_with_a_sentence(stage: Stage) -> None:
    page = times(stage, earliest="12:00", latest="09:00", weekdays="2")

    assert page.status_code == 200
    assert "Give a later time than the earliest start." in words(page)
    assert page.context["window"]["earliest"].value() == "12:00"
    assert page.context["days"]


def test_days_outside_the_plan_are_said_to_be_so(stage: Stage) -> None:
    plan = stage.plan(valid_until=WEDNESDAY)

    page = times(stage, plan, start="2027-01-20")

    assert "The plan is not valid on these days" in words(page)


def on_hold(stage: Stage, plan: TreatmentPlan) -> None:
    plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=plan, reason="Fever")


def test_no_time_is_shown_for_a_plan_on_hold_and_the_page_says_why(stage: Stage) -> None:
    plan = stage.plan()
    assert times(stage, plan).context["days"]
    on_hold(stage, plan)
    page = times(stage, plan)
    assert "Nothing can be booked under this plan now. The plan is on-hold." in words(page)
    assert not page.context["days"] + page.context["best"]


def test_a_reason_against_any_time_is_told_where_none_would_be_free_anyway(stage: Stage) -> None:
    plan = stage.plan()
    on_hold(stage, plan)
    assert "The plan is on-hold." in words(times(stage, plan, start="2027-01-18"))


def test_a_visit_of_a_plan_on_hold_is_shown_no_other_time(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00")
    address = reverse("visit_choose_time", args=[visit.pk])
    desk = browser_of(stage.house.ana)
    assert desk.get(address).context["days"]
    on_hold(stage, visit.plan)
    page = desk.get(address, {"weekdays": "2"})
    assert "This visit can't be moved to another time now. The plan is on-hold." in words(page)
    assert not page.context["days"] + page.context["best"]


def test_only_the_times_that_are_shown_are_worked_out_and_each_can_be_chosen(stage: Stage) -> None:
    page = times(stage)
    monday = page.context["days"][0]

    assert [row.start for row in monday.starts][:3] == [
        stage.at(wall_time) for wall_time in ("9:00", "9:30", "10:00")
    ]
    assert page.content.decode().count("book/confirm/?start=") == sum(
        len(free.starts) for free in page.context["days"]
    )


def test_a_chair_can_be_asked_for(stage: Stage) -> None:
    chair = stage.chairs[1]
    page = times(stage, chair=str(chair.pk))

    assert {row.chair for free in page.context["days"] for row in free.starts} == {chair}
    assert page.context["window"]["chair"].value() == chair.pk


def test_moving_a_visit_is_asked_for_as_booking_one(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    asked = {"weekdays": "2", "earliest": "13:00", "only": "on", "chair": str(stage.chairs[1].pk)}
    page = browser_of(stage.house.ana).get(reverse("visit_choose_time", args=[visit.pk]), asked)

    assert [free.day for free in page.context["days"]] == [WEDNESDAY]
    assert page.context["days"][0].starts[0].start == stage.at("13:00", WEDNESDAY)
    assert {row.chair for free in page.context["days"] for row in free.starts} == {stage.chairs[1]}
    assert "What fits best" in words(page)


@pytest.mark.parametrize("moving", [False, True])
def test_the_way_back_from_a_chosen_time_leads_to_the_same_search(stage: Stage, moving: bool) -> None:
    plan = stage.plan()
    browser = browser_of(stage.house.ana)
    page, there = reverse("book_plan", args=[plan.pk]), reverse("book_confirm", args=[plan.pk])
    if moving:
        visit = stage.book(plan, "9:30")
        page, there = (reverse(name, args=[visit.pk]) for name in ("visit_choose_time", "visit_move"))
    shown = browser.get(page, {"earliest": "13:00", "weekdays": ["2", "4"]})
    link = re.search(rf'href="({there}[^"]*)"', shown.content.decode())
    assert link is not None

    chosen = browser.get(unescape(link[1]))
    back = f"{page}?earliest=13%3A00&amp;weekdays=2&amp;weekdays=4"
    assert chosen.content.decode().count(f'href="{back}"') == 2  # above the page, and beside its button
    closed = browser.get(there, {"start": stage.at("20:00").isoformat(), "search": "earliest=13%3A00"})
    assert f'href="{page}?earliest=13%3A00"' in closed.content.decode()
    assert "search=earliest%3D13%253A00" in closed.content.decode()  # of the nearest times too
