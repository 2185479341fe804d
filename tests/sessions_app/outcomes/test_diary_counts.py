"""Headache days counted: no entry is not "no headache", 80 % of the days, overuse, chronic or episodic."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.outcomes.diary_counts import Day, count, course, periods

LAST = date(2027, 1, 28)


def diary(
    days: int, *, headache: int = 0, migraine: int = 0, medicine: str = "", doses: int = 0
) -> list[Day]:
    """So many days up to the last, of which the newest have headache, migraine and medicine."""
    return [
        Day(
            day=LAST - timedelta(days=back),
            headache=back < headache,
            migraine=back < migraine,
            medicine=medicine if back < doses else "",
        )
        for back in range(days)
    ]


@pytest.mark.parametrize(("entered", "expected"), [(28, Fraction(7)), (23, Fraction(7 * 28, 23)), (22, None)])
def test_counts_are_brought_to_28_days_only_from_80_percent_on(
    entered: int, expected: Fraction | None
) -> None:
    found = count(diary(entered, headache=7), last=LAST)
    assert (found.headache_days, found.per_28(found.headache_days)) == (7, expected)


def test_peaks_hours_and_migraine_days_are_of_headache_days() -> None:
    days = [
        Day(day=LAST, headache=True, peak=8, hours=Decimal("3.5"), migraine=True),
        Day(day=LAST - timedelta(days=1), headache=True, peak=3, hours=Decimal("1.0")),
        Day(day=LAST - timedelta(days=2), headache=True, peak=4),
        Day(day=LAST - timedelta(days=28), headache=True, peak=10),
    ]
    found = count(days, last=LAST)
    assert (found.entered, found.headache_days, found.migraine_days) == (3, 3, 1)
    assert (found.moderate_or_severe_days, found.mean_peak, found.hours) == (2, Fraction(5), Decimal("4.5"))


@pytest.mark.parametrize(
    ("medicine", "doses", "headache", "expected"),
    [
        ("triptan", 10, 15, True),
        ("triptan", 9, 15, False),
        ("triptan", 10, 14, False),
        ("opioid", 10, 15, True),
        ("ergot", 10, 15, True),
        ("simple_analgesic", 15, 15, True),
        ("simple_analgesic", 14, 15, False),
    ],
)
def test_overuse_has_its_days_by_class_and_needs_fifteen_with_headache(
    medicine: str, doses: int, headache: int, expected: bool
) -> None:
    found = count(diary(28, headache=headache, medicine=medicine, doses=doses), last=LAST)
    assert found.overuse[medicine] is expected


def test_what_a_thin_diary_counts_is_certain_and_what_it_lacks_is_unknown() -> None:
    thin = count(diary(16, headache=16, medicine="triptan", doses=10), last=LAST)
    assert thin.overuse["triptan"] is True
    assert thin.overuse["opioid"] is None


def test_chronic_needs_more_than_three_months_of_it() -> None:
    always = diary(28 * 4, headache=112, migraine=112)
    assert course(periods(always, last=LAST, how_many=4)) == "chronic"
    assert course(periods(always[: 28 * 3], last=LAST, how_many=4)) == "unknown"
    assert course(periods(always, last=LAST, how_many=3)) == "unknown"
    assert course(periods(diary(112, headache=14), last=LAST, how_many=4)) == "episodic"
    assert course(periods(diary(112, headache=112, migraine=7), last=LAST, how_many=4)) == "episodic"


@given(st.dictionaries(st.integers(0, 40), st.tuples(st.booleans(), st.booleans())))
def test_counts_agree_with_walking_the_calendar(entered: dict[int, tuple[bool, bool]]) -> None:
    days = [
        Day(day=LAST - timedelta(days=back), headache=ache, migraine=migraine)
        for back, (ache, migraine) in entered.items()
    ]
    found = count(days, last=LAST)
    seen = aches = migraines = 0
    for back in range(28):
        if back in entered:
            ache, migraine = entered[back]
            seen += 1
            aches += ache
            migraines += ache and migraine
    assert (found.entered, found.headache_days, found.migraine_days) == (seen, aches, migraines)
    assert found.complete is (seen >= 23)
