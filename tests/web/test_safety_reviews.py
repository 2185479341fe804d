"""What happened in the last session, on the plan's page: before the next dose, at the end of the course."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from clinic.models import WorkItem
from scheduler.models import Appointment, CourseAssessment, TreatmentPlan
from sessions_app.models import Session
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.web.pages import browser_of, send, words

AT = stories.HOME_AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def session(house: House) -> Session:
    """Rosa is at home again; what she told of comes in afterwards."""
    return stories.discharged(house)


def told(house: House, session: Session, term: str, grade: int) -> None:
    over = {"onset_at": stories.STOPPED_AT, "outcome": "resolved", "ended_at": stories.HOME_AT}
    report(house, session, term=term, grade=grade, now=AT, **over)


def plan_of(session: Session) -> TreatmentPlan:
    return TreatmentPlan.objects.get(appointments=session.appointment_id)


def test_the_plan_says_what_the_last_session_was_to_whoever_reads_sessions(
    house: House, session: Session
) -> None:
    told(house, session, "nausea", 2)
    told(house, session, "headache", 1)
    address = reverse("plan", args=[plan_of(session).pk])
    page = browser_of(house.priya).get(address)
    for said in (
        "The last session When Mon, Jan 11",
        "Given 35.0 mg in 40 min",
        "How it ended as planned",
        "Nausea, grade 2 resolved",
    ):
        assert said in words(page)
    assert "Headache" not in words(page)
    assert reverse("session", args=[session.pk]) in page.content.decode()
    assert "The last session" not in words(browser_of(house.ana).get(address))


def test_a_prescriber_looks_and_lets_the_course_go_on_with_another_dose(
    house: House, session: Session
) -> None:
    told(house, session, "chest_pain", 2)
    plan = plan_of(session)
    address = reverse("plan", args=[plan.pk])
    desk = words(browser_of(house.ana).get(address))
    assert "Before the next infusion Something has come up that a prescriber must see first" in desk
    assert "Chest pain" not in desk

    priya = browser_of(house.priya)
    assert "Rosa Delgado" in words(priya.get(reverse("decisions")))
    assert "Chest pain, grade 2" in words(priya.get(address))
    decide = reverse("plan_safety_review", args=[plan.pk])
    refused = send(priya, decide, {"safety-ordered_dose": "9", "safety-reason": "Less"}, on=address)
    assert refused.status_code == 400
    assert "above this protocol's limit" in words(refused)
    done = send(
        priya, decide, {"safety-ordered_dose": "0.4", "safety-reason": "Less"}, on=address, follow=True
    )
    assert "The course goes on; what you found is kept with the task." in words(done)
    assert "Before the next infusion" not in words(done)
    plan.refresh_from_db()
    assert str(plan.ordered_dose) == "0.400"
    item = WorkItem.objects.get(cause__startswith="safety:")
    task = priya.get(reverse("task", args=[item.pk]))
    assert f'href="{address}"' in task.content.decode()


def test_a_dose_that_was_ordered_meanwhile_is_seen_before_another_is_ordered(
    house: House, session: Session
) -> None:
    told(house, session, "chest_pain", 2)
    plan = plan_of(session)
    address, priya = reverse("plan", args=[plan.pk]), browser_of(house.priya)
    decide = reverse("plan_safety_review", args=[plan.pk])
    older = {"safety-was": "0.3", "safety-ordered_dose": "0.4", "safety-reason": "Less"}
    refused = send(priya, decide, older, on=address)
    assert refused.status_code == 412
    assert str(refused.context["safety_review_form"]["was"].value()) == str(plan.ordered_dose)
    assert WorkItem.objects.get(cause__startswith="safety:").closed_at is None


def test_a_visit_to_come_says_at_the_desk_that_its_start_is_held(house: House, session: Session) -> None:
    plan = plan_of(session)
    coming = stories.arrived_visit(house, at=AT + timedelta(days=3))
    Appointment.objects.filter(pk=coming.pk).update(status="booked", plan=plan, arrived_at=None)
    address = reverse("visit", args=[coming.pk])
    ana = browser_of(house.ana)
    said = "Until then this visit's infusion doesn't start."
    assert said not in words(ana.get(address))
    told(house, session, "chest_pain", 2)
    assert said in words(ana.get(address))
    assert said in words(ana.get(address, headers={"HX-Request": "true"}))


def test_a_visit_that_the_desk_cancels_for_a_pregnancy_asks_a_prescriber_about_the_plan(
    house: House, session: Session
) -> None:
    plan = plan_of(session)
    coming = stories.arrived_visit(house, at=AT + timedelta(days=3))
    Appointment.objects.filter(pk=coming.pk).update(status="booked", plan=plan, arrived_at=None)
    TreatmentPlan.objects.filter(pk=coming.plan_id).update(status="revoked")
    ana, priya = browser_of(house.ana), browser_of(house.priya)
    cancelled = ana.post(reverse("visit_cancel", args=[coming.pk]), {"reason": "pat-preg"}, follow=True)
    assert "A prescriber is asked to look before anything more is booked." in words(cancelled)

    item = WorkItem.objects.get(cause__startswith="safety:")
    address, visit = reverse("plan", args=[plan.pk]), reverse("visit", args=[coming.pk])
    desk, decides = ana.get(address), priya.get(address)
    assert "Something has come up that a prescriber must see first" in words(desk)
    assert "Patient: pregnancy" not in words(desk)
    assert "It is about a visit that was cancelled: " in words(decides)
    assert "Patient: pregnancy" in words(decides)
    assert f'href="{visit}"' in decides.content.decode()
    assert item.title in words(priya.get(reverse("patient", args=[house.rosa.pk])))
    assert "Rosa Delgado" in words(priya.get(reverse("decisions")))

    done = send(
        priya,
        reverse("plan_safety_review", args=[plan.pk]),
        {"safety-reason": "The test is negative"},
        on=address,
        follow=True,
    )
    assert "Before the next infusion" not in words(done)
    item.refresh_from_db()
    assert item.outcome == "The course goes on: The test is negative"


def test_the_course_is_assessed_on_its_page(house: House, session: Session) -> None:
    plan = plan_of(session)
    address = reverse("plan", args=[plan.pk])
    priya = browser_of(house.priya)
    done = send(
        priya,
        reverse("plan_assess", args=[plan.pk]),
        {"assess-step": "maintain", "assess-words": "PHQ-9 21, then 8"},
        on=address,
        follow=True,
    )
    assert "Go on to maintenance Priya Nair" in words(done)
    assert "PHQ-9 21, then 8" in words(browser_of(house.nils).get(address))
    assert "PHQ-9 21" not in words(browser_of(house.ana).get(address))
    assert CourseAssessment.objects.count() == 1
