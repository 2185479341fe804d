"""A clinic begins: opened by a command, set up by its manager until a day of it can be booked."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from clinic import clinics
from clinic.access import actor_of
from clinic.models import Clinic, Membership, Role, SetupSkip, User
from clinic.problems import Conflict, Invalid
from notifications.models import InboxItem
from scheduler.finding.first_free import first_free
from scheduler.models import Protocol, Resource, WorkingPattern
from scheduler.protocols import protocols
from scheduler.working_hours import booking_settings
from tests.cast import NOW, House, make_user, new_id, shown
from tests.web import pages
from tests.web.pages import browser_of, words

DETAILS = {
    "name": "Harbor Infusion",
    "sender_name": "Harbor",
    "time_zone": "America/Chicago",
    "phone": "+1 312 555 0100",
}


@pytest.fixture
def today(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def harbor(today: None) -> Clinic:
    """An empty clinic: Hana manages it, and nobody else works there."""
    clinic, _ = clinics.open_clinic(details=DETAILS)
    make_user(clinic, "Hana Sato", Role.MANAGER)
    return clinic


@pytest.fixture
def hana(harbor: Clinic) -> Client:
    return browser_of(User.objects.get(full_name="Hana Sato"))


def send(browser: Client, route: str, *arguments: Any, **data: Any) -> Any:
    return browser.post(reverse(route, args=arguments), {"id": str(new_id()), **data}, follow=True)


def describe(browser: Client, **details: Any) -> Any:
    return pages.send(browser, reverse("setup_clinic"), details, follow=True)


def test_the_command_opens_a_clinic_with_its_first_manager_and_a_link_that_works_once(today: None) -> None:
    out = io.StringIO()
    call_command(
        "create_clinic",
        "Harbor Infusion",
        sender="Harbor",
        zone="America/Chicago",
        phone="+1 312 555 0100",
        manager="hana@harbor.example",
        manager_name="Hana Sato",
        role=["prescriber"],
        stdout=out,
        stderr=io.StringIO(),
    )
    made, until, link, labelled = out.getvalue().splitlines()
    assert made == "The clinic is made: Harbor Infusion."
    # Three days from NOW, by the clinic's clock.
    assert until.endswith("works once, until Thu, Jan 14, 09:00 (America/Chicago):")
    assert labelled.startswith("Its id")
    clinic_id = labelled.split()[-1]
    hana = User.objects.get(email="hana@harbor.example")
    assert not hana.has_usable_password()
    assert set(Membership.objects.filter(clinic_id=clinic_id).values_list("role", flat=True)) == {
        Role.MANAGER,
        Role.PRESCRIBER,
    }
    path = "/" + link.split("/", 3)[3]
    browser = Client()
    page = browser.get(path, follow=True)
    form = {"password1": "harbour bell at dawn", "password2": "harbour bell at dawn"}
    browser.post(page.redirect_chain[-1][0], form)
    assert User.objects.get(pk=hana.pk).check_password("harbour bell at dawn")
    assert "used" in words(Client().get(path, follow=True)).lower()


def test_the_command_names_every_field_and_writes_nothing(today: None) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command(
            "create_clinic", "Harbor", sender=" ", zone="Mars/Base", phone="12", manager="nobody at all"
        )
    assert {
        name for name in ("sender_name", "time_zone", "phone", "manager") if name in str(refusal.value)
    } == {
        "sender_name",
        "time_zone",
        "phone",
        "manager",
    }
    assert not Clinic.objects.exists()


@pytest.mark.parametrize(
    "telling", ["Lakeside Ketamine", "Depression Center", "K e t a m i n e", "Psych Care"]
)
def test_the_name_that_patients_read_never_says_what_is_treated(
    harbor: Clinic, hana: Client, telling: str
) -> None:
    address = "1 Wacker Drive, Chicago"
    page = describe(hana, **DETAILS | {"sender_name": telling, "address": address})
    assert page.status_code == 400
    assert "tells a lock screen what the visit is about: leave it out." in words(page)
    assert telling in page.content.decode()
    answer = hana.patch(
        f"/api/v1/clinics/{harbor.pk}/", {"sender_name": telling}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "sender_name")
    with pytest.raises(Invalid):
        clinics.open_clinic(details=DETAILS | {"sender_name": telling})
    harbor.refresh_from_db()
    assert harbor.sender_name == "Harbor"


def test_nobody_opens_a_clinic_or_an_account_over_the_network(today: None) -> None:
    """An empty installation offers a sign-in and nothing else, whoever comes first."""
    stranger = Client()
    assert stranger.get("/")["Location"].startswith("/accounts/login/")
    assert stranger.get("/setup/").status_code == 302
    assert stranger.post("/setup/clinic/", {"name": "Mine"}).status_code == 403
    signup = stranger.post("/accounts/signup/", {"email": "me@x.example", "password1": "a" * 20})
    assert signup.status_code in (403, 404)
    assert not Clinic.objects.exists()
    assert not User.objects.exists()


def test_the_manager_of_an_empty_clinic_comes_to_its_setting_up(hana: Client, house: House) -> None:
    assert hana.get("/")["Location"] == reverse("setup")
    Resource.objects.create(clinic=house.clinic, kind="chair", name="Chair 1", capacity=1)
    assert browser_of(house.max).get("/")["Location"] == reverse("day")


def test_from_an_empty_clinic_to_a_bookable_day_step_by_step(harbor: Clinic, hana: Client) -> None:
    missing = words(hana.get(reverse("setup_day")))
    for told in (
        "No protocol is in force: a prescriber signs one first.",
        "There is no chair in use.",
        "There is no nurse in use.",
        "There is no clinician in use.",
        "Nobody is a prescriber yet.",
    ):
        assert told in missing

    described = describe(hana, **DETAILS, address="1 Pier", holiday_calendar="us-il")
    assert "The clinic is described." in words(described)
    assert Clinic.objects.get().holiday_calendar == "US-IL"

    paul = make_user(harbor, "Paul Reyes", Role.PRESCRIBER, credentials="MD")
    nora = make_user(harbor, "Nora Quist", Role.NURSE, credentials="RN")
    assert "2 chairs are added." in words(send(hana, "setup_chairs", names="Chair 1\n\nChair 2\n"))
    send(hana, "setup_people", nurses=str(nora.pk), units="6", clinicians=str(paul.pk), at_once="4")
    assert set(Resource.objects.values_list("kind", "name", "capacity")) == {
        ("chair", "Chair 1", 1),
        ("chair", "Chair 2", 1),
        ("nurse", "Nora Quist", 6),
        ("clinician", "Paul Reyes", 4),
    }
    assert "No chair has hours in the next 14 days." in words(hana.get(reverse("setup_day")))

    send(hana, "setup_hours", weekdays=["0", "1", "2", "3", "4"], from_1="08:00", until_1="17:00")
    assert WorkingPattern.objects.count() == 4 * 5

    send(hana, "setup_protocols")
    steps = words(hana.get(reverse("setup")))
    assert "drafts wait for the signature of Paul Reyes." in steps
    draft = Protocol.objects.get(clinic=harbor, code="mood-40")
    protocols.activate(actor=actor_of(paul), protocol=draft, proof=shown(actor_of(paul)), now=NOW)

    day = words(hana.get(reverse("setup_day")))
    assert "The clinic can be booked" in day
    found = first_free(harbor, now=NOW)
    assert found.start == datetime(2027, 1, 11, 15, 5, tzinfo=UTC)  # it is 9:00 there, and open since 8:00


def test_what_is_too_short_for_any_visit_is_told(harbor: Clinic, hana: Client) -> None:
    both = make_user(harbor, "Paul Reyes", Role.PRESCRIBER, Role.NURSE, credentials="MD")
    send(hana, "setup_chairs", names="Chair 1")
    send(hana, "setup_people", nurses=str(both.pk), units="6", clinicians=str(both.pk), at_once="4")
    send(hana, "setup_hours", weekdays=["0"], from_1="08:00", until_1="09:00")
    draft = protocols.adopt_defaults(clinic=harbor)[0]
    protocols.activate(actor=actor_of(both), protocol=draft, proof=shown(actor_of(both)), now=NOW)
    page = words(hana.get(reverse("setup_day")))
    assert "are never there together for so long." in page
    assert reverse("setup_hours") in hana.get(reverse("setup_day")).content.decode()


def test_a_form_that_is_sent_twice_adds_once(harbor: Clinic, hana: Client) -> None:
    id = str(new_id())
    for _ in range(2):
        hana.post(reverse("setup_chairs"), {"id": id, "names": "Chair 1\nChair 2"})
    assert Resource.objects.count() == 2
    hours = {"id": str(new_id()), "weekdays": "0", "from_1": "08:00", "until_1": "17:00"}
    for _ in range(2):
        hana.post(reverse("setup_hours"), hours)
    assert WorkingPattern.objects.count() == 2


def test_a_chair_that_is_there_already_adds_none_and_keeps_what_was_typed(
    harbor: Clinic, hana: Client
) -> None:
    send(hana, "setup_chairs", names="Chair 1")
    answer = send(hana, "setup_chairs", names="Chair 2\nChair 1")
    assert answer.status_code == 400
    assert "The clinic has a chair of this name." in words(answer)
    assert "Chair 2\nChair 1" in answer.content.decode().replace("\r\n", "\n")
    assert Resource.objects.count() == 1


def test_two_of_one_name_are_not_added_together(harbor: Clinic, hana: Client) -> None:
    twice = send(hana, "setup_chairs", names="Chair 1\nChair 1")
    assert (twice.status_code, "One of these names comes twice." in words(twice)) == (400, True)
    both = [make_user(harbor, name, Role.NURSE) for name in ("Nora Quist", "Nele Quist")]
    User.objects.filter(pk=both[1].pk).update(full_name="Nora Quist")
    nurses = send(hana, "setup_people", nurses=[str(nora.pk) for nora in both], units="6")
    assert nurses.status_code == 400
    assert "Two of them have one name. Tick one, and add the other under Chairs and nurses" in words(nurses)
    assert not Resource.objects.exists()


def test_one_chair_is_told_as_one(harbor: Clinic, hana: Client) -> None:
    assert "One chair is added." in words(send(hana, "setup_chairs", names="Chair 1"))


def test_a_step_is_left_out_with_a_reason_and_taken_up_again(harbor: Clinic, hana: Client) -> None:
    refused = send(hana, "setup_skip", "patients", reason=".")
    assert "Say in a few words why." in words(refused)
    left = words(send(hana, "setup_skip", "patients", reason="They come one by one"))
    assert "Left out: They come one by one" in left
    skip = SetupSkip.objects.get()
    assert skip.skipped_by.full_name == "Hana Sato"
    again = words(hana.post(reverse("setup_take_up", args=["patients"]), follow=True))
    assert "They come one by one" not in again
    assert hana.get(reverse("setup_skip", args=["chairs"])).status_code == 404


def test_the_zone_stays_once_something_stands_by_it(harbor: Clinic, hana: Client) -> None:
    form = {**DETAILS, "address": "1 Pier", "time_zone": "America/Denver"}
    describe(hana, **form)
    assert Clinic.objects.get().time_zone == "America/Denver"
    send(hana, "setup_chairs", names="Chair 1")
    send(hana, "setup_hours", weekdays=["0"], from_1="08:00", until_1="17:00")
    answer = describe(hana, **{**form, "time_zone": "America/Chicago", "name": "Other"})
    assert "The time zone stays" in words(answer)
    assert Clinic.objects.get().name == "Harbor Infusion"
    manager = actor_of(User.objects.get(full_name="Hana Sato"))
    with pytest.raises(Conflict):
        booking_settings.change_booking_settings(actor=manager, clinic=harbor, time_zone="UTC")
    with pytest.raises(Invalid):
        booking_settings.change_booking_settings(actor=manager, clinic=harbor, time_zone="Mars/Base")


def test_a_test_message_goes_to_oneself_alone(harbor: Clinic, hana: Client) -> None:
    refused = words(send(hana, "setup_messages", form="email"))
    assert "It was not taken: No mail server is set up" in refused  # no inbox stands in for a real clinic's
    Clinic.objects.update(synthetic=True)
    assert "on its way to hana@harbor.example" in words(send(hana, "setup_messages", form="email"))
    item = InboxItem.objects.get()
    assert (item.recipient, item.patient_id) == ("hana@harbor.example", None)
    assert "There is no mobile number at your own name." in words(send(hana, "setup_messages", form="sms"))


def test_nothing_is_called_set_up_that_the_test_then_says_is_not(harbor: Clinic, hana: Client) -> None:
    said = words(hana.get(reverse("setup_messages")))
    assert "E-mail not set up: whoever runs the installation does it" in said
    assert "Nothing carries messages out of the house yet." in words(hana.get(reverse("setup")))
    Clinic.objects.update(synthetic=True)
    assert "E-mail comes to the Inbox page: nothing leaves" in words(hana.get(reverse("setup_messages")))


def test_the_steps_are_the_managers_alone(house: House) -> None:
    for user in (house.ana, house.nils, house.priya):
        assert browser_of(user).get(reverse("setup")).status_code == 403


def test_the_list_asks_as_much_of_a_large_clinic_as_of_an_empty_one(
    harbor: Clinic, hana: Client, django_assert_max_num_queries: Any
) -> None:
    names = "\n".join(f"Chair {number}" for number in range(40))
    send(hana, "setup_chairs", names=names)
    with django_assert_max_num_queries(40):
        hana.get(reverse("setup"))
