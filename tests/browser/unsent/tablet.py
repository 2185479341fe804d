"""A tablet at the chair: what is typed and pressed on it, what waits there, and the time that passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from sessions_app.models import Session
from tests.sessions_app.stories import STARTED_AT

MID_INFUSION = STARTED_AT + timedelta(minutes=10)
CLOSE = timedelta(seconds=5)  # a press and the clock of its story are seconds apart on a busy machine
SIGNS = {
    "systolic_mmhg": "124",
    "diastolic_mmhg": "80",
    "heart_rate_per_min": "73",
    "absent_reason": "Could not be measured",
}
ROWS = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("chairside");
  opening.onerror = reject;
  opening.onsuccess = () => {
    const asking = opening.result.transaction("unsent").objectStore("unsent").getAll();
    asking.onsuccess = () => resolve(asking.result.map((row) => ({
      ...row, iv: "", sealed: new TextDecoder("latin1").decode(row.sealed),
    })));
  };
})"""


class Passing:
    """Time passes at the server and in the browsers alike, in no time at all."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.pages: list[Page] = []

    def wait(self, seconds: int) -> None:
        self.server.shift(seconds)
        for page in self.pages:
            page.clock.fast_forward(seconds * 1000)


def at_the_chair(page: Page, passing: Passing, session: Session) -> Page:
    page.clock.install()
    passing.pages.append(page)
    page.goto(f"/sessions/{session.pk}/")
    return page


def form_of(page: Page, act: str) -> Locator:
    """The act's form, unfolded."""
    folded = page.locator("details:not([open])", has=page.locator(f"form[action$='/{act}/']"))
    for fold in folded.all():
        fold.locator("summary").first.click()
    return page.locator(f"form[action$='/{act}/']")


def fill(page: Page, act: str, **values: str) -> Locator:
    form = form_of(page, act)
    for name, value in values.items():
        control = form.locator(f"[name={name}]")
        if control.first.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value='{value}']").check()
        elif control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    return form.locator("button[type=submit]")


def enter(page: Page, act: str, **values: str) -> None:
    """Fill in a form, press its button, and wait until it is for the next entry."""
    before = len(waiting(page))
    fill(page, act, **values).click()
    expect(page.locator("#unsent li")).to_have_count(before + 1)
    expect(page.locator("form[inert]")).to_have_count(0)


def waiting(page: Page) -> list[str]:
    return page.locator("#unsent li [data-label]").all_text_contents()


def waits(page: Page, *labels: str) -> None:
    """Wait until the list says so: the page draws it only after it has come back."""
    expect(page.locator("#unsent li [data-label]")).to_have_text(list(labels))


@contextmanager
def comes_back(page: Page) -> Iterator[None]:
    """What happens inside ends with a page that is loaded anew: what stands on the old one counts no more."""
    with page.expect_navigation():
        yield


def all_is_stored(page: Page) -> None:
    expect(page.locator("#unsent")).to_be_hidden(timeout=30_000)
    assert page.evaluate(ROWS) == []


def steps(session: Session) -> list[str]:
    return list(session.infusion_events.order_by("revision").values_list("kind", flat=True))
