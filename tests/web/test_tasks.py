"""The tasks' pages: what nobody has answered first; a task is handed over, noted, and found again closed."""

from datetime import timedelta

import pytest
import time_machine

from clinic import queries, work
from clinic.models import AccessLog, Role, Urgency, WorkItem, WorkItemStep
from notifications.escalating import task_kinds
from notifications.escalating.clocks import run_clocks
from notifications.models import OnCallShift
from tests.cast import NOW, TODAY, House, client_of, local, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import calls, report
from tests.sessions_app.stories import STARTED_AT
from tests.web.pages import browser_of, words
from web.views.tasks.subjects import READ_AT

API = "/api/v1/"


@pytest.fixture(autouse=True)
def at_nine() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def task(
    house: House, title: str = "Call the patient now", urgency: Urgency = Urgency.RED, *, kind: str = ""
) -> WorkItem:
    return work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause=f"{kind}:{new_id()}" if kind else title,
        title=title,
        urgency=urgency,
        role=Role.NURSE,
        due_at=NOW + timedelta(minutes=15),
    )


def test_what_nobody_has_answered_stands_before_the_rest(house: House) -> None:
    task(house, "File a form", Urgency.ROUTINE)
    task(house)
    said = words(browser_of(house.nils).get("/tasks/"))
    order = ["Escalations", "Call the patient now", "All others", "File a form"]
    assert [said.index(each) for each in order] == sorted(said.index(each) for each in order)


def test_a_task_that_nobody_has_taken_says_by_name_whom_it_waits_for(house: House) -> None:
    item = task(house)
    page = f"/tasks/{item.pk}/"
    assert "Nobody yet: any nurse may take it" in words(browser_of(house.ana).get(page))
    run_clocks(now=NOW - timedelta(minutes=2))
    told = words(browser_of(house.ana).get(page))
    assert f"Nobody yet: {house.nils.full_name} called 2 min ago, any nurse may take it" in told


def test_what_is_due_today_stands_before_a_red_task_that_has_until_a_later_day(house: House) -> None:
    assess, look, call = "Assess before the next visit", "Look at the session", "Call the patient now"
    task(house, assess)
    WorkItem.objects.update(due_at=NOW + timedelta(days=1))
    task(house, look, Urgency.AMBER)
    task(house, call)
    WorkItem.objects.filter(title=call).update(due_at=NOW + timedelta(minutes=20))
    said = words(browser_of(house.nils).get("/tasks/"))
    order = [call, look, assess]
    assert [said.index(each) for each in order] == sorted(said.index(each) for each in order)


def test_what_calls_late_in_the_evening_stands_first_though_it_is_due_after_midnight(house: House) -> None:
    evening = local(TODAY, "23:50")
    look, call = "Look at the session", "Call the patient now"
    task(house, look, Urgency.AMBER)
    task(house, call)
    WorkItem.objects.filter(title=call).update(due_at=evening + timedelta(minutes=15))
    with time_machine.travel(evening, tick=False):
        said = words(browser_of(house.nils).get("/tasks/"))
    assert said.index(call) < said.index(look)


def test_each_filter_stands_in_the_address_and_says_how_many_it_shows(house: House) -> None:
    nurse = browser_of(house.nils)
    task(house, "An answer", Urgency.AMBER, kind="check_in_answer")
    mine = task(house, "An alert", Urgency.ROUTINE, kind="alert")
    text = task(house, "A text", Urgency.ROUTINE, kind="inbound_message")
    work.acknowledge(actor=house.actor(house.nils), item=mine, now=NOW)
    WorkItem.objects.filter(pk=text.pk).update(due_at=NOW - timedelta(minutes=5))
    prescribers = task(house, "Decide", Urgency.ROUTINE, kind="decide")
    WorkItem.objects.filter(pk=prescribers.pk).update(role=Role.PRESCRIBER)  # she could not take it
    said = words(nurse.get("/tasks/"))
    assert "All 4 Mine 1 Free to take 2 Overdue 1" in said
    assert "Answers to call about 1 At the chair 2 Texts and numbers 1" in said

    def shown(query: str) -> list[str]:
        page = nurse.get(f"/tasks/?{query}").content.decode()
        return [title for title in ("An answer", "An alert", "A text") if f">{title}<" in page]

    assert shown("which=mine") == ["An alert"]
    assert shown("which=nobodys") == ["An answer", "A text"]
    assert shown("which=overdue") == ["A text"]
    assert shown("kind=texts") == ["A text"]
    assert shown("which=mine&kind=texts") == []
    assert "You have taken no task that is open, of “texts and numbers”." in words(
        nurse.get("/tasks/?which=mine&kind=texts")
    )
    assert len(shown("which=nonsense&kind=nonsense&page=nonsense")) == 3


def test_the_api_narrows_as_the_page_does(house: House) -> None:
    nurse = client_of(house.nils)
    mine = task(house, "An alert", kind="alert")
    work.acknowledge(actor=house.actor(house.nils), item=mine, now=NOW)
    task(house, "A text", Urgency.ROUTINE, kind="inbound_message")

    def found(**asked: str) -> list[tuple[str, str]]:
        answer = nurse.get(f"{API}tasks/", asked).json()["results"]
        return [(each["title"], each["kind"]) for each in answer]

    assert found(which="mine") == [("An alert", "chair")]
    assert found(which="nobodys") == found(kind="texts") == [("A text", "texts")]
    assert found(which="overdue") == []
    assert nurse.get(f"{API}tasks/", {"which": "theirs"}).status_code == 400


def test_what_no_kind_names_stands_among_the_others(house: House) -> None:
    task(house, "File a form", kind="something_new")
    nurse = browser_of(house.nils)
    assert "File a form" in words(nurse.get("/tasks/?kind=others"))
    assert "File a form" not in words(nurse.get("/tasks/?kind=answers"))


def test_every_task_that_leads_somewhere_is_of_a_kind(house: House) -> None:
    assert set(READ_AT) <= task_kinds.NAMED


def test_each_of_several_tasks_about_one_row_leads_there(house: House) -> None:
    lost = new_id()
    for cause in (f"message:{lost}", f"message:{lost}:2"):  # the first try's, and the second's
        WorkItem.objects.filter(pk=task(house, cause, Urgency.ROUTINE).pk).update(role=Role.FRONT_DESK)
    page = browser_of(house.ana).get("/tasks/").content.decode()
    assert page.count(f'href="/messages/{lost}/"') == 2


def test_an_escalation_says_whom_each_rung_called_and_who_comes_next(house: House) -> None:
    task(house)
    run_clocks(now=NOW)
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        said = words(browser_of(house.nils).get("/tasks/"))
    assert "1 open, 1 red · 1 not taken" in said
    assert "First Nils Berg: not reached Second next Supervisor not yet" in said
    assert "Second in turn is called in 3 min." in said


def test_each_task_has_its_next_step_for_whoever_looks(house: House) -> None:
    item, nurse = task(house, urgency=Urgency.ROUTINE), browser_of(house.nils)
    assert "Take it : Call the patient now" in words(nurse.get("/tasks/"))
    desk = words(browser_of(house.ana).get("/tasks/"))
    assert "Take it" not in desk
    assert "Open it : Call the patient now" in desk
    nurse.post(f"/tasks/{item.pk}/take/")
    assert "Close it… Call the patient now" in words(nurse.get("/tasks/"))
    assert "Nils Berg" in words(browser_of(house.priya).get("/tasks/"))


def test_a_task_is_closed_with_a_usual_phrase_and_a_red_one_in_words_besides(house: House) -> None:
    nurse, calm, red = browser_of(house.nils), task(house, "text", Urgency.ROUTINE), task(house)
    sent = {"phrase": "Called and talked with the patient.", "outcome": ""}
    assert nurse.post(f"/tasks/{calm.pk}/close/", sent).status_code == 302
    calm.refresh_from_db()
    assert calm.outcome == "Called and talked with the patient."
    refused = nurse.post(f"/tasks/{red.pk}/close/", sent)
    assert refused.status_code == 400
    assert "Of a red one say in your own words what you found and did." in words(refused)
    assert "checked" in refused.content.decode()  # what was chosen is not lost
    nurse.post(f"/tasks/{red.pk}/close/", sent | {"outcome": "Slept well."})
    red.refresh_from_db()
    assert red.outcome == "Called and talked with the patient. Slept well."


def test_a_long_list_has_pages_and_the_most_pressing_stand_on_the_first(house: House) -> None:
    for number in range(51):
        task(house, f"Task {number}", Urgency.ROUTINE)
    task(house)
    nurse = browser_of(house.nils)
    first = words(nurse.get("/tasks/"))
    assert "Call the patient now" in first
    assert "Page 1 of 2" in first
    assert "Call the patient now" not in words(nurse.get("/tasks/?page=2"))


def test_the_list_tells_how_long_each_has_been_open(house: House) -> None:
    task(house)
    WorkItem.objects.update(created_at=NOW - timedelta(minutes=25))
    said = words(browser_of(house.nils).get("/tasks/"))
    assert "Open for 25 min" in said


def test_the_task_tells_who_was_called_and_what_was_tried(house: House) -> None:
    item, nurse = task(house), browser_of(house.nils)
    run_clocks(now=NOW)
    nurse.post(f"/tasks/{item.pk}/take/")
    page = nurse.post(f"/tasks/{item.pk}/note/", {"id": new_id(), "words": "Voicemail."}, follow=True)
    said = words(page)
    assert "called first in turn Nils Berg : being called" in said
    assert "Nils Berg took it" in said
    assert "Nils Berg: Voicemail." in said


def test_a_note_sent_twice_is_kept_once(house: House) -> None:
    item, nurse, sent = task(house), browser_of(house.nils), {"id": new_id(), "words": "Voicemail."}
    for _ in range(2):
        assert nurse.post(f"/tasks/{item.pk}/note/", sent).status_code == 302
    assert WorkItemStep.objects.filter(kind="note").count() == 1


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("note", {"id": "7d1f1c1e-3c0a-4c7e-9a53-0a8f0c2b9d11", "words": "Her sister calls back at 3."}),
        ("hand-over", {"words": "Her sister calls back at 3."}),
    ],
)
def test_what_is_written_after_the_task_was_closed_is_refused_aloud_and_not_lost(
    house: House, form: str, sent: dict[str, str]
) -> None:
    item = task(house)
    work.close(actor=house.actor(house.nils), item=item, outcome="Spoke with her.", now=NOW)
    page = browser_of(house.nils).post(f"/tasks/{item.pk}/{form}/", {"to": house.priya.pk, **sent})
    assert page.status_code == 409
    said = words(page)
    assert "This task is closed already." in said
    assert "Her sister calls back at 3." in said


def test_a_nurse_hands_her_task_to_a_colleague(house: House) -> None:
    nora, item, nurse = make_user(house.clinic, "Nora Quinn", Role.NURSE), task(house), browser_of(house.nils)
    nurse.post(f"/tasks/{item.pk}/take/")
    sent = {"to": nora.pk, "words": "Try the sister."}
    said = words(nurse.post(f"/tasks/{item.pk}/hand-over/", sent, follow=True))
    assert "The task is Nora Quinn's. Until they take it, its clock runs." in said
    assert "Nils Berg handed it to Nora Quinn: Try the sister." in said
    assert "Nora Quinn, not taken yet" in said


def test_nobody_outside_the_role_or_the_clinic_is_offered(house: House, other_house: House) -> None:
    item = task(house)
    page = browser_of(house.nils).get(f"/tasks/{item.pk}/").content.decode()
    assert "Priya Nair</option>" in page
    assert "Ana Lima</option>" not in page
    refused = browser_of(house.nils).post(f"/tasks/{item.pk}/hand-over/", {"to": other_house.nils.pk})
    assert refused.status_code == 400


def test_a_closed_task_is_found_again_with_its_outcome(house: House) -> None:
    item = task(house)
    work.close(actor=house.actor(house.nils), item=item, outcome="Spoke with her.", now=NOW)
    nurse = browser_of(house.nils)
    assert "Call the patient now" not in words(nurse.get("/tasks/"))
    said = words(nurse.get("/tasks/?state=closed"))
    assert "Spoke with her." in said
    assert "by Nils Berg" in said
    page = words(nurse.get(f"/tasks/{item.pk}/"))
    assert "Nils Berg closed it: Spoke with her." in page
    assert "Close it" not in page


def test_the_list_asks_as_much_for_one_task_as_for_thirty(
    house: House, django_assert_max_num_queries: object
) -> None:
    nurse = browser_of(house.nils)
    for number in range(30):
        task(house, f"Task {number}")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        nurse.get("/tasks/")


def test_another_clinics_task_is_not_there(house: House, other_house: House) -> None:
    item, outsider = task(house), browser_of(other_house.nils)
    assert outsider.get(f"/tasks/{item.pk}/").status_code == 404
    assert outsider.post(f"/tasks/{item.pk}/note/", {"id": new_id(), "words": "x"}).status_code == 404


def test_the_manager_plans_who_is_on_call(house: House) -> None:
    manager = browser_of(house.max)
    sent = {
        "id": new_id(),
        "user": house.nils.pk,
        "rung": "first",
        "starts_at": "2027-01-11T08:00",
        "ends_at": "2027-01-12T08:00",
    }
    said = words(manager.post("/on-call/", sent, follow=True))
    assert "Nils Berg is on call." in said
    shift = OnCallShift.objects.get()
    assert "Nurse Nils Berg Priya Nair Max Weber" in said
    refused = manager.post("/on-call/", {**sent, "id": new_id(), "user": house.priya.pk})
    assert refused.status_code == 409
    assert "Somebody is first on call in a part of this stretch" in words(refused)
    assert "is off call" in words(manager.post(f"/on-call/{shift.pk}/withdraw/", follow=True))


def test_a_clinic_without_a_charge_nurse_sees_who_would_be_called(house: House) -> None:
    said = words(browser_of(house.ana).get("/on-call/"))
    assert "Nurse Nils Berg Priya Nair Max Weber Prescriber Priya Nair Nobody else Max Weber" in said
    assert "The clinic is not staffed" in said
    assert "Put on call" not in said


def test_over_the_api_a_task_is_handed_over_with_its_steps(house: House) -> None:
    item, nurse = task(house), client_of(house.nils)
    address = f"{API}tasks/{item.pk}/"
    nurse.post(f"{address}acknowledge/")
    assert nurse.post(f"{address}hand-over/", {"to": house.priya.pk}).status_code == 200
    detail = nurse.get(address).json()
    assert [step["kind"] for step in detail["steps"]] == ["taken", "handed_over"]
    assert nurse.get(f"{API}tasks/", {"state": "unanswered"}).json()["results"][0]["id"] == str(item.pk)
    wrong = nurse.post(f"{address}hand-over/", {"to": house.ana.pk})
    assert wrong.json()["errors"][0]["field"] == "to"


@pytest.mark.parametrize("outcome", [".", "-", "5", "x", "…"])
def test_a_task_is_not_closed_without_words(house: House, outcome: str) -> None:
    item = task(house)
    page = browser_of(house.nils).post(f"/tasks/{item.pk}/close/", {"outcome": outcome})
    assert page.status_code == 400
    assert "A task never closes in silence." in words(page)
    item.refresh_from_db()
    assert item.closed_at is None


@pytest.mark.parametrize("urgency", [Urgency.RED, Urgency.AMBER])
def test_closing_a_red_task_that_nobody_took_takes_it_by_name(house: House, urgency: Urgency) -> None:
    item = task(house, urgency=urgency)
    sent = {"outcome": "Spoke with her."}
    assert browser_of(house.nils).post(f"/tasks/{item.pk}/close/", sent).status_code == 302
    item.refresh_from_db()
    red = urgency == Urgency.RED
    assert item.acknowledged_by == (house.nils if red else None)
    assert [step.kind for step in queries.steps_of(item)] == ["taken", "closed"][not red :]
    assert ("Nils Berg took it" in words(browser_of(house.nils).get(f"/tasks/{item.pk}/"))) is red


def test_a_call_to_the_chair_says_what_called_where_and_how_far_in_to_those_who_may_read_it(
    house: House, other_house: House
) -> None:
    session = stories.infusing(house)
    at = STARTED_AT + timedelta(minutes=12)
    low = stories.calm(at, oxygen_saturation_percent=84, heart_rate_per_min=121, confirmed=True)
    stories.measure(house, session, low)
    call = WorkItem.objects.get()
    address = f"/tasks/{call.pk}/"
    with time_machine.travel(at, tick=False):
        said = words(browser_of(house.priya).get(address))
        assert "Emergency Oxygen saturation 84 %: below 85. 12 min into the infusion, at 09:32" in said
        assert "Open there besides: Caution Heart rate 121 /min: above 120." in said
        assert AccessLog.objects.filter(user=house.priya, patient=house.rosa, what="session").exists()
        desk = words(browser_of(house.ana).get(address))
        assert "Oxygen" not in desk
        assert browser_of(other_house.priya).get(address).status_code == 404
    assert "84" not in call.title


def test_a_call_about_a_side_effect_says_its_term_and_grade(house: House) -> None:
    session = stories.infusing(house)
    at = STARTED_AT + timedelta(minutes=7)
    report(house, session, grade=3, onset_at=at, now=at)
    call = calls().get()
    said = words(browser_of(house.priya).get(f"/tasks/{call.pk}/"))
    assert "Nausea, grade 3. 7 min into the infusion, at 09:27" in said
    assert "MedWatch" not in said, "severe is not yet serious"


def test_a_call_about_a_serious_event_reminds_of_the_regulator(house: House) -> None:
    serious = "SeriousResultsInHospitalization"
    report(house, stories.infusing(house), term="headache", grade=2, seriousness=serious, now=STARTED_AT)
    call = calls().get()
    assert "MedWatch" in words(browser_of(house.priya).get(f"/tasks/{call.pk}/"))


def test_a_task_about_something_else_says_nothing_of_a_chair(house: House) -> None:
    assert "What called" not in words(browser_of(house.nils).get(f"/tasks/{task(house).pk}/"))
