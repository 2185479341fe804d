"""A clinic begins: from an empty database to a booked visit, with one command and then mouse and keyboard."""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import Page, expect

from clinic.models import Clinic, Patient
from scheduler.models import Appointment, AppointmentStatus
from tests.browser.conftest import Windows, picture
from tests.cast import NOW, TODAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "harbour bell at dawn"
ROWS = """mrn,last name,first name,dob,mobile,email,allergies
A-1,Garcia,Maria,4/2/1985,312-555-0171,maria@patients.example,Latex
A-2,Okafor,Chidi,1988-11-02,,chidi@patients.example,NKDA
A-3,Moreau,Camille,someday,,,
"""


def test_one_person_sets_a_clinic_up_and_books_its_first_visit(windows: Windows, tmp_path: Path) -> None:
    with time_machine.travel(NOW):
        page = windows.open()
        page.goto("/")
        expect(page.get_by_label("Email")).to_be_visible()  # nobody can claim it here
        come_in(page, opened())
        expect(page.get_by_role("heading", name="Setting up", level=1)).to_be_visible()
        picture(page, "first-run-steps")
        describe(page)
        fill_the_house(page)
        sign_a_protocol(page)
        import_patients(page, tmp_path)
        look_at_the_day(page)
        record_the_consent(page)
        write_a_plan(page)
        book(page)
        visit = Appointment.objects.get()
        assert (visit.patient.mrn, visit.status) == ("A-1", AppointmentStatus.BOOKED)


def opened() -> str:
    """The clinic, and the link for its first manager, who is everything else there, too."""
    assert not Clinic.objects.exists()
    out = StringIO()
    call_command(
        "create_clinic",
        "Harbor Infusion",
        sender="Harbor",
        zone="America/Chicago",
        phone="+1 312 555 0100",
        manager="hana@harbor.example",
        manager_name="Hana Sato",
        role=["prescriber", "nurse", "front_desk"],
        credentials="MD",
        stdout=out,
        stderr=StringIO(),
    )
    [link] = [line for line in out.getvalue().splitlines() if line.startswith("http")]
    return "/" + link.split("/", 3)[3]


def come_in(page: Page, link: str) -> None:
    page.goto(link)
    boxes = page.locator("input[type=password]")
    boxes.nth(0).fill(PASSWORD)
    boxes.nth(1).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/key/done/" in url or "/setup/" in url)
    page.goto("/")
    if "/accounts/login/" in page.url:
        page.get_by_label("Email").fill("hana@harbor.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/setup/"))


def step(page: Page, name: str) -> None:
    page.get_by_role("link", name=re.compile(f"^{name}")).click()


def describe(page: Page) -> None:
    step(page, "Describe the clinic")
    page.get_by_label("Address").fill("1 Pier, Chicago")
    page.get_by_label("Public holidays of").fill("US-IL")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The clinic is described.")).to_be_visible()


def fill_the_house(page: Page) -> None:
    step(page, "Add chairs")
    page.get_by_label("Chairs, one a line").fill("Window\nDoor")
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_text("2 chairs are added.")).to_be_visible()

    step(page, "Choose who is booked")
    for box in page.get_by_role("checkbox", name="Hana Sato").all():
        box.check()
    # What was ticked is still ticked when something else was forgotten.
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("checkbox", name="Hana Sato").first).to_be_checked()
    page.get_by_label("Visits supervised at once").fill("4")
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_text("They can be booked.")).to_be_visible()

    step(page, "Set the hours")
    page.locator("[name=from_1]").fill("08:00")
    page.locator("[name=until_1]").fill("17:00")
    page.get_by_role("button", name="Set the hours").click()
    expect(page.get_by_text("Everything in use has weekly hours.")).to_be_visible()


def sign_a_protocol(page: Page) -> None:
    step(page, "Take protocols over")
    page.get_by_role("button", name="Take over the default protocols").click()
    expect(page.get_by_text("You may: open one, read it whole, and sign it.")).to_be_visible()
    page.get_by_role("link", name="Mood, anxiety, PTSD").click()
    page.locator("form[action$='/sign/'] input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign: in force from now on").click()
    expect(page.get_by_text("is in force.").first).to_be_visible()


def import_patients(page: Page, folder: Path) -> None:
    page.goto("/setup/")
    step(page, "Import patients")
    file = folder / "ours.csv"
    file.write_text(ROWS)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look through it").click()
    expect(page.get_by_text("Nothing of it is in the clinic yet.")).to_be_visible()
    expect(page.get_by_text("birth_date is not a date.")).to_be_visible()
    assert not Patient.objects.exists()
    picture(page, "first-run-import")
    page.get_by_role("button", name="Take 2 new patients in").click()
    expect(page.get_by_text("The patients are in.")).to_be_visible()
    with page.expect_download() as file_to_mend:
        page.get_by_role("link", name="What stays out").click()
    assert "someday" in Path(file_to_mend.value.path()).read_text()


def look_at_the_day(page: Page) -> None:
    page.goto("/setup/")
    step(page, "Look")
    expect(page.get_by_text("The clinic can be booked")).to_be_visible()
    picture(page, "first-run-day")


def record_the_consent(page: Page) -> None:
    page.goto("/patients/")
    page.get_by_role("link", name="Garcia").first.click()
    page.locator("summary", has_text="Record a consent").click()
    form = page.locator("form[action$='/consents/']")
    form.get_by_label("To", exact=True).select_option("treatment")
    form.get_by_label("Version of the form").fill("2027-1")
    form.get_by_label("How it was given").fill("paper form")
    form.get_by_label("When").fill(f"{TODAY}T08:30")
    form.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("form 2027-1").first).to_be_visible()


def write_a_plan(page: Page) -> None:
    page.goto("/patients/")
    page.get_by_role("link", name="Garcia").first.click()
    page.goto(f"{page.url.partition('#')[0].rstrip('/')}/plans/new/")
    page.get_by_label("Protocol", exact=True).select_option(index=1)
    page.get_by_label("Indication").select_option(index=1)
    page.get_by_label("Dose", exact=True).fill("0.5")
    page.get_by_label("Sessions", exact=True).fill("2")
    page.get_by_label("Valid until").fill((TODAY + timedelta(days=60)).isoformat())
    for group in page.get_by_role("radio", name="Absent").all():
        group.check()
    page.get_by_role("button", name="Write the plan").click()
    expect(page.get_by_text("0 of 2 sessions booked")).to_be_visible()


def book(page: Page) -> None:
    page.goto("/day/")
    page.keyboard.press("b")
    box = page.get_by_role("dialog").get_by_role("combobox", name="Who is it for?")
    expect(box).to_be_focused()
    page.keyboard.type("garci")
    expect(page.get_by_role("dialog").get_by_role("option", selected=True)).to_contain_text("Garcia, Maria")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Maria Garcia is booked:")).to_be_visible()
    picture(page, "first-run-booked")
