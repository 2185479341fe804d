"""FHIR files come in: what is good, once; what is not is listed with its place."""

import io
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.importing.judging import Outcome
from clinic.importing.taking_in import import_files
from clinic.models import Allergy, Channel, Clinic, Patient, PatientIdentifier
from tests.cast import TODAY, House, make_clinic

SAMPLES = Path(__file__).parent / "samples"
REAL = Path(settings.BASE_DIR).parent / "shared" / "data" / "fhir"
HISTORY = ("clinic_patientevent", "clinic_patientidentifierevent", "clinic_allergyevent")


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make_clinic()


def bring(clinic: Clinic, *files: Path | str, today: date = TODAY) -> Outcome:
    paths = [SAMPLES / file for file in files]
    return import_files(clinic=clinic, paths=paths, today=today)


def refusals(outcome: Outcome) -> list[str]:
    return [f"{refused.place}: {refused.reason}" for refused in outcome.refused]


def history_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in HISTORY))
        return sum(count for (count,) in cursor.fetchall())


def write(folder: Path, *resources: dict[str, Any], name: str = "given.ndjson") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(resource) for resource in resources))
    return path


def sample(file: str, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / file).read_text().splitlines()[index])
    return found


def test_patients_and_allergies_come_in_whatever_the_order_of_the_files(clinic: Clinic) -> None:
    outcome = bring(clinic, "allergies.ndjson", "patients.ndjson")
    assert outcome.refused == []
    assert outcome.counts == {("patients", "new"): 3, ("allergies", "new"): 2}
    ada = Patient.objects.get(mrn="L-1")
    assert (ada.full_name, ada.birth_date, ada.gender) == ("Ada Novak", date(1985, 4, 2), "female")
    assert (str(ada.phone), ada.phone_as_given, ada.email) == ("+13125550171", "", "ada@patients.example")
    assert (ada.address_line, ada.city, ada.language) == ("12 Lake St, Apt 4", "Chicago", "es")
    assert ada.preferred_channel == Channel.EMAIL
    aspirin = ada.allergies.get()
    assert (aspirin.substance, aspirin.criticality) == ("Aspirin", "high")
    assert aspirin.reaction == "Hives, moderate; Wheezing, moderate"


def test_numbers_are_normalised_and_the_doubtful_kept_as_they_were_given(clinic: Clinic) -> None:
    bring(clinic, "patients.ndjson")
    ben, cleo = Patient.objects.get(mrn="L-2"), Patient.objects.get(mrn="L-3")
    assert (str(ben.phone), ben.phone_as_given, ben.deceased) == ("+15559079875", "555-907-9875", True)
    assert (str(cleo.phone), cleo.phone_as_given) == ("", "ask the desk")
    assert (ben.preferred_channel, cleo.preferred_channel) == (Channel.SMS, Channel.NONE)


def test_social_security_licence_and_passport_numbers_are_never_stored(clinic: Clinic) -> None:
    bring(clinic, "patients.ndjson")
    kept = PatientIdentifier.objects.filter(patient__mrn="L-1").values_list("value", flat=True)
    assert sorted(kept) == ["1", "L-1", "ada-portal"]


def test_a_second_run_changes_nothing_and_writes_no_history(clinic: Clinic) -> None:
    files = ("patients.ndjson", "allergies.ndjson", "bundle.json")
    bring(clinic, *files)
    before = history_rows()
    outcome = bring(clinic, *files)
    assert outcome.counts == {("patients", "unchanged"): 4, ("allergies", "unchanged"): 3}
    assert outcome.kept == []
    assert history_rows() == before > 0


def test_a_bundle_comes_in_and_its_bad_entries_are_named_by_their_index(clinic: Clinic) -> None:
    outcome = bring(clinic, "bundle.json")
    assert outcome.counts == {("patients", "new"): 1, ("allergies", "new"): 1}
    assert Allergy.objects.get().patient.full_name == "Dora Weiss"
    assert refusals(outcome) == [
        "bundle.json:1 entry 2: resourceType must be Patient or AllergyIntolerance.",
        "bundle.json:1 entry 3: This entry has no resource.",
    ]


def test_everything_that_is_wrong_is_listed_and_the_rest_is_in(clinic: Clinic) -> None:
    outcome = bring(clinic, "faulty.ndjson")
    assert refusals(outcome) == [
        "faulty.ndjson:1: This isn't JSON: Invalid control character at column 40.",
        "faulty.ndjson:3: name has no family name.",
        "faulty.ndjson:4: birthDate is missing.",
        "faulty.ndjson:5: birthDate is only a year or a month; give the full date, YYYY-MM-DD.",
        "faulty.ndjson:6: birthDate is not a date; write YYYY-MM-DD.",
        "faulty.ndjson:7: birthDate is in the future.",
        "faulty.ndjson:8: gender must be one of male, female, other, unknown.",
        "faulty.ndjson:9: The same id stands at faulty.ndjson:2 already.",
        "faulty.ndjson:10: resourceType must be Patient or AllergyIntolerance.",
        "faulty.ndjson:11: Its patient is neither in these files nor in this clinic.",
        "faulty.ndjson:12: A resource is a JSON object: { … }.",
        "faulty.ndjson:13: Its MRN belongs to a patient of this clinic with another birth date.",
        "faulty.ndjson:15: name has no family name.",
        "faulty.ndjson:15: birthDate is only a year or a month; give the full date, YYYY-MM-DD.",
    ]
    assert list(Patient.objects.values_list("mrn", flat=True)) == ["L-10"]


def test_a_torn_document_is_one_refusal_with_its_line(clinic: Clinic, tmp_path: Path) -> None:
    torn = tmp_path / "torn.json"
    torn.write_text("\n".join((SAMPLES / "bundle.json").read_text().splitlines()[:20]))
    assert [refused.place.line for refused in bring(clinic, torn).refused] == [20]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(clinic: Clinic, tmp_path: Path) -> None:
    outcome = bring(clinic, tmp_path / "absent.ndjson", "patients.ndjson")
    assert refusals(outcome) == ["absent.ndjson:0: The file can't be read: No such file or directory."]
    assert outcome.counts["patients", "new"] == 3


def test_what_staff_have_corrected_is_kept_and_said(clinic: Clinic) -> None:
    bring(clinic, "patients.ndjson")
    Patient.objects.filter(mrn="L-1").update(phone="+13125550188", city="")
    outcome = bring(clinic, "patients.ndjson")
    ada = Patient.objects.get(mrn="L-1")
    assert (str(ada.phone), ada.city) == ("+13125550188", "Chicago")
    assert [f"{kept.place}: {kept.reason}" for kept in outcome.kept] == [
        "patients.ndjson:1: Kept as the clinic has it: phone."
    ]
    assert outcome.counts["patients", "completed"] == 1


def test_an_allergy_follows_its_source(clinic: Clinic, tmp_path: Path) -> None:
    bring(clinic, "patients.ndjson", "allergies.ndjson")
    resolved = sample("allergies.ndjson")
    resolved["clinicalStatus"]["coding"][0]["code"] = "resolved"
    outcome = bring(clinic, write(tmp_path, resolved))
    assert outcome.counts == {("allergies", "changed"): 1}
    assert Allergy.objects.get(source_id="a1").clinical_status == "resolved"


def test_a_later_death_is_noted(clinic: Clinic, tmp_path: Path) -> None:
    bring(clinic, "patients.ndjson")
    bring(clinic, write(tmp_path, {**sample("patients.ndjson"), "deceasedBoolean": True}))
    assert Patient.objects.get(mrn="L-1").deceased


def test_another_clinics_patients_are_other_patients(house: House, other_house: House) -> None:
    bring(house.clinic, "patients.ndjson")
    outcome = bring(other_house.clinic, "patients.ndjson", "allergies.ndjson")
    assert outcome.counts == {("patients", "new"): 3, ("allergies", "new"): 2}
    assert Allergy.objects.filter(patient__clinic=house.clinic).count() == 0


def test_two_records_of_one_number_in_one_file_are_one_patient(clinic: Clinic, tmp_path: Path) -> None:
    again = {**sample("patients.ndjson"), "id": "1b", "deceasedBoolean": True}
    outcome = bring(clinic, write(tmp_path, sample("patients.ndjson"), again))
    assert outcome.refused == []
    assert Patient.objects.get().deceased


def test_the_history_says_that_an_import_wrote_the_row(clinic: Clinic) -> None:
    bring(clinic, "patients.ndjson")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.metadata->>'reason' FROM clinic_patientevent e"
            " JOIN pghistory_context c ON c.id = e.pgh_context_id"
        )
        assert cursor.fetchall() == [("import of patients.ndjson",)]


def test_queries_do_not_grow_with_the_patients_of_a_batch(
    clinic: Clinic, django_assert_max_num_queries: Any, tmp_path: Path
) -> None:
    many = [
        {**sample("patients.ndjson"), "id": f"m{n}", "identifier": [{"system": "s", "value": f"m{n}"}]}
        for n in range(60)
    ]
    with django_assert_max_num_queries(9):
        bring(clinic, write(tmp_path, *many))


def command(*arguments: str | Path) -> str:
    out = io.StringIO()
    call_command("import_patients", *map(str, arguments), stdout=out, stderr=io.StringIO(), no_color=True)
    return out.getvalue()


def test_the_command_counts_what_came_in(clinic: Clinic) -> None:
    said = command(SAMPLES / "patients.ndjson", SAMPLES / "allergies.ndjson")
    assert said.splitlines() == ["patients: 3 new", "allergies: 2 new"]


def test_the_command_fails_when_something_was_refused_and_names_no_patient(clinic: Clinic) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="refused"):
        call_command("import_patients", str(SAMPLES / "faulty.ndjson"), stdout=out, stderr=io.StringIO())
    assert "faulty.ndjson:13" in out.getvalue()
    assert not any(name in out.getvalue() for name in ("Nash", "Moss", "L-10"))


def test_the_command_asks_which_clinic_where_there_are_two(house: House, other_house: House) -> None:
    with pytest.raises(CommandError, match="Hillside"):
        command(SAMPLES / "patients.ndjson")
    command(SAMPLES / "patients.ndjson", "--clinic", "Hillside Infusion Clinic")
    assert Patient.objects.filter(clinic=other_house.clinic, mrn="L-1").exists()


@pytest.mark.skipif(not REAL.is_dir(), reason="the SMART sample data lies outside the repository")
def test_all_of_the_real_files_come_in_and_twice_is_once(clinic: Clinic) -> None:
    files = [REAL / "AllergyIntolerance.ndjson", REAL / "Patient.ndjson"]
    first = bring(clinic, *files)
    assert first.refused == []
    assert first.counts == {("patients", "new"): 120, ("allergies", "new"): 75}
    assert Patient.objects.filter(phone__regex=r"^\+1\d{10}$").count() == 120
    assert Patient.objects.filter(deceased=True).count() == 20
    assert _values(PatientIdentifier.objects.values_list("system", flat=True)) == {
        "http://hospital.smarthealthit.org",
        "https://github.com/synthetichealth/synthea",
        "urn:chairside:fhir-patient-id",
    }
    before = history_rows()
    second = bring(clinic, *files)
    assert second.counts == {("patients", "unchanged"): 120, ("allergies", "unchanged"): 75}
    assert (second.kept, history_rows()) == ([], before)


def _values(rows: Iterable[str]) -> set[str]:
    return set(rows)


def test_what_cannot_be_stored_is_listed_and_its_neighbours_are_in(clinic: Clinic, tmp_path: Path) -> None:
    good = sample("patients.ndjson")
    files = write(
        tmp_path,
        good | {"id": "11", "name": [{"family": "Nov\ud800k", "given": ["Ada"]}]},
        good | {"id": "12", "identifier": [{"system": "urn:x", "value": "\udfff"}]},
        good | {"id": "13", "birthDate": "0001-01-01"},
        good,
    )
    with files.open("a") as file:
        file.write('\n{"resourceType": "Patient", "multipleBirthInteger": ' + "9" * 6000 + "}\n")

    outcome = bring(clinic, files)

    assert refusals(outcome) == [
        "given.ndjson:1: family name holds half a character.",
        "given.ndjson:2: mrn holds half a character.",
        "given.ndjson:2: identifier holds half a character.",
        "given.ndjson:3: birthDate is before 1900.",
        "given.ndjson:5: A number in this JSON has too many digits.",
    ]
    assert Patient.objects.get().mrn == "L-1"


def test_an_allergy_noted_at_the_end_of_time_has_no_time(clinic: Clinic, tmp_path: Path) -> None:
    noted = sample("allergies.ndjson") | {"recordedDate": "0001-01-01T00:00:00Z"}
    bring(clinic, "patients.ndjson", write(tmp_path, noted))
    assert Allergy.objects.get().recorded_at is None


def test_a_name_that_nobody_can_see_is_none(clinic: Clinic, tmp_path: Path) -> None:
    good = sample("patients.ndjson")
    given = write(tmp_path, good | {"id": "20", "name": [{"family": "\u200b", "given": ["\u3164"]}]})
    assert refusals(bring(clinic, given)) == [
        "given.ndjson:1: name has no family name.",
        "given.ndjson:1: name has no given name.",
    ]
