"""A Monday morning in a clinic with hours, and its manager at the pages."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.cast import NOW, House
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def max_(stage: Stage) -> Client:
    return browser_of(stage.house.max)
