"""The nurse station as cards: what each chair says from across the room."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from clinic.models import Membership, Role
from sessions_app.infusing import infusion
from sessions_app.models import Session
from sessions_app.observing import alert_clocks, alerts
from tests.cast import House, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import chair_of, seat
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words
from tests.web.test_nurse import Wall, wall
from tests.web.test_nurse_observing import bad

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too

STATION = "/nurse/"


def minute(minutes: float) -> Any:
    return STARTED_AT + timedelta(minutes=minutes)


def two_chairs(house: House) -> tuple[Session, Session]:
    """Rosa's infusion in chair 3 and Omar's in chair 4."""
    rosa, omar = stories.infusing(house), stories.infusing(house, house.omar)
    seat(rosa, chair_of(house, "Chair 3"))
    seat(omar, chair_of(house, "Chair 4"))
    return rosa, omar


def cards(house: House) -> str:
    """The page from the first card on."""
    page = browser_of(house.nils).get(STATION).content.decode()
    return page[page.index('class="chair-cards"') :]


def test_a_card_names_the_chair_and_leads_to_its_session(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    seat(session, chair_of(house, "Chair 3"))
    wall.shows = minute(5)
    found = re.search(
        r'<h3>\s*<a href="([^"]*)"><span class="chair-name">([^<]*)</span> ([^<]*)</a>', cards(house)
    )
    assert found
    assert found.groups() == (reverse("session", args=[session.pk]), "Chair 3", "Rosa Delgado")


def test_midnight_takes_nobody_off_the_station_who_is_still_in_a_chair(house: House, wall: Wall) -> None:
    seat(stories.infusing(house), chair_of(house, "Chair 3"))
    wall.shows = minute(24 * 60)
    assert "Chair 3" in cards(house)


def test_who_went_home_yesterday_is_off_the_station(house: House, wall: Wall) -> None:
    stories.discharged(house)
    wall.shows = minute(26 * 60)
    assert "Rosa Delgado" not in words(browser_of(house.nils).get(STATION))


def test_readings_that_nobody_took_are_a_line_for_each_chair_below_what_a_patient_has(
    house: House, wall: Wall
) -> None:
    rosa, _ = two_chairs(house)
    stories.measure(house, rosa, stories.calm(minute(9), oxygen_saturation_percent=84, confirmed=True))
    for late in (14, 24):
        alert_clocks.run_clocks(now=minute(late))
    wall.shows = minute(24)

    page = browser_of(house.nils).get(STATION)
    said = words(page)
    assert said.index("Oxygen saturation 84 %") < said.index("Vital signs were due")
    assert [(chair.watch.place, group.halts) for chair, group in page.context["unread"]] == [
        ("Chair 3", True),  # asked for sooner since its alert, and a second one in a row
        ("Chair 4", False),
    ]
    assert [chair.watch.place for chair in page.context["calling"]] == ["Chair 3"]
    assert page.content.decode().count('data-alert="') == len(page.context["calling"]) + len(
        page.context["unread"]
    )


def test_readings_that_call_to_stop_stand_above_a_caution(house: House, wall: Wall) -> None:
    rosa, _ = two_chairs(house)
    stories.measure(house, rosa, stories.calm(minute(9), heart_rate_per_min=130, confirmed=True))
    for late in (14, 24):
        alert_clocks.run_clocks(now=minute(late))
    wall.shows = minute(24)

    page = browser_of(house.nils).get(STATION)
    alerts_above = words(page).partition("In the chairs")[0]
    assert [group.lead.alert.level for _, group in page.context["unread"]] == ["stop", "caution"]
    assert alerts_above.index("Vital signs were due") < alerts_above.index("Heart rate 130")
    assert page.content.decode().count('aria-label="Readings overdue"') == 1


@pytest.mark.parametrize(
    ("come_to", "at", "said"),
    [
        (stories.prepared, -5, "15 min since arrival"),
        (stories.infusing, 10, "30 min left in the bag"),
        (stories.recovering, 55, "45 min left to observe"),
        (stories.recovering, 130, "0 min left to observe"),
    ],
)
def test_the_big_figure_is_how_long_it_goes_on(
    house: House, wall: Wall, come_to: Any, at: int, said: str
) -> None:
    come_to(house)
    wall.shows = minute(at)
    assert said in words(browser_of(house.nils).get(STATION))


def test_a_pause_is_counted_from_the_newest_one(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    for act, at in ((infusion.pause, 5), (infusion.resume, 8), (infusion.pause, 11)):
        act(actor=nils, id=new_id(), session=session, now=minute(at))
    wall.shows = minute(18)
    said = words(browser_of(house.nils).get(STATION))
    assert "7 min paused" in said
    assert "20.0 of 35.0 mg" not in said


def test_a_new_rate_moves_the_end_of_the_bag(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    infusion.change_rate(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        rate_ml_per_h=Decimal("75"),
        now=minute(20),
    )
    wall.shows = minute(20)
    assert "40 min left in the bag" in words(browser_of(house.nils).get(STATION))


def test_the_last_hour_is_a_line_with_a_word_and_its_figures(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    for at, systolic, pulse in ((5, 124, 70), (15, 131, 74), (25, 139, 72)):
        stories.measure(
            house, session, stories.calm(minute(at), systolic_mmhg=systolic, heart_rate_per_min=pulse)
        )
    wall.shows = minute(26)
    page = cards(house)
    rows = re.findall(
        r"<dt>(.*?)</dt>\s*<dd>\s*<strong>(.*?)</strong>.*?<title>(.*?)</title>"
        r".*?<polyline points=\"([^\"]*)\""
        r".*?chair-trend\">(?:<span[^>]*>.</span>)?\s*(\w*)",
        page,
        re.DOTALL,
    )
    assert [(label, value, said) for label, value, _, _, said in rows] == [
        ("BP", "139/78", "rising"),
        ("HR", "72", "steady"),
        ("SpO₂", "98", "steady"),
    ]
    assert rows[1][2] == "09:10 71, 09:25 70, 09:35 74, 09:45 72"
    assert rows[1][3].count(",") == 4
    wall.shows = minute(80)
    assert "09:35" not in cards(house).partition("<title>")[2].partition("</title>")[0]


def test_values_stay_on_the_card_however_old_they_are_and_tell_their_own_time(
    house: House, wall: Wall
) -> None:
    session = stories.infusing(house)
    part = stories.calm(minute(10), oxygen_saturation_percent=None, absent_reason="Probe off")
    stories.measure(house, session, part)
    wall.shows = minute(12)
    nils = browser_of(house.nils)
    assert "SpO₂ 98 % 09:10" in words(nils.get(STATION))
    wall.shows = minute(90)
    said = words(nils.get(STATION))
    assert "BP 122/78 mmHg HR 71 /min Measured 80 min ago" in said
    assert "<polyline" not in cards(house)


def test_an_alert_stands_on_top_with_its_buttons_and_in_its_card(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    bad(house, session, 10)
    wall.shows = minute(11)
    page = browser_of(house.nils).get(STATION).content.decode()
    top, _, below = page.partition('class="chair-cards"')
    assert "Acknowledge" in top
    assert "Acknowledge" not in below
    assert "Oxygen saturation 84 %: below 85." in below
    assert heard(page) == ["emergency"]


def heard(page: str) -> list[str]:
    """The levels of the alerts that a station that hasn't seen them yet tells aloud (station.js)."""
    return re.findall(r'data-alert="[^"]+"\s+data-level="(\w+)"', page)


def test_an_alert_that_joins_a_worse_acknowledged_one_is_heard(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    worst = {"oxygen_saturation_percent": 84, "confirmed": True}
    stories.measure(house, session, stories.calm(minute(10), heart_rate_per_min=130, **worst))
    nils = house.actor(house.nils)
    for alert in alerts.open_of(session):
        alerts.acknowledge(actor=nils, id=new_id(), alert=alert, now=minute(11))
    wall.shows = minute(13)
    station = browser_of(house.nils)
    assert heard(station.get(STATION).content.decode()) == []
    fast = stories.calm(minute(12), heart_rate_per_min=155, confirmed=True)
    stories.measure(house, session, fast, now=minute(12))
    assert heard(station.get(STATION).content.decode()) == ["stop"]


def test_whoever_has_gone_home_with_an_open_alert_is_among_the_alerts(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    seat(session, chair_of(house, "Chair 3"))
    bad(house, session, 10)
    type(session).objects.filter(pk=session.pk).update(state="discharged", discharged_at=minute(100))
    sits = stories.infusing(house, house.omar)
    stories.measure(house, sits, stories.calm(minute(10), heart_rate_per_min=130, confirmed=True))
    wall.shows = minute(110)
    page = browser_of(house.nils).get(STATION).content.decode()
    called = page.partition('id="sessions"')[0]
    # By now somebody else may sit in Chair 3.
    assert "Chair 3" not in called
    assert "Rosa Delgado</a>, not in a chair any more" in called
    assert called.index("Omar Haddad") < called.index("Rosa Delgado")
    assert "alert open" in words(browser_of(house.nils).get(STATION)).partition("Finished today")[2]


def test_an_alerts_page_names_the_chair_to_come_to(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    seat(session, chair_of(house, "Chair 3"))
    address = reverse("alert", args=[bad(house, session, 10).pk])
    wall.shows = minute(12)
    assert "Chair 3 · Rosa Delgado" in words(browser_of(house.nils).get(address))
    type(session).objects.filter(pk=session.pk).update(state="discharged", discharged_at=minute(100))
    assert "Chair 3" not in words(browser_of(house.nils).get(address))


def test_the_pages_say_beforehand_and_loudly_that_no_prescriber_can_be_reached(
    house: House, wall: Wall
) -> None:
    session = stories.infusing(house)
    wall.shows = minute(10)
    browser = browser_of(house.nils)
    assert "an alert would reach none" not in words(browser.get(STATION))
    Membership.objects.filter(user=house.priya, role=Role.PRESCRIBER).delete()
    assert "Nobody here has the role of a prescriber: an alert would reach none." in words(
        browser.get(STATION)
    )
    stories.measure(house, session, stories.calm(minute(10), oxygen_saturation_percent=84, confirmed=True))
    alert = alerts.open_of(session).get()
    for address in (STATION, reverse("session", args=[session.pk]), reverse("alert", args=[alert.pk])):
        said = words(browser.get(address))
        assert "No prescriber can be reached: nobody here has that role." in said
        assert "Prescriber told" not in said
    make_user(house.clinic, "Quinn Abel", Role.PRESCRIBER)
    alert_clocks.run_clocks(now=minute(11))
    said = words(browser.get(STATION))
    assert "Prescriber Quinn Abel told 09:31" in said
    assert "No prescriber can be reached" not in said


def test_a_worse_alert_stands_above_a_milder_one_of_another_chair(house: House, wall: Wall) -> None:
    rosa, omar = two_chairs(house)
    stories.measure(house, rosa, stories.calm(minute(6), heart_rate_per_min=155, confirmed=True))
    stories.measure(house, omar, stories.calm(minute(9), oxygen_saturation_percent=84, confirmed=True))
    wall.shows = minute(10)
    calling = browser_of(house.nils).get(STATION).context["calling"]
    assert [(each.watch.place, each.watch.calls[0].lead.alert.level) for each in calling] == [
        ("Chair 4", "emergency"),
        ("Chair 3", "stop"),
    ]


def test_of_one_level_the_alert_that_has_stood_longest_is_first(house: House, wall: Wall) -> None:
    rosa, omar = two_chairs(house)
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=rosa, now=minute(5))
    for session, at in ((rosa, 6), (omar, 9)):
        stories.measure(
            house,
            session,
            stories.calm(minute(at), oxygen_saturation_percent=84, confirmed=True),
            now=minute(at),
        )
    wall.shows = minute(10)
    page = browser_of(house.nils).get(STATION)
    assert [each.watch.place for each in page.context["calling"]] == ["Chair 3", "Chair 4"]
