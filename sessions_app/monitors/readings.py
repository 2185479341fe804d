"""What an ORU^R01 says, pure: sets of values in our units, by the moment at which they were measured.

What cannot be read with certainty is not guessed: it becomes a `Doubt`, and the message is kept for a person
(`feed`). Codes and units are those of domain.md 3.1; whatever else a monitor calls them is said by the
installation (`codes`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from clinic import era
from sessions_app.monitors.hl7 import Message, Segment
from sessions_app.observing.vital_limits import from_fahrenheit

Value = int | Decimal
Codes = Mapping[str, str]

# LOINC, domain.md 3.1. A device sends oxygen saturation under either of the two.
LOINC: Final[Codes] = {
    "8480-6": "systolic_mmhg",
    "8462-4": "diastolic_mmhg",
    "8478-0": "mean_mmhg",
    "8867-4": "heart_rate_per_min",
    "9279-1": "respiratory_rate_per_min",
    "2708-6": "oxygen_saturation_percent",
    "59408-5": "oxygen_saturation_percent",
    "19889-5": "end_tidal_co2_mmhg",
    "8310-5": "temperature_cel",
}
# Known, and no part of the stream: the panel itself, oxygen given, weight, height, BMI, pain.
PASSED_OVER: Final = frozenset({"85354-9", "3151-8", "3150-0", "29463-7", "8302-2", "39156-5", "72514-3"})
# What an installation maps a code to that it wants nothing of.
NOTHING: Final = "-"

MMHG_PER_KPA: Final = 1000 / Decimal("133.322387415")  # the definition of the conventional millimetre
Convert = Callable[[Decimal], Decimal]


def _same(value: Decimal) -> Decimal:
    return value


def _from_kpa(value: Decimal) -> Decimal:
    return value * MMHG_PER_KPA


_PRESSURE: Final[Mapping[str, Convert]] = {"mm[Hg]": _same, "kPa": _from_kpa}
_RATE: Final[Mapping[str, Convert]] = {"/min": _same}
# By sign the UCUM units that are understood.
UNITS: Final[Mapping[str, Mapping[str, Convert]]] = {
    "systolic_mmhg": _PRESSURE,
    "diastolic_mmhg": _PRESSURE,
    "mean_mmhg": _PRESSURE,
    "end_tidal_co2_mmhg": _PRESSURE,
    "heart_rate_per_min": {**_RATE, "{beats}/min": _same},
    "respiratory_rate_per_min": {**_RATE, "{breaths}/min": _same},
    "oxygen_saturation_percent": {"%": _same},
    "temperature_cel": {"Cel": _same, "[degF]": from_fahrenheit},
}

# OBX-11, HL7 table 0085.
MEASURED: Final = frozenset({"F", "P", "R"})  # final, preliminary, not verified: as a device sends it
NOT_MEASURED: Final = frozenset({"X", "N", "I", "O", "S"})  # cannot be obtained, not asked, pending, partial
ABOUT_EARLIER: Final = frozenset({"C", "D", "W"})  # corrected, deleted, wrong: about a value sent before

_MOMENT: Final = re.compile(r"(\d{12}(?:\d{2})?)(?:\.(\d{1,6})\d*)?([+-]\d{4})?", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Doubt:
    """What could not be read, in words without its content. `code` is set where only the code is unknown:
    everything else in the message stands."""

    why: str
    code: str = ""


@dataclass(frozen=True)
class Set:
    """What was measured in one moment, by the names of our fields. `position` is its OBR's place, from 1."""

    position: int
    measured_at: datetime
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    sets: tuple[Set, ...]
    doubts: tuple[Doubt, ...]


class _Doubtful(ValueError):
    """One OBX that cannot be used."""

    def __init__(self, why: str, code: str = "") -> None:
        super().__init__(why)
        self.doubt = Doubt(why, code)


def senders(message: Message) -> list[str]:
    """What the sender calls itself: OBX-18, the equipment, of each line, and MSH-3, in this order."""
    found = [*_first_components(message, "OBX", 18), message.header.component(3)]
    return list(dict.fromkeys(filter(None, found)))


def patient_ids(message: Message) -> set[str]:
    """PID-3: the identifiers under which the monitor knows the patient, if any."""
    return set(filter(None, _first_components(message, "PID", 3)))


def _first_components(message: Message, name: str, number: int) -> list[str]:
    """The first component of this field's every repetition in every such segment."""
    return [
        segment.component(number, of=repetition)
        for segment in message.named(name)
        for repetition in segment.repetitions(number)
    ]


def contents(message: Message, *, zone: str, codes: Codes) -> Contents:
    """The sets of an ORU^R01, and the doubts about it. `zone` is where the device stands, for times without
    an offset; `codes` are the installation's own, by which it may also pass over a code (`NOTHING`)."""
    found: dict[tuple[int, datetime], Set] = {}
    twice: set[tuple[int, datetime, str]] = set()
    doubts: list[Doubt] = []
    for position, order, line in _lines(message):
        try:
            read = _value(line, codes)
            if read is None:
                continue
            sign, value = read
            at = _measured_at(order, line, zone)
        except _Doubtful as doubtful:
            doubts.append(doubtful.doubt)
            continue
        of_moment = found.setdefault((position, at), Set(position, at))
        if of_moment.values.setdefault(sign, value) != value:
            twice.add((position, at, sign))
    for position, at, sign in sorted(twice):
        del found[position, at].values[sign]
        doubts.append(Doubt(f"Two values of one moment for the same sign ({sign})."))
    sets = tuple(of_moment for of_moment in found.values() if of_moment.values)
    return Contents(sets, tuple(dict.fromkeys(doubts)))


def _lines(message: Message) -> Iterator[tuple[int, Segment | None, Segment]]:
    """Each OBX with the OBR above it and that one's place."""
    position, order = 0, None
    for segment in message.segments:
        if segment.name == "OBR":
            position, order = position + 1, segment
        elif segment.name == "OBX":
            yield max(position, 1), order, segment


def _value(line: Segment, codes: Codes) -> tuple[str, Value] | None:
    """The sign and its value in our unit; nothing where nothing was measured."""
    status = line.component(11)
    if status in NOT_MEASURED:
        return None
    sign = _sign(line, codes)
    if sign is None or (not line.field(5) and status not in ABOUT_EARLIER):
        return None
    if status in ABOUT_EARLIER:
        raise _Doubtful(f"It corrects or takes back an earlier value ({sign}).")
    if status not in MEASURED:
        raise _Doubtful(f"It doesn't say whether the value holds (OBX-11, {sign}).")
    convert = UNITS[sign].get(line.component(6))
    if convert is None:
        raise _Doubtful(f"Its unit is not one that we convert (OBX-6, {sign}).")
    exact = convert(_number(line, sign))
    if sign == "temperature_cel":
        return sign, exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return sign, int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _sign(line: Segment, codes: Codes) -> str | None:
    """Our field for OBX-3, under its code or its alternate code; nothing where it is passed over."""
    sent = [line.component(3, 1), line.component(3, 4)]
    for code in filter(None, sent):
        if code in PASSED_OVER or codes.get(code) == NOTHING:
            return None
        if found := codes.get(code) or LOINC.get(code):
            return found
    raise _Doubtful("A code that is not known here (OBX-3).", code=sent[0][:40] or "none")


def _number(line: Segment, sign: str) -> Decimal:
    kind = line.component(2)
    if len(line.repetitions(5)) > 1:
        raise _Doubtful(f"Several values where one is meant (OBX-5, {sign}).")
    if kind == "NM":
        number = line.component(5)
    elif kind == "SN":
        # Comparator ^ number ^ separator ^ second number: only one plain number is a measurement.
        number = line.component(5, 2)
        if line.component(5, 1) not in ("", "=") or line.component(5, 3) or line.component(5, 4):
            raise _Doubtful(f"A bound or a range, not a measurement (OBX-5, {sign}).")
    else:
        raise _Doubtful(f"Its value is no number (OBX-2, {sign}).")
    if not _NUMBER.fullmatch(number):
        raise _Doubtful(f"Its value is no number (OBX-5, {sign}).")
    return Decimal(number)


def _measured_at(order: Segment | None, line: Segment, zone: str) -> datetime:
    """OBX-14, or OBR-7 where the line has no moment of its own."""
    sent = line.component(14) or (order.component(7) if order else "")
    if not sent:
        raise _Doubtful("It doesn't say when it was measured (OBX-14, OBR-7).")
    found = _MOMENT.fullmatch(sent)
    if found is None:
        raise _Doubtful("Its time of measuring cannot be read (OBX-14, OBR-7).")
    digits, fraction, offset = found.groups()
    try:
        wall = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if not era.holds(wall.date()):
            raise _Doubtful("Its time of measuring is not of our time (OBX-14, OBR-7).")
        wall = wall.replace(microsecond=int((fraction or "0").ljust(6, "0")))
        return _with_offset(wall, offset) if offset else _on_the_wall(wall, zone)
    except (ValueError, OverflowError) as error:
        if isinstance(error, _Doubtful):
            raise
        raise _Doubtful("Its time of measuring cannot be read (OBX-14, OBR-7).") from None


def _with_offset(wall: datetime, offset: str) -> datetime:
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return wall.replace(tzinfo=timezone(-ahead if offset[0] == "-" else ahead)).astimezone(UTC)


def _on_the_wall(wall: datetime, zone: str) -> datetime:
    """A time without an offset: the clinic's. One that the clocks skip or show twice is not guessed."""
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise _Doubtful("Its time has no offset and falls into the hour in which the clocks change.")
    return first.astimezone(UTC)
