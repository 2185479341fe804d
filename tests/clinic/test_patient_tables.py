"""A table of patients comes in: headings by many names, each bad row told with its line, no second charts."""

from datetime import date
from typing import Any

import pytest

from clinic.importing import fhir_files, table
from clinic.importing.as_read import rows_read
from clinic.importing.judging import judge, references
from clinic.importing.reading import Material, read_bytes
from clinic.importing.records import Bounds, Overfull
from clinic.importing.table import COLUMNS, template
from clinic.importing.taking_in import take_in, write
from clinic.models import Allergy, Clinic, Patient
from clinic.phones import e164
from tests.cast import TODAY, House

HEADING = "mrn,family_name,given_names,birth_date,gender,phone,email,allergies"


def read(*rows: str, heading: str = HEADING) -> Material:
    return read_bytes("p.csv", "\n".join([heading, *rows]).encode(), today=TODAY)


def refusals(material: Material) -> list[str]:
    return [f"{refused.place}: {refused.reason}" for refused in material.refused]


def bring(clinic: Clinic, *rows: str, different: bool = False) -> Any:
    return take_in(clinic, read(*rows), is_different=lambda place: different).outcome


def test_a_row_becomes_a_patient_with_allergies(house: House) -> None:
    bring(
        house.clinic, "A-1,Garcia,Maria Elena,4/2/1985,F,312-555-0171,maria@patients.example,Aspirin; Latex"
    )
    maria = Patient.objects.get(mrn="A-1")
    assert (maria.full_name, maria.birth_date, maria.gender) == (
        "Maria Elena Garcia",
        date(1985, 4, 2),
        "female",
    )
    assert (str(maria.phone), maria.email, maria.language) == ("+13125550171", "maria@patients.example", "en")
    assert sorted(maria.allergies.values_list("substance", flat=True)) == ["Aspirin", "Latex"]


def test_a_second_time_changes_nothing_and_fills_what_is_empty(house: House) -> None:
    bring(house.clinic, "A-1,Garcia,Maria,1985-04-02,,,,Aspirin")
    again = bring(house.clinic, "A-1,Garcia,Maria,1985-04-02,F,312 555 0171,,aspirin")
    assert again.counts == {("patients", "completed"): 1, ("allergies", "unchanged"): 1} or again.counts == {
        ("patients", "completed"): 1,
        ("allergies", "changed"): 1,
    }
    third = bring(house.clinic, "A-1,Garcia,Maria,1985-04-02,F,312 555 0199,,")
    assert third.counts == {("patients", "unchanged"): 1}
    assert [kept.reason for kept in third.kept] == ["Kept as the clinic has it: phone."]


@pytest.mark.parametrize("words", ["NKDA", "none", "No known allergies"])
def test_having_no_allergy_is_no_allergy(house: House, words: str) -> None:
    bring(house.clinic, f"A-1,Garcia,Maria,1985-04-02,,,,{words}")
    assert not Allergy.objects.exists()


def test_headings_are_known_by_what_exports_call_them_and_others_are_left_unread() -> None:
    material = read(
        "Garcia;Maria;4/2/1985;A-1;000-00-0000", heading="Last Name;First name;DOB;Chart Number;SSN"
    )
    assert material.patients[0].record.mrn.value == "A-1"
    assert material.table is not None
    assert material.table.unread == ["SSN"]


def test_every_bad_row_is_told_with_its_line_and_the_mend_and_never_its_value() -> None:
    material = read(
        "A-1,Garcia,Maria,1985-04-02,,,,",
        ",Garcia,Maria,1985-04-02,,,,",
        "A-3,Secretname,Maria,02.04.1985,robot,,,",
        "A-4,Garcia,Maria,2085-04-02,,,,",
        "A-1,Garcia,Maria,1985-04-02,,,,",
        "A-6,Garcia,Maria,1985-04-02,,,,,more",
        'A-7,"Gar\ncia",Maria,1985-04-02,,,,',
    )
    assert refusals(material) == [
        "p.csv:3: mrn is empty. The number under which your records know this patient. A second upload finds"
        " them by it.",
        "p.csv:4: birth_date is not a date. Write it like 1985-04-02 or 4/2/1985.",
        "p.csv:4: gender must be one of male, female, other, unknown, or empty.",
        "p.csv:5: birth_date is in the future.",
        "p.csv:6: mrn stands on line 2 already. Leave one row of each patient.",
        "p.csv:7: The row has more cells than the first line. Put quotation marks around what holds a comma.",
        "p.csv:8: family_name: Write this on one line, without characters that can't be seen.",
    ]
    assert "Secretname" not in " ".join(refusals(material))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04" + b"0" * 100, "This is packed"),
        (b"\x1f\x8b" + b"0" * 100, "This is a packed file"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"", "The file is empty"),
        (b"<html><script>alert(1)</script></html>", "This is XML or a web page"),
        (b"mrn,family_name\n\xff\xfe\xfa,x", "This isn't UTF-8 text"),
        (b"mrn,family_name,given_names\nA,B,C", "birth_date is missing"),
        (b"mrn,mrn,family_name,given_names,birth_date\n", "The column mrn comes twice"),
        (HEADING.encode() + b'\nA-1,"Garcia,Maria,1985-04-02,,,,\n' * 2, "From this line on nothing"),
        (HEADING.encode() + b"\nA-1," + b"x" * 400_000, "From this line on nothing"),
        (b'{"resourceType":"Patient","n":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_sentence(content: bytes, told: str) -> None:
    material = read_bytes("p.csv", content, today=TODAY)
    assert material.patients == []
    assert told in material.refused[0].reason


def test_what_excel_calls_unicode_text_is_read() -> None:
    text = "\t".join(column.name for column in COLUMNS[:4]) + "\nA-1\tGarcía\tMaría\t1985-04-02"
    material = read_bytes("p.txt", text.encode("utf-16"), today=TODAY)
    assert material.patients[0].record.family_name == "García"


def test_the_template_as_it_is_holds_nobody() -> None:
    heading, row = template()
    material = read(",".join(f'"{cell}"' for cell in row), heading=",".join(heading))
    assert (material.refused, material.patients, material.allergies) == ([], [], [])
    assert material.table
    assert material.table.notes == ["The template's example row is left out."]


def test_who_looks_like_a_patient_on_record_is_left_out_until_somebody_says_they_are_two(
    house: House,
) -> None:
    rosa = house.rosa
    row = f"X-1,{rosa.family_name},{rosa.given_names},{rosa.birth_date},,,,Latex"
    outcome = bring(house.clinic, row)
    assert [(one.known, one.shared[0]) for one in outcome.alike] == [(rosa, "the same name")]
    assert outcome.counts == {("patients", "left out"): 1, ("allergies", "left out"): 1}
    assert not Patient.objects.filter(mrn="X-1").exists()
    assert not Allergy.objects.exists()
    assert bring(house.clinic, row, different=True).counts[("patients", "new")] == 1
    assert Allergy.objects.get().patient.mrn == "X-1"


def test_two_rows_of_one_name_and_birth_date_are_not_two_charts_in_silence(house: House) -> None:
    outcome = bring(house.clinic, "A-1,Garcia,Maria,1985-04-02,,,,", "A-2,garcia,maria,1985-04-02,,,,")
    assert list(Patient.objects.filter(mrn__startswith="A-").values_list("mrn", flat=True)) == ["A-1"]
    assert [str(one.other) for one in outcome.alike] == ["p.csv:2"]


def test_another_clinics_patient_is_no_likeness(house: House, other_house: House) -> None:
    rosa = house.rosa
    outcome = bring(other_house.clinic, f"X-1,Unlike,Nobody,{rosa.birth_date},,{rosa.phone},,")
    assert {one.known.clinic_id for one in outcome.alike if one.known} <= {other_house.clinic.pk}


def test_a_look_writes_nothing(house: House) -> None:
    before = Patient.objects.count()
    judged = judge(house.clinic, read("A-1,Garcia,Maria,1985-04-02,,,,"), is_different=lambda place: False)
    assert Patient.objects.count() == before
    write(judged)
    assert Patient.objects.count() == before + 1


def test_queries_do_not_grow_with_the_rows(house: House, django_assert_max_num_queries: Any) -> None:
    rows = [f"Q-{n},Fam{n:04},Giv{n:04},1985-04-02,,,q{n}@patients.example,Latex" for n in range(400)]
    with django_assert_max_num_queries(12):
        bring(house.clinic, *rows)
    assert Patient.objects.filter(mrn__startswith="Q-").count() == 400


@pytest.mark.parametrize(
    ("content", "most_read"),
    [
        (b"mrn,family_name,given_names,birth_date\n" + b"x\n" * 50_000, 4),
        (b"mrn,family_name,given_names,birth_date\n" + b"\n" * 50_000, 4),
        (b"mrn,family_name,given_names,birth_date,allergies\nA,B,C,1990-01-01,a;b;c;d\n" + b"x\n" * 9, 4),
        (b"{}\n" * 50_000, 4),
        (b"{}" + b"\n" * 50_000, 4),
        (b'{"resourceType":"Bundle","entry":[' + b"{}," * 100 + b"{}]}", 4),
        (b'{"resourceType":"Bundle","entry":[' + b"{}," * 50_000 + b"{}]}", 0),
        (b"{\n" * 50_000, 0),
    ],
)
def test_of_a_file_that_holds_too_much_no_more_is_read_than_fits(
    monkeypatch: pytest.MonkeyPatch, content: bytes, most_read: int
) -> None:
    """Counted is what is built of it: rows, and what JSON is taken apart into."""
    built: list[int] = []
    read_row, document = table._read_row, fhir_files._entries

    def row(*given: Any) -> None:
        built.append(1)
        read_row(*given)

    def entries(*given: Any) -> Any:
        for each in document(*given):
            built.append(1)
            yield each

    monkeypatch.setattr(table, "_read_row", row)
    monkeypatch.setattr(fhir_files, "_entries", entries)
    with pytest.raises(Overfull, match=r"3 (fit|records)"):
        read_bytes("p.csv", content, today=TODAY, bounds=Bounds(3))
    assert len(built) <= most_read


def test_a_row_with_an_earlier_rows_telephone_is_doubted(house: House) -> None:
    material = read(
        "A-1,Garcia,Maria,1985-04-02,,312 555 0171,,",
        "A-2,Garcia,Ben,2015-04-02,,(312) 555-0171,,",
        "A-3,Reyes,Eva,1990-04-02,,,,",
        "A-4,Reyes,Dana,1991-04-02,,,,",
    )
    rows = rows_read(material.patients, [], references=references, dialled=e164)
    told = ["The phone is that of p.csv:2 too: leave it as it is if they share a telephone."]
    assert [row.doubts for row in rows] == [[], told, [], []]
