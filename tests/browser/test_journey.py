"""The main job through the pages, as the four people would do it: prescriber, front desk, patient, nurse."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import Page, expect

from clinic.clock import now
from clinic.models import ConsentScope, Patient
from notifications import tasks
from sessions_app.models import SignedRecord
from tests.browser.conftest import PHONE, TABLET, Windows, picture
from tests.cast import NOW, PASSWORD, TODAY, give_consent, local, make_house
from tests.clinic.test_fhir_import import SAMPLES
from tests.scheduler.stage import set_stage
from tests.sessions_app.stories import ASKED, FOUND

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VISIT_DAY = date(2027, 1, 12)
SIGNATURE = "I gave this infusion and the record is complete"


def deliver() -> None:
    """What beat asks of the worker twice a minute."""
    tasks.plan()
    tasks.drain()


def test_four_people_take_a_patient_from_a_plan_to_a_task(windows: Windows) -> None:
    with time_machine.travel(NOW) as clock:
        house = make_house()
        set_stage(house)
        call_command(
            "import_patients", str(SAMPLES / "patients.ndjson"), stdout=StringIO(), stderr=StringIO()
        )
        ada = Patient.objects.get(mrn="L-1")
        for scope in (ConsentScope.TREATMENT, ConsentScope.EMAIL):
            give_consent(ada, scope)

        prescriber = windows.sign_in(house.priya)
        prescriber.goto("/")
        write_a_plan(prescriber, ada)
        desk = windows.sign_in(house.ana)
        book(desk, ada)
        deliver()
        phone = windows.open(PHONE)
        confirm(desk, phone, ada)

        clock.move_to(local(VISIT_DAY, "8:55"))
        desk = windows.sign_in(house.ana)
        check_in(desk)
        nurse = windows.sign_in(house.nils, TABLET)
        run_the_session(nurse, lambda: check_the_dose(windows.sign_in(house.priya, TABLET)), clock)
        amend(nurse)
        assert SignedRecord.objects.filter(patient=ada).count() == 2
        call_command("verify_records", stdout=StringIO())

        clock.move_to(local(VISIT_DAY + timedelta(days=1), "9:05"))
        deliver()
        desk = windows.sign_in(house.ana)
        answer_alarmingly(desk, windows.open(PHONE), ada)
        nurse = windows.sign_in(house.nils, TABLET)
        answer_the_alarm(nurse)


def write_a_plan(page: Page, ada: Patient) -> None:
    page.get_by_role("link", name="Patients").first.click()
    page.get_by_role("link", name="Novak").first.click()
    page.get_by_role("link", name="Write a plan").click()
    page.get_by_label("Protocol", exact=True).select_option(index=1)
    page.get_by_label("Indication").select_option("F33.2")
    page.get_by_label("Dose", exact=True).fill("0.5")
    page.get_by_label("Sessions", exact=True).fill("6")
    page.get_by_label("Valid until").fill((TODAY + timedelta(days=60)).isoformat())
    # Unanswered is unknown, and unknown blocks: the form comes back with everything that was typed.
    page.get_by_role("button", name="Write the plan").click()
    expect(page.get_by_label("Dose", exact=True)).to_have_value("0.5")
    expect(page.locator(".field-wrong, form .mend").first).to_be_in_viewport()
    for group in page.get_by_role("radio", name="Absent").all():
        group.check()
    page.get_by_role("button", name="Write the plan").click()
    expect(page.get_by_role("heading", name="Plan for Ada Novak")).to_be_visible()
    expect(page.get_by_text("0 of 6 sessions booked")).to_be_visible()


def book(page: Page, ada: Patient) -> None:
    page.goto(f"/patients/{ada.pk}/book/")
    page.get_by_role("link", name="More times").click()
    day = page.locator("section", has=page.get_by_role("heading", name="Tue, Jan 12"))
    day.get_by_role("link", name="9:00").first.click()
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("Booked").first).to_be_visible()
    page.goto(f"/day/{VISIT_DAY}/")
    expect(page.get_by_text("Ada Novak").first).to_be_visible()


def newest_link(page: Page) -> str:
    """Where the newest message on the inbox page leads."""
    page.goto("/inbox/")
    href = page.locator("a[href*='/m/']").first.get_attribute("href")
    assert href
    return re.sub(r"^https?://[^/]+", "", href)


def confirm(desk: Page, phone: Page, ada: Patient) -> None:
    phone.goto(newest_link(desk))
    assert "9:00" not in phone.content(), "nothing is revealed before the birth year"
    phone.get_by_text("English", exact=True).click()  # her own language comes first
    phone.get_by_label("year").fill(str(ada.birth_date.year))
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_text("9:00 AM")).to_be_visible()
    phone.get_by_role("button", name="I am coming").click()
    # What has to be known before the visit is asked at once; it can wait.
    expect(phone.get_by_text("Do you have an adult who will take you home")).to_be_visible()
    phone.get_by_role("link", name="Back to your visit").click()
    expect(phone.get_by_text("You have confirmed.")).to_be_visible()
    picture(phone, "journey-confirm")


def check_in(page: Page) -> None:
    page.goto("/day/")
    expect(page.get_by_text("Confirmed").first).to_be_visible()
    page.get_by_role("link", name="Ada Novak").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Check in").click()
    expect(page.get_by_text("Arrived").first).to_be_visible()


def run_the_session(page: Page, check_by_somebody_else: Callable[[], None], clock: Any) -> None:
    page.goto("/nurse/")
    page.get_by_role("button", name="Open session").click()
    for item in ASKED:
        page.locator(f"input[name=answers_{item.code}_result][value=pass]").check()
    # A note is missing far down the page: it comes into view, and the answers are still there.
    page.locator("input[name=answers_ride_home_note]").fill("")
    press(page, "checklist")
    expect(page.locator(".field-wrong").first).to_be_in_viewport()
    for item in ASKED:
        expect(page.locator(f"input[name=answers_{item.code}_result][value=pass]")).to_be_checked()
        if item.note_on_pass:
            page.locator(f"input[name=answers_{item.code}_note]").fill("Sam Reyes, 312 555 0100")
    press(page, "checklist")
    page.get_by_label("Weight today").fill("70.0")
    page.get_by_label("50 mg/mL").check()
    page.get_by_label("Final volume of the bag").fill("100")
    press(page, "dose")
    # Her first weight: nothing else would show pounds taken for kilograms.
    expect(page.get_by_text("70 kg is 154.3 lb. Is it so?").last).to_be_in_viewport()
    page.get_by_label("Read again: it is so").check()
    press(page, "dose")
    expect(page.get_by_text("35.0").first).to_be_visible()
    stay_until(page, clock, "9:10")
    check_by_somebody_else()
    measure(page)
    press(page, "start")
    expect(page.get_by_text("Infusing").first).to_be_visible()

    stay_until(page, clock, "9:25")
    measure(page)
    picture(page, "journey-session")
    open_form(page, "side-effect")
    form = page.locator("form[action$='/side-effect/']")
    form.locator("input[name=term][value=nausea]").check()
    form.locator("input[name=grade][value='1']").check()
    press(page, "side-effect")
    stay_until(page, clock, "9:51")
    press(page, "stop")
    expect(page.get_by_text("Recovering").first).to_be_visible()

    stay_until(page, clock, "10:40")
    measure(page, dissociation="0")
    stay_until(page, clock, "10:52")
    measure(page, dissociation="0")
    open_form(page, "discharge")
    form = page.locator("form[action$='/discharge/']")
    for found in ("oriented", "steady_gait", "iv_removed", "escort_seen", "instructions_given"):
        form.locator(f"input[name={found}]").check()
    for score in ("nausea_pain", "iv_site", "intake"):
        form.locator(f"input[name={score}_score][value='2']").check()
    expect(form.locator("input[name=escort_name]")).to_have_value("Sam Reyes")
    expect(form.locator("input[name=escort_phone]")).to_have_value("312 555 0100")
    press(page, "discharge")
    expect(page.get_by_text("Discharged").first).to_be_visible()
    account_for_the_vial(page)
    expect(page.get_by_label(SIGNATURE)).to_be_checked()
    page.locator("form[action$='/sign/'] input[name=password]").fill(PASSWORD)
    press(page, "sign")
    expect(page.get_by_text("Signed").first).to_be_visible()


def account_for_the_vial(page: Page) -> None:
    """What was drawn beyond what was given is proposed as wasted; the prescriber sees it at this tablet."""
    open_form(page, "waste")
    form = page.locator("form[action$='/waste/']")
    form.locator("input[name=vial]").fill("LOT 7")
    form.locator("input[name=drawn_mg]").fill("50")
    expect(form.locator("input[name=wasted_mg]")).to_have_value("15.0")
    press(page, "waste")
    form = page.locator("form[action$='/witness/']")
    form.locator("input[name=waste]").check()
    form.locator("select[name=colleague]").select_option(label="Priya Nair")
    form.locator("input[name=password]").fill(PASSWORD)
    press(page, "witness")


def check_the_dose(page: Page) -> None:
    """The prescriber finds the same by her own reading; her page shows none of the nurse's figures."""
    page.goto("/nurse/")
    page.get_by_role("link", name="Ada Novak").first.click()
    page.get_by_role("link", name="Check the dose").click()
    expect(page.get_by_text("35.0")).to_have_count(0)
    form = page.locator("form#check_dose")
    form.locator("input[name=stock_mg_per_ml][value='50']").check()
    for name, value in FOUND.items():
        if name != "stock_mg_per_ml":
            form.locator(f"input[name={name}]").fill(value)
    picture(page, "journey-check-dose")
    form.locator("button[type=submit]").click()
    expect(page.get_by_text("The dose is checked: every figure agrees.")).to_be_visible()


def stay_until(page: Page, clock: Any, wall_time: str) -> None:
    """Time passes in front of this screen; whoever leaves it for fifteen minutes is signed out."""
    then = local(VISIT_DAY, wall_time)
    while (left := then - now()) > timedelta(0):
        clock.move_to(now() + min(left, timedelta(minutes=10)))
        page.reload()


def open_form(page: Page, act: str) -> None:
    """Unfold the form when it is folded away."""
    summary = page.locator("details:not([open])", has=page.locator(f"form[action$='/{act}/']"))
    for fold in summary.all():
        fold.locator("summary").first.click()


def press(page: Page, act: str) -> None:
    open_form(page, act)
    with page.expect_navigation():  # otherwise the next step could overtake the answer
        page.locator(f"form[action$='/{act}/'] button[type=submit]").first.click()


def measure(page: Page, **more: str) -> None:
    open_form(page, "vitals")
    form = page.locator("form[action$='/vitals/']").first
    for name, value in {
        "systolic_mmhg": "122",
        "diastolic_mmhg": "78",
        "heart_rate_per_min": "71",
        "respiratory_rate_per_min": "14",
        "oxygen_saturation_percent": "98",
        "temperature_cel": "36.6",
        "rass": "0",
        "pain_nrs": "2",
        **more,
    }.items():
        form.locator(f"input[name={name}]").fill(value)
    press(page, "vitals")
    expect(page.get_by_text("The vital signs are kept.")).to_be_visible()


def amend(page: Page) -> None:
    """A correction after the signature is a new version, and both can be read beside each other."""
    page.get_by_role("link", name=re.compile("Correct|Amend")).first.click()
    form = page.locator("form[action$='/vitals/']").first
    form.locator("input[name=systolic_mmhg]").fill("132")
    form.locator("input[name=correction_reason]").fill("The cuff had slipped.")
    form.locator("input[name=password]").fill(PASSWORD)
    with page.expect_navigation():  # otherwise the record could overtake it
        form.locator("button[type=submit]").click()
    page.get_by_role("link", name="Signed record").click()
    expect(page.get_by_text("The cuff had slipped.").first).to_be_visible()
    picture(page, "journey-record")


def answer_alarmingly(desk: Page, phone: Page, ada: Patient) -> None:
    phone.goto(newest_link(desk))
    phone.get_by_text("English", exact=True).click()
    phone.get_by_label("year").fill(str(ada.birth_date.year))
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="Yes").click()
    expect(phone.get_by_role("link", name=re.compile("988")).first).to_be_visible()
    picture(phone, "journey-check-in")


def answer_the_alarm(page: Page) -> None:
    page.goto("/tasks/")
    task = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Call the patient now"))
    task.get_by_role("button", name="Take it").click()
    page.locator("#close").get_by_label("In your words").fill("Called; safe, will be seen today at ten.")
    page.get_by_role("button", name="Close the task").click()
    expect(page.get_by_text("Call the patient now")).to_have_count(0)
