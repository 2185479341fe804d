"""Two draft a version of one protocol at one moment: each gets a draft, with a number of its own. The same
meeting with the turn taken out shows what it is there for."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError

from clinic.signin import Proof
from scheduler.models import Protocol
from scheduler.protocols import protocols
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, PASSWORD, House, client_of, make_house, new_id
from tests.races.meetings import A_MOMENT
from tests.scheduler.stage import active_protocol


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_house()


@pytest.fixture
def mood(house: House) -> Protocol:
    return active_protocol(house)


def drafting(house: House, after: Protocol, minutes: int) -> Callable[[], Protocol]:
    return lambda: protocols.draft_version(
        actor=house.actor(house.priya), id=new_id(), after=after, changes={"observation_minutes": minutes}
    )


def meet(monkeypatch: pytest.MonkeyPatch, house: House, after: Protocol) -> list[Any]:
    """The first has read which versions there are as the second begins, and waits a moment for it to end."""
    read, done, versions_of = Event(), Event(), protocols._locked_versions

    def read_and_wait(protocol: Protocol) -> list[Protocol]:
        versions = versions_of(protocol)
        if not read.is_set():
            read.set()
            done.wait(A_MOMENT)
        return versions

    def come_second() -> Protocol:
        read.wait(PATIENCE_SECONDS)
        try:
            return drafting(house, after, 45)()
        finally:
            done.set()

    monkeypatch.setattr(protocols, "_locked_versions", read_and_wait)
    return at_once(drafting(house, after, 90), come_second)


def test_of_two_who_draft_at_one_moment_each_gets_a_number(
    monkeypatch: pytest.MonkeyPatch, house: House, mood: Protocol
) -> None:
    first, second = meet(monkeypatch, house, mood)

    assert [(draft.version, draft.observation_minutes) for draft in (first, second)] == [(2, 90), (3, 45)]


def test_without_the_turn_both_take_the_same_number(
    monkeypatch: pytest.MonkeyPatch, house: House, mood: Protocol
) -> None:
    monkeypatch.setattr(protocols, "one_at_a_time", lambda name: None)

    first, second = meet(monkeypatch, house, mood)

    assert first.version == 2
    assert isinstance(second, IntegrityError)
    assert "protocol_version_once" in str(second)


def test_five_calls_at_once_make_five_drafts_and_one_is_signed(house: House, mood: Protocol) -> None:
    def call() -> int:
        body = {"id": str(new_id()), "after": str(mood.pk), "observation_minutes": 90}
        return client_of(house.priya).post("/api/v1/protocols/", body, format="json").status_code

    assert at_once(*[call] * 5) == [201] * 5

    drafts = list(Protocol.objects.filter(code=mood.code).exclude(pk=mood.pk).order_by("version"))
    assert [draft.version for draft in drafts] == [2, 3, 4, 5, 6]
    last = drafts[-1]
    protocols.activate(actor=house.actor(house.priya), protocol=last, proof=Proof(PASSWORD), now=NOW)
    assert Protocol.objects.get(code=mood.code, status="active") == last
