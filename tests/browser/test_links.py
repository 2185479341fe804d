"""The patient's pages as they look on the way through their answers, in both languages: what holds for every
page holds for each of these, too.

With SCREENS=1 the pictures are kept (see conftest.picture).
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from playwright.sync_api import Page

from clinic.models import Patient
from notifications import saying
from notifications.models import CheckIn, LinkPurpose, WrongYears
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.browser.conftest import PHONE, Windows, picture
from tests.browser.looking import look_everywhere, look_once
from tests.cast import NOW, House
from tests.notifications.visits import book

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


def link_of(house: House, kind: str, purpose: LinkPurpose, *asked: str) -> str:
    """A link whose message is of this kind and asks these check-ins."""
    visit = house.rosa.appointments.get()
    message = saying.say(
        key=f"story:{uuid4()}",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind=kind,
        stage=asked[0] if asked else kind,
        due_at=NOW,
        stale_at=NOW + 2 * DAY,
        appointment=visit,
        visit_starts_at=visit.starts_at,
    )
    for each in asked:
        CheckIn.objects.create(
            clinic=house.clinic, patient=house.rosa, plan=visit.plan, kind=each, message=message
        )
    return token_for(saying.give_link(message, purpose=purpose, expires_at=NOW + 2 * DAY).pk)


@pytest.mark.parametrize(
    ("look", "language"),
    [
        (look_once, "es"),  # its words are the longer ones
        pytest.param(look_everywhere, "es", marks=pytest.mark.drill),
        pytest.param(look_everywhere, "en", marks=pytest.mark.drill),
    ],
)
def test_every_page_behind_a_link_is_whole(
    windows: Windows, house: House, look: Callable[[Page], list[str]], language: str
) -> None:
    with time_machine.travel(NOW, tick=True):
        Patient.objects.update(language=language)
        book(house, house.rosa, NOW + 3 * DAY)
        plan(now=NOW)
        page = windows.open(PHONE)
        faults: list[str] = []

        def show(name: str, address: str = "") -> None:
            if address:
                page.goto(address)
            faults.extend(f"{name}-{language} {fault}" for fault in look(page))
            picture(page, f"link-{name}-{language}")

        def prove(token: str) -> None:
            page.goto(f"/m/{token}")
            page.locator("#id_birth_year").fill("1980")
            with page.expect_navigation():
                page.locator("#id_birth_year").press("Enter")  # and not into the other language
            page.wait_for_load_state()

        show("gone", "/m/AAAAAAAAAAAAAAAAAAAAAA")
        visit = link_of(house, "confirmation", LinkPurpose.VISIT, "before_next")
        show("birth-year", f"/m/{visit}")
        prove(visit)
        show("visit")
        show("ride", f"/m/{visit}/ready")
        page.locator("button[value=no]").click()
        show("fasting")
        for value in ("no", "yes", "no", "no"):
            page.locator(f"button[value={value}]").click()
        show("ready")
        asked = link_of(house, "check_in", LinkPurpose.CHECK_IN, "next_morning")
        prove(asked)
        page.locator("button[value=no]").click()
        page.locator("button[value=none]").click()
        page.locator("button[value=yes]").click()
        show("amber")
        page.locator("button[value=nausea]").click()
        show("advice")
        page.goto(f"{page.url.partition('?')[0]}?question=headache")
        show("scale")
        page.goto(f"{page.url.partition('?')[0]}?question=safety")
        page.locator("button[value=yes]").click()
        show("red")
        scored = link_of(house, "check_in", LinkPurpose.CHECK_IN, "end_of_series")
        prove(scored)
        show("score")
        diary = link_of(house, "diary", LinkPurpose.DIARY)
        prove(diary)
        show("diary")
        page.locator("button.primary").click()
        show("diary-refused")
        stopped = link_of(house, "diary", LinkPurpose.DIARY)
        WrongYears.objects.create(patient=house.rosa, address_sha256="elsewhere", count=10, last_at=NOW)
        prove(stopped)
        show("too-many")
        assert not faults, "\n".join(faults)
