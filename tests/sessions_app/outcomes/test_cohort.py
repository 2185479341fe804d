"""The rules of a cohort report (domain.md 5.1), one by one, and against a second, naive implementation."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.outcomes import cohort, cohort_table
from sessions_app.outcomes.cohort import Case, Query, Scored
from sessions_app.outcomes.diary_counts import Day
from sessions_app.signing.record import canonical

START = date(2027, 1, 4)
TODAY = START + timedelta(days=400)
QUERY = Query(instrument="phq-9")
TWO_WEEKS = (0, 2, 4, 7, 9, 11)


def noon(day: date) -> datetime:
    """When each infusion of these stories starts."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def scored(day: int, total: int, *, hour: int = 8, **details: Any) -> Scored:
    """A score on this day, counted from that of the first infusion."""
    on = START + timedelta(days=day)
    at = datetime(on.year, on.month, on.day, hour, tzinfo=UTC)
    return Scored(at=at, on=on, total=total, **{"version": "1", **details})


def case(*scores: Scored, infusions: tuple[int, ...] = TWO_WEEKS, **details: Any) -> Case:
    on = tuple(START + timedelta(days=day) for day in infusions)
    usual: dict[str, Any] = {
        "protocol": "mood-40",
        "indication": "F33.2",
        "dose_band": "0.5 mg/kg",
        "planned": 4,
        "most": 8,
        "starts": tuple(noon(day) for day in on),
        "last_contact": max([*on, *(score.on for score in scores)]),
    }
    return Case(infusions=on, scores=scores, **{**usual, **details})


def figures(*cases: Case, query: Query = QUERY, today: date = TODAY) -> dict[str, Any]:
    whole: dict[str, Any] = cohort.report(cases, query, today=today)["all"]
    return whole


def look(one: Case, query: Query = QUERY) -> cohort.Seen:
    return cohort.look(one, query, today=TODAY)


def test_all_three_numbers_are_told_with_why_somebody_is_left_out() -> None:
    found = figures(
        case(scored(-1, 20), scored(30, 10)),
        case(scored(-1, 20), infusions=(0, 2, 4)),
        case(scored(30, 3)),
        case(scored(-1, 0), scored(30, 3)),
    )
    assert (found["treated"], found["induction_complete"], found["evaluable"]) == (4, 3, 1)
    assert found["excluded"] == {"baseline_zero": 1, "no_baseline": 1, "nothing_in_window": 1}


def test_observed_and_imputed_stand_side_by_side() -> None:
    found = figures(case(scored(-1, 20), scored(30, 10)), *[case(scored(-1, 20))] * 3)["response"]
    assert (found["observed"]["count"], found["observed"]["of"]) == (1, 1)
    assert (found["imputed"]["count"], found["imputed"]["of"]) == (1, 4)
    assert (found["imputed"]["low"], found["imputed"]["high"]) == (Decimal("0.0456"), Decimal("0.6994"))


def test_the_baseline_is_the_last_score_before_the_first_start_and_not_too_old() -> None:
    one = case(scored(-30, 25), scored(-3, 18), scored(0, 15, hour=11), scored(0, 12, hour=12))
    assert look(one).baseline == scored(0, 15, hour=11)
    assert look(case(scored(-30, 25))).baseline == scored(-30, 25)
    assert look(case(scored(-31, 25))).excluded == "no_baseline"


@pytest.mark.parametrize(("day", "inside"), [(13, False), (14, True), (31, True), (32, False)])
def test_the_window_runs_from_the_last_infusion_of_the_induction(day: int, inside: bool) -> None:
    one = case(scored(-1, 20), scored(11 + day, 5))
    assert look(one).evaluable is inside


NEXT_DAY = replace(QUERY, window_first=0, window_target=1, window_last=3)


@pytest.mark.parametrize(("hour", "inside"), [(11, False), (12, True)])
def test_a_window_from_the_last_infusions_day_on_begins_with_that_infusion(hour: int, inside: bool) -> None:
    """What was asked that morning, before it, is no answer to it."""
    one = case(scored(-1, 20), scored(11, 5, hour=hour))
    assert look(one, NEXT_DAY).evaluable is inside


def test_the_baseline_of_the_same_morning_is_not_its_own_later_value() -> None:
    one = case(scored(0, 20), infusions=(0,))
    assert look(one, NEXT_DAY).excluded == "nothing_in_window"
    assert look(replace(one, scores=(*one.scores, scored(2, 9))), NEXT_DAY).later == scored(2, 9)


def test_of_several_values_the_nearest_to_the_target_counts_and_of_two_the_earlier() -> None:
    one = case(scored(-1, 20), scored(11 + 19, 9), scored(11 + 23, 5), scored(11 + 25, 1))
    assert look(one).later == scored(11 + 19, 9)
    assert look(replace(one, scores=(*one.scores, scored(11 + 22, 7)))).later == scored(11 + 22, 7)


def test_another_version_of_the_instrument_is_no_later_value() -> None:
    assert look(case(scored(-1, 20), scored(30, 5, version="2"))).excluded == "nothing_in_window"


def test_prorated_scores_count_only_when_asked_for() -> None:
    one = case(scored(-1, 20), scored(30, 5, prorated=True))
    assert not look(one).evaluable
    assert look(one, replace(QUERY, prorated=True)).evaluable


def test_infusions_after_the_induction_are_maintenance() -> None:
    seen = look(case(infusions=(*TWO_WEEKS, 28, 29, 60)))
    assert seen.induction_end == START + timedelta(days=28)
    assert look(case(infusions=(0, 1, 2, 3, 4, 5, 6, 7, 8))).induction_end == START + timedelta(days=7)


def test_a_patient_whose_window_is_open_yet_is_counted_and_named() -> None:
    young = case(scored(-1, 20))
    assert figures(young, today=START + timedelta(days=11 + 31))["in_window"] == 1
    assert figures(young, today=START + timedelta(days=11 + 32))["in_window"] == 0


def test_remission_is_told_only_of_those_who_started_at_ten_or_more() -> None:
    found = figures(
        case(scored(-1, 10), scored(30, 4)),
        case(scored(-1, 10), scored(30, 5)),
        case(scored(-1, 9), scored(30, 0)),
        case(scored(-1, 12)),
        case(scored(-1, 9)),
        case(scored(30, 3)),
    )["remission"]
    assert (found["observed"]["count"], found["observed"]["of"]) == (1, 2)
    assert found["imputed"]["of"] == 3
    assert found["left_out"] == {"baseline_too_low": 2, "no_baseline": 1}, "everybody treated is told of"
    assert figures(query=Query(instrument="gad-7"))["remission"] is None


def test_harm_stands_beside_benefit() -> None:
    found = figures(
        case(scored(-1, 20, safety=0), scored(30, 21, safety=1), adverse=3, serious=1),
        case(scored(-1, 20, safety=2), scored(30, 8, safety=2)),
        case(scored(-1, 20), scored(30, 20, safety=1)),
    )["harm"]
    assert (found["worse"]["count"], found["worse"]["of"]) == (1, 3)
    assert (found["safety_item_up"]["count"], found["safety_item_up"]["of"]) == (1, 2)
    assert (found["sessions"], found["adverse_events"], found["serious_adverse_events"]) == (18, 3, 1)
    assert found["adverse_events_per_100_sessions"] == Decimal("16.6667")


def test_durability_ends_with_a_lost_response_or_a_maintenance_infusion_or_the_last_contact() -> None:
    lost = case(scored(-1, 20), scored(30, 8), scored(60, 11))
    kept = case(scored(-1, 20), scored(30, 8), scored(60, 9))
    topped_up = case(scored(-1, 20), scored(30, 8), scored(70, 9), infusions=(*TWO_WEEKS, 50))
    steps = figures(lost, kept, topped_up)["durability"]["steps"]
    assert [(step["day"], step["events"], step["censored"]) for step in steps] == [(39, 1, 0), (49, 1, 1)]
    passed_over = figures(lost, kept, topped_up, query=replace(QUERY, maintenance="ignored"))["durability"]
    assert [(s["day"], s["events"], s["censored"]) for s in passed_over["steps"]] == [(49, 1, 1), (59, 0, 1)]
    assert passed_over["still_responding"] == {"28": Decimal("1.0000"), "56": Decimal("0.6667")}


HEADACHES = replace(QUERY, instrument="headache-days")


def told(first: int, days: int, *, headaches: int) -> list[Day]:
    """So many days of the diary from this day on, the first ones with headache."""
    return [
        Day(day=START + timedelta(days=first + at), headache=at < headaches, migraine=at < headaches // 2)
        for at in range(days)
    ]


@pytest.mark.parametrize(("after", "responders"), [(10, 1), (11, 0)])
def test_half_the_headache_days_of_the_period_before_is_a_response(after: int, responders: int) -> None:
    """28 days before the first infusion against 28 after the last of the induction, on day 11."""
    one = case(
        diary=(*told(-28, 28, headaches=20), *told(0, 12, headaches=12), *told(12, 28, headaches=after))
    )
    found = figures(one, query=HEADACHES)
    assert (found["evaluable"], found["response"]["observed"]["count"]) == (1, responders)
    assert found["remission"] is None


@pytest.mark.parametrize(
    ("before", "after", "excluded"),
    [(23, 23, {}), (22, 23, {"no_baseline": 1}), (23, 22, {"nothing_in_window": 1})],
)
def test_a_period_counts_when_four_fifths_of_its_days_were_entered(
    before: int, after: int, excluded: dict[str, int]
) -> None:
    """domain.md 5 [D]: no entry is not "no headache"; 23 of 28 days are 82 %, 22 are 79 %."""
    one = case(diary=(*told(-28, before, headaches=20), *told(12, after, headaches=5)))
    assert figures(one, query=HEADACHES)["excluded"] == excluded


def test_periods_of_unlike_entries_are_compared_by_28_days() -> None:
    """20 of 28 days, then 9 of 23: brought to 28 days these are 10.96, more than half."""
    one = case(diary=(*told(-28, 28, headaches=20), *told(12, 23, headaches=9)))
    assert figures(one, query=HEADACHES)["response"]["observed"]["count"] == 0


def test_migraine_days_are_a_measure_of_their_own() -> None:
    one = case(diary=(*told(-28, 28, headaches=20), *told(12, 28, headaches=11)))
    migraines = figures(one, query=replace(QUERY, instrument="migraine-days"))
    assert migraines["response"]["observed"]["count"] == 1  # 10 days, then 5


def test_a_period_that_is_not_over_is_still_in_its_window() -> None:
    one = case(diary=(*told(-28, 28, headaches=20), *told(12, 27, headaches=0)))
    found = figures(one, query=HEADACHES, today=START + timedelta(days=38))
    assert (found["evaluable"], found["in_window"]) == (0, 1)


def test_groups_are_by_protocol_indication_and_dose_band() -> None:
    found = cohort.report([case(), case(indication="F41.1", protocol="pain-4h")], QUERY, today=TODAY)
    assert [(row["name"], row["treated"]) for row in found["by_protocol"]] == [("mood-40", 1), ("pain-4h", 1)]
    assert [row["name"] for row in found["by_indication"]] == ["F33.2", "F41.1"]
    assert [(row["name"], row["treated"]) for row in found["by_dose_band"]] == [("0.5 mg/kg", 2)]


def test_a_report_can_be_bounded_by_the_first_infusion() -> None:
    assert figures(case(), query=replace(QUERY, started_from=START))["treated"] == 1
    assert figures(case(), query=replace(QUERY, started_from=START + timedelta(days=1)))["treated"] == 0
    assert figures(case(), query=replace(QUERY, started_until=START - timedelta(days=1)))["treated"] == 0


def a_known_cohort() -> list[Case]:
    return [
        case(
            scored(-1 - place % 33, 8 + place % 17, safety=place % 3),
            scored(20 + place % 30, place % 23, safety=place % 2),
            scored(60 + place, place % 19, safety=0),
            infusions=TWO_WEEKS[: 2 + place % 5],
            adverse=place % 4,
            serious=place % 9 == 0,
            protocol=("mood-40", "pain-4h")[place % 3 == 0],
        )
        for place in range(60)
    ]


def test_whoever_changes_what_is_counted_raises_the_code_version() -> None:
    frozen = canonical(cohort.report(a_known_cohort(), QUERY, today=TODAY))
    known = {"cohort/6": "0085ceb2e1fb091014b6f9304ed733eae3193fd2170ecaa7423c02ee0d4f1024"}
    assert hashlib.sha256(frozen.encode()).hexdigest() == known[cohort.CODE_VERSION]


# --- A second implementation, as plain as can be ----------------------------------------------------------
days = st.integers(-40, 90)
values = st.builds(
    scored,
    days,
    st.integers(0, 27),
    hour=st.integers(0, 23),
    prorated=st.booleans(),
    safety=st.integers(0, 3),
)
infusion_days = st.sets(st.integers(1, 60), max_size=10).map(lambda more: (0, *sorted(more)))
patients = st.builds(
    lambda scores, infusions: case(*scores, infusions=infusions),
    st.lists(values, max_size=6, unique_by=lambda score: score.at),
    infusion_days,
)


def naive(one: Case, query: Query) -> tuple[bool, int | Fraction | None, int | Fraction | None]:
    """Complete?, baseline and later total, walking through days and scores with plain loops."""
    induction: list[date] = []
    for on in one.infusions:
        if on <= one.infusions[0] + timedelta(days=query.induction_days) and len(induction) < one.most:
            induction.append(on)
    baseline: Scored | None = None
    for score in sorted(one.scores, key=lambda each: each.at):
        fresh = score.on >= one.infusions[0] - timedelta(days=query.baseline_days)
        if score.at < one.starts[0] and fresh and (query.prorated or not score.prorated):
            baseline = score
    later: Scored | None = None
    for distance in range(400):
        for score in sorted(one.scores, key=lambda each: each.at):
            since = (score.on - induction[-1]).days
            after = score.at >= noon(induction[-1])
            if later is None and after and query.window_first <= since <= query.window_last:
                near = abs(since - query.window_target) == distance
                if near and (query.prorated or not score.prorated):
                    later = score
    return (
        len(induction) >= one.planned,
        baseline.total if baseline else None,
        later.total if later else None,
    )


@settings(max_examples=100)
@given(st.lists(patients, max_size=12), st.booleans(), st.sampled_from([QUERY, NEXT_DAY]))
def test_the_figures_agree_with_a_naive_reckoning(cases: list[Case], prorated: bool, window: Query) -> None:
    query = replace(window, prorated=prorated)
    found = figures(*cases, query=query)
    seen = [naive(one, query) for one in cases]
    pairs = [(before, after) for _, before, after in seen if before and after is not None]
    responders = sum(after * 2 <= before for before, after in pairs)
    assert found["induction_complete"] == sum(complete for complete, _, _ in seen)
    assert found["evaluable"] == len(pairs)
    assert found["response"]["observed"]["count"] == responders
    assert found["response"]["imputed"]["of"] == len(cases)
    assert found["remission"]["observed"]["count"] == sum(b >= 10 and a < 5 for b, a in pairs)
    assert found["remission"]["observed"]["of"] == sum(b >= 10 for b, _ in pairs)
    assert found["harm"]["worse"]["count"] == sum(after > before for before, after in pairs)
    assert found["durability"]["responders"] == responders


# --- What is taken away ------------------------------------------------------------------------------------
def rows(cases: list[Case]) -> list[dict[str, str | None]]:
    found = cohort_table.table(cohort.report(cases, QUERY, today=TODAY))
    return [dict(zip(cohort_table.HEADER, row, strict=True)) for row in found]


def responders(how_many: int, **details: Any) -> list[Case]:
    return [case(scored(-1, 20), scored(30, 5), **details)] * how_many


def others(how_many: int, **details: Any) -> list[Case]:
    return [case(scored(-1, 20), scored(30, 15), **details)] * how_many


def test_cells_below_eleven_are_not_told_and_eleven_is() -> None:
    [whole, *_] = rows(responders(11) + others(11))
    assert (whole["treated"], whole["responders"], whole["response_observed"]) == ("22", "11", "0.5000")
    [whole, *_] = rows(responders(10) + others(20))
    assert (whole["treated"], whole["responders"], whole["response_observed"]) == ("30", "<11", None)


def test_a_cell_is_held_back_when_the_rest_of_its_set_would_be_below_eleven() -> None:
    [whole, *_] = rows(responders(20) + others(10))
    assert (whole["responders"], whole["response_observed"]) == ("held back", None)


def test_one_hidden_group_takes_the_next_smallest_with_it() -> None:
    found = rows(responders(40) + responders(30, protocol="pain-4h") + responders(5, protocol="cluster-60"))
    treated = {row["name"]: row["treated"] for row in found if row["breakdown"] == "protocol"}
    assert treated == {"cluster-60": "<11", "mood-40": "40", "pain-4h": "held back"}


def test_overall_change_needs_no_baseline_and_tells_harm_beside_benefit() -> None:
    """domain.md 5: a responder of PGIC is much or very much improved [V:50b]."""
    change = replace(QUERY, instrument="pgic")
    told = [case(scored(30, said)) for said in (7, 6, 5, 4, 3)]
    found = figures(*told, case(), query=change)
    assert (found["treated"], found["evaluable"], found["excluded"]) == (6, 5, {"nothing_in_window": 1})
    assert [found["response"][which]["count"] for which in ("observed", "imputed")] == [2, 2]
    assert [found["response"][which]["of"] for which in ("observed", "imputed")] == [5, 6]
    assert (found["harm"]["worse"]["count"], found["harm"]["worse"]["of"]) == (1, 5)
    assert (found["remission"], found["harm"]["safety_item_up"]) == (None, None)


def test_an_overall_change_that_is_lost_ends_its_response() -> None:
    change = replace(QUERY, instrument="pgic")
    lost = case(scored(30, 7), scored(60, 5))
    kept = case(scored(30, 6), scored(60, 6))
    [step] = figures(lost, kept, query=change)["durability"]["steps"]
    assert (step["day"], step["at_risk"], step["events"], step["censored"]) == (49, 2, 1, 1)
