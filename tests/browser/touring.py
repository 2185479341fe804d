"""Opens the pages of the list one after the other, each in the window of whoever opens it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, Request, Response

from tests.browser.conftest import Windows
from tests.browser.demo import EMAILS, MIDDAY, SECRET, Demo
from tests.browser.pages import Listed
from web.demo.people import PASSWORD

NOBODY, PATIENT, WITH_A_CODE = "-", "Y", "S"
SHOW_ONCE_MORE: Final = "DS"  # that it is them: they go on to change how they sign in
CODE: Final = format_hotp_value(hotp_value(SECRET, int(MIDDAY.timestamp()) // 30))


@dataclass
class Scales:
    """What a page weighs the first time: everything that it asks for, as it comes over the wire, its heads
    too. What lies in the window's cache by then weighs what it weighed when it came.

    A page that is left open in another window goes on asking, and its answers come late: one page is on the
    scales at a time, with what its window has begun to ask for since then.
    """

    _on: Page | None = None
    _asked: set[Request] = field(default_factory=set)
    _got: list[Request] = field(default_factory=list)
    _came: dict[str, int] = field(default_factory=dict)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self._ask(page, request))
        page.on("requestfinished", lambda request: self._got.append(request))

    def put_on(self, page: Page) -> None:
        self._weigh()
        self._on = page
        self._asked.clear()

    def bytes_of_page(self) -> int:
        """Of the page that is on the scales, as far as it has come; asked once."""
        addresses = {request.url for request in self._weigh() if request in self._asked}
        return sum(self._came[address] for address in addresses)

    def _ask(self, page: Page, request: Request) -> None:
        if page is self._on:
            self._asked.add(request)

    def _weigh(self) -> list[Request]:
        """All that has come since the last time, to a sign-in too: the cache gives it out again."""
        come = self._got[:]
        self._got.clear()
        for request in come:
            sizes = request.sizes()
            size = sizes["responseBodySize"] + sizes["responseHeadersSize"]
            self._came[request.url] = max(size, self._came.get(request.url, 0))
        return come


@dataclass
class Tour:
    """Walks through the list; a page stays open until the next one of the same person is."""

    windows: Windows
    demo: Demo
    scales: Scales = field(default_factory=Scales)
    _open: dict[str, Page] = field(default_factory=dict)

    def through(self, pages: Iterable[Listed]) -> Iterator[tuple[Listed, Page, Response]]:
        for listed in pages:
            address = listed.address.format(**self.demo.names)
            page = self._window_of(listed.who, address)
            self.scales.put_on(page)
            answer = page.goto(address)
            assert answer is not None
            yield listed, page, answer

    def _window_of(self, who: str, address: str) -> Page:
        """One for each person, and for each patient's link: there a birth year opens one link alone."""
        token = address.partition("/m/")[2].partition("/")[0] if who == PATIENT else ""
        if who + token not in self._open:
            page = self.windows.open()
            page.clock.set_fixed_time(MIDDAY)
            self.scales.watch(page)
            if token:
                self._give_birth_year(page, token)
            elif who != NOBODY:
                _sign_in(page, who)
            self._open[who + token] = page
        return self._open[who + token]

    def _give_birth_year(self, page: Page, token: str) -> None:
        page.goto(f"/m/{token}")
        page.locator("#id_birth_year").fill(str(self.demo.birth_years[token]))
        with page.expect_navigation():
            page.locator("#id_birth_year").press("Enter")


def _sign_in(page: Page, who: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(EMAILS[who])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()
    if who == WITH_A_CODE:
        page.locator("#id_code").fill(CODE)
        with page.expect_navigation():
            page.locator("#id_code").press("Enter")
    if who in SHOW_ONCE_MORE:
        page.goto("/accounts/reauthenticate/")
        page.locator("#id_password").fill(PASSWORD)
        with page.expect_navigation():
            page.locator("#id_password").press("Enter")
