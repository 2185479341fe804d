"""The live chart on a session's page: what stands in the record, and how it renews itself."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog
from sessions_app.infusing import infusion
from sessions_app.models import Session
from sessions_app.monitors import feed
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.sessions_app.monitors.beds import bed
from tests.sessions_app.monitors.messages import oru
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of
from tests.web.test_nurse import SIGNS, Wall, send, wall

__all__ = ["wall"]  # the clock on the wall is a fixture of these stories too


def minute(minutes: float) -> Any:
    return STARTED_AT + timedelta(minutes=minutes)


def chart(browser: Client, session: Session) -> str:
    return browser.get(reverse("session_chart", args=[session.pk])).content.decode()


def marks(html: str) -> list[str]:
    """What the marks say, sets first, then what happened."""
    return [unescape(words) for words in re.findall(r'aria-label="([^"]*)"\s+data-mark', html)]


def step(house: House, session: Session, act: Any, at: float, **more: Any) -> None:
    act(actor=house.actor(house.nils), id=new_id(), session=session, now=minute(at), **more)


def test_a_course_is_drawn_with_its_sets_and_what_happened(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(minute(10), systolic_mmhg=165, mean_mmhg=107))
    step(house, session, infusion.change_rate, 12, rate_ml_per_h=Decimal("100"))
    step(house, session, infusion.pause, 15, reason="Nausea")
    report(house, session, onset_at=minute(14), now=minute(16))
    wall.shows = minute(20)
    html = chart(browser_of(house.nils), session)
    assert marks(html) == [
        "09:10: 122/78 mmHg, mean 93, heart rate 71 /min, SpO₂ 98 %",
        "09:30: 165/78 mmHg, mean 107, heart rate 71 /min, SpO₂ 98 %, past caution",
        "09:20: started, 150 mL/h",
        "09:32: rate changed, 100 mL/h",
        "09:34: Nausea, grade 1, ongoing",
        "09:35: paused, Nausea",
    ]
    assert "<title>Paused since 09:35</title>" in html
    assert "stop SBP ≥ 180" in html
    assert "caution &lt; 94" in html
    page = browser_of(house.nils).get(reverse("session", args=[session.pk])).content.decode()
    assert marks(page) == marks(html)


def test_a_refused_set_is_no_value_and_a_corrected_one_shows_the_correction(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), browser_of(house.nils)
    wall.shows = minute(9)
    assert send(nils, session, "vitals", {**SIGNS, "oxygen_saturation_percent": "84"}).status_code == 400
    assert [words[:5] for words in marks(chart(nils, session))] == ["09:10", "09:20"]
    wrong = stories.measure(house, session, stories.calm(minute(9), heart_rate_per_min=118))
    stories.measure(
        house,
        session,
        stories.calm(minute(9), heart_rate_per_min=81),
        corrects=wrong.pk,
        correction_reason="Misread",
        now=minute(10),
    )
    said = marks(chart(nils, session))
    assert said[1] == "09:29: 122/78 mmHg, mean 93, heart rate 81 /min, SpO₂ 98 %, corrected"
    assert not any("118" in words for words in said)


def test_nothing_is_drawn_before_anything_was_measured(house: House, wall: Wall) -> None:
    html = chart(browser_of(house.nils), stories.arrived(house))
    assert "<svg" not in html
    assert 'id="live-chart"' in html, "a later look puts the picture there"


def test_what_the_monitor_showed_stands_behind_the_sets(house: House, wall: Wall) -> None:
    session = bed(house).session
    wall.shows = minute(12)
    nils = browser_of(house.nils)
    assert 'class="watched"' not in chart(nils, session)
    for second, saturation in ((0, "97"), (20, "92")):
        moment = minute(10) + timedelta(seconds=second)
        message = oru(moment, [("59408-5", saturation, "%")], control_id=str(second))
        feed.take(messages=[message], now=moment)
    html = chart(nils, session)
    [strokes] = re.findall(r'<path class="watched" d="(M[^"]*V[^"]*)"', html.partition('class="key')[0])
    assert strokes.count("M") == 1, "a minute is one stroke, from its lowest to its highest"
    assert len([words for words in marks(html) if "SpO₂" in words]) == 1


def test_the_page_asks_for_its_chart_again_while_somebody_is_in_the_chair(house: House, wall: Wall) -> None:
    nils = browser_of(house.nils)
    session = stories.infusing(house)
    page = nils.get(reverse("session", args=[session.pk])).content.decode()
    address = reverse("session_chart", args=[session.pk])
    assert re.search(rf'data-chart\s+data-poll hx-get="{address}" hx-trigger="every 30s"', page)
    home = stories.discharged(house, house.omar)
    assert (
        reverse("session_chart", args=[home.pk])
        not in nils.get(reverse("session", args=[home.pk])).content.decode()
    )


def test_a_chart_that_stays_open_is_one_look_an_hour(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    look = {"clinic": house.clinic, "user": house.nils, "patient": house.rosa, "what": "session"}
    looks = AccessLog.objects.filter(**look)
    AccessLog.objects.create(**look, at=datetime.now(UTC) - timedelta(minutes=61))
    nils = browser_of(house.nils)
    for _ in range(3):
        chart(nils, session)
        assert looks.count() == 2


def test_a_long_course_costs_as_many_queries_as_a_short_one(house: House, wall: Wall) -> None:
    nils = browser_of(house.nils)
    session = stories.infusing(house)

    def queries() -> int:
        wall.after(minutes=1)
        with CaptureQueriesContext(connection) as captured:
            chart(nils, session)
        return len(captured)

    wall.shows = minute(20)
    chart(nils, session)
    few = queries()
    for at in range(1, 19):
        stories.measure(house, session, stories.calm(minute(at)))
    assert queries() == few


def test_another_clinics_chart_is_not_there(house: House, other_house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    answer = browser_of(other_house.nils).get(reverse("session_chart", args=[session.pk]))
    assert answer.status_code == 404
