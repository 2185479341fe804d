"""A page as a person sees it: signed in as one of the cast, with the words that it shows."""

import re
from html import unescape
from typing import Protocol

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
