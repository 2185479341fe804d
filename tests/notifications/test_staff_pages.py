"""The pages on which staff see what was said, what was answered, and what waits for them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from clinic.models import WorkItem
from notifications.answering import check_ins
from notifications.delivering import delivery
from notifications.models import CheckIn, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book, cancel, discharge
from tests.web.pages import browser_of, words

MORNING = VISIT + timedelta(days=1)


@pytest.fixture
def visit(house: House) -> Appointment:
    appointment = book(house, house.rosa)
    plan(now=NOW)
    delivery.drain(clock=lambda: NOW)
    return appointment


@pytest.fixture
def alarm(house: House) -> WorkItem:
    discharge(book(house, house.rosa), VISIT + timedelta(hours=9))
    plan(now=MORNING)
    check_ins.answer(id=uuid4(), check_in=CheckIn.objects.get(), question="safety", value="yes", now=MORNING)
    return WorkItem.objects.get()


def test_the_log_says_when_each_was_sent_or_exactly_why_not(house: House, visit: Appointment) -> None:
    late = VISIT - timedelta(days=3)
    plan(now=late)
    cancel(visit)
    delivery.drain(clock=lambda: late)
    said = words(browser_of(house.ana).get(f"/messages/?visit={visit.pk}"))
    assert "Messages: Rosa Delgado" in said
    assert "Not sent The visit was cancelled." in said
    assert "09:00" in said  # sent, on the clinic's clock


def test_the_log_can_be_narrowed_to_what_failed(house: House, visit: Appointment) -> None:
    browser = browser_of(house.ana)
    assert "Visit booked" in words(browser.get("/messages/?status=sent")).partition("Show")[2]
    assert "No message fits" in words(browser.get("/messages/?status=failed"))
    assert browser.get("/messages/?patient=nonsense").status_code == 400


def test_one_message_shows_its_words_but_not_the_patients_link(house: House, visit: Appointment) -> None:
    message = Message.objects.get(stage="confirmation")
    page = browser_of(house.ana).get(f"/messages/{message.pk}/")
    assert "Your visit is booked for Thu 21 Jan at 9:30 AM." in words(page)
    assert token_for(message.link.pk) not in page.content.decode()


def test_the_inbox_shows_what_arrived_with_a_link_that_works(house: House, visit: Appointment) -> None:
    message = Message.objects.get(stage="confirmation")
    page = browser_of(house.ana).get("/inbox/").content.decode()
    assert f'href="http://localhost:8000/m/{token_for(message.link.pk)}"' in page


def test_another_clinic_sees_none_of_it(house: House, other_house: House, visit: Appointment) -> None:
    outsider = browser_of(other_house.max)
    message = Message.objects.get(stage="confirmation")
    assert "Nothing has fallen due yet" in words(outsider.get("/messages/"))
    assert "Nothing has arrived yet" in words(outsider.get("/inbox/"))
    for path in (f"{message.pk}/", f"?visit={visit.pk}", f"?patient={house.rosa.pk}"):
        assert outsider.get(f"/messages/{path}").status_code == 404


def test_the_nurse_sees_the_alarm_and_reads_the_answer(house: House, alarm: WorkItem) -> None:
    nurse = browser_of(house.nils)
    page = nurse.get("/tasks/")
    assert "Call the patient now: alarming answer to a check-in" in words(page)
    assert "(312) 555-0142" in words(page)
    check_in = CheckIn.objects.get()
    assert f'href="/check-ins/{check_in.pk}/"' in page.content.decode()
    said = words(nurse.get(f"/check-ins/{check_in.pk}/"))
    assert "Are you thinking about suicide, or do you not feel safe? Yes Red" in said


def test_the_desk_sees_that_a_nurses_task_waits_but_not_the_answer(house: House, alarm: WorkItem) -> None:
    desk = browser_of(house.ana)
    said = words(desk.get("/tasks/"))
    assert "Call the patient now" in said
    assert "This task is for another role: nurse." in words(desk.get(f"/tasks/{alarm.pk}/"))
    assert "Read the answers" not in said  # the answer is not the desk's to read
    assert desk.get(f"/check-ins/{CheckIn.objects.get().pk}/").status_code == 403
    assert desk.post(f"/tasks/{alarm.pk}/take/").status_code == 403


def test_the_nurse_takes_the_task_and_closes_it_with_what_was_done(house: House, alarm: WorkItem) -> None:
    nurse = browser_of(house.nils)
    assert "With You" in words(nurse.post(f"/tasks/{alarm.pk}/take/", follow=True))
    sent = {"outcome": "Called; sister is with her."}
    page = nurse.post(f"/tasks/{alarm.pk}/close/", sent, follow=True)
    assert "Nothing waits" in words(page)
    alarm.refresh_from_db()
    assert (alarm.closed_by, alarm.outcome) == (house.nils, "Called; sister is with her.")


def test_a_task_never_closes_in_silence(house: House, alarm: WorkItem) -> None:
    page = browser_of(house.nils).post(f"/tasks/{alarm.pk}/close/", {"outcome": "  "})
    assert page.status_code == 400
    assert "A task never closes in silence." in words(page)


def test_an_outcome_written_after_somebody_else_closed_the_task_is_not_lost(
    house: House, alarm: WorkItem
) -> None:
    browser_of(house.priya).post(f"/tasks/{alarm.pk}/close/", {"outcome": "Seen here."})
    page = browser_of(house.nils).post(f"/tasks/{alarm.pk}/close/", {"outcome": "Called twice."})
    assert page.status_code == 409
    assert "This task is closed already." in words(page)
    assert "Called twice." in page.content.decode()
    assert "Called twice." in words(page)
