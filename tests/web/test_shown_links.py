"""A link that a manager of Lakeside was shown to hand over, and what it never opens: Hillside, which invites
the same person. Nora Neu is new to both."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from clinic.models import Member, MemberState, Role
from clinic.staff import members, ways_in
from tests.cast import NOW, PASSWORD, House, client_of
from tests.clinic.staff import accepted, by_max, invited
from tests.web.pages import browser_of, words

NORA = "nora.neu@lakeside.example"
THE_PASSWORD = "quite another long one"
LATER = NOW + timedelta(hours=1)
SERVER = "http://localhost:8000"
DEAD = "This link doesn't work any more"


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _no_mail(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def shown_to(house: House, member: Member) -> str:
    """The link as the page shows it to Max, to hand over."""
    page = browser_of(house.max).post(reverse("hand_over_link", args=[member.pk]), {"password": PASSWORD})
    found = re.search(r'class="staff-link">([^<]+)<', page.content.decode())
    assert found, page.content.decode()
    return unescape(found[1]).removeprefix(SERVER)


def signed_in_by(link: str) -> Client:
    """Whoever holds the link sets the password with it, and signs in as Nora."""
    browser = Client()
    opened = browser.get(link, follow=True)
    browser.post(opened.redirect_chain[-1][0], {"password1": THE_PASSWORD, "password2": THE_PASSWORD})
    browser.post("/accounts/login/", {"login": NORA, "password": THE_PASSWORD})
    return browser


def without_proof(house: House) -> dict[str, Any]:
    said = by_max(house)
    del said["proof"]
    return said


def at_hillside(other_house: House) -> Member:
    return invited(other_house, "Nora Neu", Role.NURSE, Role.MANAGER, email=NORA)


def accept(browser: Any, member: Member, **more: str) -> Any:
    sent = {"roles": " ".join(member.offered), **more}
    return browser.post(reverse("accept_invitation", args=[member.pk]), sent)


def test_a_shown_link_opens_nothing_once_another_clinic_has_invited(house: House, other_house: House) -> None:
    link = shown_to(house, invited(house))
    at_hillside(other_house)
    assert DEAD in Client().get(link, follow=True).content.decode()


def test_a_shown_link_opens_nothing_once_the_invitation_is_sent_again(house: House) -> None:
    nora = invited(house)
    link = shown_to(house, nora)
    members.invite_again(member=nora, **without_proof(house))
    assert DEAD in Client().get(link, follow=True).content.decode()


def test_a_shown_link_opens_nothing_once_the_server_gives_a_role_elsewhere(
    house: House, other_house: House
) -> None:
    link = shown_to(house, invited(house))
    call_command("create_user", NORA, "--role", "nurse", "--clinic", str(other_house.clinic.pk))
    assert DEAD in Client().get(link, follow=True).content.decode()


def test_who_came_in_by_one_clinics_shown_link_accepts_another_only_by_the_others_link(
    house: House, other_house: House
) -> None:
    ours = invited(house)
    browser = signed_in_by(shown_to(house, ours))
    accepted(ours)
    # That they are signed out later doesn't make it forgotten who had the link.
    ways_in.sign_out(member=Member.objects.get(pk=ours.pk), **without_proof(house))
    theirs = at_hillside(other_house)

    page = browser.get("/accounts/invitations/?key=guess")
    assert "Open the link of this invitation to accept it." in words(page)
    assert reverse("accept_invitation", args=[theirs.pk]) not in page.content.decode()
    for refused in (accept(browser, theirs), accept(browser, theirs, key="guess")):
        assert refused.status_code == 403
        assert "Open the link of this invitation, and accept there" in words(refused)
    theirs.refresh_from_db()
    assert members.held_by(theirs) == set()

    link = shown_to(other_house, theirs)
    followed = browser.get(link)
    assert "change it before you accept" in words(followed)
    key = re.search(r'name="key" value="([^"]+)"', followed.content.decode())
    assert key
    assert accept(browser, theirs, key=key[1]).status_code == 302
    theirs.refresh_from_db()
    assert (theirs.state, members.held_by(theirs)) == (MemberState.WORKING, {Role.NURSE, Role.MANAGER})


def test_the_api_asks_for_the_key_of_the_latest_link(house: House, other_house: House) -> None:
    ours = invited(house)
    signed_in_by(shown_to(house, ours))
    theirs = at_hillside(other_house)
    api = client_of(theirs.user)
    needed = {row["id"]: row["link_needed"] for row in api.get("/api/v1/me/invitations/").json()}
    assert needed == {str(ours.pk): False, str(theirs.pk): True}

    earlier = shown_to(other_house, theirs).partition("?key=")[2]
    with time_machine.travel(LATER, tick=False):
        latest = shown_to(other_house, theirs).partition("?key=")[2]
        address = f"/api/v1/me/invitations/{theirs.pk}/accept/"
        for key in ("", earlier):
            refused = api.post(address, {"roles": theirs.offered, "key": key})
            assert (refused.status_code, refused.json()["code"]) == (403, "link_needed")
        assert api.post(address, {"roles": theirs.offered, "key": latest}).json()["state"] == "working"
    # What was shown in Lakeside is for Lakeside, which Hillside's address has not made another's.
    assert Member.objects.get(pk=ours.pk).state == MemberState.INVITED


def test_a_mail_to_somebody_new_whose_link_was_shown_elsewhere_has_both_addresses(
    house: House,
    other_house: House,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    shown_to(house, invited(house))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        theirs = at_hillside(other_house)
    (letter,) = (each for each in mail.outbox if each.to == [NORA])
    password, answer = re.findall(r"http://\S+", str(letter.body))
    browser = signed_in_by(password.removeprefix(SERVER))
    assert accept(browser, theirs).status_code == 403
    assert accept(browser, theirs, key=answer.partition("?key=")[2]).status_code == 302
