"""What holds for every page, over the list of `tests.browser.pages` and the synthetic clinic's running day.

In `bin/test` the pages that a day is spent on are looked at once; `bin/drills` looks at every page, and at
each at every width, in the light and in the dark. Pictures of them are made by `bin/screens`.
"""

import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import resolve
from playwright.sync_api import Browser, Response

from tests.browser import copies, demo, looking, product
from tests.browser.conftest import SIZES, Windows
from tests.browser.pages import NO_PAGES, PAGES, Listed
from tests.browser.touring import Tour
from tests.cast import House
from tests.routes import every_route

# What the browser gets the first time, in bytes.
MOST: Final = 150_000
MOST_FOR_A_PATIENT: Final = 60_000
# Its markup and its weight are Swagger UI's.
NOT_OURS: Final = "api-docs"
# Where the day is spent, and what patients see: the rest is built of the same parts, and the drills look at
# all of it.
DAILY: Final = frozenset(
    [
        "day",
        "book",
        "visit",
        "patients",
        "chart",
        "plan",
        "nurse-station",
        "session",
        "session-recovering",
        "tasks",
        "thread",
        "reports",
        "protocol-new-version",
    ]
)
REPORTS: Final = "web.views.frame"  # where each report of the Content-Security-Policy is logged
# As a stylesheet that folds nothing would leave them.
UNFOLD: Final = """() => {
  for (const each of document.querySelectorAll(".places > ul > [class^='folds-']"))
    each.style.display = "list-item";
}"""


# --- The list -----------------------------------------------------------------------------------------


def shape(address: str) -> str:
    """`/plans/{new_plan}/series/` and `/plans/{plan}/series/` are one route."""
    return re.sub(r"\{\w+\}(-\{\w+\}|x)?", "{}", address)


def test_every_address_that_a_person_can_open_is_on_the_list() -> None:
    served = {
        shape(route.path)
        for route in every_route()
        if route.method == "GET" and not route.path.startswith("/api/v1/")
    }
    listed = {shape(page.route) for page in PAGES if page.status == 200}
    no_pages = {shape(address) for address in NO_PAGES}
    assert sorted(served - listed - no_pages) == [], "put it into tests/browser/pages.py"
    assert sorted((listed | no_pages) - served) == []
    assert not listed & no_pages


def test_every_page_of_the_list_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(page.name for page in PAGES).items() if times > 1] == []


# --- The pages ----------------------------------------------------------------------------------------


@pytest.fixture
def tour(
    browser: Browser, transactional_db: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Tour]:
    """Through the running day, from a server that sends what production sends. A complaint of the browser, a
    request to anybody else and a report of the Content-Security-Policy fail the story."""
    caplog.set_level(logging.WARNING, logger=REPORTS)
    with (
        copies.running_day() as clinic,
        copies.beside("tour"),
        time_machine.travel(demo.MIDDAY, tick=False),
    ):
        made = demo.go_on(clinic)
        with product.serving(tmp_path, mode="demo") as address:
            windows = Windows(browser, address)
            yield Tour(windows, made)
            windows.close()
    assert windows.complaints == []
    assert [record.getMessage() for record in caplog.records if record.name == REPORTS] == []


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_pages_of_the_day_are_whole_say_what_they_are_and_are_light(tour: Tour) -> None:
    known = {page.name for page in PAGES}
    assert known >= DAILY, DAILY - known
    look_through(tour, [page for page in PAGES if page.name in DAILY or page.by_link])


@pytest.mark.drill
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_every_page_is_whole_says_what_it_is_and_is_light(tour: Tour) -> None:
    look_through(tour, PAGES)


def look_through(tour: Tour, pages: Sequence[Listed]) -> None:
    wrong: list[str] = []
    titles: dict[str, str] = {}
    weights: dict[str, int] = {}
    for listed, page, answer in tour.through(pages):
        faults = []
        if answer.status != listed.status or not stayed(answer):
            faults.append(f"it answers {answer.status} at {page.url}")
        weights[listed.name] = tour.scales.bytes_of_page()
        # A patient's says the clinic's name and nothing else: it stays in the history of a phone.
        if not listed.by_link and titles.setdefault(page.title(), shape(listed.route)) != shape(listed.route):
            faults.append(f"it has the title of {titles[page.title()]}: {page.title()}")
        if listed.name != NOT_OURS:
            faults += looking.head(page) + looking.look_once(page)
        wrong += [f"{listed.name}: {fault}" for fault in faults]
    for name, weight in sorted(weights.items(), key=lambda each: -each[1]):
        sys.stdout.write(f"{weight:8,} bytes {name}\n")
    wrong += [
        f"{page.name} weighs {weights[page.name]:,} bytes" for page in pages if too_heavy(page, weights)
    ]
    assert not wrong, "\n".join(wrong)


def stayed(answer: Response) -> bool:
    """A key to set a password is put out of sight, at the same route; nobody else is led away."""
    first = answer.request.redirected_from
    return first is None or route_of(first.url) == route_of(answer.url)


def route_of(address: str) -> str:
    return resolve(urlsplit(address).path).route


def too_heavy(listed: Listed, weights: dict[str, int]) -> bool:
    most = MOST_FOR_A_PATIENT if listed.by_link else MOST
    return listed.name != NOT_OURS and weights[listed.name] > most


@pytest.mark.drill
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_every_page_is_whole_at_every_width_in_the_light_and_in_the_dark(tour: Tour) -> None:
    wrong: list[str] = []
    for listed, page, _ in tour.through(page for page in PAGES if page.name != NOT_OURS):
        wrong += [f"{listed.name} {fault}" for fault in looking.look_everywhere(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_bar_that_keeps_nothing_behind_more_is_seen_to_be_crowded(
    windows: Windows, house: House, settings: object
) -> None:
    """The prescriber's is the fullest: what stands in it though there is no room is found by `CROWDED`."""
    settings.MODE = "demo"  # type: ignore[attr-defined]
    page = windows.sign_in(house.priya)
    for size in ("tablet", "phone"):
        looking.resize(page, SIZES[size])
        page.goto("/tasks/")
        assert page.evaluate(looking.CROWDED) == []
    page.evaluate(UNFOLD)
    assert "Messages" in page.evaluate(looking.CROWDED)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_bar_says_at_every_width_who_is_signed_in_and_where(windows: Windows, house: House) -> None:
    """A tablet goes from hand to hand, and what is written in it goes under this name."""
    page = windows.sign_in(house.priya)
    page.goto("/tasks/")
    for size in SIZES.values():
        looking.resize(page, size)
        for said in (house.priya.full_name, house.clinic.name):
            line = page.locator(".whoami > summary").get_by_text(said, exact=True).bounding_box()
            assert line is not None
            assert line["width"] > 60
