"""A plan after it was written: a spacing of its own, on hold and taken up, ended."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from scheduler.models import PlanEnd, PlanStatus, SpacingOverride, TreatmentPlan
from scheduler.prescribing import plans
from scheduler.prescribing.spacing import override_spacing
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage

TOMORROW = TODAY + timedelta(days=1)
API = "/api/v1/plans/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def override(stage: Stage, plan: TreatmentPlan, **changes: Any) -> SpacingOverride:
    asked: dict[str, Any] = {"id": new_id(), "min_days": 1, "max_days": 7, "reason": "Lives far away"}
    return override_spacing(
        actor=stage.house.actor(stage.house.priya), plan=plan, now=NOW, **{**asked, **changes}
    )


def test_a_prescriber_allows_less_than_the_protocol_asks_for(stage: Stage) -> None:
    """2 days at least under mood-40 (domain.md 2.2); one for this patient."""
    plan = stage.plan()
    stage.book(plan, "9:30")
    assert [blocker.code for blocker in stage.check(plan, "9:30", TOMORROW).blockers] == ["spacing_too_close"]

    written = override(stage, plan)

    assert stage.check(plan, "9:30", TOMORROW).bookable
    assert (written.prescriber, written.given_at) == (stage.house.priya, NOW)


def test_the_latest_word_counts(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "9:30")
    override(stage, plan)
    override_spacing(
        actor=stage.house.actor(stage.house.priya),
        id=new_id(),
        plan=plan,
        min_days=4,
        max_days=7,
        reason="Tired for three days",
        now=NOW + timedelta(hours=1),
    )

    (blocker,) = stage.check(plan, "9:30", TODAY + timedelta(days=3)).blockers

    assert blocker.detail == "3 days from the session on Mon, Jan 11; the prescriber asks for at least 4."

    [sooner] = stage.check(plan, "9:30", TODAY + timedelta(days=1)).blockers
    assert sooner.detail.startswith("1 day from the session on Mon, Jan 11;")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"min_days": 0}, "min_days"),
        ({"min_days": 8}, "max_days"),
        ({"max_days": 366}, "max_days"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_spacing_that_makes_no_sense_is_refused_at_its_field(
    stage: Stage, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        override(stage, stage.plan(), **changes)

    assert [error["field"] for error in refusal.value.data["errors"]] == [field]
    assert not SpacingOverride.objects.exists()


def test_nothing_is_booked_while_a_plan_is_on_hold(stage: Stage) -> None:
    plan, priya = stage.plan(), stage.house.actor(stage.house.priya)

    plans.put_on_hold(actor=priya, plan=plan, reason="Blood pressure to be looked at")
    (blocker,) = stage.check(plan, "9:30").blockers
    plans.take_up(actor=priya, plan=plan, reason="It is fine")

    assert blocker.detail == "The plan is on-hold. A prescriber can take it up again."
    assert stage.check(plan, "9:30").bookable


def test_a_plan_does_not_end_over_visits_to_come(stage: Stage) -> None:
    plan, priya = stage.plan(), stage.house.actor(stage.house.priya)
    visit = stage.book(plan, "9:30")

    with pytest.raises(Conflict, match="1 visit is still to come") as refusal:
        plans.end_plan(actor=priya, plan=plan, end_reason="completed", reason="Remission", now=NOW)

    assert refusal.value.data["visits"] == [{"appointment": visit.pk, "start": visit.starts_at}]
    stage.cancel(visit)
    ended = plans.end_plan(actor=priya, plan=plan, end_reason="no-response", now=NOW)
    assert (ended.status, ended.end_reason) == (PlanStatus.REVOKED, "no-response")


@pytest.mark.parametrize(
    ("end_reason", "words", "status"),
    [
        ("completed", "", PlanStatus.COMPLETED),
        ("no-response", "", PlanStatus.REVOKED),
        ("adverse-event", "Cystitis", PlanStatus.REVOKED),
        ("lost-to-follow-up", "", PlanStatus.REVOKED),
        ("transferred", "To the pain clinic", PlanStatus.REVOKED),
        ("other", "She did not want to go on", PlanStatus.REVOKED),
    ],
)
def test_a_course_ends_for_a_reason_of_the_list_and_is_told_with_its_words(
    stage: Stage, end_reason: str, words: str, status: PlanStatus
) -> None:
    plan, priya = stage.plan(), stage.house.actor(stage.house.priya)
    assert plans.end_of(plan) is None
    ended = plans.end_plan(actor=priya, plan=plan, end_reason=end_reason, reason=words, now=NOW)

    assert (ended.status, ended.end_reason) == (status, end_reason)
    told = plans.end_of(ended)
    assert told is not None
    assert (told.label, told.words, told.by) == (PlanEnd(end_reason).label, words, "Priya Nair")
    again = plans.end_plan(actor=priya, plan=plan, end_reason=end_reason, reason="Again", now=NOW)
    assert plans.end_of(again) == told
    otherwise = "transferred" if end_reason == "completed" else "completed"
    with pytest.raises(Conflict) as refused:
        plans.end_plan(actor=priya, plan=plan, end_reason=otherwise, now=NOW)
    assert refused.value.code == "plan_over"


@pytest.mark.parametrize(
    ("end_reason", "field", "mend"),
    [
        ("adverse-event", "reason", "Say what happened."),
        ("other", "reason", "Say why."),
        ("tired", "end_reason", "Choose how it ends: completed, no-response"),
    ],
)
def test_an_end_that_the_list_does_not_tell_is_told_in_words(
    stage: Stage, end_reason: str, field: str, mend: str
) -> None:
    with pytest.raises(Invalid, match=mend) as refused:
        plans.end_plan(
            actor=stage.house.actor(stage.house.priya), plan=stage.plan(), end_reason=end_reason, now=NOW
        )
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert TreatmentPlan.objects.get().status == PlanStatus.ACTIVE


def test_an_ended_plan_stays_ended(stage: Stage) -> None:
    plan, priya = stage.plan(), stage.house.actor(stage.house.priya)
    plans.end_plan(actor=priya, plan=plan, end_reason="completed", reason="Remission", now=NOW)

    for change in (plans.put_on_hold, plans.take_up):
        with pytest.raises(Conflict, match="stays so") as refusal:
            change(actor=priya, plan=plan, reason="Again")
        assert refusal.value.code == "plan_over"
    with pytest.raises(Conflict):
        override(stage, plan)


def test_no_change_without_a_reason(stage: Stage) -> None:
    with pytest.raises(Invalid, match="Say why"):
        plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=stage.plan(), reason=" ")


def test_what_the_chair_has_to_offer_is_written_in_plain_letters(stage: Stage) -> None:
    assert stage.plan(chair_features=["recliner", "private-room"]).chair_features == [
        "private-room",
        "recliner",
    ]

    with pytest.raises(Invalid, match="such as private-room"):
        stage.plan(stage.house.omar, chair_features=["Private room"])


def test_over_the_api(stage: Stage) -> None:
    plan = stage.plan()
    priya = client_of(stage.house.priya)
    body = {"id": str(new_id()), "min_days": 1, "max_days": 7, "reason": "Lives far away"}

    first = priya.post(f"{API}{plan.pk}/spacing/", body, format="json")
    again = priya.post(f"{API}{plan.pk}/spacing/", body, format="json")
    other = priya.post(f"{API}{stage.plan(stage.house.omar).pk}/spacing/", body, format="json")

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    steps: list[tuple[str, str, dict[str, str]]] = [
        ("put-on-hold", "on-hold", {}),
        ("take-up", "active", {}),
        ("end", "revoked", {"end_reason": "adverse-event"}),
    ]
    for step, status, more in steps:
        answer = priya.post(f"{API}{plan.pk}/{step}/", {"reason": "Because", **more}, format="json")
        assert (answer.status_code, answer.data["status"]) == (200, status)
    assert answer.data["end_reason"] == "adverse-event"
    assert [row["min_days"] for row in answer.data["spacing_overrides"]] == [1]
