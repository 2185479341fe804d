"""Where the protocol's hard limits end an infusion, and who is told: refusals, and the watch over time."""

from decimal import Decimal
from typing import Any

import pytest

from clinic.models import Role, WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import dose_watch, infusion, stopping
from sessions_app.models import Alert
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.steps import FROM_ELSEWHERE, ORDERED, at, errors_of, given, take


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
    take(house, session, stopping.stop, now=at(61))
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
