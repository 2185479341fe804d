"""How the server answers an entry that a browser kept: in words, once, for the person and clinic it is of."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from clinic import clock
from clinic.middleware import POLL_HEADER
from clinic.models import User
from sessions_app.models import Session
from tests.cast import House, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import SIGNS, Wall, hidden, send
from web import entries


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Wall:
    settings.IDLE_LOGOFF = timedelta(hours=4)
    wall = Wall()
    wall.shows = STARTED_AT + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: wall.shows)
    return wall


@pytest.fixture
def session(house: House, wall: Wall) -> Session:
    return stories.infusing(house)


def kept(
    client: Client, session: Session, act: str, values: dict[str, Any], writer: User, **more: str
) -> Any:
    headers = {entries.ENTERED_BY: entries.writer(writer.pk, session.clinic_id), **more}
    return client.post(reverse(f"session_{act}", args=[session.pk]), values, headers=headers)


def note(text: str = "Calm.") -> dict[str, str]:
    return {"id": str(new_id()), "text": text}


def page_of(client: Client, session: Session) -> str:
    return client.get(reverse("session", args=[session.pk])).content.decode()


def test_an_entry_is_told_as_stored_however_often_it_arrives(house: House, session: Session) -> None:
    nils, sent = browser_of(house.nils), note()
    for _ in range(2):
        answer = kept(nils, session, "note", sent, house.nils)
        assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert session.notes.count() == 1


def test_the_page_says_when_an_entry_that_waited_was_entered(
    house: House, session: Session, wall: Wall
) -> None:
    nils, entered = browser_of(house.nils), wall.shows
    wall.after(minutes=4)
    kept(nils, session, "note", note(), house.nils, **{entries.ENTERED_AT: entered.isoformat()})
    assert "The note is kept. It was entered at 09:30." in page_of(nils, session)
    kept(nils, session, "note", note(), house.nils, **{entries.ENTERED_AT: "no moment"})
    first_of_all = "0001-01-01T00:00:00+14:00"
    kept(nils, session, "note", note(), house.nils, **{entries.ENTERED_AT: first_of_all})
    assert "The note is kept. <a " in page_of(nils, session)


def test_a_refused_entry_names_the_field_and_the_mend(house: House, session: Session) -> None:
    nils = browser_of(house.nils)
    wrong = {**SIGNS, "id": str(new_id()), "systolic_mmhg": "999"}
    answer = kept(nils, session, "vitals", wrong, house.nils)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["detail"]) == (
        "refused",
        "Systolic: Enter a value from 40 to 300 mmHg.",
    )
    late = kept(nils, session, "resume", {"id": str(new_id())}, house.nils)
    assert late.status_code == 409
    assert "the session is infusing, and must be paused" in late.json()["detail"]


def test_the_answer_tells_what_can_still_become_of_an_entry(
    house: House, session: Session, wall: Wall
) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    older = hidden(page_of(nils, session), "rate")

    def verdict(act: str, **values: str) -> str:
        return str(kept(nils, session, act, {"id": str(new_id()), **values}, house.nils).json()["code"])

    assert verdict("rate", rate_ml_per_h="5000.0") == "refused"
    assert verdict("vitals", **{**SIGNS, "oxygen_saturation_percent": "84"}) == "confirm"
    assert verdict("vitals", **{**SIGNS, "oxygen_saturation_percent": "84", "pain_nrs": "many"}) == "refused"
    assert verdict("resume") == "wrong_state"
    wall.after(seconds=1)
    send(priya, session, "rate", {"rate_ml_per_h": "120.0"})
    wall.after(seconds=1)
    assert verdict("rate", **{**older, "rate_ml_per_h": "100.0"}) == "stale"
    send(priya, session, "stop", {})
    wall.after(seconds=1)
    assert verdict("rate", **{**older, "rate_ml_per_h": "100.0"}) == "wrong_state"


def test_what_is_possible_no_more_says_on_the_page_where_it_can_be_told(
    house: House, session: Session
) -> None:
    nils = browser_of(house.nils)
    send(nils, session, "pause", {})
    late = nils.post(reverse("session_pause", args=[session.pk]), {"id": str(new_id())})
    assert late.status_code == 409
    assert 'href="#part-note">If it was done, tell it in a note.</a>' in late.content.decode()


def test_a_question_is_asked_and_not_called_a_refusal(house: House, session: Session) -> None:
    nils = browser_of(house.nils)
    asked = send(nils, session, "vitals", {**SIGNS, "oxygen_saturation_percent": "84"})
    assert "Not kept yet: record vital signs. Is it so?" in words(asked)
    refused = send(nils, session, "vitals", {**SIGNS, "systolic_mmhg": "999"})
    assert "Not done: record vital signs." in words(refused)


def test_no_entry_is_recorded_in_another_persons_name_or_from_another_clinic(
    house: House, other_house: House, session: Session
) -> None:
    priya = browser_of(house.priya)
    answer = kept(priya, session, "note", note(), house.nils)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_sign_in")
    headers = {entries.ENTERED_BY: entries.writer(house.nils.pk, other_house.clinic.pk)}
    asked = browser_of(house.nils).get(reverse("session_connection"), headers=headers)
    assert (asked.status_code, asked.json()["code"]) == (403, "other_sign_in")
    assert session.notes.count() == 0


def test_who_is_signed_out_is_told_so_and_gets_no_page(house: House, session: Session) -> None:
    answer = kept(browser_of(), session, "note", note(), house.nils)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_an_old_token_is_told_as_such_and_a_new_one_is_given(house: House, session: Session) -> None:
    nils, sent = browser_of(house.nils, enforce_csrf_checks=True), note()
    refused = kept(nils, session, "note", sent, house.nils)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    token = nils.get(reverse("session_connection")).json()["token"]
    assert kept(nils, session, "note", sent, house.nils, **{"X-CSRFToken": token}).status_code == 200


def test_what_is_sent_by_itself_keeps_nobody_signed_in(
    house: House, session: Session, wall: Wall, settings: Any
) -> None:
    settings.IDLE_LOGOFF = timedelta(minutes=15)
    nils = browser_of(house.nils)
    assert page_of(nils, session)
    wall.after(minutes=10)
    assert kept(nils, session, "note", note(), house.nils, **{POLL_HEADER: "1"}).status_code == 200
    wall.after(minutes=6)
    assert kept(nils, session, "note", note(), house.nils).status_code == 401


def test_a_late_copy_is_done_though_it_would_no_longer_be_possible(house: House, session: Session) -> None:
    """What was wasted can be witnessed once: the copy of that very call is no second witness."""
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    send(nils, session, "waste", {"vial": "A-1", "drawn_mg": "50", "wasted_mg": "15"})
    seen = {**hidden(page_of(priya, session), "witness"), "waste": str(session.wastes.get().pk)}
    for _ in range(2):
        assert kept(priya, session, "witness", seen, house.priya).json() == {"stored": True}
    other = kept(priya, session, "witness", {**seen, "id": str(new_id())}, house.priya)
    assert other.json()["code"] == "refused"
    assert session.waste_witnesses.count() == 1


def test_the_same_id_with_other_ticks_is_not_taken_for_the_same(house: House, session: Session) -> None:
    nils = browser_of(house.nils)
    sent = {**SIGNS, "id": str(new_id()), "confirmed": "on", "symptoms": ["chest_pain", "stridor"]}
    assert kept(nils, session, "vitals", sent, house.nils).status_code == 200
    fewer = kept(nils, session, "vitals", {**sent, "symptoms": ["stridor"]}, house.nils)
    assert fewer.json()["code"] == "refused"
    assert sorted(session.vital_signs.latest("revision").symptoms) == ["chest_pain", "stridor"]


def test_a_moment_with_an_offset_comes_back_as_the_clinics_clock_shows_it(
    house: House, session: Session
) -> None:
    wrong = {**SIGNS, "systolic_mmhg": "999", "measured_at": "2027-01-11T15:28:07.250Z"}
    page = send(browser_of(house.nils), session, "vitals", wrong).content.decode()
    assert 'name="measured_at" value="2027-01-11T09:28:07"' in page


def test_a_step_is_carried_past_its_writers_own_entries_and_no_further(
    house: House, session: Session, wall: Wall
) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    shown = hidden(page_of(nils, session), "rate")
    own = note()
    kept(nils, session, "note", own, house.nils)
    slower = {**shown, "rate_ml_per_h": "120.0"}
    alone = kept(nils, session, "rate", slower, house.nils)
    assert alone.status_code == 412
    wall.after(seconds=1)
    carried = {**slower, "after": own["id"]}
    assert kept(nils, session, "rate", carried, house.nils).json() == {"stored": True}

    stale = {**carried, "id": str(new_id()), "after": f"{own['id']} {carried['id']}", "rate_ml_per_h": "90.0"}
    kept(priya, session, "note", note("Slower?"), house.priya)
    wall.after(seconds=1)
    refused = kept(nils, session, "rate", stale, house.nils)
    assert refused.status_code == 412
    assert "Priya Nair wrote a note" in refused.json()["detail"]
    assert session.infusion_events.count() == 2


def test_each_person_has_a_key_of_their_own_and_an_older_secret_still_opens(
    house: House, session: Session, settings: Any
) -> None:
    other = make_user(house.clinic, "Moss Webb")
    assert set(entries.keys_of(house.nils.pk)).isdisjoint(entries.keys_of(other.pk))
    (key,) = entries.keys_of(house.nils.pk)
    assert f'data-keys="{key}"' in page_of(browser_of(house.nils), session)
    assert key not in page_of(browser_of(house.priya), session)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [configured.SECRET_KEY], "another one"
    assert entries.keys_of(house.nils.pk)[1] == key


@pytest.mark.parametrize(
    ("state", "waits", "asks"),
    [
        (stories.prepared, {"checklist", "vitals", "note", "not_given"}, {"dose", "start"}),
        (
            stories.infusing,
            {"vitals", "side_effect", "pause", "resume", "rate", "bolus", "stop", "waste"},
            set(),
        ),
        (stories.observed, {"vitals", "medicine", "note"}, {"discharge"}),
        (stories.discharged, {"vitals", "note"}, {"sign"}),
        (stories.signed, set(), {"vitals", "side_effect", "amend"}),
    ],
)
def test_what_may_wait_and_what_the_server_must_answer_first(
    house: House, wall: Wall, state: Any, waits: set[str], asks: set[str]
) -> None:
    found = state(house)
    wall.after(hours=3)
    page = page_of(browser_of(house.nils), found)
    forms = {part.split('"', 1)[0]: part.split(">", 1)[0] for part in page.split('      id="')[1:]}
    assert {act for act in waits if "data-kept=" not in forms[act]} == set()
    assert {act for act in asks if "data-needs-connection" not in forms[act]} == set()
