"""The plan's page: taking it over to the version in force, its visits after it; another spacing asked for."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import WorkItem
from scheduler.models import Appointment, SpacingOverride, TreatmentPlan
from scheduler.prescribing.spacing import override_spacing
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.web.pages import browser_of, words

FRIDAY = TODAY + timedelta(days=4)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def look(stage: Stage, plan: TreatmentPlan, who: str) -> Any:
    return browser_of(getattr(stage.house, who)).get(reverse("plan", args=[plan.pk]))


def test_a_prescriber_reads_what_changes_and_takes_the_plan_over(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "9:00", FRIDAY)
    newer = next_version(stage.protocol, stage.house, observation_minutes=90)

    desk, page = words(look(stage, plan, "ana")), words(look(stage, plan, "priya"))
    assert "until a prescriber takes it over" in desk
    assert "Take the plan over to version 2" not in desk
    assert "Take the plan over to version 2" in page

    address = reverse("plan_take_over", args=[plan.pk])
    after = words(browser_of(stage.house.priya).post(address, {"protocol": newer.pk}, follow=True))
    assert "The plan stands under the version in force from now on." in after
    assert "Booked under an older version" in after

    taken = browser_of(stage.house.ana).post(reverse("visit_take_over", args=[visit.pk]), follow=True)
    assert "Taken over: the visit ends at" in words(taken)
    assert "Booked under an older version" not in words(taken)
    assert Appointment.objects.get(pk=visit.pk).protocol == newer


def test_a_dose_outside_the_usual_range_is_asked_about_and_nothing_is_lost(
    stage: Stage, plan: TreatmentPlan
) -> None:
    newer = next_version(stage.protocol, stage.house, dose_start="0.4", dose_soft_max="0.4")
    browser, address = browser_of(stage.house.priya), reverse("plan_take_over", args=[plan.pk])
    refused = browser.post(address, {"protocol": newer.pk})
    assert refused.status_code == 400
    assert "outside this protocol's usual range" in words(refused)
    browser.post(address, {"protocol": newer.pk, "soft_limit_acknowledged": "on"})
    plan.refresh_from_db()
    assert plan.protocol == newer


def test_who_comes_second_reads_that_it_is_done(stage: Stage, plan: TreatmentPlan) -> None:
    next_version(stage.protocol, stage.house, observation_minutes=90)
    draft = stage.house.clinic.protocols.filter(code=stage.protocol.code, version=2).get()
    browser, address = browser_of(stage.house.priya), reverse("plan_take_over", args=[plan.pk])
    browser.post(address, {"protocol": draft.pk})
    late = browser.post(address, {"protocol": stage.protocol.pk})
    assert late.status_code == 409
    assert "The plan stands under the version in force." in words(late)


def test_both_protocol_pages_say_how_many_plans_are_left_behind(stage: Stage, plan: TreatmentPlan) -> None:
    newer = next_version(stage.protocol, stage.house, observation_minutes=90)
    browser = browser_of(stage.house.priya)
    old = words(browser.get(reverse("protocol", args=[stage.protocol.pk])))
    assert "Nothing more can be booked under this plan. A prescriber takes each over to version 2" in old
    new = words(browser.get(reverse("protocol", args=[newer.pk])))
    assert "1 plan stands under version 1" in new


def test_the_desk_asks_for_another_spacing_and_the_prescriber_decides(
    stage: Stage, plan: TreatmentPlan
) -> None:
    ana, priya = browser_of(stage.house.ana), browser_of(stage.house.priya)
    ask = reverse("plan_ask_spacing", args=[plan.pk])
    empty = ana.post(ask, {"id": new_id(), "words": ""})
    assert (empty.status_code, "Say what you ask for" in words(empty)) == (400, True)
    asked = {"id": new_id(), "words": "One day apart"}
    assert "A prescriber decides on it." in words(ana.post(ask, asked, follow=True))

    assert "One day apart" in words(priya.get(reverse("decisions")))
    refuse = reverse("plan_refuse_spacing", args=[plan.pk])
    no = {"task": WorkItem.objects.get().pk, "reason": "Too close"}
    assert f'name="task" value="{no["task"]}"' in look(stage, plan, "priya").content.decode()
    assert "whoever asked reads why" in words(priya.post(refuse, no, follow=True))
    assert "One day apart" not in words(priya.get(reverse("decisions")))

    ana.post(ask, asked)
    assert "One day apart" not in words(priya.get(reverse("decisions")))
    ana.post(ask, {"id": new_id(), "words": "Then three"})
    late = words(priya.post(refuse, {**no, "reason": "Still too close"}))
    assert "This was decided before." in late
    override_spacing(
        actor=stage.house.actor(stage.house.priya),
        id=new_id(),
        plan=plan,
        min_days=3,
        max_days=9,
        reason="Travels",
        now=NOW,
    )
    assert "Another spacing is asked for" not in words(look(stage, plan, "ana"))
    assert SpacingOverride.objects.count() == 1


def test_a_time_too_close_says_whom_to_ask(stage: Stage, plan: TreatmentPlan) -> None:
    stage.book(plan, "9:00")
    address = reverse("book_confirm", args=[plan.pk])
    start = stage.at("13:00", TODAY + timedelta(days=1)).isoformat()
    assert "Ask the prescriber for another spacing" in words(
        browser_of(stage.house.ana).get(address, {"start": start})
    )
