"""The patient's link: hashed, expiring, silent before the birth year, locked after five wrong ones."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid, Missing
from notifications import queries
from notifications.answering import links
from notifications.delivering import delivery
from notifications.models import Message, PatientLink
from notifications.planning.planner import plan
from notifications.tokens import NO_LINK, hash_of, token_for
from scheduler.models import Appointment, ParticipantStatus
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book, cancel, move

DAY = timedelta(days=1)


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
    links.give_factor(link=link, birth_year=1980, now=NOW)
    link.refresh_from_db()
    assert (link.opened_at, link.failed_factors) == (NOW, 0)


def test_a_wrong_birth_year_is_counted_and_says_how_many_tries_are_left(link: PatientLink) -> None:
    with pytest.raises(Invalid, match="You have 4 tries left"):
        links.give_factor(link=link, birth_year=1981, now=NOW)
    link.refresh_from_db()
    assert (link.opened_at, link.failed_factors) == (None, 1)


def test_the_fifth_wrong_birth_year_locks_the_link_for_the_right_one_too(link: PatientLink) -> None:
    for wrong in range(1, 5):
        with pytest.raises(Invalid):
            links.give_factor(link=link, birth_year=1900 + wrong, now=NOW)
    with pytest.raises(Missing) as fifth:
        links.give_factor(link=link, birth_year=1999, now=NOW)
    assert fifth.value.detail == NO_LINK
    with pytest.raises(Missing):
        links.give_factor(link=link, birth_year=1980, now=NOW)
    with pytest.raises(Missing):
        links.open_link(token=token_of("confirmation"), now=NOW)


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
