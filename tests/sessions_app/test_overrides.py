"""A prescriber lets something pass for what was seen; whatever is newer asks again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic import work
from clinic.models import WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import infusion
from sessions_app.models import CheckResult, PrescriberOverride, Session
from sessions_app.preparing import checklist, overrides
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT


def let_pass(house: House, session: Session, subject: str, about: UUID, **options: Any) -> PrescriberOverride:
    return overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject=subject,
        about=about,
        **{"reason": "Water only, two hours ago", "now": STARTED_AT, **options},
    )


def start(house: House, session: Session) -> Any:
    return infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=STARTED_AT)


def codes(house: House, session: Session) -> list[str]:
    return [blocker.code for blocker in infusion.missing_at_start(stories.fresh(session), STARTED_AT)]


def test_a_failed_item_passes_once_a_prescriber_says_why(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    assert codes(house, session) == ["checklist_passed"]
    made = let_pass(house, session, "checklist:fasting", line.pk)
    assert (made.recorded_by, made.reason) == (house.priya, "Water only, two hours ago")
    assert start(house, session).kind == "start"


def test_an_override_is_for_the_answer_that_was_seen(house: House) -> None:
    session = stories.prepared(house)
    let_pass(house, session, "checklist:fasting", stories.fail(house, session, "fasting", at=STARTED_AT).pk)
    stories.fail(house, session, "fasting", at=STARTED_AT, note="Breakfast half an hour ago")
    assert codes(house, session) == ["checklist_passed"]


def test_an_override_of_one_item_opens_no_other(house: House) -> None:
    session = stories.prepared(house)
    let_pass(house, session, "checklist:fasting", stories.fail(house, session, "fasting", at=STARTED_AT).pk)
    stories.fail(house, session, "suicidality", at=STARTED_AT, note="Thoughts since Sunday")
    assert "Suicidality" in checklist.unmet(stories.fresh(session), STARTED_AT)["checklist_passed"]


def test_vital_signs_past_the_start_limits_pass_for_the_newest_line_only(house: House) -> None:
    session = stories.prepared(house)
    high = stories.measure(house, session, stories.calm(NOW + timedelta(minutes=15), systolic_mmhg=164))
    assert codes(house, session) == ["start_limits"]
    let_pass(house, session, "start_limits", high.pk)
    assert codes(house, session) == []
    stories.measure(house, session, stories.calm(NOW + timedelta(minutes=16), systolic_mmhg=168))
    assert codes(house, session) == ["start_limits"]


def test_a_value_entered_after_the_decision_asks_again_also_of_an_earlier_moment(
    house: House,
) -> None:
    session = stories.prepared(house)
    high = stories.calm(NOW + timedelta(minutes=15), systolic_mmhg=164, heart_rate_per_min=None)
    seen = stories.measure(house, session, replace(high, absent_reason="No trace"))
    let_pass(house, session, "start_limits", seen.pk)
    assert codes(house, session) == []
    racing = stories.calm(NOW + timedelta(minutes=14), heart_rate_per_min=125)
    stories.measure(house, session, racing, now=STARTED_AT)
    assert codes(house, session) == ["start_limits"]
    let_pass(house, session, "start_limits", seen.pk)
    assert codes(house, session) == []


def test_what_somebody_looked_at_and_what_stands_must_be_the_same(house: House) -> None:
    session = stories.prepared(house)
    seen = stories.fail(house, session, "fasting", at=STARTED_AT)
    stories.fail(house, session, "fasting", at=STARTED_AT, note="Breakfast half an hour ago")
    with pytest.raises(Conflict) as refused:
        let_pass(house, session, "checklist:fasting", seen.pk)
    assert refused.value.code == "something_newer"
    assert not session.overrides.exists()


def test_what_holds_nothing_up_needs_no_decision(house: House) -> None:
    session = stories.prepared(house)
    passed = session.checklist_answers.get(item="fasting")
    with pytest.raises(Conflict) as refused:
        let_pass(house, session, "checklist:fasting", passed.pk)
    assert refused.value.code == "nothing_to_decide"


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": " "}, "reason"), ({"subject": "dose_checked"}, "subject")]
)
def test_an_override_names_its_subject_and_its_reason(
    house: House, changes: dict[str, str], field: str
) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    with pytest.raises(Invalid) as refused:
        let_pass(house, session, about=line.pk, **{"subject": "checklist:fasting", **changes})
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_the_nurse_asks_once_and_the_decision_closes_the_task(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    for _ in range(2):
        overrides.ask_prescriber(session=session, subject="checklist:fasting", about=line.pk, now=STARTED_AT)
    task = WorkItem.objects.get()
    assert (task.role, task.due_at) == ("prescriber", STARTED_AT + overrides.DECIDE_WITHIN)
    let_pass(house, session, "checklist:fasting", line.pk)
    task.refresh_from_db()
    assert task.closed_by == house.priya


def test_a_task_that_was_closed_without_a_decision_is_asked_anew(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    asked = {"session": session, "subject": "checklist:fasting", "about": line.pk, "now": STARTED_AT}
    by_hand = overrides.ask_prescriber(**asked)
    work.close(actor=house.actor(house.priya), item=by_hand, outcome="On my way", now=STARTED_AT)

    again = overrides.ask_prescriber(**asked)

    assert again != by_hand
    assert overrides.ask_prescriber(**asked) == again
    let_pass(house, session, "checklist:fasting", line.pk)
    again.refresh_from_db()
    assert again.outcome.startswith("Decided")


def test_over_the_api_only_a_prescriber_decides(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    here = f"/api/v1/sessions/{session.pk}/"
    seen = {"subject": "checklist:fasting", "about": str(line.pk)}
    body = {"id": str(new_id()), **seen, "reason": "Water only"}
    assert client_of(house.nils).post(f"{here}overrides/", body).status_code == 403
    assert client_of(house.nils).post(f"{here}ask-prescriber/", seen).json()["role"] == "prescriber"
    made = client_of(house.priya).post(f"{here}overrides/", body)
    assert (made.status_code, made.json()["recorded_by_name"]) == (201, house.priya.full_name)
    shown = client_of(house.nils).get(here).json()
    assert [each["subject"] for each in shown["overrides"]] == ["checklist:fasting"]


def test_an_unknown_answer_can_be_let_pass_as_well(house: House) -> None:
    session = stories.prepared(house)
    [line] = checklist.answer(
        actor=house.actor(house.nils),
        session=session,
        answers=stories.seen(
            session,
            checklist.Answer("pregnancy", CheckResult.UNKNOWN, note="No test here", reason="Asked again"),
        ),
        now=STARTED_AT,
    )
    assert codes(house, session) == ["checklist_passed"]
    let_pass(house, session, "checklist:pregnancy", line.pk)
    assert codes(house, session) == []
