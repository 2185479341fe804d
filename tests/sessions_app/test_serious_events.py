"""After a serious side effect, or an early stop with somebody called to the chair, the patient's next
infusion waits until a prescriber has looked and decided, under every plan. Rosa sits in the chair.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic import clock
from clinic.models import WorkItem
from clinic.problems import Conflict, Invalid, Stale
from scheduler.models import TreatmentPlan
from scheduler.prescribing import plans, safety_reviews
from scheduler.prescribing.safety_reviews import OtherDose
from scheduler.visits import decision
from scheduler.waitlist import joining, obstacles, waiting
from sessions_app.infusing import infusion, stopping
from sessions_app.models import Session
from tests.cast import NOW, TODAY, ZONE, House, client_of, new_id
from tests.scheduler.stage import active_protocol, plan_row
from tests.scheduler.waits import terms
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report

MINUTE = timedelta(minutes=1)
LATER = stories.STARTED_AT + 15 * MINUTE
TONIGHT = clock.at_local(TODAY + timedelta(days=1), time(0), ZONE)


def felt(house: House, session: Session, term: str, grade: int, *, at: datetime = LATER) -> None:
    report(house, session, term=term, grade=grade, onset_at=at - MINUTE, now=at)


def plan_of(session: Session) -> TreatmentPlan:
    return TreatmentPlan.objects.select_related("protocol", "clinic").get(appointments=session.appointment_id)


def against(session: Session, now: datetime = LATER) -> list[str]:
    return [each.code for each in decision.against_any_time(plan=plan_of(session), now=now)]


def decide(house: House, session: Session, *, reason: str = "Mild, known", **said: Any) -> None:
    plan = plan_of(session)
    review = safety_reviews.waiting_for(plan)
    assert review is not None
    safety_reviews.decide(
        **{
            "actor": house.actor(house.priya),
            "plan": plan,
            "task": review.item.pk,
            "reason": reason,
            "now": LATER,
            **said,
        }
    )


@pytest.mark.parametrize(
    ("term", "grade", "held"),
    [
        ("nausea", 2, False),
        ("nausea", 3, True),  # CTCAE v5, 4.1: severe or medically significant
        ("chest_pain", 1, True),  # 4.2: escalated at once
        ("dysuria", 1, True),  # 4.1: every report to the prescriber before the next session
    ],
)
def test_what_is_escalated_holds_the_next_infusion(house: House, term: str, grade: int, held: bool) -> None:
    session = stories.infusing(house)
    felt(house, session, term, grade)
    assert ("safety_review_waits" in against(session)) is held
    assert WorkItem.objects.filter(cause__startswith="safety:").exists() is held


def test_it_holds_booking_the_waitlist_and_the_next_start_and_says_nothing_of_what_happened(
    house: House,
) -> None:
    session = stories.arrived(house)
    assert "session_reviewed" not in missing(session)
    felt(house, session, "syncope", 2, at=NOW + MINUTE)

    item = WorkItem.objects.get(cause__startswith="safety:")
    assert (item.title, item.role) == ("Decide on the next infusion after the last session", "prescriber")
    assert "session_reviewed" in missing(session)
    with pytest.raises(Conflict) as refused:
        infusion.start(actor=house.actor(house.nils), id=new_id(), session=stories.fresh(session), now=NOW)
    assert "session_reviewed" in [each["code"] for each in refused.value.data["blockers"]]
    [blocker] = [
        each
        for each in decision.against_any_time(plan=plan_of(session), now=NOW)
        if each.code == safety_reviews.WAITS
    ]
    assert blocker.detail == safety_reviews.WORDS
    assert "syncope" not in blocker.detail.lower()
    entry = joining.join(
        actor=house.actor(house.ana), id=new_id(), plan=plan_of(session), terms=terms(), now=NOW
    )
    row = obstacles.with_obstacles(waiting.entries(), now=NOW).get(pk=entry.pk)
    told = obstacles.why_nothing(row, now=NOW)
    assert told is not None
    assert (told.code, told.detail) == (safety_reviews.WAITS, safety_reviews.WORDS)

    decide(house, session, now=NOW)
    assert "session_reviewed" not in missing(session)
    assert safety_reviews.WAITS not in against(session, NOW)


@pytest.mark.parametrize(("hours", "due_by"), [(5, NOW + timedelta(hours=5)), (30, TONIGHT), (None, TONIGHT)])
def test_it_is_due_before_the_patient_comes_again_and_by_the_end_of_the_day(
    house: House, hours: int | None, due_by: datetime
) -> None:
    session = stories.infusing(house)
    if hours is not None:
        visit = stories.arrived_visit(house, at=NOW + timedelta(hours=hours))
        type(visit).objects.filter(pk=visit.pk).update(status="booked", arrived_at=None)
    felt(house, session, "chest_pain", 2)
    review = safety_reviews.waiting_for(plan_of(session))
    assert review is not None
    assert review.item.due_at == due_by


@pytest.fixture
def for_pain(house: House) -> TreatmentPlan:
    """Rosa's other plan."""
    return plan_row(house, active_protocol(house, "pain-4h"), house.rosa, indication="G90.50")


def test_it_holds_every_plan_of_the_patient_and_each_is_decided_by_itself(
    house: House, for_pain: TreatmentPlan
) -> None:
    session = stories.infusing(house)
    anothers = stories.arrived_visit(house, house.omar).plan
    felt(house, session, "chest_pain", 2)
    of_pain = safety_reviews.waiting_for(for_pain)
    assert of_pain is not None
    assert of_pain.session_id == session.pk
    codes = {each.code for each in decision.against_any_time(plan=for_pain, now=LATER)}
    assert safety_reviews.WAITS in codes
    assert safety_reviews.waiting_for(anothers) is None

    decide(house, session)
    assert safety_reviews.WAITS not in against(session)
    assert safety_reviews.waiting_for(for_pain) is not None


def test_it_holds_the_plan_that_stands_when_the_sessions_own_has_ended(
    house: House, for_pain: TreatmentPlan
) -> None:
    session = stories.infusing(house)
    TreatmentPlan.objects.filter(pk=plan_of(session).pk).update(status="completed")
    felt(house, session, "chest_pain", 2)
    assert safety_reviews.waiting_for(plan_of(session)) is None
    assert safety_reviews.waiting_for(for_pain) is not None


def test_more_plans_take_no_more_queries_and_are_locked_in_the_order_of_their_keys(
    house: House, for_pain: TreatmentPlan
) -> None:
    def asked(session: Session) -> list[str]:
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            safety_reviews.open_reviews(patient_id=session.patient_id, session_id=session.pk, now=LATER)
        return [query["sql"] for query in captured]

    alone = asked(stories.infusing(house, house.omar))
    both = asked(stories.infusing(house))
    assert len(both) == len(alone)
    assert WorkItem.objects.filter(cause__startswith="safety:", patient=house.rosa).count() == 2
    [locking] = [sql for sql in both if "FOR NO KEY UPDATE" in sql]
    assert 'ORDER BY "scheduler_treatmentplan"."id" ASC FOR NO KEY UPDATE' in locking


def missing(session: Session) -> list[str]:
    return [each.code for each in infusion.missing_at_start(stories.fresh(session), NOW)]


def stop(house: House, session: Session, at: datetime = LATER) -> None:
    stopping.stop(
        actor=house.actor(house.nils),
        id=new_id(),
        session=stories.fresh(session),
        reason="As the prescriber said",
        volume_ml=Decimal("37.5"),
        confirmed=True,
        now=at,
    )


def test_an_early_stop_with_somebody_called_to_the_chair_holds_it_too(house: House) -> None:
    session = stories.infusing(house)
    high = {"systolic_mmhg": 190, "diastolic_mmhg": 115, "confirmed": True}
    for minutes in (8, 10):
        at = stories.STARTED_AT + minutes * MINUTE
        stories.measure(house, session, stories.calm(at, **high), now=at)
    stop(house, session)
    assert safety_reviews.WAITS in against(session)


def test_an_early_stop_for_another_reason_holds_nothing(house: House) -> None:
    session = stories.infusing(house)
    stop(house, session)
    assert stories.fresh(session).stopped_early
    assert safety_reviews.WAITS not in against(session)


def test_what_was_high_before_the_start_is_no_ground_of_the_stop(house: House) -> None:
    session = stories.prepared(house)
    high = {"systolic_mmhg": 190, "diastolic_mmhg": 115, "confirmed": True}
    for minutes, found in ((8, high), (6, high), (1, {})):
        at = stories.STARTED_AT - minutes * MINUTE
        stories.measure(house, session, stories.calm(at, **found), now=at)
    assert session.alerts.filter(kind="limit", level="stop").exists()
    started_at = stories.STARTED_AT
    infusion.start(actor=house.actor(house.nils), id=new_id(), session=stories.fresh(session), now=started_at)
    stop(house, session)
    assert safety_reviews.WAITS not in against(session)


def test_what_happens_later_is_never_decided_unread(house: House) -> None:
    session = stories.infusing(house)
    felt(house, session, "nausea", 3)
    read = safety_reviews.waiting_for(plan_of(session))
    assert read is not None
    felt(house, session, "chest_pain", 2, at=LATER + MINUTE)
    with pytest.raises(Conflict) as refused:
        decide(house, session, task=read.item.pk)
    assert refused.value.code == "answered_before"
    assert WorkItem.objects.get(pk=read.item.pk).outcome == safety_reviews.MORE
    decide(house, session)
    assert safety_reviews.WAITS not in against(session)


def test_a_prescriber_goes_on_with_another_dose_in_one_act(house: House) -> None:
    session = stories.infusing(house)
    felt(house, session, "nausea", 3)
    seen = plan_of(session).ordered_dose
    with pytest.raises(Invalid, match="above this protocol's limit"):
        decide(house, session, other_dose=OtherDose(Decimal("1.9"), seen))
    with pytest.raises(Stale):
        decide(house, session, other_dose=OtherDose(Decimal("0.4"), Decimal("0.7")))
    assert safety_reviews.WAITS in against(session), "refused, nothing is decided"
    decide(house, session, reason="Slower and less", other_dose=OtherDose(Decimal("0.4"), seen))
    assert plan_of(session).ordered_dose == Decimal("0.4")
    item = WorkItem.objects.get(cause__startswith="safety:")
    assert item.outcome == "The course goes on with 0.4 mg/kg: Slower and less"


def test_a_decision_says_why_and_an_ended_plan_waits_for_none(house: House) -> None:
    session = stories.infusing(house)
    felt(house, session, "nausea", 3)
    with pytest.raises(Invalid, match="Say what you found"):
        decide(house, session, reason=" ")
    plans.end_plan(
        actor=house.actor(house.priya),
        plan=plan_of(session),
        end_reason="adverse-event",
        reason="Severe nausea",
        now=NOW + timedelta(days=1),
    )
    assert WorkItem.objects.get(cause__startswith="safety:").outcome == "The plan has ended."
    felt(house, session, "chest_pain", 2, at=LATER + MINUTE)
    assert safety_reviews.waiting_for(plan_of(session)) is None


@time_machine.travel(LATER, tick=False)
def test_over_the_api_it_is_listed_and_decided(house: House) -> None:
    session = stories.infusing(house)
    felt(house, session, "nausea", 3)
    listed = f"/api/v1/plans/safety-reviews/?clinic={house.clinic.pk}"
    [review] = client_of(house.ana).get(listed).json()
    told = (review["session"], review["visit"], review["plan"])
    assert told == (str(session.pk), None, str(plan_of(session).pk))
    address = f"/api/v1/plans/{review['plan']}/safety-review/"
    body = {"task": review["task"], "reason": "Mild, known", "ordered_dose": "0.4"}
    refused = client_of(house.priya).post(address, body)
    assert [each["field"] for each in refused.json()["errors"]] == ["was"]
    assert client_of(house.priya).post(address, {**body, "was": "0.5"}).status_code == 204
    assert client_of(house.priya).get(listed).json() == []
