"""Answers to the checklist: kept as lines, changed with a reason, refused at their field."""

from typing import Any

import pytest

from clinic.problems import Invalid
from scheduler.models import AppointmentStatus
from sessions_app.models import CheckResult, Session
from sessions_app.preparing import checklist
from sessions_app.preparing.checklist import Answer
from tests.cast import NOW, House
from tests.sessions_app import stories


def answer(house: House, session: Session, *answers: Answer, **options: Any) -> Any:
    return checklist.answer(
        actor=house.actor(house.nils),
        session=session,
        answers=stories.seen(session, *answers),
        **{"now": NOW, **options},
    )


def test_the_first_answer_begins_the_preparation(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("identity", CheckResult.PASS))
    current = stories.fresh(session)
    assert (current.state, current.revision) == ("preparing", 2)
    assert current.appointment.status == AppointmentStatus.CHECKED_IN


def test_an_answer_changes_by_a_new_line_with_a_reason(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("fasting", CheckResult.FAIL, note="Juice at 8:00"))
    with pytest.raises(Invalid, match=r"answers\.fasting\.reason"):
        answer(house, session, Answer("fasting", CheckResult.PASS))
    answer(house, session, Answer("fasting", CheckResult.PASS, reason="Two hours have passed"))
    old, new = session.checklist_answers.order_by("created_at")
    assert (new.corrects, new.correction_reason) == (old, "Two hours have passed")


def test_the_same_answer_again_writes_nothing(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("identity", CheckResult.PASS))
    assert answer(house, session, Answer("identity", CheckResult.PASS)) == []
    assert stories.fresh(session).revision == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Answer("identitee", CheckResult.PASS), "answers.identitee"),
        (Answer("identity", "maybe"), "answers.identity.result"),
        (Answer("ride_home", CheckResult.PASS), "answers.ride_home.note"),
        (Answer("fasting", CheckResult.FAIL), "answers.fasting.note"),
        (Answer("pregnancy", CheckResult.NOT_APPLICABLE), "answers.pregnancy.note"),
    ],
)
def test_an_answer_that_cannot_stand_names_its_field(house: House, wrong: Answer, field: str) -> None:
    session = stories.arrived(house)
    with pytest.raises(Invalid) as refused:
        answer(house, session, Answer("mood", CheckResult.PASS), wrong)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert not session.checklist_answers.exists()
