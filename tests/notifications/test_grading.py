"""Every answer of every check-in and the level it has (domain.md 6.2), and the words in both languages."""

import pytest

from notifications.answering import grading, question_sets
from notifications.answering.grading import AMBER, GREEN, RED, Choice, Question
from notifications.answering.question_sets import QUESTION_SETS
from sessions_app.preparing import readiness

ALARMING = {
    ("safety", "yes"): RED,
    ("urgent_symptom", "chest_pain"): RED,
    ("urgent_symptom", "trouble_breathing"): RED,
    ("urgent_symptom", "fainted"): RED,
    ("urgent_symptom", "one_sided_weakness"): RED,
    ("urgent_symptom", "worst_headache"): RED,
    ("perception", "yes"): AMBER,
    ("stomach", "vomiting_over_6_hours"): AMBER,
    ("stomach", "no_fluids"): AMBER,
    ("pressure", "yes"): AMBER,
    ("fall", "yes"): AMBER,
    ("drove", "yes"): AMBER,
    # Not in the table: somebody alone at home, and what only a person can ask about.
    ("adult_at_home", "no"): AMBER,
    ("side_effects", "other"): AMBER,
    ("urine_blood", "yes"): AMBER,
    ("urine_pain", "yes"): AMBER,
    ("pregnancy", "yes"): AMBER,
    ("medicines", "yes"): AMBER,
    ("alcohol_drugs", "yes"): AMBER,
}
HOLDING = {
    ("urine_blood", "yes"): "urinary_symptoms",
    ("urine_pain", "yes"): "urinary_symptoms",
    ("pregnancy", "yes"): "possible_pregnancy",
    ("medicines", "yes"): "new_medicines",
    ("alcohol_drugs", "yes"): "alcohol_drugs",
}
# domain.md 6.1: what each kind asks about.
ASKED_ABOUT = {
    "same_day": {"mild", "stomach", "perception", "adult_at_home"},
    "next_morning": {"sleep", "perception", "mood", "headache", "fall", "drove"},
    "day_7": {"pain", "headache", "mood", "side_effects", "urine_blood", "urine_pain"},
    "before_next": {"phq_1", "phq_2", "mood", "pain", "medicines", "pregnancy", "alcohol_drugs"},
    "end_of_series": set(),
    "monthly": set(),
}
QUESTIONS = {question.code: question for questions in QUESTION_SETS.values() for question in questions}
EVERY_ANSWER = [(question, choice) for question in QUESTIONS.values() for choice in question.choices]


@pytest.mark.parametrize(
    ("question", "choice"), EVERY_ANSWER, ids=[f"{asked.code}={each.value}" for asked, each in EVERY_ANSWER]
)
def test_only_the_answers_of_the_table_alarm_and_hold(question: Question, choice: Choice) -> None:
    assert choice.level == ALARMING.get((question.code, choice.value), GREEN)
    assert choice.holds == HOLDING.get((question.code, choice.value), "")


def test_every_alarming_answer_of_the_table_can_be_given() -> None:
    assert set(ALARMING) <= {(question.code, choice.value) for question, choice in EVERY_ANSWER}


def test_what_holds_a_visit_is_something_that_its_readiness_knows() -> None:
    assert set(HOLDING.values()) == set(readiness.DOUBTS)


@pytest.mark.parametrize("kind", QUESTION_SETS)
def test_each_kind_asks_what_it_is_for_and_first_what_could_be_red(kind: str) -> None:
    asked = [question.code for question in QUESTION_SETS[kind]]
    assert ASKED_ABOUT[kind] <= set(asked)
    if kind not in question_sets.SCORED:
        assert asked[:2] == ["safety", "urgent_symptom"]
    assert len(set(asked)) == len(asked)


def test_what_is_asked_before_every_visit_looks_back_to_the_last_and_not_two_weeks() -> None:
    """domain.md 0.10: in a series two of them would tell of the same days."""
    for question in QUESTION_SETS["before_next"]:
        assert "week" not in question.text.en
        assert "semana" not in question.text.es
    for code in ("phq_1", "phq_2"):
        assert QUESTIONS[code].text.en.startswith("Since your last visit")
        assert QUESTIONS[code].text.es.startswith("Desde su última visita")


@pytest.mark.parametrize("code", ["mild", "stomach"])
def test_a_green_answer_that_is_not_nothing_comes_with_advice(code: str) -> None:
    for choice in QUESTIONS[code].choices[1:]:
        assert (choice.level == GREEN) == bool(choice.advice.en)


def test_everything_is_said_in_both_languages() -> None:
    wordings = [wording for question, choice in EVERY_ANSWER for wording in (question.text, choice.label)]
    wordings += [choice.advice for _, choice in EVERY_ANSWER if choice.advice.en]
    for wording in [*wordings, *question_sets.NAMES.values()]:
        assert wording.en
        assert wording.es
        assert str(wording) == wording.of("en") == wording.of("fr")
        if not wording.en.isdecimal() and wording.en != "No":
            assert wording.of("es") != wording.en


def test_the_worst_level_wins_and_nothing_is_no_level() -> None:
    assert grading.worst([GREEN, RED, AMBER]) == RED
    assert grading.worst([GREEN, AMBER]) == AMBER
    assert grading.worst([]) == ""


def test_stored_values_fit_their_columns() -> None:
    assert all(len(question.code) <= 40 and len(each.value) <= 40 for question, each in EVERY_ANSWER)
