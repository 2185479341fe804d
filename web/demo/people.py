"""Who works in the synthetic clinic and who comes there: names that no register would hold. Pure data."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from clinic.allergies import Report
from clinic.models import Channel, Role
from clinic.patients import PatientDetails

CLINIC_NAME: Final = "Harborview Infusion Clinic"
SENDER_NAME: Final = "Harborview Clinic"
PASSWORD: Final = "try-chairside-today"  # noqa: S105 - printed on the welcome, refused in production


@dataclass(frozen=True)
class Staff:
    """Somebody on the staff; only those with an e-mail address of their role sign in."""

    email: str
    name: str
    role: Role
    credentials: str = ""
    signs_in: bool = True
    charge: bool = False


STAFF: Final = (
    Staff("desk@chairside.example", "Fern Lowfield", Role.FRONT_DESK),
    Staff("nurse@chairside.example", "Reed Oldmill", Role.NURSE, "RN"),
    Staff("prescriber@chairside.example", "Juniper Highbridge", Role.PRESCRIBER, "MD"),
    Staff("manager@chairside.example", "Cedar Newgate", Role.MANAGER),
    Staff("nurse2@chairside.example", "Wren Sandhill", Role.NURSE, "RN", signs_in=False, charge=True),
    Staff("nurse3@chairside.example", "Moss Greenway", Role.NURSE, "RN", signs_in=False),
)

CHAIRS: Final = (*(f"Chair {number}" for number in range(1, 7)), "Private room")

GIVEN_NAMES: Final = """
    Alder Aspen Birch Briar Clover Coral Dale Ember Flint Forest
    Hazel Heath Indigo Ivy Jade Jasper Lake Laurel Linden Maple
    Marlow Meadow Olive Pearl Pine River Robin Rowan Sage Sky
    Sorrel Willow Amber Basil Cliff Daisy Flora Garnet Opal Poppy
"""
FAMILY_NAMES: Final = """
    Ashfield Blackgate Broadleaf Clearwater Coldspring Deepdale Drywell Eastbank Farhill Goldcrest
    Greybridge Highmoor Longacre Northgate Quietwater Redbarn Shortlane Southfield Westbrook Whitewall
"""
# domain.md 8.3: mostly depression, then trauma and anxiety; all of them indications of mood-40.
INDICATIONS: Final = ("F33.2", "F33.2", "F32.2", "F33.2", "F43.12", "F41.1", "F33.2", "F32.2")
ALLERGIES: Final = (
    Report(
        substance="Penicillin",
        category="medication",
        criticality="high",
        reaction="Hives, swollen lips",
        verification_status="confirmed",
    ),
    Report(
        substance="Latex",
        category="environment",
        criticality="high",
        reaction="Rash where gloves touched",
        verification_status="confirmed",
    ),
    Report(substance="Sulfonamides", category="medication", criticality="low", reaction="Rash"),
    Report(substance="Peanut", category="food", criticality="low"),
)
# What stands in the header of a chart: by the patient's number, every so many.
FLAGS: Final = ((9, 3, "Hard of hearing"), (7, 5, "Walks with a cane"))


@dataclass(frozen=True)
class Person:
    """A made-up patient: what the register knows, and a body that the readings vary around."""

    details: PatientDetails
    indication: str
    weight_kg: Decimal
    systolic_mmhg: int
    diastolic_mmhg: int
    heart_rate_per_min: int
    allergy: Report | None


def made_up(count: int, *, random: Random, today: date) -> list[Person]:
    """Patients with numbers 555-01xx and addresses below .example, which belong to nobody."""
    given_names, family_names = GIVEN_NAMES.split(), FAMILY_NAMES.split()
    random.shuffle(given_names)
    people = []
    for number in range(count):
        given = given_names[number % len(given_names)]
        family = family_names[number * 7 % len(family_names)]
        # domain.md 8.1: mean age 50.3 (SD 14.3), 74.7 % female [V:8b].
        age = min(max(round(random.gauss(50.3, 14.3)), 19), 84)
        details: PatientDetails = {
            "mrn": f"SYN-{1001 + number}",
            "given_names": given,
            "family_name": family,
            "birth_date": today - timedelta(days=round(age * 365.25) + random.randrange(365)),
            "gender": "female" if random.random() < 0.747 else "male",
            "phone": f"+13125550{100 + number}",
            "email": f"{given}.{family}@patients.example".lower(),
            "preferred_channel": Channel.SMS if number % 3 == 0 else Channel.EMAIL,
            "city": "Harborview",
            "escort_name": f"{random.choice(given_names)} {family}",
            "escort_phone": f"+13125550{150 + number % 50}",
            "language": "es" if number % 11 == 7 else "en",
            "flags": [flag for every, rest, flag in FLAGS if number % every == rest],
        }
        people.append(
            Person(
                details=details,
                indication=INDICATIONS[number % len(INDICATIONS)],
                weight_kg=Decimal(random.randrange(520, 980)) / 10,
                systolic_mmhg=random.randrange(108, 134),
                diastolic_mmhg=random.randrange(66, 84),
                heart_rate_per_min=random.randrange(60, 84),
                allergy=random.choice(ALLERGIES) if number % 5 == 2 else None,
            )
        )
    return people
