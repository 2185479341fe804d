"""A plan is written whole, checked against the protocol version and the screen; protocols are signed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from clinic.signin import Proof
from scheduler.models import ContraindicationFinding, PlanStatus, Protocol, ProtocolStatus, TreatmentPlan
from scheduler.prescribing import orders, plans, screening
from scheduler.protocols import protocols
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS
from scheduler.vocabulary import ICD_10_CM, INDICATIONS
from tests.cast import NOW, PASSWORD, TODAY, House
from tests.scheduler.stage import HEALTHY, active_protocol, next_version, write_plan


@pytest.fixture
def mood(house: House) -> Protocol:
    return active_protocol(house)


def refusals(house: House, protocol: Protocol, **changes: Any) -> dict[str, str]:
    """The fields that a plan is refused for, each with its code."""
    with pytest.raises(Invalid) as refusal:
        write_plan(house, protocol, house.rosa, **changes)
    assert not TreatmentPlan.objects.exists()
    return {error["field"]: error["code"] for error in refusal.value.data["errors"]}


def test_the_defaults_are_drafts_with_the_published_figures(house: House) -> None:
    adopted = {protocol.code: protocol for protocol in protocols.adopt_defaults(clinic=house.clinic)}

    assert {protocol.status for protocol in adopted.values()} == {"draft"}
    rows = {
        code: (
            (one.dose_start, one.dose_soft_min, one.dose_soft_max, one.dose_hard_max),
            (one.infusion_minutes, one.observation_minutes, one.block_length // timedelta(minutes=1)),
            (one.series_min, one.series_typical, one.series_max),
            (one.spacing_min_days, one.spacing_max_days),
            (one.maintenance_min_days, one.maintenance_max_days),
            one.total_soft_min_mg,
        )
        for code, one in adopted.items()
    }
    assert rows == {  # domain.md 2.2, row by row
        "mood-40": (doses("0.5 0.25 1.0 1.5"), (40, 60, 130), (4, 6, 8), (2, 5), (7, 42), None),
        "cluster-60": (doses("0.5 0.25 0.75 1.0"), (60, 60, 150), (1, 4, 4), (7, 14), (None, None), None),
        "headache-4h": (doses("0.1 0.1 0.35 1.0"), (240, 60, 330), (3, 5, 7), (1, 3), (28, 84), None),
        "pain-4h": (doses("0.35 0.2 1.0 2.0"), (240, 60, 330), (3, 5, 10), (1, 3), (28, 90), 80),
    }


def doses(figures: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(figure) for figure in figures.split())


def test_adopting_again_changes_nothing(house: House) -> None:
    first = protocols.adopt_defaults(clinic=house.clinic)

    assert protocols.adopt_defaults(clinic=house.clinic) == first
    assert Protocol.objects.count() == 4


def test_every_indication_has_its_words() -> None:
    codes = {code for record in DEFAULT_PROTOCOLS for code in record["indications"]}

    assert codes == set(INDICATIONS)
    assert all(ICD_10_CM.fullmatch(code) for code in codes)


def test_a_prescriber_puts_a_draft_in_force_by_signing_it(house: House) -> None:
    protocols.adopt_defaults(clinic=house.clinic)
    draft = Protocol.objects.get(code="headache-4h")

    signed = protocols.activate(
        actor=house.actor(house.priya), protocol=draft, proof=Proof(PASSWORD), now=NOW
    )

    assert (signed.status, signed.approved_by_id, signed.approved_at) == ("active", house.priya.pk, NOW)
    assert Protocol.objects.filter(status="active").get() == signed


def test_a_new_version_retires_the_one_before(house: House, mood: Protocol) -> None:
    second = next_version(mood, house, dose_hard_max=Decimal("1.25"))

    mood.refresh_from_db()
    assert (mood.status, second.status, second.version) == ("retired", "active", 2)
    assert mood.dose_hard_max == Decimal("1.5")


def test_signing_twice_keeps_the_first_signature(house: House, mood: Protocol) -> None:
    again = protocols.activate(
        actor=house.actor(house.priya), protocol=mood, proof=Proof(PASSWORD), now=NOW + timedelta(days=1)
    )

    assert again.approved_at == NOW


def test_a_retired_version_does_not_come_back(house: House, mood: Protocol) -> None:
    next_version(mood, house)

    with pytest.raises(Conflict) as refusal:
        protocols.activate(actor=house.actor(house.priya), protocol=mood, proof=Proof(PASSWORD), now=NOW)

    assert refusal.value.code == "protocol_retired"


def test_a_plan_is_active_and_holds_the_whole_screen(house: House, mood: Protocol) -> None:
    plan = write_plan(house, mood, house.rosa)

    assert (plan.status, plan.prescriber_id, plan.clinic_id) == (
        PlanStatus.ACTIVE,
        house.priya.pk,
        house.clinic.pk,
    )
    assert plan.findings.count() == len(screening.ITEMS)


@pytest.mark.parametrize(
    ("dose", "acknowledged", "refused_for"),
    [
        ("1.5", True, {}),
        ("1.501", True, {"ordered_dose": "hard_limit"}),
        ("1.0", False, {}),
        ("1.001", False, {"soft_limit_acknowledged": "soft_limit"}),
        ("1.001", True, {}),
        ("0.25", False, {}),
        ("0.249", False, {"soft_limit_acknowledged": "soft_limit"}),
        ("0", True, {"ordered_dose": "invalid"}),
        ("-0.5", True, {"ordered_dose": "invalid"}),
        ("0.50001", True, {"ordered_dose": "invalid"}),
    ],
)
def test_the_dose_is_held_against_the_protocols_limits(
    house: House, mood: Protocol, dose: str, acknowledged: bool, refused_for: dict[str, str]
) -> None:
    errors = orders.dose_errors(mood, Decimal(dose), soft_limit_acknowledged=acknowledged)

    assert {error["field"]: error["code"] for error in errors} == refused_for


def test_a_dose_below_the_hard_minimum_is_refused_however_it_is_acknowledged(
    house: House, mood: Protocol
) -> None:
    mood.dose_hard_min = Decimal("0.2")
    assert orders.dose_errors(mood, Decimal("0.2"), soft_limit_acknowledged=True) == []
    [error] = orders.dose_errors(mood, Decimal("0.199"), soft_limit_acknowledged=True)
    assert (error["field"], error["code"]) == ("ordered_dose", "hard_limit")
    assert error["detail"] == "0.199 mg/kg is below this protocol's lowest dose of 0.2 mg/kg. Order more."


def test_every_field_that_needs_mending_is_named_at_once(house: House, mood: Protocol) -> None:
    found = refusals(
        house,
        mood,
        indication="G44.009",
        ordered_dose=Decimal("2"),
        sessions_ordered=9,
        valid_from=TODAY,
        valid_until=TODAY - timedelta(days=1),
        findings={**HEALTHY, "pregnancy": screening.Answer("unknown")},
    )

    assert found == {
        "indication": "invalid",
        "ordered_dose": "hard_limit",
        "sessions_ordered": "invalid",
        "valid_until": "invalid",
        "findings.pregnancy": "unknown",
    }


@pytest.mark.parametrize("code", ["F332", "f33.2", "F33.2 ", "U", "33.2", "F33.23456"])
def test_an_indication_is_an_icd_10_code_with_its_point(house: House, mood: Protocol, code: str) -> None:
    assert refusals(house, mood, indication=code) == {"indication": "invalid"}


def test_a_plan_under_a_draft_is_refused(house: House, mood: Protocol) -> None:
    draft = Protocol.objects.get(code="cluster-60")
    assert draft.status == ProtocolStatus.DRAFT

    assert refusals(house, draft, sessions_ordered=4) == {"protocol": "protocol_inactive"}


def test_a_plan_under_another_clinics_protocol_is_refused(
    house: House, other_house: House, mood: Protocol
) -> None:
    assert "protocol" in refusals(house, active_protocol(other_house))


def test_a_plan_that_is_over_already_is_refused(house: House, mood: Protocol) -> None:
    """TODAY is the clinic's day: at 5:59 UTC it is still the day before in Chicago."""
    yesterday = TODAY - timedelta(days=1)
    at_night = NOW.replace(hour=5, minute=59)

    assert write_plan(house, mood, house.omar, valid_from=yesterday, valid_until=yesterday, now=at_night)
    TreatmentPlan.objects.all().delete()
    assert refusals(house, mood, valid_from=yesterday, valid_until=yesterday) == {"valid_until": "invalid"}


def test_no_plan_is_written_after_death(house: House, mood: Protocol) -> None:
    house.rosa.deceased = True

    assert refusals(house, mood) == {"patient": "invalid"}


def test_a_finding_goes_ahead_only_with_the_prescribers_reason(house: House, mood: Protocol) -> None:
    present = {**HEALTHY, "sleep_apnoea": screening.Answer("present")}
    assert refusals(house, mood, findings=present) == {"findings.sleep_apnoea": "present"}

    reasoned = {**HEALTHY, "sleep_apnoea": screening.Answer("present", "Mild, treated")}
    plan = write_plan(house, mood, house.rosa, findings=reasoned)

    finding = ContraindicationFinding.objects.get(plan=plan, item="sleep_apnoea")
    assert (finding.override_reason, finding.override_by_id, finding.override_at) == (
        "Mild, treated",
        house.priya.pk,
        NOW,
    )


# --- The screen by itself -------------------------------------------------------------------------------


def test_a_screen_without_findings_passes() -> None:
    assert screening.obstacles(HEALTHY) == []


@pytest.mark.parametrize("item", screening.ITEMS, ids=lambda item: item.code)
def test_each_item_blocks_by_itself(item: screening.Item) -> None:
    def outcome(answer: screening.Answer | None) -> list[str]:
        answers = {code: given for code, given in HEALTHY.items() if code != item.code}
        if answer:
            answers[item.code] = answer
        return [obstacle.code for obstacle in screening.obstacles(answers) if obstacle.item == item.code]

    assert outcome(None) == ["unanswered"]
    assert outcome(screening.Answer("unknown")) == ["unknown"]
    assert outcome(screening.Answer("unknown", "reason")) == ["unknown"]
    assert outcome(screening.Answer("present")) == ["present"]
    assert outcome(screening.Answer("present", "  ")) == ["present"]
    assert outcome(screening.Answer("present", "reason")) == []
    assert outcome(screening.Answer("absent", "reason")) == ["override_without_finding"]


def test_an_answer_to_no_question_is_refused() -> None:
    found = screening.obstacles({**HEALTHY, "pregnacy": screening.Answer("absent")})

    assert [(obstacle.item, obstacle.code) for obstacle in found] == [("pregnacy", "not_an_item")]


def test_items_are_named_once() -> None:
    assert len({item.code for item in screening.ITEMS}) == len(screening.ITEMS)
    assert len({item.question for item in screening.ITEMS}) == len(screening.ITEMS)


def test_one_course_has_one_plan(house: House, mood: Protocol) -> None:
    """Two of one kind would each be booked out. Another patient's, another protocol's and one for later days
    stand beside it."""
    plan = write_plan(house, mood, house.rosa)

    with pytest.raises(Conflict, match="end it before you write another") as refusal:
        write_plan(house, mood, house.rosa)

    assert (refusal.value.code, refusal.value.data["plan"]) == ("plan_stands", str(plan.pk))
    later = plan.valid_until + timedelta(days=1)
    for patient, protocol, changes in (
        (house.omar, mood, {}),
        (house.rosa, active_protocol(house, "cluster-60"), {"indication": "G44.019", "sessions_ordered": 4}),
        (house.rosa, mood, {"valid_from": later, "valid_until": later}),
    ):
        assert write_plan(house, protocol, patient, **changes).status == PlanStatus.ACTIVE


def test_an_ended_plan_makes_room_for_another(house: House, mood: Protocol) -> None:
    plan = write_plan(house, mood, house.rosa)
    plans.end_plan(
        actor=house.actor(house.priya), plan=plan, end_reason="other", reason="Another dose", now=NOW
    )

    assert write_plan(house, mood, house.rosa).status == PlanStatus.ACTIVE
