"""The way out that a story about delivery writes itself."""

from typing import Any

import pytest

from notifications.channels import opening
from tests.notifications.drains import ScriptedChannel


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever leaves goes by the channel that is made with it."""

    def use(*errors: BaseException, **asked: Any) -> ScriptedChannel:
        channel = ScriptedChannel(*errors, **asked)
        monkeypatch.setattr(opening, "open_channel", lambda form: channel)
        return channel

    return use
