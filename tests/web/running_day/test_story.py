"""The synthetic clinic: made once, alike every time, with life in every part of the house."""

import json
from collections import Counter
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from clinic import clock
from clinic.models import Allergy, Clinic, CreatedId, Patient, Role, Urgency, User, WorkItem
from notifications.models import InboxItem, Message, MessageKind, MessageStatus
from notifications.talking import conversations, inbound
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Claim,
    PlanStatus,
    Protocol,
    ProtocolStatus,
    TreatmentPlan,
    WaitlistOffer,
)
from scheduler.reporting.reports import Period, attendance, lead_time
from sessions_app.models import (
    QuestionnaireResponse,
    ResponseStatus,
    SafetyConcern,
    Session,
    SessionState,
    SideEffect,
    VitalSigns,
)
from sessions_app.observing import alerts
from sessions_app.outcomes import cohort_reports
from sessions_app.outcomes.chart import chart_of
from sessions_app.outcomes.cohort import Query
from sessions_app.signing.verification import verify_all
from tests.browser.demo import MIDDAY
from web.demo.people import PASSWORD
from web.demo.welcome import welcome

SATURDAY = MIDDAY  # 12:02 in Chicago

pytestmark = pytest.mark.django_db


def test_a_saturday_has_a_session_in_every_state(demo: Clinic) -> None:
    today = clock.day_bounds(clock.local_date(SATURDAY, demo.time_zone), demo.time_zone)
    states = Session.objects.filter(arrived_at__range=today).values_list("state", flat=True)
    assert set(states) == set(SessionState.values)
    visits = Counter(
        Appointment.objects.filter(during__startswith__range=today).values_list("status", flat=True)
    )
    assert visits[AppointmentStatus.BOOKED] >= 3
    assert visits[AppointmentStatus.ARRIVED] == 1
    assert 13 <= visits.total() <= 15  # domain.md 8.3: 13 to 15 a day


def test_preparing_it_again_changes_nothing(demo: Clinic, tmp_path: Path) -> None:
    tables = (Clinic, User, Patient, Appointment, Claim, Session, Message, WorkItem, CreatedId)

    def prepared(name: str) -> tuple[str, list[int]]:
        call_command("prepare", welcome_file=tmp_path / name, stdout=StringIO())
        return (tmp_path / name).read_text(), [table._default_manager.count() for table in tables]

    made = [table._default_manager.count() for table in tables]
    first, second = prepared("first"), prepared("second")
    assert first == second
    assert first[1] == made
    assert "nurse@chairside.example" in first[0]


def test_nothing_lies_in_the_future_and_every_reading_is_on_time(demo: Clinic) -> None:
    assert not VitalSigns.objects.filter(recorded_at__gt=SATURDAY).exists()
    for session in Session.objects.filter(state=SessionState.INFUSING):
        newest = VitalSigns.objects.filter(session=session).latest("measured_at")
        assert SATURDAY - max(newest.measured_at, session.started_at or SATURDAY) <= timedelta(minutes=12)


def test_the_signed_records_hold(demo: Clinic) -> None:
    chains = list(verify_all())
    assert len(chains) >= 5
    assert all(broken is None for _, broken in chains)
    assert Session.objects.filter(state=SessionState.SIGNED).count() >= 6


def test_the_next_two_weeks_are_booked_and_one_visit_was_cancelled(demo: Clinic) -> None:
    ahead = Appointment.objects.filter(during__startswith__gt=SATURDAY)
    days = {clock.local_date(visit.starts_at, demo.time_zone) for visit in ahead}
    assert len(days) == 15
    cancelled = ahead.get(status=AppointmentStatus.CANCELLED)
    assert not Claim.objects.filter(appointment=cancelled).exists()
    assert Message.objects.filter(
        appointment=cancelled, kind=MessageKind.CANCELLATION, status=MessageStatus.SENT
    ).exists()


def test_messages_have_arrived_and_the_next_ones_wait(demo: Clinic) -> None:
    by_status = Counter(Message.objects.values_list("status", flat=True))
    assert by_status[MessageStatus.SENT] == InboxItem.objects.count() >= 40
    assert by_status[MessageStatus.PLANNED] >= 20  # one for the visits that were booked in one go
    assert not by_status[MessageStatus.FAILED]
    assert not InboxItem.objects.filter(created_at__gt=SATURDAY).exists()


def test_an_alarming_answer_is_waiting_for_the_nurse(demo: Clinic) -> None:
    calls = WorkItem.objects.filter(urgency=Urgency.RED, role=Role.NURSE, closed_at=None)
    red = calls.get(cause__startswith="check_in")
    assert red.acknowledged_at is None
    assert SATURDAY < red.due_at < SATURDAY + timedelta(minutes=15)


def test_an_alarming_text_waits_for_a_call_before_one_that_only_asks(demo: Clinic) -> None:
    alarming, asks = conversations.waiting_threads(demo)
    assert alarming.alarming
    assert not asks.alarming
    call = WorkItem.objects.get(cause__startswith=f"{inbound.CRISIS_CAUSE}:", closed_at=None)
    assert (call.role, call.urgency, call.acknowledged_at) == (Role.NURSE, Urgency.RED, None)
    assert timedelta() < SATURDAY - call.created_at < timedelta(minutes=5)


def test_a_reading_is_overdue_and_a_start_waits_for_the_prescriber(demo: Clinic) -> None:
    overdue = [
        session
        for session in Session.objects.filter(state=SessionState.RECOVERING)
        if SATURDAY - VitalSigns.objects.filter(session=session).latest("measured_at").measured_at
        > timedelta(minutes=20)
    ]
    assert len(overdue) == 1
    ready = Session.objects.get(state=SessionState.PREPARING)
    assert alerts.open_of(ready).exists()
    not_given = Session.objects.get(state=SessionState.NOT_GIVEN)
    assert not alerts.open_of(not_given).exists(), "the prescriber has seen it hours ago"


def test_an_allergy_and_a_hold_stand_in_somebodys_way(demo: Clinic) -> None:
    assert Allergy.objects.filter(patient__clinic=demo, criticality="high").exists()
    assert Patient.objects.filter(clinic=demo).exclude(flags=[]).exists()
    held = TreatmentPlan.objects.get(clinic=demo, status=PlanStatus.ON_HOLD)
    assert held.patient.sessions.exists()


def test_a_severe_side_effect_of_the_last_weeks_was_seen_by_the_prescriber(demo: Clinic) -> None:
    severe = SideEffect.objects.filter(session__clinic=demo, grade__gte=3, outcome="resolved").get()
    assert timedelta(days=7) <= SATURDAY - severe.recorded_at < timedelta(days=14)
    assert severe.session.state == SessionState.SIGNED
    assert not WorkItem.objects.filter(cause__startswith="side_effect:", closed_at=None).exists()


def test_an_answer_about_self_harm_is_waiting_for_the_prescriber(demo: Clinic) -> None:
    waiting = WorkItem.objects.get(urgency=Urgency.RED, role=Role.PRESCRIBER, closed_at=None)
    assert SATURDAY < waiting.due_at <= SATURDAY + timedelta(days=1)
    assert SafetyConcern.objects.get(assessment__isnull=True).patient_id == waiting.patient_id
    open_items = WorkItem.objects.filter(closed_at=None)
    assert {item.role for item in open_items} == {Role.NURSE, Role.PRESCRIBER, Role.FRONT_DESK}


def test_many_have_a_baseline_on_record_before_their_first_infusion(demo: Clinic) -> None:
    baselines = QuestionnaireResponse.objects.filter(status=ResponseStatus.COMPLETED, occasion="baseline")
    by_instrument = Counter(baselines.values_list("instrument", flat=True))
    assert by_instrument["phq-9"] == 14 + 13
    assert min(by_instrument[code] for code in ("gad-7", "pcl-5")) >= 1
    assert all(response.score for response in baselines)
    for response in baselines:
        started = Session.objects.filter(patient=response.patient, started_at__lte=response.completed_at)
        assert not started.exists()


def figures(demo: Clinic, instrument: str) -> dict[str, Any]:
    content = cohort_reports.content_of(demo, Query(instrument=instrument), cut_off=SATURDAY)
    whole: dict[str, Any] = json.loads(content)["figures"]["all"]
    return whole


def test_the_cohort_report_has_each_kind_of_patient(demo: Clinic) -> None:
    """Responders, somebody worse, somebody lost again, and three ways of not being evaluable."""
    found = figures(demo, "phq-9")
    assert found["treated"] > found["evaluable"] == 7
    assert found["treated"] > found["induction_complete"] >= 4
    assert found["excluded"].keys() == {"no_baseline", "nothing_in_window"}
    assert 0 < found["in_window"] < found["treated"]
    assert 0 < found["response"]["observed"]["count"] < found["evaluable"]
    assert found["harm"]["worse"]["count"] == found["harm"]["safety_item_up"]["count"] == 1
    assert sum(step["events"] for step in found["durability"]["steps"]) >= 1
    assert found["harm"]["adverse_events"] >= 5


@pytest.mark.parametrize("instrument", ["gad-7", "pcl-5", "nrs-pain", "pgic", "headache-days"])
def test_every_other_measure_has_somebody_to_report(demo: Clinic, instrument: str) -> None:
    assert figures(demo, instrument)["evaluable"] >= 1


def test_a_patient_with_a_past_has_a_chart_with_scores_infusions_and_diary(demo: Clinic) -> None:
    patient = Session.objects.filter(started_at__isnull=False).earliest("started_at").patient
    chart = chart_of(patient, now=SATURDAY)
    assert len(chart.infusions) == 6
    assert {line.instrument.code for line in chart.lines} >= {"phq-9", "nrs-pain", "pgic"}
    assert all(counts.complete for counts in chart.diary)


def test_the_last_months_have_visits_that_were_missed_cancelled_and_booked_ahead(demo: Clinic) -> None:
    today = clock.local_date(SATURDAY, demo.time_zone)
    period = Period.of(demo, today - timedelta(days=90), today - timedelta(days=5))
    found = attendance(demo, period, now=SATURDAY)
    assert (found.missed, found.cancelled_in_time, found.cancelled_too_late) == (4, 3, 2)
    assert found.came == 44
    assert lead_time(demo, period).all.count == 44 + 4
    lately = attendance(demo, Period.of(demo, today - timedelta(days=27), today), now=SATURDAY)
    shown = (lately.missed, lately.cancelled_in_time, lately.cancelled_too_late)
    assert all(shown), "the reports open with the last four weeks"
    assert not WorkItem.objects.filter(due_at__lt=SATURDAY - timedelta(days=5), closed_at=None).exists()


def test_only_the_mood_protocol_is_in_force(demo: Clinic) -> None:
    active = Protocol.objects.filter(clinic=demo, status=ProtocolStatus.ACTIVE)
    assert [protocol.code for protocol in active] == ["mood-40"]


def test_everybody_is_made_up_and_no_number_or_address_is_anybodys(demo: Clinic) -> None:
    assert demo.synthetic
    for patient in Patient.objects.all():
        assert patient.synthetic
        assert str(patient.phone).startswith("+131255501")
        assert patient.email.endswith(".example")


def test_one_person_of_each_role_can_sign_in_as_the_welcome_says(demo: Clinic) -> None:
    text = welcome(demo)
    named = [user for user in User.objects.all() if user.email in text]
    assert {role for user in named for role in user.memberships.values_list("role", flat=True)} == set(Role)
    assert len(named) == 4
    assert all(user.check_password(PASSWORD) for user in named)


def test_somebody_waits_and_has_a_time_on_offer(demo: Clinic) -> None:
    offer = WaitlistOffer.objects.get(entry__clinic=demo, entry__status="waiting")
    assert (offer.status, offer.appointment.status) == ("open", "pending")
