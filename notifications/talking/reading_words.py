"""What a text from a patient means: the known words and plain sentences of domain.md 6.4. Pure: no Django.

Only words that leave no doubt are acted on; whatever else it is, a person reads it. Words of a crisis
(`crisis_words`) are found in any text, whatever it means otherwise; an opt-out needn't be one of the words
[V:30]. What follows from a meaning is `inbound`'s.
"""

import re
from dataclasses import dataclass
from typing import Final

from notifications.wording import crisis_words
from notifications.wording.plain_words import plain

# As in `notifications.models.Reading`, which this room can't import.
CONFIRM: Final = "confirm"
RESCHEDULE: Final = "reschedule"
STOP: Final = "stop"
START: Final = "start"
HELP: Final = "help"
WRONG_NUMBER: Final = "wrong_number"
OTHER: Final = "other"


@dataclass(frozen=True)
class Meaning:
    """What a text was taken for. `crisis`: somebody is called at once. `doubtful`: it is honoured as what
    the rule says, and may have been about something else, so that a person reads it as well."""

    reading: str
    crisis: bool = False
    doubtful: bool = False


# Each word as `plain` leaves it: without accents, apostrophes, capitals and signs.
CONFIRM_WORDS: Final = frozenset(
    {"c", "confirm", "confirmed", "i confirm", "yes confirm", "confirm yes", "yep", "yeah"}
    | {"si", "confirmo", "confirmar", "confirmado", "confirmada", "si confirmo"}
)
# The platforms' word for coming back [V:31] is everybody's word for coming: it depends on who says it.
YES: Final = "yes"
RESCHEDULE_WORDS: Final = frozenset(
    {"r", "reschedule", "change", "another time", "i need to reschedule", "need to reschedule"}
    | {"can i reschedule", "cambiar", "cambio", "reprogramar", "otro horario", "otra hora", "otro dia"}
)
# By rule whatever reasonable way [V:29,30]; then the platforms' own [V:31b,31c]; then in Spanish.
PER_SE: Final = frozenset({"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"})
# No more than these words: after them something else may be meant.
PLAIN: Final = frozenset({"do not text", "dont text", "no texts", "stop it", "stop stop"})
PLATFORMS: Final = frozenset({"stopall", "stop all", "optout", "arret", "remove", "td"})
SPANISH_STOP: Final = frozenset(
    {"alto", "basta", "parar", "pare", "cancelar", "detener", "terminar", "fin", "baja", "darme de baja"}
    | {"no mas"}
)
STOP_WORDS: Final = PER_SE | PLAIN | PLATFORMS | SPANISH_STOP
# An opt-out by rule; of a patient with a visit perhaps about the visit.
MEANS_THE_VISIT: Final = frozenset({"cancel", "cancelar"})
START_WORDS: Final = frozenset(
    {"start", "unstop", "start again", "comenzar", "iniciar", "empezar", "reanudar", "inicio"}
)
HELP_WORDS: Final = frozenset(
    {"help", "info", "help me", "i need help", "need help", "sos", "ayuda", "ayudame", "informacion"}
    | {"necesito ayuda", "socorro", "auxilio"}
)
WRONG_NUMBER_WORDS: Final = frozenset(
    {"who is this", "whos this", "who are you", "not me", "this is not me", "thats not me", "not my number"}
    | {"quien es", "quien eres", "no soy yo"}
)
# Said along with a word, and changing nothing about it.
COURTESIES: Final = ("please", "pls", "thank you", "thanks", "por favor", "muchas gracias", "gracias")

_TEXTS = r"(?:texts?|texting|messages?|messaging|msgs?|sms|reminders?|notifications?)"
_TEXTS_ES = r"(?:mensajes?|textos?|sms|recordatorios?|avisos?)"
_OPT_OUT: Final = re.compile(
    rf"""\b(?:
      stop\ (?:\w+\ ){{0,3}}?(?:{_TEXTS}|contacting\ me|writing\ me|writing\ to\ me|sending\ me)
    | (?:dont|do\ not|never|quit)\ (?:ever\ )?(?:text|texting|message|messaging|contact|contacting|write)
      \ (?:to\ )?(?:me|us|here|anymore|any\ more|again|this\ (?:number|phone))
    | (?:dont|do\ not|quit)\ (?:send|sending)\ (?:(?:me|us|any|more|anymore|these|those|your)\ )*{_TEXTS}
    | (?:dont|do\ not|no\ longer)\ (?:want|wish|like)\ (?:to\ (?:get|receive)\ )?
      (?:(?:any|more|these|those|your|the|to\ get)\ )*{_TEXTS}
    | no\ more\ (?:\w+\ )?{_TEXTS}
    | (?:remove|delete)\ (?:me|my\ (?:number|phone))
    | take\ (?:me|my\ number)\ off
    | leave\ me\ alone
    | cancelar\ (?:la\ |mi\ )?suscripcion
    | unsubscribe | opt\ (?:me\ )?out | optout | stopall
    | revoke\ (?:my\ |the\ )?consent
    | no\ (?:me|nos)\ (?:escriba|escriban|escribas|mande|manden|mandes|envie|envien|envies|textee|texteen)
      \ (?:mas|nunca|{_TEXTS_ES})
    | no\ mas\ {_TEXTS_ES}
    | no\ (?:quiero|deseo)\ (?:recibir\ )?(?:mas\ |sus\ |estos\ |los\ )*{_TEXTS_ES}
    | dej(?:a|e|en|es)\ de\ (?:escribir|mandar|enviar|textear|molestar)\w*
    | (?:quiten|borren|eliminen|saquen|quite|borre|elimine|saque)(?:me|\ mi\ numero)
    | dejen?me\ en\ paz
    )\b""",
    re.VERBOSE,
)
# “I don't want to opt out” is no opt-out: a person reads it.
_NOT_OPT_OUT: Final = re.compile(
    r"\b(?:dont|didnt|not|never|no) (?:\w+ ){0,2}?(?:unsubscribe|opt(?: me)? out|stop|remove)\b"
)
_REVOKES_CONSENT: Final = re.compile(r"\brevoke (?:my |the )?consent\b")
_WRONG_NUMBER: Final = re.compile(
    r"\b(?:(?:the )?wrong (?:number|person|phone)|numero (?:equivocado|incorrecto)|persona equivocada)\b"
)


# A call for help with nothing said of what about: “I need help with my booking” says it.
_CRIES_FOR_HELP: Final = re.compile(
    r"\b(?:(?:i|we) (?:\w+ )?need (?:some |your )?help|(?:can|could) (?:you|somebody|someone|anybody|anyone)"
    r" (?:please )?help me|necesito (?:su |mucha |tu )?ayuda|ayud[ae]n?me)"
    r"(?: (?:please|now|right now|asap|urgently|por favor|ahora|ya|urgente))*$"
    r"|\b(?:socorro|auxilio)\b"
)


def read(text: str, *, opted_out: bool = False) -> Meaning:
    """What this text means. YES from somebody who is `opted_out` is a wish to come back [V:31]."""
    words = plain(text)
    reading, doubtful = _known_word(_without_courtesies(words), opted_out)
    if reading == OTHER:
        reading, doubtful = _sentence(words)
    return Meaning(reading, crisis=crisis_words.found_in(text), doubtful=doubtful)


def _known_word(word: str, opted_out: bool) -> tuple[str, bool]:
    if word in STOP_WORDS:
        return STOP, word in MEANS_THE_VISIT
    if word == YES:
        return (START if opted_out else CONFIRM), False
    for words, reading in (
        (START_WORDS, START),
        (HELP_WORDS, HELP),
        (WRONG_NUMBER_WORDS, WRONG_NUMBER),
        (CONFIRM_WORDS, CONFIRM),
        (RESCHEDULE_WORDS, RESCHEDULE),
    ):
        if word in words:
            return reading, False
    return OTHER, False


def _sentence(words: str) -> tuple[str, bool]:
    if _OPT_OUT.search(words) and not _NOT_OPT_OUT.search(words):
        return STOP, _REVOKES_CONSENT.search(words) is not None
    if _WRONG_NUMBER.search(words):
        return WRONG_NUMBER, False
    if _CRIES_FOR_HELP.search(words):
        return HELP, False
    return OTHER, False


def _without_courtesies(words: str) -> str:
    for courtesy in COURTESIES:
        words = words.removeprefix(f"{courtesy} ").removesuffix(f" {courtesy}")
    return words
