"""What a new version of a protocol changes and would touch stands beside its boxes before it is kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler.models import Protocol
from scheduler.prescribing import reach
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.web.pages import browser_of, words
from tests.web.test_protocols import filled
from web.plots.course_bars import Course, course_bars
from web.views.protocols import told
from web.views.protocols.told import course_of


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def typed(stage: Stage, **changed: Any) -> Any:
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    sent = filled(stage.protocol, **{"check": "typing", **changed})
    return browser_of(stage.house.priya).post(address, sent)


def test_what_was_changed_is_marked_and_what_it_touches_is_told(house: House) -> None:
    stage = set_stage(house, fasting=True)
    stage.book(stage.plan(), "10:00", TODAY + timedelta(days=1))

    page = typed(stage, observation_minutes="90", fasting_clear_hours="3", limits_systolic_mmhg_stop=">= 175")

    said = words(page)
    assert {(note.name, note.words) for note in page.context["notes"]} == {
        ("observation_minutes", "was 60 min"),
        ("fasting_clear_hours", "was 2 hours"),
        ("limits_systolic_mmhg_stop", "was ≥ 180"),
    }
    assert "Systolic pressure: stop Limits ≥ 180 ≥ 175" in said
    assert "1 plan stands under version 1." in said
    assert "until a prescriber takes it over; ordered by Priya Nair (1)." in said
    assert "1 visit to come stays as booked, under version 1, until somebody takes it over." in said
    assert "It is on Tue, Jan 12, 10:00." in said
    assert "Taken over, a visit takes 30 min longer, where chair and nurse are free" in said
    assert "a patient who was told how long to fast is told anew" in said
    assert not Protocol.objects.filter(version=2).exists()


def test_a_sessions_course_is_drawn_and_said_for_both_versions(stage: Stage) -> None:
    said = words(typed(stage, observation_minutes="30", vitals_schedule_infusion="20"))

    assert (
        "Version 1 2 h for the patient, 2 h 10 min of the chair: preparation 20, infusion 40, observation 60,"
        " turnover 10 min. 9 sets of vital signs, at minute 20, 30, 40, 50, 60, 75, 90, 105, 120." in said
    )
    assert "This draft 1 h 30 min for the patient" in said
    assert "5 sets of vital signs, at minute 20, 40, 60, 75, 90." in said


def test_the_course_is_the_one_that_the_record_will_ask_for(stage: Stage) -> None:
    course = course_of(stage.protocol)
    drawn = course_bars([course, Course([("infusion", 240)], [])])

    assert course.minutes == 130
    assert drawn.ticks == [0, 60, 120, 180, 240]
    assert [(band.phase, band.x, band.width) for band in drawn.rows[0].bands][:2] == [
        ("preparation", 0.0, 83.3),
        ("infusion", 83.3, 166.7),
    ]


@pytest.mark.parametrize(
    ("changed", "box", "mend"),
    [
        ({"dose_soft_max": "2"}, "dose_hard_max", "The hard limit must not be below the usual range."),
        ({"dose_start": "1.6"}, "dose_hard_max", "The hard limit must not be below the first dose."),
        ({"infusion_minutes": "70"}, "infusion_most_minutes", "must not be shorter than the infusion."),
        ({"spacing_min_days": "9"}, "spacing_max_days", "The most days must not be fewer than the fewest."),
        ({"observation_minutes": ""}, "observation_minutes", "Fill this in."),
        ({"limits_systolic_mmhg_stop": ">= 150"}, "limits_systolic_mmhg_stop", "before the lesser level"),
        ({"vitals_schedule_infusion": "15 x 4"}, "vitals_schedule_infusion", "Let the last stretch go on"),
        ({"preparation_units": "7"}, "preparation_units", "Give 1 to 6."),
        (
            {"limits_oxygen_saturation_percent_emergency": "< -1"},
            "limits_oxygen_saturation_percent_emergency",
            "No value would ever be past < -1. Give a limit inside 30 to 100",
        ),
    ],
)
def test_each_figure_is_checked_at_its_own_box_while_it_is_typed(
    stage: Stage, changed: dict[str, str], box: str, mend: str
) -> None:
    page = typed(stage, **changed)

    assert [fault.name for fault in page.context["faults"]] == [box]
    assert mend in page.context["faults"][0].words
    assert "Mend the boxes that are marked" in words(page)


LOOSER = "Looser than version 1 and the default: < 85."


def test_a_looser_limit_is_told_at_its_box_and_where_it_is_signed(stage: Stage) -> None:
    changed = {"limits_oxygen_saturation_percent_emergency": "< 70"}
    page = typed(stage, **changed)
    checked = typed(stage, **{**changed, "check": "yes"})

    assert {(note.name, note.words) for note in page.context["notes"]} == {
        ("limits_oxygen_saturation_percent_emergency", f"was < 85. {LOOSER}"),
    }
    assert LOOSER in words(checked)
    browser = browser_of(stage.house.priya)
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    kept = words(browser.post(address, filled(stage.protocol, **changed), follow=True))
    assert f"Oxygen saturation, emergency: < 70. {LOOSER}" in kept
    strict = browser.post(address, filled(stage.protocol, observation_minutes="90"), follow=True)
    assert "Looser than" not in words(strict)


def test_more_that_is_allowed_is_told_at_its_box_and_where_it_is_signed(stage: Stage) -> None:
    strict = next_version(
        stage.protocol,
        stage.house,
        stock_strengths_mg_per_ml=[Decimal(10), Decimal(50)],
        bag_volumes_ml=[Decimal(100)],
        most_per_week=2,
        reconsent_after_days=180,
    )
    changed = {
        "stock_strengths_mg_per_ml": "",
        "bag_volumes_ml": "100, 250",
        "most_per_week": "3",
        "reconsent_after_days": "",
    }
    address = reverse("protocol_new_version", args=[strict.pk])
    browser = browser_of(stage.house.priya)
    page = browser.post(address, filled(strict, **{"check": "typing", **changed}))
    kept = words(browser.post(address, filled(strict, **changed), follow=True))

    notes = {note.name: note.words for note in page.context["notes"]}
    assert notes["stock_strengths_mg_per_ml"] == "was 10, 50 mg/mL. Looser than version 2: 10, 50."
    assert notes["bag_volumes_ml"] == "was 100 mL. Looser than version 2: 100."
    assert "Bags hold in the end, mL: 100, 250. Looser than version 2: 100." in kept
    assert "Drawn from vials of, mg/mL: no such rule. Looser than version 2: 10, 50." in kept
    assert (
        "Most in a week, Monday to Sunday, sessions: 3. Looser than version 2: 2 (this is 1.5 times that)."
        in kept
    )
    assert "Consent is signed again after, days: no such rule. Looser than version 2: 180." in kept


def test_two_versions_stand_beside_each_other_with_the_readings_and_the_limits_that_differ(
    stage: Stage,
) -> None:
    schedule = {**stage.protocol.vitals_schedule, "infusion": [{"every": 20}]}
    limits = {**stage.protocol.limits}
    limits["systolic_mmhg"] = {**limits["systolic_mmhg"], "caution_rise_percent": 30}
    newer = next_version(stage.protocol, stage.house, vitals_schedule=schedule, limits=limits)
    browser = browser_of(stage.house.ana)

    address = reverse("compare_protocols", args=[newer.pk, stage.protocol.pk])
    page = words(browser.get(address))

    assert address in browser.get(reverse("protocol", args=[newer.pk])).content.decode()
    assert "mood-40: version 2 beside version 1" in page
    assert (
        "During the infusion Vital signs are due every 10 min every 20 min No longer at minute 10 and 30."
        in page
    )
    assert "Systolic pressure: caution at a rise Limits" in page
    assert "caution from 30 % above the own baseline" in page
    assert "Less careful than version 1 or by default" in page
    assert "7 sets of vital signs" in page
    same = words(browser.get(reverse("compare_protocols", args=[newer.pk, newer.pk])))
    assert "It says the same as version 2." in same
    other = Protocol.objects.get(code="pain-4h")
    assert browser.get(reverse("compare_protocols", args=[newer.pk, other.pk])).status_code == 404


def test_less_care_in_dose_watch_and_way_home_is_told_at_its_box_and_where_it_is_signed(stage: Stage) -> None:
    changed = {
        "dose_start": "5",
        "dose_soft_max": "12",
        "dose_hard_max": "15",
        "observation_minutes": "0",
        "vitals_schedule_infusion": "300",
        "near_baseline_percent": "100",
        "near_baseline_sets": "1",
    }
    notes = {note.name: note.words for note in typed(stage, **changed).context["notes"]}
    browser = browser_of(stage.house.priya)
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    kept = words(browser.post(address, filled(stage.protocol, **changed), follow=True))

    assert set(notes) == set(changed)
    looser = "Looser than version 1 and the default: "
    assert notes["dose_start"] == f"was 0.5. {looser}0.5 (this is 10 times that)."
    assert notes["observation_minutes"] == f"was 60 min. {looser}60."
    assert "Less careful than before or by default" in kept
    assert f"Never above: 15. {looser}1.5 (this is 10 times that)." in kept
    assert "Vital signs, during the infusion: every 300 min. Looser than version 1" in kept
    assert "every 10 min (this is 30 times that)" in kept
    assert "Sets in a row: 1. Looser than version 1" in kept


WIDER = "Wider than version 1 and the default: 40 to 300."


def test_an_entry_that_is_taken_more_widely_is_told_at_its_box_and_where_it_is_signed(stage: Stage) -> None:
    changed = {"rings_systolic_mmhg_reject": "30 to 320"}
    page = typed(stage, **changed)

    assert [note.words for note in page.context["notes"]] == [f"was empty. {WIDER}"]
    browser = browser_of(stage.house.priya)
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    kept = words(browser.post(address, filled(stage.protocol, **changed), follow=True))
    assert f"Systolic pressure, taken: 30 to 320. {WIDER}" in kept


def test_a_limit_that_can_not_be_read_is_to_be_mended_and_not_called_looser(stage: Stage) -> None:
    page = typed(stage, limits_oxygen_saturation_percent_emergency="85")

    assert "Write bounds such as < 90, >= 160." in words(page)
    assert page.context["notes"] == []


def test_check_says_the_same_without_a_script_and_loses_nothing(stage: Stage) -> None:
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    sent = filled(stage.protocol, check="yes", dose_start="1.2", citation="As agreed on Monday")

    page = browser_of(stage.house.priya).post(address, sent)

    said = words(page)
    assert "The first dose lies outside the usual range" in said
    assert "was 0.5" in said
    assert 'value="1.2"' in page.content.decode()
    assert "As agreed on Monday" in page.content.decode()
    assert not Protocol.objects.filter(version=2).exists()


def test_orders_that_the_draft_does_not_allow_are_named_with_whose_they_are(stage: Stage) -> None:
    plan = stage.plan(ordered_dose=Decimal("0.5"), sessions_ordered=6)
    stage.plan(stage.house.omar, ordered_dose=Decimal("0.3"), sessions_ordered=4)

    page = typed(
        stage, series_max="5", series_typical="5", dose_hard_max="0.45", dose_soft_max="0.4", dose_start="0.3"
    )

    said = words(page)
    assert "Rosa Delgado , ordered by Priya Nair:" in said
    assert "Order 1 to 5 sessions under mood-40." in said
    assert "0.5 mg/kg is above this protocol's limit of 0.45 mg/kg." in said
    assert "Omar Haddad ," not in said
    assert reverse("plan", args=[plan.pk]) in page.content.decode()


def test_of_many_orders_the_first_are_named_and_the_others_counted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "MOST_NAMED", 1)
    stage.plan(sessions_ordered=6)
    stage.plan(stage.house.omar, sessions_ordered=6)

    said = words(typed(stage, series_max="5", series_typical="5"))

    assert said.count("ordered by Priya Nair:") == 1
    assert "And 1 more." in said


def test_sources_of_several_lines_are_not_changed_by_being_sent(stage: Stage) -> None:
    as_browsers_send_it = stage.protocol.citation.replace("\n", "\r\n")
    page = typed(stage, citation=as_browsers_send_it, observation_minutes="90")

    assert as_browsers_send_it != stage.protocol.citation
    assert [note.name for note in page.context["notes"]] == ["observation_minutes"]


def test_each_figure_names_what_it_may_be_and_where_its_default_comes_from(stage: Stage) -> None:
    page = words(browser_of(stage.house.priya).get(reverse("protocol_new_version", args=[stage.protocol.pk])))

    assert "A default that is Chairside's own choice has no outside source, and general knowledge was" in page
    assert "First dose Above 0. Default 0.5: Chairside's own choice." in page
    assert (
        "No clear liquids before the start optional 0 to 48, or empty. Default 2: general knowledge." in page
    )
    assert "Near the own baseline is within 1 to 100. Default 20: of the PADSS scale as published." in page
    assert "How old the weight may be (0: of the day) 0 to 365. days" in page  # the house has no source
    assert "Consent is signed again after optional 1 to 3,650, or empty. No default. days" in page
    assert "Liver tests are asked for after, in all optional 1 to 1,000,000, or empty. No default" in page


def test_where_no_version_is_in_force_nothing_is_touched(stage: Stage) -> None:
    draft = Protocol.objects.get(code="pain-4h")
    address = reverse("protocol_new_version", args=[draft.pk])

    page = browser_of(stage.house.max).post(address, filled(draft, check="typing", turnover_minutes="15"))

    assert "No version is in force: nothing stands under one." in words(page)


def test_the_one_who_signs_reads_what_it_touches(stage: Stage) -> None:
    stage.plan()
    address = reverse("protocol_new_version", args=[stage.protocol.pk])
    browser = browser_of(stage.house.priya)

    page = words(browser.post(address, filled(stage.protocol, observation_minutes="45"), follow=True))

    assert "Sign: in force from now on" in page
    assert "1 plan stands under version 1." in page
    assert "This draft 1 h 45 min for the patient" in page


def test_what_is_touched_is_found_in_three_queries_however_much_stands(
    stage: Stage, django_assert_num_queries: Any
) -> None:
    becomes = reach.as_signed(stage.protocol, {"series_max": 3})
    stage.book(stage.plan(), "10:00")
    with django_assert_num_queries(3):
        reach.reach_of(becomes, now=NOW)
    plan = stage.plan(stage.house.omar)
    for ahead in (1, 3):
        stage.book(plan, "10:00", TODAY + timedelta(days=ahead))
    with django_assert_num_queries(3):
        found = reach.reach_of(becomes, now=NOW)
    assert found is not None
    assert (found.plans, found.visits, len(found.not_allowed)) == (2, 3, 2)


def test_a_protocol_that_went_out_of_force_is_compared_with_the_one_in_force(stage: Stage) -> None:
    second = next_version(stage.protocol, stage.house, observation_minutes=90)
    address = reverse("protocol_new_version", args=[stage.protocol.pk])

    page = words(
        browser_of(stage.house.priya).post(
            address, filled(stage.protocol, check="typing", turnover_minutes="5")
        )
    )

    assert f"No plan stands under version {second.version}." in page


def test_typing_costs_the_same_however_many_plans(stage: Stage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert typed(stage, observation_minutes="90").status_code == 200
        return len(captured)

    queries()
    few = queries()
    stage.plan()
    stage.plan(stage.house.omar)

    assert queries() == few
