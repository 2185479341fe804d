"""The phrases that a reply begins with: each may be sent as it stands, to anybody."""

from datetime import date

import pytest

from notifications.talking import own_words, reply_phrases
from notifications.talking.own_words import About

ANYBODY = About("Rosa María", "Delgado", date(1980, 5, 7))


@pytest.mark.parametrize("language", sorted(reply_phrases.PHRASES))
def test_each_phrase_may_stand_on_a_lock_screen_and_all_together_take_two_texts(language: str) -> None:
    phrases = reply_phrases.phrases(language, phone="(312) 555-0100")
    for each in phrases:
        assert own_words.faults(each, sender="Lakeside Clinic", about=ANYBODY) == []
    assert own_words.size_of(" ".join(phrases), sender="Lakeside Clinic").segments <= 2


def test_a_phrase_stands_behind_what_is_typed_and_once() -> None:
    assert reply_phrases.added("", "We call.") == "We call."
    assert reply_phrases.added("Yes. ", "We call.") == "Yes. We call."
    assert reply_phrases.added("Yes. We call.", "We call.") == "Yes. We call."


def test_a_language_without_phrases_has_the_english_ones() -> None:
    assert reply_phrases.phrases("fr", phone="") == reply_phrases.phrases("en", phone="")
