"""Whether somebody wants no more texts, told from one clause of what they wrote. Pure: no Django.

An opt-out may be said in any reasonable way (domain.md 6.4 [V:29,30]), so it is looked for in each clause by
itself: "No, stop texting me" denies nothing, "don't stop texting me" does. What is neither asked nor denied
without doubt is `PERHAPS`, and a person asks. The known words that are a whole text are `reading_words`'.
"""

import re
from typing import Final

from notifications.wording.plain_words import slips_of, spelled_right

NO_MORE: Final = "no_more"
# The same, and more than that in the same breath.
NO_MORE_AND_ELSE: Final = "no_more_and_else"
PERHAPS: Final = "perhaps"
GO_ON: Final = "go_on"
NOT_ABOUT_IT: Final = ""

# Compared with what `plain` leaves: no accents, no apostrophes, no capitals.
_TEXTS = (
    r"(?:texts?|texting|txts?|txting|messages?|messaging|msgs?|sms|reminders?|reminding|notifications?|spam)"
)
_TEXTS_ES = r"(?:mensajes?|mensajitos?|textos?|sms|recordatorios?|avisos?|notificaciones)"
_WHICH = (
    r"(?:(?:all|of|the|these|those|this|that|your|my|any|more|such|with|sending|getting|receiving|me|us|here"
    r"|stupid|annoying|constant|daily|automated|automatic|damn|fucking) )*"
)
_LEAVE_OFF = r"(?:dej(?:a|e|en|es|ar)|par(?:e|en|es|ar))"
# "Don't call or text me": no calls either.
_OR = r"(?:(?:call|phone|ring|e ?mail|contact|write|text|message)(?:ing)? (?:or|and|nor|n) )?"
_HERE = r"(?:me|us|here|anymore|any more|again|this (?:number|phone))"
_WRITE = r"(?:text|txt|message|msg|contact|write|spam|bother|sms)"
_STOPS = r"(?:discontinue|cease|suspend|halt|terminate|disable|deactivate|(?:turn|shut|switch|cut) off)"
_WRITING = r"(?:texting|txting|messaging|contacting|writing|spamming|bothering|harassing)"

# “Stop” itself, with nothing beside it that could be about something else.
_AROUND = (
    r"(?:please|pls|plz|ok|okay|hey|hi|hello|yes|no|just|can you|could you|will you|would you"
    r"|i|text|texting|txt|reply|replying|send|sending|type|typing"
    r"|you(?: guys)?|now|already|it|this|that|everything|immediately|right|asap|i said|i say"
    r"|you (?:must|need to|have to)|damn|thanks|thank you|forever|at once|for good|por favor|porfa"
    r"|ya|ahora|mismo|esto|eso|si|oigan?|gracias|les digo|dije|pueden|podrian|de una vez)"
)
_BARE: Final = re.compile(
    rf"(?:{_AROUND} )*(?:stop(?: all)?|stopp+|unsub(?:scribe)?|unsuscribe|desuscribir(?:me)?|alto|basta"
    rf"|pare[ns]?|detenganse|no mas|no more|no moleste[ns]?|no (?:{_TEXTS}|{_TEXTS_ES}))"
    rf"(?: (?:{_AROUND}|me|stop))*"
)
# A text that begins with the word is one, whatever comes after it: by rule no wording is the only one.
_LEADS: Final = re.compile(
    rf"(?:{_AROUND} )*(?:stop(?: ?all)?|stopp+|unsub(?:scribe)?|unsuscribe|opt ?out|desuscribir(?:me)?)\b ?"
)
# Then a signature or a number says nothing more.
_SIGNED: Final = re.compile(r"(?:(?:sent|send) (?:from|via)|get outlook|enviado desde) .*|[\d ]+")
# Then somebody goes on to say something else.
_GOES_ON: Final = re.compile(
    r"(?:but|and|or|also|because|cause|since|then|i|im|ive|ill|we|you|u|he|she|call|pero|y|o|porque|llam\w+|yo"
    r"|estoy|quiero)\b"
)
# Then it is about something else than texts.
_STOPS_ELSE: Final = re.compile(
    r"(?:to|para|by|at|in|on|over|off|near|it|here|there|sign|light|taking|eating|drinking|smoking|bleeding"
    r"|vomiting|throwing|hurting)\b"
)
_BESIDES: Final = re.compile(r"\b(?:but|pero|instead|mejor)\b")
# A digit for a letter, or beside the word.
_DISGUISED: Final = re.compile(r"\b[s5]t[o0]p(p*|all)\d*\b")
# What a thumb makes of the words that are by rule an opt-out.
_SLIPS: Final = slips_of(("stop", "unsubscribe", "cancel", "revoke"))
# Perhaps of the treatment's, so that a person asks as well.
CONSENT: Final = (
    r"(?:revoke|withdraw|rescind|take back|cancel) (?:my |the |all )*(?:consent|permission|authori[sz]ation)"
    r"|(?:revoco|revocar|retiro|retirar|cancelo) (?:mi |el )?(?:consentimiento|permiso|autorizacion)"
)
_ASKED_FOR: Final = (
    rf"stop {_WHICH}{_TEXTS}",
    rf"stop (?:\w+ )?{_WRITING}",
    r"stop sending (?:me |us )?(?:stuff|things|this|these|those|anything|crap)",
    rf"(?:dont|do not|never|quit|no) (?:ever |please )?{_OR}{_WRITE} (?:or \w+ )?(?:to )?{_HERE}",
    rf"(?:dont|do not|never|quit|no more|cease|discontinue|halt) (?:ever |and desist )?{_OR}{_WRITING}",
    rf"(?:dont|do not) {_WRITE}$",
    rf"(?:dont|do not) want (?:you |anybody |anyone )to {_WRITE}",
    r"(?:dont|do not|no longer) (?:want|wish|like) to be (?:texted|messaged|contacted|bothered)",
    rf"(?:dont|do not|quit) (?:send|sending) (?:(?:me|us|any|more|anymore|these|those|your) )*{_TEXTS}",
    r"(?:dont|do not|no longer) (?:want|wish|like|need)"
    rf" (?:(?:to|get|receive|getting|receiving|any|more|these|those|your|the) )*{_TEXTS}",
    rf"(?:no more|end) (?:\w+ )?{_TEXTS}",
    rf"{_STOPS} {_WHICH}{_TEXTS}",
    rf"(?:turn|shut|switch) {_WHICH}{_TEXTS} off",
    r"(?:dont|do not|didnt|did not|never|no longer) (?:\w+ )?(?:consent(?:ed)?|agreed?|authori[sz]ed?"
    r"|permit(?:ted)?|opt(?:ed)? in|sign(?:ed)? up|subscribed?)"
    rf" (?:to |for |with )?{_WHICH}(?:being |be )?(?:{_TEXTS}|texted|messaged)",
    r"(?:dont|do not|never) (?:have|had|gave|give) (?:you )?(?:my )?(?:permission|consent)"
    rf" to (?:send|{_WRITE})",
    r"off (?:of )?(?:your|the|this) (?:\w+ )?list",
    r"(?:remove|delete) (?:me|my (?:number|phone))",
    r"take (?:me|my number|us) off",
    r"leave me alone|lose my number",
    rf"cancel (?:my |the |all |these )?(?:subscription|{_TEXTS})",
    r"unsub(?:scribe)?|opt (?:me )?out|optout|stopall",
    CONSENT,
)
_ASKED_FOR_ES: Final = (
    r"no (?:me|nos) (?:escrib[ae][ns]?|texte(?:en?|es)|contacte[ns]?|moleste[ns]?)",
    r"no (?:me |nos )?(?:mand|envi)(?:en|es|e|ar)"
    rf" (?:mas$|nunca|nada|(?:(?:mas|sus|estos|esos|los) )*{_TEXTS_ES})",
    rf"no mas {_TEXTS_ES}",
    r"no (?:me|nos) \w+ ni (?:me |nos )?(?:escrib|text|mand|envi|contact)\w+",
    rf"no (?:autorizo|consiento|acepto|autorice|acepte) (?:\w+ ){{0,3}}?{_TEXTS_ES}",
    rf"no (?:quiero|deseo|quisiera) (?:(?:recibir|mas|sus|estos|esos|los) )*{_TEXTS_ES}",
    r"no (?:quiero|deseo|quisiera) que (?:me|nos) (?:escriban?|manden?|envien?|contacten?|molesten?)",
    rf"{_LEAVE_OFF} (?:ya )?de (?:estar )?(?:escrib|mand|envi|text|molest|contact|recib)\w*",
    rf"{_LEAVE_OFF} (?:ya )?(?:con |de )?(?:los|sus|estos|esos) {_TEXTS_ES}",
    rf"basta (?:ya )?(?:de|con) (?:\w+ )?{_TEXTS_ES}",
    rf"(?:cancel|suspend|deteng)\w* (?:la |mi |mis |los |sus |estos )?(?:suscripcion|{_TEXTS_ES})",
    r"(?:quiten|borren|eliminen|saquen|quite|borre|elimine|saque)(?:me|nos| mi numero)",
    r"(?:darme|denme|deme|dame|dar) de baja",
    r"dej[ae]n?(?:me|nos) en paz|(?:me|nos) dej(?:en?|es) en paz",
    r"(?:desuscri|desinscri|unsuscri)\w+",
)
_ASKS: Final = re.compile(rf"\b(?:{'|'.join((*_ASKED_FOR, *_ASKED_FOR_ES))})\b")
_STOPPING = (
    rf"(?:stop|stopping|quit|{_STOPS}|(?:turn|shut|switch)|unsub\w*|opt(?: me)? out|optout|remove|delete"
    r"|take (?:me|my number) off|leave me alone|revoke|withdraw|cancel)"
)
# What may stand between “don't” and what isn't to be done: “I never asked you to …”.
_UP_TO = (
    r"(?:(?:ever|please|agreed?|consent(?:ed)?|you|me|us|to|want|wanted|wish|need|needed|ask|asked|asking|mean|meant|intend|like|say|said"
    r"|tell|told|have|going|gonna|try|trying|just|yet|really|actually|anyone|anybody) )*"
)
_STOPPING_ES = (
    r"(?:dej(?:en?|es|ar)|par(?:en?|es|ar)|cancel\w+|suspend\w+|deteng\w+|(?:darme|denme|dar|den) de baja"
    r"|quiten|borren|eliminen|saquen|desuscrib\w+|retirar|revocar)"
)
_DENIED: Final = re.compile(
    r"\b(?:(?:dont|do not|doesnt|didnt|did not|never|not|wont|will not|cant|cannot|can not|shouldnt"
    rf"|should not|without|no (?:need|reason|wish)) {_UP_TO}{_STOPPING}\b"
    r"|(?:no|nunca|jamas|tampoco) (?:(?:me|nos|quiero|quisiera|deseo|necesito|pedi|dije|he pedido|que|vayan a"
    rf"|por favor) )*{_STOPPING_ES}\b)"
)
# “Why don't you stop texting me” asks for it.
_ASKED_BACK: Final = re.compile(
    r"\b(?:wont|dont|cant|couldnt|wouldnt) you (?:please |just |ever |all )?stop\b"
)
# Before it: something else is said of it than that it should happen.
_SUPPOSED: Final = re.compile(
    r"\b(?:if|unless|until|before|when|whenever|once|whether|in case|why did|why have|did you|have you|did it"
    r"|why do (?:the|my|these|your)|(?:i|we|he|she|they|ill|well) (?:had to|have to|must|will|can|could|might"
    r"|may|did|gotta)|ill|si|cuando|por que|antes de que|hasta que|tuve que)(?: \w+){0,4} ?$"
)
# After it: not all texts are meant.
_NOT_ALL: Final = re.compile(
    r"\b(?:at (?:night|noon|work|home|\d\w*)|(?:so|too|this) (?:early|late|often|much|many)|in (?:the|spanish"
    r"|english)|on (?:mon|tue|wed|thu|fri|sat|sun|week)\w*|before|until|between|during|while|when|except"
    r"|unless|if|about (?!this\b|that\b|it\b|anything\b)|to (?:my|her|his|the) (?!number|phone|cell|mobile)"
    r"|for (?:today|now|a|the|my)|twice|every"
    r"|de noche|(?:por|en) la (?:noche|manana)|tan (?:temprano|tarde|seguido)|a las?|antes|hasta|cuando"
    r"|en (?:ingles|espanol)|los (?:lun|mar|mie|jue|vie|sab|dom)\w*|por ahora|hoy|a mi (?!numero|telefono))\b"
)
# Perhaps the texts, perhaps the treatment or the calls.
_PERHAPS: Final = re.compile(
    r"(?:i )?(?:really |just )?(?:want|need|wanna|would like|id like|wish) to (?:stop|quit)"
    r"(?: (?:now|please|everything|this|it|all of it))*"
    r"|(?:ya )?quiero (?:parar|dejarlo|terminar)(?: (?:ya|con todo|por favor))*"
    # "For" as well as "stop": said alone it is no opt-out by rule, and whoever reads it asks.
    r"|(?:ya )?para(?: (?:ya|esto|eso|por favor))*"
    r"|.*\bstop (?:calling|phoning) (?:me|us|here).*|(?:dont|do not) (?:ever )?contact (?!me|us).*"
)


def wish_of(clause: str) -> str:
    """What this clause, as `plain` leaves it, says of getting texts."""
    clause = _DISGUISED.sub(r"stop\1", spelled_right(clause, _SLIPS))
    if _BARE.fullmatch(clause):
        return NO_MORE
    leads = _LEADS.match(clause)
    # "Stop and ask": what comes after the word is looked at before what it may ask for.
    led = _after_the_word(clause[leads.end() :]) if leads else NOT_ABOUT_IT
    if led in (NO_MORE, NO_MORE_AND_ELSE):
        return led
    asks = _ASKS.search(clause)
    if asks is None:
        return PERHAPS if _PERHAPS.fullmatch(clause) else led
    before, after = clause[: asks.start()], clause[asks.end() :]
    if _SUPPOSED.search(before) or _NOT_ALL.search(after):
        return PERHAPS
    if _DENIED.search(clause) and not _ASKED_BACK.search(clause):
        return GO_ON
    return NO_MORE_AND_ELSE if _BESIDES.search(after) else NO_MORE


def _after_the_word(rest: str) -> str:
    """What a clause says that begins with “stop”, by what follows."""
    if _SIGNED.fullmatch(rest):
        return NO_MORE
    if _STOPS_ELSE.match(rest):
        return NOT_ABOUT_IT
    return NO_MORE_AND_ELSE if _GOES_ON.match(rest) else PERHAPS
