"""A real Chromium against the real pages: one browser a run, a person of the cast in each window."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from clinic.models import User
from tests.cast import PASSWORD
from tests.kept import GROUND

ROOT = Path(__file__).resolve().parent.parent.parent
# With SCREENS=1 the stories keep pictures of what they come to here; those of every page `bin/screens` makes.
PICTURES = ROOT / "var" / "screens"
DESK, TABLET, PHONE = (1280, 900), (820, 1180), (390, 844)
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
PATIENCE_MS = 15_000  # of a press and of a look alike; a busy machine answers late
# Two pages of Chromium's own below each window's address bar, where nobody types: two thirds of what opening
# a window costs. What playwright switches off besides stays off.
UNSEEN = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"


@pytest.fixture(scope="session", autouse=True)
def _allow_database_beside_playwright() -> Iterator[None]:
    """Playwright's own event loop runs in this thread; Django would take it for an async view."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def browser(chromium: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    # Beside its event loop Django's connection is another one: a layer would lie open in the one of before.
    with django_db_blocker.unblock():
        GROUND.clear()
    with sync_playwright() as playwright:
        started = launched(playwright, chromium)
        yield started
        started.close()


def launched(playwright: Playwright, chromium: str) -> Browser:
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(
        executable_path=chromium, args=[*flags, UNSEEN, "--disable-background-networking"]
    )


def picture(page: Page, name: str) -> None:
    """Keep a picture of what the window shows, when SCREENS=1 asks for pictures."""
    if os.environ.get("SCREENS"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


@dataclass
class Windows:
    """Opens a window for each person, and hears every complaint of the browser about a page and of every
    request to anybody else than us."""

    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)
    _open: list[BrowserContext] = field(default_factory=list)

    def open(self, size: tuple[int, int] = DESK) -> Page:
        """A fresh profile, signed out. Moving pictures are asked to hold still."""
        width, height = size
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        self._open.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("request", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in(self, user: User, size: tuple[int, int] = DESK) -> Page:
        """The empty window of a person of the cast who came in by e-mail and password.

        Typing them took as long as the rest of many a story; test_first_run, test_staff and test_unsent do.
        """
        door = Client()
        answer = door.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 302
        session = door.cookies[settings.SESSION_COOKIE_NAME]
        page = self.open(size)
        page.context.add_cookies([{"name": session.key, "value": session.value, "url": self.address}])
        return page

    def close(self) -> None:
        for context in self._open:
            # What a story holds back or changes may still be on its way: its end concerns no later story.
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.close()

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"{request.frame.url} asked for {request.url}")

    def _hear(self, message: Any) -> None:
        # A refused form is a 4xx page on purpose; Chromium writes that down as an error, too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def windows(browser: Browser, live_server: Any) -> Iterator[Windows]:
    """Windows onto the live server; a page that broke the content security policy fails the story."""
    opened = Windows(browser, live_server.url)
    yield opened
    opened.close()
    assert opened.complaints == []
