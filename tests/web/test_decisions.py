"""A prescriber's decisions on one page: what waits, for whom, and yes or no with a reason."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Allergy, WorkItem
from sessions_app.infusing import infusion
from sessions_app.models import PrescriberOverride, Session
from sessions_app.observing import vitals
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words


@pytest.fixture(autouse=True)
def _before_the_start() -> Any:
    with time_machine.travel(STARTED_AT, tick=False):
        yield


def held_up(house: House) -> tuple[Session, dict[str, Any]]:
    """Rosa has eaten; and the form about it, as the page holds it."""
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    return session, {
        "id": str(new_id()),
        "subject": "checklist:fasting",
        "about": str(line.pk),
        "from": "decisions",
    }


def test_the_page_names_the_patient_and_what_deciding_needs(house: House) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Latex")
    Allergy.objects.create(patient=house.rosa, substance="Peanut", verification_status="refuted")
    held_up(house)

    page = words(browser_of(house.priya).get(reverse("decisions")))

    for said in (
        "Fasting as the protocol asks",
        "Toast at eight",
        "Rosa Delgado , 46 years MRN MRN-ROSA",
        "preparing, arrived 09:00",
        "0.5 mg/kg, Mood, anxiety, PTSD: 40 minutes",
        "Latex",
        "122",
    ):
        assert said in page
    assert "Peanut" not in page


def test_a_yes_and_a_no_bring_the_prescriber_back_to_the_list(house: House) -> None:
    session, seen = held_up(house)
    browser = browser_of(house.priya)

    no = browser.post(
        reverse("session_refuse", args=[session.pk]), {**seen, "reason": "Come back fasting"}, follow=True
    )
    yes = browser.post(
        reverse("session_decide", args=[session.pk]), {**seen, "reason": "Water only"}, follow=True
    )

    assert "It must not pass: Come back fasting Priya Nair, 09:20" in words(no)
    assert "Nothing waits for a prescriber" in words(yes)
    assert PrescriberOverride.objects.get().reason == "Water only"


def test_without_a_reason_the_form_comes_back_at_its_decision(house: House) -> None:
    session, seen = held_up(house)

    page = browser_of(house.priya).post(reverse("session_refuse", args=[session.pk]), {**seen, "reason": ""})

    assert page.status_code == 400
    assert words(page).count("Say why; the record keeps it.") == 1
    assert not WorkItem.objects.exists()


def test_a_decision_that_comes_too_late_is_said_above_the_list(house: House) -> None:
    session, seen = held_up(house)
    stories.fail(house, session, "fasting", at=STARTED_AT, note="Breakfast at nine")

    page = browser_of(house.priya).post(
        reverse("session_decide", args=[session.pk]), {**seen, "reason": "Only toast"}
    )

    assert page.status_code == 409
    assert words(page).count("Something newer was entered since") == 1
    assert "Breakfast at nine" in words(page)


def test_a_nurse_asks_from_the_list_and_the_task_leads_to_the_decision(house: House) -> None:
    session, seen = held_up(house)
    nils = browser_of(house.nils)

    asked = words(nils.post(reverse("session_ask_prescriber", args=[session.pk]), seen, follow=True))
    again = browser_of(house.priya).get(reverse("tasks"))

    assert "The prescriber must decide, and has been asked." in asked
    assert "Let it pass" not in asked
    assert reverse("session_decisions", args=[session.pk]) in again.content.decode()


def test_the_desk_decides_nothing(house: House) -> None:
    assert browser_of(house.ana).get(reverse("decisions")).status_code == 403


def test_a_side_effect_that_lasts_is_accepted_before_the_patient_goes_home(house: House) -> None:
    with time_machine.travel(NOW + timedelta(minutes=130), tick=False):
        session = stories.recovering(house)
        effect = report(house, session, grade=2, now=NOW + timedelta(minutes=70))
        browser = browser_of(house.priya)
        assert "Nausea, grade 2" in words(browser.get(reverse("decisions")))
        sent = {"id": str(new_id()), "subject": "side_effects", "about": str(effect.pk), "reason": "Mild"}

        page = browser.post(reverse("session_decide", args=[session.pk]), sent, follow=True)

        assert "It may pass; the record says why." in words(page)
        assert "Nausea, grade 2" not in words(browser.get(reverse("decisions")))


def test_a_decision_shows_the_age_of_the_last_set_and_the_values_that_nobody_confirmed(house: House) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(STARTED_AT + timedelta(minutes=5)))
    nils = house.actor(house.nils)
    late = STARTED_AT + timedelta(minutes=9)
    low = stories.calm(late, oxygen_saturation_percent=84)
    vitals.alarm_not_kept(actor=nils, session=session, reading=low, now=late)
    infusion.pause(actor=nils, id=new_id(), session=session, now=late)
    with time_machine.travel(STARTED_AT + timedelta(minutes=12), tick=False):
        page = words(browser_of(house.priya).get(reverse("decisions")))
    assert "at 09:25, 7 min ago" in page
    assert "Not confirmed Oxygen saturation 84 %: below 85. at 09:29" in page
