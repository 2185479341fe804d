"""The connection is lost in mid-infusion: what was entered waits in the browser, and is stored once, in
order, at its own moment (docs/decisions/0012-unsent-entries.md)."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from clinic import clock
from clinic.models import User
from sessions_app.models import Session
from tests.browser.conftest import TABLET, Windows
from tests.browser.looking import look_once
from tests.browser.unsent.tablet import (
    CLOSE,
    MID_INFUSION,
    ROWS,
    SIGNS,
    Passing,
    all_is_stored,
    at_the_chair,
    comes_back,
    enter,
    fill,
    form_of,
    steps,
    waits,
)
from tests.cast import PASSWORD, House, make_house
from tests.sessions_app import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE_SECONDS = 90


def test_a_minute_without_a_network_loses_doubles_and_moves_nothing(
    minute: type[Passing], page: Page, passing: Passing, session: Session
) -> None:
    page.context.set_offline(True)
    pressed = []
    for act, seconds, values in (
        ("vitals", 20, SIGNS),
        ("side-effect", 10, {"term": "nausea", "grade": "1"}),
        ("pause", 10, {"reason": "Nausea"}),
        ("note", 20, {"text": "Better with the blind down."}),
        ("resume", 0, {}),
    ):
        pressed.append(clock.now())
        enter(page, act, **values)
        passing.wait(seconds)
    expect(page.get_by_text("5 entries are not sent yet.")).to_be_visible()
    expect(form_of(page, "note").get_by_text("Kept on this tablet and not sent yet")).to_be_visible()
    waits(page, "Vital signs", "Side effect", "Pause", "Note", "Resume")
    reading = page.locator("tr.unsent-row")
    expect(reading).to_contain_text("124/80")
    expect(reading).to_contain_text("Not sent yet")
    expect(page.get_by_text("Stands still: a step of the infusion is not sent yet.")).to_be_visible()
    assert session.vital_signs.count() == 1, "nothing has come through"

    page.context.set_offline(False)
    back = clock.now()
    all_is_stored(page)
    expect(page.get_by_text("The side effect is kept.")).to_be_visible()
    expect(page.locator("tr.unsent-row")).to_have_count(0)
    vitals, effect = session.vital_signs.latest("revision"), session.side_effects.get()
    note, (_, pause, resume) = session.notes.get(), session.infusion_events.order_by("revision")
    lines: list[Any] = [vitals, effect, pause, note, resume]
    assert [line.revision for line in lines] == sorted(line.revision for line in lines)
    assert (session.vital_signs.count(), vitals.systolic_mmhg, pause.reason) == (2, 124, "Nausea")
    moments = [vitals.measured_at, effect.onset_at, pause.happened_at, None, resume.happened_at]
    for moment, then in zip(moments, pressed, strict=True):
        assert moment is None or abs(moment - then) < CLOSE
    assert all(line.recorded_at >= back for line in lines)


def test_nobody_is_told_that_a_check_before_the_start_is_optional(
    windows: Windows, passing: Passing, house: House
) -> None:
    page = at_the_chair(windows.sign_in(house.nils, TABLET), passing, stories.arrived(house))
    told = page.locator("[data-passes]", has_text="One tap passes").first
    expect(told).to_be_visible()
    expect(told).not_to_contain_text("optional")


@contextmanager
def server_process(port: int) -> Iterator[None]:
    """The product's own web server on the tests' database, until it is killed."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    bind = f"127.0.0.1:{port}"
    command = ["-m", "gunicorn", "--config", "python:embedded.gunicorn", "--workers", "1", "--bind", bind]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *command, "config.wsgi:application"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: answers(port))
        yield
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        until(lambda: not answers(port))


def answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health/", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.1)


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_server_that_was_killed_and_started_again_gets_what_was_entered_meanwhile(browser: Browser) -> None:
    """The real clock: the server reads its own."""
    port, house = a_free_port(), make_house()
    session = stories.infusing(house, at=clock.now() - timedelta(minutes=30))
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{port}", viewport={"width": 820, "height": 1180}
    )
    try:
        with server_process(port):
            sign_in(context, house.nils)
            page = context.new_page()
            page.goto(f"/sessions/{session.pk}/")
        pressed = clock.now()
        enter(page, "vitals", **SIGNS)
        enter(page, "rate", rate_ml_per_h="120.0")
        expect(page.get_by_text("Not yet reckoned against the protocol's limits.")).to_be_visible()
        with server_process(port):
            page.get_by_role("button", name="Try now").click()
            all_is_stored(page)
    finally:
        context.close()
    reading, rate = session.vital_signs.latest("revision"), session.infusion_events.latest("revision")
    assert (session.vital_signs.count(), steps(session)) == (2, ["start", "rate"])
    assert reading.revision < rate.revision
    assert abs(reading.measured_at - pressed) < CLOSE


def test_what_waits_outlasts_the_page(page: Page, passing: Passing, session: Session) -> None:
    """Nobody's retry is needed: the tablet is shut in the outage, and the next page that loads sends."""
    page.context.set_offline(True)
    pressed = clock.now()
    enter(page, "vitals", **SIGNS)
    tablet = page.context
    page.close()
    passing.pages.clear()
    passing.wait(240)
    tablet.set_offline(False)
    page = tablet.new_page()
    page.goto("/nurse/")
    expect(page.get_by_text("It was entered at 09:30.")).to_be_visible()
    all_is_stored(page)
    assert abs(session.vital_signs.latest("revision").measured_at - pressed) < CLOSE


def test_an_answer_that_was_lost_after_the_server_stored_doubles_nothing(
    page: Page, passing: Passing, session: Session
) -> None:
    arrived: list[str] = []

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        arrived.append(route.request.post_data or "")
        route.abort("connectionreset")

    page.route("**/vitals/", lose_the_answer)
    page.route("**/pause/", lose_the_answer)
    enter(page, "vitals", **SIGNS)
    assert session.vital_signs.count() == 2, "the server has it"
    page.unroute("**/vitals/")
    fill(page, "pause", reason="Nausea").click()
    expect(page.locator("#unsent li [data-label]")).to_have_text(["Pause"])
    page.unroute("**/pause/")
    passing.wait(20)
    all_is_stored(page)
    assert len(arrived) >= 2
    assert session.vital_signs.count() == 2
    assert steps(session) == ["start", "pause"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<p>Welcome to the guests' network</p>"},
        {"status": 302, "headers": {"Location": "/accounts/login/"}},
        {"status": 502, "content_type": "text/html", "body": "<p>Bad gateway</p>"},
        {"status": 404, "content_type": "text/html", "body": "<p>No such host</p>"},
    ],
)
def test_an_answer_that_is_not_the_records_own_stores_nothing(
    page: Page, passing: Passing, session: Session, answer: dict[str, Any]
) -> None:
    page.route("**/note/", lambda route: route.fulfill(**answer))
    enter(page, "note", text="Calm.")
    passing.wait(20)
    waits(page, "Note")
    page.unroute("**/note/")
    passing.wait(20)
    all_is_stored(page)
    assert session.notes.count() == 1


def test_who_was_signed_out_meanwhile_signs_in_again_and_nobody_else_sees_a_word(
    windows: Windows, page: Page, passing: Passing, house: House, session: Session
) -> None:
    page.context.set_offline(True)
    enter(page, "note", text="Speaks of her brother.")
    passing.wait(16 * 60)
    page.context.set_offline(False)
    expect(page.get_by_text("Sign in again, and sending goes on by itself.")).to_be_visible()
    assert session.notes.count() == 0

    sign_in(page.context, house.priya)
    hers = page.context.new_page()
    hers.goto(f"/sessions/{session.pk}/")
    expect(hers.get_by_text("1 unsent entry of Nils Berg on this tablet")).to_be_visible()
    assert "brother" not in hers.content()
    (row,) = hers.evaluate(ROWS)
    assert "brother" not in json.dumps(row)
    assert row["name"] == "Nils Berg"
    passing.wait(20)
    expect(page.get_by_text("Somebody else is signed in by now")).to_be_visible()
    assert session.notes.count() == 0, "it isn't recorded in her name"
    hers.close()

    sign_in(page.context, house.nils)
    passing.wait(20)
    all_is_stored(page)
    assert session.notes.get().recorded_by == house.nils


def sign_in(context: BrowserContext, user: User) -> None:
    """Somebody comes to the tablet that another person used."""
    context.clear_cookies()
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    page.close()


def test_of_two_tabs_one_sends(page: Page, passing: Passing, session: Session) -> None:
    answered: Counter[str] = Counter()  # what no connection took anywhere has no answer
    page.context.on("response", lambda a: answered.update([f"{a.request.method} {a.url.split('/')[-2]}"]))
    second = page.context.new_page()
    at_the_chair(second, passing, session)
    page.context.set_offline(True)
    enter(page, "vitals", **SIGNS)
    expect(second.locator("#unsent li")).to_have_count(1)
    enter(second, "note", text="Calm.")
    expect(page.locator("#unsent li")).to_have_count(2)
    page.context.set_offline(False)
    all_is_stored(page)
    all_is_stored(second)
    assert (answered["POST vitals"], answered["POST note"]) == (1, 1)
    assert (session.vital_signs.count(), session.notes.count()) == (2, 1)


def test_a_double_press_is_one_entry(page: Page, session: Session) -> None:
    fill(page, "rate", rate_ml_per_h="140.0").dblclick()
    expect(page.get_by_text("The new rate is kept.")).to_be_visible()
    all_is_stored(page)
    assert steps(session) == ["start", "rate"]


def test_a_slow_second_press_enters_no_empty_form(page: Page, session: Session) -> None:
    """Without a connection the form is emptied at once, and empty vital signs could be sent."""
    page.context.set_offline(True)
    button = fill(page, "vitals", **SIGNS)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    for _ in range(2):
        page.mouse.click(box["x"] + 9, box["y"] + 9)
        page.wait_for_timeout(250)
    expect(page.locator("form[inert]")).to_have_count(0)
    waits(page, "Vital signs")
    page.context.set_offline(False)
    all_is_stored(page)
    assert session.vital_signs.count() == 2


def test_what_is_incomplete_is_said_without_the_server(page: Page, session: Session) -> None:
    page.context.set_offline(True)
    fill(page, "rate", reason="Restless").click()
    expect(form_of(page, "rate").locator("[name=rate_ml_per_h]")).to_be_focused()
    assert page.evaluate(ROWS) == []
    expect(form_of(page, "rate").locator("[name=reason]")).to_have_value("Restless")


def test_what_the_server_must_answer_and_what_proves_a_person_is_never_kept(
    windows: Windows, passing: Passing, house: House
) -> None:
    page = windows.sign_in(house.nils, TABLET)
    prepared = stories.prepared(house)
    at_the_chair(page, passing, prepared)
    page.context.set_offline(True)
    fill(page, "start").click()
    expect(form_of(page, "start").get_by_text("There is no connection.")).to_be_visible()
    page.context.set_offline(False)
    discharged = stories.discharged(house, house.omar, at=MID_INFUSION - timedelta(hours=3))
    page.goto(f"/sessions/{discharged.pk}/")
    page.context.set_offline(True)
    # Even a form that says of itself that it may wait.
    form_of(page, "sign").evaluate("form => { form.dataset.kept = 'Signature' }")
    fill(page, "sign", password=PASSWORD).click()
    expect(form_of(page, "sign").get_by_text("There is no connection.")).to_be_visible()
    expect(form_of(page, "sign").locator("[name=password]")).to_have_value(PASSWORD)
    assert page.evaluate(ROWS) == []
    page.context.set_offline(False)
    fill(page, "sign").click()
    expect(page.get_by_text("The record is signed.")).to_be_visible()


def test_what_proves_a_person_is_not_sent_to_ask_what_a_value_would_meet(
    windows: Windows, passing: Passing, house: House
) -> None:
    signed = stories.signed(house, house.omar, at=MID_INFUSION - timedelta(hours=3))
    page = at_the_chair(windows.sign_in(house.nils, TABLET), passing, signed)
    fill(page, "vitals", password=PASSWORD)
    with page.expect_request("**/check-vitals/") as asked:
        fill(page, "vitals", systolic_mmhg="161")
    sent = asked.value.post_data_buffer or b""
    assert b"161" in sent
    assert PASSWORD.encode() not in sent


def test_a_page_without_scripts_works_as_before(
    windows: Windows, passing: Passing, house: House, session: Session
) -> None:
    context = windows.browser.new_context(base_url=windows.address, java_script_enabled=False)
    try:
        sign_in(context, house.nils)
        page = context.new_page()
        page.goto(f"/sessions/{session.pk}/")
        fill(page, "vitals", **SIGNS).click()
        expect(page.get_by_text("The vital signs are kept.")).to_be_visible()
        expect(page.locator("#unsent")).to_be_hidden()
    finally:
        context.close()
    assert session.vital_signs.count() == 2


@pytest.mark.drill
def test_the_list_of_what_waits_is_whole_at_every_width(page: Page, passing: Passing) -> None:
    page.context.set_offline(True)
    enter(page, "vitals", **{**SIGNS, "systolic_mmhg": "999"})
    enter(page, "pause", reason="Nausea")
    passing.wait(120)
    enter(page, "resume")

    page.evaluate("scrollTo(0, 0)")
    wrong = look_once(page)
    with comes_back(page):
        page.context.set_offline(False)
    waits(page, "Vital signs")
    expect(page.locator("#unsent li .mend").first).to_be_visible()
    page.locator("#unsent summary").first.click()
    page.evaluate("scrollTo(0, 0)")
    wrong += look_once(page)
    assert not wrong, "\n".join(wrong)
