"""Default deny: who comes through the doors of the staff's pages, and what the others are told."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from clinic import access
from clinic.models import Clinic, Membership, Role
from clinic.problems import Conflict, Missing, Stale
from clinic.rates import TooMany
from config import urls as config_urls
from tests.cast import PASSWORD, House
from tests.web.pages import browser_of, words
from web import urls
from web.doors import PUBLIC, StaffRequest, staff_page
from web.templatetags.chairside import local_time


@staff_page(access.CLINICAL)
def ward(request: StaffRequest) -> HttpResponse:
    typed = request.POST.get("note", "")
    now = local_time(datetime(2027, 1, 11, 15, 30, tzinfo=UTC))
    return HttpResponse(f"{request.actor.name} in {request.clinic.name} at {now}: {typed}")


@staff_page(access.EVERYONE)
def refusing(request: StaffRequest, kind: str) -> HttpResponse:
    raise {
        "missing": Missing(),
        "conflict": Conflict("Chair 2 is taken."),
        "stale": Stale("Look again."),
        "too-fast": TooMany("Please wait a minute."),
    }[kind]


@staff_page(access.EVERYONE, methods=["GET"])
def only_read(request: StaffRequest) -> HttpResponse:
    return HttpResponse("read")


urlpatterns = [
    path("ward/", ward),
    path("refusing/<kind>/", refusing),
    path("only-read/", only_read),
    *config_urls.urlpatterns,
]
handler404 = "web.views.errors.not_found"
with_these_pages = pytest.mark.urls(__name__)


def pages(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        found += pages(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


def test_every_page_has_a_door_or_is_on_the_short_list_of_public_ones() -> None:
    open_to_anybody = {
        str(page.name) for page in pages(urls.urlpatterns) if not hasattr(page.callback, "permission")
    }
    assert open_to_anybody == PUBLIC


@with_these_pages
def test_a_nurse_comes_in_and_sees_the_clinics_time(house: House) -> None:
    page = browser_of(house.nils).get("/ward/")
    assert page.content.decode() == "Nils Berg in Lakeside Infusion Clinic at 09:30: "
    assert timezone.get_current_timezone_name() == "UTC"


@with_these_pages
def test_somebody_signed_out_is_sent_to_the_sign_in_and_back(house: House) -> None:
    page = browser_of().get("/ward/?day=2027-01-11")
    assert page.status_code == 302
    assert page.headers["Location"] == "/accounts/login/?next=/ward/%3Fday%3D2027-01-11"


@with_these_pages
def test_another_role_is_told_which_role_it_needs(house: House) -> None:
    page = browser_of(house.ana).get("/ward/")
    assert page.status_code == 403
    assert "This needs the role nurse or prescriber." in words(page)


@with_these_pages
def test_somebody_without_a_clinic_is_told_who_can_help(house: House) -> None:
    house.nils.memberships.all().delete()
    page = browser_of(house.nils).get("/ward/")
    assert page.status_code == 403
    assert "A manager of yours can give you a role." in words(page)


@with_these_pages
@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("missing", 404, "There is nothing at this address"),
        ("conflict", 409, "Chair 2 is taken."),
        ("stale", 412, "Look again."),
    ],
)
def test_a_problem_that_the_view_leaves_alone_becomes_a_page(
    house: House, kind: str, status: int, sentence: str
) -> None:
    page = browser_of(house.ana).get(f"/refusing/{kind}/")
    assert page.status_code == status
    assert sentence in words(page)
    assert not page.has_header("Retry-After")


@with_these_pages
def test_a_page_that_may_be_asked_for_again_says_when(house: House) -> None:
    page = browser_of(house.ana).get("/refusing/too-fast/")
    assert (page.status_code, page["Retry-After"]) == (429, "60")
    assert "Please wait a minute." in words(page)


@with_these_pages
def test_a_part_of_a_page_gets_the_problem_as_a_banner(house: House) -> None:
    part = browser_of(house.ana).get("/refusing/conflict/", headers={"HX-Request": "true"})
    assert part.status_code == 409
    assert "Chair 2 is taken." in words(part)
    assert b"<html" not in part.content


@with_these_pages
def test_a_poll_after_sign_out_takes_the_whole_page_to_the_sign_in(house: House) -> None:
    part = browser_of().get(
        "/ward/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/day/?d=1"}
    )
    assert part.headers["HX-Redirect"] == "/accounts/login/?next=/day/%3Fd%3D1"


@with_these_pages
def test_a_poll_from_what_is_no_address_comes_back_to_the_first_page(house: House) -> None:
    part = browser_of().get("/ward/", headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert part.headers["HX-Redirect"] == "/accounts/login/?next=/"


@with_these_pages
def test_a_method_that_the_page_does_not_know_is_refused(house: House) -> None:
    sent = browser_of(house.ana).post("/only-read/")
    assert sent.status_code == 405
    assert "Nothing can be sent here" in words(sent)
    assert browser_of(house.ana).head("/only-read/").status_code == 200


@pytest.mark.parametrize("address", ["/messages/find/", "/clinic/switch/", "/message-rules/quiet-hours/"])
def test_what_only_a_form_is_sent_to_says_so_when_it_is_opened_and_leads_back(
    house: House, address: str
) -> None:
    for person in (house.max, None):
        page = browser_of(person).get(address)
        assert (page.status_code, page["Allow"]) == (405, "POST")
        assert "This page doesn't open by itself" in words(page)
        assert 'href="/">Back to the day' in page.content.decode()
    assert 'aria-label="Main"' in browser_of(house.max).get(address).content.decode()


def test_a_part_of_a_page_that_only_a_form_is_sent_to_is_a_banner(house: House) -> None:
    part = browser_of(house.max).get("/messages/find/", headers={"HX-Request": "true"})
    assert (part.status_code, b"<html" in part.content) == (405, False)
    assert "only takes what a form sends" in words(part)


@pytest.mark.parametrize("address", ["/inbound/sms/", "/inbound/sms/status/"])
def test_a_provider_that_only_looks_is_told_in_the_apis_form(db: None, address: str) -> None:
    answer = browser_of().get(address)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "Use POST" in answer.json()["detail"]


@with_these_pages
def test_what_was_typed_survives_a_sign_in_that_ran_out(house: House) -> None:
    page = browser_of().post("/ward/", {"note": 'two "words"'})
    assert page.status_code == 403
    assert "nothing of what you entered is lost" in words(page)
    assert b'name="note" value="two &quot;words&quot;"' in page.content


@with_these_pages
def test_a_form_older_than_the_sign_in_is_sent_again_with_one_press(house: House) -> None:
    browser = browser_of(house.nils, enforce_csrf_checks=True)
    kept = browser.post("/ward/", {"note": "nausea"}, headers={"Origin": "http://testserver"})
    assert kept.status_code == 403
    assert b'name="note" value="nausea"' in kept.content
    token = browser.cookies["csrftoken"].value
    again = browser.post("/ward/", {"note": "nausea", "csrfmiddlewaretoken": token})
    assert again.content.decode().endswith("nausea")


@with_these_pages
@pytest.mark.parametrize("origin", [{"Origin": "https://elsewhere.example"}, {}])
def test_what_another_site_sent_is_refused_and_never_offered_again(
    house: House, origin: dict[str, str]
) -> None:
    browser = browser_of(house.nils, enforce_csrf_checks=True)
    page = browser.post("/ward/", {"note": "forged"}, headers=origin)
    assert page.status_code == 403
    assert b"forged" not in page.content


@with_these_pages
def test_a_password_is_never_put_into_a_page(house: House) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.post("/accounts/login/", {"password": PASSWORD}, headers={"Origin": "http://testserver"})
    assert PASSWORD.encode() not in page.content


def test_nobody_chooses_a_clinic_they_do_not_work_in(house: House, other_house: House) -> None:
    browser = browser_of(house.ana)
    assert browser.post("/clinic/switch/", {"clinic": str(other_house.clinic.pk)}).status_code == 404
    assert browser.post("/clinic/switch/", {"clinic": "nonsense"}).status_code == 302
    assert shown_clinic(browser) == house.clinic


def test_a_clinic_that_somebody_left_is_not_shown_to_them_any_more(house: House, other_house: House) -> None:
    Membership.objects.create(user=house.ana, clinic=other_house.clinic, role=Role.FRONT_DESK)
    browser = browser_of(house.ana)
    browser.post("/clinic/switch/", {"clinic": str(other_house.clinic.pk)})
    Membership.objects.filter(clinic=other_house.clinic, user=house.ana).delete()
    assert shown_clinic(browser) == house.clinic


def shown_clinic(browser: Client) -> Clinic:
    """The clinic whose frame the signed-in person sees, on a page that is always there."""
    clinic = browser.get("/nowhere/").context["frame"].clinic
    assert isinstance(clinic, Clinic)
    return clinic
