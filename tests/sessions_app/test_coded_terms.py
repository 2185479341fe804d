"""Side effects and vital signs by the codes that other systems know (domain.md 3.1, 4.1)."""

from typing import Any

from sessions_app.models import SideEffect
from sessions_app.monitors import readings
from sessions_app.observing.vital_limits import RINGS
from sessions_app.observing.vocabulary import SIGN_CODES, TERMS
from tests.cast import NOW, House, client_of
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report
from tests.web.pages import browser_of, words

API = "/api/v1/"


def listed(house: House, what: str) -> list[dict[str, Any]]:
    answer = client_of(house.nils).get(f"{API}{what}/")
    assert answer.status_code == 200
    return list(answer.json())


def test_a_side_effect_is_told_with_its_words_and_codes(house: House) -> None:
    session = stories.infusing(house)
    report(house, session, term="nausea")
    report(house, session, term="dissociation")
    told = client_of(house.nils).get(f"{API}sessions/{session.pk}/").json()["side_effects"]
    assert {(line["label"], line["snomed"], line["icd10cm"]) for line in told} == {
        ("Nausea", "422587007", "R11.0"),
        ("Dissociation or depersonalisation", "", ""),  # F48.1 is the disorder
    }


def test_a_term_that_the_vocabulary_no_longer_has_stands_as_it_was_recorded(house: House) -> None:
    session = stories.infusing(house)
    SideEffect.objects.create(
        session=session, recorded_by=house.nils, recorded_at=NOW, onset_at=NOW, term="vapours", grade=1
    )
    [line] = client_of(house.nils).get(f"{API}sessions/{session.pk}/").json()["side_effects"]
    assert (line["term"], line["label"], line["snomed"]) == ("vapours", "vapours", "")
    assert "vapours" in words(browser_of(house.nils).get(f"/sessions/{session.pk}/"))


def test_every_term_that_can_be_recorded_is_listed_with_whom_it_calls(house: House) -> None:
    terms = {row.pop("term"): row for row in listed(house, "side-effect-terms")}
    assert set(terms) == set(TERMS)
    assert terms["syncope"] == {
        "label": "Syncope",
        "snomed": "271594007",
        "icd10cm": "",
        "escalate": "now",
    }


def test_every_sign_of_a_set_is_listed_with_code_and_unit(house: House) -> None:
    signs = {row.pop("sign"): row for row in listed(house, "vital-sign-terms")}
    assert set(signs) == set(RINGS)
    assert signs["systolic_mmhg"] == {
        "label": "Systolic pressure",
        "ucum": "mm[Hg]",
        "loinc": ["8480-6"],
        "panel": "85354-9",
    }
    assert signs["oxygen_saturation_percent"]["loinc"] == ["2708-6", "59408-5"]
    assert signs["dissociation"]["loinc"] == []


def test_a_sign_goes_out_under_the_codes_and_the_unit_that_a_monitor_may_send() -> None:
    out = {code: sign for sign, known in SIGN_CODES.items() for code in known.loinc}
    assert {code: sign for code, sign in out.items() if code not in readings.PASSED_OVER} == readings.LOINC
    assert all(SIGN_CODES[sign].ucum in units for sign, units in readings.UNITS.items())
    assert all(
        _check_digit(code) for code in [*out, *(each.panel for each in SIGN_CODES.values() if each.panel)]
    )


def _check_digit(loinc: str) -> bool:
    """LOINC's own, mod 10: a typing error is found, a wrong meaning is not."""
    number, _, digit = loinc.partition("-")
    doubled = str(int(number[::-1][::2][::-1]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, number[::-1][1::2]))
    return (10 - total % 10) % 10 == int(digit)
