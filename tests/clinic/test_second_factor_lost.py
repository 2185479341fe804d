"""A second factor that was lost: a manager takes it away, the person is told, and nobody reaches past their
clinic."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from knox.models import AuthToken
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from clinic.models import Member, Membership, Role, User
from clinic.problems import Conflict, Forbidden, Invalid
from clinic.signin import Proof
from clinic.staff import queries, ways_in
from tests.cast import NOW, PASSWORD, House, client_of, make_user
from tests.clinic.staff import by_max, gone, member


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def nils(house: House) -> Member:
    """With an authenticator app and its recovery codes."""
    TOTP.activate(house.nils, generate_totp_secret())
    RecoveryCodes.activate(house.nils)
    return member(house, house.nils)


def has_any(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()


def take(house: House, of: Member, **more: Any) -> Member:
    return ways_in.take_second_factor(member=of, **by_max(house, reason="Lost his phone", **more))


def test_it_is_taken_with_its_codes_and_stands_in_the_history_and_he_is_told(
    house: House, nils: Member, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    tablet = Client()
    tablet.post("/accounts/login/", {"login": house.nils.email, "password": PASSWORD})
    UserSession.objects.get_or_create(user=house.nils, defaults={"session_key": "x", "ip": "127.0.0.1"})

    with django_capture_on_commit_callbacks(execute=True):
        take(house, nils)

    assert not has_any(house.nils)
    assert not UserSession.objects.filter(user=house.nils).exists()
    kept = [(change.what, change.who, change.reason) for change in queries.changes_of(nils)]
    assert ("Second factor taken away", "Max Weber", "Lost his phone") in kept
    (told,) = mail.outbox
    assert (told.to, told.subject) == ([house.nils.email], "Chairside: Your second factor was taken away")
    assert "Max Weber of Lakeside Clinic" in told.body


def test_of_a_prescriber_the_other_managers_are_told_too(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    olga = make_user(house.clinic, "Olga Petrova", Role.MANAGER)
    TOTP.activate(house.priya, generate_totp_secret())
    with django_capture_on_commit_callbacks(execute=True):
        take(house, member(house, house.priya))
    assert {address for letter in mail.outbox for address in letter.to} == {house.priya.email, olga.email}


def test_it_asks_for_the_managers_own_password(house: House, nils: Member) -> None:
    with pytest.raises(Invalid, match="This is not your password"):
        take(house, nils, proof=Proof("guess"))
    assert has_any(house.nils)


def test_nobody_takes_away_their_own(house: House) -> None:
    TOTP.activate(house.max, generate_totp_secret())
    with pytest.raises(Forbidden) as refused:
        take(house, member(house, house.max))
    assert refused.value.code == "own_second_factor"
    assert has_any(house.max)


def test_of_somebody_who_works_elsewhere_too_only_who_manages_all_their_clinics_takes_it(
    house: House, other_house: House, nils: Member
) -> None:
    Membership.objects.create(user=house.nils, clinic=other_house.clinic, role=Role.NURSE)
    with pytest.raises(Forbidden) as refused:
        take(house, nils)
    assert (refused.value.code, has_any(house.nils)) == ("works_elsewhere", True)
    Membership.objects.create(user=house.max, clinic=other_house.clinic, role=Role.MANAGER)
    take(house, nils)
    assert not has_any(house.nils)


def test_there_has_to_be_one_and_somebody_who_works_here(house: House) -> None:
    with pytest.raises(Conflict) as none:
        take(house, member(house, house.ana))
    with pytest.raises(Conflict) as left:
        take(house, gone(house))
    assert (none.value.code, left.value.code) == ("no_second_factor", "not_working")


def test_over_the_api(house: House, nils: Member) -> None:
    address = f"/api/v1/members/{nils.pk}/take-second-factor/"
    max_ = client_of(house.max)
    assert max_.post(address, {}, format="json").status_code == 400
    body = {"password": PASSWORD, "reason": "Lost his phone"}
    assert max_.post(address, body, format="json").json()["second_factor"] is False
    assert max_.post(address, body, format="json").status_code == 409


def test_sessions_and_tokens_that_a_manager_ends_stand_in_the_history_as_well(
    house: House, nils: Member
) -> None:
    ways_in.sign_out(actor=house.actor(house.max), member=nils, now=NOW)
    row, _ = AuthToken.objects.create(user=house.nils)
    ways_in.revoke_token(actor=house.actor(house.max), member=nils, key=row.token_key, now=NOW)
    ways_in.revoke_token(actor=house.actor(house.max), member=nils, key=row.token_key, now=NOW)
    kept = [change.what for change in queries.changes_of(nils) if change.who == "Max Weber"]
    assert sorted(kept) == ["Signed out everywhere", "Token revoked"]
