"""The arithmetic of a dose against the table of domain.md 1.4, and its limits on the edge."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.vocabulary import STOCKS_MG_PER_ML
from sessions_app.preparing import dosing
from sessions_app.preparing.dosing import Order

# mood-40 of domain.md 2.2, for 70 kg.
MOOD = Order(
    basis=dosing.PER_KG,
    dose=Decimal("0.5"),
    weight_kg=Decimal("70"),
    stock_mg_per_ml=Decimal("50"),
    bag_volume_ml=Decimal("100"),
    minutes=40,
    soft_min=Decimal("0.25"),
    soft_max=Decimal("1.0"),
    hard_max=Decimal("1.5"),
)


@pytest.mark.parametrize(
    ("basis", "weight", "order", "bag", "minutes", "mg", "ml", "concentration", "rate"),
    [
        ("mg/kg", "70", "0.5", "100", 40, "35.0", "0.70", "0.350", "150.0"),
        ("mg/kg", "82.4", "0.5", "100", 40, "41.2", "0.82", "0.412", "150.0"),
        ("mg/kg", "55", "0.5", "50", 40, "27.5", "0.55", "0.550", "75.0"),
        ("mg/kg/h", "70", "0.5", "250", 240, "140.0", "2.80", "0.560", "62.5"),
    ],
)
def test_the_worksheet_gives_the_figures_of_the_reference_table(
    basis: str,
    weight: str,
    order: str,
    bag: str,
    minutes: int,
    mg: str,
    ml: str,
    concentration: str,
    rate: str,
) -> None:
    dose = dosing.calculate(
        replace(
            MOOD,
            basis=basis,
            dose=Decimal(order),
            weight_kg=Decimal(weight),
            bag_volume_ml=Decimal(bag),
            minutes=minutes,
        )
    )
    assert [str(figure) for figure in vars(dose).values()] == [mg, ml, concentration, rate]


def test_a_fixed_dose_does_not_depend_on_weight() -> None:
    fixed = replace(MOOD, basis=dosing.FIXED, dose=Decimal("30"))
    assert dosing.calculate(fixed) == dosing.calculate(replace(fixed, weight_kg=Decimal("99")))


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [("35.05", "0.1", "35.1"), ("35.049", "0.1", "35.0"), ("0.825", "0.01", "0.83"), ("0.05", "0.1", "0.1")],
)
def test_halves_are_rounded_up(value: str, step: str, expected: str) -> None:
    assert str(dosing.rounded(Decimal(value), step)) == expected


def test_a_dose_on_the_hard_limit_is_allowed_and_one_above_it_is_refused() -> None:
    assert dosing.refusals(replace(MOOD, dose=Decimal("1.5"))) == {}
    refused = dosing.refusals(replace(MOOD, dose=Decimal("1.501")))
    assert list(refused) == ["ordered_dose"]
    assert "hard limit of 1.5 mg/kg" in refused["ordered_dose"]


@pytest.mark.parametrize(
    ("dose", "warned"), [("0.25", False), ("0.249", True), ("1.0", False), ("1.001", True)]
)
def test_a_dose_outside_the_usual_range_warns(dose: str, warned: bool) -> None:
    assert bool(dosing.warning(replace(MOOD, dose=Decimal(dose)))) is warned


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_kg", Decimal("24.9")),
        ("weight_kg", Decimal("350.1")),
        ("stock_mg_per_ml", Decimal("5")),
        ("bag_volume_ml", Decimal("0")),
        ("bag_volume_ml", Decimal("0.7")),
        ("minutes", 0),
    ],
)
def test_impossible_inputs_are_refused_by_name(field: str, value: Decimal | int) -> None:
    assert list(dosing.refusals(replace(MOOD, **{field: value}))) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dose": Decimal("0.001"), "weight_kg": Decimal(40)}, "ordered_dose"),  # 0.04 mg
        (
            {"dose": Decimal("0.001"), "weight_kg": Decimal(70), "stock_mg_per_ml": Decimal(50)},
            "ordered_dose",
        ),
        ({"dose": Decimal("0.01"), "bag_volume_ml": Decimal(2000)}, "ordered_dose"),  # 0.00035 mg/mL
        ({"bag_volume_ml": Decimal(1), "minutes": 1201}, "minutes"),  # 0.0499 mL/h
    ],
)
def test_what_rounds_to_nothing_is_refused(changes: Any, field: str) -> None:
    assert list(dosing.refusals(replace(MOOD, **changes))) == [field]


def test_the_smallest_figures_that_can_be_written_down_are_let_pass() -> None:
    """0.1 mg is 0.01 mL of the weakest vial."""
    smallest = {"dose": Decimal("0.002"), "weight_kg": Decimal(40), "stock_mg_per_ml": Decimal(10)}
    assert dosing.refusals(replace(MOOD, **smallest)) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weight", "doubt"),
    [
        ("70", ""),
        ("77", ""),
        ("63", ""),
        ("77.1", "10 %"),
        ("62.9", "10 %"),
        ("154", "pounds"),
        ("31.8", "pounds"),
        ("120", "10 %"),
    ],
)
def test_a_weight_far_off_the_last_one_is_doubted(weight: str, doubt: str) -> None:
    said = dosing.weight_doubt(Decimal(weight), Decimal("70"))
    assert doubt in said
    assert bool(said) is bool(doubt)


@pytest.mark.parametrize(("kilograms", "pounds"), [("160", "352.7"), ("72.6", "160.1"), ("70", "154.3")])
def test_kilograms_are_told_in_pounds(kilograms: str, pounds: str) -> None:
    assert dosing.pounds(Decimal(kilograms)) == Decimal(pounds)


@pytest.mark.parametrize(
    ("mg", "kg", "per_kg"), [("35.0", "70.0", "0.50"), ("36.3", "72.6", "0.50"), ("80.0", "72.6", "1.10")]
)
def test_a_dose_is_told_per_kg(mg: str, kg: str, per_kg: str) -> None:
    assert dosing.mg_per_kg(Decimal(mg), Decimal(kg)) == Decimal(per_kg)


def half_up(exact: Fraction, places: int) -> Fraction:
    return Fraction(math.floor(exact * 10**places + Fraction(1, 2)), 10**places)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


@given(
    basis=st.sampled_from([dosing.PER_KG, dosing.PER_KG_PER_HOUR, dosing.FIXED]),
    weight=decimals("25", "350", 1),
    dose=decimals("0.001", "9", 3),
    stock=st.sampled_from(STOCKS_MG_PER_ML),
    bag=decimals("10", "1000", 1),
    minutes=st.integers(1, 1440),
    cap=decimals("40", "150", 1),
)
def test_every_figure_is_the_exact_one_rounded_half_up(
    basis: str, weight: Decimal, dose: Decimal, stock: Decimal, bag: Decimal, minutes: int, cap: Decimal
) -> None:
    order = replace(
        MOOD,
        basis=basis,
        dose=dose,
        weight_kg=weight,
        stock_mg_per_ml=stock,
        bag_volume_ml=bag,
        minutes=minutes,
        weight_basis=dosing.CAPPED,
        weight_cap_kg=cap,
    )
    hours = Fraction(minutes, 60)
    weighed = Fraction(min(weight, cap))
    exact = {
        "mg/kg": weighed * Fraction(dose),
        "mg/kg/h": weighed * Fraction(dose) * hours,
        "mg": Fraction(dose),
    }
    mg = half_up(exact[basis], 1)
    found = dosing.calculate(order)
    assert Fraction(found.dose_mg) == mg
    assert Fraction(found.drug_volume_ml) == half_up(mg / Fraction(stock), 2)
    assert Fraction(found.concentration_mg_per_ml) == half_up(mg / Fraction(bag), 3)
    assert Fraction(found.rate_ml_per_h) == half_up(Fraction(bag) / hours, 1)


@given(decimals("55", "771", 1))
def test_pounds_become_kilograms_half_up(pounds: Decimal) -> None:
    assert Fraction(dosing.kilograms(pounds)) == half_up(Fraction(pounds) * Fraction("0.45359237"), 1)


@pytest.mark.parametrize(("bag", "refused"), [("0.35", True), ("0.36", False)])
def test_the_strongest_stock_never_goes_undiluted(bag: str, refused: bool) -> None:
    order = replace(MOOD, stock_mg_per_ml=Decimal(100), bag_volume_ml=Decimal(bag))
    said = dosing.refusals(order).get("bag_volume_ml", "")
    assert ("100 mg/mL must not go undiluted" in said) is refused


@pytest.mark.parametrize(("bag", "warned"), [("17.5", False), ("17.4", True)])
def test_a_mixture_stronger_than_the_labels_is_warned_of(bag: str, warned: bool) -> None:
    said = dosing.warning(replace(MOOD, bag_volume_ml=Decimal(bag)))
    assert ("stronger than the label's 2 mg/mL" in said) is warned


@pytest.mark.parametrize(("total", "warned"), [("35.0", False), ("35.1", True)])
def test_less_in_all_than_a_session_usually_comes_to_warns(total: str, warned: bool) -> None:
    said = dosing.warning(replace(MOOD, total_soft_min_mg=Decimal(total)))
    assert ("35 mg is less than the 35.1 mg" in said) is warned


def test_a_dose_on_the_hard_minimum_is_allowed_and_one_below_it_is_refused() -> None:
    least = replace(MOOD, hard_min=Decimal("0.2"))
    assert dosing.refusals(replace(least, dose=Decimal("0.2"))) == {}
    refused = dosing.refusals(replace(least, dose=Decimal("0.199")))
    assert refused == {
        "ordered_dose": "0.199 mg/kg is below the protocol's lowest dose of 0.2 mg/kg: the prescriber must"
        " order another."
    }


def test_vials_and_bags_are_the_protocols_where_it_names_them() -> None:
    named = replace(MOOD, stocks_mg_per_ml=(Decimal(50), Decimal(10)), bags_ml=(Decimal(100),))
    assert dosing.refusals(named) == {}
    refused = dosing.refusals(replace(named, stock_mg_per_ml=Decimal(100), bag_volume_ml=Decimal(250)))
    assert refused == {
        "stock_mg_per_ml": "The protocol draws from vials of 10 or 50 mg/mL: take one of these, and read its"
        " strength again.",
        "bag_volume_ml": "The protocol's bags hold 100 mL in the end: prepare one of these.",
    }
    assert dosing.refusals(replace(named, stock_mg_per_ml=Decimal(5)))["stock_mg_per_ml"].startswith("Read")


@pytest.mark.parametrize(
    ("volume", "refused"), [("-0.1", True), ("0", False), ("99.9", False), ("100", True)]
)
def test_the_line_holds_less_than_the_bag(volume: str, refused: bool) -> None:
    refusals = dosing.refusals(replace(MOOD, dead_space_ml=Decimal(volume)))
    assert ("dead_space_ml" in refusals) is refused


def test_the_most_of_one_session_is_the_protocols_total_or_what_its_limit_comes_to() -> None:
    assert dosing.most_mg(MOOD) == Decimal("105.0")
    assert dosing.most_mg(replace(MOOD, total_hard_max_mg=Decimal("80"))) == 80
    assert dosing.most_mg(replace(MOOD, total_hard_max_mg=Decimal("200"))) == Decimal("105.0")
