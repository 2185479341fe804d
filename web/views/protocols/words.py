"""A protocol version in plain words: what its pages show, and what the next version changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.text import get_text_list

from scheduler.models import Protocol
from scheduler.prescribing import charted
from scheduler.protocols.differing_content import SCHEDULE, differences
from scheduler.protocols.limit_content import LEVELS
from scheduler.protocols.protocol_content import MOST_UNITS
from scheduler.protocols.protocols import InUse, content_of
from scheduler.vocabulary import indication_words, plain_amount, spoken_unit
from sessions_app.observing import alert_rules
from sessions_app.observing.vital_limits import RINGS, Ring, rings_of
from sessions_app.preparing import checklist

NOTHING: Final = "–"  # noqa: RUF001
NOT_SAID: Final = "not said"
NO_LIMIT: Final = "no limit but the days between"
EVERY_VIAL: Final = "every strength that there is"
NO_AGES: Final = "of any age: the version doesn't say"
LEVEL_WORDS: Final = {
    "start_flag": "Look twice before the start",
    "start_hold": "Holds the start",
    "caution": "Caution",
    "stop": "Stop",
    "emergency": "Emergency",
}
READINGS_DUE: Final = "Vital signs are due"
MOST_MINUTES_NAMED: Final = 8  # of readings that one version has and another hasn't
SIGNS: Final = {"below": "<", "at_least": "≥", "above": ">"}
PHASES: Final = {
    "infusion": "During the infusion",
    "after_change": "After a change, a pause or an alert",
    "observation": "While the patient recovers",
}
LOADS: Final = {6: "one to one", 3: "one nurse to two patients", 2: "one nurse to three patients"}
Row = tuple[str, str]


@dataclass(frozen=True)
class Section:
    """One table of the page: what, and what the version says of it, a line for each thing it lists."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Limits:
    """One vital sign's limits, each level in words with its bounds, and what alone counts for this sign."""

    label: str
    unit: str
    cells: Sequence[Row]
    more: Sequence[Row]

    @property
    def besides(self) -> str:
        return "; ".join(words for _, words in self.more)


@dataclass(frozen=True)
class Rings:
    """What is refused and what is asked about for one sign; `own` where the version says so itself."""

    label: str
    unit: str
    reject: str
    confirm: str
    own: bool


@dataclass(frozen=True)
class Change:
    """What one version says otherwise than another; `which`: of a rhythm, the readings."""

    where: str
    label: str
    was: str
    becomes: str
    which: str = ""


def sections(protocol: Protocol) -> list[Section]:
    """Everything that is one figure or one sentence."""
    basis = protocol.get_dose_basis_display()
    low, high = plain_amount(protocol.dose_soft_min), plain_amount(protocol.dose_soft_max)
    days = protocol.weight_valid_days
    return [
        Section(
            "What it is for",
            [
                ("Title", protocol.title),
                ("Indications", "\n".join(map(indication_words, protocol.indications))),
                (
                    "For patients",
                    charted.ages_words(protocol.age_min_years, protocol.age_max_years) or NO_AGES,
                ),
                ("The chair has to offer", ", ".join(protocol.chair_features) or NOTHING),
            ],
        ),
        Section(
            "Dose",
            [
                ("First dose", f"{plain_amount(protocol.dose_start)} {basis}"),
                ("Usual range", f"{low} to {high} {basis}"),
                ("Never below", _lowest(protocol.dose_hard_min, basis)),
                ("Never above", f"{plain_amount(protocol.dose_hard_max)} {basis}"),
                ("Usually at least in one session", _least(protocol.total_soft_min_mg)),
                ("Most in one session", _most(protocol.total_hard_max_mg)),
                ("Drawn from vials of", _amounts(protocol.stock_strengths_mg_per_ml, "mg/mL") or EVERY_VIAL),
                ("Bags hold in the end", _amounts(protocol.bag_volumes_ml, "mL") or "any volume"),
                ("Reckoned by", _weight(protocol)),
                ("Age of the weight", f"up to {days} days" if days else "of the day"),
            ],
        ),
        Section(
            "Phases and nursing",
            [
                ("Preparation", _phase(protocol.preparation_minutes, protocol.preparation_units)),
                ("Infusion", _phase(protocol.infusion_minutes, protocol.infusion_units)),
                ("Infusion as a rule", _usual_minutes(protocol)),
                ("Observation, at least", _phase(protocol.observation_minutes, protocol.observation_units)),
                ("Turnover of the chair", f"{protocol.turnover_minutes} min"),
            ],
        ),
        Section(
            "Series and spacing",
            [
                (
                    "Sessions",
                    f"{protocol.series_min} to {protocol.series_max}, as a rule {protocol.series_typical}",
                ),
                (
                    "Days between sessions",
                    f"{protocol.spacing_min_days} to {protocol.spacing_max_days}",
                ),
                ("Maintenance", _maintenance(protocol)),
                ("In a week", _most_sessions(protocol.most_per_week, "from a Monday to its Sunday")),
                ("In a year", _most_sessions(protocol.most_per_year, "in any 365 days")),
                ("Without a response", _review(protocol.review_after_sessions)),
            ],
        ),
        Section(
            "Before the start",
            [
                ("Clear liquids", _until(protocol.fasting_clear_hours)),
                ("A light meal", _until(protocol.fasting_light_meal_hours)),
                ("Consent", _consent(protocol.reconsent_after_days)),
                ("Liver tests", _liver(protocol.liver_test_after_mg)),
                ("Checklist", "\n".join(item.label for item in checklist.items_of(protocol))),
            ],
        ),
        Section(READINGS_DUE, _readings(protocol.vitals_schedule)),
        Section(
            "Going home",
            [
                ("Near the own baseline", f"within {protocol.near_baseline_percent} %"),
                ("Sets in a row", str(protocol.near_baseline_sets)),
            ],
        ),
    ]


def limits(protocol: Protocol) -> list[Limits]:
    """The signs that have limits, in the record's order."""
    return [
        Limits(
            ring.label,
            ring.unit,
            [(LEVEL_WORDS[level], bounds_words(protocol.limits[sign].get(level, {}))) for level in LEVELS],
            list(_besides(sign, protocol.limits[sign])),
        )
        for sign, ring in RINGS.items()
        if protocol.limits.get(sign)
    ]


def rings(protocol: Protocol) -> list[Rings]:
    return [
        Rings(ring.label, ring.unit, *_edges(ring), own=sign in protocol.rings)
        for sign, ring in rings_of(protocol.rings).items()
    ]


def in_use_words(in_use: InUse) -> str:
    """`1 plan and 3 visits to come`."""
    plans = f"{in_use.plans} plan{'' if in_use.plans == 1 else 's'}"
    return f"{plans} and {in_use.visits} visit{'' if in_use.visits == 1 else 's'} to come"


def medicine_words(order: Mapping[str, Any]) -> str:
    """`4 mg IV, for nausea`."""
    return f"{order['amount']} {spoken_unit(order['unit'])} {order['route']}, {order['reason']}"


def changes(before: Protocol, after: Protocol) -> list[Change]:
    """What `after` says otherwise than `before`, in the order of the page."""
    was, becomes = dict(_everything(before)), dict(_everything(after))
    which = dict(_readings_that_differ(before, after))
    return [
        Change(
            where,
            label,
            was.get((where, label), NOTHING),
            becomes.get((where, label), NOTHING),
            which.get((where, label), ""),
        )
        for where, label in dict.fromkeys([*becomes, *was])
        if was.get((where, label)) != becomes.get((where, label))
    ]


def bounds_words(bounds: Mapping[str, Any]) -> str:
    """`< 90, ≥ 160`: past any of them."""
    return ", ".join(f"{SIGNS[bound]} {bounds[bound]}" for bound in SIGNS if bound in bounds)


def rhythm_words(stretches: Sequence[Mapping[str, int]]) -> str:
    """`every 15 min, 4 times; then every 30 min`."""
    return "; then ".join(
        f"every {each['every']} min" + (f", {each['times']} times" if "times" in each else "")
        for each in stretches
    )


def _everything(protocol: Protocol) -> Iterator[tuple[tuple[str, str], str]]:
    for section in sections(protocol):
        for label, text in section.rows:
            yield (section.title, label), text
    for sign in limits(protocol):
        for level, bounds in sign.cells:
            if bounds:
                yield ("Limits", f"{sign.label}: {level.lower()}"), bounds
        for what, besides in sign.more:
            yield ("Limits", f"{sign.label}: {what}"), besides
    for ring in rings(protocol):
        yield ("Entries", f"{ring.label}: taken"), ring.reject
        yield ("Entries", f"{ring.label}: taken without asking"), ring.confirm
    for order in protocol.prn_medicines:
        yield ("Medicines if needed", order["medicine"]), medicine_words(order)
    yield ("Sources", "Sources"), protocol.citation


def _lowest(dose: Decimal | None, basis: str) -> str:
    return "any dose above 0 may be ordered" if dose is None else f"{plain_amount(dose)} {basis}"


def _least(mg: Decimal | None) -> str:
    return NOT_SAID if mg is None else f"{plain_amount(mg)} mg"


def _amounts(amounts: Sequence[Decimal], unit: str) -> str:
    return f"{', '.join(map(plain_amount, sorted(amounts)))} {unit}" if amounts else ""


def _most_sessions(most: int | None, span: str) -> str:
    return NO_LIMIT if most is None else f"at most {most} session{'' if most == 1 else 's'} {span}"


def _review(sessions: int | None) -> str:
    if sessions is None:
        return NOT_SAID
    return f"a prescriber decides after {sessions} infusion{'' if sessions == 1 else 's'}"


def _consent(days: int | None) -> str:
    return "counts until it is revoked" if days is None else f"is signed again after {days} days"


def _liver(mg: int | None) -> str:
    return "not asked for" if mg is None else f"asked for after {mg} mg given in all, and after as much again"


def _most(mg: Decimal | None) -> str:
    return f"{plain_amount(mg)} mg" if mg is not None else "what the hard limit comes to"


def _weight(protocol: Protocol) -> str:
    words = str(protocol.get_weight_basis_display())
    return f"{words} of {plain_amount(protocol.weight_cap_kg)} kg" if protocol.weight_cap_kg else words


def _phase(minutes: int, units: int) -> str:
    load = f"{units} of a nurse's {MOST_UNITS} units"
    return f"{minutes} min, {load}" + (f": {LOADS[units]}" if units in LOADS else "")


def _usual_minutes(protocol: Protocol) -> str:
    least, most = protocol.infusion_least_minutes, protocol.infusion_most_minutes
    bounds = [f"at least {least} min"] * (least is not None) + [f"at most {most} min"] * (most is not None)
    return ", ".join(bounds) or NOT_SAID


def _maintenance(protocol: Protocol) -> str:
    if protocol.maintenance_min_days is None:
        return "none"
    return f"every {protocol.maintenance_min_days} to {protocol.maintenance_max_days} days"


def _until(hours: int | None) -> str:
    return NOTHING if hours is None else f"until {hours} hour{'' if hours == 1 else 's'} before the start"


def _readings(schedule: Mapping[str, Any]) -> list[Row]:
    return [
        ("Baseline", f"within {schedule['baseline_within_minutes']} min before the start"),
        *((label, rhythm_words(schedule[phase])) for phase, label in PHASES.items()),
        ("Overdue after", f"{schedule['grace_minutes']} min"),
    ]


def _readings_that_differ(before: Protocol, after: Protocol) -> Iterator[tuple[tuple[str, str], str]]:
    """`No longer at minute 10 and 30. New at minute 15.`: counted from where the phase begins."""
    for each in differences(content_of(after), content_of(before)):
        column, _, phase = each.path.partition(".")
        if column == SCHEDULE and phase in PHASES:
            told = (("No longer", each.no_longer), ("New", each.newly))
            said = [f"{what} at minute {_minutes(minutes)}." for what, minutes in told if minutes]
            yield (READINGS_DUE, PHASES[phase]), " ".join(said)


def _minutes(minutes: Sequence[int]) -> str:
    named = [str(minute) for minute in minutes[:MOST_MINUTES_NAMED]]
    more = len(minutes) - len(named)
    return str(get_text_list([*named, f"{more} more"] if more else named, "and"))


def _besides(sign: str, levels: Mapping[str, Any]) -> Iterator[Row]:
    if "caution_rise_percent" in levels:
        yield "caution at a rise", f"caution from {levels['caution_rise_percent']} % above the own baseline"
    readings = levels.get("stop_readings", alert_rules.STOP_READINGS.get(sign, 1))
    if readings != 1:
        yield "readings in a row that stop", f"stop at {readings} readings in a row"


def _edges(ring: Ring) -> tuple[str, str]:
    confirm = ring.confirm or ring.reject
    return _span(ring.reject), _span(confirm)


def _span(span: tuple[Decimal, Decimal]) -> str:
    return f"{plain_amount(span[0])} to {plain_amount(span[1])}"
