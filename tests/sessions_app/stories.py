"""How far a visit has come, for the stories of this floor: an arrived patient up to a signed record.

Rosa arrives at `ARRIVED_AT` for a mood-40 visit; each function takes the session one step on, through the
floor's own functions.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.models import Patient
from clinic.signin import Proof
from scheduler.models import Appointment, AppointmentStatus, Protocol, ProtocolStatus
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS
from sessions_app import arrival
from sessions_app.infusing import infusion, stopping, waste
from sessions_app.leaving import discharge
from sessions_app.leaving.home_readiness import Assessment
from sessions_app.models import CheckResult, Session, SignedRecord
from sessions_app.observing import vitals
from sessions_app.preparing import checklist, dose, on_record
from sessions_app.signing import signing
from tests.cast import NOW, PASSWORD, TODAY, House, new_id
from tests.kept import kept
from tests.scheduler.stage import plan_row

ARRIVED_AT = NOW
STARTED_AT = NOW + timedelta(minutes=20)
STOPPED_AT = STARTED_AT + timedelta(minutes=40)
HOME_AT = STOPPED_AT + timedelta(minutes=60)
MEANING = "gave"
SAYS = "I gave this infusion and the record is complete"

CALM = vitals.Reading(
    measured_at=NOW,
    systolic_mmhg=122,
    diastolic_mmhg=78,
    heart_rate_per_min=71,
    respiratory_rate_per_min=14,
    oxygen_saturation_percent=98,
    temperature_cel=Decimal("36.6"),
    rass=0,
    pain_nrs=2,
)
FIT = Assessment(
    oriented=True,
    steady_gait=True,
    nausea_pain_score=2,
    iv_site_score=2,
    intake_score=1,
    iv_removed=True,
    escort_name="Sam Reyes",
    escort_phone="312 555 0100",
    escort_seen=True,
    instructions_given=True,
)
# What the nurse enters for it, as the API takes it.
GOING_HOME = {name: value for name, value in asdict(FIT).items() if value is not None}
# What a second person finds at 70 kg, by their own reading and reckoning.
FOUND = {
    "weight_kg": "70.0",
    "stock_mg_per_ml": "50",
    "dose_mg": "35.0",
    "mg_per_kg": "0.50",
    "drug_volume_ml": "0.70",
    "bag_volume_ml": "100",
    "concentration_mg_per_ml": "0.350",
    "rate_ml_per_h": "150.0",
}
# What only a person can answer; the record answers the rest.
ASKED = [item for item in checklist.ITEMS if item.code not in on_record.ANSWERED]
ALL_PASS = [
    checklist.Answer(item.code, CheckResult.PASS, note="Sam Reyes, 312 555 0100" if item.note_on_pass else "")
    for item in ASKED
]


def calm(at: datetime, **changes: Any) -> vitals.Reading:
    """Ordinary vital signs at this moment, but for the changes."""
    return replace(CALM, measured_at=at, **changes)


@kept
def active_protocol(house: House, code: str = "mood-40", **changes: Any) -> Protocol:
    """One of the default protocols, signed by Priya, but for the changes."""
    record = next(record for record in DEFAULT_PROTOCOLS if record["code"] == code)
    return Protocol.objects.create(
        clinic=house.clinic,
        version=1,
        status=ProtocolStatus.ACTIVE,
        approved_by=house.priya,
        approved_at=NOW - timedelta(days=10),
        **{**record, **changes},
    )


@kept
def arrived_visit(
    house: House, patient: Patient | None = None, *, at: datetime = ARRIVED_AT, ordered_dose: str = "0.5"
) -> Appointment:
    """A visit whose patient has just come in. The schedule's claims play no part in these stories."""
    patient = patient or house.rosa
    protocols = Protocol.objects.filter(clinic=house.clinic).order_by("infusion_minutes")
    protocol = protocols.first() or active_protocol(house)
    # A story told at the real moment may come before the known day.
    valid_from = min(at.date(), TODAY) - timedelta(days=7)
    plan = plan_row(house, protocol, patient, ordered_dose=Decimal(ordered_dose), valid_from=valid_from)
    return Appointment.objects.create(
        clinic=house.clinic,
        patient=patient,
        plan=plan,
        protocol=protocol,
        during=DateTimeTZRange(at, at + protocol.visit_length),
        status=AppointmentStatus.ARRIVED,
        arrived_at=at,
        booked_by=house.ana,
    )


@kept
def arrived(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    return opened(house, arrived_visit(house, patient, **visit))


def opened(house: House, appointment: Appointment) -> Session:
    return arrival.open_session(
        actor=house.actor(house.nils), id=new_id(), appointment=appointment, now=appointment.starts_at
    )


@kept
def prepared(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    """Everything that a start needs is there."""
    session = arrived(house, patient, **visit)
    nils, at = house.actor(house.nils), session.arrived_at + timedelta(minutes=10)
    checklist.answer(actor=nils, session=session, answers=ALL_PASS, now=at)
    check_dose(house, session, weigh(house, session, at=at), at=at)
    measure(house, session, calm(at))
    return fresh(session)


@kept
def infusing(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    session = prepared(house, patient, **visit)
    at = session.arrived_at + timedelta(minutes=20)
    infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=at)
    return fresh(session)


@kept
def recovering(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    session = infusing(house, patient, **visit)
    at = session.arrived_at + timedelta(minutes=60)
    stopping.stop(actor=house.actor(house.nils), id=new_id(), session=session, now=at)
    return fresh(session)


@kept
def observed(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    """The observation is over, two sets in a row are near the baseline, and dissociation is gone."""
    session = recovering(house, patient, **visit)
    for minutes in (105, 120):
        measure(house, session, calm(session.arrived_at + timedelta(minutes=minutes), dissociation=0))
    return fresh(session)


@kept
def discharged(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    session = observed(house, patient, **visit)
    at = session.arrived_at + timedelta(minutes=120)
    discharge.discharge(actor=house.actor(house.nils), id=new_id(), session=session, assessment=FIT, now=at)
    account_for_the_vial(house, fresh(session), at=at)
    return fresh(session)


@kept
def signed(house: House, patient: Patient | None = None, **visit: Any) -> Session:
    session = discharged(house, patient, **visit)
    sign(house, session, at=session.arrived_at + timedelta(minutes=125))
    return fresh(session)


def sign(
    house: House,
    session: Session,
    *,
    at: datetime = HOME_AT + timedelta(minutes=5),
    meaning: str = MEANING,
    **options: Any,
) -> SignedRecord:
    return signing.sign(
        actor=house.actor(house.nils),
        session=session,
        now=at,
        **{"id": new_id(), "meaning": meaning, "proof": Proof(PASSWORD), **options},
    )


def measure(house: House, session: Session, reading: vitals.Reading, **options: Any) -> Any:
    """Nils enters vital signs in the moment in which he measured them."""
    return vitals.record_vitals(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reading=reading,
        **{"now": reading.measured_at, **options},
    )


def weigh(house: House, session: Session, *, at: datetime, **changes: Any) -> Any:
    """Nils prepares the dose at 70 kg from a 50 mg/mL vial in a 100 mL bag, but for the changes; he has read
    the first weight again."""
    values: dict[str, Any] = {
        "weight_kg": Decimal("70.0"),
        "weighed_at": at,
        "stock_mg_per_ml": Decimal("50"),
        "bag_volume_ml": Decimal("100"),
        "confirmed": True,
    }
    return dose.prepare_dose(
        actor=house.actor(house.nils), id=new_id(), session=session, now=at, **{**values, **changes}
    )


def check_dose(house: House, session: Session, worksheet: Any, *, at: datetime, **changes: Any) -> Any:
    """Priya reads scale, vial, syringe, bag and pump herself, and finds the same but for the changes."""
    found = asdict(dose.figures_of(worksheet))
    return dose.check_dose(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        worksheet=worksheet.pk,
        figures=dose.Figures(**{**found, **changes}),
        now=at,
    )


def account_for_the_vial(house: House, session: Session, *, at: datetime, drawn_mg: str = "50") -> None:
    """Nils wastes what was drawn and not given, and Priya sees it."""
    given, drawn = waste.still_to_tell(session), Decimal(drawn_mg)
    rest = drawn - (given or 0)
    wasted = waste.Wasted(vial="LOT 7", drawn_mg=drawn, wasted_mg=rest, reason="Rest of the vial")
    nils, priya = house.actor(house.nils), house.actor(house.priya)
    line = waste.waste(actor=nils, id=new_id(), session=session, wasted=wasted, now=at)
    waste.witness(actor=priya, id=new_id(), session=session, waste=line.pk, now=at)


def fail(house: House, session: Session, item: str, *, at: datetime, note: str = "Toast at eight") -> Any:
    """Nils finds that an item does not pass."""
    failed = seen(session, checklist.Answer(item, CheckResult.FAIL, note=note, reason="Asked again"))
    return checklist.answer(actor=house.actor(house.nils), session=session, answers=failed, now=at)[0]


def seen(session: Session, *answers: checklist.Answer) -> list[checklist.Answer]:
    """These answers by somebody who sees what stands."""
    standing = {line.item: line.pk for line in session.checklist_answers.filter(corrected_by=None)}
    return [replace(each, replaces=standing.get(each.item)) for each in answers]


def fresh(session: Session) -> Session:
    return Session.objects.select_related("protocol", "patient", "clinic", "appointment").get(pk=session.pk)
