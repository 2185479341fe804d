"""What an import would do to a clinic as it is now: whom it adds, what it fills in, what it can't take.

A patient is found again by their identifiers, or by the MRN together with the birth date. What the clinic has
on record stays: an import fills what is empty and notes a death, it never overwrites what staff have
corrected. Allergies that came from a source follow that source. A new patient who looks like somebody on
record is left out until a person has said that they are two: a second chart of one patient is a danger.
Nothing is written here: `taking_in` does.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.db.models.functions import Upper

from clinic import duplicates
from clinic.importing import fhir
from clinic.importing.reading import Material
from clinic.importing.records import AllergyRecord, Identifier, PatientRecord, Place, Read, Refused
from clinic.models import AdministrativeGender, Allergy, Channel, Clinic, Patient, PatientIdentifier
from clinic.phones import e164, is_assigned

ItemType = TypeVar("ItemType")

# The id a patient has on the FHIR server it came from, which later files refer to.
FHIR_ID: Final = "urn:chairside:fhir-patient-id"
AT_ONCE: Final = 1_000  # records whose rows are looked for in one query
SAME_MRN: Final = "the same MRN but for capitals"
MOST_ALIKE: Final = 2  # of one new patient: those with most in common
UNKNOWN: Final = str(AdministrativeGender.UNKNOWN)
ALLERGY_FIELDS: Final = (
    "substance",
    "code_system",
    "code",
    "category",
    "criticality",
    "reaction",
    "clinical_status",
    "verification_status",
    "recorded_at",
)


@dataclass(frozen=True)
class Lookalike:
    """A new patient of the file who may be somebody that the clinic knows, or another row of the file."""

    place: Place
    patient: Patient  # the new one; not written
    known: Patient | None  # on record; of a row of the same file, None
    shared: tuple[str, ...]
    other: Place | None = None


@dataclass
class Outcome:
    """What an import does: counts such as ("patients", "new"), what it refuses, keeps, and takes for a second
    chart."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    kept: list[Refused] = field(default_factory=list)  # the clinic's own values that differ from the file's
    alike: list[Lookalike] = field(default_factory=list)


@dataclass
class Judgement:
    """The rows to write, none of them written, and what will be told of it."""

    outcome: Outcome = field(default_factory=Outcome)
    patients: dict[UUID, Patient] = field(default_factory=dict)  # new ones
    places: dict[UUID, Place] = field(default_factory=dict)  # where each of them stands
    identifiers: list[PatientIdentifier] = field(default_factory=list)
    filled: dict[UUID, Patient] = field(default_factory=dict)
    filled_fields: set[str] = field(default_factory=set)
    allergies: list[Allergy] = field(default_factory=list)
    changed_allergies: list[Allergy] = field(default_factory=list)
    # A reference such as Patient/7 or MRN/A-1 -> the patient's row; of one left out, None.
    known: dict[str, UUID | None] = field(default_factory=dict)


def judge(
    clinic: Clinic, material: Material, *, is_different: Callable[[Place], bool], locked: bool = False
) -> Judgement:
    """What taking this in would write now. A fixed number of queries for each thousand records.

    `is_different` says of a lookalike's place that a person knows them for somebody else. `locked` keeps the
    clinic's patients as they were read until the transaction ends.
    """
    judged = Judgement()
    judged.outcome.refused += material.refused
    if material.table:  # all that is wrong with a row is told at once
        emails = material.table.refused_emails
        judged.outcome.refused += [
            Refused(place, wrong) for place, email in emails.items() if (wrong := _wrong_address(email))
        ]
    _judge_patients(clinic, material.patients, judged, locked)
    _find_lookalikes(clinic, judged, is_different)
    for part in _parts(material.allergies):
        _judge_allergies(clinic, part, judged)
    judged.outcome.refused.sort(key=lambda refused: refused.place.order)
    judged.outcome.kept.sort(key=lambda kept: kept.place.order)
    return judged


# --- Patients -----------------------------------------------------------------------------------------------


def _judge_patients(clinic: Clinic, patients: list[Read], judged: Judgement, locked: bool) -> None:
    holders: dict[Identifier, Patient] = {}
    numbers: dict[str, Patient] = {}
    here = Patient.objects.filter(clinic=clinic).order_by("pk")
    if locked:
        here = here.select_for_update(no_key=True)
    for part in _parts(patients):
        keys = _holders(clinic, [read.record for read in part])
        mrns = [read.record.mrn.value for read in part]
        rows = {row.pk: row for row in here.filter(Q(mrn__in=mrns) | Q(pk__in=set(keys.values())))}
        holders |= {key: rows[pk] for key, pk in keys.items()}
        numbers |= {row.mrn: row for row in rows.values()}
    for read in patients:
        _judge_patient(clinic, read, holders, numbers, judged)


def _judge_patient(
    clinic: Clinic,
    read: Read,
    holders: dict[Identifier, Patient],
    numbers: dict[str, Patient],
    judged: Judgement,
) -> None:
    record: PatientRecord = read.record
    keys = _keys(record)
    patient, refusal = _recognised(record, keys, holders, numbers)
    refusal = refusal or _wrong_address(record.email)
    if refusal:
        judged.outcome.refused.append(Refused(read.place, refusal))
        return
    if patient is None:
        patient = _new_patient(clinic, record)
        judged.patients[patient.pk] = patient
        judged.places[patient.pk] = read.place
        numbers[patient.mrn] = patient
        judged.outcome.counts["patients", "new"] += 1
    else:
        patient = judged.filled.get(patient.pk, patient)
        _fill(patient, record, read.place, judged)
    for key in keys:
        if key not in holders:
            holders[key] = patient
            judged.identifiers.append(
                PatientIdentifier(clinic=clinic, patient=patient, system=key.system, value=key.value)
            )
    for reference in references(read):
        judged.known[reference] = patient.pk


def references(read: Read) -> list[str]:
    """By what allergies name this patient."""
    record: PatientRecord = read.record
    if not record.source_id:
        return [f"MRN/{record.mrn.value}"]
    full = [fhir.normal_reference(read.full_url)] if read.full_url else []
    return [f"Patient/{record.source_id}", *full]


def _keys(record: PatientRecord) -> list[Identifier]:
    """Every name under which this patient is to be found again."""
    own = [Identifier(FHIR_ID, record.source_id)] if record.source_id else []
    return [*record.identifiers, *own]


def _holders(clinic: Clinic, records: list[PatientRecord]) -> dict[Identifier, UUID]:
    """Who holds these identifiers today: one query, or none."""
    wanted = {key.value for record in records for key in _keys(record)}
    rows = PatientIdentifier.objects.filter(clinic=clinic, value__in=wanted)
    return {Identifier(row.system, row.value): row.patient_id for row in rows}


def _recognised(
    record: PatientRecord,
    keys: list[Identifier],
    holders: dict[Identifier, Patient],
    numbers: dict[str, Patient],
) -> tuple[Patient | None, str]:
    """(the patient this record is about or None for a new one, or why nobody can tell)."""
    matches = {holders[key].pk: holders[key] for key in keys if key in holders}
    if len(matches) > 1:
        return None, "Its identifiers belong to different patients of this clinic."
    patient = next(iter(matches.values()), None) or numbers.get(record.mrn.value)
    if patient is None:
        return None, ""
    if patient.mrn != record.mrn.value:
        return None, "Its id belongs to a patient of this clinic with another MRN."
    if patient.birth_date != record.birth_date:
        return None, "Its MRN belongs to a patient of this clinic with another birth date."
    return patient, ""


def _wrong_address(email: str) -> str:
    if email:
        try:
            validate_email(email)
        except ValidationError:
            return "email isn't an e-mail address. Write it like name@example.org, or leave it out."
    return ""


def _new_patient(clinic: Clinic, record: PatientRecord) -> Patient:
    patient = Patient(
        clinic=clinic,
        mrn=record.mrn.value,
        family_name=record.family_name,
        given_names=record.given_names,
        birth_date=record.birth_date,
        deceased=record.deceased,
        language=record.language,
        synthetic=clinic.synthetic,
    )
    for name, value in _details(record).items():
        setattr(patient, name, value)
    if not patient.email:
        patient.preferred_channel = Channel.SMS if patient.phone else Channel.NONE
    return patient


def _details(record: PatientRecord) -> dict[str, str]:
    """The columns that an import may fill. A number that no country has given out is kept in both forms."""
    number = e164(record.phone) if record.phone else ""
    return {
        "gender": record.gender,
        "phone": number,
        "phone_as_given": "" if number and is_assigned(number) else record.phone,
        "email": record.email,
        "address_line": record.address_line,
        "city": record.city,
        "state": record.state,
        "postal_code": record.postal_code,
    }


def _fill(patient: Patient, record: PatientRecord, place: Place, judged: Judgement) -> None:
    """Fill what is empty here; name, but keep, what differs."""
    given = {name: value for name, value in _details(record).items() if value and value != UNKNOWN}
    if patient.phone:
        given.pop("phone_as_given", None)  # it speaks of the number it came with
    has = {name: str(getattr(patient, name)) for name in given}
    changed: dict[str, Any] = {name: given[name] for name in given if has[name] in ("", UNKNOWN)}
    if record.deceased and not patient.deceased:
        changed["deceased"] = True
    given |= {"family_name": record.family_name, "given_names": record.given_names}
    has |= {"family_name": patient.family_name, "given_names": patient.given_names}
    differing = [name.replace("_", " ") for name in given if name not in changed and has[name] != given[name]]
    if differing:
        judged.outcome.kept.append(Refused(place, f"Kept as the clinic has it: {', '.join(differing)}."))
    for name, value in changed.items():
        setattr(patient, name, value)
    if changed and patient.pk not in judged.patients:
        judged.filled[patient.pk] = patient
        judged.filled_fields |= set(changed)
    judged.outcome.counts["patients", "completed" if changed else "unchanged"] += 1


# --- Second charts ------------------------------------------------------------------------------------------


def _find_lookalikes(clinic: Clinic, judged: Judgement, is_different: Callable[[Place], bool]) -> None:
    """Tell them, and take those of whom nobody says that they are two out of what would be written."""
    new = [(judged.places[pk], patient) for pk, patient in judged.patients.items()]
    alike = _within_the_file(new)
    found = duplicates.many_possible_duplicates(clinic, [patient for _, patient in new])
    for place, patient in new:
        alike += [
            Lookalike(place, patient, one.patient, one.shared)
            for one in found.get(patient.pk, [])[:MOST_ALIKE]
        ]
    told = {(one.place, one.known.pk) for one in alike if one.known}
    alike += [one for one in _by_capitals(clinic, new) if one.known and (one.place, one.known.pk) not in told]
    judged.outcome.alike = sorted(alike, key=lambda one: one.place.order)
    left_out = {one.patient.pk for one in alike if not is_different(one.place)}
    for pk in left_out:
        del judged.patients[pk]
    judged.identifiers = [row for row in judged.identifiers if row.patient_id not in left_out]
    judged.known = {name: None if pk in left_out else pk for name, pk in judged.known.items()}
    counts = judged.outcome.counts
    counts["patients", "new"] -= len(left_out)
    counts["patients", "left out"] += len(left_out)
    judged.outcome.counts = +counts  # without what there is none of


def _within_the_file(new: Sequence[tuple[Place, Patient]]) -> list[Lookalike]:
    """Rows with one name and one birth date and two MRNs, or whose MRNs differ by capitals alone: the second
    of them."""
    first: dict[tuple[Any, ...], Place] = {}
    alike = []
    for place, patient in new:
        keys: dict[str, tuple[Any, ...]] = {
            "the same name and birth date": (
                patient.family_name.casefold(),
                patient.given_names.casefold(),
                patient.birth_date,
            ),
            SAME_MRN: (patient.mrn.casefold(),),
        }
        shared: dict[Place, list[str]] = {}
        for what, key in keys.items():
            earlier = first.setdefault(key, place)
            if earlier != place:
                shared.setdefault(earlier, []).append(what)
        alike += [
            Lookalike(place, patient, None, tuple(whats), other=earlier) for earlier, whats in shared.items()
        ]
    return alike


def _by_capitals(clinic: Clinic, new: Sequence[tuple[Place, Patient]]) -> list[Lookalike]:
    """New patients whose MRN is on record in other capitals: one query for each thousand."""
    alike = []
    for part in _parts([*new]):
        wanted: dict[str, list[tuple[Place, Patient]]] = {}
        for place, patient in part:
            wanted.setdefault(patient.mrn.upper(), []).append((place, patient))
        here = Patient.objects.filter(clinic=clinic).annotate(upper=Upper("mrn"))
        for known in here.filter(upper__in=wanted).order_by("pk"):
            alike += [Lookalike(place, patient, known, (SAME_MRN,)) for place, patient in wanted[known.upper]]
    return alike


# --- Allergies ----------------------------------------------------------------------------------------------


def _judge_allergies(clinic: Clinic, part: list[Read], judged: Judgement) -> None:
    about = _patients_of(clinic, [read.record for read in part], judged.known)
    existing = {
        (row.patient_id, row.source_id): row
        for row in Allergy.objects.filter(
            patient_id__in={pk for pk in about.values() if pk and pk not in judged.patients},
            source_id__in=[read.record.source_id for read in part],
        )
    }
    counts = judged.outcome.counts
    for read in part:
        record: AllergyRecord = read.record
        patient_id = about.get(record.patient_reference)
        if patient_id is None:
            left_out = record.patient_reference in judged.known
            if left_out:
                counts["allergies", "left out"] += 1
            else:
                reason = "Its patient is neither in these files nor in this clinic."
                judged.outcome.refused.append(Refused(read.place, reason))
            continue
        values = {name: getattr(record, name) for name in ALLERGY_FIELDS}
        row = existing.get((patient_id, record.source_id))
        if row is None:
            judged.allergies.append(Allergy(patient_id=patient_id, source_id=record.source_id, **values))
            counts["allergies", "new"] += 1
            continue
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            judged.changed_allergies.append(row)
        counts["allergies", "changed" if changed else "unchanged"] += 1


def _patients_of(
    clinic: Clinic, records: list[AllergyRecord], known: dict[str, UUID | None]
) -> dict[str, UUID | None]:
    """The patients that these allergies are about: from these files, or from an earlier import."""
    references = {record.patient_reference for record in records}
    earlier = PatientIdentifier.objects.filter(
        clinic=clinic,
        system=FHIR_ID,
        value__in=[reference.removeprefix("Patient/") for reference in references - known.keys()],
    )
    stored: dict[str, UUID | None] = {f"Patient/{row.value}": row.patient_id for row in earlier}
    return {reference: known[reference] for reference in references & known.keys()} | stored


def _parts(items: list[ItemType]) -> Iterator[list[ItemType]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
