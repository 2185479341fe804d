"""Nils at the chair with his tablet, in mid-infusion, and a clock that passes in no time."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route

from sessions_app.models import Session
from tests.browser.conftest import TABLET, Windows
from tests.browser.unsent.tablet import MID_INFUSION, Passing, at_the_chair
from tests.cast import House, make_house
from tests.sessions_app import stories


class ReallyPassing(Passing):
    def wait(self, seconds: int) -> None:
        time.sleep(seconds)


@pytest.fixture(params=[Passing, pytest.param(ReallyPassing, marks=pytest.mark.drill)])
def minute(request: pytest.FixtureRequest) -> type[Passing]:
    """The minute of the outage: skipped over, and in the drill a real one."""
    kind: type[Passing] = request.param
    return kind


@pytest.fixture
def passing(request: pytest.FixtureRequest) -> Iterator[Passing]:
    kind = request.getfixturevalue("minute") if "minute" in request.fixturenames else Passing
    with time_machine.travel(MID_INFUSION) as server:
        yield kind(server)


@pytest.fixture
def house(transactional_db: None, passing: Passing) -> House:
    return make_house()


@pytest.fixture
def session(house: House) -> Session:
    return stories.infusing(house)


@pytest.fixture
def window(windows: Windows, house: House) -> Page:
    """Nils' own tablet, on which nothing is open yet."""
    return windows.sign_in(house.nils, TABLET)


@pytest.fixture
def unhurried(window: Page) -> None:
    """A form waits a second and a half for its entry's answer; then it is for the next one, and only the list
    tells of a refusal. Here it waits for answers that come in time, however busy the machine is."""
    window.route(re.compile(r"/unsent(\.\w+)?\.js"), _with_patience)


def _with_patience(route: Route) -> None:
    script = Path(str(finders.find("web/unsent.js"))).read_text()
    assert "SOON = 1_500" in script
    route.fulfill(body=script.replace("SOON = 1_500", "SOON = 60_000"), content_type="text/javascript")


@pytest.fixture
def page(window: Page, passing: Passing, session: Session) -> Page:
    """Nils at the chair with his tablet."""
    return at_the_chair(window, passing, session)
