"""Writes what FHIR files hold into a clinic: what is good comes in, what is not is listed with its place.

A patient is found again by their identifiers, so a second run changes nothing. What the clinic has on
record stays: an import fills what is empty and notes a death, it never overwrites what staff have
corrected. Allergies that came from a source follow that source. Reading is `clinic.fhir`'s.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from clinic import fhir
from clinic.fhir import AllergyRecord, Identifier, PatientRecord, Unusable
from clinic.fhir_files import Found, Place, Refused, resources_in
from clinic.history import acting
from clinic.models import AdministrativeGender, Allergy, Channel, Clinic, Patient, PatientIdentifier
from clinic.phones import e164, is_assigned
from clinic.transactions import in_transaction

# The id a patient has on the FHIR server it came from, which later files refer to.
FHIR_ID = "urn:chairside:fhir-patient-id"
BATCH = 200
UNKNOWN = str(AdministrativeGender.UNKNOWN)
ALLERGY_FIELDS = (
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

Progress = Callable[[str, int, int], None]  # what is being written, how many are done, of how many


@dataclass
class Outcome:
    """What an import did: counts such as ("patients", "new"), and what it refused."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    kept: list[Refused] = field(default_factory=list)  # the clinic's own values that differ from the file's


@dataclass(frozen=True)
class _Read:
    place: Place
    record: Any
    full_url: str


def import_files(*, clinic: Clinic, paths: Sequence[Path], today: date, progress: Progress) -> Outcome:
    """Bring the Patients and AllergyIntolerances of these files, in whatever order, into the clinic.

    Batches of 200 are written one transaction each, so that an interrupted import can simply be run
    again.
    """
    outcome = Outcome()
    patients, allergies = _read(paths, today, outcome)
    known: dict[str, UUID] = {}  # a reference such as Patient/7 -> the patient's row
    with acting(None, reason=f"import of {', '.join(path.name for path in paths)}", door="import"):
        for done, batch in _batches(patients):
            known |= _write(clinic, batch, outcome, _write_patients)
            progress("patients", done, len(patients))
        for done, batch in _batches(allergies):
            _write(clinic, batch, outcome, lambda *given: _write_allergies(*given, known=known))
            progress("allergies", done, len(allergies))
    outcome.refused.sort(key=lambda refused: refused.place.order)
    return outcome


def _read(paths: Iterable[Path], today: date, outcome: Outcome) -> tuple[list[_Read], list[_Read]]:
    read: dict[str, list[_Read]] = {"Patient": [], "AllergyIntolerance": []}
    first_seen: dict[tuple[str, str], Place] = {}
    for path in paths:
        for found in resources_in(path):
            if isinstance(found, Refused):
                outcome.refused.append(found)
                continue
            try:
                kind, record = _record(found, today)
            except Unusable as error:
                outcome.refused += [Refused(found.place, reason) for reason in error.reasons]
                continue
            earlier = first_seen.setdefault((kind, record.source_id), found.place)
            if earlier != found.place:
                outcome.refused.append(Refused(found.place, f"The same id stands at {earlier} already."))
                continue
            read[kind].append(_Read(found.place, record, found.full_url))
    return read["Patient"], read["AllergyIntolerance"]


def _record(found: Found, today: date) -> tuple[str, Any]:
    kind = found.resource.get("resourceType")
    if kind == "Patient":
        return "Patient", fhir.read_patient(found.resource, today=today)
    if kind == "AllergyIntolerance":
        return "AllergyIntolerance", fhir.read_allergy(found.resource)
    raise Unusable(["resourceType must be Patient or AllergyIntolerance."])


def _batches(read: list[_Read]) -> Iterable[tuple[int, list[_Read]]]:
    for start in range(0, len(read), BATCH):
        batch = read[start : start + BATCH]
        yield start + len(batch), batch


def _write(clinic: Clinic, batch: list[_Read], outcome: Outcome, write: Callable[..., Any]) -> Any:
    """One batch in one transaction; what it says is added to the outcome only once it is committed."""

    def work() -> tuple[Outcome, Any]:
        # One import at a time for each clinic: what was looked up stays true until it is written.
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        said = Outcome()
        return said, write(clinic, batch, said)

    said, result = in_transaction(work)
    outcome.counts += said.counts
    outcome.refused += said.refused
    outcome.kept += said.kept
    return result


def _write_patients(clinic: Clinic, batch: list[_Read], said: Outcome) -> dict[str, UUID]:
    holders = _holders(clinic, [read.record for read in batch])
    numbers = {
        patient.mrn: patient
        for patient in Patient.objects.filter(
            clinic=clinic, mrn__in=[read.record.mrn.value for read in batch]
        )
    }
    new_patients: list[Patient] = []
    new_identifiers: list[PatientIdentifier] = []
    known: dict[str, UUID] = {}
    for read in batch:
        record: PatientRecord = read.record
        keys = _keys(record)
        patient, refusal = _recognised(record, keys, holders, numbers)
        if refusal:
            said.refused.append(Refused(read.place, refusal))
            continue
        if patient is None:
            patient = _new_patient(clinic, record)
            new_patients.append(patient)
            numbers[patient.mrn] = patient
            said.counts["patients", "new"] += 1
        else:
            _fill(patient, record, read.place, said)
        for key in keys:
            if key not in holders:
                holders[key] = patient
                new_identifiers.append(
                    PatientIdentifier(clinic=clinic, patient=patient, system=key.system, value=key.value)
                )
        known[f"Patient/{record.source_id}"] = patient.pk
        if read.full_url:
            known[fhir.normal_reference(read.full_url)] = patient.pk
    Patient.objects.bulk_create(new_patients)
    PatientIdentifier.objects.bulk_create(new_identifiers)
    return known


def _keys(record: PatientRecord) -> list[Identifier]:
    """Every name under which this patient is to be found again."""
    return [*record.identifiers, Identifier(FHIR_ID, record.source_id)]


def _holders(clinic: Clinic, records: list[PatientRecord]) -> dict[Identifier, Patient]:
    """Who holds these identifiers today: one query."""
    wanted = {key for record in records for key in _keys(record)}
    rows = PatientIdentifier.objects.filter(
        clinic=clinic, value__in={key.value for key in wanted}
    ).select_related("patient")
    return {Identifier(row.system, row.value): row.patient for row in rows}


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


def _fill(patient: Patient, record: PatientRecord, place: Place, said: Outcome) -> None:
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
        said.kept.append(Refused(place, f"Kept as the clinic has it: {', '.join(differing)}."))
    for name, value in changed.items():
        setattr(patient, name, value)
    if changed and not patient._state.adding:
        patient.save(update_fields=list(changed))
    said.counts["patients", "completed" if changed else "unchanged"] += 1


def _write_allergies(clinic: Clinic, batch: list[_Read], said: Outcome, *, known: dict[str, UUID]) -> None:
    about = _patients_of(clinic, [read.record for read in batch], known)
    existing = {
        (row.patient_id, row.source_id): row
        for row in Allergy.objects.filter(
            patient_id__in=set(about.values()), source_id__in=[read.record.source_id for read in batch]
        )
    }
    new: list[Allergy] = []
    for read in batch:
        record: AllergyRecord = read.record
        patient_id = about.get(record.patient_reference)
        if patient_id is None:
            said.refused.append(
                Refused(read.place, "Its patient is neither in these files nor in this clinic.")
            )
            continue
        values = {name: getattr(record, name) for name in ALLERGY_FIELDS}
        row = existing.get((patient_id, record.source_id))
        if row is None:
            new.append(Allergy(patient_id=patient_id, source_id=record.source_id, **values))
            said.counts["allergies", "new"] += 1
            continue
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            row.save(update_fields=changed)
        said.counts["allergies", "changed" if changed else "unchanged"] += 1
    Allergy.objects.bulk_create(new)


def _patients_of(clinic: Clinic, records: list[AllergyRecord], known: dict[str, UUID]) -> dict[str, UUID]:
    """The patients that these allergies are about: from these files, or from an earlier import."""
    references = {record.patient_reference for record in records}
    earlier = PatientIdentifier.objects.filter(
        clinic=clinic,
        system=FHIR_ID,
        value__in=[reference.removeprefix("Patient/") for reference in references - known.keys()],
    )
    stored = {f"Patient/{row.value}": row.patient_id for row in earlier}
    return {reference: known[reference] for reference in references & known.keys()} | stored
