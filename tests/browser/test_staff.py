"""A nurse comes to work in a clinic and leaves it again, in a browser: by keyboard where the manager sits, on
a phone where the invitation is opened.
"""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from clinic.models import Member, Membership, MemberState, Role, Urgency, WorkItem
from tests.browser.conftest import DESK, PHONE, TABLET, Windows, picture
from tests.browser.looking import look_at
from tests.cast import NOW, PASSWORD, House, make_house

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
    expect(manager.get_by_text("The link went to nora@lakeside.example")).to_be_visible()
    assert look_at(manager) == []

    nora = windows.open(PHONE)
    nora.goto(link_in_the_mail())
    nora.get_by_label("New Password", exact=True).fill(OWN)
    nora.get_by_label("New Password (again)").fill(OWN)
    nora.get_by_role("button").click()
    expect(nora.get_by_role("link", name="Sign in")).to_be_visible()
    sign_in(nora, "nora@lakeside.example")
    expect(nora.get_by_role("heading", name="Lakeside Infusion Clinic")).to_be_visible()
    assert look_at(nora) == []
    nora.get_by_role("button", name="Accept the invitation of Lakeside Infusion Clinic").click()
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


def test_a_nurse_of_two_clinics_chooses_by_keyboard_and_sees_what_waits_in_the_other(
    windows: Windows, house: House
) -> None:
    other = make_house("Hillside")
    Membership.objects.create(user=house.nils, clinic=other.clinic, role=Role.FRONT_DESK)
    for number in range(3):
        WorkItem.objects.create(
            clinic=other.clinic,
            cause=f"story:{number}",
            title="Call back",
            urgency=Urgency.AMBER,
            role=Role.FRONT_DESK,
            due_at=NOW,
        )
    page = windows.sign_in(house.nils, DESK)
    page.goto("/tasks/")
    expect(page.get_by_role("heading", name="In which clinic are you now?")).to_be_visible()
    lakeside = page.get_by_role("button", name=re.compile("^Lakeside"))
    expect(page.get_by_role("button", name=re.compile("^Hillside"))).to_contain_text("3 open tasks")
    for name, size in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert look_at(page) == []
        picture(page, f"staff-clinics-{name}")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    lakeside.press("Enter")

    page.wait_for_url("**/tasks/")  # where he wanted to go
    expect(page.locator(".whoami > summary .count")).to_contain_text("3")
    page.locator(".whoami > summary").press("Enter")
    for name, size in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert look_at(page) == []
        picture(page, f"staff-switcher-{name}")
    page.get_by_role("button", name=re.compile("Hillside Infusion Clinic")).press("Enter")
    page.wait_for_url("**/day/")


def test_where_no_mail_is_sent_the_link_is_handed_over(
    windows: Windows, house: House, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    manager = windows.sign_in(house.max, DESK)
    manager.goto("/staff/invite/")
    manager.get_by_label("Name", exact=True).fill("Nora Neu")
    manager.get_by_label("E-mail address").fill("nora@lakeside.example")
    manager.get_by_role("checkbox", name=re.compile("^Nurse")).press("Space")
    manager.get_by_label("Your own password, again").fill(PASSWORD)
    manager.get_by_role("button", name="Invite").click()
    expect(manager.get_by_text("show the link, and hand it over.").first).to_be_visible()
    assert look_at(manager) == []
    manager.get_by_role("link", name="Show the link").click()
    # The password was given a moment ago.
    manager.get_by_role("button", name="Show the link").press("Enter")
    link = manager.locator(".staff-link").inner_text()
    for name, size in (("desk", DESK), ("phone", PHONE)):
        manager.set_viewport_size({"width": size[0], "height": size[1]})
        assert look_at(manager) == []
        picture(manager, f"staff-link-{name}")

    nora = windows.open(PHONE)
    nora.goto(urlsplit(link).path)
    nora.get_by_label("New Password", exact=True).fill(OWN)
    nora.get_by_label("New Password (again)").fill(OWN)
    nora.get_by_role("button").click()
    sign_in(nora, "nora@lakeside.example")
    expect(nora.get_by_role("heading", name="Lakeside Infusion Clinic")).to_be_visible()


def test_a_lost_second_factor_is_taken_away(windows: Windows, house: House) -> None:
    TOTP.activate(house.nils, generate_totp_secret())
    manager = windows.sign_in(house.max, DESK)
    manager.goto(f"/staff/{Member.objects.get(user=house.nils).pk}/")
    manager.get_by_role("link", name="Lost? Take it away").click()
    for name, size in (("desk", DESK), ("tablet", TABLET), ("phone", PHONE)):
        manager.set_viewport_size({"width": size[0], "height": size[1]})
        assert look_at(manager) == []
        picture(manager, f"staff-second-factor-{name}")
    manager.get_by_label("Why").fill("Lost his phone")
    manager.get_by_label("Your own password, again").fill(PASSWORD)
    manager.get_by_role("button", name="Take it away").click()
    expect(manager.get_by_text("has no second factor any more")).to_be_visible()
    assert look_at(manager) == []
