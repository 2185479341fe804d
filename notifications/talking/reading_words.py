"""What a text from a patient means: the known words and plain sentences of domain.md 6.4. Pure: no Django.

Only words that leave no doubt are acted on; whatever else it is, a person reads it. Words of a crisis
(`crisis_words`) are found in any text, whatever it means otherwise; an opt-out needn't be one of the words
[V:30]: which clause is one stands in `opt_out_words`. What follows from a meaning is `inbound`'s.
"""

import re
from collections.abc import Collection
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
    `OTHER`, it may be an opt-out and a person asks. `asks_who`: it asks who we are, and is told. `no_more`:
    of a wrong number, whoever has it wants no more texts either."""

    reading: str
    crisis: bool = False
    worrying: bool = False
    doubtful: bool = False
    asks_who: bool = False
    no_more: bool = False


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
# Beside an opt-out alone, in the same breath or in another: by itself it may be about anything.
_NOT_ME: Final = r"(?:(?:sorry|no|hi|hello|hey) )*(?:(?:this|that|it) is |thats |its )?not me"
_IS_NOT_ME: Final = re.compile(_NOT_ME)
_NOT_ME_STOP: Final = re.compile(
    rf"{_NOT_ME} (?:(?:so|and|please|just) )*"
    r"(?:stop|quit|cease|dont|do not|unsub\w*|remove|leave me|no more)\b.*"
    rf"|(?:please )?stop (?:\w+ ){{0,3}}?{_NOT_ME}"
)
# What may follow where somebody says whose number it isn't, and nothing else is said of the patient.
_AND_NO_MORE = (
    r"(?= (?:so|and|please|stop|quit|dont|do not|remove|leave|here|sorry|wrong|any ?more|unsub\w*)\b|$)"
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


def read(text: str, *, opted_out: bool = False, names: Collection[str] = ()) -> Meaning:
    """What this text means. YES from somebody who is `opted_out` is a wish to come back [V:31]. `names` are
    those of the one patient of this number: who says not to be that person has a wrong number, whoever says
    not to be anything else ("not Interested") may be the patient."""
    reading, doubtful = _known_word(_without_courtesies(plain(text)), opted_out)
    if reading == OTHER:
        reading, doubtful = _in_clauses(text, opted_out, names)
    return Meaning(
        reading,
        crisis=crisis_words.found_in(text),
        worrying=crisis_words.worrying(text),
        doubtful=doubtful,
        asks_who=reading == OTHER and any(map(_asks_who, clauses(text))),
        no_more=reading == WRONG_NUMBER and any(map(_asks_for_no_more, clauses(text))),
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


def _in_clauses(text: str, opted_out: bool, names: Collection[str]) -> tuple[str, bool]:
    """What is said without greeting and signature: an opt-out in any of its clauses, a known word that is all
    of it, or a sentence. An opt-out beside something else is honoured, and a person reads the rest; of
    somebody who surely isn't the patient it is no wish of the patient's, but tells whose number it isn't."""
    said: list[str] = []
    wishes: list[str] = []
    for clause in clauses(text):
        words = _without_courtesies(plain(clause))
        wish = opt_out_words.wish_of(words)
        if wish or not _surrounds(clause, words, is_first=not said):
            said.append(words)
            wishes.append(wish)
    asked = not {opt_out_words.NO_MORE, opt_out_words.NO_MORE_AND_ELSE}.isdisjoint(wishes)
    if (
        _is_somebody_else(text, names)
        or (asked and _is_not_me(text))
        or any(map(_NOT_ME_STOP.fullmatch, said))
    ):
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
    return (HELP if _CRIES_FOR_HELP.search(plain(text)) else OTHER), False


def _is_somebody_else(text: str, names: Collection[str]) -> bool:
    """Whether it says by itself that this is a wrong number, or that its writer isn't the patient by name."""
    if _WRONG_NUMBER.search(plain(text)):
        return True
    words = "|".join({word for name in names for word in plain(name).split()})
    if not words:
        return False
    who = rf"(?:{words})(?: (?:{words}))*"
    is_not = re.compile(
        rf"\b(?:(?:im|i am|its|it is|this is|you have) not|(?:this|it) isnt|no (?:soy|es))"
        rf" {who}{_AND_NO_MORE}"
        rf"|^(?:sorry )?not {who}{_AND_NO_MORE}"
        rf"|\b(?:(?:dont|do not) know (?:any |a |who )?|no conozco a ){who}(?: is)?{_AND_NO_MORE}"
        rf"|\b(?:theres|there is|no hay) (?:no |ningun[ao]? )?{who} (?:here|at this|aqui)\b"
        rf"|\b(?:this is not|this isnt|not|isnt) {who}s (?:number|phone|cell)\b"
    )
    return any(is_not.search(plain(clause)) for clause in clauses(text))


def _is_not_me(text: str) -> bool:
    """Whether a clause beside an opt-out says "not me" and no more."""
    said = [_without_courtesies(plain(clause)) for clause in clauses(text)]
    return any(words in WRONG_NUMBER_WORDS or _IS_NOT_ME.fullmatch(words) for words in said)


def _asks_for_no_more(clause: str) -> bool:
    words = _without_courtesies(plain(clause))
    wish = opt_out_words.wish_of(words)
    return (
        wish in (opt_out_words.NO_MORE, opt_out_words.NO_MORE_AND_ELSE)
        or _NOT_ME_STOP.fullmatch(words) is not None
    )


def _surrounds(clause: str, words: str, *, is_first: bool) -> bool:
    """Whether it greets, says who writes or signs, and nothing else."""
    if words in COURTESIES or _GREETS.fullmatch(words) or _INTRODUCES.fullmatch(clause):
        return True
    return not is_first and _SIGNS.fullmatch(clause) is not None and _known_word(words, False)[0] == OTHER


def _asks_who(clause: str) -> bool:
    return _ASKS_WHO.fullmatch(_without_courtesies(plain(clause))) is not None


def _without_courtesies(words: str) -> str:
    for courtesy in COURTESIES:
        words = words.removeprefix(f"{courtesy} ").removesuffix(f" {courtesy}")
    return words
