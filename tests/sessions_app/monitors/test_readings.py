"""What an ORU^R01 says: codes, units, statuses and moments; what isn't certain is a doubt, never a guess."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sessions_app.monitors import hl7, readings
from sessions_app.monitors.readings import Contents
from tests.cast import ZONE
from tests.sessions_app.monitors.messages import DURING, Line, oru

CODES = {"150456": "oxygen_saturation_percent", "ST-II": "-"}


def read(*lines: Line, at: Any = DURING, **message: Any) -> Contents:
    return readings.contents(hl7.parse(oru(at, lines, **message)), zone=ZONE, codes=CODES)


def only(*lines: Line, **message: Any) -> dict[str, Any]:
    found = read(*lines, **message)
    assert not found.doubts
    [measured] = found.sets
    return measured.values


def doubt(*lines: Line, **message: Any) -> str:
    found = read(*lines, **message)
    assert not found.sets
    [one] = found.doubts
    return one.why


@pytest.mark.parametrize(
    ("code", "value", "unit", "sign", "ours"),
    [
        ("8480-6", "122", "mm[Hg]", "systolic_mmhg", 122),
        ("8462-4", "78", "mm[Hg]", "diastolic_mmhg", 78),
        ("8478-0", "93", "mm[Hg]", "mean_mmhg", 93),
        ("8867-4", "71", "/min", "heart_rate_per_min", 71),
        ("8867-4", "71", "{beats}/min", "heart_rate_per_min", 71),
        ("9279-1", "0", "/min", "respiratory_rate_per_min", 0),
        ("2708-6", "98", "%", "oxygen_saturation_percent", 98),
        ("59408-5", "97.5", "%", "oxygen_saturation_percent", 98),
        ("150456", "97", "%", "oxygen_saturation_percent", 97),
        ("19889-5", "38", "mm[Hg]", "end_tidal_co2_mmhg", 38),
        # 5.07 kPa x 7.50062 mmHg/kPa = 38.03; 16.0 kPa = 120.01; 4.2 kPa = 31.50
        ("19889-5", "5.07", "kPa", "end_tidal_co2_mmhg", 38),
        ("8480-6", "16.0", "kPa", "systolic_mmhg", 120),
        ("8310-5", "36.6", "Cel", "temperature_cel", Decimal("36.6")),
        # 98.6 °F is 37 °C by definition; 99.5 °F is 37.5
        ("8310-5", "98.6", "[degF]", "temperature_cel", Decimal("37.0")),
        ("8310-5", "99.5", "[degF]", "temperature_cel", Decimal("37.5")),
    ],
)
def test_each_code_is_read_in_each_unit_that_it_comes_in(
    code: str, value: str, unit: str, sign: str, ours: Any
) -> None:
    assert only((code, value, unit)) == {sign: ours}


def test_the_alternate_code_is_read_where_the_first_is_not_known() -> None:
    assert only(("147842^HR^MDC^8867-4", "71", "/min")) == {"heart_rate_per_min": 71}


def test_what_is_no_part_of_the_stream_is_passed_over() -> None:
    weight, wanted_by_nobody, panel = ("29463-7", "70", "kg"), ("ST-II", "0.1", "mV"), ("85354-9", "", "")
    assert only(weight, wanted_by_nobody, panel, ("8867-4", "71", "/min")) == {"heart_rate_per_min": 71}


def test_an_unknown_code_leaves_the_rest_standing() -> None:
    found = read(("PVC", "3", "/min"), ("8867-4", "71", "/min"))
    assert [measured.values for measured in found.sets] == [{"heart_rate_per_min": 71}]
    assert [one.code for one in found.doubts] == ["PVC"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (("8867-4", "71", "Hz"), "OBX-6"),
        (("8867-4", "71", ""), "OBX-6"),
        (("8310-5", "37", "K"), "OBX-6"),
        (("8867-4", "71~72", "/min"), "Several values"),
        (("8867-4", "seventy", "/min"), "no number"),
        (("8867-4", "7e1", "/min"), "no number"),
        (("8867-4", "NaN", "/min"), "no number"),
        (("8867-4", "\u0667\u0661", "/min"), "no number"),
        (("8867-4", "71", "/min", "C"), "earlier value"),
        (("8867-4", "", "/min", "D"), "earlier value"),
        (("8867-4", "71", "/min", "W"), "earlier value"),
        (("8867-4", "71", "/min", ""), "OBX-11"),
    ],
)
def test_what_is_not_certain_is_a_doubt(line: Line, why: str) -> None:
    assert why in doubt(line)


@pytest.mark.parametrize("status", ["F", "P", "R"])
def test_values_final_preliminary_and_not_verified_are_taken(status: str) -> None:
    assert only(("8867-4", "71", "/min", status)) == {"heart_rate_per_min": 71}


@pytest.mark.parametrize("line", [("8867-4", "71", "/min", "X"), ("8867-4", "", "/min"), ("8867-4", "", "")])
def test_what_was_not_measured_is_neither_a_value_nor_a_doubt(line: Line) -> None:
    assert read(line) == Contents((), ())


@pytest.mark.parametrize(
    ("sent", "taken"), [("^71", True), ("=^71", True), (">^71", False), ("^71^-^75", False)]
)
def test_a_structured_number_is_taken_when_it_is_one_number(sent: str, taken: bool) -> None:
    found = read(("8867-4", sent, "/min"), kind="SN")
    assert bool(found.sets) is taken
    assert bool(found.doubts) is not taken


def test_words_are_no_value() -> None:
    assert "OBX-2" in doubt(("8867-4", "71", "/min"), kind="ST")


def test_two_values_of_one_moment_are_a_doubt_and_the_same_one_twice_is_not() -> None:
    assert only(("2708-6", "98", "%"), ("59408-5", "98", "%")) == {"oxygen_saturation_percent": 98}
    assert "Two values" in doubt(("2708-6", "98", "%"), ("59408-5", "91", "%"))


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("20270111090530-0600", datetime(2027, 1, 11, 15, 5, 30, tzinfo=UTC)),
        ("20270111150530+0000", datetime(2027, 1, 11, 15, 5, 30, tzinfo=UTC)),
        ("202701111505+0000", datetime(2027, 1, 11, 15, 5, tzinfo=UTC)),
        ("20270111150530.250+0000", datetime(2027, 1, 11, 15, 5, 30, 250000, tzinfo=UTC)),
        ("20270111090530", datetime(2027, 1, 11, 15, 5, 30, tzinfo=UTC)),
        ("20270711090530", datetime(2027, 7, 11, 14, 5, 30, tzinfo=UTC)),
    ],
)
def test_moments_come_with_an_offset_or_are_the_clinics_own(sent: str, moment: datetime) -> None:
    [measured] = read(("8867-4", "71", "/min"), at=sent).sets
    assert measured.measured_at == moment


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("", "doesn't say when"),
        ("20270111", "cannot be read"),
        ("2027011109", "cannot be read"),
        ("20271311090000", "cannot be read"),
        ("00000000000000", "cannot be read"),
        ("20270111090000+9900", "cannot be read"),
        ("00010101000000+0000", "not of our time"),
        ("99991231235959-1400", "not of our time"),
        # Chicago: 1:30 comes twice on 7 November 2027, 2:30 never on 14 March 2027.
        ("20271107013000", "clocks change"),
        ("20270314023000", "clocks change"),
    ],
)
def test_a_moment_that_is_not_certain_is_a_doubt(sent: str, why: str) -> None:
    assert why in doubt(("8867-4", "71", "/min"), at=sent)


def test_with_an_offset_the_repeated_hour_is_certain() -> None:
    assert len(read(("8867-4", "71", "/min"), at="20271107013000-0500").sets) == 1


def test_a_line_with_a_moment_of_its_own_is_a_set_of_its_own() -> None:
    cuff_at = DURING - timedelta(minutes=3)
    cuff = f"{cuff_at:%Y%m%d%H%M%S%z}"
    found = read(
        ("8480-6", "122", "mm[Hg]", "F", cuff),
        ("8462-4", "78", "mm[Hg]", "F", cuff),
        ("8867-4", "71", "/min"),
    )
    assert [(each.measured_at, each.values) for each in found.sets] == [
        (cuff_at, {"systolic_mmhg": 122, "diastolic_mmhg": 78}),
        (DURING, {"heart_rate_per_min": 71}),
    ]


def test_equipment_is_named_before_the_application_that_sends_for_it() -> None:
    message = hl7.parse(oru(DURING, [("8867-4", "71", "/min", "F", "", "SN-1^^^x")], sender="GATEWAY"))
    assert readings.senders(message) == ["SN-1", "GATEWAY"]
