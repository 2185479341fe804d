"""The manager brings a file of patients: looks at what it would do, takes it in, mends what stays out."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic import clock
from clinic.importing import uploads
from clinic.models import Patient, PatientImport
from clinic.tasks import forget_uploads
from tests.cast import NOW, House, new_id
from tests.web.pages import browser_of, words

HEADING = "mrn,family_name,given_names,birth_date,phone,email"
GOOD = "A-1,Garcia,Maria,1985-04-02,312-555-0171,maria@patients.example"
BAD = "A-2,=cmd(),Ben,yesterday,,"


@pytest.fixture
def max_(house: House) -> Iterator[Client]:
    with time_machine.travel(NOW):
        yield browser_of(house.max)


def send(browser: Client, *rows: str, id: Any = None, name: str = "ours.csv", content: bytes = b"") -> Any:
    content = content or "\n".join([HEADING, *rows]).encode()
    return browser.post(
        reverse("import_patients"),
        {"id": str(id or new_id()), "file": SimpleUploadedFile(name, content)},
        follow=True,
    )


def take_in(browser: Client, upload: PatientImport, *different: str) -> Any:
    return browser.post(reverse("import_take_in", args=[upload.pk]), {"different": [*different]}, follow=True)


def test_a_file_is_looked_through_then_taken_in_and_what_stays_out_comes_back_to_be_mended(
    house: House, max_: Client
) -> None:
    look = words(send(max_, GOOD, BAD))
    assert "Nothing of it is in the clinic yet." in look
    assert "1 New patients get a chart" in look
    assert "ours.csv:3 birth_date is not a date. Write it like 1985-04-02 or 4/2/1985." in look
    assert not Patient.objects.filter(mrn="A-1").exists()

    upload = PatientImport.objects.get()
    done = take_in(max_, upload)
    assert "The patients are in." in words(done)
    maria = Patient.objects.get(mrn="A-1")
    assert maria.full_name == "Maria Garcia"

    file = max_.get(reverse("import_refused", args=[upload.pk])).content.decode("utf-8-sig")
    assert "'=cmd()" in file  # no spreadsheet calculates it
    heading, row = csv.reader(io.StringIO(file))
    assert heading == ["line", *HEADING.split(","), "what to mend"]
    assert row[:4] == ["3", "A-2", "'=cmd()", "Ben"]

    mended = file.replace("yesterday", "1990-01-01").replace("'=cmd()", "'-Berg")
    again = send(max_, content=mended.encode(), name="mended.csv")
    assert "1 New patients" in words(again)
    take_in(max_, PatientImport.objects.latest("created_at"))
    assert Patient.objects.get(mrn="A-2").family_name == "-Berg"


def test_sent_twice_it_is_brought_once_and_taken_in_once(house: House, max_: Client) -> None:
    id = new_id()
    send(max_, GOOD, id=id)
    send(max_, GOOD, id=id)
    upload = PatientImport.objects.get()
    take_in(max_, upload)
    history: Any = Patient.pgh_event_model  # type: ignore[attr-defined]
    written = history.objects.count()
    take_in(max_, upload)
    assert history.objects.count() == written
    event = history.objects.filter(mrn="A-1").get()
    assert event.pgh_context.metadata["user"] == str(house.max.pk)
    assert event.pgh_context.metadata["reason"] == "import of ours.csv"


def test_who_looks_like_rosa_stays_out_until_the_manager_ticks_them(house: House, max_: Client) -> None:
    rosa = house.rosa
    row = f"X-1,{rosa.family_name},{rosa.given_names},{rosa.birth_date},,"
    look = send(max_, row)
    assert "Somebody else, or a second chart?" in words(look)
    take_in(max_, PatientImport.objects.get())
    assert not Patient.objects.filter(mrn="X-1").exists()
    send(max_, row)
    take_in(max_, PatientImport.objects.latest("created_at"), "ours.csv:2")
    assert Patient.objects.filter(mrn="X-1").exists()


def test_when_the_clinic_has_changed_since_the_look_nothing_is_taken_in(house: House, max_: Client) -> None:
    send(max_, GOOD)
    upload = PatientImport.objects.get()
    Patient.objects.filter(pk=house.omar.pk).update(mrn="A-1")
    answer = take_in(max_, upload)
    assert answer.status_code == 412
    assert "have changed since the file was looked through" in words(answer)
    assert "Its MRN belongs to a patient of this clinic with another birth date." in words(answer)
    assert PatientImport.objects.get().taken_in_at is None


def test_a_file_is_forgotten_after_a_week_or_when_it_is_let_go(house: House, max_: Client) -> None:
    row = f"X-1,{house.rosa.family_name},{house.rosa.given_names},{house.rosa.birth_date},,"
    with time_machine.travel(NOW, tick=False):
        send(max_, row)
        forget_uploads()
        assert PatientImport.objects.get().content
    with time_machine.travel(NOW + uploads.KEPT, tick=False):
        forget_uploads()
    upload = PatientImport.objects.get()
    assert (bytes(upload.content), upload.report["alike"]) == (b"", [])
    assert max_.get(reverse("import_refused", args=[upload.pk])).status_code == 409
    assert take_in(max_, upload).status_code == 409

    send(max_, GOOD)
    second = PatientImport.objects.latest("created_at")
    answer = max_.post(reverse("import_let_go", args=[second.pk]), follow=True)
    assert "The file is forgotten." in words(answer)
    assert bytes(PatientImport.objects.get(pk=second.pk).content) == b""


def test_what_is_no_file_of_patients_is_told_at_the_field(max_: Client) -> None:
    answer = send(max_, content=b"PK\x03\x04zip")
    assert answer.status_code == 400
    assert "save it as CSV UTF-8" in words(answer)
    answer = max_.post(reverse("import_patients"), {"id": str(new_id())})
    assert "Choose a file." in words(answer)
    assert not PatientImport.objects.exists()


def test_of_a_file_that_is_too_large_nothing_is_kept(max_: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.uploads.MOST_BYTES", 1000)
    answer = send(max_, content=b"x" * 200_000)
    assert answer.status_code == 400
    assert "The file is larger than 48 MB." in words(answer)


def test_too_many_records_are_told(max_: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_RECORDS", 1)
    assert "More than 1 records are in this file; 1 fit into one upload." in words(send(max_, GOOD, BAD))


def test_html_in_a_name_is_shown_as_text(house: House, max_: Client) -> None:
    row = f'X-1,{house.rosa.family_name},"{house.rosa.given_names}",{house.rosa.birth_date},,'
    page = send(max_, row, name="<script>alert(1)</script>.csv")
    assert b"<script>alert" not in page.content


def test_the_template_is_a_table_to_begin_with(max_: Client) -> None:
    file = max_.get(reverse("import_template"))
    assert file["Content-Type"].startswith("text/csv")
    assert "mrn" in file.content.decode()


def test_another_clinics_manager_finds_no_file_of_ours(
    house: House, other_house: House, max_: Client
) -> None:
    send(max_, GOOD)
    upload = PatientImport.objects.get()
    stranger = browser_of(other_house.max)
    assert stranger.get(reverse("patient_import", args=[upload.pk])).status_code == 404
    assert stranger.get(reverse("import_refused", args=[upload.pk])).status_code == 404


def test_nothing_of_a_file_is_in_the_log(
    house: House, max_: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        send(max_, GOOD)
        take_in(max_, PatientImport.objects.get())
    assert "Garcia" not in caplog.text.replace("INSERT", "")


def test_the_week_is_told(house: House, max_: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        page = words(send(max_, GOOD))
    ends = clock.local_date(NOW + timedelta(days=7), house.clinic.time_zone)
    assert str(ends.day) in page.rpartition("is forgotten on")[2]


def test_where_nothing_would_change_nothing_is_offered_to_be_taken_in(house: House, max_: Client) -> None:
    assert "Take 1 new patient in" in words(send(max_, GOOD))
    take_in(max_, PatientImport.objects.get())

    again = send(max_, GOOD, BAD)
    assert "there is nothing to take in" in words(again)
    assert 'class="primary big"' not in again.content.decode()

    rosa = house.rosa
    alike = send(max_, f"X-1,{rosa.family_name},{rosa.given_names},{rosa.birth_date},,")
    assert "Take in whom I ticked" in words(alike)


def test_one_mrn_in_two_ways_of_capitals_is_a_likely_second_chart(house: House, max_: Client) -> None:
    first, second = "DUP1,Quist,Ada,1980-01-01,,", "dup1,Ruiz,Berta,1991-02-02,,"

    look = words(send(max_, first, second))
    assert "has the same MRN but for capitals as the row at ours.csv:2" in look
    take_in(max_, PatientImport.objects.get())
    assert [patient.mrn for patient in Patient.objects.filter(mrn__iexact="dup1")] == ["DUP1"]

    on_record = words(send(max_, second))
    assert "has the same MRN but for capitals as Ada Quist" in on_record
    take_in(max_, PatientImport.objects.latest("created_at"), "ours.csv:2")
    assert Patient.objects.filter(mrn__iexact="dup1").count() == 2


def test_the_look_shows_how_the_rows_were_read_each_value_under_its_name(house: House, max_: Client) -> None:
    heading = "mrn,last name,first name,dob,sex,phone,email,allergies"
    row = 'A-1,Garcia,Maria,04/03/1975,F,312-555-0171,maria@patients.example,"Aspirin|Nuts"'
    page = send(max_, content=f"{heading}\n{row}\n".encode())
    said = words(page)
    assert (
        "A-1 ours.csv:2 Garcia Maria April 3, 1975 female 312-555-0171 maria@patients.example Aspirin Nuts"
        in said
    )
    assert "1 birth date was read month first, as 04/03/1975 is April 3." in said
    assert "Look again" not in said
    done = words(take_in(max_, PatientImport.objects.get()))
    assert "1 New patients got a chart" in done
    assert "get a chart" not in done
    assert "As the rows were read" not in done
    maria = Patient.objects.get(mrn="A-1")
    assert {each.substance for each in maria.allergies.all()} == {"Aspirin", "Nuts"}


def test_every_row_with_a_doubt_is_shown_and_told_what_it_is(house: House, max_: Client) -> None:
    plain = [f"A-{number},Garcia{chr(65 + number)},Maria,1985-04-02,," for number in range(22)]
    rows = [
        *plain,
        "1985-04-02,Swapped,Ben,1990-01-01,,",
        "B-2,312-555-0171,Ben,1990-01-01,,",
        "B-3,Reyes,Dana,04/03/1975,12,",
        "B-4,Reyes,Eva,25/03/1975,,",
    ]
    page = send(max_, *rows)
    said = words(page)
    assert "GarciaT" in said
    assert "GarciaU" not in said  # the 21st, of which nobody doubts
    assert "Look again The mrn looks like a date." in said
    assert "Look again The family name holds a figure or an @." in said
    assert (
        "Look again The birth date was read month first, but others in this file can only be day first."
        in said
    )
    assert "The phone can't be dialled: it is kept as it is written" in said
    upload = PatientImport.objects.get()
    max_.post(reverse("import_let_go", args=[upload.pk]))
    upload.refresh_from_db()
    assert upload.report["read"] == []


def test_the_templates_example_is_nobody_and_all_that_is_wrong_with_a_row_is_told(
    house: House, max_: Client
) -> None:
    template = max_.get(reverse("import_template")).content.decode("utf-8-sig")
    said = words(send(max_, content=template.encode() + b"A-1,Garcia,Maria,1985-04-02,,,,,,,,,\n"))
    assert "The template's example row is left out." in said
    assert "1 New patients get a chart" in said
    assert "Maria Elena" not in said

    half = template.replace("Garcia", "Reyes") + "A-1,,Ben,yesterday,x,,nowhere,,,,,,\n"
    refused = words(send(max_, content=half.encode(), name="half.csv"))
    assert "half.csv:2 mrn is that of the template's example. Give this patient's own." in refused
    for reason in (
        "family_name is empty.",
        "birth_date is not a date.",
        "gender must be one of",
        "email isn't an e-mail address.",
    ):
        assert f"half.csv:3 {reason}" in refused
