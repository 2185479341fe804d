"""A patient's texts on a phone: the newest is in view with the box below it, which says while somebody types
what can't be sent. Only a browser shows either.
"""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from notifications.models import Message
from tests.browser.conftest import PHONE, Windows
from tests.browser.looking import look_at
from tests.cast import NOW, House
from tests.notifications.texts import alone_on_the_number, give_number, text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_newest_text_stands_above_the_box_that_is_typed_in(windows: Windows, house: House) -> None:
    with time_machine.travel(NOW, tick=True):
        give_number(house.clinic)
        alone_on_the_number(house)
        for hours in range(12, 0, -1):
            text(f"Text of {hours} hours ago.", now=NOW - timedelta(hours=hours))
        page = windows.sign_in(house.ana, PHONE)
        page.goto(f"/threads/{house.rosa.pk}/")
        expect(page.get_by_text("Text of 12 hours ago.")).not_to_be_in_viewport()
        expect(page.get_by_text("Text of 1 hours ago.")).to_be_in_viewport(ratio=1)
        newest = page.get_by_text("Text of 1 hours ago.").bounding_box()
        box = page.get_by_label("Reply by text")
        expect(page.get_by_role("button", name="Send it")).to_be_in_viewport(ratio=1)
        below = box.bounding_box()
        assert newest is not None
        assert below is not None
        assert newest["y"] + newest["height"] < below["y"], "the box hides the newest text"

        box.press_sequentially("Your ketamine is ready")
        expect(page.get_by_text("“ketamine” tells a lock screen")).to_be_visible()
        expect(page.get_by_text("39 characters, 1 text")).to_be_visible()
        assert look_at(page) == []
        assert not Message.objects.filter(kind="reply").exists()
