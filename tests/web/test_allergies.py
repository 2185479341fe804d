"""A patient's allergies on their page."""

import pytest
from django.urls import reverse

from clinic.models import Allergy
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words


def test_a_nurse_records_an_allergy_once_however_often_it_is_sent(house: House) -> None:
    sent = {
        "id": str(new_id()),
        "substance": "Latex",
        "criticality": "high",
        "reaction": "Hives",
        "verification_status": "confirmed",
    }
    for _ in range(2):
        page = browser_of(house.nils).post(reverse("record_allergy", args=[house.rosa.pk]), sent, follow=True)

    assert "Latex Holds Active, Confirmed, High risk: Hives" in words(page)
    assert Allergy.objects.count() == 1
    chart = words(browser_of(house.ana).get(reverse("patient", args=[house.rosa.pk])))
    assert "Allergies Latex" in chart
    assert "high risk" in chart.lower()


def test_a_refuted_allergy_stays_readable_and_warns_no_more(house: House) -> None:
    allergy = Allergy.objects.create(patient=house.rosa, substance="Penicillin", source_id="a7")
    prefix = str(allergy.pk)
    sent = {
        f"{prefix}-clinical_status": "active",
        f"{prefix}-verification_status": "refuted",
        f"{prefix}-reason": "Negative skin test",
    }

    page = browser_of(house.priya).post(reverse("judge_allergy", args=[allergy.pk]), sent, follow=True)

    assert "Penicillin Doesn't hold Active, Refuted" in words(page)
    assert "have it changed there too" in words(page)
    chart = words(browser_of(house.ana).get(reverse("patient", args=[house.rosa.pk])))
    assert "Allergies None on record. Ask before every treatment." in chart


def test_without_a_reason_the_form_comes_back_open(house: House) -> None:
    allergy = Allergy.objects.create(patient=house.rosa, substance="Penicillin")
    prefix = str(allergy.pk)
    sent = {f"{prefix}-clinical_status": "resolved", f"{prefix}-verification_status": "confirmed"}

    page = browser_of(house.nils).post(reverse("judge_allergy", args=[allergy.pk]), sent)

    assert page.status_code == 400
    assert "open" in page.content.decode().partition('<details class="card-foot"')[2][:10]
    assert '<option value="resolved" selected>' in page.content.decode()


@pytest.mark.parametrize("substance", ["", "latex"])
def test_a_refused_allergy_comes_back_as_it_was_filled(house: House, substance: str) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Latex")
    sent = {
        "id": str(new_id()),
        "substance": substance,
        "reaction": "Hives",
        "verification_status": "confirmed",
    }

    page = browser_of(house.nils).post(reverse("record_allergy", args=[house.rosa.pk]), sent)

    assert page.status_code == 400
    assert 'value="Hives"' in page.content.decode()


def test_the_desk_reads_and_records_nothing(house: House) -> None:
    page = browser_of(house.ana).get(reverse("patient_allergies", args=[house.rosa.pk]))
    assert "Record an allergy" not in words(page)


def test_beside_the_chair_stands_what_holds_and_nothing_else(house: House) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Latex")
    Allergy.objects.create(patient=house.rosa, substance="Peanut", verification_status="refuted")
    session = stories.arrived(house)

    page = words(browser_of(house.nils).get(reverse("session", args=[session.pk])))

    assert "Latex" in page
    assert "Peanut" not in page
