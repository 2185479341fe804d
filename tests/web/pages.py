"""A page as a person sees it: signed in as one of the cast, with the words that it shows."""

import re
from html import unescape
from typing import Any, Protocol

from django.test import Client

from clinic.models import User


def browser_of(user: User | None = None, **options: bool) -> Client:
    """A browser in which this person is signed in; `None` is nobody."""
    browser = Client(**options)  # type: ignore[arg-type]
    if user is not None:
        browser.force_login(user)
    return browser


class Page(Protocol):
    """A whole answer: the view's own, or the test client's."""

    @property
    def content(self) -> bytes: ...


def words(page: Page) -> str:
    """What the page says, without its tags, on one line."""
    body = re.sub(r"(?s)<head.*?</head>|<svg.*?</svg>", "", page.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def send(browser: Client, address: str, boxes: dict[str, Any], *, on: str = "", **options: Any) -> Any:
    """Open the page (`on`, or the address itself), fill these boxes of its form, and send it here: what the
    form holds unseen goes along, as a browser sends it."""
    page = browser.get(on or address)
    return browser.post(address, {**unseen(page, address, on), **boxes}, **options)


def unseen(page: Page, *addresses: str) -> dict[str, str]:
    """What the page's form that is sent to one of these addresses holds in hidden boxes."""
    for form in re.findall(r"(?s)<form\b.*?</form>", page.content.decode()):
        head, _, body = form.partition(">")
        action = re.search(r'action="([^"]*)"', head)
        if 'method="post"' in head and (action is None or unescape(action[1]) in addresses):
            return {
                tag["name"]: unescape(tag.get("value", ""))
                for tag in map(_attributes, re.findall(r"(?s)<input\b[^>]*>", body))
                if tag.get("type") == "hidden"
            }
    raise AssertionError(f"No form of this page is sent to {addresses}.")


def _attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
