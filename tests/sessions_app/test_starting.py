"""What a start asks for: a checklist that passes, and a baseline that is fresh and within the limits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Conflict
from sessions_app.infusing import infusion
from sessions_app.models import CheckResult, InfusionEvent, Session
from sessions_app.observing import flowsheet, starting, vitals
from sessions_app.preparing import checklist, overrides
from sessions_app.preparing.checklist import Answer
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT


def start(house: House, session: Session, **options: Any) -> InfusionEvent:
    return infusion.start(
        actor=house.actor(house.nils), id=new_id(), session=session, **{"now": STARTED_AT, **options}
    )


def blockers_of(refused: pytest.ExceptionInfo[Conflict]) -> dict[str, str]:
    return {blocker["code"]: blocker["detail"] for blocker in refused.value.data["blockers"]}


def test_a_prepared_session_starts(house: House) -> None:
    session = stories.prepared(house)
    start(house, session)
    current = stories.fresh(session)
    assert (current.state, current.started_at) == ("infusing", STARTED_AT)


@pytest.mark.parametrize(("late", "blocked"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_the_baseline_is_at_most_fifteen_minutes_old(house: House, late: timedelta, blocked: bool) -> None:
    session = stories.prepared(house)
    moment = NOW + timedelta(minutes=25) + late
    if blocked:
        with pytest.raises(Conflict) as refused:
            start(house, session, now=moment)
        assert list(blockers_of(refused)) == ["baseline"]
    else:
        start(house, session, now=moment)


def test_a_baseline_past_the_start_limits_blocks(house: House) -> None:
    session = stories.prepared(house)
    stories.measure(house, session, stories.calm(STARTED_AT, systolic_mmhg=160))
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert list(blockers_of(refused)) == ["start_limits"]
    assert "Systolic pressure" in refused.value.detail


def test_a_symptom_holds_the_start_as_a_value_does_until_a_full_set_no_longer_names_it(house: House) -> None:
    session = stories.prepared(house)
    at = STARTED_AT - timedelta(minutes=6)
    stories.measure(house, session, stories.calm(at, symptoms=["chest_pain"]))
    asked = vitals.Reading(measured_at=at + timedelta(minutes=1), pain_nrs=2, absent_reason="Asked only")
    stories.measure(house, session, asked)
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert list(blockers_of(refused)) == ["start_limits"]
    assert refused.value.detail.endswith("Chest pain.")
    stories.measure(house, session, stories.calm(at + timedelta(minutes=5)))
    start(house, session)


def test_a_prescriber_who_has_seen_the_symptom_lets_the_start_pass(house: House) -> None:
    session = stories.prepared(house)
    seen = stories.measure(house, session, stories.calm(STARTED_AT, symptoms=["dyspnoea"]))
    [waiting] = overrides.open_decisions(stories.fresh(session), STARTED_AT)
    assert (waiting.subject, waiting.about, waiting.found) == ("start_limits", seen.pk, "Trouble breathing.")
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="start_limits",
        about=seen.pk,
        reason="Panic, over by now; lungs clear",
        now=STARTED_AT,
    )
    start(house, session)


def test_what_was_measured_after_a_start_entered_late_is_no_baseline_of_it(house: House) -> None:
    session = stories.prepared(house)
    after = STARTED_AT + timedelta(minutes=5)
    stories.measure(house, session, stories.calm(after, systolic_mmhg=150))
    start(house, session, now=after, happened_at=STARTED_AT)
    running = stories.fresh(session)
    assert running.started_at == STARTED_AT
    assert baseline(session) == 122


def baseline(session: Session) -> Any:
    running = stories.fresh(session)
    return flowsheet.baseline_of(running, flowsheet.standing(running.vital_signs.all()))["systolic_mmhg"]


def test_the_baseline_stands_from_the_start_on_but_for_corrections(house: House) -> None:
    session = stories.infusing(house)
    known = session.vital_signs.get()
    late = stories.calm(STARTED_AT - timedelta(minutes=1), systolic_mmhg=199, diastolic_mmhg=119)
    entered = stories.measure(house, session, late, now=STARTED_AT + timedelta(minutes=5))
    assert baseline(session) == 122
    again = {"now": STARTED_AT + timedelta(minutes=6), "correction_reason": "Misread"}
    stories.measure(house, session, replace(late, systolic_mmhg=189), corrects=entered.pk, **again)
    assert baseline(session) == 122
    right = stories.calm(known.measured_at, systolic_mmhg=132)
    stories.measure(house, session, right, corrects=known.pk, **again)
    assert baseline(session) == 132


def answer(house: House, session: Session, *answers: Answer, **options: Any) -> Any:
    return checklist.answer(
        actor=house.actor(house.nils),
        session=session,
        answers=stories.seen(session, *answers),
        **{"now": NOW, **options},
    )


def test_an_open_item_and_a_failed_one_both_block_the_start(house: House) -> None:
    session = stories.prepared(house)
    failed = Answer("fasting", CheckResult.FAIL, note="Toast an hour ago", reason="Asked again")
    answer(house, session, failed)
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert blockers_of(refused) == {
        "checklist_passed": "An item of the checklist does not pass: the prescriber must decide. "
        "Failed: Fasting as the protocol asks."
    }


def test_a_start_needs_the_sedation_score_too(house: House) -> None:
    session = stories.prepared(house)
    assert starting.unmet_at_start(session, STARTED_AT) == {}
    late = STARTED_AT + timedelta(hours=1)
    stories.measure(house, session, stories.calm(late, rass=None))
    assert "sedation (RASS)" in starting.unmet_at_start(session, late)["baseline"]
