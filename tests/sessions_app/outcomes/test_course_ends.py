"""When as many infusions as a plan orders were given, a prescriber assesses the course. Rosa's orders two."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.models import WorkItem
from scheduler.models import CourseAssessment, TreatmentPlan
from sessions_app.models import Session
from sessions_app.outcomes import course_ends
from tests.cast import NOW, House, client_of, make_patient, new_id
from tests.scheduler.stage import Stage, plan_row, set_stage
from tests.sessions_app.outcomes.test_cohort_reports import infused

DAY = timedelta(days=1)
AFTER = NOW + 4 * DAY


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def given(stage: Stage, plan: TreatmentPlan, *ahead: int) -> None:
    for days in ahead:
        session = infused(stage.house, plan, NOW + days * DAY)
        Session.objects.filter(pk=session.pk).update(discharged_at=session.arrived_at + timedelta(hours=2))


def tasks() -> list[str]:
    items = WorkItem.objects.filter(cause__startswith="course_assessment:").order_by("created_at")
    return list(items.values_list("outcome", flat=True))


def test_it_is_asked_once_after_the_last_session_and_closed_by_the_assessment(stage: Stage) -> None:
    plan = plan_row(stage.house, stage.protocol, stage.house.rosa, sessions_ordered=2)
    given(stage, plan, 0)
    course_ends.look(now=AFTER)
    assert tasks() == [], "one is not two"
    given(stage, plan, 3)
    for _ in range(2):
        course_ends.look(now=AFTER)
    assert tasks() == [""]

    address = f"/api/v1/plans/{plan.pk}/assessments/"
    body = {"id": new_id(), "step": "maintain", "words": "PHQ-9 16, then 6"}
    with time_machine.travel(AFTER, tick=False):
        assert client_of(stage.house.priya).post(address, body).status_code == 201
        lacks = client_of(stage.house.priya).post(address, {"id": new_id(), "step": "stop", "words": ""})
    assert [each["field"] for each in lacks.json()["errors"]] == ["words"]
    assert tasks() == ["Assessed: go on to maintenance."]
    [told] = client_of(stage.house.nils).get(address).json()
    assert (told["step"], told["words"]) == ("maintain", "PHQ-9 16, then 6")
    assert client_of(stage.house.ana).get(address).status_code == 403
    course_ends.look(now=AFTER)
    assert len(tasks()) == 1


def test_an_assessment_is_never_changed(stage: Stage) -> None:
    plan = plan_row(stage.house, stage.protocol, stage.house.rosa)
    CourseAssessment.objects.create(
        plan=plan, step="stop", words="No response", assessed_by=stage.house.priya, assessed_at=NOW
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        CourseAssessment.objects.update(words="Well")


def test_looking_at_many_courses_asks_no_more_often_than_at_one(stage: Stage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            course_ends.look(now=AFTER)
        return len(asked)

    def done(name: str) -> None:
        patient = make_patient(stage.house.clinic, name, "Done")
        plan = plan_row(stage.house, stage.protocol, patient, sessions_ordered=1)
        given(stage, plan, 0)
        course_ends.look(now=AFTER)

    done("Uma")
    one = queries()
    for name in ("Ugo", "Ulla", "Urs"):
        done(name)
    assert queries() == one
