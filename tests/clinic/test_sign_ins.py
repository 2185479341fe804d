"""What happens at a sign-in is kept: who came in and how, who was refused, who ended whose session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session

from clinic import access, clock
from clinic.models import AccessLog, Membership, Role, SignInKind, SignInLog, StaffLook, User
from clinic.staff import members, ways_in
from tests.cast import House, client_of
from tests.clinic.second_factor import code_for
from tests.clinic.staff import by_max, gone, invited, member
from tests.clinic.test_signin import set_up_second_factor, sign_in

CODE = "/accounts/2fa/authenticate/"
MEMBERS = "/api/v1/members/"
EDGES = ("2027-01-11T05:59:59Z", "2027-01-11T06:00:00Z", "2027-01-12T05:59:59Z", "2027-01-12T06:00:00Z")


def kept(user: User) -> list[str]:
    """What was written of this person, the first of it first."""
    return list(SignInLog.objects.filter(user=user).order_by("pk").values_list("what", flat=True))


def test_a_sign_in_says_when_from_where_and_with_which_browser(house: House) -> None:
    before = clock.now()
    sign_in(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Firefox\n on a tablet")
    row = SignInLog.objects.get(user=house.ana)
    assert (row.what, row.address, row.browser) == ("signed_in", "203.0.113.7", "Firefox on a tablet")
    assert (row.second_factor, row.by) == ("", None)
    assert before <= row.at <= clock.now()


def test_a_wrong_password_is_kept_and_the_password_is_not(house: House) -> None:
    sign_in(" ANA@lakeside.example", "hunter2")
    sign_in("hunter2", "hunter2")
    sign_in("nobody@lakeside.example", "hunter2")
    assert kept(house.ana) == ["wrong_password"]
    assert SignInLog.objects.count() == 1
    assert "hunter2" not in str(SignInLog.objects.values())


def test_who_is_stopped_is_kept_once_while_they_wait(house: House) -> None:
    for _ in range(8):
        sign_in(password="guess")
    assert kept(house.ana) == ["wrong_password"] * 5 + ["stopped"]


def test_the_second_factor_that_was_shown_is_kept_and_so_is_a_wrong_code(house: House) -> None:
    browser, _ = sign_in()
    secret = set_up_second_factor(browser)
    browser.post("/accounts/logout/")
    browser, _ = sign_in()
    browser.post(CODE, {"code": "000000"})
    browser.post(CODE, {"code": code_for(secret, in_seconds=30)})
    assert kept(house.ana) == ["signed_in", "signed_out", "wrong_code", "signed_in"]
    assert SignInLog.objects.filter(user=house.ana).order_by("pk").last().second_factor == "totp"  # type: ignore[union-attr]


def test_a_login_that_was_shut_is_refused_and_that_is_kept(house: House) -> None:
    User.objects.filter(pk=house.ana.pk).update(is_active=False)
    sign_in()
    assert kept(house.ana) == ["shut_out"]


def test_a_pause_that_signs_out_is_kept(house: House) -> None:
    left = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
    with time_machine.travel(left, tick=False):
        browser, _ = sign_in()
        browser.get("/api/v1/clinics/")
    with time_machine.travel(left + timedelta(minutes=15), tick=False):
        browser.get("/api/v1/clinics/")
    assert kept(house.ana) == ["signed_in", "idle"]


def test_whoever_ends_a_session_is_named_beside_where_it_was(house: House) -> None:
    sign_in("nils@lakeside.example", REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Lost tablet")
    ways_in.sign_out(actor=house.actor(house.max), member=member(house, house.nils), now=clock.now())
    row = SignInLog.objects.get(user=house.nils, what=SignInKind.ENDED)
    assert (row.by, row.address, row.browser) == (house.max, "203.0.113.7", "Lost tablet")


def test_nobody_ended_what_had_run_out_by_itself(house: House) -> None:
    sign_in("nils@lakeside.example")
    Session.objects.update(expire_date=clock.now())
    ways_in.sign_out(actor=house.actor(house.max), member=member(house, house.nils), now=clock.now())
    assert kept(house.nils) == ["signed_in"]


def test_so_is_whoever_signs_out_their_own_other_browsers_and_who_ends_the_access(house: House) -> None:
    sign_in()
    desk, _ = sign_in()
    desk.post("/accounts/sessions/")
    assert SignInLog.objects.get(user=house.ana, what=SignInKind.ENDED).by == house.ana
    members.end_access(member=member(house, house.ana), **by_max(house))
    assert SignInLog.objects.filter(user=house.ana, what=SignInKind.ENDED, by=house.max).exists()


# --- Who may read it ---------------------------------------------------------------------------------------


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_a_manager_reads_the_sign_ins_of_their_staff_and_that_is_kept_too(house: House) -> None:
    sign_in("nils@lakeside.example", "guess")
    place = member(house, house.nils)
    told = results(client_of(house.max).get(f"{MEMBERS}{place.pk}/sign-ins/"))
    assert [(row["what"], row["by"]) for row in told] == [("wrong_password", "")]
    assert [(look["who"], look["what"]) for look in looks(house, house.nils)] == [("Max Weber", "sign-ins")]


def looks(house: House, about: User) -> list[dict[str, Any]]:
    return results(client_of(house.max).get(f"{MEMBERS}{member(house, about).pk}/looks/"))


def test_everybody_reads_their_own_and_nobody_elses(house: House) -> None:
    sign_in("nils@lakeside.example", "guess")
    sign_in()
    assert [row["what"] for row in results(client_of(house.ana).get("/api/v1/me/sign-ins/"))] == ["signed_in"]
    assert client_of(house.ana).get(f"{MEMBERS}{member(house, house.nils).pk}/sign-ins/").status_code == 403
    assert StaffLook.objects.count() == 0


def test_of_whoever_was_only_invited_a_clinic_learns_nothing(house: House, other_house: House) -> None:
    """The address may be a login that works elsewhere."""
    place = invited(house, "Olga Okafor", Role.NURSE, email=other_house.ana.email)
    sign_in(other_house.ana.email)
    assert results(client_of(house.max).get(f"{MEMBERS}{place.pk}/sign-ins/")) == []


def test_nor_what_they_did_before_they_came_and_after_they_left(house: House) -> None:
    came, left = member(house, house.nils), gone(house)
    assert came.joined_at is not None
    assert left.left_at is not None
    second = timedelta(seconds=1)
    for user, at in (
        (came.user, came.joined_at - second),
        (came.user, came.joined_at + second),
        (left.user, left.left_at + second),
    ):
        SignInLog.objects.create(user=user, what=SignInKind.SIGNED_IN, at=at)
    max_ = client_of(house.max)
    told = [results(max_.get(f"{MEMBERS}{place.pk}/sign-ins/")) for place in (came, left)]
    assert [[datetime.fromisoformat(row["at"]) for row in rows] for rows in told] == [
        [came.joined_at + second],
        [],
    ]


def test_the_charts_that_somebody_opened_by_the_clinics_days(house: House, other_house: House) -> None:
    """In Chicago the day begins at 06:00 UTC."""
    place = member(house, house.nils)
    for at in EDGES:
        AccessLog.objects.create(
            clinic=house.clinic, patient=house.rosa, user=house.nils, what=at, at=datetime.fromisoformat(at)
        )
    day = {"first": "2027-01-11", "last": "2027-01-11"}
    told = results(client_of(house.max).get(f"{MEMBERS}{place.pk}/charts-opened/", day))
    assert [row["what"] for row in told] == [EDGES[2], EDGES[1]]
    assert told[0]["patient_name"] == house.rosa.full_name
    assert looks(house, house.nils)[0]["what"] == "charts opened, 11 Jan 2027 to 11 Jan 2027"


def test_of_another_clinic_nothing_is_told_of_whoever_works_in_both(house: House, other_house: House) -> None:
    both = Membership.objects.create(user=house.nils, clinic=other_house.clinic, role=Role.NURSE)
    access.log_look(house.actor(house.nils), other_house.rosa, what="chart")
    today = clock.local_date(clock.now(), house.clinic.time_zone).isoformat()
    days = {"first": today, "last": today}
    mine = client_of(house.max)
    assert results(mine.get(f"{MEMBERS}{member(house, both.user).pk}/charts-opened/", days)) == []
    theirs = member(other_house, both.user)
    for act in ("charts-opened", "sign-ins", "looks"):
        assert mine.get(f"{MEMBERS}{theirs.pk}/{act}/", days).status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "mend"),
    [
        ("2027-01-12", "2027-01-11", "The last day must not be before the first."),
        ("2025-01-01", "2027-01-11", "A period is at most 366 days long."),
    ],
)
def test_days_that_are_none_are_told_so_and_nobody_has_looked(
    house: House, first: str, last: str, mend: str
) -> None:
    place = member(house, house.nils)
    query = {"first": first, "last": last}
    answer = client_of(house.max).get(f"{MEMBERS}{place.pk}/charts-opened/", query)
    assert answer.status_code == 400
    assert mend in str(answer.json()["errors"])
    assert not StaffLook.objects.exists()


def test_the_lists_ask_as_much_for_many_rows_as_for_few(house: House, django_assert_num_queries: Any) -> None:
    place, max_ = member(house, house.nils), client_of(house.max)
    day = clock.local_date(clock.now(), house.clinic.time_zone).isoformat()

    def ask() -> list[int]:
        charts = results(max_.get(f"{MEMBERS}{place.pk}/charts-opened/", {"first": day, "last": day}))
        return [len(charts), len(results(max_.get(f"{MEMBERS}{place.pk}/sign-ins/")))]

    def live() -> None:
        access.log_look(house.actor(house.nils), house.rosa, what="chart")
        SignInLog.objects.create(user=house.nils, what=SignInKind.ENDED, by=house.max)

    live()
    with django_assert_num_queries(20, exact=False) as few:
        assert ask() == [1, 1]
    for _ in range(10):
        live()
    with django_assert_num_queries(len(few)):
        assert ask() == [11, 11]
