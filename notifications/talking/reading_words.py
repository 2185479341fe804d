"""What a text from a patient means: the known words and plain sentences of domain.md 6.4. Pure: no Django.

Only words that leave no doubt are acted on; whatever else it is, a person reads it. Words of a crisis
(`crisis_words`) are found in any text, whatever it means otherwise; an opt-out needn't be one of the words
[V:30]: which clause is one stands in `opt_out_words`. What follows from a meaning is `inbound`'s.
"""

import re
from dataclasses import dataclass
from typing import Final

from notifications.talking import opt_out_words
from notifications.wording import crisis_words
from notifications.wording.plain_words import clauses, plain

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
    """What a text was taken for. `crisis`: somebody is called at once; `worrying`: today. `doubtful`: it is
    honoured as what the rule says, and says or may mean something else, so that a person reads it as well; of
    `OTHER`, it may be an opt-out and a person asks. `asks_who`: it asks who we are, and is told."""

    reading: str
    crisis: bool = False
    worrying: bool = False
    doubtful: bool = False
    asks_who: bool = False


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
PLATFORMS: Final = frozenset({"stopall", "stop all", "optout", "arret", "remove", "td"})
SPANISH_STOP: Final = frozenset(
    {"alto", "basta", "parar", "pare", "cancelar", "detener", "terminar", "fin", "baja", "darme de baja"}
    | {"no mas"}
)
STOP_WORDS: Final = PER_SE | PLATFORMS | SPANISH_STOP
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
    {"not me", "this is not me", "thats not me", "not my number", "no soy yo"}
)
# Said along with a word, and changing nothing about it.
COURTESIES: Final = ("please", "pls", "thank you", "thanks", "por favor", "muchas gracias", "gracias")

_REVOKES_CONSENT: Final = re.compile(rf"\b(?:{opt_out_words.CONSENT})\b")
_WRONG_NUMBER: Final = re.compile(
    r"\b(?:(?:the )?wrong (?:number|person|phone)|numero (?:equivocado|incorrecto)|persona equivocada"
    r"|(?:no ?one|nobody|no (?:person|patient)) (?:here )?(?:by|with|of) (?:that|this) name"
    r"|(?:not|isnt) (?:his|her|their) (?:number|phone)|(?:dont|do not) know (?:this|that) person"
    r"|no es su numero|no conozco a (?:esa|esta) persona)\b"
)
# Beside an opt-out alone: "I am not Sage, stop texting me". A name has its capital.
_NOT_THE_ONE: Final = re.compile(
    r"(?i:i am not|i'?m not|i\u2019m not|this is not|this isn'?t|this isn\u2019t|no soy) "
    r"(?!Ok|Okay|Sure|Well|Safe)[A-Z\u00c0-\u00dd][a-z\u00df-\u00ff]+"
)
# A patient who has lost our number asks it too: it says nothing of whose number theirs is.
_ASKS_WHO: Final = re.compile(
    r"(?:(?:sorry|hi|hello|hey|and|but|excuse me|perdon|disculpe|hola|y) )*"
    r"(?:who(?: is|s) (?:this|it|texting(?: me)?)|who (?:are|r) (?:you|u)|(?:new phone )?who (?:this|dis)"
    r"|(?:de parte de )?quien(?:es)? (?:es|eres|son)(?: (?:usted(?:es)?|este|esto))?|de parte de quien)"
)

# A call for help with nothing said of what about: “I need help with my booking” says it.
_CRIES_FOR_HELP: Final = re.compile(
    r"\b(?:(?:i|we) (?:\w+ )?need (?:some |your )?help|(?:can|could) (?:you|somebody|someone|anybody|anyone)"
    r" (?:please )?help me|necesito (?:su |mucha |tu )?ayuda|ayud[ae]n?me)"
    r"(?: (?:please|now|right now|asap|urgently|por favor|ahora|ya|urgente))*$"
    r"|\b(?:socorro|auxilio)\b"
)


# Around what is said: whom it answers, how it greets, who writes and signs. A name has its capitals.
_GREETS: Final = re.compile(
    r"(?:re|fwd?|rv|aw)"
    r"|(?:hi|hello|hey|hola|good (?:morning|afternoon|evening)|buen[oa]s (?:dias|tardes|noches))"
    r"(?: (?:there|all|everyone|a todos))?|(?:sent from|sent via|get outlook|enviado desde) .*|[\d ]+"
    r"|(?:best )?regards|saludos|sincerely|atentamente"
)
_NAME = r"[A-Z\u00c0-\u00dd][\w.'\u2019-]*(?: [A-Z\u00c0-\u00dd][\w.'\u2019-]*){0,3}"
_INTRODUCES: Final = re.compile(rf"(?i:this is|my name is|i am|i'm|soy|me llamo|habla) {_NAME}")
_SIGNS: Final = re.compile(rf"(?:- ?)?{_NAME}")
# Beside an opt-out: says no more than it.
_NO_MORE_THAN_THAT: Final = frozenset({"no", "yes", "ok", "okay", "si", "ya", "enough"})


def read(text: str, *, opted_out: bool = False) -> Meaning:
    """What this text means. YES from somebody who is `opted_out` is a wish to come back [V:31]."""
    reading, doubtful = _known_word(_without_courtesies(plain(text)), opted_out)
    if reading == OTHER:
        reading, doubtful = _in_clauses(text, opted_out)
    return Meaning(
        reading,
        crisis=crisis_words.found_in(text),
        worrying=crisis_words.worrying(text),
        doubtful=doubtful,
        asks_who=reading == OTHER and any(map(_asks_who, clauses(text))),
    )


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


def _in_clauses(text: str, opted_out: bool) -> tuple[str, bool]:
    """What is said without greeting and signature: an opt-out in any of its clauses, a known word that is all
    of it, or a sentence. An opt-out beside something else is honoured, and a person reads the rest; of
    somebody who isn't the patient it is no wish of the patient's, but tells whose number it isn't."""
    said: list[str] = []
    wishes: list[str] = []
    for clause in clauses(text):
        words = _without_courtesies(plain(clause))
        wish = opt_out_words.wish_of(words)
        if wish or not _surrounds(clause, words, is_first=not said):
            said.append(words)
            wishes.append(wish)
    asked = not {opt_out_words.NO_MORE, opt_out_words.NO_MORE_AND_ELSE}.isdisjoint(wishes)
    if asked and _is_somebody_else(text):
        return WRONG_NUMBER, False
    if asked and opt_out_words.GO_ON not in wishes:
        besides = {
            words for words, wish in zip(said, wishes, strict=True) if wish != opt_out_words.NO_MORE
        } - _NO_MORE_THAN_THAT
        return STOP, bool(besides) or any(map(_REVOKES_CONSENT.search, said))
    if len(said) == 1 and (known := _known_word(said[0], opted_out))[0] != OTHER:
        return known
    if asked or opt_out_words.PERHAPS in wishes:
        return OTHER, True
    return _sentence(plain(text)), False


def _is_somebody_else(text: str) -> bool:
    """Whether whoever asks for no more texts says that they aren't who the texts are for."""
    parts = clauses(text)
    return (
        _WRONG_NUMBER.search(plain(text)) is not None
        or any(map(_NOT_THE_ONE.fullmatch, parts))
        or any(_without_courtesies(plain(part)) in WRONG_NUMBER_WORDS for part in parts)
    )


def _surrounds(clause: str, words: str, *, is_first: bool) -> bool:
    """Whether it greets, says who writes or signs, and nothing else."""
    if words in COURTESIES or _GREETS.fullmatch(words) or _INTRODUCES.fullmatch(clause):
        return True
    return not is_first and _SIGNS.fullmatch(clause) is not None and _known_word(words, False)[0] == OTHER


def _sentence(words: str) -> str:
    if _WRONG_NUMBER.search(words):
        return WRONG_NUMBER
    return HELP if _CRIES_FOR_HELP.search(words) else OTHER


def _asks_who(clause: str) -> bool:
    return _ASKS_WHO.fullmatch(_without_courtesies(plain(clause))) is not None


def _without_courtesies(words: str) -> str:
    for courtesy in COURTESIES:
        words = words.removeprefix(f"{courtesy} ").removesuffix(f" {courtesy}")
    return words
