"""The steps of a running infusion: rates, boluses, moments, the pump's own figure, the hard stop."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from clinic.models import Role, WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import dose_watch, infusion, progress
from sessions_app.models import Alert, InfusionEvent, Session
from sessions_app.preparing import checklist
from sessions_app.signing import signing
from tests.at_once import at_once
from tests.cast import NOW, House, make_house, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

MINUTE = timedelta(minutes=1)
ORDERED = {"confirmed": True, "reason": "Dr. Nair ordered it"}
FROM_ELSEWHERE = {"came_from_elsewhere": True, "reason": "Dr. Nair ordered it"}


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return STARTED_AT + timedelta(minutes=minutes)


def take(
    house: House, session: Session, step: Callable[..., InfusionEvent], *, now: datetime, **options: Any
) -> InfusionEvent:
    return step(actor=house.actor(house.nils), id=new_id(), session=session, now=now, **options)


def given(session: Session, now: datetime) -> tuple[str, str]:
    standing = progress.progress(stories.fresh(session), now)
    assert standing is not None
    return str(standing.volume_ml), str(standing.mg)


def errors_of(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in refused.value.data["errors"]]


# --- What was given --------------------------------------------------------------------------------------


def test_it_starts_at_the_worksheets_rate_and_gives_by_the_minute(house: House) -> None:
    session = stories.infusing(house)
    assert session.infusion_events.get().rate_ml_per_h == Decimal("150.0")
    assert [given(session, at(minutes))[1] for minutes in (0, 20, 40, 90)] == ["0.0", "17.5", "35.0", "35.0"]


def test_nothing_is_given_before_the_start_or_without_one(house: House) -> None:
    session = stories.prepared(house)
    assert progress.progress(session, NOW) is None
    take(house, session, infusion.not_given, reason="No ride home", now=NOW + 10 * MINUTE)
    assert progress.progress(stories.fresh(session), NOW) is None


def test_rates_pauses_and_boluses_all_count(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(10))
    take(house, session, infusion.give_bolus, volume_ml=Decimal("4.0"), **ORDERED, now=at(12))
    take(house, session, infusion.pause, reason="Nausea", now=at(20))
    assert given(session, at(25)) == ("41.50", "14.5")  # 25 + 12.5 + 4 mL
    stories.measure(house, session, stories.calm(at(29)))
    take(house, session, infusion.resume, now=at(30))
    assert given(session, at(38)) == ("51.50", "18.0")  # and 8 minutes at 75 mL/h
    standing = progress.progress(stories.fresh(session), at(38))
    assert standing is not None
    assert (standing.rate_ml_per_h, standing.mg_per_h) == (Decimal("75.0"), Decimal("26.3"))
    assert standing.minutes_left == 39  # 48.5 mL at 75 mL/h
    assert infusion.infusing_time(list(session.infusion_events.all()), at(38)) == 28 * MINUTE


def test_progress_needs_no_query_where_the_lines_are_loaded(
    house: House, django_assert_num_queries: Any
) -> None:
    session = stories.infusing(house)
    loaded = (
        Session.objects.select_related("protocol")
        .prefetch_related("dose_worksheets", "infusion_events")
        .get(pk=session.pk)
    )
    with django_assert_num_queries(0):
        assert progress.progress(loaded, at(20)) is not None


# --- Moments -----------------------------------------------------------------------------------------------


def test_a_step_counts_from_the_moment_it_happened(house: House) -> None:
    session = stories.prepared(house)
    take(house, session, infusion.start, happened_at=STARTED_AT, now=at(4))
    take(house, session, infusion.pause, happened_at=at(10), now=at(14))
    take(house, session, infusion.resume, happened_at=at(12), now=at(14))
    take(house, session, infusion.stop, early=True, reason="Distress", happened_at=at(22), now=at(25))
    current = stories.fresh(session)
    assert (current.started_at, current.stopped_at) == (STARTED_AT, at(22))
    assert given(session, at(60)) == ("50.00", "17.5")


@pytest.mark.parametrize(
    ("happened_at", "says"),
    [
        (at(15) + timedelta(seconds=1), "in the future"),
        (at(10) - timedelta(seconds=1), r"The step before it \(rate changed\) was at 09:30:00"),
        (NOW - timedelta(seconds=1), "before the patient arrived"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(house: House, happened_at: datetime, says: str) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(10))
    steps: list[tuple[Callable[..., InfusionEvent], dict[str, Any]]] = [
        (infusion.pause, {}),
        (infusion.stop, {}),
        (infusion.change_rate, {"rate_ml_per_h": Decimal("60.0")}),
        (infusion.give_bolus, {"volume_ml": Decimal("1.0"), **ORDERED}),
    ]
    for step, options in steps:
        with pytest.raises(Invalid, match=says):
            take(house, session, step, happened_at=happened_at, now=at(15), **options)
    take(house, session, infusion.pause, happened_at=at(10), now=at(15))
    with pytest.raises(Invalid, match="happened_at"):
        take(house, session, infusion.resume, happened_at=at(9), now=at(15))


def test_a_pause_and_a_stop_land_when_the_clock_was_set_back(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(10))
    paused = take(house, session, infusion.pause, now=at(4))
    assert (paused.happened_at, paused.recorded_at) == (at(10), at(4))
    # As a page names it, whose clock goes on from the last step that it shows.
    stopped = take(house, session, infusion.stop, early=True, reason="Pain", happened_at=at(11), now=at(5))
    assert (stopped.happened_at, stories.fresh(session).stopped_at) == (at(10), at(10))
    assert given(session, at(60)) == ("25.00", "8.8")


def test_what_stands_does_not_run_on_in_the_figures_when_the_clock_was_set_back(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(10))
    take(house, session, infusion.pause, now=at(4))
    paused = progress.progress(stories.fresh(session), at(4))
    assert paused is not None
    assert (paused.running, paused.empty_at, paused.at) == (False, None, at(10))
    take(house, session, infusion.stop, early=True, reason="Pain", now=at(5))
    take(house, session, infusion.explain_stop, volume_ml=Decimal("24.0"), now=at(6))
    assert given(session, at(4)) == given(session, at(60)) == ("24.00", "8.4")
    assert infusion.infusing_time(list(session.infusion_events.all()), at(4)) == 10 * MINUTE


def test_the_total_is_at_its_limit_also_when_the_clock_was_set_back(house: House) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal("40.0"))
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(20))
    take(house, session, infusion.give_bolus, volume_ml=Decimal("64.2"), **FROM_ELSEWHERE, now=at(4))
    assert Alert.objects.get(kind="dose").raised_at == at(4)  # 17.5 + 22.47 mg


def test_a_step_that_waited_for_a_colleagues_keeps_the_moment_that_it_names(house: House) -> None:
    """The clock was read before the colleague's pause was kept; that is no clock that was set back."""
    session = stories.infusing(house)
    waited, paused = at(10), at(10) + timedelta(seconds=2)
    take(house, session, infusion.pause, now=paused)
    with pytest.raises(Invalid, match="This moment is in the future"):
        take(house, session, infusion.stop, happened_at=waited + timedelta(seconds=50), now=waited)
    stop = take(house, session, infusion.stop, now=waited)
    assert (stop.happened_at, stop.recorded_at) == (paused, waited)


def test_a_start_is_not_before_the_arrival(house: House) -> None:
    session = stories.prepared(house)
    with pytest.raises(Invalid, match="before the patient arrived"):
        take(house, session, infusion.start, happened_at=NOW - MINUTE, now=STARTED_AT)


def test_a_start_is_not_before_the_second_persons_check(house: House) -> None:
    session = stories.prepared(house)
    stories.measure(house, session, stories.calm(NOW + 8 * MINUTE), now=STARTED_AT)
    checked = NOW + 10 * MINUTE
    with pytest.raises(Invalid, match="the dose check is of 09:10:00"):
        take(house, session, infusion.start, happened_at=checked - timedelta(seconds=1), now=STARTED_AT)
    stories.fail(house, session, "fasting", at=checked + 2 * MINUTE)
    passed = stories.seen(session, checklist.Answer("fasting", "pass", reason="Asked again"))
    nils = house.actor(house.nils)
    checklist.answer(actor=nils, session=session, answers=passed, now=checked + 3 * MINUTE)
    with pytest.raises(Invalid, match="the checklist answer is of 09:13:00"):
        take(house, session, infusion.start, happened_at=checked + 2 * MINUTE, now=STARTED_AT)
    take(house, session, infusion.start, happened_at=checked + 3 * MINUTE, now=STARTED_AT)


def test_a_start_is_not_dated_back_past_a_bad_reading(house: House) -> None:
    session = stories.prepared(house)
    stories.measure(house, session, stories.calm(NOW + 15 * MINUTE, systolic_mmhg=215, diastolic_mmhg=115))
    for happened_at in (None, NOW + 12 * MINUTE):
        with pytest.raises(Conflict) as refused:
            take(house, session, infusion.start, happened_at=happened_at, now=STARTED_AT)
        assert [blocker["code"] for blocker in refused.value.data["blockers"]] == ["start_limits"]


# --- The pump's own figure ----------------------------------------------------------------------------------


def test_the_pumps_own_volume_counts_at_the_stop(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.stop, volume_ml=Decimal("98.0"), now=at(40))
    assert given(session, at(60)) == ("98.00", "34.3")
    assert not stories.fresh(session).stopped_early


def test_a_volume_far_from_the_reckoned_one_must_be_confirmed(house: House) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="the pump gave 100 mL") as refused:
        take(house, session, infusion.stop, volume_ml=Decimal("80.0"), now=at(40))
    assert errors_of(refused) == [("volume_ml", "confirm")]
    take(house, session, infusion.stop, volume_ml=Decimal("80.0"), confirmed=True, now=at(40))
    assert given(session, at(60)) == ("80.00", "28.0")
    assert stories.fresh(session).stopped_early  # 20 mL are left


@pytest.mark.parametrize("volume", ["-0.1", "100.1"])
def test_a_volume_that_was_not_in_the_bag_is_refused_even_confirmed(house: House, volume: str) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="read the pump again"):
        take(house, session, infusion.stop, volume_ml=Decimal(volume), confirmed=True, now=at(40))


def test_a_bolus_out_of_the_bag_leaves_an_account_of_the_drug_that_comes_out(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.give_bolus, volume_ml=Decimal("10.0"), **ORDERED, now=at(10))
    standing = progress.progress(stories.fresh(session), at(10))
    assert standing is not None
    assert (standing.left_ml, standing.minutes_left) == (Decimal("65.00"), 26)
    take(house, session, infusion.stop, now=at(36))
    assert given(session, at(36)) == ("100.00", "35.0")
    assert not stories.fresh(session).stopped_early


def test_a_volume_below_the_boluses_is_refused_even_confirmed(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.give_bolus, volume_ml=Decimal("20.0"), **ORDERED, now=at(10))
    with pytest.raises(Invalid, match="The boluses alone were 20 mL"):
        take(house, session, infusion.stop, volume_ml=Decimal("19.9"), confirmed=True, now=at(11))
    take(house, session, infusion.stop, volume_ml=Decimal("20.0"), confirmed=True, now=at(11))


@pytest.mark.parametrize(
    ("volume", "asked", "answer", "says"),
    [
        ("20.0", "volume_ml", "confirmed", "20 mL of this bag are 7 mg, on top of what the pump gives"),
        (
            "50.1",
            "came_from_elsewhere",
            "came_from_elsewhere",
            "with this bolus 100.1 mL were given, 35 mg of 35 mg",
        ),
    ],
)
def test_a_bolus_is_kept_when_its_mg_were_seen_and_somebody_ordered_it(
    house: House, volume: str, asked: str, answer: str, says: str
) -> None:
    """After 20 minutes at 150 mL/h half of the 100 mL is left. Each doubt has an answer of its own."""
    session = stories.infusing(house)
    bolus: Callable[..., InfusionEvent] = partial(
        take, house, session, infusion.give_bolus, volume_ml=Decimal(volume), now=at(20)
    )
    other = {"confirmed", "came_from_elsewhere"} - {answer}
    for said in ({}, dict.fromkeys(other, True)):
        with pytest.raises(Invalid) as refused:
            bolus(**said)
        assert errors_of(refused) == [(asked, "confirm"), ("reason", "invalid")]
        assert says in refused.value.detail
    with pytest.raises(Invalid, match="Say who ordered it") as refused:
        bolus(**{answer: True})
    assert errors_of(refused) == [("reason", "invalid")]
    bolus(**{answer: True}, reason="Dr. Nair ordered it")


@pytest.mark.django_db(transaction=True)
def test_of_boluses_sent_at_once_those_that_the_bag_cannot_hold_are_asked_about() -> None:
    house = make_house()
    session = stories.infusing(house)
    bolus = partial(take, house, session, infusion.give_bolus, volume_ml=Decimal("40.0"), now=at(2))
    outcomes = at_once(*[partial(bolus, **ORDERED)] * 4)
    asked = [outcome for outcome in outcomes if isinstance(outcome, Invalid)]
    assert len(asked) == 2
    errors = [(each["field"], each["code"]) for refusal in asked for each in refusal.data["errors"]]
    assert errors == [("came_from_elsewhere", "confirm")] * 2
    assert given(session, at(2)) == ("85.00", "29.8")


@pytest.mark.parametrize(
    ("rate", "minutes", "early"),
    [("300.0", 25, False), ("300.0", 24.9, False), ("300.0", 23.9, True), ("75.0", 60, True)],
)
def test_a_stop_is_early_by_what_is_left_in_the_bag_not_by_the_clock(
    house: House, rate: str, minutes: float, early: bool
) -> None:
    """After 10 minutes at 150 mL/h 75 mL are left: 15 minutes at twice the rate."""
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal(rate), **ORDERED, now=at(10))
    take(house, session, infusion.stop, now=at(minutes))
    assert stories.fresh(session).stopped_early is early


def test_a_high_rate_makes_no_stop_a_late_one(house: House) -> None:
    """At 9999.9 mL/h the whole bag runs through in a minute: what is left of it counts."""
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("9999.9"), **ORDERED, now=at(0))
    take(house, session, infusion.stop, now=at(0.04))
    session = stories.fresh(session)
    assert session.stopped_early
    assert progress.stop_lacks(session) == ("reason", "volume_ml")


# --- An early stop ------------------------------------------------------------------------------------------


def stopped_at_once(house: House, **told: Any) -> Session:
    """Stopped after 12 of 40 minutes, 30 of 100 mL, with no more than this told."""
    session = stories.infusing(house)
    take(house, session, infusion.stop, now=at(12), **told)
    return stories.fresh(session)


def test_an_early_stop_lands_without_a_word_and_is_explained_afterwards(house: House) -> None:
    session = stopped_at_once(house)
    assert (session.state, progress.stop_lacks(session)) == ("recovering", ("reason", "volume_ml"))
    told = {"reason": "Distress", "volume_ml": Decimal("31.0")}
    line = take(house, session, infusion.explain_stop, now=at(20), **told)
    assert (line.happened_at, line.recorded_at) == (at(12), at(20))
    session = stories.fresh(session)
    assert (session.stop_reason, progress.stop_lacks(session)) == ("Distress", ())
    assert given(session, at(12)) == given(session, at(60)) == ("31.00", "10.9")
    with pytest.raises(Conflict) as refused:
        take(house, session, infusion.explain_stop, now=at(21), **told)
    assert refused.value.code == "stop_explained"


@pytest.mark.parametrize(
    ("told", "later", "field"),
    [
        ({}, {}, "reason"),
        ({}, {"reason": "\u200b", "unreadable": True}, "reason"),
        ({"reason": "Distress"}, {}, "volume_ml"),
        ({"reason": "Distress"}, {"reason": "Pain", "unreadable": True}, "reason"),
        ({"reason": "Distress"}, {"volume_ml": Decimal(30), "unreadable": True}, "volume_ml"),
        ({"reason": "Distress"}, {"volume_ml": Decimal(60)}, "volume_ml"),
        ({"volume_ml": Decimal(30)}, {"reason": "Pain", "volume_ml": Decimal(30)}, "volume_ml"),
    ],
)
def test_only_what_the_stop_lacks_explains_it(house: House, told: Any, later: Any, field: str) -> None:
    session = stopped_at_once(house, **told)
    with pytest.raises(Invalid) as refused:
        take(house, session, infusion.explain_stop, now=at(20), **later)
    assert errors_of(refused)[0][0] == field


def test_where_nobody_can_read_the_pump_any_more_what_is_reckoned_counts(house: House) -> None:
    session = stopped_at_once(house, reason="Distress")
    take(house, session, infusion.explain_stop, unreadable=True, now=at(20))
    assert progress.stop_lacks(stories.fresh(session)) == ()
    assert given(session, at(60)) == ("30.00", "10.5")


def test_who_only_explains_a_stop_did_not_give_the_infusion(house: House) -> None:
    session, priya = stopped_at_once(house, reason="Distress"), house.actor(house.priya)
    infusion.explain_stop(actor=priya, id=new_id(), session=session, unreadable=True, now=at(20))
    offered = signing.meanings_open_to(priya, stories.fresh(session))
    assert [meaning.code for meaning in offered] == ["prescriber_review"]


def test_a_stop_at_the_end_of_the_bag_lacks_nothing(house: House) -> None:
    session = stories.recovering(house)
    assert progress.stop_lacks(session) == ()
    with pytest.raises(Conflict):
        take(house, session, infusion.explain_stop, reason="Done", unreadable=True, now=at(41))


# --- The hard stop -----------------------------------------------------------------------------------------


def test_a_bolus_past_the_protocols_limit_is_refused_naming_it(house: House) -> None:
    """Rosa weighs 70 kg: mood-40 ends at 1.5 mg/kg, 105 mg, or 300 mL of her bag."""
    session = stories.infusing(house)
    for _ in range(2):
        take(house, session, infusion.give_bolus, volume_ml=Decimal("100.0"), **FROM_ELSEWHERE, now=at(20))
    with pytest.raises(Invalid) as refused:
        take(house, session, infusion.give_bolus, volume_ml=Decimal("50.2"), **FROM_ELSEWHERE, now=at(20))
    assert errors_of(refused) == [("volume_ml", "hard_limit")]
    assert "87.5 mg were given" in refused.value.detail
    assert "hard limit of 1.5 mg/kg for 70 kg = 105 mg" in refused.value.detail
    assert session.infusion_events.count() == 3
    take(house, session, infusion.give_bolus, volume_ml=Decimal("50.0"), **ORDERED, now=at(20))
    assert given(session, at(20)) == ("300.00", "105.0")


def test_the_total_of_the_protocol_counts_before_the_dose_per_kg(house: House) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal("40.0"))
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="hard limit of 40 mg for one session"):
        take(house, session, infusion.give_bolus, volume_ml=Decimal("66.0"), **ORDERED, now=at(20))


def test_a_rate_past_the_limit_per_hour_is_refused_naming_it(house: House) -> None:
    """headache-4h ends at 1 mg/kg/h: 70 mg/h. The bag of 35 mg/h may run at twice its rate."""
    stories.active_protocol(house, "headache-4h")
    session = stories.infusing(house, ordered_dose="0.35")
    running = session.infusion_events.get().rate_ml_per_h
    assert running == Decimal("25.0")  # 98 mg in 100 mL over 240 minutes: 24.5 mg/h
    with pytest.raises(Invalid, match="hard limit of 1 mg/kg/h for 70 kg = 70 mg/h") as refused:
        take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("71.5"), now=at(20))
    assert errors_of(refused) == [("rate_ml_per_h", "hard_limit")]
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("71.4"), now=at(20))


def test_a_rate_faster_than_the_protocols_usual_wants_confirming(house: House) -> None:
    """mood-40 takes at least 30 minutes as a rule: 100 mL at 200 mL/h."""
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("200.0"), now=at(20))
    with pytest.raises(Invalid, match="usual 30 min at least") as refused:
        take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("200.1"), now=at(21))
    assert errors_of(refused) == [("rate_ml_per_h", "confirm"), ("reason", "invalid")]
    faster = Decimal("200.1")
    take(house, session, infusion.change_rate, rate_ml_per_h=faster, **ORDERED, now=at(21))


def test_no_pump_runs_at_ten_litres_an_hour(house: House) -> None:
    stories.active_protocol(house, "headache-4h")
    session = stories.infusing(house, ordered_dose="0.35")
    with pytest.raises(Invalid, match="rate_ml_per_h: No pump can be set above"):
        take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("10000.0"), now=at(20))


def test_a_faster_rate_that_would_come_past_the_total_is_refused(house: House) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal("40.0"))
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("60.0"), now=at(1))
    take(
        house, session, infusion.give_bolus, volume_ml=Decimal("90.0"), **FROM_ELSEWHERE, now=at(10)
    )  # elsewhere
    with pytest.raises(Invalid, match="hard limit of 40 mg"):
        take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("61.0"), now=at(10))
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("30.0"), now=at(10))


def test_at_the_limit_the_prescriber_is_called_and_nothing_resumes(house: House) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal("40.0"))
    session = stories.infusing(house)
    take(house, session, infusion.give_bolus, volume_ml=Decimal("64.2"), **FROM_ELSEWHERE, now=at(20))
    alert = Alert.objects.get(kind="dose")  # 17.5 + 22.47 mg
    assert (alert.level, alert.recorded_by) == ("stop", None)
    assert "hard limit is 40 mg for one session" in alert.detail
    task = WorkItem.objects.get(role=Role.PRESCRIBER, cause=f"alert:{alert.pk}")
    assert task.title == "Come to the chair: the dose is at its limit"
    take(house, session, infusion.pause, now=at(21))
    with pytest.raises(Conflict, match="Stop the infusion") as refused:
        take(house, session, infusion.resume, now=at(22))
    assert refused.value.code == "hard_limit"


def test_the_watch_raises_the_alert_when_time_reaches_the_limit_and_once(house: House) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal("40.0"))
    session = stories.infusing(house)
    take(
        house, session, infusion.give_bolus, volume_ml=Decimal("20.0"), **FROM_ELSEWHERE, now=at(36)
    )  # elsewhere
    assert dose_watch.watch(now=at(37)) == 0  # 92.5 + 20 mL: 39.4 mg
    before = stories.fresh(session).revision
    assert dose_watch.watch(now=at(38)) == 1
    assert dose_watch.watch(now=at(39)) == 0
    alert = Alert.objects.get(kind="dose")
    assert (alert.session, alert.raised_at, alert.revision) == (session, at(38), before + 1)
    assert stories.fresh(session).revision == before + 1


def test_a_bag_that_ran_empty_unstopped_is_told_once_and_over_with_the_stop(house: House) -> None:
    session = stories.infusing(house)
    assert dose_watch.watch(now=at(42)) == 0  # within the grace of three minutes
    assert dose_watch.watch(now=at(43)) == 1
    assert dose_watch.watch(now=at(60)) == 0
    alert = Alert.objects.get(kind="end")
    assert (alert.level, alert.steps.get().rung) == ("caution", "nurse")
    assert alert.detail == "The bag has been empty for 3 min, and the infusion is not stopped."
    take(house, session, infusion.stop, now=at(61))
    resolved = alert.steps.get(kind="resolved")
    assert (resolved.recorded_by, resolved.words) == (house.nils, "The infusion was stopped.")


def test_minutes_that_are_over_while_the_bag_still_runs_are_told_too(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(20))
    assert dose_watch.watch(now=at(42)) == 0
    assert dose_watch.watch(now=at(43)) == 1
    assert "The planned 40 min have been over for 3 min" in Alert.objects.get().detail


def test_the_watch_looks_at_any_number_of_sessions_with_the_same_queries(
    house: House, django_assert_num_queries: Any
) -> None:
    stories.infusing(house)
    with django_assert_num_queries(4):
        dose_watch.watch(now=at(10))
    stories.infusing(house, house.omar)
    with django_assert_num_queries(4):
        dose_watch.watch(now=at(10))


# --- What can't be entered ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "options", "field"),
    [
        (infusion.change_rate, {"rate_ml_per_h": Decimal(0)}, "rate_ml_per_h"),
        (infusion.change_rate, {"rate_ml_per_h": Decimal("150.0")}, "rate_ml_per_h"),
        (infusion.give_bolus, {"volume_ml": Decimal(0)}, "volume_ml"),
        (infusion.give_bolus, {"volume_ml": Decimal("100.1")}, "volume_ml"),
    ],
)
def test_an_amount_that_cannot_be_names_its_field(
    house: House, step: Callable[..., InfusionEvent], options: dict[str, Any], field: str
) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid) as refused:
        take(house, session, step, now=at(10), **options)
    assert errors_of(refused) == [(field, "invalid")]


def test_a_paused_pump_takes_no_rate_and_no_bolus(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.pause, now=at(10))
    with pytest.raises(Conflict, match="must be infusing"):
        take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("60.0"), now=at(11))
    with pytest.raises(Conflict, match="must be infusing"):
        take(house, session, infusion.give_bolus, volume_ml=Decimal("1.0"), **ORDERED, now=at(11))
