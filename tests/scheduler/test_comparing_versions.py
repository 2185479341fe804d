"""One version of a protocol beside another: what it says otherwise, and where it asks for less care."""

from decimal import Decimal
from typing import Any

import pytest

from scheduler.models import Protocol
from scheduler.protocols import differing_content, eased_content, limit_content, protocol_content
from scheduler.protocols.default_protocols import LIMITS
from tests.cast import House, client_of
from tests.scheduler.stage import next_version, set_stage
from tests.scheduler.test_protocols import PRESSURE, PULSE, SPO2, content, limits, readings


@pytest.fixture
def mood(house: House) -> Protocol:
    return set_stage(house).protocol


# --- Looser -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "looser"),
    [
        ({"stop": {"below": 91}}, []),
        ({"stop": {"below": 89}}, ["stop"]),
        ({"stop": {}, "caution": {"below": 50}}, ["caution", "stop"]),
        ({"start_hold": {"below": 50}}, ["start_hold"]),
    ],
)
def test_looser_is_what_alarms_later_or_not_at_all(levels: dict[str, Any], looser: list[str]) -> None:
    changed = limits(SPO2, **levels)
    assert [each.level for each in limit_content.loosened(changed, LIMITS)] == looser


def test_what_is_limited_no_longer_is_looser_and_what_stays_is_not() -> None:
    without = {sign: levels for sign, levels in LIMITS.items() if sign != SPO2}
    only_below = limits(PULSE, stop={"below": 1000})
    twice = limits(PRESSURE, stop_readings=2)

    assert {(each.sign, each.level) for each in limit_content.loosened(without, LIMITS)} == {
        (SPO2, level) for level in LIMITS[SPO2]
    }
    assert [each.path for each in limit_content.loosened(only_below, LIMITS)] == [f"limits.{PULSE}.stop"]
    assert limit_content.loosened(twice, twice) == []


def test_above_a_figure_is_later_than_at_least_it_and_a_larger_rise_too() -> None:
    changed = limits(PRESSURE, stop={"above": 180}, caution_rise_percent=30, stop_readings=2)
    strict = limits(PRESSURE, stop_readings=1)

    assert [each.level for each in limit_content.loosened(changed, strict)] == [
        "stop",
        "caution_rise_percent",
        "stop_readings",
    ]
    assert limit_content.loosened(strict, changed) == []


EVERYWHERE: dict[str, Any] = {}
NARROW: dict[str, Any] = {PULSE: {"reject": [30, 220], "confirm": [50, 120]}}


@pytest.mark.parametrize(
    ("rings", "than", "wider"),
    [
        ({PULSE: {"reject": [20, 300]}}, EVERYWHERE, []),  # as everywhere (domain.md 3.2)
        ({PULSE: {"reject": [19, 300]}}, EVERYWHERE, [("reject", [20, 300])]),
        ({PULSE: {"reject": [30, 301]}}, EVERYWHERE, [("reject", [20, 300])]),
        ({PULSE: {"confirm": [40, 160]}}, EVERYWHERE, [("confirm", [40, 150])]),
        (NARROW, EVERYWHERE, []),
        (EVERYWHERE, NARROW, [("reject", [30, 220]), ("confirm", [50, 120])]),
        ({PULSE: {"reject": [30, 220]}}, NARROW, [("confirm", [50, 120])]),
        (EVERYWHERE, {"pain_nrs": {"confirm": [0, 8]}}, [("confirm", [0, 8])]),  # asks nothing
    ],
)
def test_wider_is_a_ring_that_takes_what_the_other_refuses_or_asks_about(
    rings: dict[str, Any], than: dict[str, Any], wider: list[Any]
) -> None:
    assert [(each.level, each.was) for each in limit_content.widened(rings, than)] == wider


VIALS, BAGS = "stock_strengths_mg_per_ml", "bag_volumes_ml"


@pytest.mark.parametrize(
    ("column", "strict", "loose"),
    [
        ("age_min_years", 18, 16),
        ("age_min_years", 18, None),
        ("age_max_years", 75, 76),
        ("age_max_years", 75, None),
        ("indications", ["F33.2"], ["F33.2", "F43.10"]),
        ("dose_hard_min", Decimal("0.2"), Decimal("0.1")),
        ("dose_hard_min", Decimal("0.2"), None),
        ("dose_soft_min", Decimal("0.25"), Decimal("0.2")),
        ("total_soft_min_mg", Decimal(80), Decimal(60)),
        ("total_soft_min_mg", Decimal(80), None),
        (VIALS, [Decimal(10)], [Decimal(10), Decimal(50)]),
        (VIALS, [Decimal(10), Decimal(50)], []),
        (BAGS, [Decimal(100)], [Decimal(100), Decimal(250)]),
        (BAGS, [Decimal(100)], []),
        ("most_per_week", 2, 3),
        ("most_per_week", 2, None),
        ("most_per_year", 12, 13),
        ("most_per_year", 12, None),
        ("review_after_sessions", 4, 6),
        ("review_after_sessions", 4, None),
        ("reconsent_after_days", 180, 365),
        ("reconsent_after_days", 180, None),
        ("liver_test_after_mg", 2000, 3000),
        ("liver_test_after_mg", 2000, None),
    ],
)
def test_what_a_version_limits_no_longer_or_less_is_looser_and_the_other_way_is_not(
    column: str, strict: Any, loose: Any
) -> None:
    before, after = content(**{column: strict}), content(**{column: loose})

    assert [(each.path, each.was) for each in eased_content.eased(after, before)] == [(column, strict)]
    assert eased_content.eased(before, after) == []
    assert eased_content.eased(before, before) == []


def test_a_dose_says_nothing_beside_one_of_another_basis_and_the_basis_is_told() -> None:
    lowest, highest = ("dose_hard_min", "dose_soft_min"), ("dose_start", "dose_soft_max", "dose_hard_max")
    before = content(dose_hard_min=Decimal("0.2"))
    figures = dict.fromkeys(lowest, Decimal("0.1")) | dict.fromkeys(highest, Decimal(9))

    assert {each.path for each in eased_content.eased({**before, **figures}, before)} == {*lowest, *highest}
    other = eased_content.eased({**before, **figures, "dose_basis": "mg/kg/h"}, before)
    assert [(each.path, each.was) for each in other] == [("dose_basis", "mg/kg")]


def test_every_column_is_compared_or_says_why_it_asks_for_no_care() -> None:
    compared = {*eased_content.MORE, *eased_content.LESS, *eased_content.ALLOWED}
    by_itself = {"dose_basis", "vitals_schedule", "limits", "rings"}
    # Words; how long things take and how often they are done as a rule; what is asked, and ordered, in full.
    of_no_care = {
        *("title", "citation", "weight_basis"),
        *("preparation_minutes", "turnover_minutes", "infusion_most_minutes"),
        *("fasting_clear_hours", "fasting_light_meal_hours"),
        *("series_min", "series_typical", "spacing_max_days", "maintenance_max_days"),
        *("chair_features", "checklist", "prn_medicines"),
    }
    assert not compared & by_itself
    assert compared | by_itself | of_no_care == set(protocol_content.COLUMNS)
    assert not (compared | by_itself) & of_no_care


# --- Otherwise --------------------------------------------------------------------------------------------


def test_what_differs_is_told_place_by_place() -> None:
    before = content(rings={PULSE: {"reject": [30, 220]}})
    after = content(
        observation_minutes=90,
        limits=limits(SPO2, stop={"below": 91}, caution={}),
        vitals_schedule=readings(grace_minutes=5),
    )

    found = {each.path: (each.was, each.becomes) for each in differing_content.differences(after, before)}

    assert found == {
        "observation_minutes": (60, 90),
        "vitals_schedule.grace_minutes": (before["vitals_schedule"]["grace_minutes"], 5),
        f"limits.{SPO2}.stop": (LIMITS[SPO2]["stop"], {"below": 91}),
        f"limits.{SPO2}.caution": (LIMITS[SPO2]["caution"], {}),
        f"rings.{PULSE}.reject": ([30, 220], None),
    }
    assert differing_content.differences(after, after) == []


def test_of_a_rhythm_the_readings_are_told_as_long_as_their_phase_lasts() -> None:
    every_ten = content(vitals_schedule=readings(infusion=[{"every": 10}]))
    fewer = content(
        vitals_schedule=readings(
            infusion=[{"every": 5, "times": 2}, {"every": 15}], after_change=[{"every": 4, "times": 1}]
        )
    )

    infusion, after_change = differing_content.differences(fewer, every_ten)

    # 10, 20, 30, 40 of forty minutes; then 5, 10, 25, 40.
    assert (infusion.path, infusion.no_longer, infusion.newly) == (
        "vitals_schedule.infusion",
        [20, 30],
        [5, 25],
    )
    before = every_ten["vitals_schedule"]["after_change"]
    assert after_change.newly == [4]
    assert after_change.no_longer[:1] == [before[0]["every"]]


# --- Over the API -----------------------------------------------------------------------------------------


def test_over_the_api_a_check_says_which_limits_are_looser(house: House, mood: Protocol) -> None:
    asked = {"after": str(mood.pk), "limits": limits(SPO2, emergency={"below": 70})}

    answer = client_of(house.priya).post("/api/v1/protocols/check/", asked)

    field = f"limits.{SPO2}.emergency"
    assert answer.json()["looser"] == [
        {"field": field, "than": "version", "was": {"below": 85}},
        {"field": field, "than": "default", "was": {"below": 85}},
    ]


def test_over_the_api_a_check_says_what_of_dose_watch_and_way_home_is_looser(
    house: House, mood: Protocol
) -> None:
    asked = {
        "after": str(mood.pk),
        "dose_start": "5",
        "dose_soft_max": "12",
        "dose_hard_max": "15",
        "observation_minutes": 0,
        "near_baseline_percent": 100,
        "near_baseline_sets": 1,
        "vitals_schedule": {
            **mood.vitals_schedule,
            "infusion": [{"every": 300}],
            "observation": [{"every": 5, "times": 2}, {"every": 15}],  # closer
        },
    }

    answer = client_of(house.priya).post("/api/v1/protocols/check/", asked)

    by_version = [each["field"] for each in answer.json()["looser"] if each["than"] == "version"]
    assert by_version == [
        "dose_start",
        "dose_soft_max",
        "dose_hard_max",
        "near_baseline_percent",
        "observation_minutes",
        "near_baseline_sets",
        "vitals_schedule.infusion",
    ]
    by_default = [each["field"] for each in answer.json()["looser"] if each["than"] == "default"]
    assert by_default == by_version


def test_over_the_api_a_check_says_which_rings_are_wider(house: House, mood: Protocol) -> None:
    asked = {"after": str(mood.pk), "rings": {PULSE: {"reject": [20, 350]}}}

    answer = client_of(house.priya).post("/api/v1/protocols/check/", asked)

    field = f"rings.{PULSE}.reject"
    assert answer.json()["looser"] == [
        {"field": field, "than": "version", "was": [20, 300]},
        {"field": field, "than": "default", "was": [20, 300]},
    ]


def test_over_the_api_two_versions_are_compared(house: House, mood: Protocol) -> None:
    newer = next_version(
        mood,
        house,
        most_per_week=3,
        stock_strengths_mg_per_ml=[Decimal(10)],
        limits=limits(SPO2, emergency={"below": 70}),
        vitals_schedule=readings(infusion=[{"every": 20}]),
    )
    ana = client_of(house.ana)

    told = ana.get(f"/api/v1/protocols/{newer.pk}/compare/", {"than": str(mood.pk)}).json()
    back = ana.get(f"/api/v1/protocols/{mood.pk}/compare/", {"than": str(newer.pk)}).json()

    by_field = {each["field"]: each for each in told["differences"]}
    assert list(by_field) == [
        VIALS,
        "most_per_week",
        "vitals_schedule.infusion",
        f"limits.{SPO2}.emergency",
    ]
    assert by_field["vitals_schedule.infusion"]["no_longer"] == [10, 30]
    assert by_field[f"limits.{SPO2}.emergency"]["was"] == {"below": 85}
    assert (by_field["most_per_week"]["was"], by_field["most_per_week"]["becomes"]) == (None, 3)
    loose = [each["field"] for each in told["looser"] if each["than"] == "version"]
    assert loose == ["vitals_schedule.infusion", f"limits.{SPO2}.emergency"]
    assert [each["field"] for each in back["looser"] if each["than"] == "version"] == [
        "most_per_week",
        VIALS,
    ]


def test_over_the_api_a_version_is_compared_with_none_of_another_protocol(
    house: House, mood: Protocol
) -> None:
    other = Protocol.objects.get(clinic=house.clinic, code="pain-4h")

    answer = client_of(house.ana).get(f"/api/v1/protocols/{mood.pk}/compare/", {"than": str(other.pk)})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "than")


def test_over_the_api_a_check_tells_a_draft_place_by_place(house: House, mood: Protocol) -> None:
    asked = {"after": str(mood.pk), "bag_volumes_ml": ["100.0"], "limits": limits(SPO2, stop={"below": 91})}

    told = client_of(house.priya).post("/api/v1/protocols/check/", asked).json()

    assert told["changed"] == [BAGS, "limits"]
    assert [each["field"] for each in told["differences"]] == [BAGS, f"limits.{SPO2}.stop"]
