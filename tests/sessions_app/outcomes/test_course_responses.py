"""After as many infusions without a response as the protocol says, a prescriber decides whether the course
goes on; until then nothing is booked and nothing starts. Rosa has four infusions from NOW on.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient, WorkItem
from clinic.problems import Conflict, Invalid
from scheduler.models import TreatmentPlan
from scheduler.prescribing import course_reviews, plans
from scheduler.waitlist import obstacles, waiting
from sessions_app.models import Session
from sessions_app.outcomes import course_responses
from sessions_app.preparing import checklist
from tests.cast import NOW, TODAY, House, client_of, make_patient
from tests.scheduler.stage import Stage, next_version, plan_row, set_stage
from tests.scheduler.waits import join
from tests.sessions_app import stories
from tests.sessions_app.outcomes.test_cohort_reports import headache_day, infused, phq_9

DAY = timedelta(days=1)
AFTER_FOUR = NOW + timedelta(days=8)
SEVERE, HALF_GONE, ONE_MORE = [2] * 8 + [0], [1] * 8 + [0], [1] * 8 + [1]
SAID = (
    "After 4 infusions no response is on record: a prescriber decides on the plan's page whether the course"
    " goes on."
)


@pytest.fixture
def stage(house: House) -> Stage:
    stage = set_stage(house, days=33)
    stage.protocol = next_version(stage.protocol, house, review_after_sessions=4)
    return stage


def given(stage: Stage, *ahead: int, patient: Patient | None = None) -> TreatmentPlan:
    """A plan with an infusion on each of these days, everybody back at home."""
    plan = plan_row(stage.house, stage.protocol, patient or stage.house.rosa, sessions_ordered=12)
    add(stage, plan, *ahead)
    return plan


def add(stage: Stage, plan: TreatmentPlan, *ahead: int) -> None:
    for days in ahead:
        session = infused(stage.house, plan, NOW + days * DAY)
        Session.objects.filter(pk=session.pk).update(discharged_at=session.arrived_at + timedelta(hours=2))


def waits(plan: TreatmentPlan) -> bool:
    return course_reviews.waiting_for(plan) is not None


def test_what_waits_is_asked_once_and_holds_booking_the_waitlist_and_the_next_start(stage: Stage) -> None:
    plan = given(stage, 0, 2, 4)
    course_responses.look(now=NOW + 5 * DAY)
    assert not waits(plan), "three are not four"
    add(stage, plan, 7)
    for _ in range(2):
        course_responses.look(now=AFTER_FOUR)

    item = WorkItem.objects.get(patient=stage.house.rosa)
    assert (item.title, item.role, item.urgency) == (
        "Decide whether a course goes on",
        "prescriber",
        "routine",
    )
    [blocker] = stage.check(plan, "9:30", TODAY + 14 * DAY, now=AFTER_FOUR).blockers
    assert (blocker.code, blocker.detail) == ("course_review_waits", SAID)
    entry = join(stage, plan, last_day=TODAY + 14 * DAY)
    row = obstacles.with_obstacles(waiting.entries(), now=AFTER_FOUR).get(pk=entry.pk)
    told = obstacles.why_nothing(row, now=AFTER_FOUR)
    assert told is not None
    assert (told.code, told.detail) == (blocker.code, blocker.detail)


def test_the_next_start_is_held_until_a_prescriber_has_decided(house: House) -> None:
    stories.active_protocol(house, review_after_sessions=1)
    session = stories.arrived(house)
    plan = session.appointment.plan
    infused(house, plan, NOW - 3 * DAY)
    Session.objects.filter(started_at__isnull=False).update(discharged_at=NOW - 3 * DAY)
    course_responses.look(now=NOW)

    def of_plan() -> Any:
        return next(
            each for each in checklist.standing(stories.fresh(session), NOW) if each.item.code == "plan"
        )

    assert (of_plan().result, of_plan().words) == ("", SAID.replace("4 infusions", "1 infusion"))
    review = course_reviews.waiting_for(plan)
    assert review is not None
    course_reviews.go_on(
        actor=house.actor(house.priya), plan=plan, task=review.item.pk, reason="Sleeps better", now=NOW
    )
    assert of_plan().result == "pass"


def half_gone(stage: Stage) -> None:
    phq_9(stage.house, stage.house.rosa, HALF_GONE, NOW + 7 * DAY)


def less_gone(stage: Stage) -> None:
    phq_9(stage.house, stage.house.rosa, ONE_MORE, NOW + 7 * DAY)


def before_it_began(stage: Stage) -> None:
    phq_9(stage.house, stage.house.rosa, HALF_GONE, NOW - timedelta(hours=1))


def nothing(stage: Stage) -> None:
    """Nobody asked."""


@pytest.mark.parametrize(
    ("then", "asked"), [(half_gone, False), (less_gone, True), (before_it_began, True), (nothing, True)]
)
def test_a_response_is_what_the_instruments_rule_calls_one(
    stage: Stage, then: Callable[[Stage], None], asked: bool
) -> None:
    """PHQ-9, 16 before: half gone is 8 (domain.md 5), told after the course began."""
    phq_9(stage.house, stage.house.rosa, SEVERE, NOW - DAY)
    plan = given(stage, 0, 2, 4, 7)
    then(stage)
    course_responses.look(now=AFTER_FOUR)
    assert waits(plan) is asked


def test_a_score_older_than_thirty_days_is_no_baseline(stage: Stage) -> None:
    phq_9(stage.house, stage.house.rosa, SEVERE, NOW - 31 * DAY)
    plan = given(stage, 0, 2, 4, 7)
    half_gone(stage)
    course_responses.look(now=AFTER_FOUR)
    assert waits(plan)


def test_half_the_headache_days_gone_is_a_response_once_as_many_days_were_told(stage: Stage) -> None:
    plan = given(stage, 0, 2, 4, 7)
    for day in range(1, 29):
        headache_day(stage.house, NOW - day * DAY, headache=day <= 20, at=NOW)
    course_responses.look(now=AFTER_FOUR)
    assert waits(plan)
    for day in range(1, 29):
        at = NOW + day * DAY
        headache_day(stage.house, at, headache=day <= 10, at=at + timedelta(hours=9))
    course_responses.look(now=NOW + 28 * DAY + timedelta(hours=10))

    assert not waits(plan)
    assert WorkItem.objects.get(patient=stage.house.rosa, cause__startswith="course_review").outcome == (
        "A response is on record by now: Headache days in 28 20, then 10."
    )


def test_a_response_that_is_told_later_settles_it_and_booking_goes_on(stage: Stage) -> None:
    phq_9(stage.house, stage.house.rosa, SEVERE, NOW - DAY)
    plan = given(stage, 0, 2, 4, 7)
    course_responses.look(now=AFTER_FOUR)
    assert waits(plan)
    phq_9(stage.house, stage.house.rosa, HALF_GONE, AFTER_FOUR)
    course_responses.look(now=AFTER_FOUR + timedelta(minutes=5))

    item = WorkItem.objects.get(cause__startswith="course_review")
    assert item.outcome == "A response is on record by now: PHQ-9 16, then 8."
    assert stage.check(plan, "9:30", TODAY + 14 * DAY, now=AFTER_FOUR).bookable


def test_a_course_that_goes_on_is_asked_about_again_after_as_many_more(stage: Stage) -> None:
    plan = given(stage, 0, 2, 4, 7)
    course_responses.look(now=AFTER_FOUR)
    decide(stage, plan)
    course_responses.look(now=AFTER_FOUR)
    add(stage, plan, 9, 11, 14)
    course_responses.look(now=NOW + 15 * DAY)
    assert not waits(plan)
    add(stage, plan, 16)
    course_responses.look(now=NOW + 17 * DAY)
    assert waits(plan)


def decide(stage: Stage, plan: TreatmentPlan, reason: str = "Sleeps better") -> None:
    review = course_reviews.waiting_for(plan)
    assert review is not None
    priya = stage.house.actor(stage.house.priya)
    course_reviews.go_on(actor=priya, plan=plan, task=review.item.pk, reason=reason, now=AFTER_FOUR)


def test_a_decision_names_what_it_decides_and_is_given_once(stage: Stage) -> None:
    plan, other = given(stage, 0, 2, 4, 7), given(stage, 0, patient=stage.house.omar)
    course_responses.look(now=AFTER_FOUR)
    review = course_reviews.waiting_for(plan)
    assert review is not None
    asked: dict[str, Any] = {
        "actor": stage.house.actor(stage.house.priya),
        "task": review.item.pk,
        "now": AFTER_FOUR,
    }
    with pytest.raises(Invalid, match="Say why"):
        course_reviews.go_on(plan=plan, reason=" ", **asked)
    with pytest.raises(Invalid, match="no such task of this plan"):
        course_reviews.go_on(plan=other, reason="Sleeps better", **asked)
    for _ in range(2):
        course_reviews.go_on(plan=plan, reason="Sleeps better", **asked)
    with pytest.raises(Conflict) as refused:
        course_reviews.go_on(plan=plan, reason="Otherwise", **asked)
    assert refused.value.code == "answered_before"
    assert WorkItem.objects.get().outcome == "The course goes on: Sleeps better"


def test_a_course_that_ends_waits_for_nothing(stage: Stage) -> None:
    plan = given(stage, 0, 2, 4, 7)
    course_responses.look(now=AFTER_FOUR)
    priya = stage.house.actor(stage.house.priya)
    plans.end_plan(actor=priya, plan=plan, end_reason="no-response", now=AFTER_FOUR)
    assert WorkItem.objects.get().outcome == "The plan has ended."
    course_responses.look(now=AFTER_FOUR)
    assert not waits(plan)


def test_a_protocol_that_does_not_say_asks_for_nothing(stage: Stage) -> None:
    stage.protocol = next_version(stage.protocol, stage.house, review_after_sessions=None)
    given(stage, 0, 2, 4, 7)
    course_responses.look(now=AFTER_FOUR)
    assert not WorkItem.objects.exists()


def test_looking_at_many_courses_asks_no_more_often_than_at_one(stage: Stage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            course_responses.look(now=AFTER_FOUR)
        return len(asked)

    def responding(patient: Patient) -> None:
        phq_9(stage.house, patient, SEVERE, NOW - DAY)
        given(stage, 0, 2, 4, 7, patient=patient)
        phq_9(stage.house, patient, HALF_GONE, NOW + 7 * DAY)

    responding(stage.house.rosa)
    one = queries()
    for number in range(4):
        responding(make_patient(stage.house.clinic, f"Ida{number}", "Koch"))
    assert queries() == one


def test_over_the_api_it_is_listed_and_decided(stage: Stage) -> None:
    plan = given(stage, 0, 2, 4, 7)
    course_responses.look(now=AFTER_FOUR)
    priya = client_of(stage.house.priya)
    listed = priya.get(f"/api/v1/plans/waiting-courses/?clinic={stage.house.clinic.pk}").json()
    [waiting_course] = listed
    assert (waiting_course["plan"], waiting_course["infusions"]) == (str(plan.pk), 4)

    body = {"task": waiting_course["task"], "reason": "Sleeps better"}
    answer = priya.post(f"/api/v1/plans/{plan.pk}/go-on/", body, format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert not waits(plan)
