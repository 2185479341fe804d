"""Staff come in with address, password and second factor; guessing is slowed; nobody signs up."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from clinic import clock
from clinic.tasks import forget_sessions
from tests.cast import PASSWORD, House
from tests.clinic.second_factor import code_for

LOGIN = "/accounts/login/"
ACTIVATE = "/accounts/2fa/totp/activate/"
API = "/api/v1/clinics/"
SECRET = re.compile(r"<code>([A-Z2-7]{32})</code>")


def sign_in(email: str = "ana@lakeside.example", password: str = PASSWORD, **more: Any) -> tuple[Client, Any]:
    client = Client(**more)
    return client, client.post(LOGIN, {"login": email, "password": password})


def set_up_second_factor(client: Client) -> str:
    """Give the password again, scan the picture and enter the app's code; returns the secret."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    found = SECRET.search(client.get(ACTIVATE).content.decode())
    assert found
    answer = client.post(ACTIVATE, {"code": code_for(found[1])})
    assert answer.status_code == 302, answer.content
    return found[1]


def test_the_right_password_opens_the_house_in_any_spelling_of_the_address(house: House) -> None:
    client, answer = sign_in("Ana@Lakeside.EXAMPLE")
    assert answer.status_code == 302
    assert client.get(API).json()["results"][0]["roles"] == ["front_desk"]


@pytest.mark.parametrize(
    ("email", "password"), [("ana@lakeside.example", "wrong"), ("nobody@lakeside.example", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_look_alike(house: House, email: str, password: str) -> None:
    client, answer = sign_in(email, password)
    assert answer.status_code == 200
    assert "The email address and/or password you specified are not correct." in answer.content.decode()
    assert client.get(API).status_code == 401


def test_somebody_who_left_does_not_come_in(house: House) -> None:
    house.ana.is_active = False
    house.ana.save()
    client, _ = sign_in()
    assert client.get(API).status_code == 401


def test_after_five_wrong_passwords_the_right_one_waits_too(house: House) -> None:
    for _ in range(5):
        sign_in(password="guess")
    client, answer = sign_in()
    assert "Too many failed login attempts" in answer.content.decode()
    assert client.get(API).status_code == 401
    assert sign_in("nils@lakeside.example")[1].status_code == 302


def test_without_a_proxy_a_made_up_forwarded_address_does_not_reset_the_count(house: House) -> None:
    answers = [
        sign_in(f"guess{n}@lakeside.example", "guess", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")[1]
        for n in range(11)
    ]
    assert "Too many failed login attempts" not in answers[9].content.decode()
    assert "Too many failed login attempts" in answers[10].content.decode()


def test_behind_the_proxy_each_address_that_the_proxy_saw_is_counted_alone(
    house: House, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(11):
        answer = sign_in(f"g{n}@lakeside.example", "guess", HTTP_X_FORWARDED_FOR="9.9.9.9, 203.0.113.1")[1]
    assert "Too many failed login attempts" in answer.content.decode()
    _, answer = sign_in("g@lakeside.example", "guess", HTTP_X_FORWARDED_FOR="9.9.9.9, 203.0.113.2")
    assert "Too many failed login attempts" not in answer.content.decode()


def test_asking_for_password_links_in_series_is_answered_with_429(house: House) -> None:
    statuses = [
        Client().post("/accounts/password/reset/", {"email": "ana@lakeside.example"}).status_code
        for _ in range(6)
    ]
    assert statuses == [302] * 5 + [429]


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(house: House) -> None:
    Client().post("/accounts/password/reset/", {"email": "ana@lakeside.example"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    client = Client()
    form = client.get(link[1], follow=True)
    new = "a different long secret"
    answer = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert answer.status_code == 302
    assert sign_in(password=new)[1].status_code == 302
    assert "This link doesn't work any more" in Client().get(link[1], follow=True).content.decode()


def test_somebody_a_link_was_made_for_sets_their_second_factor_up_as_before(house: House) -> None:
    """With the link allauth writes their address down as not proved yet; where the factor is required, who
    could not set one up would be locked out by a stranger's asking."""
    Client().post("/accounts/password/reset/", {"email": "ana@lakeside.example"})
    client, _ = sign_in()
    set_up_second_factor(client)
    assert Authenticator.objects.filter(user=house.ana, type="totp").exists()


def test_an_unknown_address_gets_no_mail_and_the_same_answer(house: House) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "nobody@lakeside.example"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/done/")
    assert mail.outbox == []


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "login/code/", "3rdparty/"])
def test_what_a_closed_house_does_not_need_does_not_exist(db: None, path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404


def test_no_route_makes_an_account() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_signing_out_needs_a_post(house: House) -> None:
    client, _ = sign_in()
    client.get("/accounts/logout/")
    assert client.get(API).status_code == 200
    client.post("/accounts/logout/")
    assert client.get(API).status_code == 401


def test_where_it_is_required_somebody_without_a_second_factor_can_only_set_one_up(
    house: House, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    client, _ = sign_in()
    assert client.get("/")["Location"] == ACTIVATE
    refused = client.get(API)
    assert (refused.status_code, refused.json()["code"]) == (403, "mfa_required")
    set_up_second_factor(client)
    assert client.get(API).status_code == 200


def test_after_that_the_password_alone_is_not_enough(house: House, settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    secret = set_up_second_factor(sign_in()[0])
    client, answer = sign_in()
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert client.get(API).status_code == 401
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert client.get(API).status_code == 401
    # A code works once, and the first was used to set it up.
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, in_seconds=30)})
    assert client.get(API).status_code == 200


def test_a_recovery_code_signs_in_once(house: House) -> None:
    client, _ = sign_in()
    set_up_second_factor(client)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    code = re.findall(r"<code>([0-9A-Za-z-]+)</code>", page)[0]
    for attempt, status in ((1, 200), (2, 401)):
        client, _ = sign_in()
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert client.get(API).status_code == status, attempt


def test_the_second_factor_is_stored_encrypted(house: House) -> None:
    secret = set_up_second_factor(sign_in()[0])
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored


def test_after_a_change_of_the_secret_key_the_phone_still_works(house: House, settings: Settings) -> None:
    secret = set_up_second_factor(sign_in()[0])
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key, as long as the one before it was"
    client, _ = sign_in()
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, in_seconds=30)})
    assert client.get(API).status_code == 200


def test_removing_the_second_factor_asks_again_who_you_are(house: House) -> None:
    secret = set_up_second_factor(sign_in()[0])
    client, _ = sign_in()
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, in_seconds=30)})
    assert client.get(API).status_code == 200
    assert "reauthenticate" in client.get("/accounts/2fa/totp/deactivate/")["Location"]
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_person_can_sign_out_everywhere_else(house: House) -> None:
    tablet, _ = sign_in()
    desk, _ = sign_in()
    desk.post("/accounts/sessions/")
    assert (tablet.get(API).status_code, desk.get(API).status_code) == (401, 200)


def test_a_session_that_has_run_out_is_kept_no_longer(house: House, settings: Settings) -> None:
    gone, _ = sign_in()
    here, _ = sign_in()
    Session.objects.filter(pk=gone.session.session_key).update(expire_date=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")  # as the worker is connected
    forget_sessions()
    assert [each.session_key for each in UserSession.objects.all()] == [here.session.session_key]
    assert not Session.objects.filter(pk=gone.session.session_key).exists()
    assert here.get(API).status_code == 200
    assert "clinic.tasks.forget_sessions" in {ring["task"] for ring in settings.CELERY_BEAT_SCHEDULE.values()}


def test_passwords_are_kept_with_argon2(house: House) -> None:
    house.ana.set_password("an entirely new secret")
    assert house.ana.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("weak", ["short", "password123456", "ana@lakeside.example"])
def test_a_weak_password_is_refused_with_a_reason(house: House, weak: str) -> None:
    client, _ = sign_in()
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    )
    assert answer.status_code == 200
    assert 'class="mend"' in answer.content.decode()


SIGN_IN_PAGES = ["login/", "password/reset/", "password/reset/done/", "inactive/"]
OWN_PAGES = ["password/change/", "2fa/", "reauthenticate/", "sessions/", "logout/"]


@pytest.mark.parametrize("path", SIGN_IN_PAGES)
def test_the_pages_of_sign_in_wear_the_houses_frame(db: None, path: str) -> None:
    answer = Client().get(f"/accounts/{path}")
    assert answer.status_code == 200
    assert 'class="entrance"' in answer.content.decode()


@pytest.mark.parametrize("path", OWN_PAGES)
def test_the_pages_about_ones_own_sign_in_wear_it_too(house: House, path: str) -> None:
    answer = sign_in()[0].get(f"/accounts/{path}")
    assert answer.status_code == 200
    assert 'class="entrance"' in answer.content.decode()
