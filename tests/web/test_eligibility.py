"""From referral to plan: the desk takes the referral in, the prescriber evaluates and decides."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from scheduler.evaluating import eligibility, prescribing_settings
from scheduler.models import EligibilityDecision, Evaluation, Referral
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.referred import REASON, decide, evaluation, referral
from tests.scheduler.stage import set_stage
from tests.sessions_app import stories
from tests.web.pages import browser_of, send, words

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(house: House) -> str:
    return reverse("patient_eligibility", args=[house.rosa.pk])


def test_the_desk_takes_a_referral_in_once_and_mends_it_when_the_records_come(house: House) -> None:
    sent = {
        "id": str(new_id()),
        "authored_on": str(TODAY - 10 * DAY),
        "requester_kind": "psychiatrist",
        "requester_name": "Dr Ines Vidal",
        "requester_practice": "Harbor Psychiatry",
        "reason": REASON,
        "records_requested_on": str(TODAY - 8 * DAY),
    }
    ana = browser_of(house.ana)
    address = reverse("new_referral", args=[house.rosa.pk])
    for _ in range(2):
        page = words(ana.post(address, sent, follow=True))
    assert "Dr Ines Vidal, psychiatrist Harbor Psychiatry" in page
    assert "not here yet" in page
    row = Referral.objects.get()
    came = {**sent, "status": "active", "records_received_on": str(TODAY)}
    changed = send(ana, reverse("referral", args=[row.pk]), came, follow=True)
    assert "came Mon, Jan 11" in words(changed)
    chart = words(ana.get(reverse("patient", args=[house.rosa.pk])))
    assert "Referred by Dr Ines Vidal, Harbor Psychiatry" in chart

    refused = ana.post(address, {**sent, "id": str(new_id()), "requester_name": ""})
    assert refused.status_code == 400
    assert "Name who refers the patient." in words(refused)
    assert "Harbor Psychiatry" in refused.content.decode(), "nothing typed is lost"


def test_the_prescriber_evaluates_decides_and_writes_the_plan(house: House) -> None:
    set_stage(house)
    referral(house)
    priya = browser_of(house.priya)
    address = reverse("new_evaluation", args=[house.rosa.pk])
    assert "Dr Ines Vidal" in words(priya.get(address))
    told: dict[str, Any] = {
        "id": str(new_id()),
        "evaluated_on": str(TODAY),
        "indications": ["F33.2"],
        "severity": "PHQ-9 21",
        "asa_class": "2",
        "prior_treatments": "Sertraline 200 mg, 8 weeks, no response.",
        "results_ecg_result": "Sinus rhythm",
    }
    refused = priya.post(address, told)
    assert "Give the day of this result." in words(refused)
    assert not Evaluation.objects.exists()
    page = priya.post(address, {**told, "results_ecg_done_on": str(TODAY - DAY)}, follow=True)
    assert "ECG Sinus rhythm Sun, Jan 10" in words(page)
    assert "ASA class II" in words(page)

    decided = send(
        priya,
        reverse("decide_eligibility", args=[house.rosa.pk]),
        {
            "decision": "eligible-with-conditions",
            "reason": "Two adequate trials.",
            "conditions": "Pressure below 140/90.",
            "evaluation": str(Evaluation.objects.get().pk),
        },
        on=page_of(house),
        follow=True,
    )
    assert "Eligible with conditions Priya Nair" in words(decided)
    assert EligibilityDecision.objects.get().evaluation == Evaluation.objects.get()
    form = words(priya.get(reverse("new_plan", args=[house.rosa.pk])))
    assert "Eligible under conditions. Pressure below 140/90." in form
    assert "Report to: fax +1 312 555 0160" in form
    assert "Sertraline 200 mg, 8 weeks, no response." in form


def test_what_was_decided_meanwhile_is_shown_before_it_is_decided_again(house: House) -> None:
    priya = browser_of(house.priya)
    address = reverse("decide_eligibility", args=[house.rosa.pk])
    older = {"id": str(new_id()), "decision": "eligible", "reason": "Two adequate trials.", "supersedes": ""}
    first = decide(house, "deferred", reason="Liver tests are missing")
    refused = priya.post(address, older)
    assert refused.status_code == 412
    assert "Priya Nair has decided since you looked: deferred." in words(refused)
    assert "Two adequate trials." in refused.content.decode()
    again = {**older, "supersedes": str(refused.context["form"]["supersedes"].value())}
    assert "Eligible Priya Nair" in words(priya.post(address, again, follow=True))
    assert EligibilityDecision.objects.get(decision="eligible").supersedes == first


def test_a_plan_form_says_first_that_none_can_be_written_and_where_it_is_decided(house: House) -> None:
    set_stage(house)
    new_plan = reverse("new_plan", args=[house.rosa.pk])
    priya = browser_of(house.priya)
    assert "No plan can be written yet." not in words(priya.get(new_plan))
    assert new_plan not in priya.get(page_of(house)).content.decode(), "nothing is decided here"
    first = decide(house, "eligible", now=NOW - DAY)
    assert new_plan in priya.get(page_of(house)).content.decode()
    assert new_plan not in browser_of(house.ana).get(page_of(house)).content.decode()
    decide(house, "declined", reason="Active psychosis", supersedes=first.pk)
    assert new_plan not in priya.get(page_of(house)).content.decode()
    page = priya.get(new_plan)
    assert "No plan can be written yet. Priya Nair declined the treatment of this patient" in words(page)
    assert f'href="{page_of(house)}"' in page.content.decode()


def test_a_plan_that_stands_after_a_no_is_said_on_its_page_and_in_the_chart(house: House) -> None:
    plan = set_stage(house).plan()
    decide(house, "deferred", reason="Pressure 170/105")
    said = "Priya Nair deferred the treatment of this patient on Mon, Jan 11."
    ana = browser_of(house.ana)
    told = words(ana.get(reverse("plan", args=[plan.pk])))
    assert f"{said} Nothing more is booked or offered under this plan" in told
    assert "Visits that are booked stay." in told
    chart = ana.get(reverse("patient", args=[house.rosa.pk]))
    assert words(chart).count(eligibility.HELD) == 1
    assert f'href="{page_of(house)}"' in chart.content.decode()


def test_the_desk_reads_how_it_was_decided_and_nothing_that_was_found(house: House) -> None:
    evaluation(house)
    decide(house, "declined", reason="Active psychosis")
    page = words(browser_of(house.ana).get(page_of(house)))
    assert "Declined Priya Nair" in page
    for found in ("Active psychosis", "PHQ-9 21", "Sertraline", "Sinus rhythm"):
        assert found not in page
    assert "Active psychosis" in words(browser_of(house.nils).get(page_of(house)))


def test_the_printed_record_names_who_referred(house: House) -> None:
    session = stories.signed(house)
    address = reverse("print_record", args=[session.pk])
    nils = browser_of(house.nils)
    assert "For the chart, and for" not in words(nils.get(address))
    referral(house)
    said = "For the chart, and for Dr Ines Vidal, Harbor Psychiatry, fax +1 312 555 0160"
    assert said in words(nils.get(address))


def test_the_manager_says_whether_plans_need_a_decision(house: House) -> None:
    max_ = browser_of(house.max)
    address = reverse("prescribing_settings")
    send(max_, address, {"plans_need_eligibility": "on"})
    assert prescribing_settings.plans_need_eligibility(house.clinic.pk)
    send(max_, address, {"plans_need_eligibility": ""})
    assert not prescribing_settings.plans_need_eligibility(house.clinic.pk)
    assert address in max_.get(reverse("clinic_settings")).content.decode()
