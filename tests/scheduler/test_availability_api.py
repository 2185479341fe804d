"""Free times over the API: what is welcome comes first, and what is asked wrongly is said in a sentence."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from drf_spectacular.generators import SchemaGenerator

from clinic.models import Consent, Patient
from scheduler.models import Appointment, Resource, ResourceKind, TreatmentPlan
from scheduler.prescribing import plans
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, make_resource, next_version, set_stage

WEDNESDAY = TODAY + timedelta(days=2)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def ask(stage: Stage, plan: TreatmentPlan, **asked: Any) -> Any:
    week = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=7)).isoformat()}
    query = {"plan": str(plan.pk), **week, **asked}
    return client_of(stage.house.ana).get("/api/v1/availability/", query)


def test_without_a_wish_times_come_in_order_and_without_a_misfit(stage: Stage, plan: TreatmentPlan) -> None:
    answer = ask(stage, plan, limit=3).json()["starts"]

    assert [row["start"] for row in answer] == [
        f"2027-01-11T15:{minute}:00Z" for minute in ("00", "05", "10")
    ]
    assert all("misfit" not in row for row in answer)


def test_what_is_welcome_comes_first(stage: Stage, plan: TreatmentPlan) -> None:
    nurse = stage.nurses[1]
    asked = {"weekdays": "2,4", "earliest": "13:00", "nurse_preferred": str(nurse.pk)}

    answer = ask(stage, plan, **asked).json()["starts"]

    first = answer[0]
    assert (first["start"], first["misfit"]) == (
        stage.at("13:00", WEDNESDAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        0,
    )
    assert [turn["name"] for turn in first["nurses"]] == ["Nurse 2"]
    assert len(answer) == len(ask(stage, plan).json()["starts"])


def test_nothing_else_is_listed_when_asked(stage: Stage, plan: TreatmentPlan) -> None:
    answer = ask(stage, plan, weekdays="2", latest="11:30", only="true").json()["starts"]

    assert [row["misfit"] for row in answer] == [0] * 7  # 9:00 to 9:30
    nothing: dict[str, Any] = {"found": 0, "next_from": None, "starts": [], "blockers": []}
    assert ask(stage, plan, weekdays="6", only="true").json() == nothing


@pytest.mark.parametrize(
    ("asked", "field", "mend"),
    [
        ({"weekdays": "Monday"}, "weekdays", "such as 0,2,4"),
        ({"weekdays": "7"}, "weekdays", "such as 0,2,4"),
        ({"weekdays": ""}, "weekdays", "such as 0,2,4"),
        ({"earliest": "noon"}, "earliest", "hh:mm"),
        ({"earliest": "12:00", "latest": "09:00"}, "latest", "later time than `earliest`"),
        ({"limit": "0"}, "limit", "greater than or equal to 1"),
        ({"only": "perhaps"}, "only", "boolean"),
        ({"limit": "5001"}, "limit", "less than or equal to 5000"),
        ({"to": (NOW + timedelta(days=365, minutes=1)).isoformat()}, "to", "at most 365 days"),
        ({"weekday": "1"}, "weekday", "Unknown field"),
    ],
)
def test_what_is_asked_wrongly_is_said_at_its_field(
    stage: Stage, plan: TreatmentPlan, asked: dict[str, str], field: str, mend: str
) -> None:
    answer = ask(stage, plan, **asked)

    assert answer.status_code == 400
    assert [row["field"] for row in answer.json()["errors"]] == [field]
    assert mend in answer.json()["errors"][0]["detail"]


def test_a_year_can_be_asked_for(stage: Stage, plan: TreatmentPlan) -> None:
    answer = ask(stage, plan, to=(NOW + timedelta(days=365)).isoformat(), limit=1)

    assert (answer.status_code, len(answer.json()["starts"])) == (200, 1)


def test_more_than_are_listed_are_counted_and_found_by_going_on(stage: Stage, plan: TreatmentPlan) -> None:
    whole = ask(stage, plan).json()
    assert whole["next_from"] is None
    assert whole["found"] == len(whole["starts"])

    first = ask(stage, plan, limit=50).json()
    assert (first["found"], len(first["starts"])) == (whole["found"], 50)
    listed = first["starts"]
    follows = first["next_from"]
    while follows:
        page = ask(stage, plan, limit=50, **{"from": follows}).json()
        listed += page["starts"]
        follows = page["next_from"]

    assert listed == whole["starts"]


def test_of_a_year_the_first_thousand_are_listed(house: House) -> None:
    stage = set_stage(house, days=16)
    answer = ask(stage, stage.plan(), to=(NOW + timedelta(days=365)).isoformat()).json()

    assert answer["found"] > len(answer["starts"]) == 1_000
    assert answer["next_from"] > answer["starts"][-1]["start"]


def test_a_wish_for_nothing_else_counts_what_fits_alone(stage: Stage, plan: TreatmentPlan) -> None:
    answer = ask(stage, plan, weekdays="2", latest="11:30", only="true", limit=3).json()

    assert (answer["found"], answer["next_from"], len(answer["starts"])) == (7, None, 3)


@pytest.mark.parametrize("name", ["nurse", "chair", "nurse_preferred", "chair_preferred"])
def test_whoever_is_asked_for_or_preferred_has_to_work_there(
    stage: Stage, plan: TreatmentPlan, other_house: House, name: str
) -> None:
    """As when booking: what is nobody's of the caller's is not found, the rest is said at its field."""
    kind = name.partition("_")[0]
    foreign = make_resource(other_house, ResourceKind(kind), "Another", 1)
    retired = make_resource(stage.house, ResourceKind(kind), "Gone", 1)
    Resource.objects.filter(pk=retired.pk).update(active=False)
    other_kind = stage.clinician

    for unknown in (new_id(), foreign.pk):
        assert ask(stage, plan, **{name: unknown}).status_code == 404
    for wrong in (retired, other_kind):
        answer = ask(stage, plan, **{name: wrong.pk})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {
                "field": name,
                "code": "invalid",
                "detail": f"This is not a working {kind} of the patient's clinic.",
            }
        ]


def put_on_hold(stage: Stage, plan: TreatmentPlan) -> None:
    plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=plan, reason="Fever")


def end(stage: Stage, plan: TreatmentPlan) -> None:
    plans.end_plan(
        actor=stage.house.actor(stage.house.priya),
        plan=plan,
        end_reason="transferred",
        reason="Moved away",
        now=NOW,
    )


def retire_the_version(stage: Stage, plan: TreatmentPlan) -> None:
    next_version(stage.protocol, stage.house, observation_minutes=90)


def let_it_run_out(stage: Stage, plan: TreatmentPlan) -> None:
    day = timedelta(days=1)
    TreatmentPlan.objects.filter(pk=plan.pk).update(valid_from=TODAY - 30 * day, valid_until=TODAY - day)


def book_it_out(stage: Stage, plan: TreatmentPlan) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(sessions_ordered=1)
    stage.book(plan, "10:00", TODAY + timedelta(days=4))


def revoke_consent(stage: Stage, plan: TreatmentPlan) -> None:
    Consent.objects.filter(patient=plan.patient).update(revoked_at=NOW)


def record_the_death(stage: Stage, plan: TreatmentPlan) -> None:
    Patient.objects.filter(pk=plan.patient_id).update(deceased=True)


def ask_for_a_room_that_nobody_has(stage: Stage, plan: TreatmentPlan) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(chair_features=["private-room"])


def let_the_nurses_go(stage: Stage, plan: TreatmentPlan) -> None:
    Resource.objects.filter(kind=ResourceKind.NURSE).update(active=False)


def do_all_of_it(stage: Stage, plan: TreatmentPlan) -> None:
    for each in (revoke_consent, put_on_hold, retire_the_version, ask_for_a_room_that_nobody_has):
        each(stage, plan)


@pytest.mark.parametrize(
    ("happens", "codes"),
    [
        (put_on_hold, ["plan_not_active"]),
        (end, ["plan_not_active"]),
        (retire_the_version, ["protocol_inactive"]),
        (let_it_run_out, ["plan_expired"]),
        (book_it_out, ["sessions_used_up"]),
        (revoke_consent, ["consent_missing"]),
        (record_the_death, ["patient_deceased"]),
        (ask_for_a_room_that_nobody_has, ["chair_unsuitable"]),
        (let_the_nurses_go, ["outside_hours"]),
        (do_all_of_it, ["plan_not_active", "protocol_inactive", "consent_missing", "chair_unsuitable"]),
    ],
)
def test_no_time_is_free_while_something_stands_against_any_and_all_of_it_is_said(
    stage: Stage, plan: TreatmentPlan, happens: Callable[[Stage, TreatmentPlan], None], codes: list[str]
) -> None:
    happens(stage, plan)
    answer = ask(stage, plan)
    assert (answer.status_code, answer.json()["found"], answer.json()["starts"]) == (200, 0, [])
    told = [(blocker["code"], blocker["detail"]) for blocker in answer.json()["blockers"]]
    assert [code for code, _ in told] == codes
    # The same that a booking is refused with.
    assert told == [(blocker.code, blocker.detail) for blocker in stage.check(plan, "13:00").blockers]


def test_a_visit_that_is_to_be_moved_is_no_session_too_many(stage: Stage, plan: TreatmentPlan) -> None:
    book_it_out(stage, plan)
    visit = Appointment.objects.get()
    assert ask(stage, plan).json()["found"] == 0
    answer = ask(stage, plan, appointment=visit.pk).json()
    assert (answer["blockers"], answer["starts"][-1]["start"] > "2027-01-15T18") == ([], True)


def test_only_a_visit_of_the_plan_that_is_to_come_can_be_moved(stage: Stage, plan: TreatmentPlan) -> None:
    omars = stage.book(stage.plan(stage.house.omar), "9:00")
    assert ask(stage, plan, appointment=omars.pk).status_code == 404
    cancelled = stage.cancel(stage.book(plan, "11:00"))
    assert ask(stage, plan, appointment=cancelled.pk).json()["code"] == "not_movable"


def test_the_document_tells_of_one_answer_with_its_count() -> None:
    document = SchemaGenerator().get_schema(public=True)
    said = document["paths"]["/api/v1/availability/"]["get"]
    answer = said["responses"]["200"]["content"]["application/json"]["schema"]
    limit = next(parameter for parameter in said["parameters"] if parameter["name"] == "limit")

    assert answer == {"$ref": "#/components/schemas/Availability"}
    assert (limit["schema"]["default"], limit["schema"]["maximum"]) == (1_000, 5_000)
