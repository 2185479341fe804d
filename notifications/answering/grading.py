"""How worrying an answer is, and the shape of a question with its words in every language. Pure: no Django.

The levels are rows of domain.md 6.2 ([D], for a prescriber to review). What is asked stands in
`question_sets`; the rows that compare an answer with an earlier one in `comparing`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

RED, AMBER, GREEN = "red", "amber", "green"
SEVERITY = MappingProxyType({"": 0, GREEN: 1, AMBER: 2, RED: 3})
# How soon a person must have answered (domain.md 6.2 [D]); amber counts while the house is staffed.
CLOCKS = MappingProxyType({RED: timedelta(minutes=15), AMBER: timedelta(hours=2)})

ENGLISH, SPANISH = "en", "es"


@dataclass(frozen=True)
class Wording:
    """One sentence in the languages that patients' pages speak. Staff read it in English."""

    en: str
    es: str

    def __str__(self) -> str:
        return self.en

    def of(self, language: str) -> str:
        return self.es if language == SPANISH else self.en


NOTHING_TO_SAY: Final = Wording("", "")


@dataclass(frozen=True)
class Choice:
    """One possible answer: the value stored, the words on the page, its level.

    `holds` names what stands on the next visit's readiness once it is given: one of
    `readiness.DOUBTS`. `advice` is shown to the patient at once.
    """

    value: str
    label: Wording
    level: str = GREEN
    holds: str = ""
    advice: Wording = NOTHING_TO_SAY


@dataclass(frozen=True)
class Question:
    """`compares` says which of the rules of `comparing` looks at the answer as well; empty for none."""

    code: str
    text: Wording
    choices: tuple[Choice, ...]
    compares: str = ""

    def choice(self, value: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)


# Shown at once beside a red answer (domain.md 6.2).
EMERGENCY_LINES = (
    ("911", "Emergency"),
    ("988", "Suicide and crisis lifeline, call or text"),
)


def worst(levels: Iterable[str]) -> str:
    """The most severe of some levels; empty when nothing was answered."""
    return max(levels, key=SEVERITY.__getitem__, default="")
