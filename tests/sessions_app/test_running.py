"""What a nurse does between arrival and discharge, and what each step refuses."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid, Stale
from scheduler.models import AppointmentStatus
from sessions_app import arrival
from sessions_app.infusing import infusion, progress, stopping
from sessions_app.models import CheckResult, InfusionEvent, Session, SideEffect
from sessions_app.observing import flowsheet, side_effects
from sessions_app.preparing import checklist
from sessions_app.preparing.checklist import Answer
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT


def start(house: House, session: Session, **options: Any) -> InfusionEvent:
    return infusion.start(
        actor=house.actor(house.nils), id=new_id(), session=session, **{"now": STARTED_AT, **options}
    )


def blockers_of(refused: pytest.ExceptionInfo[Conflict]) -> dict[str, str]:
    return {blocker["code"]: blocker["detail"] for blocker in refused.value.data["blockers"]}


# --- Arrival ---------------------------------------------------------------------------------------------


def test_a_session_opens_only_for_a_patient_who_has_arrived(house: House) -> None:
    visit = stories.arrived_visit(house)
    visit.status = AppointmentStatus.BOOKED
    visit.save()
    with pytest.raises(Conflict) as refused:
        arrival.open_session(actor=house.actor(house.nils), id=new_id(), appointment=visit, now=NOW)
    assert refused.value.code == "not_arrived"


def test_a_visit_has_one_session(house: House) -> None:
    session = stories.arrived(house)
    with pytest.raises(Conflict) as refused:
        arrival.open_session(
            actor=house.actor(house.nils), id=new_id(), appointment=session.appointment, now=NOW
        )
    assert refused.value.data["session"] == str(session.pk)


# --- Checklist -------------------------------------------------------------------------------------------


def answer(house: House, session: Session, *answers: Answer, **options: Any) -> Any:
    return checklist.answer(
        actor=house.actor(house.nils),
        session=session,
        answers=stories.seen(session, *answers),
        **{"now": NOW, **options},
    )


def test_the_first_answer_begins_the_preparation(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("identity", CheckResult.PASS))
    current = stories.fresh(session)
    assert (current.state, current.revision) == ("preparing", 2)
    assert current.appointment.status == AppointmentStatus.CHECKED_IN


def test_an_open_item_and_a_failed_one_both_block_the_start(house: House) -> None:
    session = stories.prepared(house)
    failed = Answer("fasting", CheckResult.FAIL, note="Toast an hour ago", reason="Asked again")
    answer(house, session, failed)
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert blockers_of(refused) == {
        "checklist_passed": "An item of the checklist does not pass: the prescriber must decide. "
        "Failed: Fasting as the protocol asks."
    }


def test_an_answer_changes_by_a_new_line_with_a_reason(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("fasting", CheckResult.FAIL, note="Juice at 8:00"))
    with pytest.raises(Invalid, match=r"answers\.fasting\.reason"):
        answer(house, session, Answer("fasting", CheckResult.PASS))
    answer(house, session, Answer("fasting", CheckResult.PASS, reason="Two hours have passed"))
    old, new = session.checklist_answers.order_by("created_at")
    assert (new.corrects, new.correction_reason) == (old, "Two hours have passed")


def test_the_same_answer_again_writes_nothing(house: House) -> None:
    session = stories.arrived(house)
    answer(house, session, Answer("identity", CheckResult.PASS))
    assert answer(house, session, Answer("identity", CheckResult.PASS)) == []
    assert stories.fresh(session).revision == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Answer("identitee", CheckResult.PASS), "answers.identitee"),
        (Answer("identity", "maybe"), "answers.identity.result"),
        (Answer("ride_home", CheckResult.PASS), "answers.ride_home.note"),
        (Answer("fasting", CheckResult.FAIL), "answers.fasting.note"),
        (Answer("pregnancy", CheckResult.NOT_APPLICABLE), "answers.pregnancy.note"),
    ],
)
def test_an_answer_that_cannot_stand_names_its_field(house: House, wrong: Answer, field: str) -> None:
    session = stories.arrived(house)
    with pytest.raises(Invalid) as refused:
        answer(house, session, Answer("mood", CheckResult.PASS), wrong)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert not session.checklist_answers.exists()


# --- Dose ------------------------------------------------------------------------------------------------


def test_a_dose_past_the_hard_limit_is_refused_and_one_past_the_soft_limit_warns(house: House) -> None:
    with pytest.raises(Invalid, match="hard limit"):
        stories.weigh(house, stories.arrived(house, ordered_dose="1.501"), at=NOW)
    worksheet = stories.weigh(house, stories.arrived(house, house.omar, ordered_dose="1.2"), at=NOW)
    assert "usual range" in worksheet.warning


def test_the_weight_is_todays(house: House) -> None:
    session = stories.arrived(house)
    with pytest.raises(Invalid, match="from today"):
        stories.weigh(house, session, at=NOW, weighed_at=NOW - timedelta(days=1))
    with pytest.raises(Invalid, match="future"):
        stories.weigh(house, session, at=NOW, weighed_at=NOW + timedelta(minutes=1))


def test_pounds_entered_as_kilograms_must_be_confirmed(house: House) -> None:
    stories.signed(house)
    later = NOW + timedelta(days=3)
    session = stories.arrived(house, at=later)
    with pytest.raises(Invalid) as refused:
        stories.weigh(house, session, at=later, weight_kg=Decimal("154.0"), confirmed=False)
    [error] = refused.value.data["errors"]
    assert (error["field"], error["code"]) == ("weight_kg", "confirm")
    kept = stories.weigh(house, session, at=later, weight_kg=Decimal("154.0"), confirmed=True)
    assert "pounds" in kept.warning


def test_a_second_worksheet_corrects_the_first(house: House) -> None:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW)
    with pytest.raises(Conflict) as refused:
        stories.weigh(house, session, at=NOW, weight_kg=Decimal("71"))
    assert refused.value.code == "dose_prepared"
    second = stories.weigh(
        house,
        session,
        at=NOW,
        weight_kg=Decimal("71"),
        corrects=first.pk,
        correction_reason="Weighed again without shoes",
    )
    assert (second.corrects, second.dose_mg) == (first, Decimal("35.5"))


# --- Start, pause, resume, stop ----------------------------------------------------------------------------


def test_a_prepared_session_starts(house: House) -> None:
    session = stories.prepared(house)
    start(house, session)
    current = stories.fresh(session)
    assert (current.state, current.started_at) == ("infusing", STARTED_AT)


@pytest.mark.parametrize(("late", "blocked"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_the_baseline_is_at_most_fifteen_minutes_old(house: House, late: timedelta, blocked: bool) -> None:
    session = stories.prepared(house)
    moment = NOW + timedelta(minutes=25) + late
    if blocked:
        with pytest.raises(Conflict) as refused:
            start(house, session, now=moment)
        assert list(blockers_of(refused)) == ["baseline"]
    else:
        start(house, session, now=moment)


def test_a_baseline_past_the_start_limits_blocks(house: House) -> None:
    session = stories.prepared(house)
    stories.measure(house, session, stories.calm(STARTED_AT, systolic_mmhg=160))
    with pytest.raises(Conflict) as refused:
        start(house, session)
    assert list(blockers_of(refused)) == ["start_limits"]
    assert "Systolic pressure" in refused.value.detail


def test_what_was_measured_after_a_start_entered_late_is_no_baseline_of_it(house: House) -> None:
    session = stories.prepared(house)
    after = STARTED_AT + timedelta(minutes=5)
    stories.measure(house, session, stories.calm(after, systolic_mmhg=150))
    start(house, session, now=after, happened_at=STARTED_AT)
    running = stories.fresh(session)
    assert running.started_at == STARTED_AT
    assert baseline(session) == 122


def baseline(session: Session) -> Any:
    running = stories.fresh(session)
    return flowsheet.baseline_of(running, flowsheet.standing(running.vital_signs.all()))["systolic_mmhg"]


def test_the_baseline_stands_from_the_start_on_but_for_corrections(house: House) -> None:
    session = stories.infusing(house)
    known = session.vital_signs.get()
    late = stories.calm(STARTED_AT - timedelta(minutes=1), systolic_mmhg=199, diastolic_mmhg=119)
    entered = stories.measure(house, session, late, now=STARTED_AT + timedelta(minutes=5))
    assert baseline(session) == 122
    again = {"now": STARTED_AT + timedelta(minutes=6), "correction_reason": "Misread"}
    stories.measure(house, session, replace(late, systolic_mmhg=189), corrects=entered.pk, **again)
    assert baseline(session) == 122
    right = stories.calm(known.measured_at, systolic_mmhg=132)
    stories.measure(house, session, right, corrects=known.pk, **again)
    assert baseline(session) == 132


def test_the_infusing_time_leaves_out_the_pauses(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    at = STARTED_AT + timedelta(minutes=10)
    infusion.pause(actor=nils, id=new_id(), session=session, reason="Nausea", now=at)
    at += timedelta(minutes=7)
    assert progress.infusing_time(list(session.infusion_events.order_by("recorded_at")), at) == timedelta(
        minutes=10
    )
    stories.measure(house, session, stories.calm(at))
    infusion.resume(actor=nils, id=new_id(), session=session, now=at)
    at += timedelta(minutes=30)
    stopping.stop(actor=nils, id=new_id(), session=session, now=at)
    steps = list(session.infusion_events.order_by("recorded_at"))
    assert progress.infusing_time(steps, at + timedelta(hours=1)) == timedelta(minutes=40)


def test_a_stop_called_early_is_one_and_keeps_its_reason(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    stopping.stop(actor=nils, id=new_id(), session=session, early=True, reason="Distress", now=STOPPED_AT)
    current = stories.fresh(session)
    assert (current.state, current.stopped_early, current.stop_reason) == ("recovering", True, "Distress")


def test_nothing_given_ends_the_visit_and_needs_a_reason(house: House) -> None:
    session = stories.arrived(house)
    nils = house.actor(house.nils)
    with pytest.raises(Invalid, match="reason"):
        stopping.not_given(actor=nils, id=new_id(), session=session, reason="", now=NOW)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="No ride home", now=NOW)
    current = stories.fresh(session)
    assert (current.state, current.appointment.status) == ("not_given", AppointmentStatus.FULFILLED)


def test_a_running_infusion_cannot_be_recorded_as_not_given(house: House) -> None:
    session = stories.infusing(house)
    with pytest.raises(Conflict) as refused:
        stopping.not_given(
            actor=house.actor(house.nils), id=new_id(), session=session, reason="x", now=STOPPED_AT
        )
    assert refused.value.code == "wrong_state"


def test_a_writer_who_saw_an_older_revision_changes_nothing(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    paused = infusion.pause(
        actor=nils, id=new_id(), session=session, revision=session.revision, now=STOPPED_AT
    )
    with pytest.raises(Stale) as refused:
        stopping.stop(actor=nils, id=new_id(), session=session, revision=session.revision, now=STOPPED_AT)
    assert refused.value.data == {
        "revision": session.revision + 1,
        "state": "paused",
        "changes": [
            {
                "revision": session.revision + 1,
                "part": "infusion",
                "id": str(paused.pk),
                "recorded_by": house.nils.full_name,
                "recorded_at": STOPPED_AT.isoformat(),
            }
        ],
    }
    assert stories.fresh(session).state == "paused"


# --- Vital signs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"systolic_mmhg": 301}, "systolic_mmhg"),
        ({"temperature_cel": Decimal("98.6")}, "temperature_cel"),
        ({"pain_nrs": None}, "absent_reason"),
        ({"measured_at": STARTED_AT + timedelta(seconds=1)}, "measured_at"),
        ({"measured_at": NOW - timedelta(seconds=1)}, "measured_at"),
        ({"heart_rate_per_min": 151}, "heart_rate_per_min"),
    ],
)
def test_a_reading_that_cannot_be_kept_names_its_field(house: House, changes: Any, field: str) -> None:
    session = stories.infusing(house)
    before = session.vital_signs.count()
    with pytest.raises(Invalid) as refused:
        stories.measure(house, session, replace(stories.calm(STARTED_AT), **changes), now=STARTED_AT)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert session.vital_signs.count() == before


def test_a_correction_is_a_new_line_that_names_the_old_and_why(house: House) -> None:
    session = stories.infusing(house)
    wrong = stories.measure(house, session, stories.calm(STARTED_AT, systolic_mmhg=160))
    right = stories.measure(
        house, session, stories.calm(STARTED_AT), corrects=wrong.pk, correction_reason="Typing error"
    )
    wrong.refresh_from_db()
    assert (wrong.systolic_mmhg, right.corrects, right.correction_reason) == (160, wrong, "Typing error")


@pytest.mark.parametrize("missing", ["reason", "line"])
def test_a_correction_names_both_line_and_reason(house: House, missing: str) -> None:
    session = stories.infusing(house)
    line = session.vital_signs.get()
    options = {"corrects": line.pk} if missing == "reason" else {"correction_reason": "Typing error"}
    with pytest.raises(Invalid):
        stories.measure(house, session, stories.calm(STARTED_AT), **options)


def test_another_sessions_line_cannot_be_corrected_here(house: House) -> None:
    omars = stories.infusing(house, house.omar).vital_signs.get()
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="no such line"):
        stories.measure(
            house, session, stories.calm(STARTED_AT), corrects=omars.pk, correction_reason="Typing error"
        )


@pytest.mark.parametrize(
    ("changes", "urgency", "minutes"),
    [
        ({"heart_rate_per_min": 151, "confirmed": True}, Urgency.RED, 2),
        ({"oxygen_saturation_percent": 89, "confirmed": True}, Urgency.RED, 2),
    ],
)
def test_a_value_past_a_limit_opens_a_task_for_the_prescriber(
    house: House, changes: Any, urgency: str, minutes: int
) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(STARTED_AT, **changes))
    item = WorkItem.objects.get()
    assert (item.urgency, item.role, item.patient) == (urgency, Role.PRESCRIBER, house.rosa)
    assert item.due_at == STARTED_AT + timedelta(minutes=minutes)


def test_a_symptom_that_is_sent_twice_is_kept_once(house: House) -> None:
    session = stories.infusing(house)
    reading = stories.calm(STARTED_AT + timedelta(minutes=1), symptoms=["dyspnoea", "dyspnoea"])
    assert stories.measure(house, session, reading).symptoms == ["dyspnoea"]


def test_calm_values_open_no_task(house: House) -> None:
    stories.discharged(house)
    assert not WorkItem.objects.exists()


# --- Side effects ----------------------------------------------------------------------------------------

NAUSEA = side_effects.Report(term="nausea", grade=1, onset_at=STARTED_AT)


def report(house: House, session: Session, what: side_effects.Report, **options: Any) -> SideEffect:
    return side_effects.record_side_effect(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        report=what,
        **{"now": STOPPED_AT, **options},
    )


@pytest.mark.parametrize(
    ("changes", "urgency"),
    [
        ({"grade": 2}, None),
        ({"grade": 3}, Urgency.RED),
        ({"term": "laryngospasm"}, Urgency.RED),
        ({"term": "suicidal_thoughts"}, Urgency.RED),
        ({"term": "dysuria"}, Urgency.AMBER),
    ],
)
def test_a_serious_side_effect_opens_a_task_for_the_prescriber(
    house: House, changes: Any, urgency: str | None
) -> None:
    report(house, stories.infusing(house), replace(NAUSEA, **changes))
    assert [item.urgency for item in WorkItem.objects.all()] == ([urgency] if urgency else [])


def test_the_course_of_a_side_effect_opens_no_second_task_until_it_gets_worse(house: House) -> None:
    session = stories.infusing(house)
    nils, first = house.actor(house.nils), report(house, session, replace(NAUSEA, grade=3))
    tasks = []
    for grade, outcome in ((3, "recovering"), (4, "ongoing")):
        state = side_effects.State(grade=grade, outcome=outcome)
        course = side_effects.Course(effect=first.pk, state=state)
        side_effects.record_course(actor=nils, id=new_id(), session=session, course=course, now=STOPPED_AT)
        tasks.append(WorkItem.objects.count())
    assert tasks == [1, 2]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term": "sickness"}, "term"),
        ({"grade": 0}, "grade"),
        ({"grade": 6}, "grade"),
        ({"grade": 5}, "grade"),
        ({"outcome": "better"}, "outcome"),
        ({"relatedness": "Perhaps"}, "relatedness"),
        ({"onset_at": STOPPED_AT + timedelta(seconds=1)}, "onset_at"),
        ({"onset_at": NOW - timedelta(seconds=1)}, "onset_at"),
        ({"outcome": "resolved"}, "ended_at"),
        ({"ended_at": STOPPED_AT}, "outcome"),
        ({"outcome": "resolved", "ended_at": STARTED_AT - timedelta(seconds=1)}, "ended_at"),
    ],
)
def test_a_report_that_cannot_be_kept_names_its_field(house: House, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        report(house, stories.infusing(house), replace(NAUSEA, **changes))
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_a_stop_before_its_time_is_recorded_as_early_whatever_was_ticked(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    stopping.stop(actor=nils, id=new_id(), session=session, now=stories.STARTED_AT + timedelta(minutes=12))
    assert stories.fresh(session).stopped_early
    omars = stories.recovering(house, house.omar)
    assert not omars.stopped_early
