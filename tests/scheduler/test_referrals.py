"""Who sent a patient, what was asked for and came; and what a prescriber wrote down of the consultation."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.problems import Invalid
from scheduler.evaluating import evaluations, referrals
from scheduler.evaluating.evaluations import Result
from scheduler.models import Referral
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.referred import evaluation, referral
from tests.scheduler.stage import set_stage

DAY = timedelta(days=1)


def fields_of(problem: Invalid) -> set[str]:
    return {error["field"] for error in problem.data["errors"]}


def test_the_desk_takes_a_referral_in_and_writes_down_that_the_records_came(house: House) -> None:
    row = referral(house)
    changed = referrals.change(
        actor=house.actor(house.ana), referral=row, changes={"records_received_on": TODAY}, now=NOW
    )
    assert (changed.records_requested_on, changed.records_received_on) == (TODAY - 8 * DAY, TODAY)
    events: Any = row.events  # type: ignore[attr-defined]  # pghistory adds it
    assert [each.records_received_on for each in events.order_by("pgh_id")] == [None, TODAY]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"requester_name": ""}, "requester_name"),
        ({"requester_kind": "cardiologist"}, "requester_kind"),
        ({"reason": " "}, "reason"),
        ({"authored_on": TODAY + DAY}, "authored_on"),
        ({"authored_on": TODAY - 100 * 366 * DAY}, "authored_on"),  # before she was born
        ({"records_received_on": TODAY - 9 * DAY}, "records_received_on"),
        ({"requester_practice": "Harbor\u200bPsychiatry"}, "requester_practice"),
    ],
)
def test_what_can_not_be_is_named(house: House, said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        referral(house, **said)
    assert fields_of(refused.value) == {field}
    assert not Referral.objects.exists()


def test_a_patient_who_comes_by_themselves_has_no_name_to_give(house: House) -> None:
    assert referral(house, requester_kind="self", requester_name="").requester_name == ""


def test_the_newest_that_stands_says_who_gets_the_report(house: House) -> None:
    old = referral(house, authored_on=TODAY - 90 * DAY, requester_name="Dr Abel Ortiz")
    newest = referral(house)
    assert referrals.standing(house.rosa) == newest
    referrals.change(
        actor=house.actor(house.ana), referral=newest, changes={"status": "entered-in-error"}, now=NOW
    )
    assert referrals.standing(house.rosa) == old


@time_machine.travel(NOW, tick=False)
def test_over_the_api_a_change_on_an_older_page_is_told_and_not_kept(house: House) -> None:
    row = referral(house)
    address = f"/api/v1/referrals/{row.pk}/"
    seen = client_of(house.ana).get(address)["ETag"]
    assert client_of(house.max).patch(address, {"requester_practice": "Shore"}).status_code == 200
    late = client_of(house.ana).patch(address, {"records_received_on": TODAY}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert "requester_practice is now" in late.json()["detail"]
    assert client_of(house.nils).patch(address, {"reason": "Otherwise"}).status_code == 403


@time_machine.travel(NOW, tick=False)
def test_an_evaluation_keeps_what_was_looked_at_with_its_day(house: House) -> None:
    body = {
        "id": new_id(),
        "patient": house.rosa.pk,
        "evaluated_on": TODAY,
        "indications": ["F33.2", "F41.1"],
        "severity": "PHQ-9 21, GAD-7 14",
        "asa_class": "2",
        "results": [{"investigation": "ecg", "done_on": TODAY - DAY, "result": "Sinus rhythm"}],
    }
    answer = client_of(house.priya).post("/api/v1/evaluations/", body)
    assert answer.status_code == 201, answer.content
    read = client_of(house.nils).get(f"/api/v1/evaluations/{answer.json()['id']}/").json()
    assert read["results"] == [
        {"investigation": "ecg", "done_on": str(TODAY - DAY), "result": "Sinus rhythm"}
    ]
    assert (read["evaluated_by"], read["indications"]) == (str(house.priya.pk), ["F33.2", "F41.1"])
    refused = client_of(house.priya).post(
        "/api/v1/evaluations/",
        {
            **body,
            "id": new_id(),
            "results": [{"investigation": "ecg", "done_on": TODAY + DAY, "result": "x"}],
        },
    )
    assert [error["field"] for error in refused.json()["errors"]] == ["results.ecg.done_on"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"indications": []}, "indications"),
        ({"indications": ["depression"]}, "indications"),
        ({"severity": ""}, "severity"),
        ({"asa_class": "9"}, "asa_class"),
        ({"evaluated_on": TODAY + DAY}, "evaluated_on"),
        ({"results": [Result("mri", TODAY, "None")]}, "results.mri"),
        ({"results": [Result("ecg", TODAY, " ")]}, "results.ecg.result"),
        ({"results": [Result("ecg", TODAY, "a"), Result("ecg", TODAY, "b")]}, "results.ecg"),
    ],
)
def test_what_an_evaluation_lacks_is_named(house: House, said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        evaluation(house, **said)
    assert fields_of(refused.value) == {field}


def test_what_was_tried_before_is_what_was_written_down_last(house: House) -> None:
    stage = set_stage(house)
    assert evaluations.prior_treatments_of(house.rosa) == ""
    evaluation(house)
    assert evaluations.prior_treatments_of(house.rosa) == "Sertraline 200 mg, 8 weeks, no response."
    evaluation(house, prior_treatments="")
    assert evaluations.prior_treatments_of(house.rosa) == "Sertraline 200 mg, 8 weeks, no response."
    stage.plan(prior_treatments="Venlafaxine 225 mg.")
    assert evaluations.prior_treatments_of(house.rosa) == "Venlafaxine 225 mg."
    evaluation(house, prior_treatments="Bupropion 300 mg.")
    assert evaluations.prior_treatments_of(house.rosa) == "Bupropion 300 mg."
    assert evaluations.prior_treatments_of(house.omar) == ""
