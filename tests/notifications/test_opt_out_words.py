"""Who wants no more texts, in the words that people write: in any clause, unless that clause denies it."""

from time import process_time

import pytest

from notifications.talking.reading_words import (
    CONFIRM,
    OTHER,
    RESCHEDULE,
    STOP,
    Meaning,
    read,
)

NO_MORE = [
    "stop now",
    "stop stop",
    "don't text",
    "can you stop",
    "Can you please stop?",
    "please just stop it already",
    "OK STOP",
    "I said stop",
    "yes, stop",
    "STOP!!! no more messages",
    "No, stop texting me",
    "no stop texting me",
    "not interested stop texting me",
    "Stop texting me John",
    "Stop Texting Me",
    "stop sending me stuff",
    "do not contact me",
    "don't text me again",
    "I want you to stop messaging me",
    "i want to stop getting texts",
    "I don't want to be contacted",
    "I don't want you to text me",
    "Why don't you stop texting me?",
    "How do I opt out?",
    "how do i stop these texts",
    "lose my number",
    "STOP sent from my iPhone",
    "STOP 2",
    "sotp",
    "unsubscibe",
    "unsub",
    "unsub me please",
    "ST0P",
    "STOP2",
    "5TOP",
    "text STOP",
    "I reply STOP",
    "do not call or text me again",
    "Don't text or call me",
    "I do not consent to text messages",
    "I never signed up for texts",
    "I don't consent to being texted",
    "You do not have my permission to text me",
    "discontinue text messages",
    *("cease all messages", "suspend the reminders", "halt the texts", "terminate texts"),
    *("disable notifications", "deactivate the reminders"),
    "quit calling and texting me",
    *("I send STOP", "typing STOP", "ST0PP", "ST0PALL"),
    "cease texting me",
    "cease and desist texting me",
    "turn off texts",
    "turn the reminders off",
    "How do I turn off texts?",
    "take my name off your list",
    "no me llamen ni me escriban",
    "No autorizo mensajes",
    "End messages",
    "no more",
    "no sms",
    "desuscribir",
    "no molesten",
    "d\u00e9jame en paz",
    # Whom it answers, who greets and who signs say nothing else.
    "Re: STOP",
    "Hi. STOP",
    "STOP\n\nRosa Delgado",
    "STOP\nSent from my iPhone",
    "STOP\n-- \nRosa Delgado\n312-555-0142",
    "Hi, this is Rosa. Please stop texting me",
    # What nobody sees changes nothing.
    "S\u200bTOP",
    "ST\u00adOP",
    "\uff33\uff34\uff2f\uff30",
    "ya no me escriban",
    "no me contacten",
    "No me contacten más por favor",
    "No, gracias. Ya no me manden mensajes",
    "No quiero que me escriban",
    "Hola, no quiero recibir más mensajes. Gracias",
    "no me molesten",
    "ya dejen de mandar mensajes",
    "Paren de escribirme",
    "Por favor, paren",
    "¡Ya basta!",
    "basta de mensajes",
    "Quiero darme de baja",
    "I want you to stop harassing me",
    "please do not send me any more messages",
    "we no longer need the reminders",
    "please delete my number",
    "please take us off",
    "just leave me alone",
    "please cancel the reminders",
    "I want to unsub",
    "quiero unsuscribe",
    "I want to optout",
    "I said stopall",
    "Quiero no m\u00e1s mensajes",
    "por favor paren ya con los mensajes",
    "quiero cancelar los recordatorios",
    "borren mi n\u00famero",
    "ya me dejen en paz",
    "quiero desuscribirme",
]
# Honoured, and a person reads what else is said.
AND_SOMETHING_ELSE = [
    "STOP but call me",
    "STOP because I moved",
    "unsub because I moved",
    "Stop texting me but call me",
    "I withdraw my consent to texts",
    "retiro mi consentimiento",
    "I'm not interested, stop texting me",
    "Stop texting me. Can you call me instead?",
    "Do not text, call me",
    "Stop, it hurts",
    "C, stop",
    "No puedo ir. Ya no me escriban",
]
# Nobody knows without asking.
PERHAPS = [
    "STOP promotions",
    "stop my medication?",
    "I want to stop",
    "quiero parar",
    "para",
    "Para ya, por favor",
    "stop calling me",
    "please stop texting me at night",
    "stop texting me so early",
    "turn off texts at night",
    "I don't consent to texts about the bill",
    "stop sending reminders about the visit I cancelled",
    "no me escriban tan temprano",
    "no me escriban a mi trabajo",
    "If you stop texting me how will I know?",
    "why did you stop texting me?",
    "If you don't stop texting me I'll complain",
    "Don't stop texting me. Stop texting my wife",
    "I had to stop texting, my phone died",
]
NO_OPT_OUT = [
    "don't turn off texts",
    "don't turn the texts off",
    "I never consented to stop texting",
    "please don't discontinue my reminders",
    "I never agreed to stop the texts",
    "I consent to texts",
    "I agreed to texts",
    "I don't call, I text",
    "Top 5",
    "can you turn off my pump?",
    "my phone turned off",
    "please discontinue my medication?",
    "I do not agree with the bill",
    "text me",
    "reply",
    "Please don't stop texting me",
    "don't stop the reminders",
    "I never asked you to stop texting me",
    "I don't want you to stop sending reminders",
    "I do not want to unsubscribe",
    "please do not opt me out",
    "no dejen de escribirme",
    "No dejen de mandarme los recordatorios, por favor",
    "no quiero darme de baja",
    "no paren de escribirme",
    "don't call me, text me",
    "no me llamen, escríbanme",
    "no me manden la dirección, ya la tengo",
    "I can't stop vomiting",
    "no puedo dejar de vomitar",
    "the pain won't stop",
    "stop it hurts",
    "can I stop by the clinic?",
    "stop by the clinic",
    "stop at 5?",
    "Which bus stop is closest?",
    "should I stop my medicine before the visit?",
    "Do I stop eating at midnight?",
    "when do the visits stop?",
    "I'll stop by and leave you a message",
    "quiero dejar de fumar",
    "¿Dejo de comer a medianoche?",
    "¿Puedo parar en la farmacia?",
    "Para los mensajes uso otro teléfono",
    "I can't come Friday, cancel",
    "I don't withdraw my consent",
    "no more pain today!",
    "stop taking the pills?",
    "Le gust\u00f3 \u201cLakeside: su visita es jue 21 ene. Tel. 555. STOP para terminar\u201d",
    # What a phone sends when somebody taps a heart beside our text.
    "Liked \u201cLakeside: visit Thu 21 Jan. Reply C to confirm, R to change, STOP to end. Call 555\u201d",
]


@pytest.mark.parametrize("text", NO_MORE)
def test_an_opt_out_is_one_in_any_reasonable_words(text: str) -> None:
    assert read(text) == Meaning(STOP)


@pytest.mark.parametrize("text", AND_SOMETHING_ELSE)
def test_an_opt_out_beside_something_else_is_honoured_and_a_person_reads_the_rest(text: str) -> None:
    assert read(text) == Meaning(STOP, doubtful=True)


@pytest.mark.parametrize("text", PERHAPS)
def test_where_nobody_can_tell_a_person_asks(text: str) -> None:
    assert read(text) == Meaning(OTHER, doubtful=True)


@pytest.mark.parametrize("text", NO_OPT_OUT)
def test_what_denies_it_or_only_sounds_like_it_is_none(text: str) -> None:
    meaning = read(text)
    assert (meaning.reading, meaning.doubtful) == (OTHER, False)


@pytest.mark.parametrize(
    ("text", "reading"),
    [("C\nRosa Delgado", CONFIRM), ("Hola, sí", CONFIRM), ("Hi. R\n\nSent from my iPhone", RESCHEDULE)],
)
def test_a_known_word_is_one_between_greeting_and_signature(text: str, reading: str) -> None:
    assert read(text) == Meaning(reading)


@pytest.mark.parametrize(
    ("again", "at_last"),
    [("i text ", ""), ("don't want to ", ""), ("if i ", "stop texting me")],
)
def test_four_times_as_many_letters_are_read_in_about_four_times_as_long(again: str, at_last: str) -> None:
    """Sixteen times, if each word were looked at again for each of the others."""

    def seconds(letters: int) -> float:
        text = again * (letters // len(again)) + at_last
        began = process_time()
        read(text)
        return process_time() - began

    assert seconds(50_000) < 8 * seconds(12_500)
