"""The patient's link: hashed, expiring, silent before the birth year, locked after five wrong ones."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from clinic.problems import Conflict, Invalid, Missing, Problem
from notifications import queries, saying, tasks
from notifications.answering import links, tries
from notifications.delivering import delivery
from notifications.models import LinkPurpose, Message, PatientLink, WrongYears
from notifications.planning.planner import plan
from notifications.tokens import NO_LINK, hash_of, token_for
from scheduler.models import Appointment, ParticipantStatus
from tests.cast import NOW, House, make_patient
from tests.notifications.visits import VISIT, book, cancel, move

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOME = "198.51.100.4"


@pytest.fixture
def visit(house: House) -> Appointment:
    appointment = book(house, house.rosa)
    plan(now=NOW)
    return appointment


@pytest.fixture
def link(visit: Appointment) -> PatientLink:
    return links.open_link(token=token_of("confirmation"), now=NOW)


def token_of(stage: str) -> str:
    return token_for(Message.objects.get(stage=stage).link.pk)


def year(link: PatientLink, given: int, *, address: str = HOME, now: datetime = NOW) -> None:
    links.give_factor(link=link, birth_year=given, address=address, now=now)


def accepted(visit: Appointment) -> bool:
    visit.refresh_from_db()
    return visit.patient_status == ParticipantStatus.ACCEPTED


def test_the_database_knows_only_the_tokens_hash(link: PatientLink) -> None:
    token = token_of("confirmation")
    assert link.token_sha256 == hash_of(token)
    assert len(token) == 22
    assert not PatientLink.objects.filter(token_sha256=token).exists()


def test_every_message_has_a_token_of_its_own_and_a_retry_the_same(visit: Appointment) -> None:
    for days in (7, 3, 1):
        plan(now=VISIT - days * DAY)
    tokens = {token_for(pk) for pk in PatientLink.objects.values_list("pk", flat=True)}
    assert len(tokens) == 4
    assert token_of("T-1d") == token_of("T-1d")


def test_a_guessed_and_an_expired_token_are_the_same_answer(visit: Appointment) -> None:
    expires_at = PatientLink.objects.get(message__stage="confirmation").expires_at
    links.open_link(token=token_of("confirmation"), now=expires_at - timedelta(seconds=1))
    with pytest.raises(Missing) as expired:
        links.open_link(token=token_of("confirmation"), now=expires_at)
    with pytest.raises(Missing) as guessed:
        links.open_link(token="A" * 22, now=NOW)
    assert expired.value.body() == guessed.value.body()


def test_the_right_birth_year_opens_the_link(link: PatientLink) -> None:
    year(link, 1980)
    link.refresh_from_db()
    assert (link.opened_at, link.failed_factors) == (NOW, 0)


def test_a_wrong_birth_year_is_counted_and_says_how_many_tries_are_left(link: PatientLink) -> None:
    with pytest.raises(Invalid, match="You have 4 tries left"):
        year(link, 1981)
    link.refresh_from_db()
    assert (link.opened_at, link.failed_factors) == (None, 1)


def wrong(link: PatientLink, times: int, *, address: str = HOME, now: datetime = NOW) -> list[type[Problem]]:
    """What so many wrong years in a row are answered with."""
    answers = []
    for number in range(times):
        with pytest.raises(Problem) as refused:
            year(link, 1900 + number, address=address, now=now)
        answers.append(refused.type)
    return answers


def test_the_fifth_wrong_birth_year_closes_the_link_for_the_right_one_too(link: PatientLink) -> None:
    assert wrong(link, 4) == [links.WrongYear] * 4
    with pytest.raises(links.TooManyYears, match=r"this link is closed. Call the clinic: \(312\) 555-0100"):
        year(link, 1999)
    with pytest.raises(Missing, match=NO_LINK):
        year(link, 1980)
    with pytest.raises(Missing):
        links.open_link(token=token_of("confirmation"), now=NOW)


def test_a_right_year_starts_anew(link: PatientLink) -> None:
    for _ in range(4):
        wrong(link, 4)
        year(link, 1980)
    link.refresh_from_db()
    assert link.failed_factors == 0


def several(link: PatientLink, count: int) -> list[PatientLink]:
    """So many more links of the same patient, as one has after a week."""
    return [
        saying.give_link(
            saying.say(
                key=f"story:{number}",
                clinic_id=link.message.clinic_id,
                patient_id=link.patient_id,
                kind="diary",
                stage="diary",
                due_at=NOW,
                stale_at=NOW + DAY,
            ),
            purpose=LinkPurpose.DIARY,
            expires_at=NOW + 3 * DAY,
        )
        for number in range(count)
    ]


def test_ten_wrong_years_for_one_patient_stop_every_link_of_theirs_from_anywhere(link: PatientLink) -> None:
    first, second, third = several(link, 3)
    assert wrong(first, 4) == [links.WrongYear] * 4
    assert wrong(second, 4, address="203.0.113.9", now=NOW + HOUR) == [links.WrongYear] * 4
    wrong(third, 2, now=NOW + 2 * HOUR)
    for given in (1980, 1981):  # the right one is answered like a wrong one
        with pytest.raises(links.TooManyYears, match=r"until Jan 12, 10:00\. Wait until then"):
            year(third, given, address="2001:db8::7", now=NOW + 3 * HOUR)
    third.refresh_from_db()
    assert third.failed_factors == 2
    year(third, 1980, now=NOW + 26 * HOUR)


def test_a_right_year_from_elsewhere_leaves_what_was_tried_from_here(link: PatientLink) -> None:
    ones, others = several(link, 2)
    wrong(ones, 4, address="203.0.113.9")
    year(others, 1980)
    assert WrongYears.objects.get().count == 4
    year(others, 1980, address="203.0.113.9")
    assert WrongYears.objects.get().count == 0


def test_an_address_of_twenty_wrong_years_leaves_each_patient_three_and_stops_nobody_who_never_erred(
    house: House, link: PatientLink
) -> None:
    for number in range(5):
        patient = make_patient(house.clinic, f"P{number}", "Tried")
        WrongYears.objects.create(
            patient=patient, address_sha256=tries._hashed("2001:db8::1"), count=4, last_at=NOW
        )
    there = "2001:db8::2"  # the same household: one /64
    year(link, 1980, address=there)
    assert wrong(link, 2, address=there) == [links.WrongYear] * 2
    year(link, 1980, address=there)
    assert wrong(link, 3, address=there, now=NOW + HOUR) == [links.WrongYear] * 3
    with pytest.raises(links.TooManyYears, match=r"until Jan 12, 09:00\."):
        year(link, 1980, address=there, now=NOW + 2 * HOUR)
    # As soon as the others' errors are a day old the address is like any other; and elsewhere it was always.
    year(several(link, 1)[0], 1980, now=NOW + 2 * HOUR)
    year(link, 1980, address=there, now=NOW + DAY)


def test_where_a_patient_was_is_not_read_from_the_table(link: PatientLink) -> None:
    wrong(link, 1, address="203.0.113.9")
    assert WrongYears.objects.get().address_sha256 not in ("203.0.113.9", hash_of("203.0.113.9"))


def test_wrong_years_that_hold_nobody_up_any_more_are_swept_and_no_others(
    house: House, link: PatientLink
) -> None:
    wrong(link, 2)
    wrong(link, 1, address="203.0.113.9", now=NOW + HOUR)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")  # as the worker is connected
    with time_machine.travel(NOW + DAY - timedelta(seconds=1), tick=False):
        tasks.sweep_tries()
    assert WrongYears.objects.count() == 2
    with time_machine.travel(NOW + DAY, tick=False):
        tasks.sweep_tries()
    assert WrongYears.objects.get().last_at == NOW + HOUR
    rung_for = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "notifications.tasks.sweep_tries" in rung_for


def test_the_link_confirms_the_visit_once_and_for_all(link: PatientLink, visit: Appointment) -> None:
    links.confirm_visit(link=link, now=NOW)
    links.confirm_visit(link=link, now=NOW + DAY)
    assert accepted(visit)


def test_a_cancelled_visit_cannot_be_confirmed(link: PatientLink, visit: Appointment) -> None:
    cancel(visit)
    with pytest.raises(Conflict) as refused:
        links.confirm_visit(link=link, now=NOW)
    assert refused.value.code == "visit_cancelled"


def test_an_old_message_does_not_confirm_the_new_time(link: PatientLink, visit: Appointment) -> None:
    move(visit, VISIT + DAY)
    with pytest.raises(Conflict) as refused:
        links.confirm_visit(link=link, now=NOW)
    assert refused.value.code == "visit_moved"
    assert not accepted(visit)


def test_a_link_planned_before_the_secret_key_changed_still_opens(house: House, settings: Any) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key" * 6
    delivery.drain(clock=lambda: NOW)
    (arrived,) = queries.with_links(list(queries.inbox()))
    token = arrived.link.rpartition("/")[2]
    assert links.open_link(token=token, now=NOW).message.stage == "confirmation"
