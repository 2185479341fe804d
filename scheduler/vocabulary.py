"""The words for this floor's codes, amounts and times: ICD-10-CM as in domain.md section 7 (2026 package
data). And what a chair can be said to offer."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

INDICATIONS: Final[dict[str, str]] = {
    "F32.2": "Major depressive disorder, single episode, severe",
    "F33.2": "Major depressive disorder, recurrent, severe",
    "F40.10": "Social anxiety",
    "F41.1": "Generalised anxiety disorder",
    "F41.9": "Anxiety, unspecified",
    "F43.10": "Post-traumatic stress disorder",
    "F43.12": "Post-traumatic stress disorder, chronic",
    "G43.709": "Chronic migraine",
    "G43.719": "Chronic migraine, intractable",
    "G43.E09": "Chronic migraine with aura",
    "G44.009": "Cluster headache",
    "G44.019": "Cluster headache, episodic",
    "G44.029": "Cluster headache, chronic",
    "G44.209": "Tension-type headache",
    "G44.229": "Tension-type headache, chronic",
    "G44.52": "New daily persistent headache",
    "G89.29": "Other chronic pain",
    "G89.4": "Chronic pain syndrome",
    "G90.50": "Complex regional pain syndrome I",
    "M79.7": "Fibromyalgia",
}

# Medicines' units: stored as UCUM, shown as what is least misread. "ug" and "IU" are error-prone (ISMP).
UNITS: Final[dict[str, str]] = {"mg": "mg", "ug": "mcg", "g": "g", "mL": "mL", "[iU]": "units"}

# The strengths that ketamine's vials come in (domain.md 0.4 [V:24]).
STOCKS_MG_PER_ML: Final = (Decimal(10), Decimal(50), Decimal(100))

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ICD_10_CM: Final = re.compile(r"[A-TV-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")
FEATURE: Final = re.compile(r"(?=.{1,40}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")


def indication_words(code: str) -> str:
    """`F33.2 Major depressive disorder, recurrent, severe`; a code without known words stands alone."""
    return f"{code} {INDICATIONS[code]}" if code in INDICATIONS else code


def plain_amount(amount: Decimal) -> str:
    """0.500 as 0.5, 100.000 as 100."""
    return f"{amount.normalize():f}"


def spoken_unit(code: str) -> str:
    """A medicine's unit as people read it; one without known words stands as it is."""
    return UNITS.get(code, code)


def feature_error(features: Iterable[str]) -> str:
    """What is wrong with the words for what a chair offers; empty when they can be used."""
    for feature in features:
        if not FEATURE.fullmatch(feature):
            return "Write each in small letters, digits and hyphens, such as private-room."
    return ""


def spoken_day(day: date, *, today: date) -> str:
    """Tue, Jan 12; with the year when it isn't this one: the one way of staff's pages and of sentences."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a, %b} {day.day}{year}"


def spoken_time(moment: datetime, zone: str, *, now: datetime) -> str:
    """Tue, Jan 12, 09:00, on the zone's wall."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return f"{spoken_day(local.date(), today=today)}, {local:%H:%M}"


def wall_time(moment: datetime, zone: str) -> str:
    """09:00 on the zone's wall."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"
