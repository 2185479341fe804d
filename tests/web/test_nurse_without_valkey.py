"""A nurse in mid-infusion reads and records while Valkey is silent: her pages don't even ask it."""

from datetime import timedelta
from socket import socket
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from redis.exceptions import RedisError

from sessions_app.models import Session
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT
from tests.silence import nobody_asked, silent
from tests.web.pages import browser_of, words
from tests.web.test_nurse import NAUSEA, SIGNS, Wall, send, wall
from tests.web.test_nurse_observing import tap

__all__ = ["silent", "wall"]  # the silence and the clock on the wall are fixtures of these stories too


@pytest.fixture
def session(house: House, wall: Wall) -> Session:
    wall.shows = STARTED_AT + timedelta(minutes=10)
    return stories.infusing(house)


def test_an_infusion_is_watched_and_recorded_while_valkey_is_silent(
    house: House, session: Session, silent: socket
) -> None:
    nils, address = browser_of(house.nils), reverse("session", args=[session.pk])
    for page in (reverse("nurse_station"), address, reverse("session_chart", args=[session.pk])):
        assert nils.get(page).status_code == 200
    assert "token" in nils.get(reverse("session_connection")).json()
    steps: list[tuple[str, dict[str, Any]]] = [
        ("vitals", {**SIGNS, "oxygen_saturation_percent": "84", "confirmed": "on"}),
        ("side_effect", NAUSEA),
        ("pause", {"reason": "Saturation"}),
        ("note", {"text": "Oxygen by mask."}),
        ("vitals", SIGNS),
    ]
    for act, values in steps:
        assert send(nils, session, act, values)["Location"] == address, act
    assert tap(nils, nils.get(address).content.decode()).status_code == 302
    assert send(nils, session, "stop", {}).status_code == 302
    assert "Recovering" in words(nils.get(address))
    assert nobody_asked(silent)


def test_the_silence_of_these_stories_is_one(silent: socket) -> None:
    with pytest.raises(RedisError):
        cache.get("anything")
    assert not nobody_asked(silent)
