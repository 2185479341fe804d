"""The way home through the record: what it knows, what it still asks, what a prescriber may accept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from sessions_app.infusing import stopping
from sessions_app.leaving import discharge
from sessions_app.leaving.home_readiness import Assessment, sets_near_in_a_row
from sessions_app.models import Discharge, PrescriberOverride, Session, SideEffect, VitalSigns
from sessions_app.observing import alerts
from sessions_app.outcomes import responses
from sessions_app.preparing import checklist, overrides, safety
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import go_on, report
from tests.sessions_app.stories import FIT, HOME_AT

API = "/api/v1/sessions/"


def go_home(house: House, session: Session, assessment: Assessment = FIT, **options: Any) -> Discharge:
    return discharge.discharge(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        assessment=assessment,
        **{"now": HOME_AT, **options},
    )


def missing(house: House, session: Session, assessment: Assessment = FIT, **options: Any) -> list[str]:
    with pytest.raises(Conflict) as refused:
        go_home(house, session, assessment, **options)
    assert refused.value.code == "not_ready"
    return [blocker["code"] for blocker in refused.value.data["blockers"]]


def nausea(house: House, session: Session, grade: int, outcome: str = "ongoing") -> SideEffect:
    at = session.arrived_at + timedelta(minutes=40)
    return report(house, session, grade=grade, onset_at=at, outcome=outcome, now=at)


def test_the_first_two_scores_are_reckoned_and_kept_with_what_was_seen(house: House) -> None:
    session = stories.observed(house)
    line = go_home(house, session)
    assert (line.vital_signs_score, line.vital_signs_computed, line.activity_score) == (2, True, 2)
    assert (line.oriented, line.steady_gait, line.escort_seen, line.iv_removed) == (True, True, True, True)
    assert stories.fresh(session).state == "discharged"


def test_what_a_prescriber_is_to_let_pass_is_told_with_its_value(house: House) -> None:
    session = stories.observed(house)
    for minutes in (121, 122):
        reading = stories.calm(NOW + timedelta(minutes=minutes), systolic_mmhg=161, dissociation=0)
        stories.measure(house, session, reading)
    course = discharge.recovery(stories.fresh(session), NOW + timedelta(minutes=125))
    assert course.pressure_past == ("Systolic pressure 161 mmHg",)


def test_nobody_goes_home_before_an_early_stop_is_explained(house: House) -> None:
    session = stories.infusing(house)
    who: Any = {"actor": house.actor(house.nils), "session": session}
    stopping.stop(id=new_id(), now=stories.STARTED_AT + timedelta(minutes=12), **who)
    for minutes in (105, 120):
        stories.measure(house, session, stories.calm(NOW + timedelta(minutes=minutes), dissociation=0))
    assert missing(house, session) == ["stop_explained"]
    stopping.explain_stop(id=new_id(), reason="Distress", unreadable=True, now=HOME_AT, **who)
    go_home(house, session)


def test_too_early_without_readings_everything_is_named_at_once(house: House) -> None:
    session = stories.recovering(house)
    empty = replace(FIT, escort_name="", escort_seen=False, instructions_given=False, iv_removed=False)
    codes = missing(house, session, empty, now=stories.STOPPED_AT + timedelta(minutes=1))
    assert codes == [
        "observed",
        "vitals_after_stop",
        "dissociation",
        "fit",
        "escort",
        "escort_seen",
        "iv_removed",
        "instructions",
    ]


def test_one_calm_set_after_a_high_one_is_not_yet_a_row(house: House) -> None:
    session = stories.recovering(house)
    at = stories.STOPPED_AT
    stories.measure(house, session, stories.calm(at + timedelta(minutes=30), systolic_mmhg=155))
    stories.measure(house, session, stories.calm(at + timedelta(minutes=55), dissociation=0))
    assert missing(house, session) == ["near_baseline", "alerts_open"]
    resolve_all(house, session)
    assert missing(house, session) == ["near_baseline"]


def test_nobody_goes_home_on_readings_with_an_hour_between_them(house: House) -> None:
    session = stories.recovering(house)
    for minutes in (15, 75):
        at = stories.STOPPED_AT + timedelta(minutes=minutes)
        stories.measure(house, session, stories.calm(at, dissociation=0))
    codes = missing(house, session, now=stories.STOPPED_AT + timedelta(minutes=100))
    assert codes == ["vitals_fresh", "near_baseline"]


def resolve_all(house: House, session: Session) -> None:
    for alert in alerts.open_of(session):
        alerts.resolve(
            actor=house.actor(house.priya), id=new_id(), alert=alert, words="Known at home.", now=HOME_AT
        )


def test_a_side_effect_of_grade_two_is_over_or_accepted_by_a_prescriber(house: House) -> None:
    session = stories.observed(house)
    line = nausea(house, session, 2)
    assert missing(house, session) == ["side_effects"]
    PrescriberOverride.objects.create(
        session=session,
        subject="side_effects",
        about=line.pk,
        reason="Mild enough at home",
        recorded_by=house.priya,
        recorded_at=HOME_AT,
    )
    assert go_home(house, session)


@pytest.mark.parametrize(("seconds", "sets"), [((40, 10), 2), ((40, -10), 1)])
def test_sets_are_apart_by_the_minutes_that_people_read(
    house: House, seconds: tuple[int, int], sets: int
) -> None:
    """10:40:40 and 10:52:10 are the twelve minutes that the page asks for; 10:51:50 is shown as eleven."""
    session = stories.recovering(house)
    for minutes, second in zip((105, 117), seconds, strict=True):
        at = session.arrived_at + timedelta(minutes=minutes, seconds=second)
        stories.measure(house, session, stories.calm(at, dissociation=0))
    recovery = discharge.recovery(stories.fresh(session), HOME_AT)
    assert sets_near_in_a_row(recovery) == sets


def test_a_side_effect_holds_by_the_state_in_which_it_is(house: House) -> None:
    session = stories.observed(house)
    first = nausea(house, session, 1)
    for minutes, grade, outcome in ((60, 2, "ongoing"), (110, 1, "recovering")):
        at = session.arrived_at + timedelta(minutes=minutes)
        go_on(house, session, first, grade, outcome=outcome, now=at)
        held = [effect.grade for effect in discharge.to_accept(stories.fresh(session))]
        assert held == ([2] if grade == 2 else [])
    assert go_home(house, session)


def test_an_acceptance_is_for_the_line_that_was_seen(house: House) -> None:
    session = stories.observed(house)
    PrescriberOverride.objects.create(
        session=session,
        subject="side_effects",
        about=new_id(),
        reason="Of another line",
        recorded_by=house.priya,
        recorded_at=HOME_AT,
    )
    nausea(house, session, 2)
    assert missing(house, session) == ["side_effects"]


def test_vital_signs_that_were_accepted_ask_again_with_every_set_that_is_entered_after(house: House) -> None:
    session, good = stories.recovering(house), replace(FIT, intake_score=2)
    for minutes in (40, 55):
        at = stories.STOPPED_AT + timedelta(minutes=minutes)
        newest = stories.measure(house, session, stories.calm(at, systolic_mmhg=155, dissociation=0))
    resolve_all(house, session)
    assert missing(house, session, good) == ["near_baseline"]
    accept_vital_signs(house, session, newest)
    assert discharge.recovery(stories.fresh(session), HOME_AT).near_accepted
    earlier = stories.calm(newest.measured_at - timedelta(seconds=1), systolic_mmhg=168)
    stories.measure(house, session, earlier, now=HOME_AT)
    resolve_all(house, session)
    assert missing(house, session, good) == ["near_baseline"]
    accept_vital_signs(house, session, newest)
    assert go_home(house, session, good)


def accept_vital_signs(house: House, session: Session, newest: VitalSigns) -> None:
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="near_baseline",
        about=newest.pk,
        reason="Her pressure was never lower at home",
        now=HOME_AT,
    )


@pytest.mark.parametrize("term", ["vomiting", "nausea_vomiting"])
def test_nobody_goes_home_who_still_vomits_however_it_is_called(house: House, term: str) -> None:
    session = stories.observed(house)
    at = session.arrived_at + timedelta(minutes=40)
    first = report(house, session, term=term, grade=1, onset_at=at, now=at)
    assert missing(house, session) == ["vomiting"]
    go_on(house, session, first, 1, outcome="resolved", ended_at=HOME_AT, now=HOME_AT)
    assert go_home(house, session)


def test_a_mild_side_effect_goes_home_too(house: House) -> None:
    session = stories.observed(house)
    nausea(house, session, 1)
    assert go_home(house, session)


def test_suicidality_that_failed_before_the_start_is_asked_again(house: House) -> None:
    session = stories.arrived(house)
    answer = checklist.Answer("suicidality", "fail", note="Passing thoughts, no plan")
    checklist.answer(actor=house.actor(house.nils), session=session, answers=[answer], now=NOW)
    assert discharge.recovery(stories.fresh(session), NOW).suicidality_was_positive
    calmed = stories.seen(session, checklist.Answer("suicidality", "pass", reason="Asked by another"))
    checklist.answer(actor=house.actor(house.priya), session=session, answers=calmed, now=NOW)
    assert discharge.recovery(stories.fresh(session), NOW).suicidality_was_positive
    assert not discharge.recovery(stories.arrived(house, house.omar), NOW).suicidality_was_positive


@pytest.mark.parametrize(("value", "asks"), [(0, False), (1, True)])
def test_after_an_urgent_answer_in_the_chair_suicidality_is_asked_again(
    house: House, value: int, asks: bool
) -> None:
    session, nils = stories.arrived(house), house.actor(house.nils)
    response = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="phq-9", how="interview", now=NOW
    )
    responses.answer(actor=nils, id=new_id(), response=response, item=9, value=value, now=NOW)
    assert discharge.recovery(stories.fresh(session), NOW).suicidality_was_positive is asks


@pytest.mark.parametrize(("minutes", "asks"), [(-1, False), (0, True)])
def test_after_an_urgent_answer_that_was_assessed_once_the_patient_was_here_it_is_asked_again(
    house: House, minutes: int, asks: bool
) -> None:
    """Given on the phone an hour before; what was assessed before they came was over when they did."""
    session, before = stories.arrived(house), NOW - timedelta(hours=1)
    response = responses.begin(
        actor=None, id=new_id(), patient=house.rosa, instrument="phq-9", how="patient", now=before
    )
    responses.answer(actor=None, id=new_id(), response=response, item=9, value=1, now=before)
    assert discharge.recovery(stories.fresh(session), NOW).suicidality_was_positive
    concern, at = safety.concerns_of(house.rosa).get(), NOW + timedelta(minutes=minutes)
    priya = house.actor(house.priya)
    safety.assess(actor=priya, id=new_id(), concern=concern, words="Passing, no plan", now=at)
    assert discharge.recovery(stories.fresh(session), NOW).suicidality_was_positive is asks


@pytest.mark.parametrize("score", ["nausea_pain_score", "iv_site_score", "intake_score", "vital_signs_score"])
def test_a_score_is_between_nothing_and_two(house: House, score: str) -> None:
    too_much: dict[str, Any] = {score: 3}
    with pytest.raises(Invalid, match=score):
        go_home(house, stories.observed(house), replace(FIT, **too_much))


def test_the_api_tells_what_the_record_knows_before_anybody_is_asked(house: House) -> None:
    session = stories.recovering(house)
    answer = client_of(house.nils).get(f"{API}{session.pk}/home-readiness/").json()
    assert answer["vital_signs_score"] is None
    assert "vitals_after_stop" in [blocker["code"] for blocker in answer["missing"]]
    assert answer["home_from"].startswith("2027-01-11T")
