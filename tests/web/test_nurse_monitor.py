"""Vital signs taken from the monitor at the chair with one tap, nothing retyped."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from sessions_app.monitors import feed
from tests.cast import House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import Bed, bed, chair_of, monitor_at
from tests.sessions_app.monitors.messages import CALM, DURING, oru
from tests.web.pages import browser_of, words
from tests.web.test_nurse import SIGNS, Wall, hidden, send, wall
from web.views.sessions.vital_signs import NOT_DUE

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too

SHOWN = (*CALM, ("8480-6", "122", "mm[Hg]"), ("8462-4", "78", "mm[Hg]"))
MEASURED = DURING + timedelta(seconds=40)
TAKE = "Take from the monitor"


def shows(house: House, wall: Wall, **visit: Any) -> Bed:
    """Rosa's monitor has just sent a set of values, at forty seconds past the minute."""
    rosa = bed(house, **visit)
    feed.take(messages=[oru(MEASURED, SHOWN)], home=house.clinic, now=MEASURED)
    wall.shows = MEASURED + timedelta(seconds=30)
    return rosa


def as_shown(page: str) -> dict[str, str]:
    """Every value of the form for vital signs as a browser would send it."""
    form = page.partition('id="vitals"')[2].partition("</form>")[0]
    fields = [tag.partition(">")[0] for tag in form.split("<input")[1:]]
    pairs = [(_of(tag, "name"), _of(tag, "value")) for tag in fields if "checkbox" not in tag]
    chosen = form.partition('name="absent_reason"')[2].partition("</select>")[0]
    selected = chosen[: chosen.index(" selected")].rpartition('value="')[2].partition('"')[0]
    return {**{name: value for name, value in pairs if name}, "absent_reason": selected}


def _of(tag: str, attribute: str) -> str:
    return tag.partition(f' {attribute}="')[2].partition('"')[0]


def test_one_tap_fills_the_form_and_what_is_kept_names_moment_and_monitor(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    nils, address = browser_of(house.nils), reverse("session", args=[rosa.session.pk])
    page = nils.get(address)
    assert f"{TAKE} It shows at 09:25: Systolic pressure 122 mmHg" in words(page)
    assert as_shown(page.content.decode())["systolic_mmhg"] == ""
    filled = as_shown(nils.get(address + "?monitor=1").content.decode())
    assert filled["measured_at"].endswith("T09:25")
    filled["respiratory_rate_per_min"] = "14"  # the one that this monitor doesn't count
    assert nils.post(reverse("session_vitals", args=[rosa.session.pk]), filled).status_code == 302
    line = rosa.session.vital_signs.latest("recorded_at")
    assert (line.systolic_mmhg, line.diastolic_mmhg, line.heart_rate_per_min) == (122, 78, 71)
    assert (line.oxygen_saturation_percent, line.respiratory_rate_per_min) == (98, 14)
    assert (line.measured_at, line.device, line.absent_reason) == (MEASURED, rosa.device, NOT_DUE)


def test_what_the_monitor_does_not_measure_has_no_reason_that_nobody_chose(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    nils, address = browser_of(house.nils), reverse("session", args=[rosa.session.pk])
    filled = as_shown(nils.get(address + "?monitor=1").content.decode())
    assert filled["absent_reason"] == ""
    refused = nils.post(reverse("session_vitals", args=[rosa.session.pk]), filled)
    assert refused.status_code == 400
    assert "Say why this was not measured: respiratory rate" in words(refused)


def test_another_moment_that_the_nurse_enters_counts(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    earlier = {**SIGNS, "measured_at": "2027-01-11T09:24"}
    assert send(browser_of(house.nils), rosa.session, "vitals", earlier, "?monitor=1").status_code == 302
    assert rosa.session.vital_signs.latest("recorded_at").measured_at == MEASURED - timedelta(seconds=100)


def test_a_correction_still_names_the_monitor(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    nils, address = browser_of(house.nils), reverse("session", args=[rosa.session.pk])
    filled = as_shown(nils.get(address + "?monitor=1").content.decode())
    filled["respiratory_rate_per_min"] = "14"
    nils.post(reverse("session_vitals", args=[rosa.session.pk]), filled)
    line = rosa.session.vital_signs.latest("recorded_at")
    query = f"?correct={line.pk}&monitor=1"
    values = {**SIGNS, "correction_reason": "Cuff slipped", "pain_nrs": "2"}
    assert TAKE not in words(nils.get(address + query))
    assert send(nils, rosa.session, "vitals", values, query).status_code == 302
    assert rosa.session.vital_signs.get(corrects=line).device == rosa.device


def test_a_silent_monitor_fills_nothing_and_says_so(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    wall.after(minutes=3)
    nils, address = browser_of(house.nils), reverse("session", args=[rosa.session.pk])
    assert TAKE not in words(nils.get(address))
    asked = nils.get(address + "?monitor=1")
    assert "The monitor is silent" in words(asked)
    assert hidden(asked.content.decode(), "vitals").get("device_id", "") == ""


def test_nothing_is_taken_for_a_patient_who_has_gone_home(house: House, wall: Wall) -> None:
    rosa = shows(house, wall, come_to=stories.discharged)
    assert TAKE not in words(browser_of(house.nils).get(reverse("session", args=[rosa.session.pk])))


def test_no_set_names_a_monitor_that_measured_somebody_else(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    other = monitor_at(house, chair_of(house, "Chair 2"), "BED9")
    refused = send(browser_of(house.nils), rosa.session, "vitals", {**SIGNS, "device_id": str(other.pk)})
    assert refused.status_code == 400
    assert "This monitor has sent nothing in this session." in words(refused)


def test_over_the_api_the_monitor_is_read_and_charted_from(house: House, wall: Wall) -> None:
    rosa = shows(house, wall)
    nils, route = client_of(house.nils), f"/api/v1/sessions/{rosa.session.pk}/"
    shown = nils.get(f"{route}monitor/").json()
    assert shown["device"] == str(rosa.device.pk)
    sent = {"id": str(new_id()), "measured_at": shown["measured_at"], "device_id": shown["device"]}
    kept = nils.post(f"{route}vitals/", {**sent, **shown["values"], "absent_reason": "Not due"})
    assert (kept.status_code, kept.json()["device"]) == (201, str(rosa.device.pk))
    wall.after(minutes=3)
    assert nils.get(f"{route}monitor/").json() == {"device": None, "measured_at": None, "values": {}}
