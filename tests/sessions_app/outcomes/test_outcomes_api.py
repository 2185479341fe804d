"""Outcomes over the API: a questionnaire from its first question to the chart, the diary, a report."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessLog, WorkItem
from sessions_app.outcomes import responses
from tests.cast import NOW, TODAY, House, client_of, new_id

API = "/api/v1/"


@pytest.fixture(autouse=True)
def _at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def begin(house: House, **body: Any) -> Any:
    sent = {"id": str(new_id()), "patient": str(house.rosa.pk), "instrument": "phq-9", **body}
    return client_of(house.nils).post(f"{API}questionnaires/", sent)


def test_a_questionnaire_from_beginning_to_chart(house: House) -> None:
    nils = client_of(house.nils)
    id = begin(house, occasion="baseline").json()["id"]
    for item in range(1, 10):
        body = {"id": str(new_id()), "item": item, "value": 1}
        assert nils.post(f"{API}questionnaires/{id}/answers/", body).status_code == 201
        assert WorkItem.objects.exists() is (item == 9)
    done = nils.post(f"{API}questionnaires/{id}/complete/", {}).json()
    assert (done["score"], done["band"], done["prorated"], len(done["answers"])) == (9, "Mild", False, 9)
    chart = nils.get(f"{API}outcomes/", {"patient": str(house.rosa.pk)}).json()
    assert [(line["instrument"], line["points"][0]["score"]) for line in chart["lines"]] == [("phq-9", 9)]
    looks = AccessLog.objects.filter(patient=house.rosa).values_list("what", flat=True)
    assert list(looks) == ["outcomes"]

    wrong = nils.post(f"{API}questionnaires/{id}/enter-in-error/", {"reason": "A test"}).json()
    assert (wrong["status"], wrong["score"]) == ("entered-in-error", 9)
    assert nils.get(f"{API}outcomes/", {"patient": str(house.rosa.pk)}).json()["lines"] == []


def test_too_soon_says_from_when_on(house: House) -> None:
    nils = house.actor(house.nils)
    first = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="gad-7", how="interview", now=NOW
    )
    responses.answer(actor=nils, id=new_id(), response=first, item=1, value=1, now=NOW)
    responses.complete(actor=nils, response=first, now=NOW)
    answer = begin(house, instrument="gad-7")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_soon")
    assert answer.json()["again_from"] == "2027-01-25"
    assert answer.json()["detail"] == (
        "GAD-7 was completed on January 11 and looks back 14 days: a second one now would tell of the same"
        " days. Ask again from January 25 on, or say that it is for the baseline, the end of the induction or"
        " monthly."
    )


@pytest.mark.parametrize("body", [{"instrument": "caps-5"}, {"how": "guess"}, {"colour": "red"}])
def test_what_cannot_be_understood_is_refused(house: House, body: dict[str, str]) -> None:
    assert begin(house, **body).status_code == 400


def test_the_instruments_say_what_to_ask(house: House) -> None:
    listed = client_of(house.nils).get(f"{API}instruments/").json()
    assert [each["code"] for each in listed] == [
        *("phq-9", "gad-7", "pcl-5", "mood-items", "nrs-pain", "pgic", "hit-6", "midas")
    ]
    assert [each["code"] for each in listed if not each["scored"]] == ["mood-items"]
    assert listed[0]["items"][8]["loinc"] == "44260-8"


def test_several_days_without_headache_are_one_call_and_one_with_a_headache_is_named(house: House) -> None:
    nils = client_of(house.nils)
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(3)]
    body = {"patient": str(house.rosa.pk), "days": days}
    made = nils.post(f"{API}diary-days/without-headache/", {"id": str(new_id()), **body})
    assert made.status_code == 201
    assert [row["day"] for row in made.json()] == sorted(days)
    bad = {"patient": str(house.rosa.pk), "day": days[0], "headache": True}
    nils.post(f"{API}diary-days/", {"id": str(new_id()), **bad})
    refused = nils.post(f"{API}diary-days/without-headache/", {"id": str(new_id()), **body})
    assert refused.status_code == 400
    assert "Mon, Jan 11" in refused.json()["errors"][0]["detail"]


def test_a_diary_day_is_entered_anew(house: House) -> None:
    nils = client_of(house.nils)
    body = {"patient": str(house.rosa.pk), "day": TODAY.isoformat(), "headache": True, "peak": 7}
    first = nils.post(f"{API}diary-days/", {"id": str(new_id()), **body})
    second = nils.post(f"{API}diary-days/", {"id": str(new_id()), **body, "peak": 4})
    assert (first.status_code, second.status_code) == (201, 201)
    listed = nils.get(f"{API}diary-days/", {"patient": str(house.rosa.pk)}).json()["results"]
    assert [(day["day"], day["peak"]) for day in listed] == [("2027-01-11", 4)]


def test_a_report_is_made_and_read(house: House) -> None:
    max = client_of(house.max)
    body = {
        "id": str(new_id()),
        "clinic": str(house.clinic.pk),
        "cut_off": (NOW - timedelta(minutes=2)).isoformat(),
        "query": {"instrument": "phq-9", "window_last": 45},
    }
    made = max.post(f"{API}cohort-reports/", body)
    assert made.status_code == 201
    report = max.get(f"{API}cohort-reports/{body['id']}/").json()
    assert report == made.json()
    assert (report["query"]["window_last"], report["content"]["figures"]["all"]["treated"]) == (45, 0)
    late = {**body, "id": str(new_id()), "cut_off": (NOW + timedelta(days=1)).isoformat()}
    assert max.post(f"{API}cohort-reports/", late).status_code == 400


def test_lists_have_a_fixed_number_of_queries(house: House) -> None:
    nils = client_of(house.nils)

    def queries(path: str, **query: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert nils.get(f"{API}{path}/", query).status_code == 200
        return len(captured)

    asked = {"patient": house.rosa.pk}
    counts = []
    for how_many in (1, 4):
        for day in range(how_many):
            begin(house)
            body = {**asked, "id": new_id(), "day": TODAY - timedelta(days=day), "headache": False}
            nils.post(f"{API}diary-days/", body)
        counts.append([queries(path, **asked) for path in ("questionnaires", "diary-days", "outcomes")])
    assert counts[0] == counts[1]
