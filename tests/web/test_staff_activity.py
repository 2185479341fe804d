"""The manager asks what one of the staff opened, and what happened at their sign-ins; and is seen asking."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import access, clock
from clinic.models import AccessLog, Membership, Role, SignInLog, StaffLook
from tests.cast import PASSWORD, House
from tests.clinic.staff import gone, member
from tests.clinic.test_signin import sign_in
from tests.web.pages import browser_of, words


@pytest.fixture
def max_(house: House) -> Client:
    return browser_of(house.max)


def opened(house: House, what: str, at: str = "") -> None:
    moment = datetime.fromisoformat(at) if at else clock.now()
    AccessLog.objects.create(clinic=house.clinic, patient=house.rosa, user=house.nils, what=what, at=moment)


def address(house: House, name: str = "charts_opened") -> str:
    return reverse(name, args=[member(house, house.nils).pk])


def test_a_manager_reads_what_a_nurse_opened_and_stands_below_it(house: House, max_: Client) -> None:
    opened(house, "visits")
    page = max_.get(address(house))
    said = words(page)
    assert f"{house.rosa.full_name} visits" in said
    assert f'href="{reverse("patient", args=[house.rosa.pk])}"' in page.content.decode()
    assert "Max Weber : charts opened, " in said
    look = StaffLook.objects.get()
    assert (look.user, look.about, look.clinic) == (house.max, house.nils, house.clinic)
    # To see which chart was opened is not to open it.
    assert not AccessLog.objects.filter(user=house.max).exists()


def test_the_last_week_is_shown_and_any_other_days_where_they_are_asked_for(
    house: House, max_: Client
) -> None:
    opened(house, "long ago", "2027-01-11T18:00:00+00:00")
    opened(house, "just now")
    said = words(max_.get(address(house)))
    assert "just now" in said
    assert "long ago" not in said
    said = words(max_.get(address(house), {"first": "2027-01-11", "last": "2027-01-11"}))
    assert "long ago" in said
    assert "just now" not in said
    none = words(max_.get(address(house), {"first": "2027-01-12", "last": "2027-01-12"}))
    assert "No chart was opened on these days." in none


@pytest.mark.parametrize(
    ("first", "last", "mend"),
    [
        ("2027-01-12", "2027-01-11", "The last day must not be before the first."),
        ("nonsense", "2027-01-11", "Enter a valid date."),
        ("1000-01-01", "2027-01-11", "Give a day from 1900 to 2199."),
    ],
)
def test_days_that_are_none_are_told_at_their_box(
    house: House, max_: Client, first: str, last: str, mend: str
) -> None:
    query = {"first": first, "last": last}
    page = max_.get(address(house), query)
    assert (page.status_code, mend in words(page)) == (400, True)
    file = max_.get(address(house, "charts_opened_file"), query)
    assert file.status_code == 400
    assert not StaffLook.objects.exists()


def test_a_long_list_goes_on_with_the_same_days(house: House, max_: Client) -> None:
    start = datetime.fromisoformat("2027-01-11T18:00:00+00:00")
    for number in range(60):
        opened(house, f"page {number:02}", (start + timedelta(minutes=number // 3)).isoformat())
    page = max_.get(address(house), {"first": "2027-01-11", "last": "2027-01-11"})
    earlier = page.context["page"].earlier
    assert "first=2027-01-11" in earlier
    rest = max_.get(f"{address(house)}?{earlier}").context["page"].rows
    seen = [look.what for look in (*page.context["page"].rows, *rest)]
    assert seen == [f"page {number:02}" for number in reversed(range(60))]


@pytest.mark.parametrize("edge", ["x", "2027-01-11T18:00:00Z~x", "2027-01-11T18:00:00Z~" + "9" * 5000, "~"])
def test_an_edge_that_no_page_gave_out_is_refused(house: House, max_: Client, edge: str) -> None:
    assert max_.get(address(house), {"earlier": edge}).status_code == 400


def test_a_number_beyond_every_row_is_no_fault(house: House, max_: Client) -> None:
    edge = "2027-01-11T18:00:00+00:00~" + "9" * 30
    assert max_.get(address(house), {"earlier": edge}).status_code == 200


def test_as_a_file_it_is_whole_and_the_look_says_so(house: House, max_: Client) -> None:
    opened(house, "=HYPERLINK(1)", "2027-01-11T18:00:00+00:00")
    file = max_.get(address(house, "charts_opened_file"), {"first": "2027-01-11", "last": "2027-01-11"})
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "When,Patient,MRN,What"
    assert lines[1].startswith(f"2027-01-11T12:00:00-06:00,{house.rosa.full_name},{house.rosa.mrn},'=")
    assert StaffLook.objects.get().what == "charts opened, 11 Jan 2027 to 11 Jan 2027, as a file"


def test_sign_ins_are_read_with_who_was_refused_and_who_ended_what(house: House, max_: Client) -> None:
    sign_in(house.nils.email, "guess", REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Old browser")
    SignInLog.objects.create(user=house.nils, what="ended", by=house.max)
    said = words(max_.get(address(house, "member_sign_ins")))
    assert "Session ended by Max Weber Not known Not said" in said
    assert "Wrong password 203.0.113.7 Old browser" in said
    assert "Max Weber : sign-ins" in said


def test_everybody_sees_their_own_sign_ins(house: House) -> None:
    browser, _ = sign_in(house.nils.email, HTTP_USER_AGENT="Tablet at chair 2")
    sign_in(house.nils.email, "guess", REMOTE_ADDR="203.0.113.7")
    sign_in(house.ana.email, HTTP_USER_AGENT="The desk's")
    said = words(browser.get(reverse("own_sign_ins")))
    assert "Wrong password" in said
    assert "203.0.113.7" in said
    assert "Tablet at chair 2" in said
    assert "The desk's" not in said
    assert PASSWORD not in said
    assert reverse("own_sign_ins") in browser.get("/accounts/sessions/").content.decode()


@pytest.mark.parametrize("name", ["charts_opened", "charts_opened_file", "member_sign_ins"])
def test_nobody_but_a_manager_of_that_clinic_reads_it(house: House, other_house: House, name: str) -> None:
    page = address(house, name)
    for person in (house.ana, house.nils, house.priya):
        assert browser_of(person).get(page).status_code == 403
    assert browser_of(other_house.max).get(page).status_code == 404
    assert not StaffLook.objects.exists()


def test_of_somebody_of_two_clinics_each_reads_its_own_patients_only(
    house: House, other_house: House
) -> None:
    Membership.objects.create(user=house.nils, clinic=other_house.clinic, role=Role.NURSE)
    opened(house, "at Lakeside")
    access.log_look(access.actor_of(house.nils), other_house.rosa, what="at Hillside")
    said = words(browser_of(house.max).get(address(house)))
    assert "at Lakeside" in said
    assert "at Hillside" not in said


def test_of_who_has_left_it_is_still_read(house: House, max_: Client) -> None:
    left = gone(house)
    AccessLog.objects.create(clinic=house.clinic, patient=house.rosa, user=left.user, what="chart")
    page = max_.get(reverse("member", args=[left.pk]))
    assert reverse("charts_opened", args=[left.pk]) in page.content.decode()
    assert house.rosa.full_name in words(max_.get(reverse("charts_opened", args=[left.pk])))


def test_the_pages_ask_as_much_for_many_rows_as_for_few(
    house: House, max_: Client, django_assert_num_queries: Any
) -> None:
    def live() -> None:
        opened(house, "chart")
        SignInLog.objects.create(user=house.nils, what="ended", by=house.max)

    live()
    for name in ("charts_opened", "member_sign_ins"):
        shown = rows_of(max_, address(house, name))
        with django_assert_num_queries(30, exact=False) as few:
            assert rows_of(max_, address(house, name)) == shown
        for _ in range(9):
            live()
        with django_assert_num_queries(len(few)):
            assert rows_of(max_, address(house, name)) == shown + 9


def rows_of(browser: Client, page: str) -> int:
    return len(browser.get(page).context["page"].rows)
