"""The infusion on the nurse's page: running total, rates, boluses, medicines, waste, notes, stale pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import clock
from clinic.models import Allergy
from sessions_app import notes
from sessions_app.models import Session, WasteWitness
from tests.cast import PASSWORD, House
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of
from tests.web.test_nurse import SIGNS, Wall, hidden, send

ORDERED = {"confirmed": "on", "reason": "Dr. Nair ordered it"}


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Wall:
    settings.IDLE_LOGOFF = timedelta(hours=4)
    wall = Wall()
    wall.shows = STARTED_AT
    monkeypatch.setattr(clock, "now", lambda: wall.shows)
    return wall


def page_of(client: Client, session: Session) -> str:
    return client.get(reverse("session", args=[session.pk])).content.decode()


def post(client: Client, session: Session, act: str, values: dict[str, Any]) -> Any:
    return client.post(reverse(f"session_{act}", args=[session.pk]), values)


def shown(page: str, part: str) -> str:
    found = re.search(rf"<span data-{part}>([^<]*)</span>", page)
    assert found, f"the page shows no {part}"
    return found[1]


def test_the_page_shows_what_was_given_as_of_its_load(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    page = page_of(nils, session)
    assert (shown(page, "mg"), shown(page, "volume"), shown(page, "left")) == ("8.8", "25.00", "30")
    assert "As of 09:30." in page
    assert 'data-ml-per-h="150.0"' in page
    assert 'data-mg-per-ml="0.35"' in page
    assert "Hard limit of the protocol" in page
    assert send(nils, session, "rate", {"rate_ml_per_h": "75.0"}).status_code == 302
    assert send(nils, session, "bolus", {"volume_ml": "4.0", **ORDERED}).status_code == 302
    wall.after(minutes=10)
    assert shown(page_of(nils, session), "mg") == "14.5"
    assert send(nils, session, "stop", {"reason": "Distress"}).status_code == 302
    page = page_of(nils, session)
    assert shown(page, "mg") == "14.5"
    assert "data-ml-per-h" not in page
    assert "Hard limit of the protocol" not in page


def test_a_step_of_a_page_that_is_stale_says_what_changed_and_can_be_sent_again(
    house: House, wall: Wall
) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    seen = hidden(page_of(nils, session), "rate")
    assert send(browser_of(house.priya), session, "rate", {"rate_ml_per_h": "75.0"}).status_code == 302
    wall.after(minutes=1)
    refused = post(nils, session, "rate", {**seen, "rate_ml_per_h": "120.0"})
    page = refused.content.decode()
    assert refused.status_code == 412
    assert "Priya Nair changed the rate at 09:30: look again." in page
    assert 'name="rate_ml_per_h" value="120.0"' in page
    assert session.infusion_events.count() == 2
    again = {**hidden(page, "rate"), "rate_ml_per_h": "120.0"}
    assert post(nils, session, "rate", again).status_code == 302
    assert session.infusion_events.count() == 3


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_a_halt_never_waits_for_what_others_wrote_to_be_read(house: House, wall: Wall, act: str) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    seen = hidden(page_of(nils, session), act)
    assert send(browser_of(house.priya), session, "vitals", SIGNS).status_code == 302
    assert post(nils, session, act, seen).status_code == 302
    assert session.infusion_events.count() == 2


def test_a_bolus_carries_what_its_page_showed(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    seen = hidden(page_of(nils, session), "bolus")
    assert send(browser_of(house.priya), session, "vitals", SIGNS).status_code == 302
    refused = post(nils, session, "bolus", {**seen, "volume_ml": "1.0", **ORDERED})
    assert refused.status_code == 412
    assert "Priya Nair recorded vital signs at 09:30: look again." in refused.content.decode()
    assert session.infusion_events.count() == 1


def test_a_step_that_was_recorded_is_not_stale_when_sent_again(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    sent = {**hidden(page_of(nils, session), "pause"), "reason": "Nausea"}
    assert [post(nils, session, "pause", sent).status_code for _ in range(2)] == [302, 302]
    assert session.infusion_events.count() == 2


def test_a_rate_and_a_bolus_past_the_limit_say_so_at_their_field(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=20)
    again = {"volume_ml": "100.0", "reason": "Dr. Nair ordered it"}
    for _ in range(2):
        asked = send(nils, session, "bolus", {**again, "confirmed": "on"})
        assert asked.status_code == 400
        assert "then confirm that it came from elsewhere." in asked.content.decode()
        assert send(nils, session, "bolus", {**again, "came_from_elsewhere": "on"}).status_code == 302
    refused = send(nils, session, "bolus", {"volume_ml": "60.0", **ORDERED})
    assert refused.status_code == 400
    assert "past the protocol&#x27;s hard limit of 1.5 mg/kg for 70 kg = 105 mg." in refused.content.decode()


def test_a_step_may_be_entered_late_and_its_minute_means_the_step_before_it(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10, seconds=30)
    assert send(nils, session, "pause", {}).status_code == 302
    wall.after(minutes=5)
    resumed = send(nils, session, "resume", {"happened_at": "2027-01-11T09:30"})
    assert resumed.status_code == 302, resumed.content.decode()
    pause, resume = session.infusion_events.order_by("revision")[1:]
    assert resume.happened_at == pause.recorded_at
    refused = send(nils, session, "pause", {"happened_at": "2027-01-11T09:29"})
    assert "The step before it (resumed) was at 09:30:30." in refused.content.decode()


def test_the_pumps_volume_far_from_the_reckoned_one_is_confirmed(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=40)
    refused = send(nils, session, "stop", {"volume_ml": "80.0"})
    assert refused.status_code == 400
    assert "read it again, then confirm that 80 mL is right" in refused.content.decode()
    again = {**hidden(refused.content.decode(), "stop"), "volume_ml": "80.0", "confirmed": "on"}
    assert post(nils, session, "stop", again).status_code == 302
    assert shown(page_of(nils, session), "mg") == "28.0"


def test_an_early_stop_asks_afterwards_for_what_it_was_sent_without(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=12)
    assert "70.00 mL are left in the bag: say why it stops now" in page_of(nils, session)
    assert send(nils, session, "stop", {}).status_code == 302
    page = page_of(nils, session)
    assert "Missing: the reason, the pump&#x27;s volume." in page
    assert "10.5 of 35.0 mg were given" in page
    refused = send(nils, session, "explain_stop", {"reason": "Distress", "volume_ml": ""})
    assert "Enter the volume that the pump shows" in refused.content.decode()
    assert send(nils, session, "explain_stop", {"reason": "Distress", "volume_ml": "30.5"}).status_code == 302
    page = page_of(nils, session)
    assert shown(page, "mg") == "10.7"
    assert "Missing: the reason" not in page
    assert 'id="explain_stop"' not in page


def test_a_medicine_of_the_order_set_is_one_tap_and_an_allergy_asks(house: House, wall: Wall) -> None:
    order = {"medicine": "Testosetron", "amount": "4", "unit": "mg", "route": "iv", "reason": "Nausea"}
    stories.active_protocol(house, prn_medicines=[order])
    session, nils = stories.infusing(house), browser_of(house.nils)
    Allergy.objects.create(patient=house.rosa, substance="Testosetron")
    wall.after(minutes=10)
    assert "Testosetron 4 mg iv (Nausea)" in page_of(nils, session)
    refused = send(nils, session, "medicine", {"ordered_set": "Testosetron"})
    assert "An allergy on record has this name." in refused.content.decode()
    tapped = {"ordered_set": "Testosetron", "allergy_reason": "Had it since without harm"}
    assert send(nils, session, "medicine", tapped).status_code == 302
    page = page_of(nils, session)
    assert "In spite of an allergy: Had it since without harm" in page
    assert "the order set" in page


def test_another_medicine_needs_its_prescriber(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.after(minutes=10)
    values = {"medicine": "Otherol", "amount": "2.5", "unit": "mg", "route": "oral", "reason": "Headache"}
    refused = send(nils, session, "medicine", values)
    assert "Choose a prescriber." in refused.content.decode(), "there is no order set to leave it to"
    ordered = {**values, "ordered_by": str(house.priya.pk)}
    assert send(nils, session, "medicine", ordered).status_code == 302
    assert session.medicines_given.get().ordered_by == house.priya


def test_waste_is_witnessed_by_somebody_else_on_the_same_page(house: House, wall: Wall) -> None:
    session = stories.recovering(house)
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    wall.after(minutes=45)
    kept = send(nils, session, "waste", {"vial": "LOT 7", "drawn_mg": "50", "wasted_mg": "15"})
    assert kept.status_code == 302, kept.content.decode()
    page = page_of(nils, session)
    assert "1 without a witness" in page
    assert "Their own password" in page
    page = page_of(priya, session)
    assert "15.0 mg of LOT 7" in page
    line = session.wastes.get()
    seen = {**hidden(page, "witness"), "waste": str(line.pk)}
    assert post(nils, session, "witness", seen).status_code == 400
    wrong = {**seen, "colleague": str(house.priya.pk), "password": "guessed"}
    assert post(nils, session, "witness", wrong).status_code == 400
    assert not WasteWitness.objects.exists()
    assert post(priya, session, "witness", seen).status_code == 302
    assert "Priya Nair" in page_of(nils, session).partition('id="wastes"')[2]


def test_a_colleague_witnesses_on_the_same_tablet_with_their_own_password(house: House, wall: Wall) -> None:
    session = stories.recovering(house)
    nils = browser_of(house.nils)
    wall.after(minutes=45)
    send(nils, session, "waste", {"vial": "LOT 7", "drawn_mg": "50", "wasted_mg": "15"})
    priya = {"colleague": str(house.priya.pk), "password": PASSWORD}
    seen = {"waste": str(session.wastes.get().pk), **priya}
    assert send(nils, session, "witness", seen).status_code == 302
    assert WasteWitness.objects.get().recorded_by == house.priya


def test_a_note_stands_on_the_page(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    assert send(nils, session, "note", {"text": "Blinds <down>."}).status_code == 302
    assert "Blinds &lt;down&gt;." in page_of(nils, session)


def test_a_note_of_just_the_most_that_fits_is_kept_however_many_lines_it_has(house: House) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    text = "a\n" * 1999 + "ab"
    assert len(text) == notes.LONGEST
    assert send(nils, session, "note", {"text": text.replace("\n", "\r\n")}).status_code == 302
    assert session.notes.get().text == text
