"""What a check-in asks, and how worrying each answer is. Pure: no Django.

Levels are rows of domain.md 6.2 ([D], for a prescriber to review). The rows that compare an answer with
an earlier one (pain up by 3, mood worse twice running) need a baseline and belong to issue 5; here mood
and pain are recorded and graded green.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

RED, AMBER, GREEN = "red", "amber", "green"
SEVERITY = MappingProxyType({"": 0, GREEN: 1, AMBER: 2, RED: 3})
# How soon a person must have answered (domain.md 6.2 [D]).
CLOCKS = MappingProxyType({RED: timedelta(minutes=15), AMBER: timedelta(hours=2)})


@dataclass(frozen=True)
class Choice:
    """One possible answer: the value stored, the words on the page, its level."""

    value: str
    label: str
    level: str = GREEN


@dataclass(frozen=True)
class Question:
    code: str
    text: str
    choices: tuple[Choice, ...]

    def choice(self, value: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)


# Shown at once beside a red answer (domain.md 6.2).
EMERGENCY_LINES = (
    ("911", "Emergency"),
    ("988", "Suicide and crisis lifeline, call or text"),
)

NO = Choice("no", "No")

# Most urgent first: a check-in that is broken off has asked what matters most.
NEXT_MORNING = (
    Question(
        "safety",
        "Are you thinking about suicide, or do you not feel safe?",
        (NO, Choice("yes", "Yes", RED)),
    ),
    Question(
        "urgent_symptom",
        "Do you have any of these, or have you had one since your visit?",
        (
            Choice("none", "None of these"),
            Choice("chest_pain", "Chest pain", RED),
            Choice("trouble_breathing", "Trouble breathing", RED),
            Choice("fainted", "I fainted", RED),
            Choice("one_sided_weakness", "Weakness on one side of the body", RED),
            Choice("worst_headache", "The worst headache of my life", RED),
        ),
    ),
    Question(
        "perception",
        "Are you still seeing or hearing odd things, or feeling confused?",
        (NO, Choice("yes", "Yes", AMBER)),
    ),
    Question(
        "stomach",
        "How is your stomach?",
        (
            Choice("fine", "Fine"),
            Choice("nausea", "Some nausea"),
            Choice("vomiting_over_6_hours", "Vomiting for more than 6 hours", AMBER),
            Choice("no_fluids", "I can't keep fluids down", AMBER),
        ),
    ),
    Question("fall", "Did you fall after your visit?", (NO, Choice("yes", "Yes", AMBER))),
    Question(
        "drove",
        "Did you drive on the day of your visit, after it?",
        (NO, Choice("yes", "Yes", AMBER)),
    ),
    Question(
        "mild",
        "Are you tired or a little dizzy?",
        (NO, Choice("tired", "Tired"), Choice("dizzy", "A little dizzy"), Choice("both", "Both")),
    ),
    Question(
        "sleep",
        "How did you sleep?",
        (Choice("well", "Well"), Choice("fairly", "Fairly well"), Choice("badly", "Badly")),
    ),
    Question(
        "mood",
        "How is your mood, compared with before your visit?",
        (Choice("better", "Better"), Choice("same", "About the same"), Choice("worse", "Worse")),
    ),
    Question(
        "headache",
        "Headache now, from 0 (none) to 10 (the worst you can imagine)?",
        tuple(Choice(str(score), str(score)) for score in range(11)),
    ),
)

QUESTION_SETS: Mapping[str, tuple[Question, ...]] = MappingProxyType({"next_morning": NEXT_MORNING})


def question_of(kind: str, code: str) -> Question | None:
    return next((question for question in QUESTION_SETS[kind] if question.code == code), None)


def worst(levels: list[str]) -> str:
    """The most severe of some levels; empty when nothing was answered."""
    return max(levels, key=SEVERITY.__getitem__, default="")
