"""The steps of a running infusion: rates, pauses, boluses, their moments, and what can't be entered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid, Stale
from sessions_app.infusing import infusion, progress, stopping
from sessions_app.models import Alert, InfusionEvent, Session
from sessions_app.preparing import checklist
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.steps import FROM_ELSEWHERE, MINUTE, ORDERED, at, errors_of, given, take
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT

# --- What was given --------------------------------------------------------------------------------------


def test_it_starts_at_the_worksheets_rate_and_gives_by_the_minute(house: House) -> None:
    session = stories.infusing(house)
    assert session.infusion_events.get().rate_ml_per_h == Decimal("150.0")
    assert [given(session, at(minutes))[1] for minutes in (0, 20, 40, 90)] == ["0.0", "17.5", "35.0", "35.0"]


def test_nothing_is_given_before_the_start_or_without_one(house: House) -> None:
    session = stories.prepared(house)
    assert progress.progress(session, NOW) is None
    take(house, session, stopping.not_given, reason="No ride home", now=NOW + 10 * MINUTE)
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
    assert progress.infusing_time(list(session.infusion_events.all()), at(38)) == 28 * MINUTE


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
    take(house, session, stopping.stop, early=True, reason="Distress", happened_at=at(22), now=at(25))
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
        (stopping.stop, {}),
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
    stopped = take(house, session, stopping.stop, early=True, reason="Pain", happened_at=at(11), now=at(5))
    assert (stopped.happened_at, stories.fresh(session).stopped_at) == (at(10), at(10))
    assert given(session, at(60)) == ("25.00", "8.8")


def test_what_stands_does_not_run_on_in_the_figures_when_the_clock_was_set_back(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("75.0"), now=at(10))
    take(house, session, infusion.pause, now=at(4))
    paused = progress.progress(stories.fresh(session), at(4))
    assert paused is not None
    assert (paused.running, paused.empty_at, paused.at) == (False, None, at(10))
    take(house, session, stopping.stop, early=True, reason="Pain", now=at(5))
    take(house, session, stopping.explain_stop, volume_ml=Decimal("24.0"), now=at(6))
    assert given(session, at(4)) == given(session, at(60)) == ("24.00", "8.4")
    assert progress.infusing_time(list(session.infusion_events.all()), at(4)) == 10 * MINUTE


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
        take(house, session, stopping.stop, happened_at=waited + timedelta(seconds=50), now=waited)
    stop = take(house, session, stopping.stop, now=waited)
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
