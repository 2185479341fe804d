"""A spacing of its own is asked for by the desk, and given or refused by a prescriber."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import work
from clinic.models import Role, WorkItem
from clinic.problems import Conflict, Invalid
from scheduler.models import SpacingOverride, TreatmentPlan
from scheduler.prescribing import plans, spacing_requests
from scheduler.prescribing.spacing import override_spacing, spacing_of
from tests.cast import NOW, House, client_of, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage

WORDS = "She is away from the 18th on: two days apart this once?"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def ask(stage: Stage, plan: TreatmentPlan, words: str = WORDS, who: str = "ana") -> WorkItem:
    actor = stage.house.actor(getattr(stage.house, who))
    return spacing_requests.ask(actor=actor, id=new_id(), plan=plan, words=words, now=NOW).item


def allow(stage: Stage, plan: TreatmentPlan) -> SpacingOverride:
    priya = stage.house.actor(stage.house.priya)
    return override_spacing(
        actor=priya, id=new_id(), plan=plan, min_days=2, max_days=5, reason="Travels", now=NOW
    )


def refuse(stage: Stage, plan: TreatmentPlan, task: WorkItem, reason: str = "Too close") -> None:
    priya = stage.house.actor(stage.house.priya)
    spacing_requests.refuse(actor=priya, plan=plan, task=task.pk, reason=reason, now=NOW)


def test_what_is_asked_is_a_prescribers_task_and_stands_on_the_list(
    stage: Stage, plan: TreatmentPlan
) -> None:
    task = ask(stage, plan)
    assert (task.role, task.patient) == (Role.PRESCRIBER, stage.house.rosa)
    [request] = spacing_requests.open_requests(stage.house.clinic)
    assert (request.plan, request.item) == (plan, task)
    assert (request.asked.words, request.asked.by, request.asked.at) == (WORDS, stage.house.ana, NOW)


def test_asking_again_is_the_same_task_and_each_writers_words_are_their_own(
    stage: Stage, plan: TreatmentPlan
) -> None:
    task = ask(stage, plan)
    assert ask(stage, plan, "Or the 17th.", "nils") == task
    priya = stage.house.actor(stage.house.priya)
    work.note(actor=priya, id=new_id(), item=task, words="I tried to call.", now=NOW)
    [request] = spacing_requests.open_requests(stage.house.clinic)
    assert (request.asked.words, request.asked.by) == (WORDS, stage.house.ana)
    assert [(note.words, note.by) for note in request.added] == [
        ("Or the 17th.", stage.house.nils),
        ("I tried to call.", stage.house.priya),
    ]


def test_the_spacing_that_is_given_answers_it(stage: Stage, plan: TreatmentPlan) -> None:
    ask(stage, plan)
    allow(stage, plan)
    task = WorkItem.objects.get()
    assert (task.closed_by, task.outcome) == (stage.house.priya, "Allowed: 2 to 5 days between.")
    assert spacing_requests.open_requests(stage.house.clinic) == []


def test_a_no_says_why_and_leaves_the_spacing(stage: Stage, plan: TreatmentPlan) -> None:
    task = ask(stage, plan)
    refuse(stage, plan, task)
    refuse(stage, plan, task)
    assert WorkItem.objects.get().outcome == "The spacing stays: Too close"
    assert not spacing_of(plan).overridden
    assert spacing_requests.open_of(plan) is None


def test_what_was_refused_can_be_asked_anew(stage: Stage, plan: TreatmentPlan) -> None:
    first = ask(stage, plan)
    refuse(stage, plan, first)
    second = ask(stage, plan)
    assert first != second
    [request] = spacing_requests.open_requests(stage.house.clinic)
    assert request.item == second


def test_a_no_that_is_sent_again_leaves_the_next_request_open(stage: Stage, plan: TreatmentPlan) -> None:
    first = ask(stage, plan)
    refuse(stage, plan, first)
    second = ask(stage, plan, "Then three days?")
    refuse(stage, plan, first)
    with pytest.raises(Conflict) as refused:
        refuse(stage, plan, first, "In other words, no")
    assert refused.value.code == "answered_before"
    still_open = spacing_requests.open_of(plan)
    assert still_open is not None
    assert still_open.item == second


def test_a_plan_that_ends_leaves_no_question_open(stage: Stage, plan: TreatmentPlan) -> None:
    ask(stage, plan)
    plans.end_plan(
        actor=stage.house.actor(stage.house.priya),
        plan=plan,
        end_reason="transferred",
        reason="Moved away",
        now=NOW,
    )
    assert spacing_requests.open_of(plan) is None
    with pytest.raises(Conflict) as refused:
        ask(stage, plan)
    assert refused.value.code == "plan_over"


def test_what_has_no_words_or_was_not_asked_is_refused(stage: Stage, plan: TreatmentPlan) -> None:
    with pytest.raises(Invalid, match="Say what you ask for"):
        ask(stage, plan, " ")
    others = ask(stage, stage.plan(stage.house.omar))
    with pytest.raises(Invalid, match="no such task of this plan"):
        refuse(stage, plan, others)
    with pytest.raises(Invalid, match="Say why"):
        refuse(stage, plan, ask(stage, plan), " ")
    assert not WorkItem.objects.filter(closed_at__isnull=False).exists()


def test_the_list_costs_the_same_for_one_and_for_three(stage: Stage, plan: TreatmentPlan) -> None:
    ask(stage, plan)
    with CaptureQueriesContext(connection) as one:
        spacing_requests.open_requests(stage.house.clinic)
    for name in ("Ines", "Juno"):
        ask(stage, stage.plan(make_patient(stage.house.clinic, name, "Vale")))
    with CaptureQueriesContext(connection) as three:
        assert len(spacing_requests.open_requests(stage.house.clinic)) == 3
    assert len(one) == len(three) == 3


@time_machine.travel(NOW, tick=False)
def test_over_the_api_the_desk_asks_and_the_prescriber_answers(stage: Stage, plan: TreatmentPlan) -> None:
    house = stage.house
    desk: Any = client_of(house.ana)
    sent, address = {"id": str(new_id()), "words": WORDS}, f"/api/v1/plans/{plan.pk}/ask-spacing/"
    asked = desk.post(address, sent, format="json")
    assert (asked.status_code, asked.data["words"], asked.data["added"]) == (201, WORDS, []), asked.data
    listed = f"/api/v1/plans/spacing-requests/?clinic={house.clinic.pk}"
    assert [row["plan"] for row in desk.get(listed).data] == [str(plan.pk)]
    refused = client_of(house.priya).post(
        f"/api/v1/plans/{plan.pk}/refuse-spacing/",
        {"task": asked.data["task"], "reason": "Too close"},
        format="json",
    )
    assert refused.status_code == 200, refused.data
    assert desk.post(address, sent, format="json").status_code == 200
    assert desk.get(listed).data == []


@time_machine.travel(NOW, tick=False)
def test_the_same_call_for_another_plan_is_another_call(stage: Stage, plan: TreatmentPlan) -> None:
    body = {"id": str(new_id()), "words": WORDS}
    ana = client_of(stage.house.ana)
    assert ana.post(f"/api/v1/plans/{plan.pk}/ask-spacing/", body).status_code == 201
    other = stage.plan(stage.house.omar)
    refused = ana.post(f"/api/v1/plans/{other.pk}/ask-spacing/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "id_reused")
    assert spacing_requests.open_of(other) is None
