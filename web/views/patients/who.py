"""Who the patient is, at one glance: how old, what language, what time it is where they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from clinic import clock
from clinic.models import Allergy, Patient
from scheduler.vocabulary import wall_time
from web.views.patients.details import SPOKEN_HERE, language_name

HIGH: Final = "high"
UNSURE: Final = "unconfirmed"


@dataclass(frozen=True)
class AllergyWords:
    """An allergy that holds: the substance, what happens, whether it is of high risk, whether it is sure."""

    substance: str
    reaction: str
    high: bool
    unsure: bool


@dataclass(frozen=True)
class Who:
    """`other_time` is the time of day where the patient is, where that isn't the clinic's; `language` is
    empty where it is the one that the house speaks."""

    patient: Patient
    age: int
    language: str
    other_time: str
    allergies: list[AllergyWords]


def who_is(patient: Patient, allergies: list[Allergy], now: datetime) -> Who:
    """The worst allergies first."""
    in_words = [
        AllergyWords(
            each.substance, each.reaction, each.criticality == HIGH, each.verification_status == UNSURE
        )
        for each in allergies
    ]
    return Who(
        patient=patient,
        age=clock.age_on(patient.birth_date, clock.local_date(now, patient.clinic.time_zone)),
        language="" if patient.language.split("-")[0] == SPOKEN_HERE else language_name(patient.language),
        other_time=_other_time(patient, now),
        allergies=sorted(in_words, key=lambda each: not each.high),
    )


def _other_time(patient: Patient, now: datetime) -> str:
    there, here = (now.astimezone(ZoneInfo(zone)) for zone in (patient.zone, patient.clinic.time_zone))
    if there.utcoffset() == here.utcoffset():
        return ""
    return f"{wall_time(now, patient.zone)}, {patient.zone.rpartition('/')[2].replace('_', ' ')}"
