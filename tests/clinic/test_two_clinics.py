"""One person, two clinics: Nils of Hillside is invited to Lakeside, and what Lakeside's manager reaches."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from knox.models import AuthToken
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from clinic import access
from clinic.models import Member, Membership, MemberState, Role, User
from clinic.problems import Conflict, Forbidden, Invalid, Missing
from clinic.signin import Proof
from clinic.staff import details, joining, members, own_details, queries, ways_in
from tests.at_once import at_once
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.clinic.staff import accepted, by_max, invited, member

THEIR_OWN = "+13125550188"
MINE = "/api/v1/me/invitations/"


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def nils(other_house: House) -> User:
    """A nurse of Hillside, with a number of his own."""
    other_house.nils.mobile = THEIR_OWN
    other_house.nils.save()
    return other_house.nils


def as_manager(house: House, **more: Any) -> dict[str, Any]:
    """What Max of Lakeside says of himself where no password is asked for."""
    said = by_max(house, **more)
    del said["proof"]
    return said


def invitation(house: House, **more: Any) -> Member:
    return invited(house, "Somebody Else", email="Nils@Hillside.example", mobile="(312) 555-0177", **more)


# --- Asked, and not taken ----------------------------------------------------------------------------


def test_an_invitation_changes_nothing_of_whom_it_is_for_until_they_accept(
    house: House, nils: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked = invitation(house)

    assert asked.user == nils
    assert access.actor_of(nils).roles.keys() == {Membership.objects.get(user=nils).clinic_id}
    nils.refresh_from_db()
    assert (nils.full_name, nils.credentials, nils.mobile) == ("Nils Berg", "RN", THEIR_OWN)
    (letter,) = mail.outbox
    assert letter.to == [nils.email]
    assert "Sign in as you always do, and accept or refuse here:" in letter.body
    assert "/accounts/invitations/" in letter.body

    joined = accepted(asked)
    nils.refresh_from_db()
    assert (joined.state, members.held_by(joined)) == (MemberState.WORKING, {Role.NURSE})
    assert (nils.full_name, nils.credentials, nils.mobile) == ("Nils Berg", "RN", THEIR_OWN)
    assert joined.full_name == "Nils Berg"
    assert accepted(asked).joined_at == joined.joined_at, "accepting again changes nothing"


def test_nothing_that_the_manager_is_told_says_whether_the_address_has_a_login(
    house: House, nils: User
) -> None:
    AuthToken.objects.create(user=nils)
    User.objects.filter(pk=nils.pk).update(last_login=NOW)
    known, unknown = invitation(house), invited(house, "Somebody Else", email="olaf@hillside.example")
    manager = client_of(house.max)

    def told(of: Member) -> dict[str, Any]:
        answer = manager.get(f"/api/v1/members/{of.pk}/").json()
        own = ("id", "user", "email", "mobile", "invitation_sent_at")
        return {name: value for name, value in answer.items() if name not in own}

    assert told(known) == told(unknown)
    assert told(known)["full_name"] == "Somebody Else"
    for of in (known, unknown):
        assert manager.get(f"/api/v1/members/{of.pk}/tokens/").json() == []
        said = str(manager.get(f"/api/v1/members/{of.pk}/history/").json())
        assert "Nils" not in said
    assert "Nils" not in str(manager.get("/api/v1/members/").json()["results"][0])


def test_a_login_that_was_shut_out_is_invited_like_anybody(house: House, nils: User) -> None:
    User.objects.filter(pk=nils.pk).update(is_active=False)
    assert invitation(house).state == MemberState.INVITED


def test_whoever_refuses_works_nowhere_new_and_stays_unnamed(house: House, nils: User) -> None:
    asked = invitation(house)
    him = access.actor_of(nils)
    refused = joining.refuse(actor=him, member=asked, now=NOW)
    joining.refuse(actor=him, member=asked, now=NOW)
    assert (refused.state, members.held_by(refused)) == (MemberState.REFUSED, set())
    latest = queries.changes_of(refused)[0]
    assert (latest.what, latest.who) == ("Invitation refused", "Somebody Else")
    with pytest.raises(Conflict, match="withdrawn or has ended"):
        joining.accept(actor=him, member=asked, roles=[Role.NURSE], now=NOW)
    again = members.bring_back(member=refused, give=[Role.FRONT_DESK], **by_max(house))
    assert (again.state, again.full_name) == (MemberState.INVITED, "Somebody Else")


def test_nobody_answers_for_somebody_else(house: House, nils: User) -> None:
    asked = invitation(house)
    for stranger in (house.max, house.ana):
        for act in ("accept", "refuse"):
            answer = client_of(stranger).post(f"{MINE}{asked.pk}/{act}/", {"roles": ["nurse"]})
            assert answer.status_code == 404
            assert client_of(stranger).get(MINE).json() == []
        with pytest.raises(Member.DoesNotExist):
            joining.accept(actor=access.actor_of(stranger), member=asked, roles=[Role.NURSE], now=NOW)
        with pytest.raises(Missing):
            queries.invitation_of(stranger.pk, asked.pk)
    assert members.held_by(asked) == set()


def test_only_what_was_shown_is_accepted(house: House, nils: User) -> None:
    asked = invitation(house)
    answer = client_of(nils).post(f"{MINE}{asked.pk}/accept/", {"roles": ["front_desk"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "offer_changed")
    (told,) = client_of(nils).get(MINE).json()
    assert (told["clinic_name"], told["roles"], told["invited_by"]) == (
        "Lakeside Infusion Clinic",
        ["nurse"],
        "Max Weber",
    )
    done = client_of(nils).post(f"{MINE}{asked.pk}/accept/", {"roles": told["roles"]})
    assert (done.status_code, done.json()["state"]) == (200, "working")
    assert client_of(nils).get(MINE).json() == []


def test_somebody_new_is_named_by_the_invitation_that_they_accept_first(
    house: House, other_house: House
) -> None:
    first = invited(house, "Not Hers", email="new@x.example", mobile="(312) 555-0177")
    second = members.invite(
        id=new_id(),
        clinic=other_house.clinic,
        email="new@x.example",
        full_name="Nora Neu",
        offered=[Role.NURSE],
        credentials="RN",
        **by_max(other_house),
    )
    assert second.user == first.user
    accepted(second)
    accepted(first)
    nora = User.objects.get(email="new@x.example")
    assert (nora.full_name, nora.credentials, nora.mobile) == ("Nora Neu", "RN", "")


def test_a_prescriber_without_credentials_takes_over_those_of_the_invitation(
    house: House, other_house: House
) -> None:
    asked = invited(house, "Somebody Else", Role.PRESCRIBER, email=other_house.ana.email)
    assert joining.adds_credentials(other_house.ana, asked) == "MD"
    accepted(asked)
    other_house.ana.refresh_from_db()
    assert (other_house.ana.credentials, other_house.ana.full_name) == ("MD", "Ana Lima")


# --- What no manager of one clinic reaches -----------------------------------------------------------


@pytest.mark.parametrize(
    "given", [{"full_name": "No Body"}, {"credentials": "MD"}, {"mobile": "(312) 555-0177"}, {"mobile": ""}]
)
def test_name_credentials_and_number_of_who_works_elsewhere_too_stay(
    house: House, nils: User, given: dict[str, Any]
) -> None:
    joined = accepted(invitation(house))
    with pytest.raises(Forbidden, match="somebody who manages all of their clinics") as refused:
        details.change_details(member=joined, **given, **as_manager(house))
    assert refused.value.code == "works_elsewhere"
    nils.refresh_from_db()
    assert (nils.full_name, nils.credentials, nils.mobile) == ("Nils Berg", "RN", THEIR_OWN)
    # What is this clinic's own goes on: who of its nurses is in charge.
    details.change_details(member=joined, charge=True, full_name="Nils Berg", **as_manager(house))
    assert Membership.objects.get(user=nils, clinic=house.clinic).charge


def test_an_invitation_can_be_corrected_without_touching_the_login(house: House, nils: User) -> None:
    asked = invitation(house)
    details.change_details(member=asked, full_name="Nils B.", mobile="", **as_manager(house))
    asked.refresh_from_db()
    nils.refresh_from_db()
    assert (asked.full_name, asked.mobile) == ("Nils B.", "")
    assert (nils.full_name, nils.mobile) == ("Nils Berg", THEIR_OWN)


def test_sessions_and_tokens_of_who_works_elsewhere_too_are_not_this_clinics_to_end(
    house: House, nils: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    joined = accepted(invitation(house))
    token, _ = AuthToken.objects.create(user=nils)
    browser = Client()
    browser.post("/accounts/login/", {"login": nils.email, "password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        for refused in (
            lambda: ways_in.sign_out(member=joined, **as_manager(house)),
            lambda: ways_in.revoke_token(member=joined, key=token.token_key, **as_manager(house)),
        ):
            with pytest.raises(Forbidden, match="end their access here"):
                refused()
    assert UserSession.objects.filter(user=nils).exists()
    assert AuthToken.objects.filter(user=nils).exists()
    # And what can't wait is one act, which closes this clinic and no other.
    members.end_access(member=joined, **by_max(house))
    clinics = browser.get("/api/v1/clinics/").json()["results"]
    assert [row["name"] for row in clinics] == ["Hillside Infusion Clinic"]


def test_whoever_manages_all_of_their_clinics_sees_to_all_of_it(
    house: House, other_house: House, nils: User
) -> None:
    joined = accepted(invitation(house))
    token, _ = AuthToken.objects.create(user=nils)
    Membership.objects.create(user=house.max, clinic=other_house.clinic, role=Role.MANAGER)
    details.change_details(member=joined, credentials="RN, CRNA", **as_manager(house))
    ways_in.revoke_token(member=joined, key=token.token_key, **as_manager(house))
    ways_in.sign_out(member=joined, **as_manager(house))
    nils.refresh_from_db()
    assert nils.credentials == "RN, CRNA"
    assert not AuthToken.objects.filter(user=nils).exists()


@pytest.mark.django_db(transaction=True)
def test_who_accepts_at_that_very_moment_is_not_changed_by_the_manager_of_before(
    house: House, other_house: House
) -> None:
    """Whichever comes first: either he worked in one clinic when it was changed, or it is refused."""
    asked = invitation(house)
    hillside = member(other_house, other_house.nils)
    outcomes = at_once(
        lambda: accepted(asked),
        lambda: details.change_details(member=hillside, credentials="MD", **as_manager(other_house)),
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, Forbidden) for outcome in refused)
    assert members.held_by(asked) == {Role.NURSE}
    other_house.nils.refresh_from_db()
    assert other_house.nils.credentials == ("RN" if refused else "MD")


# --- One's own number --------------------------------------------------------------------------------


def test_ones_own_number_is_changed_with_ones_password_and_told_by_mail(
    house: House, nils: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    him = access.actor_of(nils)
    with pytest.raises(Invalid, match="not your password"):
        own_details.change_own_mobile(actor=him, mobile="(312) 555-0123", proof=Proof("guess"), now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        own_details.change_own_mobile(actor=him, mobile="(312) 555-0123", proof=Proof(PASSWORD), now=NOW)
        own_details.change_own_mobile(actor=him, mobile="(312) 555-0123", proof=Proof(PASSWORD), now=NOW)
    nils.refresh_from_db()
    assert nils.mobile == "+13125550123"
    (letter,) = mail.outbox
    assert letter.subject == "Chairside: The number that pages you has changed"
    assert "You have changed the number" in letter.body
    assert "It ends in 23 now." in letter.body
    assert "+13125550123" not in letter.body
    kept = User.pgh_event_model.objects.filter(id=nils.pk).latest("pgh_id")  # type: ignore[attr-defined]
    assert (kept.mobile, kept.pgh_context.metadata["user"]) == ("+13125550123", str(nils.pk))


def test_a_number_that_a_manager_changes_is_told_to_the_person(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nils = member(house, house.nils)
        details.change_details(member=nils, mobile="(312) 555-0123", **as_manager(house))
    (letter,) = mail.outbox
    assert letter.to == [house.nils.email]
    assert "Max Weber has changed the number" in letter.body
    with pytest.raises(Invalid, match="under Your details, with your password"):
        details.change_details(member=member(house, house.max), mobile="(312) 555-0123", **as_manager(house))


def test_the_api_tells_and_changes_ones_own_number(nils: User) -> None:
    api = client_of(nils)
    assert api.get("/api/v1/me/").json()["mobile"] == THEIR_OWN
    refused = api.patch("/api/v1/me/", {"mobile": "twelve", "password": PASSWORD})
    assert [error["field"] for error in refused.json()["errors"]] == ["mobile"]
    unknown = api.patch("/api/v1/me/", {"mobile": "", "full_name": "Dr. Nils", "password": PASSWORD})
    assert unknown.json()["errors"][0]["code"] == "unknown_field"
    assert api.patch("/api/v1/me/", {"mobile": "", "password": PASSWORD}).json()["mobile"] == ""
    assert client_of(None).get("/api/v1/me/").status_code == 401


def test_an_invitation_ends_by_itself_over_the_api(house: House, nils: User) -> None:
    asked = invitation(house)
    assert asked.invited_until is not None
    with time_machine.travel(asked.invited_until + timedelta(seconds=1), tick=False):
        assert client_of(nils).get(MINE).json() == []
        late = client_of(nils).post(f"{MINE}{asked.pk}/accept/", {"roles": ["nurse"]})
    assert (late.status_code, late.json()["code"]) == (409, "not_invited")
