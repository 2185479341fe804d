"""Availability against a checker that tries every minute: on thousands of small clinics they agree."""

from itertools import pairwise

import pytest
from hypothesis import given, settings

from scheduler.finding.availability import shortfall, starts_of
from scheduler.finding.serving import Team
from scheduler.finding.starts import Feasible, Stock, feasible
from tests.scheduler.small_clinics import (
    GRID,
    LAST_MINUTE,
    SmallClinic,
    best_ways,
    can_be_served,
    possible_starts,
    serves_alone,
    small_clinics,
)


def found_in(clinic: SmallClinic) -> Feasible:
    return feasible(
        clinic.visit,
        chairs=Stock.of(clinic.chairs),
        nurses=Stock.of(clinic.nurses),
        clinicians=Stock.of(clinic.clinicians),
        busy=clinic.patient_busy,
        forbidden=clinic.forbidden,
        low=0,
        high=LAST_MINUTE,
    )


def agree_on_starts(clinic: SmallClinic) -> None:
    """Which starts there are, in which chairs, and with which single nurse."""
    visit, found = clinic.visit, found_in(clinic)

    assert found.minutes.tolist() == possible_starts(clinic)
    for place, minute in enumerate(found.minutes.tolist()):
        until = minute + visit.minutes + visit.turnover
        assert found.chairs[:, place].tolist() == [
            serves_alone(chair, 1, minute, until) for chair in clinic.chairs
        ]
        if visit.nurse_needs:
            assert found.whole[:, place].tolist() == [
                can_be_served([nurse], visit.nurse_needs, minute) for nurse in clinic.nurses
            ]


def agree_on_who_serves(clinic: SmallClinic) -> None:
    """The best of all ways, minute for minute, at every start: also where no chair or clinician is free."""
    order = [nurse.key for nurse in clinic.nurses][::-1]
    team = Team(clinic.nurses, spare=True)
    for minute in range(0, LAST_MINUTE, 4 * GRID):
        needs = clinic.visit.nurse_needs
        ways = list(best_ways(clinic.nurses, needs, minute, order)) if needs else []

        served = team.serve(needs, minute, order)

        expected = min(ways)[1] if ways else []
        assert [(piece.key, piece.start, piece.end) for piece in served] == expected


def agree_on_one_resource(clinic: SmallClinic) -> None:
    """What is told of one resource is the same minutes: she falls short exactly where she can't serve."""
    for supply in [*clinic.nurses, *clinic.chairs, *clinic.clinicians]:
        for need in clinic.visit.nurse_needs:
            from_there = starts_of(supply, [need], 0, LAST_MINUTE)
            for minute in range(0, LAST_MINUTE, 7):
                serves = serves_alone(supply, need.units, minute + need.start, minute + need.end)
                assert bool(shortfall(supply, [need], minute)) != serves
                assert any(low <= minute < high for low, high in from_there) == serves


@settings(max_examples=300)
@given(small_clinics())
def test_every_possible_start_is_found_and_no_other(clinic: SmallClinic) -> None:
    agree_on_starts(clinic)


@settings(max_examples=150)
@given(small_clinics())
def test_who_serves_is_the_best_of_all_ways(clinic: SmallClinic) -> None:
    agree_on_who_serves(clinic)


@settings(max_examples=100)
@given(small_clinics())
def test_what_is_missing_is_told_exactly_where_a_start_is_not_possible(clinic: SmallClinic) -> None:
    agree_on_one_resource(clinic)


@pytest.mark.drill
@pytest.mark.timeout(3600)
@settings(max_examples=5000)
@given(small_clinics())
def test_thousands_of_small_clinics_agree_on_their_starts(clinic: SmallClinic) -> None:
    agree_on_starts(clinic)


@pytest.mark.drill
@pytest.mark.timeout(3600)
@settings(max_examples=3000)
@given(small_clinics())
def test_thousands_of_small_clinics_agree_on_who_serves(clinic: SmallClinic) -> None:
    agree_on_who_serves(clinic)


@settings(max_examples=100)
@given(small_clinics())
def test_pieces_follow_each_other_from_the_first_phase_to_the_last(clinic: SmallClinic) -> None:
    needs = clinic.visit.nurse_needs
    for minute in found_in(clinic).minutes.tolist():
        pieces = Team(clinic.nurses, spare=True).serve(needs, minute, [nurse.key for nurse in clinic.nurses])

        assert [piece.start - minute for piece in pieces[:1]] == [need.start for need in needs[:1]]
        assert sum(piece.end - piece.start for piece in pieces) == sum(
            need.end - need.start for need in needs
        )
        assert all(before.end <= after.start for before, after in pairwise(pieces))
