"""Every answer of the next-morning check-in and the level it has (domain.md 6.2)."""

import pytest

from notifications.answering import grading
from notifications.answering.grading import AMBER, GREEN, RED

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
    ("fall", "yes"): AMBER,
    ("drove", "yes"): AMBER,
}
EVERY_ANSWER = [
    (question.code, choice.value, choice.level)
    for question in grading.NEXT_MORNING
    for choice in question.choices
]


@pytest.mark.parametrize(("question", "value", "level"), EVERY_ANSWER)
def test_only_the_answers_of_the_table_alarm(question: str, value: str, level: str) -> None:
    assert level == ALARMING.get((question, value), GREEN)


def test_every_alarming_answer_of_the_table_can_be_given() -> None:
    assert set(ALARMING) <= {(question, value) for question, value, _ in EVERY_ANSWER}


def test_what_could_be_red_is_asked_first() -> None:
    can_be_red = [
        any(choice.level == RED for choice in question.choices) for question in grading.NEXT_MORNING
    ]
    assert can_be_red == sorted(can_be_red, reverse=True)


def test_the_worst_level_wins_and_nothing_is_no_level() -> None:
    assert grading.worst([GREEN, RED, AMBER]) == RED
    assert grading.worst([GREEN, AMBER]) == AMBER
    assert grading.worst([]) == ""


def test_stored_values_fit_their_columns() -> None:
    assert all(len(question) <= 40 and len(value) <= 40 for question, value, _ in EVERY_ANSWER)
