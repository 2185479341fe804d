"""Going home, signing, amending and printing, as the nurse does it on her pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from clinic.models import AccessLog, Patient
from sessions_app import states
from sessions_app.models import SignedRecord
from sessions_app.outcomes import responses
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words
from tests.web.test_nurse import HOME, SIGNS, Wall, hidden, send, wall
from web.views.sessions import places

__all__ = ["wall"]


@pytest.fixture
def later(wall: Wall) -> Wall:
    wall.after(minutes=125)
    return wall


def page_of(user: Any, session: Any) -> str:
    return browser_of(user).get(reverse("session", args=[session.pk])).content.decode()


def test_the_discharge_form_reckons_what_it_can_and_fills_in_what_is_known(house: House, later: Wall) -> None:
    session = stories.observed(house)
    page = page_of(house.nils, session)
    assert "<strong>2</strong> of 2 points" in page
    assert 'name="vital_signs_score"' not in page
    assert 'name="suicidality_asked_again"' not in page
    assert 'name="escort_name" value="Sam Reyes"' in page
    assert 'name="escort_phone" value="312 555 0100"' in page
    assert send(browser_of(house.nils), session, "discharge", HOME).status_code == 302


def test_the_discharge_form_names_what_the_record_still_lacks(house: House, wall: Wall) -> None:
    session = stories.recovering(house)
    wall.after(minutes=70)
    page = page_of(house.nils, session)
    assert "Record vital signs after the infusion stopped." in page
    refused = send(browser_of(house.nils), session, "discharge", {**HOME, "escort_seen": ""})
    assert refused.status_code == 409
    page = refused.content.decode()
    top = page[page.index('id="refused"') :].split("</ul>")[0]
    assert page.index('id="refused"') < page.index('id="part-vitals"')
    assert "Not done: discharge the patient." in top
    for anchor, words_of_it in (
        ("#part-vitals", "Record vital signs after the infusion stopped."),
        ("#discharge_escort_seen", "See the adult who takes the patient home."),
    ):
        assert f'<a href="{anchor}">{words_of_it}' in top
        assert f'id="{anchor[1:]}"' in page


@pytest.mark.parametrize("act", list(states.ACTS))
def test_everything_that_can_be_missing_has_its_place(house: House, act: str) -> None:
    session = stories.arrived(house)
    assert all(places.place_of(code, session) for code in states.ACTS[act].requires)


def test_a_refused_field_is_told_on_top_too(house: House, later: Wall) -> None:
    session = stories.observed(house)
    refused = send(browser_of(house.nils), session, "discharge", {**HOME, "intake_score": ""})
    page = refused.content.decode()
    assert "Intake and output: " in page[page.index('id="refused"') :].split("</ul>")[0]


def test_who_lets_somebody_home_reads_what_was_answered_about_suicidality(house: House, later: Wall) -> None:
    session = stories.observed(house)
    assert "Nothing positive in this visit" in page_of(house.nils, session)
    nils, at = house.actor(house.nils), session.arrived_at + timedelta(minutes=50)
    asked = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="mood-items", how="interview", now=at
    )
    responses.answer(actor=nils, id=new_id(), response=asked, item=3, value=1, now=at)
    page = words(browser_of(house.nils).get(reverse("session", args=[session.pk])))
    assert "Suicidality asked, no concern: pass" in page
    assert "hurting yourself in some way”: Several days, Mon, Jan 11, 09:50" in page
    assert "I asked again now about thoughts of suicide or self-harm, and found no concern" in page
    refused = send(browser_of(house.nils), session, "discharge", HOME)
    assert '<a href="#discharge_suicidality_asked_again">' in refused.content.decode()


def test_a_wrong_password_is_said_at_its_field_and_never_shown_again(house: House, later: Wall) -> None:
    session = stories.discharged(house)
    refused = send(browser_of(house.nils), session, "sign", {"meaning": "gave", "password": "Hunter-two"})
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "This is not your password." in page
    assert "Hunter-two" not in page
    signed = send(browser_of(house.nils), session, "sign", {"meaning": "gave", "password": PASSWORD})
    assert signed.status_code == 302


def test_nobody_signs_what_a_colleague_has_written_since_the_page_was_opened(
    house: House, later: Wall
) -> None:
    session = stories.discharged(house)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    seen = hidden(page_of(house.nils, session), "sign")
    assert send(priya, session, "note", {"text": "She was dizzy on the stairs."}).status_code == 302
    values = {"meaning": "gave", "password": PASSWORD}
    refused = nils.post(reverse("session_sign", args=[session.pk]), {**seen, **values})
    page = refused.content.decode()
    assert refused.status_code == 412
    assert "Priya Nair wrote a note at 11:05: look again." in page
    assert "She was dizzy on the stairs." in page
    assert not SignedRecord.objects.exists()
    again = {**hidden(page, "sign"), **values}
    assert nils.post(reverse("session_sign", args=[session.pk]), again).status_code == 302
    assert SignedRecord.objects.get().version == 1


def test_each_person_is_offered_only_what_they_may_say(house: House, later: Wall) -> None:
    session = stories.discharged(house)
    nils, priya = page_of(house.nils, session), page_of(house.priya, session)
    assert stories.SAYS in nils
    assert stories.SAYS not in priya
    assert "As a prescriber I have read this record" in priya


def test_a_form_on_a_signed_page_says_beforehand_that_it_signs_an_amendment(
    house: House, later: Wall
) -> None:
    session = stories.signed(house)
    page = page_of(house.nils, session)
    assert "Sending this signs an amendment" in page
    without = send(
        browser_of(house.nils),
        session,
        "vitals",
        {**SIGNS, "measured_at": "2027-01-11T09:10", "correction_reason": "Late"},
    )
    assert without.status_code == 400
    assert SignedRecord.objects.filter(session=session).count() == 1


def test_any_line_is_amended_from_the_page(house: House, later: Wall) -> None:
    session = stories.signed(house)
    home = session.discharges.get()
    nils, query = browser_of(house.nils), f"?correct={home.pk}"
    page = nils.get(reverse("session", args=[session.pk]) + query).content.decode()
    assert 'name="escort_name" value="Sam Reyes"' in page
    values = {
        "escort_name": "Kim Reyes",
        "escort_phone": "312 555 0101",
        "instructions_given": "on",
        "correction_reason": "It was her sister",
        "password": PASSWORD,
    }
    answer = send(nils, session, "amend", values, query)
    assert answer.status_code == 302, answer.content.decode()
    assert session.discharges.get(corrects=home).escort_name == "Kim Reyes"
    record = nils.get(reverse("signed_record", args=[session.pk])).content.decode()
    assert record.count('class="new-line"') == 1


def test_a_late_note_is_an_amendment_too(house: House, later: Wall) -> None:
    session = stories.signed(house)
    values = {"text": "She called.", "correction_reason": "Heard of later", "password": PASSWORD}
    answer = send(browser_of(house.nils), session, "amend", values)
    assert answer.status_code == 302, answer.content.decode()
    assert session.notes.get().amendment is not None
    compared = browser_of(house.nils).get(reverse("compare_record", args=[session.pk])).content.decode()
    assert "Notes: added" in compared
    assert "She called." in compared


def test_an_amendment_on_an_older_version_is_refused_with_what_changed(house: House, later: Wall) -> None:
    session = stories.signed(house)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    seen = hidden(page_of(house.nils, session), "amend")
    values = {"text": "She called.", "correction_reason": "Heard of later", "password": PASSWORD}
    assert send(priya, session, "amend", values).status_code == 302
    refused = nils.post(reverse("session_amend", args=[session.pk]), {**seen, **values})
    page = refused.content.decode()
    assert refused.status_code == 412
    assert "Priya Nair wrote a note at 11:05: look again." in page
    assert SignedRecord.objects.filter(session=session).count() == 2
    again = {**hidden(page, "amend"), **values}
    assert nils.post(reverse("session_amend", args=[session.pk]), again).status_code == 302
    api = client_of(house.nils)
    [listed] = api.get("/api/v1/sessions/").json()["results"]
    assert api.get(f"/api/v1/sessions/{session.pk}/").headers["ETag"] == f'"{listed["revision"]}"'


def test_a_late_set_that_comes_back_stale_has_every_symptom_that_was_ticked(
    house: House, later: Wall
) -> None:
    session = stories.signed(house)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    seen = hidden(page_of(house.nils, session), "vitals")
    said = {"correction_reason": "Heard of later", "password": PASSWORD}
    assert send(priya, session, "amend", {"text": "She called.", **said}).status_code == 302
    ticked = {"symptoms": ["chest_pain", "dyspnoea"], "measured_at": "2027-01-11T10:55"}
    refused = nils.post(reverse("session_vitals", args=[session.pk]), {**seen, **SIGNS, **said, **ticked})
    assert refused.status_code == 412
    page = refused.content.decode()
    form = page[page.index('id="part-vitals"') :].split("</form>")[0]
    assert re.findall(r'name="symptoms" value="(\w+)"[^>]* checked', form) == ["chest_pain", "dyspnoea"]


def test_an_amended_reading_keeps_why_something_is_missing(house: House, later: Wall) -> None:
    session = stories.discharged(house)
    why = "Temperature is measured at baseline."
    at = session.arrived_at + timedelta(minutes=110)
    line = stories.measure(house, session, stories.calm(at, temperature_cel=None, absent_reason=why))
    stories.sign(house, session)
    query = f"?correct={line.pk}"
    page = browser_of(house.nils).get(reverse("session", args=[session.pk]) + query).content.decode()
    assert f'<option value="{why}" selected>{why}</option>' in page


def test_who_wrote_what_in_a_session_is_told_in_order(house: House, later: Wall) -> None:
    session = stories.signed(house)
    values = {"text": "She called.", "correction_reason": "Heard of later", "password": PASSWORD}
    send(browser_of(house.nils), session, "amend", values)
    told = words(browser_of(house.max).get(reverse("who_wrote", args=[session.pk])))
    prepared = told.index("Nils Berg prepared the dose")
    assert (
        prepared < told.index("Priya Nair checked the dose and agreed") < told.index("started the infusion")
    )
    assert "Nils Berg wrote a note (after the signature)" in told
    lines = client_of(house.max).get(f"/api/v1/sessions/{session.pk}/written/").json()
    assert [lines[0]["part"], lines[-1]["part"]] == ["checklist", "notes"]
    assert AccessLog.objects.filter(user=house.max, what="changes of a session").count() == 2


@pytest.mark.parametrize(
    ("language", "title"), [("en", "After your visit"), ("es-MX", "Después de su visita")]
)
def test_the_instructions_are_printed_in_the_patients_language(
    house: House, wall: Wall, language: str, title: str
) -> None:
    session = stories.recovering(house)
    Patient.objects.filter(pk=house.rosa.pk).update(language=language)
    assert reverse("take_home", args=[session.pk]) in page_of(house.nils, session)
    page = words(browser_of(house.nils).get(reverse("take_home", args=[session.pk])))
    assert title in page
    assert "(312) 555-0100" in page
    leaflet = client_of(house.nils).get(f"/api/v1/sessions/{session.pk}/instructions/").json()
    assert (leaflet["title"], leaflet["language"]) == (title, language[:2])


def test_the_instructions_can_be_read_by_whoever_hands_them_over(house: House, wall: Wall) -> None:
    session = stories.recovering(house)
    Patient.objects.filter(pk=house.rosa.pk).update(language="es")
    nils, address = browser_of(house.nils), reverse("take_home", args=[session.pk])
    shown = {
        chosen: nils.get(address, {"language": chosen}).content.decode() for chosen in ("es", "en", "all")
    }
    found = {
        chosen: [title for title in ("Después de su visita", "After your visit") if f"<h1>{title}" in page]
        for chosen, page in shown.items()
    }
    assert found == {
        "es": ["Después de su visita"],
        "en": ["After your visit"],
        "all": ["Después de su visita", "After your visit"],
    }


def test_of_a_signed_record_what_a_version_changed_stands_open_and_the_rest_folded(
    house: House, later: Wall
) -> None:
    session = stories.signed(house)
    values = {"text": "She called.", "correction_reason": "Heard of later", "password": PASSWORD}
    send(browser_of(house.nils), session, "amend", values)
    page = browser_of(house.nils).get(reverse("signed_record", args=[session.pk])).content.decode()
    parts = re.findall(r"<details( open)?>\s*<summary>\s*<h3>([^<]+)</h3>", page)
    assert (" open", "Notes") in parts
    assert ("", "Checklist") in parts
    assert parts.count((" open", "Signatures")) == 2
    assert (
        "<details"
        not in browser_of(house.nils).get(reverse("print_record", args=[session.pk])).content.decode()
    )


def test_the_record_is_printed_for_the_chart_and_each_look_is_written_down(house: House, later: Wall) -> None:
    session = stories.signed(house)
    priya = browser_of(house.priya)
    page = priya.get(reverse("print_record", args=[session.pk])).content.decode()
    assert "Rosa Delgado" in page
    assert "web/print.css" in page
    assert 'rel="icon"' in page  # or the browser asks for one, and is told 404
    pdf = priya.get(reverse("record_pdf", args=[session.pk]))
    assert pdf.content.startswith(b"%PDF-")
    assert "Rosa" not in pdf["Content-Disposition"]
    looks = AccessLog.objects.filter(user=house.priya, what="signed record, printed")
    assert looks.count() == 2


@pytest.mark.parametrize("name", ["print_record", "record_pdf", "compare_record"])
def test_what_is_not_signed_has_no_paper(house: House, other_house: House, wall: Wall, name: str) -> None:
    session = stories.arrived(house)
    address = reverse(name, args=[session.pk])
    assert browser_of(house.nils).get(address).status_code == 404
    assert browser_of(other_house.nils).get(address).status_code == 404
    assert browser_of(house.ana).get(address).status_code == 403


def test_a_password_that_was_sent_after_the_sign_in_had_run_out_is_not_written_into_the_page(
    house: House, later: Wall
) -> None:
    session = stories.discharged(house)
    nobody = browser_of(house.nils)
    nobody.logout()
    page = nobody.post(
        reverse("session_sign", args=[session.pk]), {"meaning": "gave", "password": "Hunter-two"}
    )
    assert "Hunter-two" not in page.content.decode()
    assert NOW + timedelta(minutes=1) < later.shows
