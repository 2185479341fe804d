"""What a nurse calls about on the same day: of the amber row of domain.md 6.2 what harms before anybody would
have read it, and a pressure at which an infusion is stopped (3.3). Compared with what `plain` leaves. Pure.

What is called about at once is in `crisis_words`, which asks here.
"""

import re
from typing import Final

from notifications.wording.plain_words import CANNOT, then

# Vomiting that goes on or nothing that stays down, a fall, what isn't there, blood (domain.md 6.2).
_VOMITING = r"vomit\w*|throwing up|throwin up|puking|puke|being sick|barfing"
_WORRYING: Final = (
    rf"(?:{CANNOT}|wont|doesnt|dont) (?:\w+ )?stop (?:{_VOMITING})",
    rf"(?:keep|kept|still|non ?stop|constantly) (?:on )?(?:{_VOMITING})",
    rf"(?:{_VOMITING}) (?:\w+ ){{0,2}}?(?:all (?:day|night|morning)|for (?:\w+ )?hours|since|wont stop"
    r"|non ?stop|blood)",
    rf"(?:{CANNOT}|not|nothing) (?:\w+ )?(?:keep|hold|stay)(?:s|ing)? (?:\w+ ){{0,2}}?down",
    r"(?:fell|fallen) (?:down|over)(?! to\b)|(?:keep|kept) falling(?! (?:a ?sleep|behind|for)\b)",
    r"(?:fell|fallen) (?:off|out of) (?:\w+ ){0,2}?(?:bed|chair|couch|sofa|toilet|bike|ladder|stairs|steps"
    r"|porch|roof|shower|tub|car)",
    r"(?:fell|fallen) on (?:my|his|her) \w+",
    r"(?:fell|fallen) (?:on|in|onto|to) the (?:floor|stairs|ice|steps|ground|street"
    r"|sidewalk|bathroom|kitchen|shower|tub|yard|hall\w*)",
    then(r"dizzy|fainted|slipped|tripped|stumbled|woozy|unsteady|light ?headed|wobbly", r"fell|fall"),
    r"fell and (?:hit|hurt|broke|cut|bang\w*|bump\w*|land\w*|cant|couldnt|twist\w*|sprain\w*)",
    r"(?:had|took|taken) (?:a|another) (?:\w+ )?fall"
    r"(?! (?:cold|visit|break|semester|vacation|class\w*|trip))",
    r"(?:i|ive|she|he|mom|dad|mother|father|wife|husband|partner|son|daughter)"
    r" (?:just |have |has )?(?:fell|fallen)(?! (?:a ?sleep|behind|in love|for\b))",
    r"(?:head|room|everything|world) (?:is |keeps |wont stop )?spinning|(?:threw|thrown) up (?:\w+ "
    r"){0,2}?(?:times|again|since)",
    rf"(?:{CANNOT}) (?:\w+ )?(?:stand(?: up)?|walk|get up|stay awake)(?= (?:straight|properly|without|because"
    rf"|since"
    r"|at all|right|i|im|my|so|too|help|any ?more|by myself|alone)\b|$)",
    r"heart (?:is |was |keeps |beats |beating )*(?:racing|pounding|so fast|too fast|very fast|really fast"
    r"|skipping)",
    r"hopeless|(?:no|lost(?: all)?|losing) hope|sin esperanzas?|(?:me relapsed|i(?:ve)? (?:have )?relapsed"
    r"|recai)",
    r"(?:todo|cabeza|cuarto) me da(?:n)? vueltas|no puedo (?:levantarme|caminar|pararme|ponerme de pie)"
    r"|(?:palpitaciones|corazon (?:\w+ ){0,3}?(?:rapido|acelerado))|(?:llevo|desde) (?:\w+ ){0,3}?vomitando",
    r"hallucinat\w*|(?:seeing|hearing) (?:things|voices)|still (?:so |very |really )?confused",
    r"blood in (?:my |the |her |his )?(?:urine|pee|wee)|(?:peeing|pissing|urinating) blood",
    r"no (?:paro|para|puedo parar|puedo dejar|dejo|deja) de (?:vomitar|devolver)|sigo vomitando",
    r"(?:vomitando|vomito) (?:\w+ )?(?:tod[oa] (?:el|la)|desde|sin parar)|vomit\w+ sangre|no retengo",
    r"(?:me|se) (?:he|ha) caido|se cayo (?:\w+ ){0,2}?(?:escaleras?|piso|suelo|bano|cama|calle)"
    r"|(?:cai|caido) (?:por|de) las escaleras|(?:tuve|sufri|tuvo|sufrio) una caida|me resbale",
    r"me cai(?! (?:bien|mal)\b)|alucina\w*|(?:veo|oigo|escucho) (?:cosas|voces)",
    r"sangre en la orina|orin\w* sangre",
)
# domain.md 3.3, where an infusion is stopped: >= 180 or >= 110 [D]; as far as it can be a pressure (3.2).
_SYSTOLIC: Final = r"(?:1[89]\d|2\d\d|300)"
_DIASTOLIC: Final = r"(?:1[1-9]\d|200)"
_PRESSURE: Final = r"(?:bp|b p|blood pressure|pressure|tension(?: arterial)?|presion(?: arterial)?)"
_OVER: Final = r"(?:over|sobre|con)"
HIGH_PRESSURE: Final = re.compile(
    rf"\b{_PRESSURE} (?:[a-z]+ ){{0,5}}?(?:{_SYSTOLIC}(?! ?(?:mg|mcg|ml|days?|dollars)\b)"
    rf"|\d{{2,3}} (?:{_OVER} )?{_DIASTOLIC})\b"
    rf"|\b(?:{_SYSTOLIC} {_OVER} \d{{2,3}}|\d{{2,3}} {_OVER} {_DIASTOLIC})\b"
)
AS_A_FRACTION: Final = re.compile(
    rf"(?<![\d/])(?:{_SYSTOLIC} ?/ ?[4-9]\d|\d{{2,3}} ?/ ?{_DIASTOLIC}|{_SYSTOLIC} ?/ ?1\d\d)(?![\d/])"
)
ILL: Final = re.compile(rf"\b(?:{'|'.join(_WORRYING)})\b")
