"""Takes files' patients into a clinic, all that can come in, in one transaction; the rest is told.

A second time changes nothing. What would be done is `judging`'s; a manager's upload, looked through before it
is accepted, is `uploads`'s.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from clinic.history import acting
from clinic.importing.judging import ALLERGY_FIELDS, Judgement, Outcome, judge
from clinic.importing.reading import Material, read_into
from clinic.importing.records import Place, Refused
from clinic.models import Allergy, Clinic, Patient, PatientIdentifier
from clinic.transactions import in_transaction

BATCH: Final = 1_000  # rows in one statement: none runs longer than a statement may


def import_files(*, clinic: Clinic, paths: Sequence[Path], today: date, lookalikes: bool = False) -> Outcome:
    """Bring the patients and allergies of these files, in whatever order, into the clinic.

    `lookalikes`: also new patients who look like somebody on record; they are left out and told otherwise.
    """
    material = Material()
    for path in paths:
        try:
            with path.open("rb") as file:
                read_into(material, path.name, file, today=today)
        except OSError as error:
            place = Place(path.name, 0)
            material.refused.append(Refused(place, f"The file can't be read: {error.strerror}."))
    names = ", ".join(path.name for path in paths)
    with acting(None, reason=f"import of {names}", door="import"):
        return in_transaction(
            lambda: take_in(clinic, material, is_different=lambda place: lookalikes).outcome
        )


def take_in(clinic: Clinic, material: Material, *, is_different: Callable[[Place], bool]) -> Judgement:
    """Judge and write, in the caller's transaction."""
    # One import at a time for each clinic: what was looked up stays true until it is written.
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    judged = judge(clinic, material, is_different=is_different, locked=True)
    write(judged)
    return judged


def write(judged: Judgement) -> None:
    """A few statements for each thousand rows."""
    Patient.objects.bulk_create(judged.patients.values(), batch_size=BATCH)
    _update(Patient, list(judged.filled.values()), sorted(judged.filled_fields))
    PatientIdentifier.objects.bulk_create(judged.identifiers, batch_size=BATCH)
    Allergy.objects.bulk_create(judged.allergies, batch_size=BATCH)
    _update(Allergy, judged.changed_allergies, ALLERGY_FIELDS)


def _update(model: type[Any], rows: Sequence[Any], fields: Sequence[str]) -> None:
    if rows:
        model.objects.bulk_update(rows, fields, batch_size=BATCH)
