"""The nurse's pages as she uses them: station, session from checklist to signature, signed record."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic import clock
from clinic.models import AccessLog
from sessions_app.models import Session, SignedRecord
from sessions_app.signing.verification import verify_chain
from tests.cast import NOW, PASSWORD, House
from tests.sessions_app import stories
from tests.web.pages import browser_of
from web.templatetags.session import amount


class Wall:
    """The clock on the wall, which the pages read."""

    shows: datetime = NOW

    def after(self, **lapse: int) -> datetime:
        self.shows += timedelta(**lapse)
        return self.shows


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Wall:
    settings.IDLE_LOGOFF = timedelta(hours=4)  # between two steps of a story the nurse is not idle
    wall = Wall()
    monkeypatch.setattr(clock, "now", lambda: wall.shows)
    return wall


def hidden(page: str, act: str) -> dict[str, str]:
    """The hidden fields of one of the page's forms."""
    form = re.search(rf'<form[^>]*id="{act}".*?</form>', page, re.DOTALL)
    assert form, f"the page has no form {act}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def send(client: Client, session: Session, act: str, values: dict[str, Any], query: str = "") -> Any:
    """Fill in and send one of the session's forms, as it stands on the page now."""
    page = client.get(reverse("session", args=[session.pk]) + query).content.decode()
    return client.post(reverse(f"session_{act}", args=[session.pk]), {**hidden(page, act), **values})


SIGNS = {key: str(value) for key, value in stories.CALM.values.items() if value is not None}
HOME = {
    "oriented": "on",
    "steady_gait": "on",
    "nausea_pain_score": "2",
    "iv_site_score": "2",
    "intake_score": "1",
    "iv_removed": "on",
    "escort_name": "Sam Reyes",
    "escort_phone": "312 555 0100",
    "escort_seen": "on",
    "instructions_given": "on",
}
NAUSEA = {
    "term": "nausea",
    "grade": "1",
    "source": "observed",
    "seriousness": "Non-serious",
    "relatedness": "Possible",
    "outcome": "ongoing",
}
WEIGHT = {
    "weight_kg": "70.0",
    "stock_mg_per_ml": "50",
    "bag_volume_ml": "100",
    "minutes": "40",
    "confirmed": "on",
}


def test_the_whole_visit_from_the_nurses_pages(house: House, wall: Wall) -> None:
    stories.arrived_visit(house)
    nils = browser_of(house.nils)
    station = nils.get(reverse("nurse_station")).content.decode()
    assert "Rosa Delgado" in station
    button = re.search(r'action="(/nurse/visits/[^"]+)".*?name="id" value="([^"]+)"', station, re.DOTALL)
    assert button
    visit, id = button.groups()
    opened = nils.post(visit, {"id": id})
    session = Session.objects.get(pk=id)
    assert opened["Location"] == reverse("session", args=[session.pk])

    wall.after(minutes=10)
    answers = {f"answers_{item.code}_result": "pass" for item in stories.ASKED}
    answers |= {"answers_ride_home_note": "Sam Reyes, 555 0100", "answers_clinician_on_site_note": "Dr. Nair"}
    steps: list[tuple[str, int, dict[str, Any]]] = [
        ("checklist", 0, answers),
        ("dose", 0, WEIGHT),
        ("vitals", 0, SIGNS),
        ("start", 5, {}),
        ("side_effect", 10, NAUSEA),
        ("pause", 0, {"reason": "Nausea"}),
        ("vitals", 5, SIGNS),
        ("resume", 0, {}),
        ("stop", 30, {}),
        ("vitals", 45, {**SIGNS, "dissociation": "0"}),
        ("vitals", 15, {**SIGNS, "dissociation": "0"}),
        ("discharge", 0, HOME),
        ("waste", 0, {"vial": "LOT 7", "drawn_mg": "50", "wasted_mg": "15.0"}),
        ("sign", 5, {"meaning": stories.MEANING, "password": PASSWORD}),
    ]
    for act, minutes, values in steps:
        wall.after(minutes=minutes)
        if act == "sign":
            seen = {"waste": str(session.wastes.get().pk)}
            assert send(browser_of(house.priya), session, "witness", seen).status_code == 302
        if act == "start":
            stories.check_dose(house, session, session.dose_worksheets.get(), at=wall.shows)
        answer = send(nils, session, act, values)
        assert answer.status_code == 302, (act, answer.content.decode())
    assert stories.fresh(session).state == "signed"

    wrong = session.vital_signs.earliest("recorded_at")
    query = f"?correct={wrong.pk}"
    corrected = {**SIGNS, "systolic_mmhg": "132", "correction_reason": "The cuff had slipped"}
    corrected |= {"password": PASSWORD}
    amended = send(nils, session, "vitals", {**corrected, "measured_at": "2027-01-11T09:10"}, query)
    assert amended.status_code == 302, amended.content.decode()
    assert SignedRecord.objects.filter(session=session).count() == 2
    assert verify_chain(patient=house.rosa) is None
    record = nils.get(reverse("signed_record", args=[session.pk])).content.decode()
    assert record.count("<article") == 2
    assert "The cuff had slipped" in record
    assert record.count('class="new-line"') == 1


def test_a_form_sent_twice_records_once(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    sent = {**hidden(page, "vitals"), **SIGNS}
    for _ in range(2):
        assert nils.post(reverse("session_vitals", args=[session.pk]), sent).status_code == 302
    assert session.vital_signs.count() == 2


def test_a_refused_form_is_shown_again_as_it_was_filled(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils = browser_of(house.nils)
    refused = send(nils, session, "vitals", {**SIGNS, "temperature_cel": "98.6", "pain_nrs": "4"})
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Is this in Fahrenheit? 98.6 °F is 37.0 °C: enter that." in page
    assert 'name="temperature_cel" value="98.6"' in page
    assert 'name="pain_nrs" value="4"' in page
    again = {**hidden(page, "vitals"), **SIGNS, "temperature_cel": "37.0"}
    assert nils.post(reverse("session_vitals", args=[session.pk]), again).status_code == 302


@pytest.mark.parametrize("who", ["nils", "max"])
def test_the_address_of_an_entry_opened_again_leads_to_the_session(
    house: House, wall: Wall, who: str
) -> None:
    """After a refused form the browser stands there; `max` may read it, and record nothing."""
    session, browser = stories.infusing(house), browser_of(getattr(house, who))
    opened = browser.get(reverse("session_dose", args=[session.pk]))
    assert (opened.status_code, opened["Location"]) == (302, reverse("session", args=[session.pk]))
    assert browser_of(house.ana).get(reverse("session_dose", args=[session.pk])).status_code == 403
    assert browser_of(house.max).post(reverse("session_stop", args=[session.pk])).status_code == 403


def test_a_step_that_came_too_late_says_why_and_keeps_what_was_typed(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    sent = {**hidden(page, "pause"), "reason": "Patient asks for a moment"}
    assert send(nils, session, "stop", {}).status_code == 302
    late = nils.post(reverse("session_pause", args=[session.pk]), sent)
    assert late.status_code == 409
    assert "the session is recovering, and must be infusing" in late.content.decode()
    assert "Patient asks for a moment" in late.content.decode()


def test_the_page_says_what_the_start_still_needs(house: House, wall: Wall) -> None:
    session = stories.arrived(house)
    nils = browser_of(house.nils)
    assert send(nils, session, "checklist", {"answers_identity_result": "pass"}).status_code == 302
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    assert "Prepare the dose on the worksheet." in page
    assert "16 open" in page
    refused = send(nils, session, "start", {})
    assert refused.status_code == 409


def test_a_checklist_note_that_is_missing_is_named_at_its_item(house: House, wall: Wall) -> None:
    session = stories.arrived(house)
    answer = send(browser_of(house.nils), session, "checklist", {"answers_fasting_result": "fail"})
    assert answer.status_code == 400
    named = "Fasting as the protocol asks: write down what was found, for the prescriber."
    assert named in answer.content.decode()


def test_a_correction_of_the_reading_at_arrival_keeps_its_second(house: House, wall: Wall) -> None:
    """The page takes minutes; the reading of 9:00:30 must not move before the arrival at 9:00:30."""
    session = stories.arrived(house, at=NOW + timedelta(seconds=30))
    line = stories.measure(house, session, stories.calm(NOW + timedelta(seconds=30)))
    wall.after(minutes=5)
    values = {**SIGNS, "pain_nrs": "3", "measured_at": "2027-01-11T09:00", "correction_reason": "Misheard"}
    answer = send(browser_of(house.nils), session, "vitals", values, f"?correct={line.pk}")
    assert answer.status_code == 302, answer.content.decode()
    assert session.vital_signs.get(corrects=line).measured_at == line.measured_at


@pytest.mark.parametrize(("name", "status"), [("nils", 200), ("priya", 200), ("max", 200), ("ana", 403)])
def test_the_desk_does_not_see_the_nurses_pages(house: House, wall: Wall, name: str, status: int) -> None:
    session = stories.signed(house)
    client = browser_of(getattr(house, name))
    for address in (
        reverse("nurse_station"),
        reverse("session", args=[session.pk]),
        reverse("signed_record", args=[session.pk]),
    ):
        assert client.get(address).status_code == status


def test_a_manager_reads_and_is_shown_no_form(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    max = browser_of(house.max)
    page = max.get(reverse("session", args=[session.pk])).content.decode()
    assert "Rosa Delgado" in page
    assert 'id="vitals"' not in page
    assert max.post(reverse("session_pause", args=[session.pk]), {}).status_code == 403
    assert AccessLog.objects.filter(user=house.max, patient=house.rosa, what="session").count() == 1


def test_another_clinics_session_is_not_there(house: House, other_house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    outsider = browser_of(other_house.nils)
    assert outsider.get(reverse("session", args=[session.pk])).status_code == 404
    assert outsider.post(reverse("session_pause", args=[session.pk]), {}).status_code == 404


@pytest.mark.parametrize(("value", "said"), [("0.500", "0.5"), ("10.000", "10"), ("50.0", "50")])
def test_an_amount_is_said_without_empty_zeros_and_without_an_exponent(value: str, said: str) -> None:
    assert amount(Decimal(value)) == said


def test_the_station_needs_a_fixed_number_of_queries(house: House, wall: Wall) -> None:
    nils = browser_of(house.nils)
    stories.infusing(house)
    few = _queries(nils, reverse("nurse_station"))
    session = stories.infusing(house, house.omar)
    for minutes in range(21, 31):
        stories.measure(house, session, stories.calm(NOW + timedelta(minutes=minutes)))
    wall.after(minutes=35)
    assert _queries(nils, reverse("nurse_station")) == few
    assert "5 min ago" in nils.get(reverse("nurse_station")).content.decode()


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_task_about_a_reading_leads_to_its_session(house: House) -> None:
    session = stories.infusing(house)
    low = stories.calm(stories.STARTED_AT, oxygen_saturation_percent=84, confirmed=True)
    stories.measure(house, session, low)
    tasks = browser_of(house.nils).get("/tasks/").content.decode()
    assert f'href="/sessions/{session.pk}/"' in tasks
    assert "Open the session" in tasks
    assert "Read more" not in browser_of(house.ana).get("/tasks/").content.decode()
