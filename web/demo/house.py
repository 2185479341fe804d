"""The synthetic clinic before its first patient comes: rooms, staff, hours, protocols, patients, plans."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password

from clinic import access, clock, patients
from clinic.access import Actor
from clinic.importing import uploads
from clinic.models import Allergy, Clinic, Consent, ConsentScope, Membership, Patient, Role, User
from clinic.signin import Proof
from notifications.models import ClinicMessaging
from scheduler.models import (
    AbsenceReason,
    Appointment,
    Protocol,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WorkingPattern,
)
from scheduler.prescribing import plans, screening
from scheduler.protocols import protocols
from scheduler.working_hours import resources, time_off, working_time
from web.demo import comings, referred
from web.demo.people import CHAIRS, CLINIC_NAME, PASSWORD, SENDER_NAME, STAFF, Person, made_up

SEED: Final = 20270111
PATIENTS: Final = 40
WITH_PAST: Final = 14  # the last of them have had a series before
NURSE_UNITS: Final = 6
# Of the made-up phones: nothing leaves a clinic without a provider of text messages.
TEXTS_NUMBER: Final = "+13125550198"
MOVES_ITSELF_HOURS: Final = 48
MADE_UP: Final = "Everybody here is made up, and texts would leave the house (SMS_URL)."
VISITS_SUPERVISED_AT_ONCE: Final = 12
OPENS, CLOSES = time(8), time(17)
EXCEPTIONS_AHEAD: Final = 30  # days: the story books two weeks ahead of its day
# Where it is late morning now, somewhere: the first of these in which the story of the day can be told.
ZONES: Final = (
    "America/Chicago",
    "America/New_York",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Sao_Paulo",
    "Atlantic/South_Georgia",
    "Atlantic/Cape_Verde",
    "Atlantic/Azores",
    "Europe/Lisbon",
    "Europe/Athens",
    "Asia/Dubai",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "Australia/Brisbane",
    "Australia/Sydney",
    "Pacific/Fiji",
    "Pacific/Auckland",
)
STORY_FROM, STORY_UNTIL = time(11), time(13, 45)


@dataclass
class House:
    """The clinic with everybody in it, and the random source that keeps the story the same every time."""

    clinic: Clinic
    protocol: Protocol
    desk: Actor
    prescriber: Actor
    nurses: dict[UUID, Actor]  # by the resource's id
    people: dict[UUID, Person]  # by the patient's id
    plans: dict[UUID, TreatmentPlan]  # by the patient's id
    random: Random
    visits: list[Appointment] = field(default_factory=list)
    proofs: dict[UUID, Proof] = field(default_factory=dict)  # by the user's id

    def proof_of(self, actor: Actor) -> Proof:
        """What this person signs with; the same one each time, so that it is looked at once."""
        return self.proofs.setdefault(actor.user_id, Proof(PASSWORD))

    @property
    def first_nurse(self) -> Actor:
        return next(iter(self.nurses.values()))

    @property
    def with_past(self) -> list[UUID]:
        """The patients who have had a series before."""
        return list(self.people)[-WITH_PAST:]

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def at(self, day: date, wall_time: time) -> datetime:
        return clock.at_local(day, wall_time, self.clinic.time_zone)


def zone_of_the_story(now: datetime) -> str:
    """A time zone in which it is between 11:00 and 13:45."""
    for zone in ZONES:
        if STORY_FROM <= now.astimezone(ZoneInfo(zone)).time() <= STORY_UNTIL:
            return zone
    raise AssertionError("the zones leave a gap")


def build(*, now: datetime, since: datetime, lately: datetime) -> House:
    """Everything that stands still: the clinic as it opened at `since`; most patients came `lately`."""
    random = Random(SEED)  # noqa: S311 - the same clinic every time is the point
    clinic = Clinic.objects.create(
        name=CLINIC_NAME,
        sender_name=SENDER_NAME,
        time_zone=zone_of_the_story(now),
        phone="+13125550199",
        address="1 Example Street, Harborview",
        holiday_calendar="US-IL",
        synthetic=True,
    )
    # No telephone rings about patients who are made up: with a real provider nothing is said by itself.
    silent = {"paused_at": now, "paused_why": MADE_UP} if settings.SMS else {}
    ClinicMessaging.objects.create(
        clinic=clinic, sms_number=TEXTS_NUMBER, moves_itself_hours=MOVES_ITSELF_HOURS, **silent
    )
    users = _staff(clinic)
    actors = {role: access.actor_of(users[role][0]) for role in users}
    house = House(
        clinic=clinic,
        protocol=_protocol_in_force(clinic, actors[Role.PRESCRIBER], since),
        desk=actors[Role.FRONT_DESK],
        prescriber=actors[Role.PRESCRIBER],
        nurses={},
        people={},
        plans={},
        random=random,
    )
    _rooms_and_hours(house, actors[Role.MANAGER], users, since, lately)
    _patients(house, since, lately)
    _import(house, actors[Role.MANAGER], now)
    comings.tell(clinic=clinic, manager=actors[Role.MANAGER], since=since, lately=lately, now=now)
    return house


def _staff(clinic: Clinic) -> dict[Role, list[User]]:
    """Users with their one role. All have the one password, hashed once: whoever gives an infusion signs its
    record with it, also those whom the welcome doesn't name."""
    hashed = make_password(PASSWORD)
    by_role: dict[Role, list[User]] = {}
    in_charge = {person.email for person in STAFF if person.charge}
    for person in STAFF:
        by_role.setdefault(person.role, []).append(
            User(
                email=person.email,
                full_name=person.name,
                credentials=person.credentials,
                password=hashed,
            )
        )
    User.objects.bulk_create(user for users in by_role.values() for user in users)
    Membership.objects.bulk_create(
        Membership(user=user, clinic=clinic, role=role, charge=user.email in in_charge)
        for role, users in by_role.items()
        for user in users
    )
    return by_role


def _protocol_in_force(clinic: Clinic, prescriber: Actor, since: datetime) -> Protocol:
    """The default protocols as drafts, and mood-40 signed. The others wait for a prescriber to read them."""
    drafts = {protocol.code: protocol for protocol in protocols.adopt_defaults(clinic=clinic)}
    return protocols.activate(actor=prescriber, protocol=drafts["mood-40"], proof=Proof(PASSWORD), now=since)


def _rooms_and_hours(
    house: House, manager: Actor, users: dict[Role, list[User]], since: datetime, lately: datetime
) -> None:
    def add(kind: ResourceKind, name: str, capacity: int, user: User | None = None) -> Resource:
        return resources.add_resource(
            actor=manager,
            id=house.new_id(),
            clinic=house.clinic,
            kind=kind,
            name=name,
            capacity=capacity,
            user_id=user.pk if user else None,
        )

    everything = [add(ResourceKind.CHAIR, name, 1) for name in CHAIRS]
    for nurse in users[Role.NURSE]:
        resource = add(ResourceKind.NURSE, nurse.full_name, NURSE_UNITS, nurse)
        house.nurses[resource.pk] = access.actor_of(nurse)
        everything.append(resource)
    clinician = users[Role.PRESCRIBER][0]
    everything.append(add(ResourceKind.CLINICIAN, clinician.full_name, VISITS_SUPERVISED_AT_ONCE, clinician))
    WorkingPattern.objects.bulk_create(
        WorkingPattern(
            resource=resource,
            weekday=weekday,
            starts_at=OPENS,
            ends_at=CLOSES,
            valid_from=clock.local_date(since, house.clinic.time_zone),
        )
        for resource in everything
        for weekday in range(7)
    )
    for moment in (since, lately):
        working_time.lay_openings(clinic=house.clinic, now=moment)
    _exceptions(house, manager, everything, lately)


def _exceptions(house: House, manager: Actor, everything: list[Resource], now: datetime) -> None:
    """Hours that aren't the weekly ones, later than anybody is booked: a closure, a leave, a half day."""
    first = clock.local_date(now, house.clinic.time_zone) + timedelta(days=EXCEPTIONS_AHEAD)
    _, second_nurse, *_ = (resource for resource in everything if resource.kind == ResourceKind.NURSE)

    def bounds(ahead: int) -> tuple[datetime, datetime]:
        return clock.day_bounds(first + timedelta(days=ahead), house.clinic.time_zone)

    time_off.close(
        actor=manager,
        id=house.new_id(),
        clinic=house.clinic,
        start=bounds(0)[0],
        end=bounds(0)[1],
        name="Staff training",
        now=now,
    )
    time_off.record_absence(
        actor=manager,
        id=house.new_id(),
        resource=second_nurse,
        start=bounds(1)[0],
        end=bounds(3)[1],
        reason=AbsenceReason.LEAVE,
        now=now,
    )
    working_time.set_day(
        actor=manager,
        id=house.new_id(),
        resource=everything[0],
        day=first + timedelta(days=2),
        hours=[(OPENS, time(12))],
        now=now,
    )


def _patients(house: House, since: datetime, lately: datetime) -> None:
    today = clock.local_date(lately, house.clinic.time_zone)
    screened = {item.code: screening.Answer("absent") for item in screening.ITEMS}
    consents: list[Consent] = []
    allergies: list[Allergy] = []
    for number, person in enumerate(made_up(PATIENTS, random=house.random, today=today)):
        came = since if number >= PATIENTS - WITH_PAST else lately
        day = clock.local_date(came, house.clinic.time_zone)
        patient = patients.register(
            actor=house.desk, id=house.new_id(), clinic=house.clinic, details=person.details, now=came
        )
        house.people[patient.pk] = person
        consents += [_consent(house, patient, scope, came) for scope in ConsentScope]
        if person.allergy:
            allergies.append(Allergy(patient=patient, recorded_at=came, **asdict(person.allergy)))
        house.plans[patient.pk] = plans.write_plan(
            actor=house.prescriber,
            id=house.new_id(),
            patient=patient,
            protocol=house.protocol,
            indication=person.indication,
            ordered_dose=Decimal("0.5"),
            sessions_ordered=house.protocol.series_typical,
            valid_from=day,
            valid_until=day + timedelta(days=180),
            findings=screened,
            prior_treatments=referred.TRIED,
            now=came,
        )
    Consent.objects.bulk_create(consents)
    Allergy.objects.bulk_create(allergies)
    first, second = [plan.patient for plan in house.plans.values()][-2:]
    referred.tell(
        desk=house.desk,
        prescriber=house.prescriber,
        first=first,
        second=second,
        indication="F33.2",
        now=since,
    )


def _import(house: House, manager: Actor, now: datetime) -> None:
    """A file of patients that waits for the manager: somebody new, a second chart, a row to mend."""
    known = next(iter(house.people.values())).details
    heading = "mrn,family_name,given_names,birth_date,gender,phone,email,allergies"
    rows = [
        "H-2001,Lindqvist,Astrid,1979-03-14,F,,astrid@patients.example,Latex",
        "H-2002,Okafor,Chidi,1988-11-02,M,,chidi@patients.example,",
        f"H-2003,{known['family_name']},{known['given_names']},{known['birth_date']},,,,",
        "H-2004,Moreau,Camille,14.07.1991,F,,,NKDA",
    ]
    uploads.bring(
        actor=manager,
        id=house.new_id(),
        clinic=house.clinic,
        name="from-harborview.csv",
        content="\n".join([heading, *rows]).encode(),
        now=now,
    )


def _consent(house: House, patient: Patient, scope: ConsentScope, given_at: datetime) -> Consent:
    return Consent(
        clinic=house.clinic,
        patient=patient,
        scope=scope,
        form_version="2026-1",
        method="tablet",
        given_at=given_at,
        recorded_by_id=house.desk.user_id,
    )
