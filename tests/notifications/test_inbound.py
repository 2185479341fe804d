"""A patient's text is recorded once, does what it says, and reaches a person wherever there is a doubt."""

from datetime import date, timedelta

import pytest

from clinic.models import Patient, WorkItem
from notifications.answering import due_times
from notifications.delivering import delivery, sending_state
from notifications.models import (
    BlockedAddress,
    InboundMessage,
    InboxItem,
    LinkPurpose,
    Message,
    PatientLink,
    SendingState,
    TimeRequest,
)
from notifications.talking import inbound, threads
from scheduler.models import Appointment
from tests.at_once import at_once
from tests.cast import NOW, House, local, make_house
from tests.notifications.texts import (
    CALL_FOR_HELP,
    READ_IT,
    ROSAS,
    agreed,
    alone_on_the_number,
    announce,
    answers,
    confirmed,
    give_number,
    tasks,
    text,
)
from tests.notifications.visits import VISIT, book, cancel, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)


@pytest.fixture
def visit(house: House) -> Appointment:
    visit = book(house, house.rosa)
    announce(visit)
    return visit


# --- C -------------------------------------------------------------------------------------------------


def test_c_confirms_the_visit_that_was_announced_and_says_thank_you(visit: Appointment) -> None:
    row = text("C")
    assert confirmed(visit)
    assert answers() == ["confirmed"]
    assert (row.patient, row.reading, row.read_at) == (visit.patient, "confirm", NOW)
    assert tasks() == []


def test_c_said_twice_confirms_once_and_thanks_once(visit: Appointment) -> None:
    text("C")
    text("c!")
    assert confirmed(visit)
    assert answers() == ["confirmed"]


def test_c_confirms_the_next_of_two_and_then_the_other(house: House, visit: Appointment) -> None:
    later = book(house, house.rosa, VISIT + 4 * DAY)
    announce(later)
    text("C")
    assert confirmed(visit)
    assert not confirmed(later)
    text("C")
    assert confirmed(later)
    assert answers() == ["confirmed", "confirmed"]


def test_c_to_a_visit_that_nobody_was_told_of_is_read_by_a_person(house: House) -> None:
    visit = book(house, house.rosa)
    row = text("C")
    assert not confirmed(visit)
    assert row.read_at is None
    assert tasks() == [READ_IT]


def test_c_to_the_old_time_of_a_visit_that_moved_is_read_by_a_person(visit: Appointment) -> None:
    move(visit, VISIT + DAY)
    text("C")
    assert not confirmed(visit)
    assert tasks() == [READ_IT]


def test_c_to_a_cancelled_visit_is_read_by_a_person(visit: Appointment) -> None:
    cancel(visit)
    text("C")
    assert tasks() == [READ_IT]


def test_c_from_a_number_of_two_patients_with_visits_confirms_neither(
    house: House, visit: Appointment
) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    other = book(house, house.omar, VISIT + DAY)
    announce(other)
    row = text("C")
    assert not confirmed(visit)
    assert not confirmed(other)
    assert row.patient is None
    assert tasks() == [READ_IT]


def test_c_from_a_number_of_two_patients_confirms_the_only_visit(house: House, visit: Appointment) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    text("C")
    assert confirmed(visit)


def test_a_patient_of_another_clinic_with_the_same_number_is_left_alone(visit: Appointment) -> None:
    hillside = make_house("Hillside")
    theirs = book(hillside, hillside.rosa)
    announce(theirs)
    text("C")
    assert confirmed(visit)
    assert not confirmed(theirs)


# --- R -------------------------------------------------------------------------------------------------


def test_r_opens_a_request_with_a_task_and_answers_with_a_link_of_its_own(visit: Appointment) -> None:
    text("R")
    request = TimeRequest.objects.get()
    assert (request.appointment, request.visit_starts_at, request.asked_at) == (visit, VISIT, NOW)
    assert tasks() == [("Find another time for this patient's visit", "routine", "front_desk")]
    link = PatientLink.objects.get()
    assert (link.purpose, link.expires_at, link.message.stage) == (LinkPurpose.TIMES, VISIT, "choose_time")
    assert not confirmed(visit)


def test_r_said_twice_is_one_request_one_task_and_one_answer(visit: Appointment) -> None:
    text("R")
    text("reschedule", now=NOW + MINUTE)
    assert TimeRequest.objects.count() == 1
    assert len(tasks()) == 1
    assert answers() == ["choose_time"]


def test_r_the_next_day_gets_a_link_again(visit: Appointment) -> None:
    text("R")
    text("R", now=NOW + DAY)
    assert answers() == ["choose_time", "choose_time"]


def test_r_without_a_visit_is_read_by_a_person(house: House) -> None:
    text("R")
    assert not TimeRequest.objects.exists()
    assert tasks() == [READ_IT]


# --- HELP, somebody else's number, anything else ---------------------------------------------------------


def test_help_is_answered_and_a_nurse_calls_as_for_a_worrying_answer(house: House) -> None:
    row = text("HELP")
    assert answers() == ["help"]
    assert tasks() == [CALL_FOR_HELP]
    assert WorkItem.objects.get().due_at == due_times.for_level("amber", clinic=house.clinic, now=NOW)
    assert row.read_at is None


def test_help_calls_a_nurse_beside_an_ordinary_text_that_waits_and_once(house: House) -> None:
    text("Can I bring my sister?")
    text("I need help", now=NOW + MINUTE)
    text("HELP", now=NOW + 2 * MINUTE)
    assert tasks() == [READ_IT, CALL_FOR_HELP]
    assert answers() == ["to_a_person", "help", "help"]


def test_who_asked_for_help_and_then_says_more_is_read_by_the_desk_as_well(house: House) -> None:
    text("HELP")
    text("Which door do I take?", now=NOW + MINUTE)
    assert tasks() == [CALL_FOR_HELP, READ_IT]


def test_a_wrong_number_is_written_to_once_more_and_then_never(house: House) -> None:
    text("Wrong number, sorry")
    text("not my number", now=NOW + MINUTE)
    block = BlockedAddress.objects.get()
    assert (block.address, block.reason) == (ROSAS, "wrong_number")
    assert answers() == ["wrong_number"]
    assert tasks() == [(inbound.CORRECT_NUMBER, "routine", "front_desk")]
    assert agreed(house.rosa)


@pytest.mark.parametrize(
    "words",
    [
        "Wrong number, I am not Sage. stop texting me",
        "STOP, wrong number",
        "wrong number, stop texting",
        "wrong number stop calling me",
        "This is not Rosa. Stop texting me!",
        "i'm not rosa delgado, stop texting me",
        "I don't know Rosa. STOP",
        "there is no Delgado here stop texting me",
        "not me stop",
        "its not me stop",
        "STOP not me",
        "no soy yo, no me escriban",
        "Nobody by that name here. Remove me",
    ],
)
def test_the_stop_of_somebody_else_is_a_wrong_number_and_no_wish_of_the_patients(
    house: House, words: str
) -> None:
    text(words)
    assert "wrong_number" in {block.reason for block in BlockedAddress.objects.all()}
    assert answers() == ["wrong_number"]
    assert tasks() == [(inbound.CORRECT_NUMBER, "routine", "front_desk")]
    assert agreed(house.rosa)
    assert threads.why_not(house.rosa) == "Somebody else has this number. Correct it first."


def test_a_number_that_was_the_patients_after_all_stays_stopped(house: House) -> None:
    """Whoever wrote it wants no more texts, and was the patient; on another number she still gets them."""
    text("Wrong number. STOP")
    for phone, why in ((ROSAS, "no more texts"), ("+13125550155", "")):
        threads.correct_number(
            actor=house.actor(house.ana), patient=house.rosa, phone=phone, how="She called", now=NOW + HOUR
        )
        house.rosa.refresh_from_db()
        said = threads.why_not(house.rosa)
        assert (why in said) if why else not said


def test_a_stop_before_it_was_known_whose_number_it_is_calls_no_stranger(house: House) -> None:
    text("STOP")
    text("You have the wrong number", now=NOW + MINUTE)
    assert threads.why_not(house.rosa) == "Somebody else has this number. Correct it first."


@pytest.mark.parametrize(
    "words",
    [
        "I'm not OK with this. STOP",
        "I am not coming, stop texting me",
        "I am not Interested. Stop",
        "I am not Better, stop texting me",
        "I'm not Coming, stop texting me",
        "This is not Helping. STOP",
        # Nobody's name that is known here: a false STOP costs a call.
        "I'm not Sage. Stop texting me!",
        "Who is this? Stop texting me",
        "It's not me who should decide. STOP",
    ],
)
def test_who_is_not_surely_somebody_else_stops_and_a_person_reads_the_rest(house: House, words: str) -> None:
    text(words)
    assert not agreed(house.rosa)
    assert [block.reason for block in BlockedAddress.objects.all()] == ["stop"]
    assert tasks() == [(inbound.STOPPED_OR_CANCELLED, "routine", "front_desk")]


@pytest.mark.parametrize("words", ["I am not Rosa", "I don't know Rosa Delgado"])
def test_who_says_not_to_be_the_patient_by_name_has_another_number(house: House, words: str) -> None:
    text(words)
    assert [block.reason for block in BlockedAddress.objects.all()] == ["wrong_number"]


def test_of_two_on_one_number_either_may_say_not_to_be_the_other(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    text("I'm not Rosa, stop texting me")
    assert not agreed(house.rosa)


@pytest.mark.parametrize("words", ["Who is this?", "quien es"])
def test_who_asks_who_we_are_is_told_and_read_by_a_person_and_stays_a_patient(
    house: House, words: str
) -> None:
    row = text(words)
    assert answers() == ["help"]
    assert tasks() == [READ_IT]
    assert not BlockedAddress.objects.exists()
    assert row.read_at is None


def test_stop_beside_words_of_a_crisis_stops_and_calls_a_nurse(house: House) -> None:
    text("STOP but I want to die")
    assert not agreed(house.rosa)
    assert BlockedAddress.objects.get().reason == "stop"
    assert set(answers()) == {"stopped", "help"}
    assert (inbound.CALL_NOW, "red", "nurse") in tasks()


def test_anything_else_is_one_task_for_a_person_however_many_texts(house: House) -> None:
    text("Can I bring my sister?")
    text("And my dog?", now=NOW + MINUTE)
    assert tasks() == [READ_IT]
    assert answers() == ["to_a_person"]
    assert InboundMessage.objects.filter(patient=house.rosa, read_at=None).count() == 2


def test_that_a_person_will_read_it_is_said_at_most_once_a_day(house: House) -> None:
    text("Hello?")
    text("Hello??", now=NOW + HOUR)
    text("Hello???", now=NOW + DAY)
    assert answers() == ["to_a_person", "to_a_person"]


def test_nothing_of_what_a_patient_wrote_stands_in_a_task_or_a_message(house: House) -> None:
    text("My headache is back, xyzzy")
    assert not WorkItem.objects.filter(title__icontains="xyzzy").exists()
    assert not Message.objects.filter(text__icontains="xyzzy").exists()
    assert InboundMessage.objects.get().body == "My headache is back, xyzzy"


def test_perhaps_an_opt_out_is_asked_about_whatever_else_waits_and_texts_go_on_meanwhile(
    house: House,
) -> None:
    text("Can I bring my sister?")
    text("please stop texting me at night", now=NOW + MINUTE)
    assert tasks() == [READ_IT, (inbound.PERHAPS_STOP, "routine", "front_desk")]
    assert WorkItem.objects.get(title=inbound.PERHAPS_STOP).due_at == NOW + MINUTE + inbound.READ_WITHIN
    assert agreed(house.rosa)
    assert not BlockedAddress.objects.exists()


def test_an_opt_out_beside_something_else_holds_and_is_read_by_a_person(house: House) -> None:
    row = text("Stop texting me. Can you call me instead?")
    assert not agreed(house.rosa)
    assert answers() == ["stopped"]
    assert row.read_at is None
    assert tasks() == [(inbound.STOPPED_OR_CANCELLED, "routine", "front_desk")]


@pytest.mark.parametrize("words", ["I can't stop vomiting", "No puedo dejar de vomitar"])
def test_who_is_unwell_is_called_by_a_nurse_today_and_gets_texts_as_before(house: House, words: str) -> None:
    row = text(words)
    assert (inbound.WORRYING, "amber", "nurse") in tasks()
    item = WorkItem.objects.get(title=inbound.WORRYING)
    assert item.due_at == due_times.for_level("amber", clinic=house.clinic, now=NOW)
    assert agreed(house.rosa)
    assert row.read_at is None


def test_who_is_unwell_and_wants_no_more_texts_is_called_all_the_same(house: House) -> None:
    row = text("Stop texting me")
    assert row.read_at == NOW
    row = text("Stop texting me! I can't stop vomiting", now=NOW + MINUTE)
    assert row.read_at is None
    assert (inbound.WORRYING, "amber", "nurse") in tasks()


# --- A crisis --------------------------------------------------------------------------------------------


def test_words_of_a_crisis_call_a_nurse_at_once_and_give_the_emergency_lines(house: House) -> None:
    row = text("I want to die")
    (item, *rest) = WorkItem.objects.order_by("due_at")
    assert (item.title, item.urgency, item.role) == (inbound.CALL_NOW, "red", "nurse")
    assert (item.patient, item.due_at) == (house.rosa, NOW + 15 * MINUTE)
    assert [each.title for each in rest] == [inbound.READ_AND_ANSWER]
    assert answers() == ["help"]
    assert row.read_at is None


def test_a_crisis_beside_an_opt_out_is_heard_and_the_opt_out_honoured(house: House) -> None:
    row = text("stop texting me, I want to kill myself")
    assert not agreed(house.rosa)
    assert (inbound.CALL_NOW, "red", "nurse") in tasks()
    assert sorted(answers()) == ["help", "stopped"]
    assert row.read_at is None


def test_a_crisis_of_somebody_who_stopped_is_answered_all_the_same(house: House) -> None:
    text("STOP")
    text("chest pain", now=NOW + MINUTE)
    assert (inbound.CALL_NOW, "red", "nurse") in tasks()
    assert answers() == ["stopped", "help"]


def test_every_text_of_a_crisis_is_answered_with_the_emergency_lines_also_on_one_day(house: House) -> None:
    text("Hello?")
    text("My chest really hurts", now=NOW + MINUTE)
    text("me quiero matar", now=NOW + 2 * MINUTE)
    assert answers() == ["to_a_person", "help", "help"]
    assert tasks().count((inbound.CALL_NOW, "red", "nurse")) == 2


def test_a_crisis_from_a_number_that_was_thought_dead_is_answered(house: House) -> None:
    BlockedAddress.objects.create(clinic=house.clinic, address=ROSAS, reason="unreachable", since=NOW - DAY)
    text("I can't breathe")
    assert answers() == ["help"]


# --- A clinic that says nothing for now --------------------------------------------------------------------


def test_a_paused_clinic_still_confirms_an_opt_out_and_tells_where_help_is(
    house: House, visit: Appointment
) -> None:
    reminder = announce(visit)
    Message.objects.filter(pk=reminder.pk).update(status="planned", sent_at=None)
    sending_state.pause_clinic(actor=house.actor(house.max), clinic=house.clinic, why="Moving house", now=NOW)
    text("I want to die")
    text("STOP")
    delivery.drain(clock=lambda: NOW)
    sent = Message.objects.filter(status="sent", kind="answer").order_by("stage")
    assert [each.stage for each in sent] == ["help", "stopped"]
    reminder.refresh_from_db()
    assert reminder.status == "planned"


def test_what_is_closed_for_the_whole_house_holds_answers_too(house: House) -> None:
    """A restored copy must not write to anybody: perhaps it isn't the one that is in use."""
    SendingState.objects.update_or_create(name="all", defaults={"paused_at": NOW, "paused_why": "Restored"})
    text("STOP")
    delivery.drain(clock=lambda: NOW)
    assert not InboxItem.objects.exists()


# --- Once ------------------------------------------------------------------------------------------------


def test_the_same_text_handed_over_twice_is_taken_once(house: House) -> None:
    first = text("Hello", reference="SM7")
    again = text("Hello", reference="SM7", now=NOW + DAY)
    assert first == again
    assert InboundMessage.objects.count() == 1
    assert answers() == ["to_a_person"]


@pytest.mark.django_db(transaction=True)
def test_the_same_text_handed_over_at_once_is_taken_once(house: House) -> None:
    texts = at_once(*[lambda: text("HELP", reference="SM8")] * 4)
    assert {row.pk for row in texts} == {InboundMessage.objects.get().pk}
    assert answers() == ["help"]
    assert len(tasks()) == 1


def test_a_visit_of_today_that_has_begun_is_not_confirmed_by_text(house: House) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 11), "8:30"))
    announce(visit)
    text("C")
    assert not confirmed(visit)
    assert tasks() == [READ_IT]
