"""What operators type: clinics, users, tokens."""

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from clinic import clock
from clinic.models import Clinic, Member, Membership, MemberState, Role, User
from clinic.staff.changing import held_by
from tests.cast import PASSWORD, House
from tests.clinic.staff import accepted, invited

ME = "/api/v1/clinics/"


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().strip()


def with_token(token: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_token_acts_as_its_user_and_only_its_hash_is_stored(house: House) -> None:
    token = run("create_token", "Ana@Lakeside.example", "--days", "30")
    answer = with_token(token).get(ME)
    assert answer.json()["results"][0]["roles"] == ["front_desk"]
    row = AuthToken.objects.get(user=house.ana)
    stored = [str(value) for value in vars(row).values()]
    assert not any(token in value for value in stored)
    assert row.digest == hashlib.sha512(token.encode()).hexdigest()
    assert timedelta(days=29) < row.expiry - timezone.now() <= timedelta(days=30)


def test_an_expired_token_is_refused(house: House) -> None:
    token = run("create_token", "ana@lakeside.example")
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    answer = with_token(token).get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert not AuthToken.objects.exists()


def test_the_token_of_somebody_who_left_is_refused(house: House) -> None:
    token = run("create_token", "ana@lakeside.example")
    User.objects.filter(pk=house.ana.pk).update(is_active=False)
    assert with_token(token).get(ME).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("nobody@lakeside.example",), "No active user"), (("ana@lakeside.example", "--days", "0"), "--days")],
)
def test_a_token_nobody_can_have_is_refused(house: House, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run("create_token", *arguments)


NEW_CLINIC = ("create_clinic", "Harbor Infusions", "--sender", "Harbor", "--zone", "America/New_York")


@pytest.mark.django_db
def test_a_clinic_is_made_with_its_zone_and_number() -> None:
    made, _, labelled = run(*NEW_CLINIC, "--phone", "(212) 555-0100").splitlines()
    assert made == "The clinic is made: Harbor Infusions."
    clinic = Clinic.objects.get(pk=labelled.split()[-1])
    assert (clinic.time_zone, str(clinic.phone)) == ("America/New_York", "+12125550100")
    with pytest.raises(CommandError, match="already"):
        run(*NEW_CLINIC, "--phone", "(212) 555-0100")


@pytest.mark.django_db
def test_a_clinic_with_a_made_up_zone_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match="time_zone: Mars/Base is not an IANA time zone"):
        run("create_clinic", "Harbor", "--sender", "Harbor", "--zone", "Mars/Base", "--phone", "+12125550100")


def test_a_new_user_sets_their_own_password_with_the_link_once(house: House) -> None:
    link = run("create_user", "Nora@Lakeside.example", "--name", "Nora Quinn", "--role", "nurse")
    nora = User.objects.get(email="nora@lakeside.example")
    assert not nora.has_usable_password()
    assert Membership.objects.get(user=nora).role == Role.NURSE
    path = link.removeprefix("http://localhost:8000")
    client = Client()
    form = client.get(path, follow=True)
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(form.request["PATH_INFO"], passwords)
    assert answer.status_code == 302
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)
    assert nora.password.startswith("argon2$argon2id$")
    assert b"password1" not in Client().get(path, follow=True).content


def test_a_known_user_gets_another_role_and_keeps_the_password(house: House) -> None:
    said = run("create_user", "ana@lakeside.example", "--role", "manager", "--role", "front_desk")
    assert said == "ana@lakeside.example keeps their password."
    assert set(house.ana.memberships.values_list("role", flat=True)) == {"front_desk", "manager"}


def test_whoever_is_invited_gets_the_invitations_link_and_stays_invited(house: House) -> None:
    mobile = "+13125550177"
    nora = invited(house, "Nora Neu", Role.NURSE, Role.FRONT_DESK, credentials="RN, BSN", mobile=mobile)

    link = run("create_user", nora.user.email, "--role", "front_desk")

    nora.refresh_from_db()
    assert (nora.state, nora.offered) == (MemberState.INVITED, ["front_desk", "nurse"])
    assert (nora.credentials, nora.mobile) == ("RN, BSN", mobile)
    assert not Membership.objects.filter(user=nora.user).exists()
    assert Client().get(link.removeprefix("http://localhost:8000")).status_code == 302
    joined = accepted(nora, now=clock.now())
    assert (joined.full_name, joined.credentials, joined.mobile) == ("Nora Neu", "RN, BSN", mobile)
    assert held_by(joined) == {Role.FRONT_DESK, Role.NURSE}


def test_a_role_given_to_whoever_is_invited_is_offered_as_well(house: House) -> None:
    nora = invited(house)
    run("create_user", nora.user.email)
    with pytest.raises(CommandError, match="are invited still"):
        run("create_user", nora.user.email, "--charge")
    Member.objects.update(invited_credentials="")
    with pytest.raises(CommandError, match="--credentials"):
        run("create_user", nora.user.email, "--role", "prescriber")
    run("create_user", nora.user.email, "--role", "prescriber", "--credentials", "MD")
    nora.refresh_from_db()
    assert (nora.offered, nora.credentials) == (["nurse", "prescriber"], "MD")


def test_whoever_is_not_invited_needs_a_role(house: House) -> None:
    with pytest.raises(CommandError, match="--role"):
        run("create_user", "new@lakeside.example", "--name", "New")


def test_somebody_new_needs_a_name(house: House) -> None:
    with pytest.raises(CommandError, match="--name"):
        run("create_user", "new@lakeside.example", "--role", "nurse")


def test_a_nurse_is_put_in_charge_and_nobody_else_can_be(house: House) -> None:
    run("create_user", "nils@lakeside.example", "--role", "nurse", "--charge")
    nils = Membership.objects.get(user=house.nils)
    assert nils.charge
    run("create_user", "nils@lakeside.example", "--role", "nurse")
    nils.refresh_from_db()
    assert nils.charge, "said once, it stays"
    run("create_user", "nils@lakeside.example", "--role", "nurse", "--no-charge")
    nils.refresh_from_db()
    assert not nils.charge
    with pytest.raises(CommandError, match="Ana Lima is no nurse in"):
        run("create_user", "ana@lakeside.example", "--role", "manager", "--charge")
    assert set(house.ana.memberships.values_list("role", flat=True)) == {"front_desk"}
