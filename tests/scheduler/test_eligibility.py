"""An eligibility decision takes the place of the one before, and a plan asks for the newest."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Model

from clinic.problems import Conflict, Invalid, Stale
from scheduler.evaluating import eligibility, prescribing_settings
from scheduler.finding.wishes import Wish
from scheduler.models import EligibilityDecision, TreatmentPlan
from scheduler.series import proposing
from scheduler.visits import decision as decision_on
from scheduler.waitlist import obstacles, waiting
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.referred import decide, evaluation
from tests.scheduler.stage import HEALTHY, Stage, set_stage
from tests.scheduler.waits import join, offer_freed

DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def ask_for_it(house: House, wanted: bool = True) -> None:
    prescribing_settings.change(
        actor=house.actor(house.max), clinic=house.clinic, plans_need_eligibility=wanted
    )


def test_a_clinic_that_keeps_its_evaluations_elsewhere_writes_plans_as_before(stage: Stage) -> None:
    assert prescribing_settings.settings_of(stage.house.clinic) == {"plans_need_eligibility": False}
    assert stage.plan().stands


def test_a_clinic_that_asks_writes_no_plan_without_a_decision(stage: Stage) -> None:
    ask_for_it(stage.house)
    with pytest.raises(Conflict, match="Decide on their eligibility first") as refused:
        stage.plan()
    assert refused.value.code == "eligibility_needed"
    decide(stage.house, "eligible")
    assert stage.plan().stands
    ask_for_it(stage.house, wanted=False)
    assert stage.plan(stage.house.omar).stands


@time_machine.travel(NOW, tick=False)
def test_over_the_api_the_manager_changes_what_is_asked_as_they_saw_it(house: House) -> None:
    address = f"/api/v1/clinics/{house.clinic.pk}/prescribing-settings/"
    seen = client_of(house.ana).get(address)["ETag"]
    assert client_of(house.ana).patch(address, {"plans_need_eligibility": True}).status_code == 403
    assert client_of(house.max).patch(address, {"plans_need_eligibility": True}).status_code == 200
    late = client_of(house.max).patch(address, {"plans_need_eligibility": False}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert "plans_need_eligibility is now true (Max Weber)" in late.json()["detail"]
    assert prescribing_settings.plans_need_eligibility(house.clinic.pk)


@pytest.mark.parametrize("word", ["deferred", "declined"])
def test_whoever_was_not_found_eligible_gets_no_plan_until_decided_again(stage: Stage, word: str) -> None:
    """Also where the clinic asks for no decision: one that was made is heeded."""
    no = decide(stage.house, word, reason="Pressure 170/105")
    with pytest.raises(Conflict, match=f"Priya Nair {word} the treatment of this patient on Mon, Jan 11"):
        stage.plan()
    assert not TreatmentPlan.objects.exists()
    decide(
        stage.house,
        "eligible-with-conditions",
        supersedes=no.pk,
        conditions="Pressure below 140/90 at the start",
        now=NOW + DAY,
    )
    assert stage.plan().stands


@pytest.mark.parametrize("word", ["deferred", "declined"])
def test_a_later_no_holds_booking_series_and_waitlist_until_a_later_yes(stage: Stage, word: str) -> None:
    """What is booked stays, and the desk reads that it was decided, not what was found."""
    plan = stage.plan()
    kept = stage.book(plan, "9:00", TODAY + 3 * DAY)
    entry = join(stage, plan)
    no = decide(stage.house, word, reason="Pressure 170/105")
    with pytest.raises(Conflict) as refused:
        stage.book(plan, "9:30")
    held = {"code": "not_eligible", "detail": eligibility.HELD}
    assert refused.value.data["blockers"] == [held]
    asked = proposing.propose(plan=plan, count=2, wish=Wish(), now=NOW)
    assert ([each.as_data() for each in asked.blockers], asked.offers) == ([held], ())
    assert offer_freed(stage) == []
    row = obstacles.with_obstacles(waiting.entries(), now=NOW).get(pk=entry.pk)
    told = obstacles.why_nothing(row, now=NOW)
    assert told is not None
    assert {"code": told.code, "detail": told.detail} == held
    kept.refresh_from_db()
    assert kept.status == "booked"

    decide(stage.house, "eligible", supersedes=no.pk, now=NOW + DAY)
    assert not decision_on.against_any_time(plan=plan, now=NOW)
    assert [offer.entry for offer in offer_freed(stage)] == [entry]


def test_somebody_elses_no_and_one_that_was_decided_again_hold_nothing(stage: Stage) -> None:
    plan = stage.plan()
    decide(stage.house, "declined", patient=stage.house.omar)
    no = decide(stage.house, "deferred")
    decide(stage.house, "eligible", supersedes=no.pk)
    assert not decision_on.against_any_time(plan=plan, now=NOW)
    assert stage.book(plan, "9:30").status == "booked"


def test_a_decision_names_the_one_that_its_signer_saw(house: House) -> None:
    first = decide(house, "deferred", reason="Liver tests are missing")
    with pytest.raises(Stale, match="Priya Nair has decided since you looked: deferred") as refused:
        decide(house, "eligible")
    assert refused.value.code == "decided_meanwhile"
    second = decide(house, "eligible", supersedes=first.pk)
    with pytest.raises(Stale):
        decide(house, "declined", supersedes=first.pk)
    newest = eligibility.newest(house.rosa)
    assert newest == second
    assert [each.decision for each in eligibility.decisions_of(house.rosa)] == ["eligible", "deferred"]


def test_each_patient_has_decisions_of_their_own(stage: Stage) -> None:
    decide(stage.house, "declined", patient=stage.house.omar)
    assert stage.plan().stands


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": "eligible-with-conditions"}, "conditions"),
        ({"decision": "eligible", "conditions": "With an ECG"}, "conditions"),
    ],
)
def test_what_is_missing_is_named(house: House, said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        decide(house, **{"decision": "eligible", **said})
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_another_patients_evaluation_is_no_ground(house: House) -> None:
    of_omar = evaluation(house, house.omar)
    with pytest.raises(Invalid, match="another patient's"):
        decide(house, "eligible", evaluation=of_omar)
    with pytest.raises(IntegrityError), transaction.atomic():
        EligibilityDecision.objects.create(
            clinic=house.clinic,
            patient=house.rosa,
            evaluation=of_omar,
            decision="eligible",
            reason="A slip",
            signed_by=house.priya,
            signed_at=NOW,
        )


def test_what_was_found_and_decided_is_never_changed(house: House) -> None:
    found = evaluation(house)
    decided = decide(house, "eligible", evaluation=found)
    rows: list[tuple[Model, dict[str, str]]] = [
        (found, {"severity": "none"}),
        (decided, {"decision": "declined"}),
        (found.results.get(), {"result": "none"}),
    ]
    for row, changes in rows:
        kept: Any = type(row)._default_manager.filter(pk=row.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            kept.update(**changes)
        with pytest.raises(DatabaseError), transaction.atomic():
            kept.delete()


@time_machine.travel(NOW, tick=False)
def test_over_the_api_a_prescriber_decides_and_the_desk_reads_nothing(stage: Stage) -> None:
    house = stage.house
    found = evaluation(house)
    body = {
        "id": new_id(),
        "patient": house.rosa.pk,
        "decision": "declined",
        "reason": "Active psychosis",
        "evaluation": found.pk,
        "supersedes": None,
    }
    answer = client_of(house.priya).post("/api/v1/eligibility-decisions/", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["signed_by"], answer.json()["supersedes"]) == (str(house.priya.pk), None)
    late = client_of(house.priya).post("/api/v1/eligibility-decisions/", {**body, "id": new_id()})
    assert (late.status_code, late.json()["code"]) == (412, "decided_meanwhile")
    listed = f"/api/v1/eligibility-decisions/?patient={house.rosa.pk}"
    assert len(client_of(house.nils).get(listed).json()["results"]) == 1
    assert client_of(house.ana).get(listed).status_code == 403

    plan = {
        "id": new_id(),
        "patient": house.rosa.pk,
        "protocol": stage.protocol.pk,
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": 6,
        "valid_from": TODAY,
        "valid_until": TODAY + 30 * DAY,
        "findings": [{"item": item, "finding": "absent"} for item in HEALTHY],
    }
    refused = client_of(house.priya).post("/api/v1/plans/", plan)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_eligible")
