"""A prescriber changes the dose from session to session, within the protocol's limits; what was ordered stays
to be read. Under mood-40: usual 0.25 to 1 mg/kg, never above 1.5 (domain.md 2.2)."""

from decimal import Decimal
from threading import Event
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.history import acting
from clinic.problems import Conflict, Invalid, Stale
from scheduler.models import TreatmentPlan
from scheduler.prescribing import dose_orders, orders, plans
from scheduler.prescribing.orders import dose_errors
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, House, client_of, make_house, new_id
from tests.races.meetings import A_MOMENT
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words

WHY = "Half an effect, well borne"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def order(stage: Stage, plan: TreatmentPlan, dose: str, *, was: str = "0.5", **changes: Any) -> TreatmentPlan:
    asked: dict[str, Any] = {"reason": WHY, "ordered_dose": Decimal(dose), "was": Decimal(was)}
    return dose_orders.order_dose(
        actor=stage.house.actor(stage.house.priya), plan=plan, **{**asked, **changes}
    )


def told(plan: TreatmentPlan) -> list[tuple[str, str, str]]:
    return [(each.amount, each.by, each.reason) for each in dose_orders.orders_of(plan)]


def test_the_dose_is_stepped_up_and_every_step_stays_to_be_read(stage: Stage) -> None:
    plan = stage.plan()

    order(stage, plan, "0.6")
    order(stage, plan, "0.75", was="0.6", reason="Nearly there")

    assert TreatmentPlan.objects.get().ordered_dose == Decimal("0.75")
    assert told(plan) == [
        ("0.75", "Priya Nair", "Nearly there"),
        ("0.6", "Priya Nair", WHY),
        ("0.5", "Priya Nair", ""),
    ]
    assert dose_orders.first_doses([plan.pk]) == {plan.pk: Decimal("0.5")}


def test_the_first_dose_is_its_prescribers_whoever_brought_the_row_in(stage: Stage) -> None:
    with acting(stage.house.ana.pk):
        plan = stage.plan()

    assert told(plan) == [("0.5", "Priya Nair", "")]


def test_what_else_changes_about_a_plan_is_no_order(stage: Stage) -> None:
    plan, priya = stage.plan(), stage.house.actor(stage.house.priya)
    plans.put_on_hold(actor=priya, plan=plan, reason="Blood pressure to be looked at")

    order(stage, plan, "0.5")  # what stands already

    assert told(plan) == [("0.5", "Priya Nair", "")]


@pytest.mark.parametrize(
    ("dose", "field"),
    [
        ("0", "ordered_dose"),
        ("0.6001", "ordered_dose"),
        ("1.501", "ordered_dose"),  # above the hard limit
        ("1.001", "soft_limit_acknowledged"),  # outside the usual range, and not acknowledged
        ("0.249", "soft_limit_acknowledged"),
    ],
)
def test_a_dose_past_the_protocol_is_refused_at_its_field(stage: Stage, dose: str, field: str) -> None:
    plan = stage.plan()

    with pytest.raises(Invalid) as refusal:
        order(stage, plan, dose)

    assert [error["field"] for error in refusal.value.data["errors"]] == [field]
    assert TreatmentPlan.objects.get().ordered_dose == Decimal("0.5")


def test_the_usual_range_is_left_knowingly_the_hard_limit_never(stage: Stage) -> None:
    plan = stage.plan()

    assert order(stage, plan, "1.5", soft_limit_acknowledged=True).ordered_dose == Decimal("1.5")
    with pytest.raises(Invalid, match="above this protocol's limit"):
        order(stage, plan, "1.501", was="1.5", soft_limit_acknowledged=True)


def test_no_order_without_a_reason_and_none_under_a_plan_that_is_over(stage: Stage) -> None:
    plan = stage.plan()
    with pytest.raises(Invalid, match="Say why"):
        order(stage, plan, "0.6", reason=" ")
    plans.end_plan(
        actor=stage.house.actor(stage.house.priya),
        plan=plan,
        end_reason="completed",
        reason="Remission",
        now=NOW,
    )

    with pytest.raises(Conflict) as refusal:
        order(stage, plan, "0.6")

    assert refusal.value.code == "plan_over"


def test_who_decided_on_an_older_dose_is_told_of_the_newer_one(stage: Stage) -> None:
    plan = stage.plan()
    order(stage, plan, "0.6")

    with pytest.raises(Stale, match=r"0\.6 mg/kg is ordered by now") as refusal:
        order(stage, plan, "0.75")

    assert refusal.value.data["ordered_dose"] == "0.600"


def meet(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two prescribers order another dose at one moment: the second begins when the first has read the plan
    and waits. What came of each, by its type."""
    plan, read, done = stage.plan(), Event(), Event()

    def judge_and_wait(*asked: Any, **more: Any) -> list[dict[str, str]]:
        if not read.is_set():
            read.set()
            done.wait(A_MOMENT)
        return dose_errors(*asked, **more)

    def come_second() -> TreatmentPlan:
        read.wait(PATIENCE_SECONDS)
        try:
            return order(stage, plan, "0.75")
        finally:
            done.set()

    monkeypatch.setattr(orders, "dose_errors", judge_and_wait)
    return [type(each).__name__ for each in at_once(lambda: order(stage, plan, "0.6"), come_second)]


def test_of_two_orders_at_one_moment_the_second_is_told_of_the_first(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert meet(set_stage(make_house()), monkeypatch) == ["TreatmentPlan", "Stale"]
    assert TreatmentPlan.objects.get().ordered_dose == Decimal("0.6")


def test_without_the_plans_lock_one_order_is_lost(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        TreatmentPlan.objects, "select_for_update", lambda **asked: TreatmentPlan.objects.all()
    )

    assert meet(set_stage(make_house()), monkeypatch) == ["TreatmentPlan", "TreatmentPlan"]


def test_over_the_api_a_late_copy_orders_nothing_again(stage: Stage) -> None:
    plan, priya = stage.plan(), client_of(stage.house.priya)
    address = f"/api/v1/plans/{plan.pk}/doses/"
    first = {"id": str(new_id()), "ordered_dose": "0.6", "was": "0.5", "reason": WHY}
    back = {"id": str(new_id()), "ordered_dose": "0.5", "was": "0.6", "reason": "Too much"}

    answers = [priya.post(address, body).status_code for body in (first, back, first)]

    assert answers == [201, 201, 200]
    doses = [(each["dose"], each["by"], each["reason"]) for each in priya.get(address).json()]
    assert doses == [
        ("0.500", "Priya Nair", "Too much"),
        ("0.600", "Priya Nair", WHY),
        ("0.500", "Priya Nair", ""),
    ]


def test_on_its_page_a_plan_is_given_another_dose_and_everybody_reads_why(stage: Stage) -> None:
    plan = stage.plan()
    page = reverse("plan_dose", args=[plan.pk])
    filled = {"id": str(new_id()), "ordered_dose": "1.2", "was": "0.500", "reason": WHY}
    with time_machine.travel(NOW, tick=False):
        browser = browser_of(stage.house.priya)

        outside = browser.post(page, filled)
        ordered = browser.post(page, {**filled, "soft_limit_acknowledged": "on"}, follow=True)
        desk = browser_of(stage.house.ana).get(reverse("plan", args=[plan.pk]))

    assert outside.status_code == 400
    assert "outside this protocol's usual range of 0.25 to 1 mg/kg" in words(outside)
    assert WHY in outside.content.decode()
    assert "1.2 mg per kg is ordered." in words(ordered)
    assert f"1.2 mg per kg {WHY} Priya Nair" in words(desk)
    assert "Another dose" not in words(desk)


def test_a_page_that_is_outrun_shows_the_newer_dose_and_can_be_sent_again(stage: Stage) -> None:
    plan = stage.plan()
    filled = {"id": str(new_id()), "ordered_dose": "0.75", "was": "0.500", "reason": WHY}
    with time_machine.travel(NOW, tick=False):
        browser = browser_of(stage.house.priya)
        order(stage, plan, "0.6")

        outrun = browser.post(reverse("plan_dose", args=[plan.pk]), filled)
        form = outrun.context["dose_form"]
        again = {name: form[name].value() for name in ("id", "ordered_dose", "was", "reason")}
        sent = browser.post(reverse("plan_dose", args=[plan.pk]), again, follow=True)

    assert outrun.status_code == 412
    assert "0.6 mg/kg is ordered by now." in words(outrun)
    assert "0.75 mg per kg is ordered." in words(sent)
