"""What patients read is plain: for a reader of about twelve, in both languages, sentence by sentence.

The items of validated questionnaires are fixed by their publishers and aren't measured.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

import pytest

from notifications.answering import question_sets
from notifications.answering.grading import ENGLISH, SPANISH, Wording
from notifications.wording import spanish, texts
from tests.web.reading_level import perspicuity, school_grade, sentences, syllables
from web.views.links.words import SAY

SEVENTH_GRADE, EIGHTH_GRADE = 7, 8
NORMAL, RATHER_EASY = 55, 65
LONGEST_SENTENCE = 20
# A shorter one is a label or a button: the formulas are for sentences.
SENTENCE = 5
FIXED = {item.text for item in (question_sets.LITTLE_INTEREST, question_sets.FEELING_DOWN)}


def wordings(of: object) -> Iterator[Wording]:
    """Every sentence of a question set, however deep it lies."""
    if isinstance(of, Wording):
        yield of
    elif isinstance(of, Mapping):
        yield from in_each(of.values())
    elif is_dataclass(of):
        yield from in_each(getattr(of, field.name) for field in fields(of))
    elif isinstance(of, tuple | list):
        yield from in_each(of)


def in_each(parts: Iterable[object]) -> Iterator[Wording]:
    for part in parts:
        yield from wordings(part)


def read_by_patients(language: str) -> dict[str, list[str]]:
    asked = set(in_each((question_sets.QUESTION_SETS, question_sets.READINESS, question_sets.NAMES))) - FIXED
    spoken = {ENGLISH: texts.ENGLISH, SPANISH: spanish.SPANISH}[language]
    return {
        "pages": [*SAY[language].values()],
        "questions": sorted(wording.of(language) for wording in asked),
        "e-mails": [text.email for text in spoken.texts.values()],
    }


def lines(language: str) -> Iterator[str]:
    for each in read_by_patients(language).values():
        yield from (text for text in each if len(text.split()) > SENTENCE)


@pytest.mark.parametrize("where", ["pages", "questions", "e-mails"])
def test_what_patients_read_is_plain(where: str) -> None:
    for language in (ENGLISH, SPANISH):
        read = [text for text in read_by_patients(language)[where] if len(text.split()) > SENTENCE]
        assert len(read) > 10
        if language == ENGLISH:
            assert school_grade(read) < SEVENTH_GRADE
        else:
            assert perspicuity(read) > RATHER_EASY


def test_no_english_sentence_asks_for_more_than_the_eighth_grade() -> None:
    assert not [text for text in lines(ENGLISH) if school_grade([text]) >= EIGHTH_GRADE]


def test_no_spanish_sentence_is_hard() -> None:
    assert not [text for text in lines(SPANISH) if perspicuity([text]) <= NORMAL]


def test_no_sentence_is_long() -> None:
    every = [*lines(ENGLISH), *lines(SPANISH)]
    assert not [words for words in sentences(every) if len(words) > LONGEST_SENTENCE]


# The yardsticks themselves.


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("visita", 3),
        ("ciudad", 2),
        ("país", 2),
        ("aéreo", 4),
        ("guía", 2),
        ("pingüino", 3),
        ("oía", 3),
        ("rey", 1),
    ],
)
def test_spanish_syllables_are_counted_by_their_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


def test_an_officials_sentence_is_found_hard() -> None:
    english = (
        "Notwithstanding the aforementioned contraindications, administration necessitates authorization."
    )
    spanish_one = "La administración requerirá autorización excepcional del representante correspondiente."
    assert school_grade([english]) > EIGHTH_GRADE
    assert perspicuity([spanish_one]) < NORMAL
