"""A course without a response on its plan's page, among the decisions and in the chart; liver tests there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from clinic.models import WorkItem
from scheduler.models import TreatmentPlan
from sessions_app.infusing import exposure
from sessions_app.outcomes import course_responses
from tests.cast import NOW, House
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.sessions_app import stories
from tests.sessions_app.outcomes.test_cohort_reports import phq_9
from tests.sessions_app.outcomes.test_course_responses import AFTER_FOUR, ONE_MORE, SAID, SEVERE, given
from tests.web.pages import browser_of, words

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _after_four() -> Iterator[None]:
    with time_machine.travel(AFTER_FOUR, tick=False):
        yield


@pytest.fixture
def stage(house: House) -> Stage:
    stage = set_stage(house)
    stage.protocol = next_version(stage.protocol, house, review_after_sessions=4)
    return stage


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    """Rosa's, with four infusions: PHQ-9 16 before, 9 now."""
    phq_9(stage.house, stage.house.rosa, SEVERE, NOW - DAY)
    plan = given(stage, 0, 2, 4, 7)
    phq_9(stage.house, stage.house.rosa, ONE_MORE, NOW + 7 * DAY)
    course_responses.look(now=AFTER_FOUR)
    return plan


def test_the_prescriber_reads_the_figures_and_lets_the_course_go_on(
    stage: Stage, plan: TreatmentPlan
) -> None:
    browser = browser_of(stage.house.priya)
    listed = words(browser.get(reverse("decisions")))
    page = browser.get(reverse("plan", args=[plan.pk]))
    chart = words(browser.get(reverse("patient", args=[plan.patient_id])))

    assert f"Courses without a response Rosa Delgado Mood, anxiety, PTSD: 40 minutes {SAID}" in listed
    assert "Does this course go on? After 4 infusions no response is on record" in words(page)
    assert "PHQ-9 16 9 no" in words(page)
    assert f"{SAID} See what it waits for" in chart

    address = reverse("plan_go_on", args=[plan.pk])
    task = str(page.context["course_review"].item.pk)
    refused = browser.post(address, {"task": task, "reason": ""})
    assert refused.status_code == 400
    assert "Say why the course goes on." in words(refused)
    gone_on = words(browser.post(address, {"task": task, "reason": "Sleeps better"}, follow=True))
    assert "Does this course go on?" not in gone_on
    assert WorkItem.objects.get(pk=task).outcome == "The course goes on: Sleeps better"


def test_the_desk_sees_that_it_waits_and_no_score(stage: Stage, plan: TreatmentPlan) -> None:
    page = words(browser_of(stage.house.ana).get(reverse("plan", args=[plan.pk])))
    assert "Does this course go on?" in page
    assert "A prescriber decides on it." in page
    assert "PHQ-9" not in page
    assert "Let it go on" not in page


def test_the_task_leads_to_the_plan(stage: Stage, plan: TreatmentPlan) -> None:
    item = WorkItem.objects.get(cause__startswith="course_review")
    page = browser_of(stage.house.priya).get(reverse("task", args=[item.pk]))
    assert f'href="{reverse("plan", args=[plan.pk])}"' in page.content.decode()


def test_liver_tests_that_are_due_stand_in_the_chart_of_whoever_reads_sessions(house: House) -> None:
    stories.active_protocol(house, liver_test_after_mg=35)
    stories.discharged(house)
    exposure.look(now=AFTER_FOUR)
    said = "Liver tests are due: 35 mg were given in all by then."
    address = reverse("patient", args=[house.rosa.pk])

    assert said in words(browser_of(house.nils).get(address))
    assert said not in words(browser_of(house.ana).get(address))
    item = WorkItem.objects.get(title__startswith="See to liver tests")
    task = words(browser_of(house.priya).get(reverse("task", args=[item.pk])))
    assert "Open the chart" in task
