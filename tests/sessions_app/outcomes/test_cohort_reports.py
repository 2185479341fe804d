"""A frozen report: the same question gives the same bytes, whatever has come in since its cut-off."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from clinic.problems import Forbidden, Invalid
from scheduler.models import Appointment, AppointmentStatus, Protocol, TreatmentPlan
from sessions_app.models import CohortReport, InfusionEvent, InfusionEventKind, Session, SideEffect
from sessions_app.outcomes import cohort_reports, diary, responses
from sessions_app.outcomes.cohort import Query
from tests.cast import NOW, House, make_patient, new_id
from tests.scheduler.stage import plan_row, set_stage

QUERY = Query(instrument="phq-9")
CUT_OFF = NOW + timedelta(days=60)
LATER = NOW + timedelta(days=90)


@pytest.fixture
def protocol(house: House) -> Protocol:
    return set_stage(house).protocol


def infused(house: House, plan: TreatmentPlan, at: datetime, *, entered: datetime | None = None) -> Session:
    """A bare session whose infusion started at this moment, entered then or later."""
    session = opened(house, plan, at, state="discharged", started_at=at)
    InfusionEvent.objects.create(
        session=session,
        kind=InfusionEventKind.START,
        recorded_by=house.nils,
        recorded_at=entered or at,
        happened_at=at,
    )
    return session


def opened(house: House, plan: TreatmentPlan, at: datetime, **details: Any) -> Session:
    visit = Appointment.objects.create(
        clinic=house.clinic,
        patient=plan.patient,
        plan=plan,
        protocol=plan.protocol,
        during=DateTimeTZRange(at, at + timedelta(hours=2)),
        status=AppointmentStatus.FULFILLED,
        arrived_at=at,
        booked_by=house.ana,
    )
    return Session.objects.create(
        clinic=house.clinic,
        patient=plan.patient,
        appointment=visit,
        protocol=plan.protocol,
        arrived_at=at,
        **details,
    )


def phq_9(house: House, patient: Patient, values: list[int], at: datetime) -> Any:
    nils = house.actor(house.nils)
    row = responses.begin(
        actor=nils,
        id=new_id(),
        patient=patient,
        instrument="phq-9",
        how="interview",
        occasion="monthly",
        now=at,
    )
    for item, value in enumerate(values, start=1):
        responses.answer(actor=nils, id=new_id(), response=row, item=item, value=value, now=at)
    return responses.complete(actor=nils, response=row, now=at)


def side_effect(house: House, session: Session, at: datetime, **details: Any) -> SideEffect:
    return SideEffect.objects.create(
        session=session,
        recorded_by=house.nils,
        recorded_at=at,
        onset_at=session.arrived_at,
        **{"term": "nausea", "grade": 1, "relatedness": "possible", "outcome": "ongoing", **details},
    )


def a_series(house: House, protocol: Protocol, patient: Patient) -> list[Session]:
    """Four infusions from NOW on, from severe to minimal, one side effect."""
    phq_9(house, patient, [2] * 8 + [1], NOW - timedelta(days=1))
    plan = plan_row(house, protocol, patient)
    sessions = [infused(house, plan, NOW + timedelta(days=day)) for day in (0, 2, 4, 7)]
    side_effect(house, sessions[0], NOW + timedelta(hours=1))
    phq_9(house, patient, [0] * 8 + [2], NOW + timedelta(days=7 + 21))
    return sessions


def make(house: House, *, cut_off: datetime = CUT_OFF, query: Query = QUERY) -> CohortReport:
    return cohort_reports.make(
        actor=house.actor(house.priya),
        id=new_id(),
        clinic=house.clinic,
        query=query,
        cut_off=cut_off,
        now=LATER,
    )


def whole(report: CohortReport) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(report.content)["figures"]["all"]
    return figures


def test_a_report_reads_what_happened(house: House, protocol: Protocol) -> None:
    a_series(house, protocol, house.rosa)
    infused(house, plan_row(house, protocol, house.omar), NOW)
    report = make(house)
    found = whole(report)
    assert (found["treated"], found["induction_complete"], found["evaluable"]) == (2, 1, 1)
    assert found["response"]["imputed"] == {
        "count": 1,
        "of": 2,
        "share": "0.5000",
        "low": "0.0945",
        "high": "0.9055",
    }
    assert found["harm"]["safety_item_up"]["count"] == 1
    assert (found["harm"]["sessions"], found["harm"]["adverse_events"]) == (5, 1)
    content = json.loads(report.content)
    assert content["protocols"] == [{"code": "mood-40", "version": 1}]
    assert [row["name"] for row in content["figures"]["by_dose_band"]] == ["0.5 mg/kg"]
    assert (content["code_version"], report.code_version) == ("cohort/6", "cohort/6")
    assert report.sha256 == hashlib.sha256(report.content.encode()).hexdigest()


def test_the_same_question_gives_the_same_bytes_also_after_later_data_came_in(
    house: House, protocol: Protocol
) -> None:
    sessions = a_series(house, protocol, house.rosa)
    counted = phq_9(house, house.rosa, [1] * 9, NOW + timedelta(days=40))
    first = make(house)
    assert make(house).content == first.content

    after = CUT_OFF + timedelta(days=1)
    infused(house, sessions[0].appointment.plan, NOW + timedelta(days=9), entered=after)
    infused(house, plan_row(house, protocol, house.omar), after)
    phq_9(house, house.rosa, [3] * 9, after)
    responses.enter_in_error(
        actor=house.actor(house.nils), response=counted, reason="Omar's answers", now=after
    )
    line = SideEffect.objects.get()
    side_effect(house, sessions[0], after, grade=3, corrects=line, correction_reason="Was worse")
    side_effect(house, sessions[1], after)

    again = make(house)
    assert (again.content, again.sha256) == (first.content, first.sha256)
    assert make(house, cut_off=LATER - timedelta(minutes=2)).content != first.content


def test_a_first_series_counts_and_a_patient_once(house: House, protocol: Protocol) -> None:
    a_series(house, protocol, house.rosa)
    second = plan_row(house, protocol, house.rosa)
    for day in (40, 42):
        side_effect(house, infused(house, second, NOW + timedelta(days=day)), NOW + timedelta(days=day))
    found = whole(make(house))
    assert (found["treated"], found["harm"]["sessions"], found["harm"]["adverse_events"]) == (1, 4, 1)


@pytest.mark.parametrize(
    ("details", "serious"),
    [
        ({"grade": 3}, 1),
        ({"grade": 1, "peak_grade": 3}, 1),
        ({"grade": 2, "seriousness": "SeriousResultsInHospitalization"}, 1),
        ({"term": "chest_pain"}, 1),
        ({"term": "dissociation", "distress": 7}, 1),
        ({"grade": 2, "peak_grade": 2}, 0),
    ],
)
def test_a_serious_adverse_event_stays_one_when_it_has_got_better(
    house: House, protocol: Protocol, details: dict[str, Any], serious: int
) -> None:
    session = infused(house, plan_row(house, protocol, house.rosa), NOW)
    line = side_effect(house, session, NOW, term="hypertension", grade=3)
    at = NOW + timedelta(hours=1)
    course = {"corrects": line, "correction_reason": "It has ended.", "outcome": "resolved", "ended_at": at}
    side_effect(house, session, at, **course, **details)
    harm = whole(make(house))["harm"]
    assert (harm["adverse_events"], harm["serious_adverse_events"]) == (1, serious)


def test_a_side_effect_counts_once_however_many_states_it_had(house: House, protocol: Protocol) -> None:
    session = infused(house, plan_row(house, protocol, house.rosa), NOW)
    first, at = side_effect(house, session, NOW), NOW + timedelta(hours=1)
    side_effect(house, session, at, grade=3, course_of=first, as_of=at)
    side_effect(house, session, at, outcome="resolved", ended_at=at, course_of=first, as_of=at)
    harm = whole(make(house))["harm"]
    assert (harm["adverse_events"], harm["serious_adverse_events"]) == (1, 1)


def test_what_a_patient_had_on_a_day_without_an_infusion_is_no_side_effect_of_one(
    house: House, protocol: Protocol
) -> None:
    """She came with a fever and was sent home: that session is none of those by which harm is told."""
    plan = plan_row(house, protocol, house.rosa)
    side_effect(house, infused(house, plan, NOW), NOW)
    fever = NOW + timedelta(days=2)
    side_effect(house, opened(house, plan, fever, state="not_given"), fever, grade=3)
    harm = whole(make(house))["harm"]
    assert (harm["sessions"], harm["adverse_events"], harm["serious_adverse_events"]) == (1, 1, 0)


@pytest.mark.parametrize(("maintenance", "still"), [("event", "0.0000"), ("ignored", "1.0000")])
def test_a_booster_under_a_second_plan_ends_the_response_without_treatment(
    house: House, protocol: Protocol, maintenance: str, still: str
) -> None:
    """domain.md 5.1, 11: the first plan has run out, and the next one brings the maintenance infusion."""
    a_series(house, protocol, house.rosa)
    infused(house, plan_row(house, protocol, house.rosa), NOW + timedelta(days=45))
    phq_9(house, house.rosa, [0] * 9, NOW + timedelta(days=59))
    found = whole(make(house, query=replace(QUERY, maintenance=maintenance)))["durability"]
    assert [step["events"] for step in found["steps"]] == [int(maintenance == "event")]
    assert found["steps"][-1]["survival"] == still


def test_what_was_entered_in_error_before_the_cut_off_does_not_count(
    house: House, protocol: Protocol
) -> None:
    a_series(house, protocol, house.rosa)
    for row in house.rosa.questionnaire_responses.all():
        responses.enter_in_error(
            actor=house.actor(house.nils), response=row, reason="Test", now=CUT_OFF - timedelta(days=1)
        )
    assert whole(make(house))["excluded"] == {"no_baseline": 1}


def headache_day(house: House, day: datetime, *, headache: bool, at: datetime) -> None:
    diary.enter(
        actor=house.actor(house.nils),
        id=new_id(),
        patient=house.rosa,
        entry=diary.Entry(day=day.date(), headache=headache),
        now=at,
    )


def test_the_headache_diary_is_read_as_it_was_told_by_the_cut_off(house: House, protocol: Protocol) -> None:
    plan = plan_row(house, protocol, house.rosa)
    infused(house, plan, NOW)
    for day in range(1, 29):
        headache_day(house, NOW - timedelta(days=day), headache=day <= 20, at=NOW)
        headache_day(
            house, NOW + timedelta(days=day), headache=day <= 10, at=NOW + timedelta(days=day, hours=9)
        )
    query = replace(QUERY, instrument="headache-days")
    first = make(house, query=query)
    assert whole(first)["response"]["observed"]["count"] == 1
    headache_day(house, NOW + timedelta(days=28), headache=True, at=CUT_OFF + timedelta(days=1))
    assert make(house, query=query).content == first.content
    later = make(house, query=query, cut_off=LATER - timedelta(minutes=2))
    assert whole(later)["response"]["observed"]["count"] == 0


def test_another_clinics_patients_are_not_in_it(house: House, other_house: House, protocol: Protocol) -> None:
    a_series(house, protocol, house.rosa)
    assert whole(make(other_house))["treated"] == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"instrument": "hit-6"}, "instrument"),
        ({"window_target": 40}, "window_target"),
        ({"baseline_days": 0}, "baseline_days"),
        ({"induction_days": -1}, "induction_days"),
        ({"maintenance": "maybe"}, "maintenance"),
        ({"started_from": NOW.date(), "started_until": NOW.date() - timedelta(days=1)}, "started_until"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    house: House, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make(house, query=replace(QUERY, **changes))
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_the_cut_off_is_not_in_the_future(house: House) -> None:
    with pytest.raises(Invalid, match="cut_off: The cut-off can't be in the future"):
        make(house, cut_off=LATER + timedelta(seconds=1))


def test_the_cut_off_lies_so_far_back_that_nothing_of_before_is_still_being_written(house: House) -> None:
    """A line says when its call came in, and is seen only when its transaction has ended."""
    with pytest.raises(Invalid, match="cut_off: Choose a cut-off two minutes back or more"):
        make(house, cut_off=LATER - timedelta(seconds=119))
    assert make(house, cut_off=LATER - timedelta(minutes=2)).pk


def test_a_nurse_makes_none_and_a_manager_may(house: House) -> None:
    def ask(user: Any) -> CohortReport:
        return cohort_reports.make(
            actor=house.actor(user), id=new_id(), clinic=house.clinic, query=QUERY, cut_off=NOW, now=LATER
        )

    with pytest.raises(Forbidden):
        ask(house.nils)
    assert ask(house.max).pk


def test_a_report_is_never_changed(house: House) -> None:
    report = make(house)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CohortReport.objects.filter(pk=report.pk).update(content="{}")


def test_a_report_reads_in_a_fixed_number_of_queries(house: House, protocol: Protocol) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            cohort_reports.content_of(house.clinic, QUERY, cut_off=CUT_OFF)
        return len(captured)

    a_series(house, protocol, house.rosa)
    few = queries()
    for name in ("Ada", "Ben", "Cleo"):
        a_series(house, protocol, make_patient(house.clinic, name, "More"))
    assert queries() == few == 6
