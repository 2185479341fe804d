"""A nurse comes to work in a clinic and leaves it again, in a browser: by keyboard where the manager sits, on
a phone where the invitation is opened.
"""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from clinic.models import Member, MemberState
from tests.browser.conftest import DESK, PHONE, Windows
from tests.browser.looking import look_at
from tests.cast import PASSWORD, House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWN = "nora chose this one herself"


def test_a_nurse_is_invited_comes_in_and_is_let_go(windows: Windows, house: House) -> None:
    manager = windows.sign_in(house.max, DESK)
    manager.goto("/staff/")
    manager.get_by_role("link", name="Invite somebody").press("Enter")
    manager.get_by_label("Name", exact=True).press_sequentially("Nora Neu")
    manager.keyboard.press("Tab")
    manager.keyboard.type("nora@lakeside.example")
    manager.get_by_role("checkbox", name=re.compile("^Nurse")).press("Space")
    manager.get_by_label("Your own password, again").press_sequentially(PASSWORD)
    manager.keyboard.press("Enter")
    expect(manager.get_by_text("the link goes to nora@lakeside.example")).to_be_visible()
    assert look_at(manager) == []

    nora = windows.open(PHONE)
    nora.goto(link_in_the_mail())
    nora.get_by_label("New Password", exact=True).fill(OWN)
    nora.get_by_label("New Password (again)").fill(OWN)
    nora.get_by_role("button").click()
    expect(nora.get_by_role("link", name="Sign in")).to_be_visible()
    sign_in(nora, "nora@lakeside.example")
    expect(nora.get_by_role("heading", name="Lakeside Clinic")).to_be_visible()
    assert look_at(nora) == []
    nora.get_by_role("button", name="Accept the invitation of Lakeside Clinic").click()
    nora.wait_for_url("**/nurse/")
    expect(nora.get_by_role("heading", name="Nurse station")).to_be_visible()

    nora.goto("/accounts/details/")
    assert look_at(nora) == []
    nora.get_by_label("Mobile phone").fill("(312) 555-0177")
    nora.get_by_label("Your own password, again").fill(OWN)
    nora.get_by_role("button", name="Save the number").click()
    expect(nora.get_by_text("Your number is saved.")).to_be_visible()

    manager.reload()
    expect(manager.get_by_role("heading", name="Roles")).to_be_visible()
    manager.get_by_role("link", name="End access").press("Enter")
    # The password was given a moment ago.
    expect(manager.get_by_label("Your own password, again")).to_have_count(0)
    assert look_at(manager) == []
    manager.get_by_label("Why").press_sequentially("Another clinic")
    manager.get_by_role("button", name="End the access").press("Enter")
    expect(manager.get_by_text("Nora Neu doesn't work here any more")).to_be_visible()
    assert Member.objects.get(user__full_name="Nora Neu").state == MemberState.LEFT

    nora.reload()
    expect(nora.get_by_role("button", name="Sign in")).to_be_visible()


def link_in_the_mail() -> str:
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(OWN)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/accounts/invitations/")
