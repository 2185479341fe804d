"""A new version of a protocol is drafted, signed, retired; what a version may say is checked as a whole."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from clinic.signin import Proof
from scheduler.models import Protocol
from scheduler.prescribing import plans
from scheduler.protocols import limit_content, protocol_content, protocols
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS, LIMITS, SHORT_INFUSION_READINGS
from sessions_app.observing import alert_rules, vital_limits
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.scheduler.stage import active_protocol, set_stage, write_plan


@pytest.fixture
def mood(house: House) -> Protocol:
    return active_protocol(house)


def draft(house: House, after: Protocol, **changes: Any) -> Protocol:
    return protocols.draft_version(
        actor=house.actor(house.priya),
        id=new_id(),
        after=after,
        changes=changes or {"observation_minutes": 90},
    )


def test_a_draft_is_a_copy_with_the_next_number_but_for_its_changes(house: House, mood: Protocol) -> None:
    made = draft(house, mood, observation_minutes=90)

    assert (made.version, made.status, made.approved_by, made.code) == (2, "draft", None, "mood-40")
    was, says = protocols.content_of(mood), protocols.content_of(made)
    assert {name: value for name, value in says.items() if value != was[name]} == {"observation_minutes": 90}
    assert draft(house, mood, observation_minutes=45).version == 3


def test_a_version_that_says_the_same_is_none(house: House, mood: Protocol) -> None:
    with pytest.raises(Conflict) as refused:
        draft(house, mood, observation_minutes=60)
    assert refused.value.code == "nothing_changed"


def test_the_signed_draft_takes_the_place_and_what_stands_stays_where_it_was(house: House) -> None:
    stage = set_stage(house)
    plan = stage.plan()
    stage.book(plan, "10:00")
    made = draft(house, stage.protocol)

    protocols.activate(actor=house.actor(house.priya), protocol=made, proof=Proof(PASSWORD), now=NOW)

    stage.protocol.refresh_from_db()
    plan.refresh_from_db()
    assert (stage.protocol.status, plan.protocol) == ("retired", stage.protocol)
    assert protocols.in_use(stage.protocol, now=NOW) == protocols.InUse(plans=1, visits=1)
    assert protocols.in_use(stage.protocol, now=NOW + timedelta(days=1)).visits == 0
    assert protocols.in_use(made, now=NOW) == protocols.InUse(plans=0, visits=0)


def test_a_plan_that_ended_and_a_visit_that_was_cancelled_are_not_in_use(house: House) -> None:
    stage = set_stage(house)
    plan = stage.plan()
    stage.cancel(stage.book(plan, "10:00"))
    plans.end_plan(actor=house.actor(house.priya), plan=plan, end_reason="other", reason="Well", now=NOW)

    assert protocols.in_use(stage.protocol, now=NOW) == protocols.InUse(plans=0, visits=0)


def test_a_prescriber_retires_a_version_and_the_history_keeps_why(house: House, mood: Protocol) -> None:
    priya = house.actor(house.priya)
    for _ in range(2):
        retired = protocols.retire(actor=priya, protocol=mood, reason="Supply ran out")

    assert retired.status == "retired"
    change = Protocol.pgh_event_model.objects.filter(pgh_obj_id=mood.pk, status="retired").get()  # type: ignore[attr-defined]
    assert change.pgh_context.metadata["reason"] == "Supply ran out"
    assert change.pgh_context.metadata["user"] == str(house.priya.pk)
    with pytest.raises(Invalid):
        write_plan(house, retired, house.rosa)


def test_a_draft_that_was_thrown_away_is_never_signed(house: House, mood: Protocol) -> None:
    made = draft(house, mood)
    protocols.retire(actor=house.actor(house.priya), protocol=made, reason="A slip")

    with pytest.raises(Conflict) as refused:
        protocols.activate(actor=house.actor(house.priya), protocol=made, proof=Proof(PASSWORD), now=NOW)
    assert refused.value.code == "protocol_retired"


def test_retiring_needs_a_reason(house: House, mood: Protocol) -> None:
    with pytest.raises(Invalid):
        protocols.retire(actor=house.actor(house.priya), protocol=mood, reason=" ")
    mood.refresh_from_db()
    assert mood.status == "active"


# --- What a version may say -------------------------------------------------------------------------------


def content(**changes: Any) -> dict[str, Any]:
    """`mood-40` as it is adopted, but for the changes."""
    adopted = Protocol(version=1, **deepcopy(DEFAULT_PROTOCOLS[0]))
    return {**protocols.content_of(adopted), **changes}


def limits(sign: str, **levels: Any) -> dict[str, Any]:
    return {**LIMITS, sign: {**LIMITS[sign], **levels}}


def readings(**phases: Any) -> dict[str, Any]:
    return {**SHORT_INFUSION_READINGS, **phases}


ORDER = {"medicine": "Ondansetron", "amount": "4", "unit": "mg", "route": "IV", "reason": "Nausea"}


@pytest.mark.parametrize("record", DEFAULT_PROTOCOLS, ids=lambda record: record["code"])
def test_every_default_can_stand(record: dict[str, Any]) -> None:
    assert protocol_content.faults(protocols.content_of(Protocol(version=1, **record))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": limits("heart_rate_per_min", stop={"below": 40, "above": 150}, stop_readings=2)},
        {"rings": {"systolic_mmhg": {"reject": [40, 260], "confirm": [80, 200]}}},
        {"rings": {"temperature_cel": {"confirm": [35.5, 39]}}},
        {"checklist": ["identity", "own-item"]},
        {"prn_medicines": [ORDER, {**ORDER, "medicine": "Labetalol", "amount": 2.5}]},
        {"weight_basis": "capped", "weight_cap_kg": Decimal(120)},
        {"vitals_schedule": readings(infusion=[{"every": 5, "times": 2}, {"every": 15}])},
        {"fasting_clear_hours": None, "maintenance_min_days": None, "maintenance_max_days": None},
        {
            "dose_hard_min": Decimal("0.25"),
            "total_soft_min_mg": Decimal(80),
            "total_hard_max_mg": Decimal(80),
        },
        {"stock_strengths_mg_per_ml": [Decimal(50), Decimal(10)], "bag_volumes_ml": [Decimal("100.5")]},
        {"most_per_week": 3, "most_per_year": 12, "review_after_sessions": 4},
        {"reconsent_after_days": 365, "liver_test_after_mg": 2000},
    ],
)
def test_what_can_be_meant_is_taken(changes: dict[str, Any]) -> None:
    assert protocol_content.faults(content(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"indications": []}, "indications"),
        ({"indications": ["F332"]}, "indications"),
        ({"indications": ["F33.2", "F33.2"]}, "indications"),
        ({"dose_start": Decimal("1.6")}, "dose_hard_max"),
        ({"dose_soft_max": Decimal("1.6")}, "dose_hard_max"),
        ({"dose_soft_min": Decimal(0)}, "dose_soft_min"),
        ({"dose_hard_max": None}, "dose_hard_max"),
        ({"total_hard_max_mg": Decimal(0)}, "total_hard_max_mg"),
        ({"dose_hard_min": Decimal(0)}, "dose_hard_min"),
        ({"dose_hard_min": Decimal("0.251")}, "dose_soft_min"),
        ({"total_soft_min_mg": Decimal(81), "total_hard_max_mg": Decimal(80)}, "total_hard_max_mg"),
        ({"stock_strengths_mg_per_ml": [Decimal(20)]}, "stock_strengths_mg_per_ml"),
        ({"stock_strengths_mg_per_ml": [Decimal(50), Decimal("50.0")]}, "stock_strengths_mg_per_ml"),
        ({"bag_volumes_ml": [Decimal(0)]}, "bag_volumes_ml"),
        ({"bag_volumes_ml": [Decimal(100), Decimal(100)]}, "bag_volumes_ml"),
        ({"most_per_week": 8}, "most_per_week"),
        ({"most_per_week": 3, "most_per_year": 2}, "most_per_year"),
        ({"reconsent_after_days": 0}, "reconsent_after_days"),
        ({"weight_basis": "capped"}, "weight_cap_kg"),
        ({"weight_cap_kg": Decimal(100)}, "weight_cap_kg"),
        ({"infusion_minutes": 0}, "infusion_minutes"),
        ({"infusion_minutes": None}, "infusion_minutes"),
        ({"infusion_minutes": 29}, "infusion_minutes"),
        ({"infusion_minutes": 61}, "infusion_most_minutes"),
        ({"preparation_units": 7}, "preparation_units"),
        ({"observation_units": 0}, "observation_units"),
        ({"series_max": 5}, "series_max"),
        ({"spacing_min_days": 6}, "spacing_max_days"),
        ({"spacing_max_days": 366}, "spacing_max_days"),
        ({"maintenance_max_days": None}, "maintenance_max_days"),
        ({"chair_features": ["Private Room"]}, "chair_features"),
        ({"near_baseline_sets": 0}, "near_baseline_sets"),
        ({"vitals_schedule": {}}, "vitals_schedule"),
        ({"vitals_schedule": readings(grace_minutes=-1)}, "vitals_schedule.grace_minutes"),
        ({"vitals_schedule": readings(infusion=[])}, "vitals_schedule.infusion"),
        ({"vitals_schedule": readings(infusion=[{"every": 10, "times": 4}])}, "vitals_schedule.infusion"),
        ({"vitals_schedule": readings(observation=[{"every": 0}])}, "vitals_schedule.observation"),
        ({"vitals_schedule": readings(after_change=[{"every": 5}])}, "vitals_schedule.after_change"),
        ({"vitals_schedule": readings(observation=[{"each": 5}])}, "vitals_schedule.observation"),
        (
            {"vitals_schedule": readings(after_change=[{"every": 5, "times": 0}])},
            "vitals_schedule.after_change",
        ),
        ({"limits": []}, "limits"),
        ({"limits": {"pulse": {}}}, "limits"),
        ({"limits": limits("rass", stop={"at_least": 3, "above": 3})}, "limits.rass.stop"),
        ({"limits": limits("rass", halt={"above": 1})}, "limits.rass.halt"),
        ({"limits": limits("rass", stop={"over": 1})}, "limits.rass.stop"),
        ({"limits": limits("rass", stop={"above": "3"})}, "limits.rass.stop"),
        ({"limits": limits("rass", start_hold={"below": True})}, "limits.rass.start_hold"),
        ({"limits": limits("rass", stop={})}, "limits.rass.stop"),
        ({"limits": limits("systolic_mmhg", stop={"at_least": 150})}, "limits.systolic_mmhg.stop"),
        (
            {"limits": limits("oxygen_saturation_percent", stop={"below": 95})},
            "limits.oxygen_saturation_percent.stop",
        ),
        ({"limits": limits("rass", start_hold={"below": 2, "above": 1})}, "limits.rass.start_hold"),
        ({"limits": limits("distress", stop_readings=3)}, "limits.distress.stop_readings"),
        ({"limits": limits("distress", caution_rise_percent=0)}, "limits.distress.caution_rise_percent"),
        (
            {"rings": {"oxygen_saturation_percent": {"reject": [-10, 100]}}},
            "rings.oxygen_saturation_percent.reject",
        ),
        (
            {"rings": {"oxygen_saturation_percent": {"reject": [30, 110]}}},
            "rings.oxygen_saturation_percent.reject",
        ),
        ({"rings": {"heart_rate_per_min": {"reject": [-10, 300]}}}, "rings.heart_rate_per_min.reject"),
        ({"rings": {"heart_rate_per_min": {"reject": [0, 10_000]}}}, "rings.heart_rate_per_min.reject"),
        ({"rings": {"pulse": {"reject": [1, 2]}}}, "rings"),
        ({"rings": {"rass": {"reject": [4, -5]}}}, "rings.rass.reject"),
        ({"rings": {"rass": {"reject": [-4, 3], "confirm": [-5, 3]}}}, "rings.rass.confirm"),
        ({"rings": {"rass": {"reject": [-4, 3], "confirm": [-4, 4]}}}, "rings.rass.confirm"),
        ({"rings": {"rass": {}}}, "rings.rass"),
        ({"checklist": ["Ride home"]}, "checklist"),
        ({"checklist": ["identity", "identity"]}, "checklist"),
        ({"prn_medicines": "Ondansetron"}, "prn_medicines"),
        ({"prn_medicines": [{"medicine": "Ondansetron"}]}, "prn_medicines.0"),
        ({"prn_medicines": [{**ORDER, "route": " "}]}, "prn_medicines.0.route"),
        ({"prn_medicines": [{**ORDER, "amount": "some"}]}, "prn_medicines.0.amount"),
        ({"prn_medicines": [{**ORDER, "amount": "0"}]}, "prn_medicines.0.amount"),
        ({"prn_medicines": [ORDER, {**ORDER, "medicine": "ondansetron"}]}, "prn_medicines.1.medicine"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert [fault[0] for fault in protocol_content.faults(content(**changes))] == [field]


SPO2, BREATHS, PULSE, PRESSURE = (
    "oxygen_saturation_percent",
    "respiratory_rate_per_min",
    "heart_rate_per_min",
    "systolic_mmhg",
)


@pytest.mark.parametrize(
    ("sign", "level", "bounds", "mend"),
    [
        (
            SPO2,
            "start_hold",
            {"below": -1},
            "No value would ever be past < -1. Give a limit inside 30 to 100",
        ),
        (SPO2, "emergency", {"below": -1}, "No value would ever be past < -1."),
        (SPO2, "emergency", {"below": 20}, "No value would ever be past < 20."),
        (SPO2, "emergency", {"below": 30}, "No value would ever be past < 30."),
        (SPO2, "start_hold", {"below": 1000}, "Every value would be past < 1000."),
        (BREATHS, "stop", {"below": -1, "above": 30}, "No value would ever be past < -1."),
        (BREATHS, "stop", {"below": 8, "above": 70}, "No value would ever be past > 70."),
        (PULSE, "stop", {"below": -1, "above": 150}, "Give a limit inside 20 to 300"),
        (PRESSURE, "caution", {"at_least": -1}, "Every value would be past ≥ -1."),
        (PRESSURE, "caution", {"at_least": 40}, "Every value would be past ≥ 40."),
        (PRESSURE, "emergency", {"at_least": 301}, "No value would ever be past ≥ 301."),
        (PULSE, "start_flag", {"above": 19}, "Every value would be past > 19."),
    ],
)
def test_a_limit_that_never_alarms_or_always_is_refused_with_what_is_taken(
    sign: str, level: str, bounds: dict[str, Any], mend: str
) -> None:
    [(field, words)] = protocol_content.faults(content(limits=limits(sign, **{level: bounds})))

    assert field == f"limits.{sign}.{level}"
    assert mend in words


@pytest.mark.parametrize(
    ("sign", "bounds"), [(SPO2, {"below": 100}), (PRESSURE, {"at_least": 300}), (PULSE, {"above": 20})]
)
def test_a_limit_that_a_single_value_passes_or_keeps_is_taken(sign: str, bounds: dict[str, Any]) -> None:
    assert protocol_content.faults(content(limits=limits(sign, start_flag=bounds))) == []


def test_a_limit_is_judged_by_what_can_be_entered_whatever_its_version_would_take() -> None:
    beyond = {"rings": {SPO2: {"reject": [-10, 100]}}, "limits": limits(SPO2, start_flag={"below": -5})}

    found = [field for field, _ in protocol_content.faults(content(**beyond))]
    assert found == [f"limits.{SPO2}.start_flag", f"rings.{SPO2}.reject"]


def test_a_limit_is_judged_by_what_its_own_version_takes() -> None:
    narrow = {"rings": {SPO2: {"reject": [86, 100]}}}

    assert [field for field, _ in protocol_content.faults(content(**narrow))] == [f"limits.{SPO2}.emergency"]
    wide = {"rings": {SPO2: {"reject": [0, 100]}}, "limits": limits(SPO2, emergency={"below": 20})}
    assert protocol_content.faults(content(**wide)) == []


def test_a_draft_of_old_that_can_never_alarm_is_not_signed(house: House, mood: Protocol) -> None:
    made = draft(house, mood)
    levels = ("start_hold", "caution", "stop", "emergency")
    deaf = limits(SPO2, **{level: {"below": -1} for level in levels})
    old = protocols.content_of(made) | {"limits": deaf}
    kept = Protocol.objects.create(clinic=house.clinic, code=made.code, version=made.version + 1, **old)

    with pytest.raises(Invalid) as refused:
        protocols.activate(actor=house.actor(house.priya), protocol=kept, proof=Proof(PASSWORD), now=NOW)

    named = {error["field"] for error in refused.value.data["errors"]}
    assert named == {f"limits.{SPO2}.{level}" for level in levels}
    mood.refresh_from_db()
    assert mood.status == "active"


def test_every_fault_is_told_at_once() -> None:
    wrong = content(title="", infusion_minutes=0, spacing_min_days=9)
    assert [field for field, _ in protocol_content.faults(wrong)] == [
        "title",
        "infusion_minutes",
        "spacing_max_days",
    ]


def test_a_version_can_limit_what_the_record_measures_and_nothing_else() -> None:
    assert tuple(vital_limits.RINGS) == limit_content.SIGNS
    assert limit_content.WORSENING == alert_rules.LEVELS


def test_every_column_of_a_version_is_content_or_says_whose_it_is() -> None:
    about = {"id", "created_at", "clinic", "code", "version", "status", "approved_by", "approved_at"}
    assert {field.name for field in Protocol._meta.fields} == about | set(protocol_content.COLUMNS)


# --- Over the API -----------------------------------------------------------------------------------------


def test_over_the_api_a_version_is_drafted_signed_and_retired(house: House, mood: Protocol) -> None:
    priya, here = client_of(house.priya), "/api/v1/protocols/"
    asked = {"id": str(new_id()), "after": str(mood.pk), "dose_soft_max": "0.9", "checklist": ["identity"]}

    made = client_of(house.max).post(here, asked)
    signed = priya.post(f"{here}{made.json()['id']}/activate/", {"password": PASSWORD})
    use = client_of(house.ana).get(f"{here}{mood.pk}/in-use/")
    retired = priya.post(f"{here}{made.json()['id']}/retire/", {"reason": "A slip"})

    assert (made.status_code, made.json()["version"], made.json()["dose_soft_max"]) == (201, 2, "0.900")
    assert made.json()["checklist"] == ["identity"]
    assert signed.json()["status"] == "active"
    assert use.json() == {"plans": 0, "visits": 0}
    assert retired.json()["status"] == "retired"


def test_over_the_api_a_version_is_signed_with_ones_own_password(house: House, mood: Protocol) -> None:
    made = draft(house, mood)

    answer = client_of(house.priya).post(f"/api/v1/protocols/{made.pk}/activate/", {"password": "wrong"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    made.refresh_from_db()
    assert made.status == "draft"


def test_over_the_api_every_field_in_doubt_is_named(house: House, mood: Protocol) -> None:
    asked = {
        "id": str(new_id()),
        "after": str(mood.pk),
        "infusion_minutes": 0,
        "limits": {"rass": {"halt": {"above": 1}}},
    }
    answer = client_of(house.priya).post("/api/v1/protocols/", asked)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["infusion_minutes", "limits.rass.halt"]
    assert Protocol.objects.filter(code="mood-40").count() == 1
