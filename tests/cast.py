"""The known cast of every story: who works in Lakeside and Hillside, and who comes as a patient.

Ana is at the desk, Nils is the nurse, Priya prescribes, Max manages; Rosa and Omar are patients of
Lakeside; Olga does every job in Hillside, the other clinic, and must see nothing of Lakeside.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from clinic import access, clock
from clinic.access import Actor
from clinic.models import Channel, Clinic, Consent, ConsentScope, Membership, Patient, Role, User
from clinic.signin import Proof
from tests.kept import kept

PASSWORD = "correct horse battery staple"
# A Monday, 9:00 in Chicago (CST, UTC-6): far from both DST days.
NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
TODAY = date(2027, 1, 11)
ZONE = "America/Chicago"


def shown(actor: Actor) -> Proof:
    """As if they had just shown that it is them, where a story isn't about that."""
    proof = Proof("")
    proof.shown_by = actor.user_id
    return proof


def local(day: date, wall_time: str, zone: str = ZONE) -> datetime:
    """`local(TODAY, "9:30")` is 9:30 on the clinic's wall."""
    return clock.at_local(day, time.fromisoformat(wall_time.zfill(5)), zone)


@dataclass
class House:
    """One clinic with its staff and patients."""

    clinic: Clinic
    ana: User
    nils: User
    priya: User
    max: User
    patients: dict[str, Patient] = field(default_factory=dict)

    def actor(self, user: User) -> Actor:
        return access.actor_of(user)

    @property
    def rosa(self) -> Patient:
        return self.patients["rosa"]

    @property
    def omar(self) -> Patient:
        return self.patients["omar"]


def make_clinic(name: str = "Lakeside", zone: str = ZONE) -> Clinic:
    return Clinic.objects.create(
        name=f"{name} Infusion Clinic",
        sender_name=f"{name} Clinic",
        time_zone=zone,
        phone="+13125550100",
        synthetic=True,
    )


@cache
def _hashed() -> str:
    """The cast shares one password, hashed once."""
    return make_password(PASSWORD)


def make_user(clinic: Clinic, name: str, *roles: Role, credentials: str = "") -> User:
    email = f"{name.split()[0].lower()}@{clinic.sender_name.split()[0].lower()}.example"
    user = User.objects.create(email=email, password=_hashed(), full_name=name, credentials=credentials)
    for role in roles:
        Membership.objects.create(user=user, clinic=clinic, role=role)
    return user


@kept
def make_patient(clinic: Clinic, given: str, family: str, *, consents: bool = True, **fields: Any) -> Patient:
    details: dict[str, Any] = {
        "mrn": f"MRN-{given.upper()}",
        "birth_date": date(1980, 5, 17),
        "email": f"{given.lower()}@patients.example",
        "phone": "+13125550142",
        "preferred_channel": Channel.EMAIL,
        "escort_name": "Sam Reyes",
        "synthetic": True,
    }
    patient = Patient.objects.create(
        clinic=clinic, given_names=given, family_name=family, **{**details, **fields}
    )
    if consents:
        Consent.objects.bulk_create(_consent(patient, scope) for scope in ConsentScope)
    return patient


def give_consent(patient: Patient, scope: ConsentScope) -> Consent:
    consent = _consent(patient, scope)
    consent.save()
    return consent


def _consent(patient: Patient, scope: ConsentScope) -> Consent:
    return Consent(
        clinic=patient.clinic,
        patient=patient,
        scope=scope,
        form_version="2026-1",
        method="paper form",
        given_at=NOW - timedelta(days=30),
    )


@kept
def make_house(name: str = "Lakeside", zone: str = ZONE) -> House:
    clinic = make_clinic(name, zone)
    return House(
        clinic=clinic,
        ana=make_user(clinic, "Ana Lima", Role.FRONT_DESK),
        nils=make_user(clinic, "Nils Berg", Role.NURSE, credentials="RN"),
        priya=make_user(clinic, "Priya Nair", Role.PRESCRIBER, credentials="MD"),
        max=make_user(clinic, "Max Weber", Role.MANAGER),
        patients={
            "rosa": make_patient(clinic, "Rosa", "Delgado"),
            "omar": make_patient(clinic, "Omar", "Haddad", birth_date=date(1971, 2, 3)),
        },
    )


def client_of(user: User | None) -> APIClient:
    """The API as this person calls it; `None` is nobody."""
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def new_id() -> UUID:
    return uuid4()
