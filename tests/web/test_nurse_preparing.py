"""The pages before the start: the blind check, what the patient said, what a prescriber decides."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import clock
from clinic.models import Role, WorkItem
from sessions_app.models import DoseCheck, Session, YesNoUnknown
from sessions_app.preparing import readiness
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words
from tests.web.test_nurse import hidden


@pytest.fixture(autouse=True)
def wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def check(browser: Client, session: Session, **changes: str) -> Any:
    address = reverse("session_check_dose", args=[session.pk])
    shown = hidden(browser.get(address).content.decode(), "check_dose")
    return browser.post(address, {**shown, **stories.FOUND, **changes})


def test_the_page_of_the_check_shows_no_figure_of_the_first_person(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW, weight_kg=Decimal("73.3"))
    page = browser_of(house.priya).get(reverse("session_check_dose", args=[session.pk]))
    said = words(page)
    assert "0.5 mg/kg" in said
    for figure in ("73.3", str(worksheet.dose_mg), str(worksheet.drug_volume_ml), "150.0"):
        assert figure not in page.content.decode()


def test_the_second_person_checks_and_the_first_is_sent_for_somebody_else(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    address = reverse("session_check_dose", args=[session.pk])
    assert "Somebody else must check this dose" in words(browser_of(house.nils).get(address))
    forced = browser_of(house.nils).post(address, {"id": new_id(), **stories.FOUND})
    assert (forced.status_code, DoseCheck.objects.count()) == (409, 0)
    assert check(browser_of(house.priya), session).status_code == 302
    assert DoseCheck.objects.get().disagreements == []


def test_a_check_that_differs_says_which_figures_and_holds_the_start(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    priya = browser_of(house.priya)
    assert check(priya, session, stock_mg_per_ml="10", drug_volume_ml="3.50").status_code == 302
    said = words(priya.get(reverse("session", args=[session.pk])))
    assert "Your figures differ from the worksheet: strength on the vial, volume drawn up." in said
    assert "found otherwise: strength on the vial, volume drawn up." in said


def test_a_check_that_can_not_be_read_comes_back_as_it_was_filled(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    refused = check(browser_of(house.priya), session, dose_mg="35,x")
    assert refused.status_code == 400
    assert 'value="35,x"' in refused.content.decode()


def test_what_the_patient_said_arrives_marked_and_is_confirmed_with_a_tick(house: House) -> None:
    visit = stories.arrived_visit(house)
    visit.status = "booked"
    visit.save()
    answers = readiness.Answers(new_medicines=YesNoUnknown.NO, fasting_understood=YesNoUnknown.YES)
    earlier = NOW - timedelta(days=1)
    readiness.confirm(id=new_id(), appointment=visit, answers=answers, now=earlier)
    visit.status = "arrived"
    visit.save()
    session = stories.opened(house, visit)
    nils = browser_of(house.nils)
    address = reverse("session", args=[session.pk])
    said = words(nils.get(address))
    assert "Said by the patient on Sun, Jan 10" in said
    assert readiness.FASTING_UNDERSTOOD in said
    sent = hidden(nils.get(address).content.decode(), "checklist")
    ticked = {"answers_medicines_result": "pass", "answers_medicines_confirmed": "on"}
    assert nils.post(reverse("session_checklist", args=[session.pk]), {**sent, **ticked}).status_code == 302
    newest = session.checklist_answers.get(corrected_by=None)
    assert (newest.item, newest.source) == ("medicines", "staff")


def test_the_nurse_asks_and_the_prescriber_decides(house: House) -> None:
    session = stories.arrived(house)
    line = stories.fail(house, session, "fasting", at=NOW)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    page = reverse("session_decisions", args=[session.pk])
    assert "The prescriber must decide." in words(nils.get(page))
    seen = {"id": new_id(), "subject": "checklist:fasting", "about": line.pk}
    assert nils.post(reverse("session_ask_prescriber", args=[session.pk]), seen).status_code == 302
    task = WorkItem.objects.get(role=Role.PRESCRIBER)
    assert "The prescriber must decide." not in words(priya.get(page))
    decide = reverse("session_decide", args=[session.pk])
    assert nils.post(decide, {**seen, "reason": "Only toast"}).status_code == 403
    assert priya.post(decide, {**seen, "reason": ""}).status_code == 400
    assert priya.post(decide, {**seen, "reason": "Only toast"}).status_code == 302
    task.refresh_from_db()
    assert task.closed_by == house.priya
    assert "Nothing waits for a prescriber." in words(priya.get(page))
