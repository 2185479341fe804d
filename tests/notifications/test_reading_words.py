"""What a text means: every row of the tables in domain.md 6.4, and nothing that only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Reading
from notifications.talking import reading_words
from notifications.talking.reading_words import (
    CONFIRM,
    CONFIRM_WORDS,
    HELP,
    HELP_WORDS,
    OTHER,
    RESCHEDULE,
    RESCHEDULE_WORDS,
    START,
    START_WORDS,
    STOP,
    STOP_WORDS,
    WRONG_NUMBER,
    WRONG_NUMBER_WORDS,
    read,
)

WORDS = {
    # Per-se words of the rule [V:29,30].
    "stop": STOP,
    "quit": STOP,
    "end": STOP,
    "revoke": STOP,
    "opt out": STOP,
    "cancel": STOP,
    "unsubscribe": STOP,
    # The platforms' [V:31b], [V:31c].
    "STOPALL": STOP,
    "OPTOUT": STOP,
    "ARRET": STOP,
    "ARRÊT": STOP,
    "OPT-OUT": STOP,
    "REMOVE": STOP,
    "TD": STOP,
    "START": START,
    "UNSTOP": START,
    "HELP": HELP,
    "INFO": HELP,
    # In Spanish.
    "ALTO": STOP,
    "BASTA": STOP,
    "PARAR": STOP,
    "CANCELAR": STOP,
    "No más": STOP,
    "COMENZAR": START,
    "AYUDA": HELP,
    "Información": HELP,
    "C": CONFIRM,
    "confirm": CONFIRM,
    "YES": CONFIRM,
    "Sí": CONFIRM,
    "si": CONFIRM,
    "Confirmo": CONFIRM,
    "R": RESCHEDULE,
    "reschedule": RESCHEDULE,
    "Otra hora": RESCHEDULE,
    # Sentences: the whole circumstances [V:30].
    "Please stop texting me": STOP,
    "stop sending me these messages": STOP,
    "STOP ALL MESSAGES NOW": STOP,
    "don't text me again": STOP,
    "Don\u2019t contact me anymore": STOP,
    "I do not want any more texts": STOP,
    "No more messages": STOP,
    "remove me from your list": STOP,
    "Take me off this list!": STOP,
    "I'd like to unsubscribe": STOP,
    "leave me alone": STOP,
    "I hereby revoke my consent": STOP,
    "no me escriban más": STOP,
    "Por favor no me manden mensajes": STOP,
    "ya no quiero recibir más mensajes": STOP,
    "dejen de escribirme": STOP,
    "quítenme de su lista": STOP,
    "no deseo recibir mensajes": STOP,
    "Cancelar mi suscripción": STOP,
    "Do not text": STOP,
    "stop it": STOP,
    "wrong number": WRONG_NUMBER,
    "You have the wrong number": WRONG_NUMBER,
    "not me": WRONG_NUMBER,
    "Número equivocado": WRONG_NUMBER,
    "no soy yo": WRONG_NUMBER,
    "yes please": CONFIRM,
    "C, thank you": CONFIRM,
    "Stop, por favor": STOP,
    "S T O P": STOP,
    "S.T.O.P.": STOP,
    # The other words, each as somebody may write it.
    "Confirmed": CONFIRM,
    "I confirm": CONFIRM,
    "Yes, confirm": CONFIRM,
    "confirm yes": CONFIRM,
    "Yep": CONFIRM,
    "yeah": CONFIRM,
    "Confirmar": CONFIRM,
    "Confirmado": CONFIRM,
    "confirmada": CONFIRM,
    "Sí, confirmo": CONFIRM,
    "Another time": RESCHEDULE,
    "change": RESCHEDULE,
    "I need to reschedule": RESCHEDULE,
    "need to reschedule": RESCHEDULE,
    "Can I reschedule?": RESCHEDULE,
    "Cambiar": RESCHEDULE,
    "cambio": RESCHEDULE,
    "Reprogramar": RESCHEDULE,
    "otro horario": RESCHEDULE,
    "Otro día": RESCHEDULE,
    "stop all": STOP,
    "Stop, stop": STOP,
    "Don't text": STOP,
    "No texts": STOP,
    "Baja": STOP,
    "darme de baja": STOP,
    "Detener": STOP,
    "fin": STOP,
    "Pare": STOP,
    "terminar": STOP,
    "Start again": START,
    "Empezar": START,
    "iniciar": START,
    "Inicio": START,
    "reanudar": START,
    "Help me": HELP,
    "Ayúdame": HELP,
    "Not my number": WRONG_NUMBER,
    "That's not me": WRONG_NUMBER,
    "this is not me": WRONG_NUMBER,
    # For a person.
    "": OTHER,
    "👍": OTHER,
    "I can't stop vomiting": OTHER,
    "stop it hurts": OTHER,
    "When does it end?": OTHER,
    "Please cancel my visit on Friday": OTHER,
    "I don't want to opt out": OTHER,
    "Do I confirm with you or with my doctor?": OTHER,
    "Can you help me find the door": OTHER,
    "We start at 9, right?": OTHER,
    "CC": OTHER,
    "no puedo ir el jueves": OTHER,
}


@pytest.mark.parametrize(("text", "reading"), WORDS.items())
def test_every_row_of_the_table_is_read_as_it_says(text: str, reading: str) -> None:
    assert read(text).reading == reading


def test_the_readings_are_those_that_are_kept() -> None:
    names = [CONFIRM, RESCHEDULE, STOP, START, HELP, WRONG_NUMBER, OTHER]
    assert names == list(Reading.values)


def test_yes_of_somebody_who_opted_out_is_a_wish_to_come_back() -> None:
    assert read("YES").reading == CONFIRM
    assert read("YES", opted_out=True).reading == START
    assert read("C", opted_out=True).reading == CONFIRM


@pytest.mark.parametrize("text", ["CANCEL", "cancelar", "I revoke my consent", "Cancel\nRosa Delgado"])
def test_an_opt_out_that_may_be_about_something_else_is_read_by_a_person_too(text: str) -> None:
    assert read(text) == reading_words.Meaning(STOP, doubtful=True)


def test_a_plain_stop_leaves_no_doubt() -> None:
    assert read("STOP") == reading_words.Meaning(STOP)


def test_words_of_a_crisis_are_found_beside_any_other_meaning() -> None:
    both = read("Stop texting me, I want to die")
    assert (both.reading, both.crisis) == (STOP, True)


@pytest.mark.parametrize(
    "text",
    ["HELP", "I need help", "please I need help now", "Can somebody help me?", "necesito ayuda", "¡Socorro!"],
)
def test_a_call_for_help_is_one_in_a_sentence_too(text: str) -> None:
    assert read(text).reading == HELP


@pytest.mark.parametrize("text", ["I need help with my booking", "Thank you for your help"])
def test_help_with_something_is_for_a_person_to_read(text: str) -> None:
    assert read(text).reading == OTHER


@pytest.mark.parametrize(
    "text",
    [
        "Who is this?",
        "Who's this",
        "Sorry, who are you?",
        "who dis",
        "quien es",
        "\u00bfQui\u00e9n eres?",
        "Hola, de parte de qui\u00e9n?",
    ],
)
def test_asking_who_we_are_says_nothing_of_whose_number_it_is(text: str) -> None:
    assert read(text) == reading_words.Meaning(OTHER, asks_who=True)


def test_who_is_this_beside_a_wrong_number_is_a_wrong_number() -> None:
    assert read("Who is this? Wrong number") == reading_words.Meaning(WRONG_NUMBER)


SIGNS = st.text(alphabet=" \t\n.,;:!?¡¿()*_-\u2026\U0001f44d\U0001f64f\u2764\ufe0f", max_size=6)
KNOWN = sorted(CONFIRM_WORDS | RESCHEDULE_WORDS | STOP_WORDS | START_WORDS | HELP_WORDS | WRONG_NUMBER_WORDS)


@given(word=st.sampled_from(KNOWN), before=SIGNS, after=SIGNS, capitals=st.lists(st.booleans(), min_size=20))
def test_capitals_spaces_signs_and_emoji_never_change_what_a_word_means(
    word: str, before: str, after: str, capitals: list[bool]
) -> None:
    spelled = "".join(
        letter.upper() if up else letter
        for letter, up in zip(word, capitals + [False] * len(word), strict=False)
    )
    assert read(f"{before}{spelled}{after}") == read(word)


@given(st.text())
def test_any_text_at_all_has_a_meaning(text: str) -> None:
    assert read(text).reading in Reading.values
