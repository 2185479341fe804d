"""What the pump has given: against the worksheet's own figures, and second by second in fractions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from sessions_app.infusing import hard_stop, pump
from sessions_app.infusing.pump import Course, Step
from sessions_app.preparing import dosing
from tests.cast import NOW

MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def bag(*steps: Step, **changes: Any) -> Course:
    """70 kg at 0.5 mg/kg over 40 minutes (domain.md 1.4): 35 mg in 100 mL at 150 mL/h."""
    values = {
        "bag_mg": Decimal("35.0"),
        "bag_volume_ml": Decimal("100.0"),
        "dead_space_ml": Decimal("0.0"),
        "rate_ml_per_h": Decimal("150.0"),
    }
    return Course(**{**values, **changes}, steps=steps)


def mg_after(course: Course, minutes: float) -> str:
    return str(pump.given(course, at(minutes)).mg)


START = Step("start", NOW)


def test_the_whole_bag_is_the_whole_dose_and_no_more() -> None:
    course = bag(START)
    assert [mg_after(course, minutes) for minutes in (0, 20, 40, 50)] == ["0.0", "17.5", "35.0", "35.0"]
    assert pump.given(course, at(20)).volume_ml == Decimal("50.00")


def test_what_stays_in_the_line_was_not_given() -> None:
    course = bag(START, dead_space_ml=Decimal("10.0"))
    assert mg_after(course, 60) == "31.5"
    assert pump.empty_at(course, NOW) == at(36)


def test_a_pause_stands_still_and_a_resumption_goes_on_at_the_newest_rate() -> None:
    course = bag(START, Step("rate", at(10), Decimal("75.0")), Step("pause", at(20)), Step("resume", at(30)))
    # 10 min at 150 and 10 at 75 are 25 + 12.5 mL; from then on 75 mL/h.
    assert [mg_after(course, minutes) for minutes in (20, 30, 38)] == ["13.1", "13.1", "16.6"]
    assert pump.running_time(course.steps, at(38)) == 28 * MINUTE


def test_a_bolus_counts_at_once_and_is_gone_from_the_bag() -> None:
    course = bag(START, Step("bolus", at(10), volume_ml=Decimal("10.0")))
    assert [mg_after(course, minutes) for minutes in (9.99, 10, 60)] == ["8.7", "12.3", "35.0"]
    assert pump.left_ml(course, at(10)) == Decimal("65.00")
    assert pump.empty_at(course, at(10)) == at(36)  # 65 mL at 150 mL/h
    assert not pump.stopped_early(course, at(36))


def test_a_bolus_of_more_than_was_left_came_from_elsewhere_and_leaves_the_bag_as_it_was() -> None:
    """90 mL are out after 36 minutes: 10 of the bag's were left."""
    held = bag(START, Step("bolus", at(36), volume_ml=Decimal("10.0")))
    more = bag(START, Step("bolus", at(36), volume_ml=Decimal("10.1")))
    assert not pump.doubt_of_bolus(bag(START), volume_ml=Decimal("10.0"), at=at(36))
    assert pump.doubt_of_bolus(bag(START), volume_ml=Decimal("10.1"), at=at(36))
    assert (pump.left_ml(held, at(36)), pump.left_ml(more, at(36))) == (Decimal(0), Decimal("10.00"))
    assert [mg_after(course, 60) for course in (held, more)] == ["35.0", "38.5"]
    assert pump.stopped_early(more, at(36))


def test_the_pumps_figure_is_at_most_what_there_was_to_give() -> None:
    bolus = Step("bolus", at(10), volume_ml=Decimal("10.0"))
    stop = Step("stop", at(38), volume_ml=Decimal("108.0"))
    assert pump.given(bag(START, bolus, stop), at(60)).volume_ml == Decimal("100.00")


@pytest.mark.parametrize("formula", ["1", "2"])
def test_by_a_worksheet_of_an_earlier_formula_a_bolus_counts_on_top(formula: str) -> None:
    bolus, stop = (
        Step("bolus", at(10), volume_ml=Decimal("10.0")),
        Step("stop", at(38), volume_ml=Decimal("108.0")),
    )
    course = bag(START, bolus, formula_version=formula)
    assert (mg_after(course, 60), pump.left_ml(course, at(10))) == ("38.5", Decimal("75.00"))
    assert pump.given(course.followed_by(stop), at(60)).volume_ml == Decimal("108.00")


def test_the_pumps_own_figure_counts_at_the_stop() -> None:
    course = bag(START, Step("stop", at(20), volume_ml=Decimal("49.0")))
    assert pump.given(course, at(60)).volume_ml == Decimal("49.00")
    assert mg_after(course, 60) == "17.2"  # 17.15, half up
    assert mg_after(course, 19) == "16.6"


def test_a_stopped_pump_gives_nothing_more_and_has_no_end_before_it() -> None:
    course = bag(START, Step("stop", at(10)))
    assert mg_after(course, 30) == "8.8"
    assert pump.empty_at(course, at(30)) is None
    assert pump.running_time(course.steps, at(30)) == 10 * MINUTE


@pytest.mark.parametrize(
    ("read", "asks"), [("47.5", False), ("52.5", False), ("47.4", True), ("52.6", True), ("50.0", False)]
)
def test_a_figure_of_the_pump_far_from_the_reckoned_one_wants_confirming(read: str, asks: bool) -> None:
    """50 mL are reckoned: 5 % of it are 2.5 mL."""
    assert bool(pump.doubt(bag(START), read_ml=Decimal(read), now=at(20))) is asks


@pytest.mark.parametrize(("read", "asks"), [("4.5", False), ("4.6", True), ("0.5", False), ("0.4", True)])
def test_of_a_small_volume_two_millilitres_are_allowed(read: str, asks: bool) -> None:
    assert bool(pump.doubt(bag(START), read_ml=Decimal(read), now=at(1))) is asks


# --- Second by second --------------------------------------------------------------------------------------

RATES = st.decimals("0.1", "999.9", places=1)
VOLUMES = st.decimals("0.1", "50.0", places=1)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A start and then any steps in an order in which they can happen, each at a whole second."""
    steps, second, running, bolus_total = [START], 0, True, Decimal(0)
    for _ in range(draw(st.integers(0, 8))):
        second += draw(st.integers(0, 900))
        kinds = ["rate", "bolus", "pause", "stop"] if running else ["resume", "rate", "stop"]
        kind = draw(st.sampled_from(kinds))
        moment = NOW + timedelta(seconds=second)
        if kind == "rate":
            steps.append(Step("rate", moment, rate_ml_per_h=draw(RATES)))
        elif kind == "bolus":
            volume = draw(VOLUMES)
            bolus_total += volume
            steps.append(Step("bolus", moment, volume_ml=volume))
        elif kind == "stop":
            steps.append(Step("stop", moment, volume_ml=draw(st.none() | VOLUMES)))
            break
        else:
            steps.append(Step(kind, moment))  # type: ignore[arg-type]
            running = kind == "resume"
    volume = draw(st.sampled_from([Decimal("50.0"), Decimal("100.0"), Decimal("250.0")]))
    return Course(
        bag_mg=draw(st.decimals("0.1", "999.9", places=1)),
        bag_volume_ml=volume,
        dead_space_ml=draw(st.decimals("0", "20.0", places=1)),
        rate_ml_per_h=draw(RATES),
        steps=tuple(steps),
    )


def second_by_second(course: Course, seconds: int) -> Fraction:
    """The volume in mL, each second at the rate at which it ran."""
    bag_ml = Fraction(course.bag_volume_ml) - Fraction(course.dead_space_ml)
    rate, running, out = Fraction(course.rate_ml_per_h), False, Fraction(0)
    elsewhere, steps = Fraction(0), list(course.steps)
    for second in range(seconds + 1):
        while steps and steps[0].at == NOW + timedelta(seconds=second):
            step = steps.pop(0)
            rate = Fraction(step.rate_ml_per_h) if step.rate_ml_per_h is not None else rate
            running = step.kind in ("start", "resume") or (running and step.kind in ("rate", "bolus"))
            if step.kind == "bolus":
                volume = Fraction(step.volume_ml or 0)
                if half_up(out + volume, "0.1") <= course.bag_volume_ml:
                    out += volume
                else:
                    elsewhere += volume
            if step.kind == "stop" and step.volume_ml is not None:
                return min(Fraction(step.volume_ml), bag_ml + elsewhere)
        if running and second < seconds:
            out = max(min(out + rate / 3600, bag_ml), out)
    return out + elsewhere


def half_up(value: Fraction, places: str) -> Decimal:
    scaled = value / Fraction(places)
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return (whole * Decimal(places)).quantize(Decimal(places), ROUND_HALF_UP)


@settings(max_examples=150)
@for_all(courses(), st.integers(0, 5000))
def test_it_is_what_fractions_come_to_second_by_second(course: Course, seconds: int) -> None:
    found = pump.given(course, NOW + timedelta(seconds=seconds))
    assert found.volume_ml == half_up(second_by_second(course, seconds), "0.01")
    mg = Fraction(found.volume_ml) * Fraction(course.bag_mg) / Fraction(course.bag_volume_ml)
    assert found.mg == half_up(mg, "0.1")


@settings(max_examples=100)
@for_all(courses(), st.lists(st.integers(0, 5000), min_size=2, max_size=6))
def test_the_running_total_never_goes_down_before_the_stop(course: Course, seconds: Sequence[int]) -> None:
    unread = Course(
        course.bag_mg,
        course.bag_volume_ml,
        course.dead_space_ml,
        course.rate_ml_per_h,
        tuple(step for step in course.steps if step.kind != "stop"),
    )
    totals = [pump.given(unread, NOW + timedelta(seconds=each)).mg for each in sorted(seconds)]
    assert totals == sorted(totals)


@settings(max_examples=100)
@for_all(courses(), st.integers(0, 5000))
def test_the_bag_is_empty_at_the_moment_that_was_told_and_not_two_seconds_before(
    course: Course, seconds: int
) -> None:
    now = NOW + timedelta(seconds=seconds)
    so_far = tuple(step for step in course.steps if step.at <= now)
    course = Course(course.bag_mg, course.bag_volume_ml, course.dead_space_ml, course.rate_ml_per_h, so_far)
    end = pump.empty_at(course, now)
    if end is None:
        assert not pump.stand(course, now).running
        return
    assert pump.stand(course, end).out_ml >= course.capacity_ml
    if end > now + timedelta(seconds=2):
        assert pump.stand(course, end - timedelta(seconds=2)).out_ml < course.capacity_ml


# --- The hard stop -----------------------------------------------------------------------------------------


def order(basis: str = "mg/kg", hard_max: str = "1.5", **changes: Any) -> dosing.Order:
    values = {
        "basis": basis,
        "dose": Decimal("0.5"),
        "weight_kg": Decimal("70.0"),
        "stock_mg_per_ml": Decimal(50),
        "bag_volume_ml": Decimal(100),
        "minutes": 40,
        "soft_min": Decimal("0.25"),
        "soft_max": Decimal("1.0"),
        "hard_max": Decimal(hard_max),
    }
    return dosing.Order(**{**values, **changes})


def test_the_limits_say_where_they_come_from() -> None:
    assert hard_stop.limits(order()).named == "1.5 mg/kg for 70 kg = 105 mg"
    capped = hard_stop.limits(order(total_hard_max_mg=Decimal("80.0")))
    assert (capped.most_mg, capped.named) == (Decimal("80.0"), "80 mg for one session")
    hourly = hard_stop.limits(order("mg/kg/h", "1.0", minutes=240))
    assert (hourly.named, hourly.rate_named) == (
        "1 mg/kg/h for 70 kg over 240 min = 280 mg",
        "1 mg/kg/h for 70 kg = 70 mg/h",
    )
    assert hard_stop.limits(order("mg", "60")).named == "60 mg for one session"


@pytest.mark.parametrize(("volume", "passes"), [("14.4", False), ("14.5", True)])
def test_a_bolus_may_come_up_to_the_limit_and_not_past_it(volume: str, passes: bool) -> None:
    """50 mL with 17.5 mg are in after 20 minutes; 64.4 mL are 22.5 mg, and 64.5 mL are 22.6."""
    limit = hard_stop.Limits(Decimal("22.5"), "22.5 mg for one session")
    why = hard_stop.against_bolus(bag(START), limit, volume_ml=Decimal(volume), at=at(20))
    said = "17.5 mg were given; this bolus makes 22.6 mg, past the protocol's hard limit of 22.5 mg for"
    assert (said in why) is passes
    assert bool(why) is passes


def test_a_rate_past_the_limit_per_hour_is_refused_and_the_checked_one_never() -> None:
    """250 mL with 140 mg at 62.5 mL/h are 35 mg/h; 70 mg/h are 125 mL/h."""
    course = bag(
        START, bag_mg=Decimal("140.0"), bag_volume_ml=Decimal("250.0"), rate_ml_per_h=Decimal("62.5")
    )
    limit = hard_stop.limits(order("mg/kg/h", "1.0", minutes=240))

    def against(rate: str) -> str:
        return hard_stop.against_rate(
            course, limit, rate_ml_per_h=Decimal(rate), planned=240 * MINUTE, at=at(30)
        )

    assert against("125.0") == ""
    assert "125.1 mL/h is 70.1 mg/h, past" in against("125.1")
    assert "1 mg/kg/h for 70 kg = 70 mg/h" in against("125.1")
    low = hard_stop.Limits(Decimal("280"), "280 mg", Decimal("34.9"), "34.9 mg/h")
    slowed = course.followed_by(Step("rate", at(20), Decimal("30.0")))
    back = hard_stop.against_rate(slowed, low, rate_ml_per_h=Decimal("62.5"), planned=240 * MINUTE, at=at(30))
    assert back == ""


def test_a_faster_rate_that_would_come_past_the_limit_is_refused_and_a_slower_one_never() -> None:
    """A bolus of 90 mL from elsewhere is 31.5 mg, beside the 11.5 mL that the pump gave."""
    course = bag(START, Step("rate", at(1), Decimal("60.0")), Step("bolus", at(10), volume_ml=Decimal(90)))
    limit = hard_stop.Limits(Decimal("60.0"), "60 mg")
    planned = 40 * MINUTE

    def against(rate: str) -> str:
        return hard_stop.against_rate(course, limit, rate_ml_per_h=Decimal(rate), planned=planned, at=at(10))

    # 101.5 mL are in; 30 minutes are planned. Up to 60 mg there are 69.9 mL more, 139.8 mL/h.
    assert against("140.0") == ""
    assert "it becomes" in against("140.4")
    assert "60 mg" in against("140.4")
    assert against("50.0") == ""


def test_the_total_is_reached_at_the_limit_itself() -> None:
    limit = hard_stop.Limits(Decimal("17.5"), "17.5 mg")
    assert hard_stop.reached(bag(START), limit, at(19.8)) == ""
    assert "17.5 mg given" in hard_stop.reached(bag(START), limit, at(20))
