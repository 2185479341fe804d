"""Patients' texts on pages: who waits, a thread, a wrong number, another time, a made-up phone."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from clinic import work
from clinic.models import AccessLog, Patient, WorkItem
from notifications.answering import times
from notifications.escalating import clocks
from notifications.models import ClinicMessaging, InboundMessage, Message, PatientLink, TimeRequest
from tests.cast import NOW, TODAY, House, client_of, local, new_id
from tests.notifications.texts import ROSAS, STRANGERS, alone_on_the_number, announce, give_number, text
from tests.notifications.visits import book
from tests.scheduler.stage import set_stage
from tests.web.pages import Page, browser_of, words
from web.views import threads


@pytest.fixture(autouse=True)
def now(house: House) -> Iterator[None]:
    give_number(house.clinic)
    alone_on_the_number(house)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ana(house: House) -> Client:
    return browser_of(house.ana)


def last_shown(page: Page, *, by: str = "dealt_seen") -> str:
    """The newest text on a page, as one of its forms says it."""
    [seen] = re.findall(rf'name="seen" value="([^"]+)" id="{by}"', page.content.decode())
    return str(seen)


def test_the_list_tells_who_waits_and_leads_to_the_thread(house: House, ana: Client) -> None:
    text("Can I bring my sister?")
    text("Who is that?!", sender=STRANGERS)
    page = words(ana.get("/threads/"))
    assert "Rosa Delgado" in page
    assert "Can I bring my sister?" in page
    assert "+1 312-555-0177" in page


def test_a_text_of_a_crisis_comes_first_and_says_so(house: House, ana: Client) -> None:
    """A stranger has waited longer, and what came after the alarm doesn't hide it."""
    text("Who is that?!", sender=STRANGERS, now=NOW - timedelta(hours=2))
    text("I want to die", now=NOW - timedelta(hours=1))
    text("Please")
    page = words(ana.get("/threads/"))
    assert page.index("Rosa Delgado") < page.index("+1 312-555-0177")
    assert "Alarming: call now I want to die Please" in page
    assert page.count("Alarming: call now") == 1
    assert "Alarming I want to die" in words(ana.get(f"/threads/{house.rosa.pk}/"))


def test_a_thread_is_answered_from_its_page_once(house: House, ana: Client) -> None:
    text("Can I bring my sister?")
    seen = last_shown(ana.get(f"/threads/{house.rosa.pk}/"), by="id_seen")
    sent = {"id": str(new_id()), "text": "Yes, please do.", "seen": seen}
    for _ in range(2):
        answer = ana.post(f"/threads/{house.rosa.pk}/reply/", sent, follow=True)
        assert "Lakeside Clinic: Yes, please do." in words(answer)
    assert Message.objects.filter(kind="reply").count() == 1
    assert "Nobody waits" in words(ana.get("/threads/"))


def test_a_reply_begins_with_a_usual_phrase_in_the_patients_language(house: House, ana: Client) -> None:
    address = f"/threads/{house.rosa.pk}/"
    assert "Please call us at (312) 555-0100." in words(ana.get(address))
    assert ">We will call you today.</textarea>" in ana.get(f"{address}?words=2").content.decode().replace(
        "\n", ""
    )
    typed = {"id": str(new_id()), "text": "Yes."}
    box = ana.post(f"{address}reply/check/?words=0", typed).content.decode()
    assert "Yes. Thank you for your message.</textarea>" in box
    Patient.objects.filter(pk=house.rosa.pk).update(language="es")
    assert "Hoy le llamamos." in words(ana.get(address))


def test_other_times_are_offered_for_a_visit_by_link_once(house: House, ana: Client) -> None:
    visit = book(house, house.rosa, NOW + timedelta(days=3))
    text("Something came up, can I come later?")
    address = f"/threads/{house.rosa.pk}/"
    page = ana.get(address)
    assert "Instead of Thu, Jan 14, 09:00" in words(page)
    sent = {"id": str(new_id()), "appointment": visit.pk, "seen": page.context["seen"]}
    for _ in range(2):
        said = words(ana.post(f"{address}offer-times/", sent, follow=True))
    assert "The link to choose another time is on its way." in said
    assert "Lakeside Clinic: choose another time here: (their link) or call" in said
    reply = Message.objects.get(kind="reply")
    link = PatientLink.objects.get(message=reply)
    assert times.request_of(link).appointment == visit
    assert [item.title for item in WorkItem.objects.filter(closed_at=None)] == [times.TITLE]
    assert "Nobody waits" in words(ana.get("/threads/"))
    other = ana.post(f"{address}offer-times/", {"id": str(new_id()), "appointment": str(new_id())})
    assert other.status_code == 404


def test_no_other_times_are_offered_for_a_visit_that_is_not_ahead(house: House, ana: Client) -> None:
    """The page was opened before it began."""
    visit = book(house, house.rosa, NOW - timedelta(minutes=1))
    address = f"/threads/{house.rosa.pk}/"
    assert "Instead of" not in words(ana.get(address))
    sent = {"id": str(new_id()), "appointment": visit.pk}
    said = words(ana.post(f"{address}offer-times/", sent, follow=True))
    assert "This visit isn't ahead any more: there is no other time to choose." in said
    assert not TimeRequest.objects.exists()
    assert not Message.objects.filter(kind="reply").exists()


def test_who_was_answered_lately_is_found_below_those_who_wait(house: House, ana: Client) -> None:
    text("Can I bring my sister?")
    assert "Dealt with lately" not in words(ana.get("/threads/"))
    address = f"/threads/{house.rosa.pk}/"
    ana.post(f"{address}dealt-with/", {"outcome": "Called her", "seen": last_shown(ana.get(address))})
    said = words(ana.get("/threads/"))
    assert "Dealt with lately Rosa Delgado Mon, Jan 11, 09:00, dealt with by Ana Lima Can I bring" in said


def test_a_thread_that_stays_open_is_one_look_an_hour(house: House, ana: Client) -> None:
    address = f"/threads/{house.rosa.pk}/"
    ana.get(address)
    for _ in range(3):
        ana.get(address, headers={"X-Chairside-Poll": "1"})
    assert AccessLog.objects.filter(patient=house.rosa, what="texts").count() == 1


def test_a_refused_reply_comes_back_as_it_was_typed_with_its_length(house: House, ana: Client) -> None:
    typed = "Your infusion is at nine"
    answer = ana.post(f"/threads/{house.rosa.pk}/reply/", {"id": str(new_id()), "text": typed})
    page = words(answer)
    assert answer.status_code == 400
    assert "leave it out" in page
    assert typed in answer.content.decode()
    assert "41 characters, 1 text with “Lakeside Clinic:” before it" in page


def test_a_reply_is_measured_and_looked_through_while_it_is_typed(house: House, ana: Client) -> None:
    address = f"/threads/{house.rosa.pk}/reply/check/"
    long = words(ana.post(address, {"id": str(new_id()), "text": "word " * 35}))
    assert "191 characters, 2 texts with" in long
    refused = words(ana.post(address, {"id": str(new_id()), "text": "Your ketamine is here"}))
    assert "“ketamine” tells a lock screen what the visit is about: leave it out." in refused
    assert not Message.objects.exists()


def test_two_reminders_of_one_patient_say_which_visit_each_is_of(house: House, ana: Client) -> None:
    for days in (3, 10):
        announce(book(house, house.rosa, NOW + timedelta(days=days)))
    page = words(ana.get(f"/threads/{house.rosa.pk}/"))
    assert "Reminder that asks to confirm , visit of Thu, Jan 14, 09:00" in page
    assert "Reminder that asks to confirm , visit of Thu, Jan 21, 09:00" in page


def test_a_thread_that_may_not_be_written_to_says_why(house: House, ana: Client) -> None:
    text("STOP")
    page = words(ana.get(f"/threads/{house.rosa.pk}/"))
    assert "This patient asked for no more texts. Call instead." in page
    assert "Send it" not in page


def test_a_thread_is_marked_as_dealt_with(house: House, ana: Client) -> None:
    text("Hello")
    address = f"/threads/{house.rosa.pk}/"
    seen = last_shown(ana.get(address))
    refused = ana.post(f"{address}dealt-with/", {"outcome": "", "seen": seen})
    assert refused.status_code == 400
    ana.post(f"{address}dealt-with/", {"outcome": "Called her", "seen": last_shown(refused)})
    assert WorkItem.objects.get().outcome == "Called her"


@pytest.mark.parametrize("sender", [ROSAS, STRANGERS])
def test_what_came_while_the_page_stood_open_is_not_dealt_with(
    house: House, ana: Client, sender: str
) -> None:
    first = text("Thanks!", sender=sender)
    address = f"/texts/{first.pk}/" if sender == STRANGERS else f"/threads/{house.rosa.pk}/"
    seen = last_shown(ana.get(address))
    text("My ride fell through", sender=sender)
    told = ana.post(f"{address}dealt-with/", {"outcome": "Nothing to do", "seen": seen}, follow=True)
    assert threads.CAME_SINCE in words(told)
    [waits] = InboundMessage.objects.filter(read_at=None)
    assert waits.body == "My ride fell through"
    assert WorkItem.objects.get(closed_at=None).cause.endswith(str(waits.pk))


def test_a_text_of_a_crisis_says_whose_turn_it_is_and_what_the_desk_does(house: House, ana: Client) -> None:
    text("im going to jump")
    address = f"/threads/{house.rosa.pk}/"
    clocks.run_clocks(now=NOW)
    page = ana.get(address)
    told = words(page)
    assert "Call the patient now: alarming text message im going to jump Nobody has taken it yet" in told
    assert "go to a nurse now and show this text" in told
    assert "First Nils" in told
    assert "Begin with" not in page.content.decode()
    assert "Dealt with otherwise" not in told
    by_the_nurse = words(browser_of(house.nils).get(address))
    assert "Nobody has taken it yet. Take it, and call." in by_the_nurse
    item = WorkItem.objects.get(urgency="red")
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW)
    assert f"{house.nils.full_name} has it and calls." in words(ana.get(address))


def test_the_desk_cannot_deal_with_what_a_nurse_calls_about(house: House, ana: Client) -> None:
    text("im going to jump")
    text("Which door do I take?")
    address = f"/threads/{house.rosa.pk}/"
    assert "Dealt with otherwise" in words(ana.get(address))
    sent = {"outcome": "ok", "seen": last_shown(ana.get(address))}
    told = words(ana.post(f"{address}dealt-with/", sent, follow=True))
    assert threads.CALL_STILL_OWED in told
    assert "These texts are dealt with" not in told
    assert "Alarming: call now" in told


def test_a_strangers_crisis_says_whose_turn_it_is_too(house: House, ana: Client) -> None:
    row = text("i have a gun", sender=STRANGERS)
    assert "go to a nurse now and show this text" in words(ana.get(f"/texts/{row.pk}/"))


def test_a_task_leads_to_its_text_and_the_text_to_its_thread(house: House, ana: Client) -> None:
    row = text("Hello")
    assert f"/texts/{row.pk}/" in ana.get("/tasks/").content.decode()
    assert ana.get(f"/texts/{row.pk}/").headers["Location"] == f"/threads/{house.rosa.pk}/"


def test_a_strangers_text_has_a_page_of_its_own(house: House, ana: Client) -> None:
    row = text("Hello", sender=STRANGERS)
    page = ana.get(f"/texts/{row.pk}/")
    assert "No patient has this number" in words(page)
    sent = {"outcome": "Called, a wrong number", "seen": last_shown(page)}
    ana.post(f"/texts/{row.pk}/dealt-with/", sent)
    row.refresh_from_db()
    assert row.read_by == house.ana


def test_a_text_from_a_number_of_two_patients_names_both_wherever_it_stands(
    house: House, ana: Client
) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    row = text("STOP")
    both = "Rosa Delgado , Omar Haddad have this number: an opt-out from it holds for all of them."
    page = words(ana.get(f"/texts/{row.pk}/"))
    assert both in page
    assert "Wants no more texts" in page
    waits = text("Is one of us late?")
    assert "Rosa Delgado , Omar Haddad on this number" in words(ana.get("/threads/"))
    assert words(ana.get(f"/texts/{waits.pk}/")).count("Is one of us late?") == 1


def test_a_wrong_number_is_corrected_on_its_page(house: House, ana: Client) -> None:
    text("wrong number")
    assert f"/threads/{house.rosa.pk}/number/" in ana.get("/tasks/").content.decode()
    refused = ana.post(f"/threads/{house.rosa.pk}/number/", {"phone": "12", "how": "She called"})
    assert refused.status_code == 400
    assert "She called" in refused.content.decode()
    page = f"/threads/{house.rosa.pk}/number/"
    right_after_all = {"phone": str(house.rosa.phone), "how": "She called"}
    assert threads.STAYS in words(ana.post(page, right_after_all, follow=True))
    again = ana.post(page, right_after_all)
    assert again.status_code == 400
    assert threads.NOTHING_NEW in words(again)
    ana.post(page, {"phone": "312 555 0155", "how": "She called"})
    house.rosa.refresh_from_db()
    assert str(house.rosa.phone) == "+13125550155"


def test_a_number_of_another_patient_is_entered_only_where_they_share_it(house: House, ana: Client) -> None:
    text("wrong number")
    page = f"/threads/{house.rosa.pk}/number/"
    assert "They share this telephone" not in words(ana.get(page))
    omars = {"phone": "312 555 0143", "how": "She called"}
    asked = ana.post(page, omars)
    assert asked.status_code == 409
    assert "O. H. has this number too." in words(asked)
    assert "They share this telephone" in words(asked)
    assert "She called" in asked.content.decode()
    house.rosa.refresh_from_db()
    assert str(house.rosa.phone) == ROSAS
    ana.post(page, {**omars, "shared": "on"})
    house.rosa.refresh_from_db()
    assert str(house.rosa.phone) == "+13125550143"


def test_the_details_page_asks_about_another_patients_number_as_well(house: House, ana: Client) -> None:
    page = f"/patients/{house.rosa.pk}/edit/"
    shown = {field.html_name: field.value() or "" for field in ana.get(page).context["form"]}
    shown |= {f"initial-{name}": value for name, value in shown.items() if name not in {"reason", "shared"}}
    sent = {name: value for name, value in shown.items() if value} | {"phone": "312 555 0143"}
    asked = ana.post(page, sent)
    assert asked.status_code == 409
    assert "O. H. has this number too." in words(asked)
    assert "They share this telephone" in words(asked)
    house.rosa.refresh_from_db()
    assert str(house.rosa.phone) == ROSAS
    assert ana.post(page, sent | {"shared": "on"}).status_code == 302
    house.rosa.refresh_from_db()
    assert str(house.rosa.phone) == "+13125550143"


def test_over_the_api_another_patients_number_is_asked_about_as_well(house: House) -> None:
    address, omars = f"/api/v1/patients/{house.rosa.pk}/", {"phone": "+13125550143"}
    desk = client_of(house.ana)
    asked = desk.patch(address, omars, format="json")
    assert (asked.status_code, asked.json()["code"]) == (409, "number_shared")
    assert desk.patch(address, {**omars, "shared": True}, format="json").status_code == 200
    # It has the number by now: nothing is asked.
    assert desk.patch(address, omars, format="json").status_code == 200


def test_how_a_number_is_known_can_be_seen(house: House, ana: Client) -> None:
    unseen = {"phone": "312 555 0155", "how": "\u200b"}
    refused = ana.post(f"/threads/{house.rosa.pk}/number/", unseen)
    assert (refused.status_code, "Say how you know" in words(refused)) == (400, True)


def test_the_desk_moves_a_visit_to_the_time_that_was_chosen(house: House, ana: Client) -> None:
    stage = set_stage(house)
    visit = stage.book(stage.plan(), "10:00", TODAY + timedelta(days=3))
    request = times.ask(appointment=visit, now=NOW)
    address = f"/time-requests/{request.pk}/"
    assert address in ana.get("/tasks/").content.decode()
    assert "Nothing yet" in words(ana.get(address))
    TimeRequest.objects.update(chosen_at=NOW, chosen_start=local(TODAY + timedelta(days=4), "13:00"))
    answer = ana.post(f"{address}carry-out/", follow=True)
    assert "moved to the time that the patient chose" in words(answer)
    visit.refresh_from_db()
    assert visit.starts_at == local(TODAY + timedelta(days=4), "13:00")


def test_a_chosen_time_that_has_gone_is_told_on_the_page(house: House, ana: Client) -> None:
    stage = set_stage(house, chairs=1)
    friday = TODAY + timedelta(days=4)
    visit = stage.book(stage.plan(), "10:00", TODAY + timedelta(days=3))
    request = times.ask(appointment=visit, now=NOW)
    TimeRequest.objects.update(chosen_at=NOW, chosen_start=local(friday, "13:00"))
    stage.book(stage.plan(house.omar), "13:00", friday)
    answer = ana.post(f"/time-requests/{request.pk}/carry-out/")
    assert answer.status_code == 409
    assert "It can't be moved there." in words(answer)


# --- The made-up phones ----------------------------------------------------------------------------------


def send(ana: Client, house: House, **sent: str) -> str:
    body = {"id": str(new_id()), "patient": str(house.rosa.pk), "body": "", **sent}
    return words(ana.post("/inbox/text/", body, follow=True))


def test_a_newcomer_answers_as_the_patient_with_a_word_or_freely(house: House, ana: Client) -> None:
    announce(book(house, house.rosa))
    assert "The text has arrived" in send(ana, house, word="C")
    assert "The text has arrived" in send(ana, house, body="Can I eat?")
    assert list(InboundMessage.objects.order_by("created_at").values_list("reading", flat=True)) == [
        "confirm",
        "other",
    ]


def test_an_empty_text_is_not_sent(house: House, ana: Client) -> None:
    assert "Write what the patient says" in send(ana, house)
    assert not InboundMessage.objects.exists()


def test_a_real_clinic_has_no_made_up_phones(house: House, ana: Client) -> None:
    house.clinic.synthetic = False
    house.clinic.save()
    assert "Answer as the patient" not in words(ana.get("/inbox/"))
    body = {"id": str(new_id()), "patient": str(house.rosa.pk), "body": "C"}
    assert ana.post("/inbox/text/", body).status_code == 404
    assert not InboundMessage.objects.exists()


def test_without_a_number_there_is_nothing_to_text_to(house: House, ana: Client) -> None:
    ClinicMessaging.objects.all().delete()
    assert "Answer as the patient" not in words(ana.get("/inbox/"))
