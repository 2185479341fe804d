"""Visits that were booked in one go are told in one message, and each counts as told by it."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from rest_framework.test import APIClient

from clinic.models import Channel, Patient
from clinic.problems import Invalid
from notifications.answering import links, things
from notifications.channels import opening
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.delivering import delivery, sending
from notifications.models import DeliveryAttempt, Message, PatientLink
from notifications.planning import own_texts, reasons, rows, said
from notifications.planning.planner import plan
from notifications.reporting import untold
from notifications.talking import again
from notifications.tokens import token_for
from notifications.wording import gsm7
from notifications.wording.texts import SERIES
from notifications.wording.writing import OwnText
from scheduler.models import Appointment
from tests.cast import NOW, House, make_patient, new_id
from tests.notifications import texts
from tests.notifications.drains import ScriptedChannel, drain, say
from tests.notifications.phones import proved, tap
from tests.notifications.visits import VISIT, book, cancel, move
from tests.web.pages import words

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def series(house: House) -> list[Appointment]:
    """Six visits on Thursdays and Mondays, the last one booked first."""
    starts = [VISIT + days * DAY for days in (0, 4, 7, 11, 14, 18)]
    return [book(house, house.rosa, start) for start in reversed(starts)][::-1]


def sent() -> DeliveryAttempt:
    return DeliveryAttempt.objects.latest("started_at", "number")


def told(visit: Appointment) -> Any:
    last = said.told_of(visit.pk)
    return last and last.starts_at


def confirmations() -> dict[Any, tuple[str, str]]:
    found = Message.objects.filter(kind="confirmation")
    return {row.visit_starts_at: (row.status, row.reason) for row in found}


def link_of(message: Message, now: Any = NOW) -> PatientLink:
    return links.open_link(token=token_for(PatientLink.objects.get(message=message).pk), now=now)


# --- What is said ----------------------------------------------------------------------------------
def test_one_email_tells_all_dates_with_one_link_and_one_file(series: list[Appointment]) -> None:
    say()
    (carrier,) = Message.objects.filter(status="sent")
    assert carrier.appointment == series[0]
    assert set(Message.objects.filter(carried_by=carrier).values_list("appointment", flat=True)) == {
        visit.pk for visit in series[1:]
    }
    assert PatientLink.objects.get().expires_at == series[-1].ends_at
    assert sent().subject == "Your 6 visits from Thu 21 Jan on"
    assert "Your 6 visits are booked:\n\nThu 21 Jan at 9:30 AM\nMon 25 Jan at 9:30 AM\n" in sent().body
    assert "Mon 8 Feb at 9:30 AM" in sent().body
    assert sent().body.count("{link}") == 1
    events = Calendar.from_ical(sent().calendar).events
    assert [event["UID"] for event in events] == [str(visit.pk) for visit in series]
    say(NOW + MINUTE)
    assert DeliveryAttempt.objects.count() == 1


@pytest.mark.parametrize(("language", "words"), [("en", "6 visits booked"), ("es", "6 visitas")])
def test_a_text_says_the_first_and_how_many_in_one_segment(
    series: list[Appointment], language: str, words: str, settings: Any
) -> None:
    Patient.objects.update(preferred_channel=Channel.SMS, language=language)
    say()
    (attempt,) = DeliveryAttempt.objects.all()
    assert words in attempt.body
    assert "21" in attempt.body
    assert "25" not in attempt.body
    address = f"{settings.PUBLIC_URL}/m/{'x' * 22}"
    assert gsm7.segments(attempt.body.replace("{link}", address)) == 1


def test_a_clinic_says_it_in_words_of_its_own(house: House, series: list[Appointment]) -> None:
    own = OwnText(
        subject="{count} visits", email="All of them:\n{dates}\n{link}", sms="{count} from {day} {link}"
    )
    write = partial(
        own_texts.write_text,
        actor=house.actor(house.max),
        clinic=house.clinic,
        stage=SERIES,
        language="en",
        now=NOW,
    )
    with pytest.raises(Invalid, match="All dates stand in the e-mail alone"):
        write(own=replace(own, sms="{dates} {link}"))
    write(own=own)
    say()
    assert sent().subject == "6 visits"
    assert "All of them:\nThu 21 Jan at 9:30 AM\n" in sent().body


def test_each_visit_counts_as_told_and_none_is_announced_or_called_about_again(
    series: list[Appointment],
) -> None:
    plan(now=NOW)
    assert [told(visit) for visit in series] == [None] * 6
    drain()
    assert [told(visit) for visit in series] == [visit.starts_at for visit in series]
    assert not any(untold.is_untold(visit, NOW) for visit in series)
    for visit in series:
        plan(now=visit.starts_at - 3 * DAY)
    assert Message.objects.filter(stage="T-3d").count() == 6
    assert Message.objects.filter(kind="confirmation").count() == 6


def test_a_text_too_many_keeps_back_the_whole_series_or_none(house: House, series: list[Appointment]) -> None:
    Patient.objects.update(preferred_channel=Channel.SMS, email="")
    say()
    assert [status for status, _ in confirmations().values()].count("sent") == 1
    book(house, house.rosa, VISIT + 21 * DAY)
    book(house, house.rosa, VISIT + 28 * DAY)
    say(NOW + HOUR)
    assert confirmations()[VISIT + 21 * DAY] == ("skipped", reasons.CAPPED_DAY)
    assert confirmations()[VISIT + 28 * DAY] == ("skipped", reasons.CAPPED_DAY)


def test_what_is_booked_later_is_told_by_itself(house: House, series: list[Appointment]) -> None:
    say()
    one_more = book(house, house.rosa, VISIT + 25 * DAY)
    say(NOW + HOUR)
    assert sent().subject == "Your visit on Mon 15 Feb"
    assert told(one_more) == one_more.starts_at


# --- Moved and cancelled, before and after -----------------------------------------------------------
def test_a_visit_that_moves_before_it_is_sent_is_left_out_and_told_by_itself(
    series: list[Appointment],
) -> None:
    plan(now=NOW)
    move(series[2], VISIT + 8 * DAY)
    drain()
    assert sent().subject == "Your 5 visits from Thu 21 Jan on"
    assert "28 Jan" not in sent().body
    assert confirmations()[series[2].starts_at] == ("skipped", reasons.VISIT_MOVED)
    say(NOW + MINUTE)
    assert sent().message.kind == "confirmation"
    assert sent().subject == "Your visit on Fri 29 Jan"


def test_a_visit_that_is_cancelled_before_it_is_sent_is_never_spoken_of(series: list[Appointment]) -> None:
    plan(now=NOW)
    cancel(series[5])
    drain()
    assert "8 Feb" not in sent().body
    say(NOW + MINUTE)
    assert DeliveryAttempt.objects.count() == 1
    assert told(series[5]) is None


def test_where_the_first_visit_falls_through_the_others_are_told_all_the_same(
    series: list[Appointment],
) -> None:
    plan(now=NOW)
    cancel(series[0])
    drain()
    assert DeliveryAttempt.objects.count() == 0
    say(NOW + MINUTE)
    assert sent().subject == "Your 5 visits from Mon 25 Jan on"
    assert [told(visit) for visit in series[1:]] == [visit.starts_at for visit in series[1:]]


def test_of_two_visits_one_of_which_falls_through_the_other_is_told_as_one(house: House) -> None:
    first, second = book(house, house.rosa), book(house, house.rosa, VISIT + 4 * DAY)
    plan(now=NOW)
    cancel(second)
    drain()
    assert (sent().subject, told(first)) == ("Your visit on Thu 21 Jan", first.starts_at)


def test_a_visit_that_moves_afterwards_is_told_as_moved_and_a_cancelled_one_as_cancelled(
    series: list[Appointment],
) -> None:
    say()
    move(series[1], VISIT + 5 * DAY)
    cancel(series[3])
    say(NOW + HOUR)
    notices = {row.kind: row for row in Message.objects.filter(kind__in=["move", "cancellation"])}
    assert notices["move"].instead_of == series[1].starts_at
    assert notices["cancellation"].visit_starts_at == series[3].starts_at
    assert {row.status for row in notices.values()} == {"sent"}


def test_a_visit_that_takes_longer_before_it_is_sent_is_told_so_and_not_as_changed(
    series: list[Appointment],
) -> None:
    plan(now=NOW)
    Appointment.objects.filter(pk=series[2].pk).update(extra_recovery_minutes=30)
    drain()
    say(NOW + HOUR)
    assert not Message.objects.filter(kind="change").exists()


def test_a_retry_does_not_tell_of_a_visit_that_moved_since_the_first_try(
    series: list[Appointment], scripted: Any
) -> None:
    scripted(DeliveryError("421", permanent=False))
    say()
    assert [told(visit) for visit in series] == [None] * 6
    move(series[4], VISIT + 15 * DAY)
    drain(NOW + HOUR)
    first, second = DeliveryAttempt.objects.order_by("number")
    assert ("4 Feb" in first.body, "4 Feb" in second.body) == (True, False)
    assert second.subject == "Your 5 visits from Thu 21 Jan on"


def test_what_is_left_out_of_a_retry_stays_so_where_that_retry_was_never_begun(
    house: House, series: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider was slow with what went before it, so that it went back, and is decided about again."""
    now = NOW

    class SlowChannel(ScriptedChannel):
        def send(self, envelope: Envelope) -> str:
            nonlocal now
            now += sending.DECISION_HOLDS_FOR
            return super().send(envelope)

    channel = SlowChannel(DeliveryError("421", permanent=False))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    plan(now=now)
    delivery.drain(clock=lambda: now)
    move(series[4], VISIT + 15 * DAY)
    book(house, house.omar, VISIT + HOUR)
    now += HOUR
    plan(now=now)
    Message.objects.filter(patient=house.omar).update(urgent=True)
    delivery.drain(clock=lambda: now)
    first, second = DeliveryAttempt.objects.filter(message__appointment=series[0]).order_by("number")
    assert ("4 Feb" in first.body, "4 Feb" in second.body) == (True, False)
    assert Message.objects.filter(status="sent").count() == 3


def test_a_retry_of_what_still_stands_has_the_same_words(series: list[Appointment], scripted: Any) -> None:
    scripted(DeliveryError("421", permanent=False))
    say()
    drain(NOW + HOUR)
    first, second = DeliveryAttempt.objects.order_by("number")
    assert (first.body, first.subject, first.calendar) == (second.body, second.subject, second.calendar)
    assert [told(visit) for visit in series] == [visit.starts_at for visit in series]


def test_a_series_that_was_refused_for_good_has_told_nothing_and_says_so_of_each(
    series: list[Appointment], scripted: Any
) -> None:
    scripted(*[DeliveryError("550", permanent=True)] * 6)
    for minute in range(7):
        say(NOW + minute * MINUTE)
    assert {status for status, _ in confirmations().values()} == {"failed"}
    assert [told(visit) for visit in series] == [None] * 6


def test_a_planner_that_came_late_leaves_what_another_one_has_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read both visits, and the first was told and sent before it wrote: the second isn't called told."""
    first, second = book(house, house.rosa), book(house, house.rosa, VISIT + 4 * DAY)
    write = rows.write

    def after_another(choices: Any, now: Any) -> Any:
        monkeypatch.setattr(rows, "write", write)
        alone = [choice for choice in choices if choice.found.appointment_id == first.pk]
        rows.write_links_and_check_ins(write(alone, now), now)
        drain(now)
        return write(choices, now)

    monkeypatch.setattr(rows, "write", after_another)
    plan(now=NOW)
    assert (told(first), told(second)) == (first.starts_at, None)
    say(NOW + MINUTE)
    assert sent().subject == "Your visit on Mon 25 Jan"
    assert told(second) == second.starts_at


def test_a_batch_asks_as_much_for_a_series_of_six_as_for_one_of_two(house: House) -> None:
    asked = []
    # Of the first drain something is kept that later ones don't ask.
    for minute, visits in enumerate((2, 2, 6)):
        patient = make_patient(house.clinic, f"Given{minute}", "Family")
        for days in range(visits):
            book(house, patient, VISIT + days * DAY)
        plan(now=NOW + minute * MINUTE)
        with CaptureQueriesContext(connection) as queries:
            drain(NOW + minute * MINUTE)
        asked.append(len(queries))
    assert asked[1] == asked[2]


# --- Said again, and the link ------------------------------------------------------------------------
def test_the_desk_says_the_whole_series_again(house: House, series: list[Appointment]) -> None:
    say()
    cancel(series[5])
    first = Message.objects.get(kind="confirmation", status="sent")
    row = again.send_again(actor=house.actor(house.ana), id=new_id(), message=first, now=NOW + HOUR)
    drain(NOW + HOUR)
    assert sent().message == row
    assert "Your 5 visits" in sent().subject
    assert confirmations()[series[5].starts_at] == ("skipped", reasons.IN_THE_SERIES)


def test_the_link_shows_all_visits_and_each_is_confirmed_by_itself_or_all_at_once(
    series: list[Appointment],
) -> None:
    say()
    link = link_of(Message.objects.get(status="sent"))
    links.confirm_visit(link=link, visit=series[2].pk, now=NOW)
    assert states(series) == ["needs-action", "needs-action", "accepted", *["needs-action"] * 3]
    links.confirm_visit(link=link, now=NOW)
    assert states(series)[0] == "accepted"
    cancel(series[4])
    links.confirm_all(link=link, now=NOW)
    assert states(series)[:4] == ["accepted"] * 4
    assert states(series)[4:] == ["needs-action", "accepted"]


def test_the_page_lists_the_others_and_takes_one_or_all(series: list[Appointment]) -> None:
    say()
    token = token_for(PatientLink.objects.get().pk)
    with time_machine.travel(NOW, tick=False):
        phone = proved(token)
        page = words(phone.get(f"/m/{token}"))
        assert "Thursday" in page
        assert page.count("I am coming") == 7  # the first, five others, all of them
        tap(phone, token, "confirm", visit=str(series[3].pk))
        assert states(series)[3] == "accepted"
        tap(phone, token, "confirm", visit="nonsense")
        assert states(series)[0] == "needs-action", "what names no visit is not the first"
        move(series[1], VISIT + 5 * DAY)
        tap(phone, token, "confirm", all="yes")
        after = words(phone.get(f"/m/{token}"))
    assert states(series) == ["accepted", "needs-action", *["accepted"] * 4]
    assert "Moved: go by the newest message" in after


def test_once_the_first_visit_is_over_the_page_is_about_the_next(series: list[Appointment]) -> None:
    say()
    message = Message.objects.get(status="sent")
    Appointment.objects.filter(pk=series[0].pk).update(status="fulfilled")
    offered = things.of_link(link_of(message, VISIT + DAY), VISIT + DAY)
    assert offered.visit == series[1]
    assert [told.visit for told in offered.others] == [series[0], *series[2:]]


def test_over_the_api_each_visit_is_told_and_confirmed(series: list[Appointment]) -> None:
    say()
    token = token_for(PatientLink.objects.get().pk)
    proof = {"token": token, "birth_year": 1980}
    with time_machine.travel(NOW, tick=False):
        api = APIClient()
        told = api.post("/api/v1/links/open/", proof, format="json").json()
        assert [visit["id"] for visit in told["visits"]] == [str(visit.pk) for visit in series]
        one = {**proof, "visit": str(series[1].pk)}
        assert api.post("/api/v1/links/confirm/", one, format="json").status_code == 200
        assert states(series)[:2] == ["needs-action", "accepted"]
        other = {**proof, "visit": str(new_id())}
        assert api.post("/api/v1/links/confirm/", other, format="json").status_code == 404
        api.post("/api/v1/links/confirm/", {**proof, "all": True}, format="json")
    assert states(series) == ["accepted"] * 6


def test_a_c_confirms_the_first_that_is_not_confirmed(house: House, series: list[Appointment]) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS, phone=texts.ROSAS)
    texts.give_number(house.clinic)
    say()
    texts.text("C", now=NOW + MINUTE)
    texts.text("C", now=NOW + 2 * MINUTE)
    assert states(series) == ["accepted", "accepted", *["needs-action"] * 4]


def states(series: list[Appointment]) -> list[str]:
    now = dict(Appointment.objects.values_list("pk", "patient_status"))
    return [now[visit.pk] for visit in series]
