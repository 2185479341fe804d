"""Words of a crisis in whatever a patient writes: the red row of domain.md 6.2 and what must be escalated at
once (4.2), in people's own words. What means danger only in its place is in `danger_words`, what a nurse
calls about on the same day in `unwell_words`. Pure.

Two groups of words that stand near each other are enough, whatever stands between: "my chest really hurts",
"me duele mucho el pecho". A false alarm costs a call, a miss may cost a life; words that are part of every
day's texts ("my arm", "can't make it", "end of series") alarm only beside the word that makes them a crisis.

A text is read as it stands, then with the letters that its digits and signs stand for and with slips of the
thumb put right; the gravest phrases are found however their letters are spaced, run together or repeated.
"""

import re
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from clinic.letters import unmasked
from notifications.wording import danger_words, unwell_words
from notifications.wording.plain_words import CANNOT, near, plain, slips_of, spelled_right, then

# Compared with what `plain` leaves: no accents, no apostrophes, no capitals.
_NOT: Final = r"dont|do not|doesnt|didnt|did not|no longer|never|cant|cannot|can not|not"
_SELF: Final = r"myself|my self|meself|mysel"
_WISH: Final = (
    r"want|wants|wanted|wanting|wanna|wish|wishes|wishing|hope|hoping|going|gonna|ready|rather|like|deserve"
    r"|should|need|needing|try|trying|planning|plan|about|tempted|thinking|thoughts?|dreaming|praying"
)
_PILLS: Final = r"pills?|tablets?|meds?|medicines?|medications?|bottles?|capsules?|doses?|ketamine|sleepers"
_AMOUNT: Final = r"all|whole|entire|bottle|too many|too much|handful|lots|lot|bunch|every|rest|extra"
# More than anybody takes of what is taken every day; not a dose, a time or a count of days.
_COUNT: Final = (
    r"(?:\d{2,}|\w+teen|twenty|thirty|forty|fifty|sixty|dozens?|hundreds?|veinte|treinta|cuarenta|cincuenta"
    r"|cien)"
    r"(?! (?:mg|mcg|ml|g|minutes?|hours?|days?|weeks?|am|pm|minutos|horas|dias)\b)"
)
# Too much of these harms nobody.
_NO_MEDICINE: Final = (
    r"(?! (?:\w+ )?(?:time|space|room|trouble|work|effort|energy|steps?|breaks?|photos?|pictures?|days?"
    r"|tiempo|trabajo|agua|cafe|sol|fotos)\b)"
)
_UNLESS_DRIVING: Final = r"(?! to (?!be\b|stay\b|go home|live\b|sleep\b|come home|leave\b)\w)"
_ANYBODY: Final = (
    r"(?:someone|somebody|anyone|anybody|people|others|him|her|them|everyone|everybody"
    r"|my (?:wife|husband|partner|kids?|child|children|baby|mom|mother|dad|father|son|daughter|family))"
    r"(?! feelings)"
)
# "I can't go on Tuesday" speaks of a day.
_NO_DAY: Final = (
    r"(?! (?:the|a|an|my|our|your|that|any(?! more| longer)|at|to|in|for|\d\w*|this (?!way)\w+|next|these"
    r"|those|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*|vacations?|holidays?|trips?|weekends?"
    r"|weekdays)\b)"
)
# "I want it to end at 3 pm" speaks of a visit.
_NO_TIME: Final = (
    r"(?! (?:at|on|by|before|after|around|in|with|early|earlier|sooner|later|here|today|\d\w*|noon|half"
    r"|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*)\b)"
)
_HEIGHTS: Final = (
    r"(?:bridge|building|roof|rooftop|cliff|balcony|ledge|window|overpass|parking garage|tower|high place)"
)
_VEHICLES: Final = r"(?:train|trains|subway|bus|truck|car|traffic)"
# "Tired of living in Chicago" is about Chicago.
_LIFE: Final = (
    r"(?:living(?! (?:in|at|on|near|here|there|alone|out|off|by|with (?!this|it|pain|myself)\w+)\b)"
    r"|being alive|existing|(?:my |this )?life(?! (?:insurance|in|at)\b))"
)
_DEATH: Final = (
    r"su[ia]?[cs]i?d\w*",
    r"kill(?:ing|ed)? (?:\w+ )?(?:me|myself|my self)",
    r"un ?aliv\w*",
    r"end(?:ing)? (?:my (?:own )?life|it all|my (?:suffering|misery))",
    then(
        r"want|wanting|wanna|going|gonna|ready|need|thinking|thoughts?|plan|planning|will|ill",
        rf"end(?:ing)? (?:it|everything|things{_NO_TIME}"
        r"|this(?= (?:all|life|suffering|misery|tonight|now|please)\b|$))",
    ),
    rf"(?:want|wants|wanting|wish|need) (?:it|this|everything)(?: just)? to (?:end|be over){_NO_TIME}",
    rf"(?:want|wants|wanting|wish|need|make|for) (?:it all|this all|all of (?:it|this)|everything)"
    rf" (?:just )?(?:to )?(?:end|stop|be over){_NO_TIME}",
    r"(?:tired|sick|done|weary|exhausted|finished|fed up|through(?! (?:my |this )?life\b)|had enough)"
    rf" (?:of |with |from )?{_LIFE}",
    r"wish\w* (?:i|id) (?:wasnt|werent|was not|were not|wouldnt be) (?:\w+ )?"
    rf"(?:alive|born|here(?! on\b){_NO_DAY})",
    r"life (?:isnt|is not|is no longer|aint|not|doesnt feel) (?:\w+ )?worth (?:it|living|this)",
    r"life (?:is|feels|seems|has) (?:\w+ )?(?:pointless|meaningless|worthless|hopeless|no meaning|not worth)",
    rf"(?:jump|jumping|jumped|leap|leaping|throw\w* {_SELF}|step off|walk off|driv\w+) (?:\w+ ){{0,3}}?"
    rf"(?:off|from|out of|out) (?:\w+ ){{0,2}}?{_HEIGHTS}",
    rf"(?:jump|jumping|leap|leaping|throw\w* {_SELF}|step|stepping|walk|walking|lie|lying) (?:\w+ )?"
    rf"(?:in front of|under|onto) (?:\w+ ){{0,2}}?(?:{_VEHICLES}|tracks)",
    r"(?:jump|step|walk)(?:ing)? into traffic",
    r"(?:crash\w*|driv\w+) (?:\w+ ){0,2}?(?:into|off) (?:a|the) (?:tree|wall|cliff|bridge|river|lake|road)",
    r"gun to my head|bullet (?:in|through) my|(?:blow|blowing|shoot|shooting) my (?:\w+ )?brains? out|noose",
    r"(?:take|taking|took) my (?:own )?life",
    then(
        _WISH,
        r"die|dying(?! (?:\w+ )?hair)|be dead|was dead|were dead|not wake up|never wake up|disappear forever",
    ),
    r"(?:im|i am) dying(?! to\b| for\b)",
    r"better off (?:\w+ )?(?:dead|without me)",
    r"never (?:been )?born",
    then(r"hurt\w*|harm\w*|cut|cutting|injur\w*|stab\w*|shoot\w*|shot|hang\w*|drown\w*|poison\w*", _SELF, 1),
    r"self ?harm\w*",
    then(
        _NOT, r"(?:want|wanting|wanna|wish)(?: to)? (?:\w+ )?(?:live|living|be alive|be living|wake up|exist)"
    ),
    then(
        _NOT, rf"(?:want|wanting|wanna)(?: to)? be here(?! (?:by|before|until|so|too|early|late)\b){_NO_DAY}"
    ),
    then(
        rf"{CANNOT}|dont want to|do not want to",
        rf"(?:go on{_NO_DAY}|carry on|keep going|live (?:like this|any ?more|any longer|with myself))",
        1,
    ),
    r"cant (?:do|take|stand|bear) (?:it|this|the pain|life)(?: \w+){0,2}? (?:anymore|any more|any longer)",
    r"(?:no|nothing|any|without) (?:\w+ ){0,2}?(?:to live|to go on|in living|worth living)",
    r"(?:isnt|not|no longer) worth living",
    r"(?:give|giving|gave|given) up on (?:my )?(?:life|living)",
    then(r"dont|do not|doesnt|didnt|never|cant|cannot", r"(?:feel|keep \w+|stay) (?:\w+ ){0,2}?safe", 1),
    rf"(?:not|isnt|arent|never) (?!sure|certain)(?:\w+ ){{0,2}}?safe{_UNLESS_DRIVING}",
    # Short for killing myself, unless it is a distance.
    r"(?<!\d )(?<!many )(?<!few )(?<!of )kms(?! (?:away|from|to|by|drive|per)\b)",
    r"(?:slit|slitting|cut|cutting|slash\w*) (?:\w+ ){0,2}?(?:wrists?|veins|throat)",
    then(
        r"might|may|could|want|wanna|going|gonna|will|ill|need|afraid|scared|thinking|urges?|thoughts?|gotta",
        rf"(?:hurt|hurting|harm|harming|kill|killing|stab|stabbing|shoot|shooting) {_ANYBODY}",
    ),
    rf"(?:took|taken|taking|swallowed|ate|eaten|downed|to take) (?:\w+ )?(?:{_AMOUNT}|{_COUNT})"
    rf" (?:\w+ ){{0,4}}?(?:{_PILLS})",
    rf"(?:took|taken|swallowed|downed) (?!on )(?:\w+ )?too (?:many|much){_NO_MEDICINE} \w+",
    r"overd[ou]s\w*|over dos\w*|od(?:ed|d)\b",
)
_BODY: Final = (
    near(
        r"che?a?st",
        r"pains?|painful|hurt\w*|tight\w*|pressure|ach\w+|heavy|heaviness|crush\w*|squeez\w*|stab\w*|burn\w*",
    ),
    then(
        rf"{CANNOT}|trouble|hard|difficult\w*|struggl\w*|problems?|short|shortness|gasping|out of",
        r"bre(?:a|e)th\w*|brethe|braeth\w*",
    ),
    r"(?:not|stopped|isnt) breathing|(?:turning|turned|going|lips are) blue|blue lips",
    # domain.md 4.2: under 90.
    r"(?:oxygen|spo2) (?:(?:saturation|level|sat|is|at|was|reads|now|of) )*(?:low|dropp\w*|[5-8]\d)",
    r"suffocat\w*|(?:im|i am|am) choking",
    r"fainted|fainting|(?:feel|feeling|going to|gonna|almost|nearly|about to) (?:\w+ ){0,2}?faint",
    r"pass(?:ed|ing)? out|black(?:ed|ing)? ?out|blackouts?|unconscious|(?:lost|losing|lose) consciousness",
    near(
        r"arms?|legs?|face|hands?|side|sided|half",
        r"numb\w*|weak|weaker|weakness|droop\w*|paraly\w*|limp"
        r"|(?:lost|losing|loss of|no) (?:\w+ )?(?:strength|feeling|power|control)",
    ),
    then(
        r"cant|cannot|can not|couldnt", r"(?:move|feel|lift|raise) (?:\w+ ){0,2}?(?:arm|leg|face|hand|side)"
    ),
    r"slurr\w*",
    # New trouble with speech, or sight that is gone; not "I can't talk now".
    rf"(?:{CANNOT}) (?:speak|talk) (?:\w+ )?"
    r"(?:properly|right(?! now)|straight|clearly|normally|at all|well)",
    r"(?:trouble|difficulty|problems?|struggling) (?:with |to )?(?:speak\w*|talking|my speech)"
    r"(?! (?:to|with|about|at|on)\b)",
    r"(?:speech|words) (?:\w+ ){0,3}?(?:garbled|jumbled|mumbled|wrong|weird|funny|off)",
    r"(?:lost|losing) (?:my |all )?(?:vision|sight|eyesight)|gone blind|(?:cant|cannot) see out of",
    r"(?:having|have|had|got|like|be|a mini) (?:a |mini )*stroke|cardiac arrest",
    near(r"worst|thunderclap", r"head ?aches?|head ?pain"),
    # Here many have migraines, and a worst one every month.
    then(r"worst (?:\w+ ){0,2}?migraines?", r"life|ever"),
)
_SPANISH_WISH: Final = (
    r"quiero|quisiera|queria|quiere|voy a|pienso|pensando|pensar|pense|ganas|deseos?|prefiero|preferiria"
    r"|intente|intentar|gustaria"
)
_DEATH_ES: Final = (
    r"(?:cansad|hart|aburrid)[oa] de (?:\w+ )?(?:vivir(?! (?:en|con|aqui|alli)\b)|la vida|mi vida|existir)",
    r"(?:quiero|quisiera|deseo|ojala) (?:que )?(?:todo|esto) (?:ya )?(?:se )?(?:acabe|termine|acabara)",
    r"(?:tirar|aventar|lanzar|arrojar|botar)me (?:\w+ ){0,3}?(?:puente|edificio|ventana|balcon|azotea|techo"
    r"|precipicio|tren|metro|vias|trafico)",
    r"saltar (?:\w+ ){0,2}?(?:puente|edificio|ventana|balcon|azotea|techo|precipicio)",
    r"(?:pegar|dar|meter)me un (?:tiro|balazo)",
    then(_SPANISH_WISH, r"morir\w*|matar|matarme|estar muert[oa]|desaparecer|dejar de vivir"),
    r"matarme|me (?:\w+ ){0,2}?(?:mato|mate|matar)",
    r"(?:quitar|quite|quito)(?:me)? la vida|quitarme de en medio",
    r"(?:acabar|terminar) (?:\w+ )?con (?:mi vida|mi sufrimiento|todo|esto)",
    r"hacerme (?:\w+ )?dano|me (?:hago|hice|hare) (?:\w+ )?dano|lastimarme|herirme",
    r"(?:cort\w+|abrir\w*) (?:\w+ ){0,1}?(?:venas|munecas)",
    then(
        r"quiero|quisiera|voy a|podria|puedo|pienso|ganas|miedo",
        r"(?:hacer(?:le)? dano|lastimar|herir|matar) a (?:alguien|mi|otr[oa]s?|otra persona)",
    ),
    r"cortarme(?! (?:el|un poco el)? ?(?:pelo|cabello|las unas))|ahorcarme|colgarme|envenenarme|autolesi\w*",
    then(
        r"no|ya no", r"(?:quiero|quisiera|deseo) (?:\w+ )?(?:viv\w+|existir|despertar\w*|estar (?:mas )?aqui)"
    ),
    r"no (?:quiero|puedo) (?:\w+ )?seguir(?: mas| asi| viviendo| adelante| aqui|$)",
    r"no (?:puedo|aguanto|soporto|doy) (?:\w+ )?mas",
    r"no (?:\w+ ){0,3}?(?:razon|ganas|motivos?|pena) (?:\w+ )?(?:vivir|seguir viviendo)",
    r"sin (?:razon|ganas|motivos?) (?:\w+ )?vivir",
    r"mejor (?:\w+ ){0,2}?muert[oa]|ojala (?:\w+ ){0,2}?muert[oa]",
    r"me (?:estoy muriendo|muero)(?! de ganas| por)",
    r"no (?:\w+ ){0,3}?a salvo|no (?:me |nos )?(?:siento|sentimos) (?:\w+ ){0,2}?segur[oa]s?",
    r"me siento (?:\w+ )?insegur[oa]",
    r"(?:me )?(?:tome|tomado|tragu?e|tragado|voy a tomar(?:me)?|quiero tomar(?:me)?) (?:\w+ ){0,2}?"
    rf"(?:tod[oa]s?|much[oa]s|demasiad[oa]s?|frasco|bote|punado|caja|{_COUNT}) (?:\w+ ){{0,4}}?"
    r"(?:pastillas?|pildoras?|medicin\w+|medicament\w+|tabletas?|frasco|bote|caja)",
    rf"(?:me )?(?:tome|tomado|trague|tragado) demasiad[oa]s?{_NO_MEDICINE} \w+",
)
_BODY_ES: Final = (
    near(
        r"pecho",
        r"dolor\w*|duele\w*|dolia|opres\w+|oprim\w+|presion|apret\w+|aprieta|punzad\w+|pesad\w+|ardor|arde",
    ),
    then(r"no puedo|no logro|cuesta|dificil|dificultad\w*|apenas|trabajo|problemas?|casi no", r"respir\w+"),
    then(r"falta|sin|no me entra|se me va", r"(?:aire|aliento)(?! acondicionado)", 2),
    r"me (?:ahogo|ahogue|asfixi\w+)|me estoy ahogando|ahogandome",
    r"desmay\w+|me desvanec\w+|inconsciente",
    r"(?:perdi|pierdo|perder|perdio) (?:\w+ )?(?:conocimiento|con?s?ciencia)",
    near(
        r"lado|brazos?|piernas?|cara|manos?",
        r"debil\w*|entumecid\w+|adormecid\w+|dormid[oa]s?|paraliz\w+|caid[oa]"
        r"|(?:sin|perdi|perdido|pierdo|no tengo) (?:\w+ )?fuerzas?",
    ),
    r"no (?:siento|puedo mover|muevo) (?:\w+ ){0,2}?(?:lado|brazo|pierna|cara|mano)",
    r"(?:no puedo|me cuesta|dificultad para|no logro) hablar(?: (?:bien|claro|normal|casi)|$)",
    r"se me traba la lengua|arrastr\w+ las palabras|(?:perdi|perdido|pierdo) la (?:vista|vision|voz)",
    r"infarto|derrame|ataque (?:al corazon|cardiaco|de corazon)|embolia",
    r"(?:labios|cara) (?:\w+ )?(?:azul\w*|morad[oa]s?)|no respira|dej[oa] de respirar",
    r"peor (?:\w+ ){0,2}?(?:dolor de cabeza|cefalea)|(?:dolor de cabeza|cefalea) mas fuerte de mi vida",
    then(r"peor (?:\w+ ){0,2}?(?:migrana|jaqueca)", r"vida"),
)
# domain.md 4.2, "Must escalate at once": by its terms what isn't in the rows above already.
_AIRWAY: Final = r"throat|airway|tongue|lips?|garganta|lengua|labios?"
MUST_ESCALATE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "airway": (
            near(
                _AIRWAY,
                r"clos\w+|swell\w*|swollen|swelled|tighten\w*|shut|block\w*|cierra|cerr\w+|hinch\w+"
                r"|inflam\w+",
            ),
        ),
        "unresponsive": (
            r"unresponsive|no (?:responde|reacciona|despierta)",
            r"(?:wont|isnt|doesnt|not) (?:wake|waking) up(?! (?:early|at|before|in|until|by)\b)",
            r"(?:cant|cannot|couldnt) wake (?:him|her|them|my \w+)(?: up)?",
        ),
        # domain.md 3.3: over 180/120 with what may come of it; by itself it is called about today.
        "BP emergency": (
            r"hypertensive (?:crisis|emergency)|(?:crisis|emergencia) hipertensiva",
            near(
                r"(?:18[1-9]|19\d|2\d\d) (?:over |sobre )?(?:12[1-9]|1[3-9]\d)",
                r"confus\w*|blurr\w*|double vision|seeing double|borros[oa]",
            ),
        ),
        "seizure": (
            r"seizur\w*|seizing|convuls\w*|(?:having|had|having a|had a) fits?",
            r"ataques? epileptic[oa]s?|crisis epileptic[ao]s?",
        ),
        "anaphylaxis": (
            r"anaphyla\w*|used (?:my |the |an )?epi ?pen|allergic reaction|anafila\w*|reaccion alergica",
        ),
        # Whoever names help that comes at once needs it.
        "help at once": (
            r"(?<!\d )(?:911|988)(?! \d)|ambulances?|ambulancias?|paramedics?",
            r"(?:an|my|medical|its|is) emergency(?! (?:contacts?|exit|number|phone)\b)",
            r"(?:una|es) emergencia",
            r"send (?:me |us |some )?help(?! (?:with|about|on|for|from|in|filling|finding)\b)",
            r"(?:call|send|get) (?:me |the |for )?(?:police|cops)",
            r"(?:mand|envi|traig)[ae]n? ayuda|llam[ae]n? a la policia",
        ),
        # What is a serious event if nobody comes.
        "bleeding": (
            r"bleeding (?:\w+ ){0,3}?(?:wont|doesnt|does not|isnt|is not|not|cant|hasnt) (?:\w+ )?stop\w*",
            rf"(?:{CANNOT}|wont|doesnt) (?:\w+ )?stop (?:the |my )?bleed\w*",
            r"(?:keeps?|still) bleeding(?! a (?:little|bit|tiny))",
            r"bleeding (?:out|heavily|badly|a lot|profusely|everywhere|non ?stop|to death)",
            r"(?:sangr\w+|hemorragia) (?:\w+ ){0,3}?no (?:para|paro|se detiene|deja)|hemorragia",
            r"no (?:para|paro|deja|dejo|puedo parar|puedo dejar) de sangrar|sangr(?:o|a|ando) mucho",
        ),
    }
)
# Found however they are written: w a n t t o d i e, killlmyself, ki11 myself.
_GRAVEST: Final = (
    *("kill myself", "killing myself", "want to die", "wanna die", "gonna die", "suicide", "suicidal"),
    *("end my life", "end it all", "hurt myself", "harm myself", "unsafe", "not safe", "overdose"),
    *("cant breathe", "can not breathe", "chest pain", "heart attack", "seizure"),
    *("quiero morir", "quiero matarme", "me quiero matar", "suicidio", "quitarme la vida", "sobredosis"),
    *("no puedo respirar", "dolor de pecho", "dolor en el pecho"),
)


def _however_spaced(phrase: str) -> str:
    """Its letters with or without spaces between, each as often as it likes; it ends where a word does. A one
    may stand for an l as well as for an i, so beside an l either is read for both.

    It begins only where its first letter does, and no letter can be taken for the one before: so a thousand
    times the same letter is read as fast as any text.
    """
    letters = re.sub(r"(.)\1+", r"\1", phrase.replace(" ", ""))
    *spaced, last = [
        ("[il]" if "l" in row else row, f"{{{len(row)},}}") for row in re.findall(r"[il]*l[il]*|.", letters)
    ]
    first = spaced[0][0]
    written = "".join(f"(?:{letter} ?){times}" for letter, times in spaced) + "".join(last)
    after = _UNLESS_DRIVING if phrase.endswith("safe") else ""
    return rf"(?<!{first})(?<!{first} ){written}\b{after}"


_SPELLED: Final = re.compile("|".join(map(_however_spaced, _GRAVEST)))
# "pian" in the chest, "siezure".
_GRAVE: Final = (
    *("kill", "myself", "suicide", "suicidal", "overdose", "unsafe", "chest", "pain", "throat", "breathe"),
    *("faint", "stroke", "seizure", "ambulance", "want", "living", "bridge", "bleeding"),
    *("morir", "matarme", "suicidio", "pecho", "dolor", "respirar"),
)
# As it is heard, and written so on phones.
_AS_HEARD: Final = {
    **dict.fromkeys(("kiero", "qiero", "quero", "kero", "quierro", "qero"), "quiero"),
    **dict.fromkeys(("kisiera", "qisiera", "quiciera"), "quisiera"),
    **dict.fromkeys(("bibir", "vivr", "bivir"), "vivir"),
    **dict.fromkeys(("morirm", "morrir", "moriir"), "morir"),
    **dict.fromkeys(("aserme", "acerme"), "hacerme"),
    "pienzo": "pienso",
    "ambulansia": "ambulancia",
}
_SLIPS: Final = {**slips_of((*_GRAVE, *danger_words.WORDS)), **_AS_HEARD}
# A heart beside a text that was sent: what it quotes may be the emergency lines under our own words.
_TAPPED: Final = re.compile(
    r"\s*(?:liked|loved|disliked|laughed at|emphasized|questioned|le (?:gusto|encanto))"
    r"\s*[\"\u201c].*[\"\u201d]\s*",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_LINES: Final = re.compile(r"\b(?:911|988)\b")
_AT_ONCE: Final = (*_DEATH, *_BODY, *_DEATH_ES, *_BODY_ES, *chain.from_iterable(MUST_ESCALATE.values()))
_CRISIS: Final = re.compile(rf"\b(?:{'|'.join(_AT_ONCE)})\b|{danger_words.IN_DANGER}")
_SPANISH: Final = re.compile(rf"\b(?:{'|'.join((*_DEATH_ES, *_BODY_ES))}|ayud\w+|socorro|auxilio)\b")


def found_in(text: str) -> bool:
    """Whether somebody has to call at once because of this text."""
    if _TAPPED.fullmatch(text):
        text = _QUOTED_LINES.sub("", text)
    return any(
        _CRISIS.search(words) or _SPELLED.search(words)
        for words in {plain(text), spelled_right(unmasked(text), _SLIPS)}
    )


def worrying(text: str) -> bool:
    """Whether a nurse has to call on the same day because of this text."""
    ill = any(
        unwell_words.ILL.search(words) for words in {plain(text), spelled_right(unmasked(text), _SLIPS)}
    )
    return ill or any(
        (unwell_words.HIGH_PRESSURE.search(plain(text)), unwell_words.AS_A_FRACTION.search(text))
    )


def language_of(text: str) -> str:
    """The language in which help is called for: what somebody is answered in of whom nothing is known."""
    return "es" if _SPANISH.search(plain(text)) else "en"
