"""The arithmetic of a dose against the table of domain.md 1.4, and its limits on the edge."""

from dataclasses import replace
from decimal import Decimal

import pytest

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


def test_a_first_weight_has_nothing_to_be_compared_with() -> None:
    assert dosing.weight_doubt(Decimal("154"), None) == ""
