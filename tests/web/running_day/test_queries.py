"""No page asks the same again for each of its rows: over the list of every page, on the running day.

With few rows and many, where no other story counts, pages are asked in tests/web/test_growth.py.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
import time_machine

from clinic.models import Clinic, User
from tests.browser.demo import EMAILS, MIDDAY, Demo, go_on
from tests.browser.pages import PAGES
from tests.web.pages import browser_of
from tests.web.statements import asked

pytestmark = pytest.mark.django_db

# As often a page may ask the same with other values: for each rung of those on call, not for each row.
REPEATED: Final = 5
STAFF: Final = frozenset("DNPM")


@pytest.fixture
def made(demo: Clinic, db: None) -> Iterator[Demo]:
    with time_machine.travel(MIDDAY, tick=False):
        yield go_on(demo)


def test_no_page_asks_the_same_again_for_each_of_its_rows(made: Demo, settings: object) -> None:
    settings.MODE = "demo"  # type: ignore[attr-defined]
    clients = {letter: browser_of(User.objects.get(email=EMAILS[letter])) for letter in STAFF}
    again = []
    for page in PAGES:
        if page.who not in STAFF or page.status != 200 or not_ours(page.route):
            continue
        sent = Counter(asked(clients[page.who], page.address.format(**made.names)))
        again += [
            f"{page.name}, {times} times: {statement[:200]}"
            for statement, times in sent.items()
            if times > REPEATED
        ]
    assert not again, "\n".join(again)


def not_ours(route: str) -> bool:
    return route.startswith(("/accounts/", "/api/"))
