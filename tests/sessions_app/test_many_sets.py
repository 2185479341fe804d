"""Many sets of vital signs sent at once: each stands or is refused by itself, and none is doubled."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from clinic import clock
from sessions_app.models import Session, VitalSigns
from sessions_app.observing import vitals
from sessions_app.observing.vitals import Entry, Kept, Refused
from tests.at_once import at_once
from tests.cast import House, client_of, make_house, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT
from tests.sessions_app.test_sessions_api import SESSIONS, calm_body

LATER = STARTED_AT + timedelta(minutes=12)


def entry(minutes: int, **changes: Any) -> Entry:
    reading = stories.calm(STARTED_AT + timedelta(minutes=minutes), **changes)
    return Entry(id=new_id(), reading=reading, sent={"minutes": minutes, **changes})


def record(house: House, session: Session, *entries: Entry) -> list[Kept | Refused]:
    nils = house.actor(house.nils)
    return vitals.record_many(actor=nils, session=session, entries=entries, now=LATER)


def test_each_of_many_sets_stands_or_is_refused_by_itself_in_order(house: House) -> None:
    session = stories.infusing(house)
    good, wrong, last = entry(2), entry(4, systolic_mmhg=400), entry(6)
    first, refused, third = record(house, session, good, wrong, last)
    assert isinstance(first, Kept)
    assert isinstance(third, Kept)
    assert isinstance(refused, Refused)
    assert (refused.id, refused.problem.code) == (wrong.id, "invalid")
    assert [first.line.revision, third.line.revision] == [session.revision + 1, session.revision + 2]
    assert stories.fresh(session).revision == session.revision + 2


def test_sets_that_are_sent_again_are_answered_and_never_doubled(house: House) -> None:
    session = stories.infusing(house)
    entries = [entry(2), entry(4)]
    record(house, session, entries[0])
    again = record(house, session, *entries)
    assert [each.again for each in again if isinstance(each, Kept)] == [True, False]
    assert session.vital_signs.count() == 3


def test_sets_sent_again_after_the_signature_are_answered_too(house: House) -> None:
    session = stories.infusing(house)
    kept, late = entry(2), entry(4)
    record(house, session, kept)
    Session.objects.filter(pk=session.pk).update(state="signed")
    again, refused = record(house, session, kept, late)
    assert isinstance(again, Kept)
    assert again.again
    assert isinstance(refused, Refused)
    assert refused.problem.code == "wrong_state"


def test_two_bad_sets_of_one_call_raise_the_level_as_if_they_had_come_alone(house: House) -> None:
    session = stories.infusing(house)
    record(house, session, entry(2, systolic_mmhg=185), entry(7, systolic_mmhg=186))
    assert [alert.level for alert in session.alerts.order_by("revision")] == ["caution", "stop"]


@pytest.mark.django_db(transaction=True)
def test_the_same_many_sets_sent_four_times_at_once_stand_once() -> None:
    house = make_house()
    session = stories.infusing(house)
    entries = [entry(minutes) for minutes in range(1, 9)]
    turned = list(reversed(entries))
    calls = [partial(record, house, session, *each) for each in (entries, turned, entries, turned)]
    outcomes = at_once(*calls)
    assert all(isinstance(each, Kept) for outcome in outcomes for each in outcome), outcomes
    assert sum(not each.again for outcome in outcomes for each in outcome) == len(entries)
    assert session.vital_signs.count() == len(entries) + 1


@pytest.mark.django_db(transaction=True)
def test_of_sets_entered_at_once_each_keeps_the_moment_that_was_stated() -> None:
    house = make_house()
    session = stories.infusing(house, at=clock.now() - timedelta(minutes=50))
    stated = [clock.now() - timedelta(seconds=each) for each in range(40, 52)]

    def enter(at: datetime) -> VitalSigns:
        line: VitalSigns = stories.measure(house, session, stories.calm(at), now=clock.now())
        return line

    lines = at_once(*(partial(enter, at) for at in stated))
    assert [line.measured_at for line in lines] == stated
    assert all(line.measured_at < line.recorded_at for line in lines)


@pytest.mark.parametrize("wrong", ['"id": 1e400', '"id": -1e400', '"id": "\\ud800"', '"\\ud800": 1'])
def test_what_cannot_be_said_again_is_refused_before_anything_is_kept(house: House, wrong: str) -> None:
    session = stories.infusing(house)
    good = json.dumps(calm_body(STARTED_AT + timedelta(minutes=1), temperature_cel="36.6"))
    sent = f'{{"readings": [{good}, {{{wrong}}}]}}'
    address = f"{SESSIONS}{session.pk}/vitals/"
    answer = client_of(house.nils).post(address, sent, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "readings")
    assert session.vital_signs.count() == 1


def test_many_sets_over_the_api(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = stories.infusing(house)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils, address = client_of(house.nils), f"{SESSIONS}{session.pk}/vitals/"
    alone = calm_body(STARTED_AT + timedelta(minutes=1))
    assert nils.post(address, alone).status_code == 201
    good, unusual, misspelt = (calm_body(STARTED_AT + timedelta(minutes=each)) for each in (2, 3, 4))
    body = {"readings": [alone, good, {**unusual, "heart_rate_per_min": 151}, {**misspelt, "puls": 70}]}
    answer = nils.post(address, body)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [each["result"] for each in results] == ["again", "kept", "refused", "refused"]
    assert results[1]["vital_signs"]["id"] == good["id"]
    assert results[2]["problem"]["errors"][0]["code"] == "confirm"
    assert results[3]["problem"]["errors"][0]["field"] == "puls"
    assert answer.headers["ETag"] == f'"{stories.fresh(session).revision}"'
    assert [each["result"] for each in nils.post(address, body).json()["results"]][:2] == ["again", "again"]
    stale = nils.post(address, body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (400, "If-Match")
    assert nils.post(address, {"readings": []}).status_code == 400


def test_of_many_sets_an_unusual_one_alarms_too(house: House) -> None:
    session = stories.infusing(house)
    _, refused, kept = record(house, session, entry(2), entry(4, respiratory_rate_per_min=7), entry(6))
    assert isinstance(refused, Refused)
    assert isinstance(kept, Kept)
    assert session.alerts.get().sign == "respiratory_rate_per_min"
