"""The manager's page of calendar feeds, and the secret address as a calendar program asks it."""

import logging
from collections.abc import Iterator

import pytest
import time_machine
from icalendar import Calendar
from structlog.testing import capture_logs

from clinic.rates import UNKNOWN_TOKENS_PER_MINUTE
from scheduler.calendars import feeds
from scheduler.models import CalendarFeed
from tests.cast import NOW, House, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words
from web.views.feeds import READS_PER_MINUTE


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


@pytest.fixture
def address(stage: Stage) -> str:
    """The path of the first chair's calendar, in which there is a visit."""
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feeds.make(actor=stage.house.actor(stage.house.max), id=new_id(), resource=stage.chairs[0])
    return feeds.address_of(feed).removeprefix("http://localhost:8000")


def test_the_manager_makes_an_address_and_sees_it_this_once(stage: Stage) -> None:
    browser = browser_of(stage.house.max)
    sent = {"id": str(new_id()), "resource": str(stage.nurses[0].pk)}
    page = browser.post("/calendar-feeds/", sent)
    address = feeds.address_of(CalendarFeed.objects.get())
    assert address in words(page)
    assert address not in words(browser.get("/calendar-feeds/"))
    assert "Nurse 1" in words(browser.get("/calendar-feeds/"))


def test_a_form_without_a_choice_is_shown_again(stage: Stage) -> None:
    page = browser_of(stage.house.max).post("/calendar-feeds/", {"id": str(new_id())})
    assert page.status_code == 400
    assert "Choose whose calendar." in words(page)


def test_revoking_works_at_once(stage: Stage, address: str) -> None:
    assert browser_of().get(address).status_code == 200
    feed = CalendarFeed.objects.get()
    page = browser_of(stage.house.max).post(f"/calendar-feeds/{feed.pk}/revoke/", follow=True)
    assert "nobody reads Chair 1's calendar" in words(page)
    gone, unknown = browser_of().get(address), browser_of().get("/feeds/guessed.ics")
    assert (gone.status_code, gone.content) == (unknown.status_code, unknown.content)
    assert gone.status_code == 404


def test_naming_the_patients_asks_once_more(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/calendar-feeds/").content.decode()
    assert page.index("<summary>Name the patients</summary>") < page.index("Yes, name the patients")


def test_the_page_says_what_names_in_calendars_mean(stage: Stage, address: str) -> None:
    browser = browser_of(stage.house.max)
    page = browser.get("/calendar-feeds/")
    assert "That somebody is a patient here is health information" in words(page)
    browser.post("/calendar-feeds/names/", {"show_names": "on"})
    assert b"Rosa Delgado" in browser_of().get(address).content
    browser.post("/calendar-feeds/names/", {})
    assert b"Rosa Delgado" not in browser_of().get(address).content


def test_a_calendar_program_reads_the_address_without_signing_in(address: str) -> None:
    answer = browser_of().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert len(Calendar.from_ical(answer.content).events) == 1
    assert "Set-Cookie" not in answer.headers


def test_what_a_program_has_already_is_not_sent_again(stage: Stage, address: str) -> None:
    program = browser_of()
    etag = program.get(address)["ETag"]
    again = program.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    stage.book(stage.plan(stage.house.omar), "13:00", chair=stage.chairs[0])
    assert program.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_the_address_is_only_read(address: str) -> None:
    assert browser_of().post(address).status_code == 405
    assert browser_of().head(address).status_code == 200


def test_nothing_that_is_logged_holds_the_address(address: str, caplog: pytest.LogCaptureFixture) -> None:
    token = address.rpartition("/")[2].removesuffix(".ics")
    with caplog.at_level(logging.INFO), capture_logs() as lines:
        browser_of().get(address)
        browser_of().get(f"{address}x")
    assert "feeds/<str:token>.ics" in str(lines)
    assert token not in str(lines) + caplog.text


def test_somebody_who_tries_one_address_after_the_other_is_slowed_down(address: str) -> None:
    guesser = browser_of()
    statuses = [
        guesser.get(f"/feeds/guess{number}.ics").status_code
        for number in range(UNKNOWN_TOKENS_PER_MINUTE + 1)
    ]
    assert statuses == [404] * UNKNOWN_TOKENS_PER_MINUTE + [429]
    assert guesser.get(address).status_code == 200


def test_a_program_that_asks_without_end_is_slowed_down(address: str) -> None:
    program = browser_of()
    *_, read, slowed_down = [program.get(address) for _ in range(READS_PER_MINUTE + 1)]
    assert (read.status_code, slowed_down.status_code) == (200, 429)
    assert (read.has_header("Retry-After"), slowed_down.get("Retry-After")) == (False, "60")


def test_another_clinics_manager_finds_no_feed(address: str, other_house: House) -> None:
    feed = CalendarFeed.objects.get()
    answer = browser_of(other_house.max).post(f"/calendar-feeds/{feed.pk}/revoke/")
    assert answer.status_code == 404
    assert CalendarFeed.objects.get().revoked_at is None
