"""Nils at the chair with his tablet, in mid-infusion, and a clock that passes in no time."""

import time
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import Page

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
def page(windows: Windows, passing: Passing, house: House, session: Session) -> Page:
    """Nils at the chair with his tablet."""
    return at_the_chair(windows.sign_in(house.nils, TABLET), passing, session)
