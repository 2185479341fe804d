"""The way out that a story about delivery writes itself, and a house that has been up for long."""

from typing import Any

import pytest

from notifications.channels import opening
from notifications.watching import health
from tests.notifications.drains import ScriptedChannel


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever leaves goes by the channel that is made with it."""

    def use(*errors: BaseException, **asked: Any) -> ScriptedChannel:
        channel = ScriptedChannel(*errors, **asked)
        monkeypatch.setattr(opening, "open_channel", lambda form: channel)
        return channel

    return use


@pytest.fixture
def long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a day, at whatever moment this runs: when PostgreSQL started is no part of a story's clock."""
    asked, _, up = health.STATE.rpartition("extract(epoch FROM")
    assert "pg_postmaster_start_time" in up
    monkeypatch.setattr(health, "STATE", f"{asked} 86400")
