"""The manager's pages of staff: who works here, what each may do, who comes and who goes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.urls import reverse
from knox.models import AuthToken
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from clinic.models import Member, Membership, MemberState, Role
from clinic.staff import members
from notifications.escalating import on_call
from tests.cast import NOW, PASSWORD, House, client_of, make_user, new_id
from tests.clinic.staff import gone, invited, member, task_of
from tests.scheduler.stage import set_stage
from tests.web.pages import browser_of, send, words
from web.views.staff import proving


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def invitation(**more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "full_name": "Nora Neu",
        "email": "nora@lakeside.example",
        "roles": ["nurse"],
        "password": PASSWORD,
        **more,
    }


def page_of(of: Member, name: str = "member") -> str:
    return reverse(name, args=[of.pk])


def test_the_list_says_who_works_here_who_is_invited_and_who_was_here(house: House) -> None:
    invited(house)
    gone(house)
    said = words(browser_of(house.max).get(reverse("staff")))
    working, rest = said.split(" Invited ", 1)
    assert "Nils Berg , RN nils@lakeside.example Nurse \N{EN DASH} Off Never" in working
    assert "Nora Neu nora.neu@lakeside.example Nurse Not sent" in rest
    assert "Gil Gone Left" in rest
    assert "One manager." in said


def test_somebody_is_invited_and_the_page_says_where_the_link_went(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    browser = browser_of(house.max)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(reverse("invite_member"), invitation())
    said = words(browser.get(answer["Location"]))
    assert "Nora Neu is invited. They work here once they have accepted." in said
    assert "Open The link went to nora@lakeside.example" in said
    assert len(mail.outbox) == 1


def test_a_refused_invitation_comes_back_as_it_was_typed_but_for_the_password(house: House) -> None:
    page = browser_of(house.max).post(
        reverse("invite_member"), invitation(roles=["nurse", "prescriber"], mobile="(312) 555-0177")
    )
    html = page.content.decode()
    assert page.status_code == 400
    assert "Enter the credentials first" in words(page)
    assert 'value="nora@lakeside.example"' in html
    assert 'value="(312) 555-0177"' in html or "+13125550177" in html
    assert html.count("checked") == 2
    assert PASSWORD not in html


def test_whom_the_clinic_knows_leads_to_their_page(house: House) -> None:
    page = browser_of(house.max).post(reverse("invite_member"), invitation(email=house.nils.email))
    assert page.status_code == 409
    assert "Nils Berg works here with this address." in words(page)
    assert page_of(member(house, house.nils)) in page.content.decode()


def test_the_password_is_asked_for_once_and_then_five_minutes_not(house: House) -> None:
    browser = browser_of(house.max)
    nils = member(house, house.nils)
    roles = {"roles": ["nurse", "front_desk"], "were": "nurse"}
    refused = browser.post(page_of(nils, "change_roles"), roles)
    assert refused.status_code == 400
    assert members.held_by(nils) == {Role.NURSE}

    given = browser.post(page_of(nils, "change_roles"), {**roles, "password": PASSWORD}, follow=True)
    assert "Nils Berg is front desk now, from this moment." in words(given)
    less = {"roles": ["nurse"], "were": "front_desk nurse"}
    assert "Take it away" in words(browser.post(page_of(nils, "change_roles"), less))
    taken = browser.post(page_of(nils, "change_roles"), {**less, "asked": "yes"})
    assert taken.status_code == 302
    assert members.held_by(nils) == {Role.NURSE}

    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        again = browser.post(page_of(nils, "change_roles"), roles)
    assert again.status_code == 400
    assert "Your own password, again" in words(again)


def test_what_somebody_else_showed_on_this_screen_counts_for_nobody(house: House) -> None:
    browser = browser_of(house.max)
    session = browser.session
    session[proving.SHOWN] = [str(house.ana.pk), NOW.isoformat()]
    session.save()
    nils = member(house, house.nils)
    roles = {"roles": ["nurse", "front_desk"], "were": "nurse"}
    refused = browser.post(page_of(nils, "change_roles"), roles)
    assert (refused.status_code, members.held_by(nils)) == (400, {Role.NURSE})


def test_a_box_that_nobody_touched_undoes_no_other_managers_change(house: House) -> None:
    nils = member(house, house.nils)
    Membership.objects.create(user=house.nils, clinic=house.clinic, role=Role.MANAGER)
    # On a page that was made before: it knew of the one role.
    browser_of(house.max).post(
        page_of(nils, "change_roles"),
        {"roles": ["nurse", "front_desk"], "were": "nurse", "password": PASSWORD},
    )
    assert members.held_by(nils) == {Role.NURSE, Role.FRONT_DESK, Role.MANAGER}


def test_a_role_is_taken_only_after_the_page_has_shown_what_hangs_on_them(house: House) -> None:
    plan = set_stage(house).plan()
    make_user(house.clinic, "Second Doctor", Role.PRESCRIBER)
    priya, browser = member(house, house.priya), browser_of(house.max)
    less = {"roles": ["front_desk"], "were": "prescriber", "reason": "Moves to the desk"}

    asked = browser.post(page_of(priya, "change_roles"), {**less, "password": PASSWORD})

    assert "Priya Nair is to be no longer prescriber" in words(asked)
    assert f"{plan.patient.full_name}: {plan.protocol.title}" in words(asked)
    assert 'value="Moves to the desk"' in asked.content.decode()
    assert "Nobody else is prescriber here." not in words(asked)
    assert members.held_by(priya) == {Role.PRESCRIBER}
    taken = browser.post(page_of(priya, "change_roles"), {**less, "asked": "yes"}, follow=True)
    assert "Priya Nair is front desk now and is no longer prescriber" in words(taken)
    assert members.held_by(priya) == {Role.FRONT_DESK}


def test_the_only_prescribers_role_goes_only_on_purpose_and_with_the_password(house: House) -> None:
    priya, browser = member(house, house.priya), browser_of(house.max)
    less = {"roles": ["front_desk"], "were": "prescriber"}
    asked = words(browser.post(page_of(priya, "change_roles"), {**less, "password": PASSWORD}))
    assert "Nobody else is prescriber here." in asked
    assert "Your own password, again" in asked  # though it was shown a moment ago

    sent = {**less, "asked": "yes"}
    for short in (sent, {**sent, "leave_none": "on"}, {**sent, "password": PASSWORD}):
        refused = browser.post(page_of(priya, "change_roles"), short)
        assert refused.status_code == 400
    assert "Tick this, or make somebody prescriber first." in words(refused)
    assert members.held_by(priya) == {Role.PRESCRIBER}

    browser.post(page_of(priya, "change_roles"), {**sent, "leave_none": "on", "password": PASSWORD})
    assert members.held_by(priya) == {Role.FRONT_DESK}
    assert "No prescriber works here." in words(browser.get(reverse("clinic_settings")))


def test_nobody_gives_themselves_a_role_and_the_page_says_whom_to_ask(house: House) -> None:
    page = browser_of(house.max).post(
        page_of(member(house, house.max), "change_roles"),
        {"roles": ["manager", "prescriber"], "were": "manager", "password": PASSWORD},
    )
    assert page.status_code == 403
    assert "Ask another manager, or whoever runs the server" in words(page)


def test_before_somebody_is_let_go_the_page_lists_what_hangs_on_them(house: House) -> None:
    stage = set_stage(house)
    visit = stage.book(stage.plan(), "10:00")
    nurse = visit.claims.filter(resource__kind="nurse")[0].resource
    nurse.user = house.nils
    nurse.save()
    task = task_of(house, house.nils)
    on_call.add_shift(
        actor=house.actor(house.max),
        id=new_id(),
        clinic=house.clinic,
        user=house.nils,
        rung="first",
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        now=NOW,
    )
    browser = browser_of(house.max)
    nils = member(house, house.nils)

    page = browser.get(page_of(nils, "end_access"))

    said = words(page)
    assert "Call the patient , due" in said
    assert reverse("visit", args=[visit.pk]) in page.content.decode()
    assert "On call" in said
    assert f"In the schedule as {nurse.name}" in said
    left = browser.post(page_of(nils, "end_access"), {"reason": "Moved", "password": PASSWORD}, follow=True)
    assert "Nils Berg doesn't work here any more, from this moment." in words(left)
    assert browser_of(house.nils).get(reverse("day")).status_code == 403
    task.refresh_from_db()
    assert task.owner is None
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_plan_that_goes_on_is_told_by_its_patient_and_its_protocol(house: House) -> None:
    plan = set_stage(house).plan()
    said = words(browser_of(house.max).get(page_of(member(house, house.priya))))
    assert f"{plan.patient.full_name}: {plan.protocol.title} , until" in said


def test_the_last_manager_stays_and_the_page_says_why(house: House) -> None:
    page = browser_of(house.max).post(page_of(member(house, house.max), "end_access"), {"password": PASSWORD})
    assert page.status_code == 409
    assert "Max Weber is the only manager who can sign in." in words(page)


def test_whoever_was_here_is_brought_back_in_the_roles_of_now(house: House) -> None:
    gil, browser = gone(house), browser_of(house.max)
    page = browser.get(page_of(gil, "bring_back"))
    assert "checked" not in page.content.decode()
    back = browser.post(
        page_of(gil, "bring_back"), {"roles": ["front_desk"], "password": PASSWORD}, follow=True
    )
    assert "Gil Gone is invited again, and works here once they accept." in words(back)
    gil.refresh_from_db()
    assert gil.state == MemberState.INVITED


def test_an_invitation_is_sent_again_and_withdrawn(
    house: House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    nora, browser = invited(house), browser_of(house.max)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(page_of(nora, "invite_again"))
    assert len(mail.outbox) == 1
    said = words(browser.post(page_of(nora, "withdraw_invitation"), follow=True))
    assert "The invitation to Nora Neu is withdrawn. Its link is dead." in said
    assert browser.post(page_of(nora, "invite_again")).status_code == 409


def test_details_are_changed_and_a_token_is_revoked(house: House) -> None:
    row, _ = AuthToken.objects.create(user=house.nils)
    nils, browser = member(house, house.nils), browser_of(house.max)
    details = {
        "full_name": "Nils Berg",
        "credentials": "RN, CRNA",
        "mobile": "(312) 555-0177",
        "charge": "on",
    }
    assert "The details are saved." in words(
        send(browser, page_of(nils, "change_member"), details, on=page_of(nils), follow=True)
    )
    wrong = send(browser, page_of(nils, "change_member"), {**details, "mobile": "twelve"}, on=page_of(nils))
    assert (wrong.status_code, "Enter a phone number" in words(wrong)) == (400, True)
    page = browser.get(page_of(nils))
    assert row.token_key in page.content.decode()
    assert browser.post(page_of(nils, "revoke_token"), {"key": "\0"}).status_code == 400
    browser.post(page_of(nils, "revoke_token"), {"key": row.token_key})
    assert not AuthToken.objects.filter(user=house.nils).exists()


# --- Where no mail is sent --------------------------------------------------------------------------------


@pytest.fixture
def no_mail(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def link_on(page: Any) -> str:
    found = re.search(r'class="staff-link">([^<]+)<', page.content.decode())
    assert found
    return urlsplit(unescape(found[1])).path


@pytest.mark.usefixtures("no_mail")
def test_without_mail_the_manager_is_told_that_the_link_is_theirs_to_hand_over(house: House) -> None:
    nora, browser = invited(house), browser_of(house.max)
    for address in (reverse("staff"), reverse("invite_member")):
        said = words(browser.get(address))
        assert "No mail leaves this installation." in said
        assert "create_user" not in said
    assert page_of(nora, "hand_over_link") in browser.get(page_of(nora)).content.decode()
    told = words(browser.post(reverse("invite_member"), invitation(), follow=True))
    assert "Nora Neu is invited. No mail leaves here: show the link, and hand it over." in told


@pytest.mark.usefixtures("no_mail")
def test_the_link_is_shown_once_and_a_new_one_ends_the_one_before(house: House) -> None:
    nora, browser = invited(house), browser_of(house.max)
    page = page_of(nora, "hand_over_link")
    assert "staff-link" not in browser.get(page).content.decode()
    refused = browser.post(page, {"password": "guess"})
    assert (refused.status_code, "staff-link" in refused.content.decode()) == (400, False)

    first = link_on(browser.post(page, {"password": PASSWORD}))
    second = link_on(browser.post(page))  # shown a moment ago that it is him

    assert first != second
    assert "Link shown to be handed over" in words(browser.get(page_of(nora)))
    noras = browser_of()
    assert "password" not in words(noras.get(first, follow=True)).split("Chairside")[0].lower()
    opened = noras.get(second, follow=True)
    set_ = noras.post(
        opened.redirect_chain[-1][0],
        {"password1": "quite another long one", "password2": "quite another long one"},
    )
    assert set_.status_code == 302
    nora.user.refresh_from_db()
    assert nora.user.check_password("quite another long one")
    # Who has a password is handed where they sign in and answer, and nothing that changes it.
    assert link_on(browser.post(page)) == reverse("own_invitations")


@pytest.mark.usefixtures("no_mail")
def test_whom_another_clinic_invites_too_gets_no_link_here_that_would_open_that_clinic(
    house: House, other_house: House
) -> None:
    nora = invited(house)
    Member.objects.create(
        clinic=other_house.clinic, user=nora.user, offered=["manager"], invited_until=NOW + timedelta(days=1)
    )
    refused = browser_of(house.max).post(page_of(nora, "hand_over_link"), {"password": PASSWORD})
    assert refused.status_code == 403
    assert "staff-link" not in refused.content.decode()


def test_where_mail_is_sent_no_manager_sees_a_link(house: House) -> None:
    nora, browser = invited(house), browser_of(house.max)
    page = browser.post(page_of(nora, "hand_over_link"), {"password": PASSWORD})
    assert (page.status_code, "staff-link" in page.content.decode()) == (409, False)
    answer = client_of(house.max).post(
        f"/api/v1/members/{nora.pk}/link/", {"password": PASSWORD}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "mail_is_sent")


# --- A second factor that was lost ------------------------------------------------------------------------


def test_a_lost_second_factor_is_taken_away_on_a_page_that_says_what_it_does(house: House) -> None:
    TOTP.activate(house.nils, generate_totp_secret())
    nils, browser = member(house, house.nils), browser_of(house.max)
    page = page_of(nils, "take_second_factor")
    assert page in browser.get(page_of(nils)).content.decode()
    assert "Make sure that it is them" in words(browser.get(page))
    wrong = browser.post(page, {"reason": "Lost his phone", "password": "guess"})
    assert (wrong.status_code, 'value="Lost his phone"' in wrong.content.decode()) == (400, True)

    taken = words(browser.post(page, {"reason": "Lost his phone", "password": PASSWORD}, follow=True))

    assert (
        "Nils Berg has no second factor any more, and is signed out everywhere. A mail tells them." in taken
    )
    assert "Second factor taken away : Lost his phone" in taken
    assert page not in browser.get(page_of(nils)).content.decode()


def test_ones_own_second_factor_is_not_offered(house: House) -> None:
    TOTP.activate(house.max, generate_totp_secret())
    max_, browser = member(house, house.max), browser_of(house.max)
    page = page_of(max_, "take_second_factor")
    assert page not in browser.get(page_of(max_)).content.decode()
    said = browser.get(page)
    assert "Your own is another manager's to take away" in words(said)
    assert "Take it away now" not in words(said)


def test_another_clinics_manager_finds_nobody(house: House, other_house: House) -> None:
    browser = browser_of(other_house.max)
    nils = member(house, house.nils)
    for name in ("member", "end_access", "bring_back"):
        assert browser.get(page_of(nils, name)).status_code == 404


def test_the_list_asks_as_much_for_forty_as_for_four(house: House, django_assert_num_queries: Any) -> None:
    browser = browser_of(house.max)
    browser.get(reverse("staff"))
    with django_assert_num_queries(12, exact=False) as few:
        browser.get(reverse("staff"))
    for n in range(36):
        make_user(house.clinic, f"Nurse{n} Many", Role.NURSE)
    with django_assert_num_queries(len(few)):
        browser.get(reverse("staff"))


# --- The settings' first page ------------------------------------------------------------------------


def test_settings_say_what_wants_an_eye(house: House) -> None:
    said = words(browser_of(house.max).get(reverse("clinic_settings")))
    assert "4 people work without a second factor." in said
    assert "There is no chair in use." in said
    assert "None is in force: nothing can be booked." in said
    assert "prescriber works here" not in said
    Membership.objects.filter(user=house.priya).delete()
    assert "No prescriber works here." in words(browser_of(house.max).get(reverse("clinic_settings")))


def test_settings_say_who_supervises_without_being_a_prescriber_any_more(house: House) -> None:
    stage = set_stage(house)
    stage.clinician.user = house.priya
    stage.clinician.save()
    settings = words(browser_of(house.max).get(reverse("clinic_settings")))
    assert "Supervises without" not in settings
    Membership.objects.create(user=house.priya, clinic=house.clinic, role=Role.FRONT_DESK)
    Membership.objects.filter(user=house.priya, role=Role.PRESCRIBER).delete()
    for page in ("clinic_settings", "setup"):
        assert "Supervises without being a prescriber: Dr Nair." in words(
            browser_of(house.max).get(reverse(page))
        )


def test_settings_are_quiet_about_what_is_well(house: House) -> None:
    set_stage(house)
    said = words(browser_of(house.max).get(reverse("clinic_settings")))
    assert "There is no chair in use." not in said
    assert "None is in force" not in said
    assert "No hours ahead" not in said
