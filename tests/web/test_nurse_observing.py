"""The watch over twelve chairs from one tablet: station, flowsheet, alerts answered with one tap."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.middleware import POLL_HEADER
from clinic.models import Membership, Role
from sessions_app.infusing import infusion
from sessions_app.models import Alert, AlertStep, Session
from sessions_app.monitors import feed
from sessions_app.observing import alert_clocks, alerts
from sessions_app.outcomes import responses
from sessions_app.preparing import safety
from tests.cast import House, make_patient, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import bed
from tests.sessions_app.monitors.messages import oru
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import SIGNS, Wall, hidden, send, wall

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too

STATION = "/nurse/"
HIGH = (("8480-6", "185", "mm[Hg]"), ("8462-4", "112", "mm[Hg]"))


def minute(minutes: float) -> Any:
    return STARTED_AT + timedelta(minutes=minutes)


def bad(house: House, session: Session, at: float) -> Alert:
    reading = stories.calm(minute(at), oxygen_saturation_percent=84, confirmed=True)
    stories.measure(house, session, reading)
    return alerts.open_of(session).get()


def tap(browser: Client, page: str) -> Any:
    """Press the first "Acknowledge" of a page."""
    form = re.search(
        r'<form method="post"\s+action="(/alerts/[^"]+/acknowledge/)".*?</form>', page, re.DOTALL
    )
    assert form
    return browser.post(form[1], dict(re.findall(r'name="(id|from)" value="([^"]*)"', form[0])))


@pytest.mark.parametrize(
    ("at", "said"),
    [(4, "09:30 in 6 min"), (10, "09:30 now"), (14, "09:30 overdue by 4 min")],
)
def test_the_station_counts_down_to_the_next_reading(house: House, wall: Wall, at: int, said: str) -> None:
    stories.infusing(house)
    wall.shows = minute(at)
    assert said in words(browser_of(house.nils).get(STATION))


def test_the_station_names_the_open_alerts_and_who_was_told(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    bad(house, session, 10)
    wall.shows = minute(12)
    told = words(browser_of(house.nils).get(STATION))
    assert "Emergency Oxygen saturation 84 %: below 85." in told
    assert "09:30, 2 min ago · Nurse Nils Berg told 09:30 · Prescriber Priya Nair told 09:30" in told


def test_one_tap_on_the_station_acknowledges_and_comes_back(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    alert = bad(house, session, 10)
    wall.shows = minute(11)
    nils = browser_of(house.nils)
    page = nils.get(STATION).content.decode()
    for _ in range(2):  # pressed twice, or sent again
        assert tap(nils, page)["Location"] == STATION
    assert alert.steps.get(kind="acknowledged").recorded_by == house.nils
    assert "Nils Berg acknowledged 09:31" in words(nils.get(STATION))


def test_the_station_looks_again_by_itself_and_polling_keeps_nobody_signed_in(
    house: House, wall: Wall
) -> None:
    stories.infusing(house)
    nils = browser_of(house.nils)
    page = nils.get(STATION).content.decode()
    assert re.search(r'id="chairs"\s+data-poll\s+hx-get="/nurse/"\s+hx-trigger="every 10s"', page)
    wall.after(hours=3)
    assert nils.get(STATION, headers={POLL_HEADER: "1", "HX-Request": "true"}).status_code == 200
    wall.after(hours=2)
    assert nils.get(STATION).status_code == 302


def test_twelve_running_chairs_cost_as_many_queries_as_one(house: House, wall: Wall) -> None:
    nils = browser_of(house.nils)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert nils.get(STATION).status_code == 200
        return len(captured)

    first = stories.infusing(house)
    bad(house, first, 10)
    wall.shows = minute(13)
    alert_clocks.run_clocks(now=minute(13))
    few = queries()
    for number in range(11):
        session = stories.infusing(house, make_patient(house.clinic, f"Guest{number}", "Neu"))
        for at in range(1, 9):
            stories.measure(house, session, stories.calm(minute(at)))
        bad(house, session, 10)
    alert_clocks.run_clocks(now=minute(13))
    assert queries() == few
    assert words(nils.get(STATION)).count("Emergency Oxygen") == 12


def test_the_session_shows_alerts_on_top_the_baseline_and_what_is_due(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    bad(house, session, 21)
    wall.shows = minute(24)
    nils = browser_of(house.nils)
    page = nils.get(reverse("session", args=[session.pk]))
    shown = words(page)
    assert shown.index("Oxygen saturation 84 %: below 85.") < shown.index("Keep the vital signs")
    assert "Baseline Systolic pressure 122 mmHg" in shown
    assert "09:30 Missed" in shown
    assert "09:46 Coming closer watch after a change" in shown
    assert tap(nils, page.content.decode())["Location"] == reverse("session", args=[session.pk])


def test_an_unusual_value_alarms_at_once_and_is_confirmed_at_its_field(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = minute(9)
    refused = send(nils, session, "vitals", {**SIGNS, "oxygen_saturation_percent": "89"})
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Oxygen saturation 89 %: below 90. Not confirmed yet: measure again." in words(refused)
    assert 'name="oxygen_saturation_percent" value="89"' in page
    form = page[page.index('id="vitals"') :]
    names = re.findall(r'name="(oxygen_saturation_percent|confirmed|respiratory_rate_per_min)"', form)
    assert names[:3] == ["oxygen_saturation_percent", "confirmed", "respiratory_rate_per_min"]
    again = {**SIGNS, "oxygen_saturation_percent": "89", "confirmed": "on"}
    assert send(nils, session, "vitals", again).status_code == 302
    alert = alerts.open_of(session).get()
    for place in (STATION, reverse("session", args=[session.pk]), reverse("alert", args=[alert.pk])):
        shown = words(nils.get(place))
        assert "Measured again at 09:29, Oxygen saturation 89 %." in shown
    assert "measure again" not in words(nils.get(STATION))


def test_a_form_that_cannot_be_read_alarms_by_what_can_be(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = minute(9)
    sent = {**SIGNS, "heart_rate_per_min": "7o", "oxygen_saturation_percent": "84", "symptoms": "chest_pain"}
    refused = send(nils, session, "vitals", sent)
    assert refused.status_code == 400
    assert {alert.sign for alert in alerts.open_of(session)} == {"oxygen_saturation_percent", "chest_pain"}
    assert "Oxygen saturation 84 %: below 85. Not confirmed yet: measure again." in words(refused)


def test_the_page_names_who_is_told_next_and_when(house: House, wall: Wall) -> None:
    cleo = make_user(house.clinic, "Cleo Brandt", Role.NURSE)
    Membership.objects.filter(user=cleo).update(charge=True)
    session, nils = stories.infusing(house), browser_of(house.nils)
    places = [STATION, reverse("session", args=[session.pk])]
    for at, told in (
        (14, "Nurse Nils Berg told 09:34 · next: Charge nurse Cleo Brandt at 09:36"),
        (16, "Charge nurse Cleo Brandt told 09:36 · next: Prescriber Priya Nair at 09:38"),
        (18, "Prescriber Priya Nair told 09:38"),
        (24, "Stop Vital signs were due at 09:40: 2 missed in a row."),
    ):
        wall.shows = minute(at)
        alert_clocks.run_clocks(now=minute(at))
        for place in places:
            assert told in words(nils.get(place))
    alert = alerts.open_of(session).last()
    assert alert
    said = words(nils.get(reverse("alert", args=[alert.pk])))
    assert "Next 09:46 Charge nurse Cleo Brandt, unless somebody acknowledges it" in said
    assert "next:" not in words(nils.get(STATION)).partition("Alerts")[2].partition("Stop ")[0]


def test_an_alert_is_resolved_on_its_page_and_never_in_silence(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    alert = bad(house, session, 10)
    wall.shows = minute(12)
    nils = browser_of(house.nils)
    address = reverse("alert", args=[alert.pk])
    page = nils.get(address).content.decode()
    silent = nils.post(f"{address}resolve/", {**hidden(page, "resolve"), "words": ""})
    assert silent.status_code == 400
    assert "Say in a few words" in words(silent)
    sent = {**hidden(page, "resolve"), "words": "Oxygen by mask"}
    past = nils.post(f"{address}resolve/", sent)
    assert past.status_code == 409
    assert "it is resolved by a reading within the limits" in words(past)
    stories.measure(house, session, stories.calm(minute(12)))
    sent = {**hidden(page, "resolve"), "words": "Oxygen by mask, 98 %"}
    assert nils.post(f"{address}resolve/", sent).status_code == 302
    assert not alerts.open_of(session).exists()
    assert "Oxygen by mask, 98 %" in words(nils.get(address))
    late = {**hidden(page, "act"), "words": "Pump paused"}
    refused = nils.post(f"{address}act/", late)
    assert refused.status_code == 409
    assert "Nils Berg has resolved this alert already." in words(refused)
    assert "Pump paused" in words(refused)


def test_a_second_nurse_is_told_who_has_acknowledged_an_alert_already(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    alert = bad(house, session, 10)
    wall.shows = minute(12)
    address = f"{reverse('alert', args=[alert.pk])}acknowledge/"
    browser_of(house.nils).post(address, {"id": new_id()})
    late = browser_of(house.priya).post(address, {"id": new_id()})
    assert late.status_code == 409
    assert "Nils Berg has acknowledged this alert already." in words(late)


def test_an_urgent_answer_is_seen_at_the_chair_until_it_is_assessed(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.shows = minute(12)
    nils, priya = house.actor(house.nils), house.actor(house.priya)
    browser = browser_of(house.nils)
    places = [STATION, reverse("session", args=[session.pk])]
    assert not any("rgent answer" in words(browser.get(place)) for place in places)
    asked = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="phq-9", how="interview", now=minute(10)
    )
    responses.answer(actor=nils, id=new_id(), response=asked, item=9, value=1, now=minute(11))
    assert all("rgent answer" in words(browser.get(place)) for place in places)
    banner = browser.get(places[1]).content.decode()
    assert reverse("patient_safety", args=[house.rosa.pk]) in banner
    concern = safety.concerns_of(house.rosa).get()
    safety.assess(actor=priya, id=new_id(), concern=concern, words="Passing thoughts", now=minute(12))
    assert not any("rgent answer" in words(browser.get(place)) for place in places)


def test_a_manager_sees_alerts_and_answers_none(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    alert = bad(house, session, 10)
    max = browser_of(house.max)
    assert "Acknowledge" not in words(max.get(STATION))
    address = reverse("alert", args=[alert.pk])
    assert max.get(address).status_code == 200
    assert max.post(f"{address}acknowledge/", {}).status_code == 403
    assert browser_of(house.ana).get(address).status_code == 403


def test_another_clinics_alert_is_not_there(house: House, other_house: House, wall: Wall) -> None:
    alert = bad(house, stories.infusing(house), 10)
    outsider = browser_of(other_house.nils)
    assert outsider.get(reverse("alert", args=[alert.pk])).status_code == 404
    assert outsider.post(reverse("alert_acknowledge", args=[alert.pk]), {}).status_code == 404


def test_a_set_with_every_sign_and_a_symptom_is_entered_on_the_page(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.shows = minute(10)
    more = {"mean_mmhg": "93", "end_tidal_co2_mmhg": "38", "distress": "5", "symptoms": ["syncope"]}
    nils = browser_of(house.nils)
    assert send(nils, session, "vitals", {**SIGNS, **more}).status_code == 302
    line = session.vital_signs.latest("recorded_at")
    assert (line.mean_mmhg, line.distress, line.symptoms) == (93, 5, ["syncope"])
    shown = words(nils.get(reverse("session", args=[session.pk])))
    assert "EtCO₂ 38 mmHg" in shown
    assert "Distress 5 of 10: at or above 4." in shown


def event(house: House, session: Session) -> None:
    """One event: saturation falls past caution, then past the stop limit with a high pressure."""
    stories.measure(house, session, stories.calm(minute(10), oxygen_saturation_percent=93))
    worse = stories.calm(
        minute(11), oxygen_saturation_percent=89, systolic_mmhg=186, diastolic_mmhg=114, confirmed=True
    )
    stories.measure(house, session, worse)


def test_one_event_is_one_banner_answered_once(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    event(house, session)
    many = alerts.open_of(session).count()
    assert many > 2
    wall.shows = minute(12)
    nils = browser_of(house.nils)
    page = nils.get(STATION).content.decode()
    assert page.count('class="alert alert-') == 1
    assert "93 %" not in page, "the stop limit has replaced the caution"
    form = re.search(
        r'<form method="post"\s+action="(/alerts/[^"]+/acknowledge/)".*?</form>', page, re.DOTALL
    )
    assert form
    beside = re.findall(r'name="with" value="([^"]*)"', form[0])
    sent = {**dict(re.findall(r'name="(id|from)" value="([^"]*)"', form[0])), "with": beside}
    for _ in range(2):
        assert nils.post(form[1], sent).status_code == 302
    assert AlertStep.objects.filter(kind="acknowledged", recorded_by=house.nils).count() == many

    lead = re.search(r"/alerts/([^/]+)/#resolve", nils.get(STATION).content.decode())
    assert lead
    address = reverse("alert", args=[lead[1]])
    page = nils.get(address).content.decode()
    beside = re.findall(r'name="with" value="([^"]*)"', re.search(r'id="resolve".*?</form>', page, re.S)[0])  # type: ignore[index]
    assert len(beside) == many - 1
    stories.measure(house, session, stories.calm(minute(14)))
    sent = {**hidden(page, "resolve"), "with": beside, "words": "Oxygen, 98 %; 132/80"}
    assert nils.post(f"{address}resolve/", sent).status_code == 302
    assert not alerts.open_of(session).exists()


def test_a_monitors_two_pressures_are_one_banner_and_what_it_raises_later_another(
    house: House, wall: Wall
) -> None:
    bed(house)
    feed.take(messages=[oru(minute(10), HIGH, control_id="1")], now=minute(10))
    wall.shows = minute(11)
    nils = browser_of(house.nils)
    page = nils.get(STATION).content.decode()
    assert Alert.objects.count() == 2
    assert page.count('class="alert alert-') == 1
    feed.take(messages=[oru(minute(11), [("59408-5", "93", "%")], control_id="2")], now=minute(11))
    assert nils.get(STATION).content.decode().count('class="alert alert-') == 2


def test_what_was_raised_after_the_page_was_read_is_not_answered_with_it(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(minute(10), oxygen_saturation_percent=93))
    seen = alerts.open_of(session).get()
    wall.shows = minute(12)
    nils = browser_of(house.nils)
    page = nils.get(STATION).content.decode()
    stories.measure(house, session, stories.calm(minute(11), oxygen_saturation_percent=89, confirmed=True))
    tap(nils, page)
    assert [step.alert_id for step in AlertStep.objects.filter(kind="acknowledged")] == [seen.pk]
    assert "Stop or pause, clinician to the chair" in words(nils.get(STATION))


@pytest.mark.parametrize("where", ["station", "session", "alert"])
def test_a_stop_alert_pauses_with_one_tap(house: House, wall: Wall, where: str) -> None:
    session = stories.infusing(house)
    alert = bad(house, session, 10)
    wall.shows = minute(11)
    address = {
        "station": STATION,
        "session": reverse("session", args=[session.pk]),
        "alert": reverse("alert", args=[alert.pk]),
    }[where]
    nils = browser_of(house.nils)
    page = nils.get(address).content.decode()
    if where == "session":
        assert page.count('type="submit" form="pause"') == 2, "in the alert, and under the thumb"
        sent = hidden(page, "pause")
    else:
        pause = reverse("session_pause", args=[session.pk])
        form = re.search(rf'action="{pause}".*?</form>', page, re.DOTALL)
        assert form
        sent = dict(re.findall(r'name="(id)" value="([^"]*)"', form[0]))
        assert pause not in browser_of(house.max).get(address).content.decode()
    assert nils.post(reverse("session_pause", args=[session.pk]), sent).status_code == 302
    assert stories.fresh(session).state == "paused"


def test_the_station_begins_with_who_needs_somebody_and_folds_who_has_gone(house: House, wall: Wall) -> None:
    gone = stories.discharged(house, make_patient(house.clinic, "Gone", "Home"))
    calm = stories.infusing(house, make_patient(house.clinic, "Calm", "Neu"))
    late = stories.infusing(house, make_patient(house.clinic, "Late", "Neu"))
    stopped = stories.infusing(house, make_patient(house.clinic, "Stop", "Neu"))
    for session in (calm, stopped):
        stories.measure(house, session, stories.calm(minute(10)))
    bad(house, stopped, 11)
    wall.shows = minute(14)
    shown = words(browser_of(house.nils).get(STATION))
    places = [shown.index(session.patient.full_name) for session in (stopped, late, calm, gone)]
    assert places == sorted(places)
    assert shown.index("Finished today: 1") < places[-1]
    assert "BP 122/78 mmHg → steady HR 71 /min → steady SpO₂ 98 % → steady" in shown
    assert "Measured 4 min ago · RR 14" in shown
    assert "12.3 of 35.0 mg 150.0 mL/h" in shown


def test_of_chairs_with_missed_readings_the_running_infusion_is_first(house: House, wall: Wall) -> None:
    over = stories.recovering(house, make_patient(house.clinic, "Over", "Neu"))
    paused = stories.infusing(house, make_patient(house.clinic, "Paused", "Neu"))
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=paused, now=minute(10))
    running = stories.infusing(house, make_patient(house.clinic, "Running", "Neu"))
    ill = stories.infusing(house, make_patient(house.clinic, "Ill", "Neu"))
    wall.shows = minute(75)
    bad(house, ill, 75)
    alert_clocks.run_clocks(now=wall.shows)
    shown = words(browser_of(house.nils).get(STATION)).partition("In the chairs")[2]
    place = {session.pk: shown.index(session.patient.full_name) for session in (ill, running, paused, over)}
    # The last two wait for a reading since the same moment: neither is before the other.
    assert place[ill.pk] < place[running.pk] < min(place[paused.pk], place[over.pk])


def test_an_empty_bag_is_no_running_infusion(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    nils = browser_of(house.nils)
    for at, empty in ((39, False), (41, True)):
        wall.shows = minute(at)
        for address in (STATION, reverse("session", args=[session.pk])):
            assert ("The bag is empty: stop" in words(nils.get(address))) is empty
