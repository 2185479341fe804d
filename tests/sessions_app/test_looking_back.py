"""How a patient's sessions went: what was given, the highest pressure, what was felt and came again."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app import looking_back
from sessions_app.infusing import infusion, stopping
from sessions_app.looking_back import LookedBack, Pressure
from sessions_app.models import ReportedBy, Session, SideEffect
from sessions_app.observing import vitals
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import go_on, report

MINUTE = timedelta(minutes=1)


def back(house: House, *, now: datetime = stories.HOME_AT) -> LookedBack:
    return looking_back.look_back(house.rosa, now=now)


def felt(
    house: House, session: Session, term: str, *, minutes: int, now: datetime, **told: Any
) -> SideEffect:
    """Nils enters a side effect that began so many minutes after the start."""
    assert session.started_at is not None
    onset_at = session.started_at + minutes * MINUTE
    return report(house, session, term=term, onset_at=onset_at, now=now, **told)


def test_an_early_stop_tells_what_ran_in_beside_what_was_ordered(house: House) -> None:
    session = stories.infusing(house)
    stopping.stop(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="The patient asked for it",
        volume_ml=Decimal("50.0"),
        now=stories.STARTED_AT + 20 * MINUTE,
    )
    [went] = back(house).sessions
    assert (went.ordered_mg, went.given_mg, went.ran_minutes) == (Decimal("35.0"), Decimal("17.5"), 20)
    assert went.session.stopped_early
    assert went.paused_minutes == 0


def test_a_pause_is_no_time_in_which_the_pump_ran(house: House) -> None:
    session, nils = stories.infusing(house), house.actor(house.nils)
    for step, minutes in ((infusion.pause, 3), (infusion.resume, 7), (stopping.stop, 10)):
        step(actor=nils, id=new_id(), session=session, now=stories.STARTED_AT + minutes * MINUTE)
    [went] = back(house).sessions
    assert (went.ran_minutes, went.paused_minutes) == (6, 4)


def test_the_highest_pressure_is_that_since_the_start_and_a_corrected_set_counts_no_more(
    house: House,
) -> None:
    session = stories.infusing(house)
    slipped = stories.measure(
        house, session, stories.calm(stories.STARTED_AT + 10 * MINUTE, systolic_mmhg=190, diastolic_mmhg=100)
    )
    stories.measure(
        house,
        session,
        stories.calm(
            stories.STARTED_AT + 30 * MINUTE,
            systolic_mmhg=148,
            diastolic_mmhg=92,
            oxygen_saturation_percent=96,
        ),
    )
    vitals.record_vitals(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reading=stories.calm(slipped.measured_at, systolic_mmhg=131, diastolic_mmhg=80),
        corrects=slipped.pk,
        correction_reason="The cuff had slipped",
        now=stories.STARTED_AT + 31 * MINUTE,
    )
    [went] = back(house, now=stories.STARTED_AT + 32 * MINUTE).sessions
    assert went.before == Pressure(122, 78, -10)
    assert went.highest == Pressure(148, 92, 30)
    assert (went.rise, went.lowest_saturation, went.under_way) == (26, 96, True)
    assert went.alerts == went.unresolved > 0


def test_a_side_effect_is_told_from_its_onset_to_its_end_with_its_worst_grade(house: House) -> None:
    session = stories.infusing(house)
    at = stories.STARTED_AT + 15 * MINUTE
    line = felt(house, session, "nausea", minutes=12, now=at, distress=3, action="Slowed")
    for minutes, grade, state in (
        (20, 2, {"distress": 6}),
        (52, 1, {"outcome": "resolved", "ended_at": stories.STARTED_AT + 50 * MINUTE}),
    ):
        now = stories.STARTED_AT + minutes * MINUTE
        go_on(house, session, line, grade, now=now, action="Ondansetron", **state)
    [went] = back(house).sessions
    [nausea] = went.episodes
    assert (nausea.label, nausea.onset_minutes, nausea.lasted_minutes) == ("Nausea", 12, 38)
    assert (nausea.worst, nausea.distress) == (2, 6)
    assert nausea.actions == ("Slowed", "Ondansetron")
    assert went.worst == nausea


def test_what_came_again_is_counted_by_infusion_and_by_who_told_of_it(house: House) -> None:
    days = [stories.ARRIVED_AT - timedelta(days=days) for days in (7, 4)]
    for at in days:
        with time_machine.travel(at, tick=False):
            session = stories.infusing(house, at=at)
        now = at + 60 * MINUTE
        felt(house, session, "nausea", minutes=10, now=now, source=ReportedBy.PATIENT)
        stopping.stop(actor=house.actor(house.nils), id=new_id(), session=session, now=now)
    felt(house, session, "nausea", minutes=30, now=now, grade=2)
    felt(house, session, "dizziness", minutes=30, now=now)
    stories.infusing(house)
    found = back(house)
    assert [went.session.arrived_at for went in found.sessions] == [stories.ARRIVED_AT, *reversed(days)]
    [again] = found.came_again
    assert (again.label, again.sessions, again.of, again.worst) == ("Nausea", 2, 3, 2)
    assert (again.observed, again.reported) == (1, 2)


def test_a_session_in_which_nothing_was_given_has_no_figures(house: House) -> None:
    session = stories.arrived(house)
    stopping.not_given(
        actor=house.actor(house.nils), id=new_id(), session=session, reason="Ate at eight", now=NOW + MINUTE
    )
    [went] = back(house).sessions
    assert (went.given_mg, went.ordered_mg, went.before, went.highest, went.rise) == (None,) * 5
    assert (went.version, went.under_way) == (0, False)


def test_a_signed_session_names_its_version(house: House) -> None:
    stories.signed(house)
    [went] = back(house).sessions
    assert (went.version, went.given_mg) == (1, Decimal("35.0"))


def test_many_sessions_ask_no_more_than_one(house: House) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            back(house)
        return len(captured)

    for days in (7, 4):
        at = stories.ARRIVED_AT - timedelta(days=days)
        with time_machine.travel(at, tick=False):
            session = stories.infusing(house, at=at)
        now = at + 60 * MINUTE
        felt(house, session, "nausea", minutes=10, now=now)
        stopping.stop(actor=house.actor(house.nils), id=new_id(), session=session, now=now)
        assert asked() == 7


def test_the_api_tells_the_same_and_writes_the_look_down(house: House, other_house: House) -> None:
    session = stories.infusing(house)
    felt(house, session, "dizziness", minutes=5, now=stories.STARTED_AT + 6 * MINUTE)
    with time_machine.travel(stories.STARTED_AT + 20 * MINUTE, tick=False):
        answer = client_of(house.priya).get("/api/v1/looking-back/", {"patient": str(house.rosa.pk)})
    [told] = answer.json()["sessions"]
    assert (told["given_mg"], told["ordered_mg"], told["ran_minutes"]) == ("17.5", "35.0", None)
    assert told["before"] == {"systolic_mmhg": 122, "diastolic_mmhg": 78, "minutes": -10}
    assert told["highest"] is None
    [dizziness] = told["side_effects"]
    assert (dizziness["label"], dizziness["onset_minutes"], dizziness["outcome"]) == (
        "Dizziness",
        5,
        "ongoing",
    )
    assert house.rosa.access_log.get().what == "sessions"
    outside = client_of(other_house.priya).get("/api/v1/looking-back/", {"patient": str(house.rosa.pk)})
    assert outside.status_code == 404
