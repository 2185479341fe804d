"""The protocols' pages: taken over, read, drafted anew, signed, retired."""

from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse

from scheduler.models import Protocol
from scheduler.protocols import protocols
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.clinic.second_factor import code_for
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words
from web.views.protocols.form import DraftForm
from web.views.protocols.words import changes


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def filled(after: Protocol, **changed: Any) -> dict[str, Any]:
    """The form as the page shows it, but for what was changed on it."""
    form = DraftForm(after)
    shown = {name: form[name].value() for name in form.fields}
    known = {name: value for name, value in shown.items() if value is not None}
    return {**known, "id": str(new_id()), **changed}


def draft(stage: Stage, **changed: Any) -> Any:
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    return browser_of(stage.house.priya).post(address, filled(stage.protocol, **changed), follow=True)


def test_a_new_clinic_takes_the_defaults_over(house: House) -> None:
    browser = browser_of(house.max)
    empty = browser.get(reverse("protocols"))

    page = browser.post(reverse("adopt_protocols"), follow=True)

    assert "No protocols yet" in words(empty)
    assert words(page).count("Draft") >= 4
    assert "Take over the default protocols" not in words(page)
    assert "Take over" not in words(browser_of(house.nils).get(reverse("protocols")))


def test_everybody_reads_a_version_whole(house: House) -> None:
    stage = set_stage(house, fasting=True)
    page = words(browser_of(stage.house.ana).get(reverse("protocol", args=[stage.protocol.pk])))

    for said in (
        "0.25 to 1 mg per kg",
        "40 min, 3 of a nurse's 6 units: one nurse to two patients",
        "2 to 5",
        "until 6 hours before the start",
        "Ride home with a named adult",
        "every 5 min, 2 times",
        "< 90, ≥ 160",
        "caution from 20 % above the own baseline; stop at 2 readings in a row",
        "Temperature °C 25 to 45 35 to 39.5 everywhere",
        "within 20 %",
        "Singh 2016, n = 67",
    ):
        assert said in page
    assert "New version" not in page


def test_a_changed_version_is_kept_as_a_draft_and_says_what_it_changes(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00")

    page = words(
        draft(
            stage,
            observation_minutes="90",
            limits_systolic_mmhg_stop=">= 175",
            limits_distress_stop="",
            rings_systolic_mmhg_confirm="80 to 200",
            vitals_schedule_infusion="5 x 2, 10",
            prn_medicines_0_medicine="Ondansetron",
            prn_medicines_0_amount="4",
            prn_medicines_0_unit="mg",
            prn_medicines_0_route="IV",
            prn_medicines_0_reason="Nausea",
        )
    )

    made = Protocol.objects.get(code="mood-40", version=2)
    assert made.status == "draft"
    assert made.limits["systolic_mmhg"]["stop"] == {"at_least": 175}
    assert made.vitals_schedule["infusion"] == [{"every": 5, "times": 2}, {"every": 10}]
    assert {(change.label, change.was, change.becomes) for change in changes(stage.protocol, made)} == {
        (
            "Observation, at least",
            "60 min, 2 of a nurse's 6 units: one nurse to three patients",
            "90 min, 2 of a nurse's 6 units: one nurse to three patients",
        ),
        ("Systolic pressure: stop", "≥ 180", "≥ 175"),
        ("Distress: stop", "≥ 7", "–"),  # noqa: RUF001
        ("Systolic pressure: taken without asking", "70 to 220", "80 to 200"),
        ("During the infusion", "every 10 min", "every 5 min, 2 times; then every 10 min"),
        ("Ondansetron", "–", "4 mg IV, Nausea"),  # noqa: RUF001
    }
    assert "under which 1 plan and 1 visit to come stand." in page
    assert "Systolic pressure: stop Limits ≥ 180 ≥ 175" in page


def test_a_form_left_as_it_is_drafts_nothing(stage: Stage) -> None:
    page = draft(stage)

    assert page.status_code == 409
    assert "This says the same as version 1." in words(page)
    assert not Protocol.objects.filter(version=2).exists()


def test_what_can_be_read_and_what_can_be_meant_are_told_together(stage: Stage) -> None:
    page = draft(
        stage,
        infusion_minutes="0",
        limits_rass_stop="about 3",
        rings_rass_reject="4 to -5",
        prn_medicines_2_medicine="Ondansetron",
        prn_medicines_2_amount="4",
        prn_medicines_2_unit="mg",
        prn_medicines_2_reason="Nausea",
        citation="As agreed on Monday",
    )

    assert page.status_code == 400
    assert set(page.context["form"].errors) == {
        "infusion_minutes",
        "limits_rass_stop",
        "rings_rass_reject",
        "prn_medicines_2_route",
    }
    assert "about 3" in page.content.decode()
    assert "As agreed on Monday" in page.content.decode()


def test_unticked_items_are_not_asked_and_all_ticked_is_all(stage: Stage) -> None:
    draft(stage, checklist=["identity", "consent"])

    made = Protocol.objects.get(version=2)
    assert made.checklist == ["identity", "consent"]
    offered: Any = DraftForm(made).fields["checklist"]
    form = DraftForm(made, filled(made, checklist=[item for item, _ in offered.choices]))
    assert form.is_valid()
    assert form.content["checklist"] == []


def test_what_a_version_limits_is_kept_as_it_is_typed_and_told_in_words(stage: Stage) -> None:
    limits = {
        "dose_hard_min": "0.2",
        "total_soft_min_mg": "20",
        "stock_strengths_mg_per_ml": "50; 10",
        "bag_volumes_ml": "100, 250",
        "most_per_week": "3",
        "most_per_year": "12",
        "review_after_sessions": "4",
        "reconsent_after_days": "365",
        "liver_test_after_mg": "2000",
    }
    page = words(draft(stage, **limits))

    kept = Protocol.objects.get(code="mood-40", version=stage.protocol.version + 1)
    assert (kept.stock_strengths_mg_per_ml, kept.bag_volumes_ml) == ([50, 10], [100, 250])
    for said in (
        "Never below 0.2 mg per kg",
        "Usually at least in one session 20 mg",
        "Drawn from vials of 10, 50 mg/mL",
        "Bags hold in the end 100, 250 mL",
        "In a week at most 3 sessions from a Monday to its Sunday",
        "In a year at most 12 sessions in any 365 days",
        "Without a response a prescriber decides after 4 infusions",
        "Consent is signed again after 365 days",
        "Liver tests asked for after 2000 mg given in all, and after as much again",
    ):
        assert said in page


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("50 mg", "Write amounts with commas between, such as 10, 50."),
        ("20", "Ketamine comes as 10, 50, 100 mg/mL: name those of them."),
    ],
)
def test_a_strength_that_there_is_not_is_refused_at_its_box_as_it_was_typed(
    stage: Stage, typed: str, mend: str
) -> None:
    page = draft(stage, stock_strengths_mg_per_ml=typed)
    assert page.status_code == 400
    assert mend in words(page)
    assert f'value="{typed}"' in page.content.decode()


def test_a_prescriber_signs_and_others_may_not(stage: Stage) -> None:
    draft(stage, observation_minutes="90")
    made = Protocol.objects.get(version=2)
    sign = reverse("sign_protocol", args=[made.pk])

    assert browser_of(stage.house.max).post(sign).status_code == 403
    browser = browser_of(stage.house.priya)
    asked = words(browser.get(reverse("protocol", args=[made.pk])))
    assert "Your password, again" in asked
    assert "Your password, again optional" not in asked
    silent = browser.post(sign)
    guess = browser.post(sign, {"password": "guess"})
    assert [refused.status_code for refused in (silent, guess)] == [400, 400]
    assert "Enter your password again: it makes this your signature." in words(silent)
    assert "This is not your password." in words(guess)
    made.refresh_from_db()
    assert made.status == "draft"
    page = browser.post(sign, {"password": PASSWORD}, follow=True)

    assert "Version 2 of mood-40 is in force." in words(page)
    old = words(browser_of(stage.house.priya).get(reverse("protocol", args=[stage.protocol.pk])))
    assert "Retired when a newer version was signed" in old


def test_whoever_has_a_second_factor_signs_a_version_with_its_code_too(stage: Stage) -> None:
    draft(stage, observation_minutes="90")
    made = Protocol.objects.get(version=2)
    secret = generate_totp_secret()
    TOTP.activate(stage.house.priya, secret)
    sign, browser = reverse("sign_protocol", args=[made.pk]), browser_of(stage.house.priya)
    assert 'name="code"' in browser.get(reverse("protocol", args=[made.pk])).content.decode()

    without = browser.post(sign, {"password": PASSWORD})
    wrong = browser.post(sign, {"password": PASSWORD, "code": "000000"})

    assert [refused.status_code for refused in (without, wrong)] == [400, 400]
    assert "This code is not right, or was used before." in words(wrong)
    for page in (without, wrong):
        assert PASSWORD not in page.content.decode()
    made.refresh_from_db()
    assert made.status == "draft"
    code = code_for(secret)
    page = browser.post(sign, {"password": PASSWORD, "code": code}, follow=True)
    assert "Version 2 of mood-40 is in force." in words(page)


def test_over_the_api_a_version_is_signed_with_the_code_and_a_code_signs_once(stage: Stage) -> None:
    secret = generate_totp_secret()
    TOTP.activate(stage.house.priya, secret)
    api = client_of(stage.house.priya)
    draft(stage, observation_minutes="90")
    second = Protocol.objects.get(version=2)
    proof = {"password": PASSWORD, "code": code_for(secret)}
    refused = api.post(f"/api/v1/protocols/{second.pk}/activate/", {"password": PASSWORD}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "code")
    assert api.post(f"/api/v1/protocols/{second.pk}/activate/", proof, format="json").status_code == 200
    draft(stage, observation_minutes="100")
    third = Protocol.objects.get(version=3)
    used = api.post(f"/api/v1/protocols/{third.pk}/activate/", proof, format="json")
    assert (used.status_code, used.json()["errors"][0]["field"]) == (400, "code")
    third.refresh_from_db()
    assert third.status == "draft"


def test_what_keeps_a_draft_from_being_signed_is_told_with_its_place(stage: Stage) -> None:
    draft(stage, observation_minutes="90")
    made = Protocol.objects.get(version=2)
    said = protocols.content_of(made)
    deaf = {**made.limits, "oxygen_saturation_percent": {"stop": {"below": -1}}}
    old = Protocol.objects.create(
        clinic=stage.house.clinic, code=made.code, version=3, **said | {"limits": deaf}
    )

    browser = browser_of(stage.house.priya)
    page = browser.post(reverse("sign_protocol", args=[old.pk]), {"password": PASSWORD})

    assert page.status_code == 400
    assert "Oxygen saturation, stop: No value would ever be past < -1. Give a limit inside 30" in words(page)
    old.refresh_from_db()
    assert old.status == "draft"


def test_a_version_is_retired_with_a_reason_that_stays_readable(stage: Stage) -> None:
    stage.plan()
    address = reverse("retire_protocol", args=[stage.protocol.pk])
    browser = browser_of(stage.house.priya)

    silent = browser.post(address, {"reason": ""})
    page = browser.post(address, {"reason": "Supply ran out"}, follow=True)

    assert silent.status_code == 400
    assert "Retired Supply ran out" in words(page)
    assert "Rosa Delgado" in words(page)
    assert "Nothing more can be booked under this plan. No version is in force" in words(page)


def test_the_list_costs_the_same_however_many_versions(
    stage: Stage, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(stage.house.priya)
    with django_assert_max_num_queries(30) as few:
        browser.get(reverse("protocols"))
    for minutes in (61, 62, 63):
        protocols.draft_version(
            actor=stage.house.actor(stage.house.priya),
            id=new_id(),
            after=stage.protocol,
            changes={"observation_minutes": minutes},
        )
    with django_assert_num_queries(len(few)):
        browser.get(reverse("protocols"))
