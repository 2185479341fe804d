"""What somebody sees while a part of the house is being started again."""

import pytest
from django.db import OperationalError
from django.test import Client
from redis.exceptions import ConnectionError as ValkeyAway

from scheduler.visits import queries
from tests.cast import House


@pytest.mark.parametrize("away", [OperationalError("server closed"), ValkeyAway("refused")])
def test_a_page_asks_for_patience_while_a_server_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    def gone(*_: object) -> None:
        raise away

    monkeypatch.setattr(queries, "day_board", gone)
    browser = Client(raise_request_exception=False)
    browser.force_login(house.ana)
    answer = browser.get("/day/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "One moment" in answer.content.decode()
    assert "server closed" not in answer.content.decode()


def test_the_api_says_busy_while_a_server_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("server closed")

    monkeypatch.setattr(queries, "visits", gone)
    client = Client(raise_request_exception=False)
    client.force_login(house.ana)
    answer = client.get(f"/api/v1/appointments/?patient={house.rosa.pk}")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
