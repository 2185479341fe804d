"""What leads through a session's page: what stays in view, the way, the one thing to do, criteria, undo."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import Session
from sessions_app.observing import alert_clocks, alerts
from sessions_app.preparing import checklist
from tests.cast import PASSWORD, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import HOME, NAUSEA, SIGNS, Wall, hidden, send, wall

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too


def page_of(client: Client, session: Session) -> Any:
    return client.get(reverse("session", args=[session.pk]))


def part_of(page: Any, name: str) -> str:
    """The words of a part of the page that is replaced while somebody types."""
    html = page.content.decode()
    part = re.search(rf'<(\w+)[^>]*data-record="{name}".*?</\1>', html, re.DOTALL)
    assert part, f"the page has no {name}"
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", part[0], flags=re.DOTALL).split())


def criteria_of(page: Any) -> dict[str, tuple[str, str]]:
    """What lets the patient go home: by what it asks whether it is met, and what the record proves."""
    html = page.content.decode()
    rows = html[html.index('class="criteria"') :].split("</ul>")[0].split("<li")[1:]
    found = {}
    for row in rows:
        asks = re.search(r"<strong>([^<]*)</", row)
        proof = re.search(r'class="quiet">([^<]*)', row)
        assert asks
        assert proof
        found[asks[1].strip()] = ("Met" if "met-yes" in row else "Not yet", proof[1].strip(" ("))
    return found


def test_the_figures_that_stay_in_view_are_of_now(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.shows = STARTED_AT + timedelta(minutes=12)
    page = page_of(browser_of(house.nils), session)
    shown = part_of(page, "figures")
    assert "of 40 min infused 12" in shown
    assert "until the bag is empty 28 min" in shown
    assert "of 35.0 mg given 10.5 mg" in shown
    assert "Reading due 09:30 now" in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert "alerts open 0" in shown
    html = page.content.decode()
    assert f'data-server-now="{wall.shows.isoformat()}"' in html
    assert f'data-due="{(STARTED_AT + timedelta(minutes=10)).isoformat()}"' in html
    assert 'data-grace-minutes="3"' in html


@pytest.mark.parametrize(
    ("state", "now"),
    [
        (stories.arrived, "Checklist"),
        (stories.prepared, "Infusing"),
        (stories.infusing, "Infusing"),
        (stories.recovering, "Recovery"),
        (stories.observed, "Discharge"),
        (stories.discharged, "Sign"),
        (stories.signed, ""),
    ],
)
def test_the_way_says_where_the_visit_stands(house: House, wall: Wall, state: Any, now: str) -> None:
    session = state(house)
    wall.shows = session.arrived_at + timedelta(
        minutes={"recovering": 65, "discharged": 121, "signed": 130}.get(session.state, 25)
        if state is not stories.observed
        else 120
    )
    html = page_of(browser_of(house.nils), session).content.decode()
    steps = re.findall(r'<li class="way-(\w+)".*?<span>(\w+)</span>', html, re.DOTALL)
    assert [label for standing, label in steps if standing == "now"] == ([now] if now else [])
    names = [label for _, label in steps]
    done = [label for standing, label in steps if standing == "done"]
    assert done == (names[: names.index(now)] if now else names)


def test_one_thing_is_to_be_done_now_and_its_place_is_on_the_page(house: House, wall: Wall) -> None:
    nils = browser_of(house.nils)
    session = stories.arrived(house)
    wall.after(minutes=1)

    def to_do() -> str:
        page = page_of(nils, session)
        html = page.content.decode()
        place = re.search(r'class="to-do.*?href="#([\w-]+)"', html, re.DOTALL)
        assert place
        assert f'id="{place[1]}"' in html
        return part_of(page, "to-do")

    assert "Begin the checklist" in to_do()
    session = stories.infusing(house, house.omar)
    wall.shows = STARTED_AT + timedelta(minutes=5)
    assert "Watch, and measure when it is due" in to_do()
    wall.after(minutes=6)
    assert "Measure vital signs" in to_do()
    stories.measure(house, session, stories.calm(wall.shows, oxygen_saturation_percent=89, confirmed=True))
    assert "Stop or pause, clinician to the chair: answer the alert" in to_do()
    alert = alerts.open_of(session).get()
    alerts.acknowledge(actor=house.actor(house.nils), id=new_id(), alert=alert, now=wall.shows)
    assert "Say how the alert ended" in to_do()


def test_an_empty_bag_comes_before_missed_readings_and_after_what_a_patient_has(
    house: House, wall: Wall
) -> None:
    nils, session = browser_of(house.nils), stories.infusing(house)
    wall.shows = STARTED_AT + timedelta(minutes=52)
    alert_clocks.run_clocks(now=wall.shows)
    assert {alert.kind for alert in alerts.open_of(session)} == {"overdue"}
    assert "The bag is empty: stop" in part_of(page_of(nils, session), "to-do")
    stories.measure(house, session, stories.calm(wall.shows, oxygen_saturation_percent=89, confirmed=True))
    assert "Stop or pause, clinician to the chair: answer" in part_of(page_of(nils, session), "to-do")


def test_where_nothing_runs_no_alert_asks_to_stop_it(house: House, wall: Wall) -> None:
    nils, session = browser_of(house.nils), stories.recovering(house)
    wall.shows = STOPPED_AT + timedelta(minutes=5)
    stories.measure(house, session, stories.calm(wall.shows, oxygen_saturation_percent=89, confirmed=True))
    assert "Clinician to the chair: answer the alert" in part_of(page_of(nils, session), "to-do")
    assert "Stop or pause" not in page_of(nils, session).content.decode()


def test_the_criteria_of_going_home_fill_themselves(house: House, wall: Wall) -> None:
    session, nils = stories.recovering(house), browser_of(house.nils)
    wall.shows = STOPPED_AT + timedelta(minutes=37)
    empty = criteria_of(page_of(nils, session))
    assert empty["Observed for 60 min"] == ("Not yet", "37 min since the stop")
    near = "Within 20 % of the own baseline, 2 sets in a row"
    assert empty[near] == ("Not yet", "0 of 2")
    assert {asks for asks, (met, _) in empty.items() if met == "Met"} == {
        "No side effect of grade 2 or more",
        "No vomiting",
        "Every alert resolved",
    }
    send(nils, session, "side_effect", {**NAUSEA, "grade": "2"})
    stories.measure(house, session, stories.calm(STOPPED_AT + timedelta(minutes=45), dissociation=3))
    wall.shows = STOPPED_AT + timedelta(minutes=46)
    half = criteria_of(page_of(nils, session))
    assert half[near] == ("Not yet", "1 of 2: 10:45 with 122/78, pulse 71")
    assert half["Dissociation 1 of 10 or less"] == ("Not yet", "3 of 10")
    assert half["No side effect of grade 2 or more"] == ("Not yet", "Open: Nausea")
    assert half["Pressure within the caution limit"][0] == "Met"


def test_who_is_to_measure_again_reads_beforehand_that_one_set_will_not_do(house: House, wall: Wall) -> None:
    session, nils = stories.observed(house), browser_of(house.nils)
    wall.shows = session.vital_signs.latest("measured_at").measured_at + timedelta(minutes=19)
    lately = criteria_of(page_of(nils, session))["Pressure and pulse measured lately"]
    assert lately == (
        "Not yet",
        "Last set at 11:00. The earlier sets no longer count: 2 new ones are needed, 12 to 18 minutes apart.",
    )
    refused = send(nils, session, "discharge", HOME)
    assert "2 new ones are needed, 12 to 18 minutes apart" in words(refused).split("Going home")[0]
    send(nils, session, "vitals", SIGNS)
    told = criteria_of(page_of(nils, session))
    assert "no longer count" not in str(told)
    assert told["Within 20 % of the own baseline, 2 sets in a row"][1].startswith("1 of 2")


def test_everything_is_met_when_the_record_holds_nothing_against_it(house: House, wall: Wall) -> None:
    session = stories.observed(house)
    wall.shows = session.arrived_at + timedelta(minutes=120)
    page = page_of(browser_of(house.nils), session)
    assert {met for met, _ in criteria_of(page).values()} == {"Met"}
    assert "the record holds nothing against it" in words(page)


def test_what_was_just_recorded_is_one_tap_from_its_correction(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = STARTED_AT + timedelta(minutes=10)
    send(nils, session, "vitals", SIGNS)
    line = session.vital_signs.latest("revision")
    told = page_of(nils, session).content.decode()
    way_back = re.search(r'kept\. <a href="([^"]+)">Wrong\? Correct it</a>', told)
    assert way_back
    opened = nils.get(way_back[1].partition("#")[0]).content.decode()
    assert hidden(opened, "vitals")["corrects"] == str(line.pk)
    assert f'id="{way_back[1].partition("#")[2]}"' in opened
    send(nils, session, "pause", {})
    assert "Wrong?" not in words(page_of(nils, session))


def test_after_the_signature_it_is_one_tap_from_its_amendment(house: House, wall: Wall) -> None:
    session, nils = stories.signed(house), browser_of(house.nils)
    wall.shows = session.arrived_at + timedelta(minutes=130)
    late = {"text": "Called a taxi.", "correction_reason": "Left out", "password": PASSWORD}
    assert send(nils, session, "amend", late).status_code == 302
    told = page_of(nils, session).content.decode()
    line = session.notes.get()
    assert f'?correct={line.pk}#part-amend">Wrong? Amend it</a>' in told
    beside = f'<a href="{reverse("compare_record", args=[session.pk])}">Read versions 1 and 2'
    assert f"The record is now at version 2. {beside} side by side</a>" in told


def test_what_a_value_would_meet_stands_beside_its_box_and_nothing_is_kept(
    house: House, other_house: House, wall: Wall
) -> None:
    session = stories.infusing(house)
    wall.shows = STARTED_AT + timedelta(minutes=10)
    address = reverse("session_check_vitals", args=[session.pk])
    typed = {"systolic_mmhg": "185", "diastolic_mmhg": "nine", "pain_nrs": "2"}
    answer = browser_of(house.nils).post(address, typed)
    lines = dict(re.findall(r'data-at="(\w+)">(.*?)</p>', answer.content.decode(), re.DOTALL))
    assert "Raises an alert: caution." in lines["systolic_mmhg"]
    assert "Is refused." in lines["diastolic_mmhg"]
    assert "No alert." in lines["pain_nrs"]
    could_be_kept = {**SIGNS, "id": str(new_id()), "systolic_mmhg": "165"}
    assert "Raises an alert" in browser_of(house.nils).post(address, could_be_kept).content.decode()
    assert session.vital_signs.count() == 1
    assert not session.alerts.exists()
    assert browser_of(other_house.nils).post(address, typed).status_code == 404
    assert browser_of(house.nils).get(address).status_code == 405


def test_what_the_patient_has_now_is_over_with_one_tap(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = STARTED_AT + timedelta(minutes=10)
    assert send(nils, session, "side_effect", NAUSEA).status_code == 302
    wall.after(minutes=5)
    for tap, grade, outcome in (("Now 2 moderate", 2, "ongoing"), ("Over", 2, "resolved")):
        html = page_of(nils, session).content.decode()
        row = html[html.index('class="effects-now"') :].split("</ul>")[0]
        [form] = [part for part in row.split("<form")[1:] if f"{tap}<" in part]
        sent = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form))
        sent.pop("csrfmiddlewaretoken", None)
        assert nils.post(reverse("session_course", args=[session.pk]), sent).status_code == 302
        line = session.side_effects.latest("revision")
        assert (line.grade, line.outcome, line.as_of) == (grade, outcome, wall.shows)
        wall.after(minutes=1)
    assert line.ended_at == line.as_of
    html = page_of(nils, session).content.decode()
    assert "<form" not in html[html.index('class="effects-now"') :].split("</ul>")[0]


def test_another_side_effect_than_the_common_ones_is_chosen_from_the_list(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = STARTED_AT + timedelta(minutes=10)
    rare = {**NAUSEA, "term": "", "other_term": "tingling"}
    assert send(nils, session, "side_effect", rare).status_code == 302
    assert session.side_effects.get().term == "tingling"
    both = send(nils, session, "side_effect", {**NAUSEA, "other_term": "tingling"})
    assert both.status_code == 400
    assert "Choose one, here or among the others." in words(both)
    none = send(nils, session, "side_effect", {**NAUSEA, "term": "", "id": str(new_id())})
    assert none.status_code == 400


def test_what_of_the_checklist_comes_with_the_vital_signs_is_not_waited_for(house: House, wall: Wall) -> None:
    session, nils = stories.arrived(house), browser_of(house.nils)
    wall.after(minutes=5)
    checklist.answer(actor=house.actor(house.nils), session=session, answers=stories.ALL_PASS, now=wall.shows)
    page = page_of(nils, session)
    assert "Dose and its check, then vital signs, then start" in part_of(page, "to-do")
    assert "Pain asked (0 to 10)" in words(page), "the start waits for it all the same"
