"""The record on paper: everything that was signed, the same bytes each time, with everybody's name."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from clinic.models import AccessLog, Patient
from sessions_app.infusing import infusion, stopping
from sessions_app.leaving import discharge
from sessions_app.models import Session
from sessions_app.signing import printing
from tests.cast import House, client_of, make_patient, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import full

NAMES = ["Zoë Łukasz", "Nguyễn Thị Ánh", "Αθηνά Дмитрий"]


def text_of(session: Session) -> str:
    pdf = printing.pdf_of(list(session.signed_records.order_by("version")))
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_the_paper_says_everything_that_was_signed(house: House) -> None:
    session = full(house)
    signed = stories.sign(house, session)
    text = text_of(session)
    for words in (
        "Lakeside Infusion Clinic",
        "Rosa Delgado",
        "MRN-ROSA",
        "F33.2",
        "(mood-40, version 1)",
        "35.0 mg",
        "122/78",
        "ondansetron",
        "Nausea",
        "Sam Reyes",
        "9 of 10",
        "Nils Berg, RN",
        stories.SAYS,
        "2027-01-11 09:00 CST",
        "Slept through most of it",
    ):
        assert words in text, words
    assert signed.sha256[:40] in text.replace(" ", "")


def test_the_paper_says_what_was_given_and_not_what_was_ordered(house: House) -> None:
    session, nils = stories.infusing(house), house.actor(house.nils)

    def at(minutes: int) -> datetime:
        return session.arrived_at + timedelta(minutes=minutes)

    infusion.pause(actor=nils, id=new_id(), session=session, now=at(30))
    stories.measure(house, session, stories.calm(at(34)))
    infusion.resume(actor=nils, id=new_id(), session=session, now=at(35))
    pump: Any = {"reason": "Distress", "volume_ml": Decimal("62.5")}
    stopping.stop(actor=nils, id=new_id(), session=session, now=at(50), **pump)
    for minutes in (105, 120):
        stories.measure(house, session, stories.calm(at(minutes), dissociation=0))
    discharge.discharge(actor=nils, id=new_id(), session=session, assessment=stories.FIT, now=at(120))
    stories.account_for_the_vial(house, stories.fresh(session), at=at(121))
    stories.sign(house, session, at=at(125))
    # 25 minutes at 150 mL/h, 0.35 mg in each mL.
    assert "21.9 mg in 62.50 mL, of 35.0 mg in the bag" in text_of(session)


def test_nothing_given_is_told_as_such(house: House) -> None:
    session, nils = stories.prepared(house), house.actor(house.nils)
    now = session.arrived_at + timedelta(minutes=20)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="Fever", now=now)
    stories.sign(house, session, at=now, meaning="not_given")
    assert "mL, of" not in text_of(session)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_with_their_letters(house: House, name: str) -> None:
    given, _, family = name.partition(" ")
    patient = make_patient(house.clinic, given, family, mrn="MRN-1", email="a@patients.example")
    session = stories.signed(house, patient)
    assert name in text_of(session)


def test_a_sign_that_the_font_lacks_is_printed_as_its_number() -> None:
    assert printing.printable("李 ≥ é") == "[U+674E] [U+2265] é"
    assert printing.printable("e\u0301") == "é"


def test_one_version_is_the_same_bytes_for_ever(house: House) -> None:
    """Whatever has changed since in the tables, and whatever was printed in between."""
    session = full(house)
    stories.sign(house, session)
    first = printing.pdf_of(list(session.signed_records.all()))
    printing.pdf_of(list(stories.signed(house, house.omar).signed_records.all()))
    Patient.objects.filter(pk=house.rosa.pk).update(family_name="Delgado-Ruiz")
    assert printing.pdf_of(list(session.signed_records.all())) == first


def test_each_page_says_whose_it_is_of_which_visit_and_how_many_there_are(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    pages = PdfReader(BytesIO(printing.pdf_of(list(session.signed_records.all())))).pages
    assert len(pages) > 1
    head = "Rosa Delgado · MRN MRN-ROSA · born 1980-05-17 · visit of 2027-01-11"
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {len(pages)}" in text
        assert (head in text) is (number > 1)


def test_the_file_is_dated_at_its_version_s_signature(house: House) -> None:
    session = stories.signed(house)
    signed = session.signed_records.get()
    found = PdfReader(BytesIO(printing.pdf_of([signed]))).metadata
    assert found is not None
    assert found.creation_date == signed.signed_at.replace(microsecond=0)


def test_the_pdf_comes_from_the_api_and_the_look_is_written_down(house: House) -> None:
    session = stories.signed(house)
    answer = client_of(house.priya).get(f"/api/v1/sessions/{session.pk}/record.pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    look = AccessLog.objects.get(user=house.priya, patient=house.rosa)
    assert look.what == "signed record, printed"


def test_what_is_not_signed_is_not_printed(house: House) -> None:
    session = stories.discharged(house)
    assert client_of(house.priya).get(f"/api/v1/sessions/{session.pk}/record.pdf/").status_code == 404
