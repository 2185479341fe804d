"""What waits for a prescriber: read from the lines, before the start and before going home."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic.models import WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.leaving import decisions
from sessions_app.models import Session
from sessions_app.preparing import overrides
from tests.cast import NOW, House, client_of, make_patient, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.sessions_app.stories import HOME_AT, STARTED_AT, STOPPED_AT


def waiting(house: House, now: datetime = STARTED_AT) -> list[tuple[str, str]]:
    """(patient, subject) of everything that waits."""
    return [
        (each.session.patient.given_names, each.decision.subject)
        for each in decisions.waiting([house.clinic.pk], now)
    ]


def ask(session: Session, subject: str, about: Any, now: datetime = STARTED_AT) -> WorkItem:
    return overrides.ask_prescriber(session=session, subject=subject, about=about, now=now)


def refuse(house: House, session: Session, subject: str, about: Any, **options: Any) -> WorkItem:
    return overrides.refuse(
        actor=house.actor(house.priya),
        session=session,
        subject=subject,
        about=about,
        **{"reason": "Come back fasting", "now": STARTED_AT, **options},
    )


def test_what_is_being_asked_for_stands_before_what_came_earlier(house: House) -> None:
    rosa, omar = stories.prepared(house), stories.prepared(house, house.omar, at=NOW + timedelta(minutes=5))
    stories.fail(house, rosa, "fasting", at=STARTED_AT)
    high = stories.measure(house, omar, stories.calm(NOW + timedelta(minutes=16), systolic_mmhg=164))
    assert waiting(house) == [("Rosa", "checklist:fasting"), ("Omar", "start_limits")]

    ask(omar, "start_limits", high.pk)

    assert waiting(house) == [("Omar", "start_limits"), ("Rosa", "checklist:fasting")]


def test_what_passes_and_what_was_let_pass_waits_for_nobody(house: House) -> None:
    session = stories.prepared(house)
    assert waiting(house) == []
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject="checklist:fasting",
        about=line.pk,
        reason="Water only",
        now=STARTED_AT,
    )
    assert waiting(house) == []


def test_a_side_effect_of_grade_two_waits_to_be_accepted_and_a_mild_one_does_not(house: House) -> None:
    session = stories.recovering(house)
    report(house, session)
    assert waiting(house, STOPPED_AT) == []
    report(house, session, term="headache", grade=2)
    [each] = decisions.waiting([house.clinic.pk], STOPPED_AT)
    assert (each.decision.subject, each.decision.label) == ("side_effects", "Headache, grade 2")


def test_a_side_effect_while_the_infusion_runs_is_not_yet_a_question(house: House) -> None:
    session = stories.infusing(house)
    report(house, session, grade=2)
    assert waiting(house, STOPPED_AT) == []


@pytest.mark.parametrize(("at", "asked"), [(HOME_AT - timedelta(minutes=1), False), (HOME_AT, True)])
def test_vital_signs_off_the_baseline_wait_once_the_observation_is_over(
    house: House, at: datetime, asked: bool
) -> None:
    session = stories.recovering(house)
    stories.measure(house, session, stories.calm(STOPPED_AT + timedelta(minutes=50), systolic_mmhg=150))
    assert waiting(house, at) == ([("Rosa", "near_baseline")] if asked else [])


def test_a_no_answers_the_task_and_goes_on_holding_up(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    task = ask(session, "checklist:fasting", line.pk)

    for _ in range(2):
        answered = refuse(house, session, "checklist:fasting", line.pk)

    assert answered == task
    assert WorkItem.objects.count() == 1
    [each] = decisions.waiting([house.clinic.pk], STARTED_AT)
    assert (each.asked_at, each.answer) == (None, task)
    assert each.answer
    assert each.answer.outcome == "It must not pass: Come back fasting"


def test_a_no_that_nobody_asked_for_is_kept_as_well(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)

    said = refuse(house, session, "checklist:fasting", line.pk)

    assert (said.closed_by, said.role) == (house.priya, "prescriber")
    assert ask(session, "checklist:fasting", line.pk) != said


def test_a_no_needs_a_reason_and_something_to_decide(house: House) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    with pytest.raises(Invalid):
        refuse(house, session, "checklist:fasting", line.pk, reason=" ")
    passed = session.checklist_answers.get(item="alcohol_drugs")
    with pytest.raises(Conflict):
        refuse(house, session, "checklist:alcohol_drugs", passed.pk)


@pytest.mark.parametrize("subject", ["checklist:fasting", "near_baseline", "side_effects"])
def test_a_no_that_comes_after_a_colleagues_yes_is_not_kept_as_if_it_held_anything(
    house: House, subject: str
) -> None:
    """The second prescriber's page is a minute old: told no, they would think that the patient stays."""
    if subject == "checklist:fasting":
        session, at = stories.prepared(house), STARTED_AT
        about = stories.fail(house, session, "fasting", at=at).pk
    else:
        session, at = stories.recovering(house), HOME_AT
        high = stories.calm(STOPPED_AT + timedelta(minutes=50), systolic_mmhg=150)
        about = stories.measure(house, session, high).pk
        if subject == "side_effects":
            about = report(house, session, grade=2).pk
    yes = {"session": session, "subject": subject, "about": about, "now": at}
    overrides.override(actor=house.actor(house.priya), id=new_id(), reason="Known at home", **yes)
    with pytest.raises(Conflict, match="let pass already") as late:
        refuse(house, session, subject, about, now=at)
    assert late.value.code == "nothing_to_decide"
    assert WorkItem.objects.filter(cause__startswith="decide:").count() == 0


def test_a_no_to_a_set_that_was_let_pass_before_another_was_entered_counts(house: House) -> None:
    session = stories.recovering(house)
    high = stories.calm(STOPPED_AT + timedelta(minutes=50), systolic_mmhg=150)
    about = stories.measure(house, session, high).pk
    yes = {"session": session, "subject": "near_baseline", "about": about, "now": HOME_AT}
    overrides.override(actor=house.actor(house.priya), id=new_id(), reason="Known at home", **yes)
    earlier = stories.calm(STOPPED_AT + timedelta(minutes=40), systolic_mmhg=155)
    stories.measure(house, session, earlier, now=HOME_AT)
    no = refuse(house, session, "near_baseline", about, reason="Twice as high", now=HOME_AT)
    assert no.outcome == "It must not pass: Twice as high"


def test_a_nurse_asks_while_the_patient_recovers_too(house: House) -> None:
    session = stories.recovering(house)
    effect = report(house, session, grade=2)

    task = ask(session, "side_effects", effect.pk, STOPPED_AT)

    assert task.title == "Decide before the patient goes home"
    assert decisions.waiting([house.clinic.pk], STOPPED_AT)[0].asked_at


def test_twelve_chairs_cost_no_more_queries_than_one(house: House, django_assert_num_queries: Any) -> None:
    def somebody(number: int) -> Session:
        session = stories.prepared(house, make_patient(house.clinic, f"P{number}", "Patient"))
        stories.fail(house, session, "fasting", at=STARTED_AT)
        return session

    ask(somebody(1), "checklist:fasting", Session.objects.get().checklist_answers.latest("revision").pk)
    for count in (1, 3):
        with django_assert_num_queries(11):
            assert len(decisions.waiting([house.clinic.pk], STARTED_AT)) == count
        if count == 1:
            somebody(2)
            somebody(3)


def test_over_the_api_the_list_is_the_clinics_own_and_only_a_prescriber_says_no(
    house: House, other_house: House
) -> None:
    session = stories.prepared(house)
    line = stories.fail(house, session, "fasting", at=STARTED_AT)
    no = {"subject": "checklist:fasting", "about": str(line.pk), "reason": "Come back fasting"}
    here = "/api/v1/sessions/"

    assert client_of(house.nils).post(f"{here}{session.pk}/refuse/", no).status_code == 403
    assert client_of(house.priya).post(f"{here}{session.pk}/refuse/", no).status_code == 200

    [each] = client_of(house.nils).get(f"{here}decisions/").json()
    assert (each["title"], each["last_answer"]) == (
        "Fasting as the protocol asks",
        "It must not pass: Come back fasting",
    )
    assert client_of(other_house.priya).get(f"{here}decisions/").json() == []
