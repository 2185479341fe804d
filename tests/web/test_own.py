"""The pages about oneself: invitations that wait for an answer, and one's own details."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from clinic.models import Member, MemberState, Role, User
from clinic.staff import members
from tests.cast import NOW, PASSWORD, House, make_clinic, make_user
from tests.clinic.staff import accepted, by_max, invited, member
from tests.web.pages import browser_of, send, words
from web.templatetags.chairside import local_day


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def asked(house: House, other_house: House) -> Member:
    """Lakeside invites Hillside's nurse, under a name that its manager made up."""
    return invited(house, "Somebody Else", email=other_house.nils.email)


def answered(asked: Member, how: str) -> str:
    return reverse(f"{how}_invitation", args=[asked.pk])


def test_whom_another_clinic_invites_sees_it_once_on_the_way_in_and_then_in_the_menu(asked: Member) -> None:
    browser = browser_of(asked.user)
    assert browser.get("/")["Location"] == reverse("own_invitations")
    said = words(browser.get(reverse("own_invitations")))
    assert "Max Weber invites you to work there as: Nurse Runs sessions" in said
    assert "and that you work in another clinic too, but not in which" in said
    assert browser.get("/")["Location"] == reverse("nurse_station")
    assert "Another clinic invites you" in words(browser.get(reverse("tasks")))

    inside = browser.post(answered(asked, "accept"), {"roles": "nurse"}, follow=True)
    assert f"You work with {asked.clinic.name} from this moment." in words(inside)
    assert "Nils Berg Lakeside Infusion Clinic" in words(inside)
    assert "Another clinic invites you" not in words(browser.get(reverse("tasks")))
    assert members.held_by(asked) == {Role.NURSE}


def test_an_invitation_is_refused_and_the_manager_sees_that(house: House, asked: Member) -> None:
    browser = browser_of(asked.user)
    said = words(browser.post(answered(asked, "refuse"), follow=True))
    assert "You have refused. Lakeside Infusion Clinic sees that you did." in said
    assert "No invitation waits for your answer." in said
    listed = words(browser_of(house.max).get(reverse("staff")))
    assert "Somebody Else Invitation refused" in listed
    assert "Nils Berg , RN nils@hillside.example" not in listed
    late = browser.post(answered(asked, "accept"), {"roles": "nurse"})
    assert (late.status_code, "Ask Lakeside Infusion Clinic to send it again" in words(late)) == (409, True)


def test_the_pages_of_an_invited_one_name_nobody_but_whom_the_manager_typed(
    house: House, asked: Member
) -> None:
    AuthToken.objects.create(user=asked.user)
    for address in (reverse("staff"), reverse("member", args=[asked.pk])):
        html = browser_of(house.max).get(address).content.decode()
        assert "Somebody Else" in html
        assert "Last sign-in</dt>" not in html
        assert html.count("Nils Berg") == (1 if address == reverse("staff") else 0), "her own nurse"


def test_the_list_stands_by_the_typed_names(house: House, other_house: House) -> None:
    invited(house, "Zoe Last", email=other_house.ana.email)
    invited(house, "Amy First", email=other_house.priya.email)
    said = words(browser_of(house.max).get(reverse("staff"))).split(" Invited ", 1)[1]
    assert said.index("Amy First") < said.index("Zoe Last")


def test_whoever_works_nowhere_yet_comes_to_their_invitation_and_without_one_is_told_so(
    house: House,
) -> None:
    nora = invited(house)
    browser = browser_of(nora.user)
    assert browser.get("/", follow=True).request["PATH_INFO"] == reverse("own_invitations")
    browser.post(answered(nora, "refuse"))
    nowhere = browser.get("/")
    assert (nowhere.status_code, "You don't work in a clinic yet." in words(nowhere)) == (403, True)


def test_nobody_answers_for_somebody_else_or_signed_out(house: House, asked: Member) -> None:
    for how in ("accept", "refuse"):
        assert browser_of(house.max).post(answered(asked, how), {"roles": "nurse"}).status_code == 404
        assert browser_of().post(answered(asked, how), {"roles": "nurse"}).status_code == 403
    asked.refresh_from_db()
    assert asked.state == MemberState.INVITED


def test_of_somebody_of_two_clinics_the_page_offers_only_what_is_this_clinics(
    house: House, asked: Member
) -> None:
    token, _ = AuthToken.objects.create(user=asked.user)
    accepted(asked)
    browser = browser_of(house.max)
    page = browser.get(reverse("member", args=[asked.pk]))
    html = page.content.decode()
    assert "changed by somebody who manages all of their clinics or runs the server" in words(page)
    assert 'name="charge"' in html
    for gone in ('name="full_name"', 'name="mobile"', reverse("sign_out_member", args=[asked.pk])):
        assert gone not in html
    assert token.token_key in html
    assert reverse("revoke_token", args=[asked.pk]) not in html
    for act, data in (("sign_out_member", {}), ("revoke_token", {"key": token.token_key})):
        refused = browser.post(reverse(act, args=[asked.pk]), data)
        assert (refused.status_code, "end their access here" in words(refused)) == (403, True)
    # Even sent by hand, the number stays.
    by_hand = {"mobile": "(312) 555-0177", "charge": "on"}
    address = reverse("change_member", args=[asked.pk])
    assert send(browser, address, by_hand, on=reverse("member", args=[asked.pk])).status_code == 302
    assert User.objects.get(pk=asked.user_id).mobile == ""


def test_ones_own_number_is_changed_with_ones_password(house: House) -> None:
    browser, address = browser_of(house.nils), reverse("own_details")
    said = words(browser.get(address))
    assert "Name Nils Berg Credentials RN Signs in with nils@lakeside.example" in said
    refused = browser.post(address, {"mobile": "(312) 555-0177"})
    assert refused.status_code == 400
    assert "+13125550177" in refused.content.decode() or "(312) 555-0177" in refused.content.decode()
    wrong = browser.post(address, {"mobile": "(312) 555-0177", "password": "guess"})
    assert (wrong.status_code, "not your password" in words(wrong)) == (400, True)
    assert "guess" not in wrong.content.decode()
    saved = browser.post(address, {"mobile": "(312) 555-0177", "password": PASSWORD}, follow=True)
    assert "Your number is saved. A mail tells you of it." in words(saved)
    house.nils.refresh_from_db()
    assert house.nils.mobile == "+13125550177"


def test_a_manager_changes_their_own_number_there_too(house: House) -> None:
    page = browser_of(house.max).get(reverse("member", args=[member(house, house.max).pk]))
    assert 'name="mobile"' not in page.content.decode()
    assert "Your own number is changed under Your details" in words(page)


def test_invitations_ask_as_much_for_six_as_for_one(
    house: House, asked: Member, django_assert_num_queries: Any
) -> None:
    browser = browser_of(asked.user)
    browser.get(reverse("own_invitations"))
    with django_assert_num_queries(9, exact=False) as few:
        browser.get(reverse("own_invitations"))
    for n in range(5):
        clinic = make_clinic(f"Clinic{n}")
        boss = make_user(clinic, f"Boss{n} One", Role.MANAGER)
        members.invite(
            id=clinic.pk,
            clinic=clinic,
            email=asked.user.email,
            full_name="Somebody Else",
            offered=[Role.NURSE],
            **by_max(house, actor=house.actor(boss)),
        )
    with django_assert_num_queries(len(few)):
        assert words(browser.get(reverse("own_invitations"))).count("Accept the invitation") == 6


def test_where_somebody_is_signed_in_is_told_by_the_clinics_clock(house: House) -> None:
    desk = browser_of()
    desk.post(reverse("account_login"), {"login": house.ana.email, "password": PASSWORD})
    said = words(desk.get(reverse("usersessions_list")))
    at = timezone.localtime(NOW, ZoneInfo(house.clinic.time_zone))
    assert f"since {local_day(NOW)}, {at:%H:%M} ({at.tzname()})" in said
    assert "UTC" not in said
