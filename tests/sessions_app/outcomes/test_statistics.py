"""Wilson's interval and Kaplan-Meier against published values and a second, plain reckoning."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.outcomes.statistics import Follow, kaplan_meier, share, survival_at, wilson


# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (score, without continuity correction).
@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_wilson_gives_newcombes_figures(count: int, of: int, low: str, high: str) -> None:
    assert wilson(count, of) == (Decimal(low), Decimal(high))


def test_of_nothing_there_is_neither_share_nor_interval() -> None:
    assert (share(0, 0), wilson(0, 0)) == (None, None)
    with pytest.raises(ValueError, match="between"):
        wilson(3, 2)


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilson_agrees_with_the_textbook_formula_in_floats(pair: tuple[int, int]) -> None:
    count, of = pair
    z, p = 1.959963984540054, count / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    reach = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    found = wilson(count, of)
    assert found is not None
    assert abs(float(found[0]) - max(0, middle - reach)) <= 0.000051
    assert abs(float(found[1]) - min(1, middle + reach)) <= 0.000051
    mirrored = wilson(of - count, of)
    assert mirrored is not None
    assert found[0] + mirrored[1] == 1


# Freireich 1963: weeks of remission under 6-mercaptopurine, as Kaplan-Meier is taught with; + is censored.
FREIREICH = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PUBLISHED = {6: "0.857", 7: "0.807", 10: "0.753", 13: "0.690", 16: "0.627", 22: "0.538", 23: "0.448"}
PATIENTS = [Follow(int(each.rstrip("+")), not each.endswith("+")) for each in FREIREICH.split()]


def test_kaplan_meier_gives_the_published_curve_of_freireichs_trial() -> None:
    steps = kaplan_meier(PATIENTS)
    found = {step.day: f"{float(step.survival):.3f}" for step in steps if step.events}
    assert found == PUBLISHED
    assert [(step.day, step.at_risk) for step in steps if step.events] == [
        *((6, 21), (7, 17), (10, 15), (13, 12), (16, 11), (22, 7), (23, 6))
    ]


def test_the_curve_is_asked_between_its_steps_and_is_silent_beyond_its_end() -> None:
    steps = kaplan_meier(PATIENTS)
    assert survival_at(steps, 5) == 1
    assert survival_at(steps, 12) == survival_at(steps, 10)
    assert survival_at(steps, 36) is None
    assert survival_at(kaplan_meier([Follow(3, True)]), 90) == 0
    assert survival_at((), 0) is None


@given(st.lists(st.builds(Follow, st.integers(0, 30), st.booleans()), max_size=40), st.integers(0, 30))
def test_the_curve_agrees_with_a_day_by_day_product(followed: list[Follow], day: int) -> None:
    left, watched = Fraction(1), max((each.day for each in followed), default=-1)
    for today in range(day + 1):
        at_risk = [each for each in followed if each.day >= today]
        lost = [each for each in at_risk if each.day == today and each.event]
        if at_risk:
            left *= Fraction(len(at_risk) - len(lost), len(at_risk))
    known = bool(followed) and (day <= watched or left == 0)
    assert survival_at(kaplan_meier(followed), day) == (left if known else None)
