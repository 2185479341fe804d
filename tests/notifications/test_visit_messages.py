"""Every message of a visit with what came of it or exactly why not, and saying one again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import ConsentScope
from clinic.problems import Conflict, Invalid
from notifications.delivering import delivery
from notifications.models import InboxItem, Message, MessageKind
from notifications.planning.planner import plan
from notifications.planning.rule_settings import change_rule
from notifications.reporting.visit_messages import Line, masked, messages_of_visit
from notifications.talking.again import by_email, send_again
from scheduler.models import Appointment
from tests.cast import NOW, House, client_of, new_id
from tests.notifications.texts import prefers_texts
from tests.notifications.visits import VISIT, book, cancel, confirm, date_history, discharge, move
from tests.web.pages import browser_of

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def visit(house: House) -> Appointment:
    """Booked, and its confirmation sent."""
    appointment = book(house, house.rosa)
    plan(now=NOW)
    delivery.drain(clock=lambda: NOW)
    return Appointment.objects.get(pk=appointment.pk)


def by_stage(visit: Appointment) -> dict[str, Line]:
    return {line.stage: line for line in messages_of_visit(visit, LATER)}


def again(house: House, message: Message, text: str = "") -> Message:
    actor = house.actor(house.ana)
    return send_again(actor=actor, id=new_id(), message=message, text=text, now=LATER)


def test_what_was_sent_and_what_is_to_come_stand_in_one_list(visit: Appointment) -> None:
    lines = by_stage(visit)
    said, coming = lines["confirmation"], lines["T-3d"]
    assert (said.state, said.sent_at, said.tries[0].to) == ("sent", NOW, "r…@patients.example")
    assert "{link}" in said.tries[0].body
    assert (coming.message, coming.state, coming.due_at) == (None, "coming", VISIT - timedelta(days=3))
    assert lines["next_morning"].presumed


def test_an_address_is_recognised_but_not_told() -> None:
    assert masked("+13125550142") == "…142"
    assert masked("rosa@patients.example") == "r…@patients.example"


def test_of_a_cancelled_visit_the_notice_is_still_to_come_and_of_the_others_why_they_are_not(
    house: House, visit: Appointment
) -> None:
    before = set(by_stage(visit))
    cancel(visit)
    lines = by_stage(Appointment.objects.get(pk=visit.pk))
    assert set(lines) == before | {"cancellation"}
    assert (lines["confirmation"].state, lines["cancellation"].state) == ("sent", "coming")
    others = [lines[stage] for stage in sorted(before - {"confirmation"})]
    assert {"T-7d", "T-3d", "T-1d", "next_morning"} <= {line.stage for line in others}
    assert {(line.state, line.why_not) for line in others} == {("not_coming", "The visit was cancelled.")}


def test_a_reminder_that_was_planned_when_the_visit_was_cancelled_stands_once(visit: Appointment) -> None:
    at = VISIT - timedelta(days=3)
    plan(now=at)
    cancel(visit)
    delivery.drain(clock=lambda: at)
    lines = messages_of_visit(Appointment.objects.get(pk=visit.pk), at)
    (line,) = [line for line in lines if line.stage == "T-3d"]
    assert (line.state, line.why_not) == ("skipped", "The visit was cancelled.")


def test_of_a_missed_visit_the_questions_after_it_say_that_it_was_missed(visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status="noshow")
    lines = {
        line.stage: line
        for line in messages_of_visit(Appointment.objects.get(pk=visit.pk), VISIT + timedelta(days=2))
    }
    assert lines["next_morning"].why_not == "The visit was missed."
    assert lines["missed"].why_not != "The visit was missed."


def test_the_questions_before_a_later_visit_are_listed_before_the_first_was_given(
    house: House, visit: Appointment
) -> None:
    """By what is booked; and where the clinic has switched them off, with that."""
    later = book(house, house.rosa, VISIT + timedelta(days=4))
    assert "before_next" not in by_stage(visit)
    line = by_stage(later)["before_next"]
    assert (line.state, line.presumed) == ("carried", True)
    switch_off(house, "before_next")
    line = by_stage(later)["before_next"]
    assert (line.state, line.presumed) == ("switched_off", True)


def confirmed_after(visit: Appointment) -> list[str]:
    lines = messages_of_visit(Appointment.objects.get(pk=visit.pk), VISIT - timedelta(hours=3))
    return [line.stage for line in lines if "The visit is confirmed." in line.answered]


def test_that_the_visit_is_confirmed_stands_at_the_message_that_it_followed(visit: Appointment) -> None:
    """The reminder three days before, and neither the notice nor the reminder of the next day."""
    for days in (3, 1):
        at = VISIT - timedelta(days=days)
        plan(now=at)
        delivery.drain(clock=lambda at=at: at)  # type: ignore[misc]
    assert confirmed_after(visit) == []
    confirm(visit, VISIT - timedelta(days=2))
    assert confirmed_after(visit) == ["T-3d"]


def test_a_visit_that_was_confirmed_before_anything_was_said_of_it_answers_no_message(
    visit: Appointment,
) -> None:
    confirm(visit, NOW - timedelta(minutes=1))
    assert confirmed_after(visit) == []


def test_what_was_confirmed_before_the_visit_moved_is_no_answer_to_what_was_said_since(
    visit: Appointment,
) -> None:
    """It comes back to its first time, and is confirmed anew."""
    confirm(visit, NOW + timedelta(minutes=1))
    assert confirmed_after(visit) == ["confirmation"]
    move(visit, VISIT + timedelta(days=1))
    Appointment.objects.filter(pk=visit.pk).update(patient_status="needs-action")
    move(visit, VISIT)
    assert confirmed_after(visit) == []
    plan(now=VISIT - timedelta(days=3))
    delivery.drain(clock=lambda: VISIT - timedelta(days=3))
    confirm(visit, NOW - timedelta(minutes=1))
    assert confirmed_after(visit) == []
    confirm(visit, VISIT - timedelta(days=2))
    assert confirmed_after(visit) == ["T-3d"]


def test_why_nothing_can_be_sent_is_said_of_each_that_is_to_come(house: House, visit: Appointment) -> None:
    house.rosa.consents.exclude(scope=ConsentScope.TREATMENT).delete()
    line = by_stage(Appointment.objects.get(pk=visit.pk))["T-3d"]
    assert (line.state, line.why_not) == ("not_coming", "No consent to e-mail.")


def switch_off(house: House, stage: str) -> None:
    change_rule(actor=house.actor(house.max), clinic=house.clinic, stage=stage, changes={"enabled": False})
    date_history("notifications_messageruleevent", NOW)


def test_what_the_clinic_has_switched_off_says_so_and_since_when(house: House, visit: Appointment) -> None:
    switch_off(house, "T-3d")
    line = by_stage(visit)["T-3d"]
    assert (line.state, line.words, line.message) == ("switched_off", "Switched off", None)
    assert line.due_at == VISIT - timedelta(days=3)
    assert line.why_not.startswith("The clinic has switched this message off: since ")
    assert line.why_not.endswith(f" by {house.max.full_name}.")


def test_switched_on_and_off_again_the_last_time_counts(house: House, visit: Appointment) -> None:
    """Nils took it off long ago, Max put it back and took it off again."""
    actor, clinic = house.actor(house.nils), house.clinic
    change_rule(actor=actor, clinic=clinic, stage="T-3d", changes={"enabled": False})
    change_rule(actor=actor, clinic=clinic, stage="T-3d", changes={"enabled": True})
    switch_off(house, "T-3d")
    assert by_stage(visit)["T-3d"].why_not.endswith(f" by {house.max.full_name}.")


def test_what_was_said_before_it_was_switched_off_stands_once(house: House, visit: Appointment) -> None:
    switch_off(house, "confirmation")
    stages = [line.stage for line in messages_of_visit(visit, LATER)]
    assert stages.count("confirmation") == 1
    assert by_stage(visit)["confirmation"].state == "sent"


def test_what_a_visit_never_asked_for_is_not_called_switched_off(house: House, visit: Appointment) -> None:
    """Nobody moved it; and of a visit in two days nobody would have been reminded three days before."""
    for stage in ("move", "offer", "missed", "T-3d"):
        switch_off(house, stage)
    assert not {"move", "offer", "missed"} & set(by_stage(visit))
    soon = book(house, house.omar, NOW + timedelta(days=2))
    assert "T-3d" not in by_stage(soon)


def test_what_was_not_said_before_the_switch_is_not_laid_to_it(house: House) -> None:
    """The history's time is the database's own: a visit that lies before it, in the story and in truth."""
    then = NOW - timedelta(days=300)
    visit = book(house, house.rosa, then, status="fulfilled")
    Message.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        appointment=visit,
        kind="confirmation",
        stage="confirmation",
        key="told",
        visit_starts_at=then,
        due_at=then - timedelta(days=9),
        stale_at=then,
        status="sent",
        sent_at=then - timedelta(days=9),
    )
    switch_off(house, "T-3d")
    assert "T-3d" not in by_stage(visit)


def test_the_list_has_as_many_queries_for_one_message_as_for_ten(house: House, visit: Appointment) -> None:
    few = _queries(visit)
    for hour in range(1, 6):
        again(house, Message.objects.get(stage="confirmation", again_of=None), f"Please call us by {hour}.")
    assert _queries(visit) == few


def _queries(visit: Appointment) -> int:
    fresh = Appointment.objects.select_related("patient__clinic", "clinic", "protocol", "plan").get(
        pk=visit.pk
    )
    with CaptureQueriesContext(connection) as asked:
        messages_of_visit(fresh, LATER)
    return len(asked)


def test_a_confirmation_that_arrived_goes_again_as_a_reminder_of_its_time(
    house: House, visit: Appointment
) -> None:
    first = Message.objects.get(stage="confirmation")
    row = again(house, first)
    assert (row.kind, row.stage, row.again_of_id) == (MessageKind.REMINDER, "confirmation", first.pk)
    delivery.drain(clock=lambda: LATER)
    row.refresh_from_db()
    assert row.status == "sent"
    assert row.link.pk != first.link.pk
    assert row.written_by == house.ana


def test_staffs_own_words_go_without_a_link(house: House, visit: Appointment) -> None:
    row = again(house, Message.objects.get(stage="confirmation"), "Please call us today.")
    delivery.drain(clock=lambda: LATER)
    row.refresh_from_db()
    assert (row.kind, row.status) == (MessageKind.REPLY, "sent")
    assert "Please call us today." in row.attempts.get().body
    assert not hasattr(row, "link")


def test_own_words_that_go_as_a_text_say_who_sends_them(house: House, visit: Appointment) -> None:
    row = again(house, Message.objects.get(stage="confirmation"), "Please call us today.")
    assert row.text == "Lakeside Clinic: Please call us today."


def test_own_words_by_e_mail_are_a_letter_and_tell_as_little(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    for words in ("Your ketamine is ready", "Dear {name}", "Rosa Delgado, call us", "Born 1980?"):
        with pytest.raises(Invalid, match="text"):
            again(house, first, words)
    row = again(house, first, "Venga por la puerta pequeña, más allá del jardín. " * 20)
    prefers_texts(house.rosa)
    delivery.drain(clock=lambda: LATER)
    assert [attempt.form for attempt in row.attempts.all()] == ["email"]


NOTHING_SEEN = ("\u200b", "\u2800", "\u00ad\u2060", "\u202e", " \u3164 ")


@pytest.mark.parametrize("words", NOTHING_SEEN)
def test_words_of_which_nothing_shows_are_not_sent_nor_what_was_said_first(
    house: House, visit: Appointment, words: str
) -> None:
    first = Message.objects.get(stage="confirmation")
    answer = client_of(house.ana).post(
        f"/api/v1/messages/{first.pk}/again/", {"id": str(new_id()), "text": words}
    )
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (400, "Write what you want to say.")
    for page in (f"/messages/{first.pk}/again/", f"/threads/{house.rosa.pk}/reply/"):
        refused = browser_of(house.ana).post(page, {"id": str(new_id()), "text": words})
        assert refused.status_code == 400
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
    assert not Message.objects.filter(again_of=first).exists()


def test_of_own_words_goes_out_what_can_be_seen(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    row = again(house, first, "\u202ePlease\u200b call\nus today. \u2800")
    assert row.text == "Lakeside Clinic: Please call\nus today."
    with pytest.raises(Invalid, match="text"):
        again(house, first, "Your keta\u200bmine is ready")


def test_a_letter_has_a_most_length(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    body = {"id": str(new_id()), "text": "x" * 2001}
    answer = client_of(house.ana).post(f"/api/v1/messages/{first.pk}/again/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "text")
    with pytest.raises(Invalid, match="text"):
        again(house, first, "x" * 2001)
    assert again(house, first, "x" * 2000).form == "email"


def test_own_words_never_tell_what_the_visit_is_about(house: House, visit: Appointment) -> None:
    prefers_texts(house.rosa)
    for words in ("Your ketamine is ready", "Dear {name}", "x" * 500, "Rosa Delgado, call us", "Born 1980?"):
        with pytest.raises(Invalid, match="text"):
            again(house, Message.objects.get(stage="confirmation"), words)
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 0


def test_consent_that_was_taken_back_meanwhile_holds_for_what_is_sent_again(
    house: House, visit: Appointment
) -> None:
    house.rosa.consents.update(revoked_at=LATER)
    row = again(house, Message.objects.get(stage="confirmation"), "Please call us today.")
    delivery.drain(clock=lambda: LATER)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("skipped", "No consent to e-mail.")


def test_own_words_to_somebody_who_agreed_to_texts_only_are_held_to_a_texts_length(
    house: House, visit: Appointment
) -> None:
    first = Message.objects.get(stage="confirmation")
    assert by_email(first)
    house.rosa.consents.filter(scope=ConsentScope.EMAIL).delete()
    assert not by_email(first)
    row = again(house, first, "Please call us today.")
    delivery.drain(clock=lambda: LATER)
    row.refresh_from_db()
    texted = InboxItem.objects.get(form="sms")
    assert (row.status, texted.recipient) == ("sent", str(house.rosa.phone))


def test_what_is_no_longer_true_or_of_use_is_not_sent_again(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    cancel(visit)
    with pytest.raises(Conflict, match="The visit was cancelled"):
        again(house, first)
    with pytest.raises(Conflict, match="too late"):
        send_again(actor=house.actor(house.ana), id=new_id(), message=first, now=VISIT)


def test_what_is_on_its_way_is_not_sent_twice(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    with pytest.raises(Conflict, match="on its way"):
        again(house, Message.objects.get(stage="confirmation"))


def test_an_answered_check_in_says_how_it_came_out(house: House) -> None:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + timedelta(hours=3))
    plan(now=VISIT + timedelta(days=1))
    asked = house.rosa.check_ins.get(kind="next_morning")
    type(asked).objects.filter(pk=asked.pk).update(level="red", completed_at=VISIT + timedelta(days=1))
    visit = Appointment.objects.get(pk=visit.pk)
    lines = {line.stage: line for line in messages_of_visit(visit, VISIT + timedelta(days=2))}
    assert lines["next_morning"].answered == "Questions answered: red."
