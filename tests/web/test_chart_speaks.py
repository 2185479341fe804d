"""What the chart says against a plan stands on every page on which a plan is written, booked or started."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Allergy
from scheduler.models import TreatmentPlan
from scheduler.prescribing import screening
from sessions_app.infusing import infusion
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.sessions_app import stories
from tests.web.pages import browser_of, words

SAYS = "The chart has an allergy to Ketamine (high risk)."
REASON = "Itching in 2009; given since without any."


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def allergic(house: House) -> Allergy:
    return Allergy.objects.create(
        patient=house.rosa,
        substance="Ketamine",
        criticality="high",
        verification_status="confirmed",
        created_at=NOW,
    )


def filled(stage: Stage, **changes: str) -> dict[str, str]:
    return {
        "id": str(new_id()),
        "protocol": str(stage.protocol.pk),
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": "6",
        "valid_from": TODAY.isoformat(),
        "valid_until": f"{TODAY.year}-06-30",
        **{f"findings_{item.code}": "absent" for item in screening.ITEMS},
        **changes,
    }


def test_a_new_plan_shows_the_allergies_and_refuses_absent_against_them(stage: Stage) -> None:
    allergic(stage.house)
    browser, address = browser_of(stage.house.priya), reverse("new_plan", args=[stage.house.rosa.pk])
    assert "Allergies Ketamine high risk" in words(browser.get(address))

    refused = browser.post(address, filled(stage))
    assert refused.status_code == 400
    assert SAYS in words(refused)
    assert not TreatmentPlan.objects.exists()

    answered = {"findings_ketamine_sensitivity": "present", "reason_ketamine_sensitivity": REASON}
    written = browser.post(address, filled(stage, **answered), follow=True)
    assert "Known sensitivity to ketamine Present" in words(written)
    assert REASON in words(written)
    assert "Allergies Ketamine high risk" in words(written)
    assert "The chart speaks against this plan" not in words(written)


def test_an_allergy_that_comes_later_is_answered_on_the_plan(stage: Stage) -> None:
    plan = stage.plan()
    allergic(stage.house)
    address = reverse("plan", args=[plan.pk])
    desk = browser_of(stage.house.ana)
    assert SAYS in words(desk.get(address))
    assert "Go ahead all the same" not in words(desk.get(address))
    assert SAYS in words(desk.get(reverse("book_best", args=[plan.pk])))
    assert SAYS in words(desk.get(reverse("patient", args=[stage.house.rosa.pk])))

    prescriber, sent = browser_of(stage.house.priya), {"item": "ketamine_sensitivity"}
    without = prescriber.post(reverse("plan_go_ahead", args=[plan.pk]), {**sent, "reason": ""})
    assert "Say why it is right to go ahead." in words(without)
    answered = prescriber.post(
        reverse("plan_go_ahead", args=[plan.pk]), {**sent, "reason": REASON}, follow=True
    )
    assert "Your reason is kept with the plan, and it goes on." in words(answered)
    assert SAYS not in words(desk.get(reverse("book_best", args=[plan.pk])))


def test_no_infusion_starts_against_it(house: House) -> None:
    session = stories.prepared(house)
    allergic(house)
    against = {each.code: each.detail for each in infusion.missing_at_start(session, NOW)}
    assert against["chart_answered"] == f"A prescriber must answer what the chart says, on the plan. {SAYS}"
    browser = browser_of(house.nils)
    page = browser.get(reverse("session", args=[session.pk]))
    assert SAYS in words(page)
    prescriber, sent = browser_of(house.priya), {"item": "ketamine_sensitivity", "reason": REASON}
    prescriber.post(reverse("plan_go_ahead", args=[session.appointment.plan_id]), sent)
    assert SAYS not in words(browser.get(reverse("session", args=[session.pk])))


def test_a_new_plan_asks_about_an_age_that_a_version_in_force_is_not_for(stage: Stage) -> None:
    rosa = stage.house.rosa
    rosa.birth_date = date(2020, 6, 1)
    rosa.save()
    browser, address = browser_of(stage.house.priya), reverse("new_plan", args=[rosa.pk])
    page = words(browser.get(address))
    assert "6 years, born" in page
    assert "For patients of any age: the version doesn't say" in page
    assert "Age outside the protocol's" not in page

    stage.protocol = next_version(stage.protocol, stage.house, age_min_years=18)
    page = words(browser.get(address))
    assert "For patients from 18 years" in page
    assert "Age outside the protocol's" in page
    refused = browser.post(address, filled(stage))
    assert refused.status_code == 400
    assert "The patient is 6 years old, and the protocol is for patients from 18 years." in words(refused)
    assert not TreatmentPlan.objects.exists()

    answered = {"findings_age": "present", "reason_age": "Palliative, agreed with paediatrics."}
    written = words(browser.post(address, filled(stage, **answered), follow=True))
    assert "Age outside the protocol's Present Palliative, agreed with paediatrics." in written


def test_a_protocols_page_says_for_which_ages_it_is(stage: Stage) -> None:
    version = next_version(stage.protocol, stage.house, age_min_years=18, age_max_years=75)
    page = browser_of(stage.house.priya).get(reverse("protocol", args=[version.pk]))
    assert "For patients of 18 to 75 years" in words(page)
