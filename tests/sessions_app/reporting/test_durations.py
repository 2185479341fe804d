"""How long it took beside its plan: of what is known, by protocol, and how late it began."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler.models import Appointment
from scheduler.reporting.reports import Among, Period
from sessions_app.reporting.durations import BINS, Durations, Phase, PhaseTimes, bin_words, durations
from sessions_app.reporting.rates import Rate
from tests.cast import ZONE, House, client_of
from tests.sessions_app.reporting.infused import infused

JANUARY = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)


def found(house: House) -> Durations:
    return durations(house.clinic, JANUARY)


def phase_of(report: Durations, phase: Phase) -> PhaseTimes:
    return next(each for each in report.all.phases if each.phase == phase)


def test_each_phase_is_told_by_quartiles_beside_its_plan(house: House) -> None:
    """mood-40: 20 minutes of preparation, 40 of infusion, 60 of observation."""
    for stopped, home in ((60, 120), (65, 130), (70, 140), (80, 160), (100, 200)):
        infused(house, stopped=stopped, home=home, state="discharged")
    report = found(house)
    infusion = phase_of(report, Phase.INFUSION)
    took = infusion.took
    assert (took.count, took.first_quartile, took.median, took.third_quartile) == (5, 45, 50, 60)
    assert (took.fifth, took.ninety_fifth) == (41, 76)
    assert (infusion.planned, infusion.over) == (40, 10)
    assert [each.planned for each in report.all.phases] == [20, 40, 60, 120]
    assert phase_of(report, Phase.WHOLE).took.median == 140


def test_a_longer_recovery_that_was_booked_is_part_of_the_plan(house: House) -> None:
    session = infused(house, home=150, state="discharged")
    Appointment.objects.filter(pk=session.appointment_id).update(extra_recovery_minutes=30)
    recovery = phase_of(found(house), Phase.RECOVERY)
    assert (recovery.planned, recovery.took.median, recovery.over) == (90, 90, 0)


def test_a_phase_that_has_not_ended_counts_nowhere_and_is_told_of(house: House) -> None:
    infused(house, state="discharged")
    infused(house, stopped=None, home=None, state="infusing")
    report = found(house)
    assert [each.took.count for each in report.all.phases] == [2, 1, 1, 1]
    assert (report.infusions, report.under_way) == (2, 1)


def test_each_visit_is_held_against_its_own_protocol(house: House) -> None:
    infused(house, state="discharged")
    infused(house, stopped=90, home=150, state="discharged", protocol="cluster-60")
    report = found(house)
    assert {each.name: each.infusions for each in report.by_protocol} == {
        each.name: 1 for each in report.by_protocol
    }
    assert [each.phases[1].planned for each in report.by_protocol] in ([40, 60], [60, 40])
    assert phase_of(report, Phase.INFUSION).over == 5  # between 0 and 10 longer
    one = durations(house.clinic, JANUARY, Among(protocol="cluster-60"))
    assert phase_of(one, Phase.INFUSION).took.median == 70


@pytest.mark.parametrize(
    ("began", "late", "counted"), [(20, 0, 0), (25, 5, 0), (26, 6, 1), (12, -8, 0), (95, 75, 1)]
)
def test_a_start_is_late_by_the_minutes_after_the_planned_preparation(
    house: House, began: int, late: int, counted: int
) -> None:
    """Five minutes are still on time."""
    infused(house, began=began, stopped=100, home=160, state="discharged")
    starts = found(house).starts
    assert (starts.late.median, starts.after_grace) == (late, Rate(counted, 1))
    place = next(
        place
        for place, (first, before) in enumerate(BINS)
        if (first is None or late >= first) and (before is None or late < before)
    )
    assert [each.count for each in starts.bins] == [int(each == place) for each in range(len(BINS))]


def test_the_patients_own_lateness_is_told_apart(house: House) -> None:
    infused(house, arrived=6, began=26, state="discharged")
    infused(house, arrived=-6, began=26, state="discharged")
    starts = found(house).starts
    assert (starts.arrived_late, starts.after_grace) == (Rate(1, 2), Rate(2, 2))


def test_bins_are_named_by_their_minutes() -> None:
    assert [bin_words(*BINS[place]) for place in (0, 1, 3, 4, -1)] == [
        "More than 10 early",
        "5 to 10 early",
        "0 to 5 late",
        "5 to 10 late",
        "60 or more late",
    ]


def test_nothing_is_told_of_nothing(house: House) -> None:
    report = found(house)
    assert (report.infusions, report.by_protocol) == (0, [])
    assert phase_of(report, Phase.WHOLE).took.median is None


def test_it_asks_two_questions_however_many_there_are(house: House) -> None:
    for many in (1, 6):
        for _ in range(many):
            infused(house, state="discharged")
        with CaptureQueriesContext(connection) as asked:
            found(house)
        assert len(asked) == 2


def test_the_api_tells_the_same(house: House) -> None:
    infused(house, stopped=70, state="discharged")
    asked = {
        "clinic": str(house.clinic.pk),
        "first": "2027-01-01",
        "last": "2027-01-31",
        "indication": "F33.2",
    }
    answer = client_of(house.priya).get("/api/v1/reports/durations/", asked).json()
    infusion = answer["all"]["phases"][1]
    assert (infusion["phase"], infusion["planned"], infusion["took"]["median"]) == ("infusion", 40, 50)
    assert answer["starts"]["after_grace"] == {
        "count": 0,
        "of": 1,
        "share": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.7935),
    }
