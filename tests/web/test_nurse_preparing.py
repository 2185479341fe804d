"""The pages before the start: the blind check, what the patient said, what a prescriber decides."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import clock
from clinic.models import Allergy, Role, WorkItem
from sessions_app import states
from sessions_app.models import DoseCheck, Session, YesNoUnknown
from sessions_app.preparing import checklist, readiness
from tests.cast import NOW, PASSWORD, House, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words
from tests.web.test_nurse import hidden
from web.views.sessions.places import LEFT_BEFORE_START


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


def test_nobody_but_its_author_sees_the_dose_until_a_check_agrees(house: House) -> None:
    fresh = stories.arrived(house)
    worksheet = stories.weigh(house, fresh, at=NOW, weight_kg=Decimal("73.3"))
    page = reverse("session", args=[fresh.pk])
    nils, priya = browser_of(house.nils), browser_of(house.priya)

    def seen(browser: Client) -> bool:
        text = browser.get(page).content.decode()
        return any(
            figure in text for figure in ("73.3", str(worksheet.dose_mg), str(worksheet.rate_ml_per_h))
        )

    assert (seen(nils), seen(priya)) == (True, False)
    found = {**stories.FOUND, "weight_kg": "73.3", "dose_mg": "36.7", "drug_volume_ml": "0.73"}
    found["concentration_mg_per_ml"] = "0.367"
    assert check(priya, fresh, **{**found, "dose_mg": "39.0"}).status_code == 302
    assert (seen(nils), seen(priya)) == (True, False), "checked again, it is checked blind again"
    assert "Dose: 36.7 here, 39 by Priya Nair" in words(nils.get(page))
    assert check(priya, fresh, **{**found, "dose_mg": str(worksheet.dose_mg)}).status_code == 302
    assert DoseCheck.objects.latest("revision").disagreements == []
    assert seen(priya)


def test_what_changed_meanwhile_tells_a_check_that_differed_from_one_that_agreed(house: House) -> None:
    session, nils = stories.prepared(house), browser_of(house.nils)
    start = hidden(nils.get(reverse("session", args=[session.pk])).content.decode(), "start")
    for dose_mg in (Decimal(39), Decimal(35)):
        stories.check_dose(house, session, session.dose_worksheets.get(), at=NOW, dose_mg=dose_mg)
    refused = nils.post(reverse("session_start", args=[session.pk]), start)
    assert refused.status_code == 412
    assert (
        "Priya Nair checked the dose and found a difference at 09:00; "
        "Priya Nair checked the dose and agreed at 09:00: look again."
    ) in words(refused)


def test_the_second_person_checks_and_the_first_is_sent_for_somebody_else(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    address = reverse("session_check_dose", args=[session.pk])
    assert "Somebody else must check this dose" in words(browser_of(house.nils).get(address))
    forced = browser_of(house.nils).post(address, {"id": new_id(), **stories.FOUND})
    assert (forced.status_code, DoseCheck.objects.count()) == (400, 0)
    assert check(browser_of(house.priya), session).status_code == 302
    assert DoseCheck.objects.get().disagreements == []


def test_the_second_person_checks_on_the_first_ones_tablet_with_their_own_password(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session_check_dose", args=[session.pk])).content.decode()
    assert "Nils Berg" not in page.partition("<select")[2].partition("</select>")[0]
    assert "35.0" not in page
    priya = {"colleague": str(house.priya.pk), "password": PASSWORD, "code": ""}
    for change in (
        {"password": "guessed"},
        {"password": ""},
        {"colleague": str(house.nils.pk)},
        {"colleague": str(house.ana.pk)},
    ):
        assert check(nils, session, **{**priya, **change}).status_code in (400, 409)
    assert not DoseCheck.objects.exists()
    assert check(nils, session, **priya).status_code == 302
    assert DoseCheck.objects.get().recorded_by == house.priya
    assert nils.get(reverse("nurse_station")).wsgi_request.user == house.nils


def test_who_guesses_a_colleagues_password_is_soon_refused(house: House) -> None:
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW)
    nils = browser_of(house.nils)
    priya = {"colleague": str(house.priya.pk), "code": ""}
    tried = [check(nils, session, **priya, password="guessed").status_code for _ in range(6)]
    assert tried == [400] * 5 + [429]
    assert check(nils, session, **priya, password=PASSWORD).status_code == 429
    assert not DoseCheck.objects.exists()


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


def test_the_nurse_reads_on_the_sessions_page_why_it_must_not_pass(house: House) -> None:
    session = stories.arrived(house)
    line = stories.fail(house, session, "pregnancy", at=NOW)
    page, refuse = (reverse(name, args=[session.pk]) for name in ("session", "session_refuse"))
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    seen = {"id": new_id(), "subject": "checklist:pregnancy", "about": line.pk}
    assert priya.post(refuse, {**seen, "reason": "Needs a urine test"}).status_code == 302

    said = words(nils.get(page))

    assert f"It must not pass: Needs a urine test {house.priya.full_name}" in said
    assert "A prescriber decided that it must not pass; why stands above." in said
    assert "the prescriber must decide" not in said
    stories.fail(house, session, "pregnancy", at=NOW, note="Test taken, not read")
    newer = words(nils.get(page))
    assert "Needs a urine test" not in newer
    assert "the prescriber must decide" in newer


# --- The dose ----------------------------------------------------------------------------------------------

DOSE = {"weight_kg": "160.0", "stock_mg_per_ml": "50", "bag_volume_ml": "100", "minutes": "40"}


def test_a_first_weight_is_asked_about_before_it_is_kept_and_not_before_it_is_asked(house: House) -> None:
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    assert "Read again: it is so" not in page
    address, sent = reverse("session_dose", args=[session.pk]), {**hidden(page, "dose"), **DOSE}
    asked = nils.post(address, sent)
    assert (asked.status_code, session.dose_worksheets.count()) == (400, 0)
    assert "160 kg is 352.7 lb. Is it so?" in words(asked)
    assert "Read again: it is so" in words(asked)
    assert nils.post(address, {**sent, "confirmed": "on"}).status_code == 302
    assert session.dose_worksheets.get().weight_kg == Decimal("160.0")


def test_another_weight_was_read_now_and_the_same_one_when_it_was(house: House, monkeypatch: Any) -> None:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW, weight_kg=Decimal("160.0"))
    later = NOW + timedelta(minutes=12)
    monkeypatch.setattr(clock, "now", lambda: later)
    nils, address = browser_of(house.nils), reverse("session_dose", args=[session.pk])

    def corrected(**changes: str) -> Any:
        page = nils.get(reverse("session", args=[session.pk])).content.decode()
        sent = {
            **hidden(page, "dose"),
            **DOSE,
            "correction_reason": "Read again",
            "confirmed": "on",
            **changes,
        }
        assert nils.post(address, sent).status_code == 302
        return session.dose_worksheets.get(corrected_by=None)

    assert corrected(bag_volume_ml="50").weighed_at == first.weighed_at
    assert corrected(weight_kg="", weight_lb="160.0").weighed_at == later


def test_bag_and_line_are_as_last_time_and_the_vial_is_read_anew(house: House) -> None:
    earlier = stories.arrived(house)
    stories.weigh(house, earlier, at=NOW, bag_volume_ml=Decimal("250"), dead_space_ml=Decimal("18"))
    session = stories.arrived(house, at=NOW + timedelta(days=3))
    page = browser_of(house.nils).get(reverse("session", args=[session.pk])).content.decode()
    form = page.partition('id="dose"')[2].partition("</form>")[0]
    assert 'name="bag_volume_ml" value="250.0"' in form
    assert 'name="dead_space_ml" value="18.0"' in form
    assert "checked" not in form


@pytest.mark.parametrize(("stays", "said"), [("0", False), ("18", True)])
def test_the_dose_says_how_much_of_it_reaches_the_patient(house: House, stays: str, said: bool) -> None:
    """35 mg in 250 mL, of which 18 mL stay in the line."""
    session = stories.arrived(house)
    stories.weigh(house, session, at=NOW, bag_volume_ml=Decimal("250"), dead_space_ml=Decimal(stays))
    page = words(browser_of(house.nils).get(reverse("session", args=[session.pk])))
    assert ("Stays in the line 18 mL: 32.5 mg reach the patient" in page) == said


# --- The checklist -----------------------------------------------------------------------------------------


def test_the_record_answers_on_the_page_and_nobody_passes_against_it(house: House) -> None:
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk]))
    said = words(page)
    assert "Consent current and signed From the record Signed Dec 12, 2026, form 2026-1." in said
    assert "Weight measured today Open No weight is on record: enter it with the dose." in said
    sent = {**hidden(page.content.decode(), "checklist"), "answers_weight_result": "pass"}
    refused = nils.post(reverse("session_checklist", args=[session.pk]), sent)
    assert refused.status_code == 400
    assert "No weight is on record: enter it with the dose. If the record is wrong" in words(refused)
    assert not session.checklist_answers.exists()


def test_which_note_an_answer_needs_is_known_before_it_is_sent(house: House) -> None:
    session = stories.arrived(house)
    page = browser_of(house.nils).get(reverse("session", args=[session.pk]))
    assert "Whatever doesn't pass needs a note" in words(page)
    mood = unescape(page.content.decode()).partition('name="answers_mood_note"')[2].partition("</details>")[0]
    asked = dict(re.findall(r'data-needed-for="(\w[\w-]*)" hidden>.*?(Write down [^<]*)<', mood, re.DOTALL))
    assert asked == {
        "fail": "Write down what was found, for the prescriber.",
        "unknown": "Write down why it is unknown, for the prescriber.",
        "not_applicable": "Write down why this doesn't apply.",
    }
    for result, needed in asked.items():
        sent = {**hidden(page.content.decode(), "checklist"), "answers_mood_result": result}
        refused = browser_of(house.nils).post(reverse("session_checklist", args=[session.pk]), sent)
        assert refused.status_code == 400
        assert f": {needed[0].lower()}{needed[1:]}" in words(refused)


def test_an_answer_given_meanwhile_is_shown_before_it_is_replaced(house: House) -> None:
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    address = reverse("session_checklist", args=[session.pk])
    shown = hidden(nils.get(reverse("session", args=[session.pk])).content.decode(), "checklist")
    stories.fail(house, session, "suicidality", at=NOW, note="Tells of a plan")
    sent = {"answers_suicidality_result": "pass", "answers_suicidality_reason": "Asked again: none"}
    late = nils.post(address, {**shown, **sent, "answers_mood_result": "pass"})
    assert late.status_code == 400
    assert "Nils Berg has answered “Fail” (Tells of a plan) at 09:00: look again" in words(late)
    assert session.checklist_answers.count() == 1
    again = {**hidden(late.content.decode(), "checklist"), **sent}
    assert nils.post(address, again).status_code == 302
    assert session.checklist_answers.get(corrected_by=None, item="suicidality").result == "pass"


def test_saving_again_undoes_nothing_that_somebody_else_found(house: House) -> None:
    """The page sends every item along; what nobody touched on it says nothing."""
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    address = reverse("session_checklist", args=[session.pk])
    first = hidden(nils.get(reverse("session", args=[session.pk])).content.decode(), "checklist")
    assert nils.post(address, {**first, "answers_mood_result": "pass"}).status_code == 302
    shown = hidden(nils.get(reverse("session", args=[session.pk])).content.decode(), "checklist")
    stories.fail(house, session, "mood", at=NOW, note="In tears")
    sent = {**shown, "answers_mood_result": "pass", "answers_identity_result": "pass"}
    assert nils.post(address, sent).status_code == 302
    assert session.checklist_answers.get(corrected_by=None, item="mood").result == "fail"


def test_the_form_marks_what_is_due_before_the_start_and_allergies_stand_above_all(house: House) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Latex", clinical_status="active")
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    assert page.index("Latex") < page.index('id="part-checklist"')
    alone = re.findall(r'data-before="\w*" data-alone>.*?name="answers_(\w+)_seen"', page, re.DOTALL)
    assert {"suicidality", "pregnancy", "allergies"} <= set(alone), "no tap for a group answers these"
    marked = re.findall(r'name="(\w+)"[^>]*aria-required', page)
    assert set(marked) == {
        "systolic_mmhg",
        "diastolic_mmhg",
        "heart_rate_per_min",
        "respiratory_rate_per_min",
        "oxygen_saturation_percent",
        "temperature_cel",
        "rass",
        "pain_nrs",
    }
    stories.measure(house, session, stories.calm(NOW))
    assert "aria-required" not in nils.get(reverse("session", args=[session.pk])).content.decode()
    running = stories.infusing(house, house.omar)
    assert "aria-required" not in nils.get(reverse("session", args=[running.pk])).content.decode()


def test_next_is_what_the_start_still_needs(house: House) -> None:
    session = stories.arrived(house)
    nils, page = browser_of(house.nils), reverse("session", args=[session.pk])

    def said() -> str:
        found = re.search(r"<strong>Now:</strong> (.*?)</span>", nils.get(page).content.decode())
        assert found
        return found[1]

    assert said() == "Begin the checklist"
    stories.measure(house, session, stories.calm(NOW))
    assert said() == "Checklist, then dose and its check, then start"
    checklist.answer(actor=house.actor(house.nils), session=session, answers=stories.ALL_PASS, now=NOW)
    worksheet = stories.weigh(house, session, at=NOW)
    assert said() == "Check of the dose, then start"
    stories.check_dose(house, session, worksheet, at=NOW)
    assert said() == "Start"


def test_whatever_the_start_needs_has_a_word_for_what_comes_next() -> None:
    assert set(LEFT_BEFORE_START) == set(states.ACTS["start"].requires)
