"""Scores held to the published tables (domain.md section 5), and to a second, plain way of adding up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.outcomes import instruments, scoring
from sessions_app.outcomes.instruments import GAD_7, HIT_6, INSTRUMENTS, MIDAS, PAIN_NRS, PCL_5, PGIC, PHQ_9
from sessions_app.outcomes.scoring import band

# Kroenke 2001 for PHQ-9 [V:37], Spitzer's bands for GAD-7 [V:39], grades of MIDAS [V:54], HIT-6 [G].
PUBLISHED_BANDS = {
    PHQ_9: {
        (0, 4): "Minimal",
        (5, 9): "Mild",
        (10, 14): "Moderate",
        (15, 19): "Moderately severe",
        (20, 27): "Severe",
    },
    GAD_7: {(0, 4): "Minimal", (5, 9): "Mild", (10, 14): "Moderate", (15, 21): "Severe"},
    MIDAS: {(0, 5): "Grade I", (6, 10): "Grade II", (11, 20): "Grade III", (21, 460): "Grade IV"},
    HIT_6: {
        (36, 49): "Little or no impact",
        (50, 55): "Some impact",
        (56, 59): "Substantial impact",
        (60, 78): "Severe impact",
    },
    PCL_5: {(0, 30): "Below the provisional cut", (31, 80): "At or above the provisional cut"},
    PGIC: {(1, 5): "Not improved much", (6, 7): "Improved much or very much"},
}


@pytest.mark.parametrize(
    ("instrument", "low", "high", "label"),
    [
        (instrument, low, high, label)
        for instrument, table in PUBLISHED_BANDS.items()
        for (low, high), label in table.items()
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_each_score_falls_into_its_published_band(
    instrument: instruments.Instrument, low: int, high: int, label: str
) -> None:
    assert [band(instrument, score) for score in range(low, high + 1)] == [label] * (high - low + 1)


@pytest.mark.parametrize(
    ("instrument", "items", "lowest", "highest"),
    [(PHQ_9, 9, 0, 27), (GAD_7, 7, 0, 21), (PCL_5, 20, 0, 80), (PGIC, 1, 1, 7), (HIT_6, 1, 36, 78)],
    ids=lambda value: getattr(value, "code", value),
)
def test_totals_span_the_published_range(
    instrument: instruments.Instrument, items: int, lowest: int, highest: int
) -> None:
    assert len(instrument.items) == items
    least = dict.fromkeys(range(1, items + 1), instrument.lowest_answer)
    most = dict.fromkeys(range(1, items + 1), instrument.highest_answer)
    assert scoring.score(instrument, least).total == lowest == instrument.low
    assert scoring.score(instrument, most).total == highest == instrument.high


def test_the_codes_are_those_of_the_domain_reference() -> None:
    assert [item.loinc for item in PHQ_9.items] == [
        *("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
    ]
    assert (PHQ_9.panel_loinc, PHQ_9.total_loinc, PHQ_9.safety_item) == ("44249-1", "44261-6", 9)
    assert [item.loinc for item in GAD_7.items] == [
        *("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")
    ]
    assert (GAD_7.panel_loinc, GAD_7.total_loinc) == ("69737-5", "70274-6")
    assert {choice.value: choice.code for choice in PHQ_9.choices} == {
        0: "LA6568-5",
        1: "LA6569-3",
        2: "LA6570-1",
        3: "LA6571-9",
    }
    assert INSTRUMENTS["nrs-pain"].total_loinc == "72514-3"


def test_of_licensed_instruments_only_a_total_is_kept() -> None:
    assert [len(INSTRUMENTS[code].items) for code in ("hit-6", "midas")] == [1, 1]


def test_a_missing_item_leaves_no_total_unless_prorating_is_chosen() -> None:
    answers = dict.fromkeys(range(1, 8), 2)  # 8 and 9 are missing
    plain = scoring.score(PHQ_9, answers)
    assert (plain.total, plain.prorated, plain.missing) == (None, False, (8, 9))
    chosen = scoring.score(PHQ_9, answers, prorate=True)
    assert (chosen.total, chosen.prorated) == (18, True)


def test_three_missing_items_are_never_made_up_for() -> None:
    answers = dict.fromkeys(range(1, 7), 2)
    assert scoring.score(PHQ_9, answers, prorate=True).total is None


def test_a_whole_form_is_not_marked_as_prorated() -> None:
    answers = dict.fromkeys(range(1, 8), 1)
    assert scoring.score(GAD_7, answers, prorate=True) == scoring.Score(7, False, ())


def test_pcl_5_has_no_rule_for_missing_items() -> None:
    answers = dict.fromkeys(range(1, 20), 1)
    assert scoring.score(PCL_5, answers, prorate=True).total is None


@given(st.dictionaries(st.integers(1, 9), st.integers(0, 3)), st.booleans())
def test_scores_agree_with_a_second_way_of_adding_up(answers: dict[int, int], prorate: bool) -> None:
    found = scoring.score(PHQ_9, answers, prorate=prorate)
    missing = 9 - len(answers)
    if missing == 0:
        assert found.total == sum(answers.values())
    elif prorate and missing <= 2:
        mean = Fraction(sum(answers.values()), len(answers))
        exact = mean * 9
        whole = int(exact)
        assert found.total == whole + (1 if exact - whole >= Fraction(1, 2) else 0)
        assert found.prorated
    else:
        assert found.total is None
        assert not found.prorated


@pytest.mark.parametrize(
    ("baseline", "later", "expected"), [(20, 10, True), (21, 10, True), (21, 11, False), (1, 0, True)]
)
def test_half_is_half_in_integers(baseline: int, later: int, expected: bool) -> None:
    assert scoring.responded(PHQ_9, baseline=baseline, later=later) is expected


# domain.md section 5: 5 points of PHQ-9, 4 of GAD-7 [G], 5 and 10 of PCL-5 [V:40], IMMPACT for pain [V:50].
PUBLISHED_STEPS = [
    (PHQ_9, 20, 16, ""),
    (PHQ_9, 20, 15, "5 points or more less: a meaningful change"),
    (GAD_7, 15, 12, ""),
    (GAD_7, 15, 11, "4 points or more less: a meaningful change"),
    (PCL_5, 50, 46, ""),
    (PCL_5, 50, 45, "5 points or more less: a reliable change"),
    (PCL_5, 50, 41, "5 points or more less: a reliable change"),
    (PCL_5, 50, 40, "10 points or more less: a meaningful change"),
    (PAIN_NRS, 10, 10, ""),
    (PAIN_NRS, 10, 9, "10 % or more less: a minimal improvement"),
    (PAIN_NRS, 10, 8, "10 % or more less: a minimal improvement"),
    (PAIN_NRS, 10, 7, "30 % or more less: a moderate improvement"),
    (PAIN_NRS, 10, 6, "30 % or more less: a moderate improvement"),
    (PAIN_NRS, 10, 5, "50 % or more less: a substantial improvement"),
    (PAIN_NRS, 7, 5, "10 % or more less: a minimal improvement"),  # 28.6 %
    (PAIN_NRS, 0, 0, ""),
    (HIT_6, 70, 40, ""),
]


@pytest.mark.parametrize(("instrument", "baseline", "later", "words"), PUBLISHED_STEPS)
def test_each_step_of_a_change_begins_where_it_was_published(
    instrument: instruments.Instrument, baseline: int, later: int, words: str
) -> None:
    assert scoring.step(instrument, baseline=baseline, later=later) == words


@pytest.mark.parametrize(
    ("instrument", "baseline", "later", "words"),
    [
        (PHQ_9, 20, 10, "half or more gone: a response"),
        (PHQ_9, 20, 11, "5 points or more less: a meaningful change"),
        (PHQ_9, 20, 16, "less than a change that is known to count"),
        (PHQ_9, 20, 21, "worse than before"),
        (PHQ_9, 0, 0, "less than a change that is known to count"),
        (PCL_5, 20, 10, "10 points or more less: a meaningful change"),
        (PGIC, 4, 7, ""),
        (HIT_6, 70, 40, ""),
    ],
)
def test_a_change_is_told_by_the_most_that_is_known_of_it(
    instrument: instruments.Instrument, baseline: int, later: int, words: str
) -> None:
    assert scoring.change_words(instrument, baseline=baseline, later=later) == words


def test_single_items_between_sessions_have_no_total_and_ask_about_self_harm() -> None:
    """domain.md 0.10: under another name, because the questionnaire would look back two weeks."""
    single = instruments.MOOD_ITEMS
    answers = dict.fromkeys(range(1, 4), 3)
    assert scoring.score(single, answers, prorate=True) == scoring.Score(None, False, ())
    assert [item.text for item in single.items] == [PHQ_9.items[place].text for place in (0, 1, 8)]
    assert (single.safety_item, single.lookback_days) == (3, 0)
    assert single.code not in instruments.WITH_RESPONSE


def test_pcl_5_responds_with_ten_points() -> None:
    assert scoring.responded(PCL_5, baseline=40, later=30)
    assert not scoring.responded(PCL_5, baseline=40, later=31)


def test_no_response_from_a_baseline_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        scoring.responded(PHQ_9, baseline=0, later=0)
    with pytest.raises(ValueError, match="no rule"):
        scoring.responded(INSTRUMENTS["hit-6"], baseline=60, later=40)


@pytest.mark.parametrize(
    ("said", "response", "worse"),
    [
        (1, False, True),
        (3, False, True),
        (4, False, False),
        (5, False, False),
        (6, True, False),
        (7, True, False),
    ],
)
def test_overall_change_tells_response_and_harm_without_a_baseline(
    said: int, response: bool, worse: bool
) -> None:
    assert scoring.responded(PGIC, baseline=None, later=said) is response
    assert scoring.worsened(PGIC, baseline=None, later=said) is worse
