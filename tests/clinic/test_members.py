"""Who works in a clinic: invited by mail, given roles and taken from them, let go and brought back."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from knox.models import AuthToken
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from clinic import access, work
from clinic.models import Member, Membership, MemberState, Role, User
from clinic.problems import Conflict, Forbidden, Invalid
from clinic.signin import Proof
from clinic.staff import details, members, queries, ways_in
from tests.at_once import at_once
from tests.cast import NOW, PASSWORD, House, client_of, make_user, new_id
from tests.clinic.staff import accepted, by_max, gone, invited, member, task_of

NEW_PASSWORD = "a different long secret"
LINK = re.compile(r"https?://[^/]+(/accounts/password/reset/key/\S+)")


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def second_manager(house: House) -> User:
    return make_user(house.clinic, "Mona Second", Role.MANAGER)


def link_in(message: Any) -> str:
    found = LINK.search(str(message.body))
    assert found, message.body
    return found[1]


def set_password(link: str) -> Client:
    """Whoever holds this link sets a password with it."""
    browser = Client()
    form = browser.get(link, follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    return browser


def roles_of(house: House, user: User) -> set[Role]:
    return members.held_by(member(house, user))


# --- Invited -----------------------------------------------------------------------------------------


def test_somebody_new_is_sent_a_link_and_works_here_once_they_have_accepted(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nora = invited(house, "Nora Neu", Role.NURSE, Role.FRONT_DESK)

    (letter,) = mail.outbox
    assert letter.to == ["nora.neu@lakeside.example"]
    assert letter.subject == "Chairside: Lakeside Clinic invites you"
    assert "Max Weber invites you to work with Lakeside Clinic in Chairside as front desk and nurse." in (
        letter.body
    )
    assert nora.state == MemberState.INVITED
    assert not work.staff(house.clinic.pk, access.EVERYONE).filter(pk=nora.user_id).exists()

    set_password(link_in(letter))
    assert members.held_by(nora) == set(), "a password alone accepts nothing"

    nora = accepted(nora)
    assert (nora.state, members.held_by(nora)) == (MemberState.WORKING, {Role.NURSE, Role.FRONT_DESK})
    browser = Client()
    browser.post("/accounts/login/", {"login": letter.to[0], "password": NEW_PASSWORD})
    assert browser.get("/api/v1/clinics/").json()["results"][0]["roles"] == ["front_desk", "nurse"]


def test_no_mail_names_what_is_treated_or_the_link_to_anybody_else(
    house: House,
    second_manager: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invited(house, "Pia Neu", Role.PRESCRIBER)

    to_pia, to_mona = mail.outbox
    assert to_mona.to == [second_manager.email]
    assert "has invited Pia Neu (pia.neu@lakeside.example) to Lakeside Clinic" in to_mona.body
    assert not LINK.search(str(to_mona.body))
    assert not [word for word in ("ketamine", "nfusion") if word in f"{to_pia.body} {to_mona.body}"]


def test_an_invitation_gives_nothing_after_it_has_ended(
    house: House, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nora = invited(house)
    link = link_in(mail.outbox[0])
    ends = NOW + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    assert nora.invited_until == ends

    with time_machine.travel(ends + timedelta(seconds=1), tick=False):
        assert "This link doesn't work any more" in Client().get(link, follow=True).content.decode()
    with pytest.raises(Conflict, match="withdrawn or has ended"):
        accepted(nora, now=ends)
    assert members.held_by(nora) == set()
    accepted(nora, now=ends - timedelta(seconds=1))
    assert members.held_by(nora) == {Role.NURSE}


def test_a_link_that_was_taken_back_opens_nothing_and_one_sent_again_does(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nora = invited(house)
        asked = by_max(house)
        del asked["proof"]
        members.withdraw_invitation(member=nora, **asked)
        members.withdraw_invitation(member=nora, **asked)
    nora.refresh_from_db()
    assert nora.state == MemberState.WITHDRAWN
    assert "doesn't work any more" in Client().get(link_in(mail.outbox[0]), follow=True).content.decode()

    with pytest.raises(Conflict, match="no invitation"):
        members.invite_again(member=nora, **asked)
    with django_capture_on_commit_callbacks(execute=True):
        members.bring_back(member=nora, give=[Role.FRONT_DESK], **by_max(house))
        members.invite_again(member=nora, **asked)
    assert len(mail.outbox) == 3
    set_password(link_in(mail.outbox[-1]))
    nora.refresh_from_db()
    nora = accepted(nora)
    assert (nora.state, members.held_by(nora)) == (MemberState.WORKING, {Role.FRONT_DESK})
    with pytest.raises(Conflict, match="taken up"):
        members.withdraw_invitation(member=nora, **asked)


def test_what_one_clinic_takes_back_leaves_another_clinics_link_open(
    house: House,
    other_house: House,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ours = invited(house)
        invited(other_house)
    with django_capture_on_commit_callbacks(execute=True):
        members.withdraw_invitation(actor=house.actor(house.max), member=ours, now=NOW)
    set_password(link_in(mail.outbox[1]))
    theirs = accepted(member(other_house, ours.user))
    assert theirs.user.has_usable_password()
    assert (theirs.state, members.held_by(theirs)) == (MemberState.WORKING, {Role.NURSE})


@pytest.mark.parametrize(
    ("given", "field", "mend"),
    [
        ({"email": "nora"}, "email", "Enter an e-mail address"),
        ({"full_name": " "}, "full_name", "Enter the name"),
        ({"full_name": "No\nra"}, "full_name", "one line"),
        ({"offered": []}, "roles", "at least one role"),
        ({"offered": [Role.PRESCRIBER]}, "credentials", "MD or NP"),
        ({"mobile": "twelve"}, "mobile", "phone number"),
        ({"proof": Proof("")}, "password", "Enter your password again"),
        ({"proof": Proof("guess")}, "password", "not your password"),
    ],
)
def test_bad_input_names_the_field_and_its_mend(
    house: House, given: dict[str, Any], field: str, mend: str
) -> None:
    good = {"email": "nora@lakeside.example", "full_name": "Nora Neu", "offered": [Role.NURSE]}
    with pytest.raises(Invalid) as refused:
        members.invite(id=new_id(), clinic=house.clinic, **{**by_max(house), **good, **given})
    (error,) = refused.value.data["errors"]
    assert error["field"] == field
    assert mend in error["detail"]
    assert not User.objects.filter(email="nora@lakeside.example").exists()


def test_whom_the_clinic_knows_is_not_invited_twice(house: House) -> None:
    with pytest.raises(Conflict, match="Nils Berg works here") as refused:
        invited(house, email="nils@lakeside.example")
    assert refused.value.data["member"] == str(member(house, house.nils).pk)
    invited(house)
    with pytest.raises(Conflict, match="Nora Neu is invited"):
        invited(house)
    gil = gone(house)
    with pytest.raises(Conflict, match="Gil Gone was here before"):
        invited(house, email=gil.user.email)


def test_a_mail_server_that_refuses_undoes_nothing(
    house: House, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with django_capture_on_commit_callbacks(execute=True):
        nora = invited(house)
    nora.refresh_from_db()
    assert (nora.state, nora.invitation_sent_at) == (MemberState.INVITED, None)


# --- Roles -------------------------------------------------------------------------------------------


def test_roles_are_given_and_taken_at_once_and_the_person_is_told(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        members.change_roles(
            member=member(house, house.nils),
            give=[Role.FRONT_DESK],
            take=[Role.NURSE],
            leave_none=True,
            reason="Moves to the desk",
            **by_max(house),
        )
    assert roles_of(house, house.nils) == {Role.FRONT_DESK}
    (letter,) = mail.outbox
    assert letter.to == [house.nils.email]
    assert "You are now front desk there as well. You are no longer nurse there." in letter.body
    given, taken = queries.changes_of(member(house, house.nils))[:2]
    assert {given.what, taken.what} == {"Front desk given", "Nurse taken away"}
    assert (given.who, given.reason) == ("Max Weber", "Moves to the desk")


@pytest.mark.parametrize(("who", "role"), [("priya", Role.PRESCRIBER), ("nils", Role.NURSE)])
def test_the_last_of_a_role_that_the_clinic_needs_goes_only_on_purpose(
    house: House, who: str, role: Role
) -> None:
    of = member(house, getattr(house, who))
    change: dict[str, Any] = {"give": [Role.FRONT_DESK], "take": [role]}
    with pytest.raises(Conflict, match=f"is the only {role.label.lower()} here") as refused:
        members.change_roles(member=of, **change, **by_max(house))
    assert refused.value.code == "last_of_role"
    body = {"give": ["front_desk"], "take": [role.value], "password": PASSWORD}
    answer = client_of(house.max).post(f"/api/v1/members/{of.pk}/roles/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_of_role")
    answer = client_of(house.max).post(
        f"/api/v1/members/{of.pk}/roles/", {**body, "leave_none": True}, format="json"
    )
    assert answer.json()["roles"] == ["front_desk"]


def test_one_of_two_prescribers_may_stop_being_one(house: House) -> None:
    second = make_user(house.clinic, "Second Doctor", Role.PRESCRIBER, Role.FRONT_DESK)
    members.change_roles(member=member(house, second), take=[Role.PRESCRIBER], **by_max(house))
    assert roles_of(house, second) == {Role.FRONT_DESK}


def test_nobody_gives_themselves_a_role(house: House, second_manager: User) -> None:
    with pytest.raises(Forbidden, match="Nobody gives themselves a role"):
        members.change_roles(member=member(house, house.max), give=[Role.PRESCRIBER], **by_max(house))
    members.change_roles(
        member=member(house, house.max),
        give=[Role.NURSE],
        **by_max(house, actor=house.actor(second_manager)),
    )
    members.change_roles(member=member(house, house.max), take=[Role.NURSE], **by_max(house))
    assert roles_of(house, house.max) == {Role.MANAGER}


def test_a_prescriber_has_credentials(house: House) -> None:
    with pytest.raises(Invalid, match="credentials"):
        members.change_roles(member=member(house, house.ana), give=[Role.PRESCRIBER], **by_max(house))
    no_proof = by_max(house)
    del no_proof["proof"]
    with pytest.raises(Invalid, match="beside each signature"):
        details.change_details(member=member(house, house.priya), credentials="", **no_proof)
    details.change_details(member=member(house, house.ana), credentials="NP", **no_proof)
    members.change_roles(member=member(house, house.ana), give=[Role.PRESCRIBER], **by_max(house))
    assert Role.PRESCRIBER in roles_of(house, house.ana)


def test_without_ones_own_password_nothing_of_it_is_done(house: House) -> None:
    nils = member(house, house.nils)
    for change in (
        lambda proof: members.change_roles(member=nils, give=[Role.MANAGER], **by_max(house, proof=proof)),
        lambda proof: members.end_access(member=nils, **by_max(house, proof=proof)),
        lambda proof: members.bring_back(member=gone(house), give=[Role.NURSE], **by_max(house, proof=proof)),
    ):
        with pytest.raises(Invalid, match="not your password"):
            change(Proof("guess"))
    assert roles_of(house, house.nils) == {Role.NURSE}


def test_somebody_without_a_role_does_not_work_here(house: House) -> None:
    with pytest.raises(Conflict, match="end their access"):
        members.change_roles(member=member(house, house.nils), take=[Role.NURSE], **by_max(house))
    with pytest.raises(Conflict, match="doesn't work here now"):
        members.change_roles(member=gone(house), give=[Role.NURSE], **by_max(house))


@pytest.mark.parametrize(
    ("take_away", "taken"), [(members.change_roles, {"take": [Role.MANAGER]}), (members.end_access, {})]
)
def test_the_last_manager_who_can_sign_in_stays(
    house: House, take_away: Callable[..., Member], taken: dict[str, Any]
) -> None:
    # Invited is not come: she can't sign in yet.
    invited(house, "Mia Neu", Role.MANAGER)
    max_ = member(house, house.max)
    Membership.objects.create(user=house.max, clinic=house.clinic, role=Role.NURSE)
    with pytest.raises(Conflict, match="the only manager who can sign in") as refused:
        take_away(member=max_, **taken, **by_max(house))
    assert refused.value.code == "last_manager"
    assert Role.MANAGER in roles_of(house, house.max)


def test_the_database_keeps_a_manager_whoever_asks(house: House) -> None:
    with pytest.raises(IntegrityError, match="the last manager"), transaction.atomic():
        Membership.objects.filter(user=house.max).delete()
    with pytest.raises(IntegrityError, match="the last manager"), transaction.atomic():
        Membership.objects.filter(user=house.max).update(role=Role.NURSE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("take_away", [members.change_roles, members.end_access])
def test_two_managers_who_take_each_others_role_at_one_moment_leave_one(
    house: House, take_away: Callable[..., Member]
) -> None:
    mona = make_user(house.clinic, "Mona Second", Role.MANAGER, Role.NURSE)
    Membership.objects.create(user=house.max, clinic=house.clinic, role=Role.NURSE)
    taken = {"take": [Role.MANAGER]} if take_away is members.change_roles else {}
    asked = [
        by_max(house, actor=house.actor(by), member=member(house, whom), **taken)
        for by, whom in ((house.max, mona), (mona, house.max))
    ]
    outcomes = at_once(*(lambda call=call: take_away(**call) for call in asked))

    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [Forbidden]
    left = Membership.objects.filter(clinic=house.clinic, role=Role.MANAGER)
    assert left.count() == 1


# --- Let go and brought back -------------------------------------------------------------------------


def test_whoever_is_let_go_is_out_at_once_with_sessions_and_tokens(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    tablet = Client()
    tablet.post("/accounts/login/", {"login": house.nils.email, "password": PASSWORD})
    _, token = AuthToken.objects.create(user=house.nils)
    assert tablet.get("/api/v1/clinics/").status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        left = members.end_access(member=member(house, house.nils), reason="Moved away", **by_max(house))

    assert left.state == MemberState.LEFT
    assert tablet.get("/api/v1/clinics/").status_code == 401
    by_token = Client().get("/api/v1/clinics/", headers={"Authorization": f"Bearer {token}"})
    assert by_token.status_code == 401
    assert not UserSession.objects.filter(user=house.nils).exists()
    (letter,) = mail.outbox
    assert letter.subject == "Chairside: Your access to Lakeside Clinic has ended"
    assert members.end_access(member=left, **by_max(house)).state == MemberState.LEFT
    latest = queries.changes_of(left)[0]
    assert (latest.what, latest.reason) == ("Nurse taken away", "Moved away")


def test_in_another_clinic_they_go_on_with_the_same_sign_in_and_token(
    house: House, other_house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    Membership.objects.create(user=house.nils, clinic=other_house.clinic, role=Role.NURSE)
    _, token = AuthToken.objects.create(user=house.nils)
    with django_capture_on_commit_callbacks(execute=True):
        members.end_access(member=member(house, house.nils), **by_max(house))
    answer = Client().get("/api/v1/clinics/", headers={"Authorization": f"Bearer {token}"})
    assert [row["name"] for row in answer.json()["results"]] == ["Hillside Infusion Clinic"]


def test_open_tasks_of_whoever_is_let_go_are_everybodys_again(house: House) -> None:
    task = task_of(house, house.nils)
    members.end_access(member=member(house, house.nils), **by_max(house))
    task.refresh_from_db()
    assert task.owner is None


def test_whoever_comes_back_has_the_roles_of_now_not_the_old_ones(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    gil = gone(house)
    with pytest.raises(Invalid, match="at least one role"):
        members.bring_back(member=gil, give=[], **by_max(house))
    with django_capture_on_commit_callbacks(execute=True):
        back = members.bring_back(member=gil, give=[Role.FRONT_DESK], **by_max(house))
    assert (back.state, members.held_by(back)) == (MemberState.INVITED, set())
    assert "Sign in as you always do, and accept or refuse here:" in mail.outbox[0].body
    back = accepted(back)
    assert (back.state, members.held_by(back)) == (MemberState.WORKING, {Role.FRONT_DESK})
    assert back.left_at is None
    with pytest.raises(Conflict, match="works here or is invited"):
        members.bring_back(member=back, give=[Role.NURSE], **by_max(house))


# --- What else a manager sees to ---------------------------------------------------------------------


def test_details_change_and_only_a_nurse_is_in_charge(house: House) -> None:
    asked = by_max(house)
    del asked["proof"]
    nils = member(house, house.nils)
    details.change_details(member=nils, mobile="(312) 555-0177", charge=True, **asked)
    house.nils.refresh_from_db()
    assert house.nils.mobile == "+13125550177"
    assert Membership.objects.get(user=house.nils).charge
    with pytest.raises(Invalid, match="only a nurse can be"):
        details.change_details(member=member(house, house.ana), charge=True, **asked)


def test_one_token_is_revoked_and_the_others_go_on(house: House) -> None:
    first, _ = AuthToken.objects.create(user=house.nils)
    AuthToken.objects.create(user=house.nils)
    AuthToken.objects.create(user=house.nils, expiry=timedelta(days=-1))
    nils = member(house, house.nils)
    assert len(queries.tokens_of(nils, now=NOW)) == 2
    asked = by_max(house)
    del asked["proof"]
    ways_in.revoke_token(member=nils, key=first.token_key, **asked)
    assert first.token_key not in [token.key for token in queries.tokens_of(nils, now=NOW)]
    assert len(queries.tokens_of(nils, now=NOW)) == 1


def test_a_lost_tablet_is_signed_out(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    tablet = Client()
    tablet.post("/accounts/login/", {"login": house.nils.email, "password": PASSWORD})
    asked = by_max(house)
    del asked["proof"]
    with django_capture_on_commit_callbacks(execute=True):
        ways_in.sign_out(member=member(house, house.nils), **asked)
    assert tablet.get("/api/v1/clinics/").status_code == 401
    assert roles_of(house, house.nils) == {Role.NURSE}


def test_the_application_may_take_a_role_away_but_rewrite_no_history_of_it(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")
        Membership.objects.filter(user=house.nils).delete()
        cursor.execute("SELECT has_table_privilege('clinic_membershipevent', 'UPDATE, DELETE')")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT has_table_privilege('clinic_member', 'DELETE')")
        assert cursor.fetchone() == (False,)
        cursor.execute("RESET ROLE")
    assert member(house, house.nils).left_at is not None
