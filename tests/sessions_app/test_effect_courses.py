"""What becomes of a side effect: states with their moments, corrections of them, and whom a change calls."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic import work
from clinic.problems import Invalid
from sessions_app.models import Session, SideEffect
from sessions_app.observing import alerts, effect_courses, side_effects
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import NAUSEA, calls, go_on, report
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT


def correct(house: House, session: Session, line: SideEffect, **changes: Any) -> SideEffect:
    return side_effects.record_side_effect(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        report=replace(NAUSEA, **changes),
        corrects=line.pk,
        correction_reason="Tapped the wrong grade",
        now=STOPPED_AT,
    )


def course(session: Session) -> list[SideEffect]:
    """The states of the one side effect, in their order."""
    [states] = effect_courses.courses(session.side_effects.all()).values()
    return states


def states(session: Session) -> list[tuple[int, int | None, str]]:
    """Grade, peak and outcome of each state."""
    return [(line.grade, line.peak_grade, line.outcome) for line in course(session)]


def test_what_becomes_of_a_side_effect_is_a_state_with_its_moment_and_corrects_nothing(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=1, relatedness="Certain", source="patient")
    worse = go_on(house, session, first, 2, as_of=STARTED_AT + timedelta(minutes=5))
    over = go_on(house, session, worse, 1, outcome="resolved", ended_at=STOPPED_AT)
    assert states(session) == [(1, None, "ongoing"), (2, None, "ongoing"), (1, 2, "resolved")]
    assert [line.corrects for line in (worse, over)] == [None, None]
    assert [line.course_of for line in (worse, over)] == [first, first]
    assert (worse.as_of, over.as_of) == (STARTED_AT + timedelta(minutes=5), STOPPED_AT)
    assert (over.term, over.onset_at, over.relatedness, over.source) == (
        "nausea",
        STARTED_AT,
        "Certain",
        "patient",
    )
    assert effect_courses.standing_now(session.side_effects.all()) == [over]


def test_getting_better_erases_no_worse_grade(house: House) -> None:
    session = stories.infusing(house)
    line = report(house, session, grade=1)
    for grade, peak in ((3, None), (2, 3), (1, 3)):
        line = go_on(house, session, line, grade)
        assert (line.grade, line.peak_grade) == (grade, peak)
    assert calls().count() == 1, "the prescriber was called once, when it was at its worst"
    assert alerts.open_of(session).count() == 1


def test_a_grade_that_was_entered_wrong_is_no_peak(house: House) -> None:
    session = stories.infusing(house)
    right = correct(house, session, report(house, session, grade=2), grade=1)
    assert (right.grade, right.peak_grade) == (1, None)


def test_a_corrected_state_stays_in_its_place_and_keeps_no_peak_of_its_own_mistake(house: House) -> None:
    session, at = stories.infusing(house), STARTED_AT + timedelta(minutes=5)
    first = report(house, session, grade=1)
    wrong = go_on(house, session, first, 2, as_of=at)
    right = correct(house, session, wrong, grade=1)
    assert (right.course_of, right.as_of, right.peak_grade) == (first, at, None)
    go_on(house, session, right, 1, outcome="resolved", ended_at=STOPPED_AT)
    assert states(session) == [(1, None, "ongoing"), (1, None, "ongoing"), (1, None, "resolved")]


def test_a_wrong_grade_leaves_no_peak_in_the_states_after_it(house: House) -> None:
    session, at = stories.infusing(house), STARTED_AT + timedelta(minutes=5)
    first = report(house, session, grade=3)
    milder = go_on(house, session, first, 1, as_of=at)
    again = go_on(house, session, first, 2, as_of=at)
    over = go_on(house, session, first, 1, outcome="resolved", ended_at=STOPPED_AT)
    assert [line.peak_grade for line in (milder, again, over)] == [3, 3, 3]
    right = correct(house, session, first, grade=1)
    assert [(line.grade, line.peak_grade) for line in course(session)] == [
        (1, None),
        (1, None),
        (2, None),
        (1, 2),
    ]
    assert [line.corrects for line in course(session)] == [first, milder, again, over]
    correct(house, session, course(session)[2], grade=1)
    assert [line.peak_grade for line in course(session)] == [None] * 4
    correct(house, session, right, grade=2)
    assert [line.peak_grade for line in course(session)] == [None, 2, 2, 2]


def test_a_peak_that_was_told_stays_when_a_grade_before_it_is_corrected(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=3)
    told = correct(house, session, go_on(house, session, first, 1), grade=1, peak_grade=4)
    correct(house, session, first, grade=2)
    assert course(session)[1] == told


def test_a_state_that_follows_a_correction_stays_before_one_of_its_moment(house: House) -> None:
    session, at = stories.infusing(house), STARTED_AT + timedelta(minutes=5)
    first = report(house, session, grade=3)
    milder = go_on(house, session, first, 1, as_of=at)
    worse = go_on(house, session, first, 3, as_of=at)
    correct(house, session, first, grade=2)
    assert [line.peak_grade for line in course(session)] == [None, 2, None]
    assert course(session)[1].corrects == milder
    assert effect_courses.standing_now(session.side_effects.all()) == [worse]


def test_a_correction_of_how_it_began_leaves_its_course(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=2)
    over = go_on(house, session, first, 1, outcome="resolved", ended_at=STOPPED_AT)
    correct(house, session, first, grade=1)
    _, now = course(session)
    assert (now.corrects, now.as_of, now.outcome) == (over, over.as_of, "resolved")


def test_the_course_of_a_side_effect_opens_no_second_task_until_it_gets_worse(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=3)
    tasks = []
    for grade, outcome in ((3, "recovering"), (4, "ongoing")):
        go_on(house, session, first, grade, outcome=outcome)
        tasks.append(calls().count())
    assert tasks == [1, 2]


def test_one_that_turns_serious_without_another_grade_calls_again(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=3)
    go_on(house, session, first, 3, seriousness="SeriousResultsInHospitalization")
    assert calls().count() == 2


def answer_all(house: House, session: Session) -> None:
    """The prescriber comes, and closes the tasks and the alerts."""
    priya = house.actor(house.priya)
    for alert in alerts.open_of(session):
        alerts.resolve(actor=priya, id=new_id(), alert=alert, words="Lorazepam given", now=STOPPED_AT)
    for item in calls().filter(closed_at=None):
        work.close(actor=priya, item=item, outcome="Seen at the chair", now=STOPPED_AT)


def open_calls(session: Session) -> list[str]:
    levels = [str(alert.level) for alert in alerts.open_of(session)]
    return [*levels, *calls().filter(closed_at=None).values_list("title", flat=True)]


COME = "Come to the chair: serious side effect"
OVER: dict[str, Any] = {"outcome": "resolved", "ended_at": STOPPED_AT}


@pytest.mark.parametrize("answered", [True, False])
def test_a_side_effect_that_comes_back_calls_again(house: House, answered: bool) -> None:
    """Also while the alert of the time before stands open, which somebody may have acknowledged as that."""
    session = stories.infusing(house)
    first = report(house, session, term="seizure", grade=3)
    if answered:
        answer_all(house, session)
    go_on(house, session, first, 3, **OVER)
    before = open_calls(session)
    assert before == ([] if answered else ["emergency", COME])
    go_on(house, session, first, 3)
    assert sorted(open_calls(session)) == sorted([*before, "emergency", COME])


def test_one_that_is_worse_again_calls_again(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=3)
    go_on(house, session, first, 2, outcome="recovering")
    answer_all(house, session)
    go_on(house, session, first, 3)
    assert open_calls(session) == ["stop", COME]


@pytest.mark.parametrize("term", ["nausea", "seizure", "dysuria"])
def test_getting_better_and_ending_call_nobody(house: House, term: str) -> None:
    session = stories.infusing(house)
    first = report(house, session, term=term, grade=3)
    answer_all(house, session)
    go_on(house, session, first, 2, outcome="recovering")
    go_on(house, session, first, 2, outcome="recovering", action="Head up")
    go_on(house, session, first, 1, **OVER)
    assert open_calls(session) == []


def test_a_worse_state_that_is_heard_of_when_it_is_over_calls_all_the_same(house: House) -> None:
    session, at = stories.infusing(house), STARTED_AT + timedelta(minutes=5)
    first = report(house, session, grade=1)
    go_on(house, session, first, 1, **OVER)
    go_on(house, session, first, 3, as_of=at)
    assert open_calls(session) == ["stop", COME]
    answer_all(house, session)
    go_on(house, session, first, 3, as_of=at + timedelta(minutes=1))
    assert open_calls(session) == [], "known by then"


def test_a_correction_calls_when_it_says_worse_than_the_line_that_was_wrong(house: House) -> None:
    session = stories.infusing(house)
    first = correct(house, session, report(house, session, grade=3), grade=3, relatedness="Certain")
    assert calls().count() == 1
    state = go_on(house, session, first, 1)
    answer_all(house, session)
    correct(house, session, state, grade=4)
    assert open_calls(session) == ["emergency", COME]


@pytest.mark.parametrize(("term", "called"), [("allergic_reaction", True), ("headache", False)])
def test_a_correction_that_says_it_is_something_else_calls_for_that(
    house: House, term: str, called: bool
) -> None:
    """A seizure that was none calls nobody; anaphylaxis does, as bad as the seizure was thought to be."""
    session = stories.infusing(house)
    first = report(house, session, term="seizure", grade=3)
    answer_all(house, session)
    correct(house, session, first, term=term, grade=3)
    assert open_calls(session) == (["emergency", COME] if called else [])


def test_the_states_that_follow_such_a_correction_call_no_second_time(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, term="seizure", grade=3)
    go_on(house, session, first, 2, outcome="recovering")
    answer_all(house, session)
    correct(house, session, first, term="allergic_reaction", grade=3)
    assert [line.term for line in course(session)] == ["allergic_reaction"] * 2
    assert open_calls(session) == ["emergency", COME]


def test_what_is_heard_once_the_patient_has_left_calls_nobody_to_the_chair(house: House) -> None:
    session = stories.discharged(house)
    report(house, session, grade=3, now=stories.HOME_AT)
    assert open_calls(session) == ["Call the patient, who has left the chair: serious side effect"]


def test_what_a_side_effect_is_follows_its_corrected_first_line_in_every_state(house: House) -> None:
    session, begin = stories.infusing(house), STARTED_AT + timedelta(minutes=2)
    first = report(house, session, grade=2)
    state = go_on(house, session, first, 1, as_of=begin + timedelta(minutes=3), distress=4)
    right = correct(house, session, first, term="chest_pain", grade=3, onset_at=begin)
    _, now = course(session)
    assert [(line.term, line.onset_at) for line in course(session)] == [("chest_pain", begin)] * 2
    assert now.corrects == state
    assert (now.as_of, now.grade, now.distress) == (state.as_of, 1, 4)
    assert (now.revision, now.correction_reason) == (right.revision, "Tapped the wrong grade")
    assert open_calls(session) == ["emergency", COME], "one call, not one for each state"
    assert go_on(house, session, first, 1).term == "chest_pain"


def test_a_correction_that_changes_nothing_of_what_it_is_leaves_the_states(house: House) -> None:
    session = stories.infusing(house)
    first = report(house, session, grade=2)
    state = go_on(house, session, first, 1)
    correct(house, session, first, grade=2, relatedness="Certain")
    assert effect_courses.standing_now(session.side_effects.all()) == [state]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"term": "vomiting"}, "term"), ({"onset_at": STARTED_AT + timedelta(seconds=1)}, "onset_at")],
)
def test_a_corrected_state_cannot_say_that_it_is_something_else(
    house: House, changes: dict[str, Any], field: str
) -> None:
    session = stories.infusing(house)
    state = go_on(house, session, report(house, session), 2)
    with pytest.raises(Invalid, match="its course follows") as refused:
        correct(house, session, state, **changes)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_a_corrected_onset_lies_before_what_became_of_it(house: House) -> None:
    session, at = stories.infusing(house), STARTED_AT + timedelta(minutes=5)
    first = report(house, session)
    go_on(house, session, first, 2, as_of=at)
    with pytest.raises(Invalid, match="onset_at: What became of it"):
        correct(house, session, first, onset_at=at + timedelta(seconds=1))


def test_what_becomes_of_it_once_the_patient_has_left_is_told_with_its_moment(house: House) -> None:
    session, later = stories.discharged(house), stories.HOME_AT + timedelta(hours=3)
    first = report(house, session, now=later)
    with pytest.raises(Invalid, match="as_of: Say since when"):
        go_on(house, session, first, 1, now=later)
    assert go_on(house, session, first, 1, as_of=stories.HOME_AT, now=later).as_of == stories.HOME_AT


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({"grade": 1, "as_of": STARTED_AT, "outcome": "resolved", "ended_at": STOPPED_AT}, "ended_at"),
        ({"grade": 6}, "grade"),
        ({"grade": 1, "as_of": STARTED_AT - timedelta(seconds=1)}, "as_of"),
        ({"grade": 1, "as_of": STOPPED_AT + timedelta(seconds=1)}, "as_of"),
        ({"grade": 1, "outcome": "resolved"}, "ended_at"),
    ],
)
def test_a_state_that_cannot_be_names_its_field(house: House, state: dict[str, Any], field: str) -> None:
    session = stories.infusing(house)
    first = report(house, session)
    with pytest.raises(Invalid) as refused:
        go_on(house, session, first, **state)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_only_a_later_state_has_a_moment_of_its_own_and_only_an_effect_of_this_session_a_course(
    house: House,
) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="as_of: Only a later state"):
        report(house, session, as_of=STOPPED_AT)
    omars = report(house, stories.infusing(house, house.omar))
    with pytest.raises(Invalid, match="effect: This session has no such side effect"):
        go_on(house, session, omars, 1)
