"""What people in danger say in words that mean something ordinary elsewhere: jump, cut, gun, goodbye, pills.

Each alarms unless what stands beside it says that it is ordinary, and where that can't be told it alarms: a
false alarm costs a call, a miss may cost a life (domain.md 6.2, the red row). Compared with what `plain`
leaves: no accents, apostrophes or capitals. What leaves no doubt by itself is in `crisis_words`. Pure.
"""

from typing import Final

_FAMILY: Final = (
    r"(?:kids?|child|children|family|wife|husband|partner|boyfriend|girlfriend|fiancee?|mom|mum|mama|mother"
    r"|dad"
    r"|father|parents|sons?|daughters?|sisters?|brothers?|baby|babies|girls?|boys?|grandkids|grandchildren"
    r"|friends?|dogs?|cats?|pets?)"
)
_HIJOS: Final = (
    r"(?:hij[oa]s?|nin[oa]s?|familia|espos[oa]|marido|pareja|novi[oa]|mama|papa|madre|padre|padres"
    r"|herman[oa]s?"
    r"|niet[oa]s?|amig[oa]s?|bebes?|perr[oa]s?|gat[oa]s?)"
)
# Before what somebody means to do.
_I_WILL: Final = (
    r"(?:im|i am|going|goin|gonna|gona|gunna|about|want|wanna|wanting|might|may|could|should|will|ill|ima"
    r"|imma"
    r"|gotta|ready|need|thinking (?:about|of)|thought (?:about|of)|think ill|tempted|urges?|feel like"
    r"|planning)"
    r"(?: (?:to|on|just|really|so bad to|go|be|of|it and))*"
)
_VOY_A: Final = (
    r"(?:voy a|vo a|boy a|quiero|quisiera|kiero|pienso|pensando en|ganas de|a punto de|podria|puedo|debo"
    r"|tentad[oa] a|pense en|pensado en)"
)
_WEAPONS: Final = r"(?:hand ?guns?|shot ?guns?|guns?|pistols?|rifles?|revolvers?|firearms?|glock|ammo)"
_BLADES: Final = (
    r"(?:knife(?! like\b)|knives|razors?|razor ?blades?|blades?|box ?cutters?|scalpel|noose|rope)"
    r"(?! (?:burn|in (?:my|the) (?:head|temple|eye|back|neck)))"
)
# "I can't do this on Tuesday" speaks of a day, "I give up sugar" of a habit.
_OR_NOTHING_ELSE: Final = (
    r"(?= (?:no more|now|tonight|today|please|help|i|im|ive|sorry|tell|goodbye|life|alone|all|anything|myself"
    r"|everything|trying|living|completely|pain|and i|its|it is|nothing|nobody|ya|mas|ayuda|perdon)\b|$)"
)
_A_PLACE: Final = r"(?:\w+ )?(?:clinic|place|office|hospital|school|building|waiting room)"
_PILLS: Final = r"(?:pills?|meds|tablets|tylenol|xanax|ambien)"
_SPIRITS: Final = r"(?:vodka|whisk[ei]y?|whiskey|tequila|rum|bourbon|gin|liquor|booze|alcohol)"
_SOME: Final = (
    r"(?:a|an|the|my|some|all|of|these|those|this|big|full|whole|lots|bunch|enough|sleeping|pain|handful|bottle"
    r"|bottles|box|\d+)"
)
# What is named when somebody says how many they took; a number beside another medicine is often its dose.
_SLEEPERS: Final = (
    r"(?:ambien|zolpidem|xanax|xans|klonopin|clonazepam|ativan|lorazepam|valium|diazepam|benzos?|alprazolam"
    r"|temazepam|benadryl|tylenol|paracetamol|acetaminophen|advil|aspirins?|trazodone|seroquel|oxy\w*|percocets?"
    r"|perc\w*|vicodin|norcos?|hydrocodone|tramadol|codeine|fentanyl|morphine|gabapentin|lithium)"
    r"(?! (?:mg|mcg|milligrams?)\b)"
)
_OF_THEM: Final = (
    r"(?= (?:of (?:them|it|my|the|those|these)|i|im|and|now|help|please|by (?:mistake|accident)|on purpose"
    r"|at once|last night|tonight|today)\b|$)"
)
_SCARED: Final = (
    r"(?:so |really |very |just )*(?:scared|afraid|terrified|frightened)"
    r"(?! (?:of (?!myself|him|what|dying|my)|(?:about|that|to|i(?:ll| will| might| may))\b))"
)
_TO_JUMP: Final = (
    rf"{_I_WILL} (?:\w+ )?jump(?:ing)?"
    r"(?! (?:to (?:the|a|my|conclusions?)|at|ahead|back|right|straight|start|rope|up and down|for joy|through"
    r"|online"
    r"|the (?:gun|line|queue|fence)|around|over to|on(?:to)? (?!the tracks)\w+|in(?:to)? (?!the|a|front"
    r"|traffic)"
    r"|in(?:to)? (?:the|a) (?:car|shower|bath|cab|taxi|uber|truck|meeting|call|zoom|pool|bed)"
    r"|off (?:the |a |this |my )?(?:bus|train|call|phone|zoom|line|meeting|subway|couch|bed|topic))\b)",
    r"(?:jump\w*|climb\w*) (?:\w+ )?over (?:the )?(?:rail\w*|edge|guard ?rail|ledge|side|barrier)",
    r"(?:jump\w*|throw\w* \w+|walk\w*|get|getting|lie|lying|stand\w*|sit\w*) (?:\w+ )?(?:in(?:to)?"
    r"|on(?:to)?) (?:the |a )?"
    r"(?:river|ocean|sea|tracks|train tracks|railroad|rails)(?! (?:cruise|walk|beach|view|hotel|front)\b)",
    r"(?:stand\w*|sitting|im|i am|up) (?:here |up )?on (?:the|a|my) (?:edge|ledge|rooftop|roof|railing)",
    r"(?:stand\w*|sitting|out) (?:here )?(?:on|at) (?:the|a) (?:bridge|overpass|cliff|balcony)",
    r"(?<!late )(?:im|i am) (?:\w+ )?on (?:the|a) bridge"
    r"(?= (?:alone|looking|thinking|tonight|help|please|goodbye|sorry goodbye|and i (?:want|cant|dont))\b|$)",
    rf"{_I_WILL} (?:\w+ )?(?:crash|wreck|drive) (?:my|the|this) (?:car|truck)(?! (?:to|home|there|over|in"
    rf"|back)\b)",
    rf"{_VOY_A} (?:saltar|brincar|tirar ?me|aventar ?me|lanzar ?me|arrojar ?me|botar ?me)"
    r"(?! (?:la|el|los|las|un[oa]?|esta|este|mi|a (?:la|el|descansar|dormir)|al|cuerda|de (?:alegria|gusto)"
    r"|en (?:la cama|el sofa))\b)",
    r"me (?:voy a|quiero|podria) (?:tirar|aventar|lanzar|arrojar|botar)"
    r"(?! (?:un|una|a (?:la cama|dormir|descansar)|en (?:la cama|el sofa))\b)",
    r"(?:parad[oa]|sentad[oa]|estoy) (?:aqui )?en (?:el|la|un) (?:puente|azotea|techo|cornisa|borde|orilla"
    r"|vias?)",
)
_TO_CUT: Final = (
    r"(?:been|started|start|starting|keep|kept|am|im|was|want|wanna|still|like|back to|urges? (?:to|of)|about"
    r"|of"
    r"|to|gonna|going to|need to) (?:\w+ )?(?:cutting|cuting|cut)"
    r"(?= (?:again|so|tonight|today|now|too|lately|every|last night|yesterday|all|because|and|i|im|to feel"
    r"|deep\w*"
    r"|for (?:days|weeks)|since|since \w+|help|please|more|a lot|really)\b|$)",
    r"(?:ive|i have|im|i am) (?:been )?(?:\w+ )?(?:cutting|cuting)(?! (?:back|down|out|off|it|the|up|through"
    r"|in|into"
    r"|short|on|hair|grass|carbs|sugar|salt|coffee|caffeine|alcohol|calories|dairy|meat|gluten|wood|class"
    r"|costs?"
    r"|ties|ahead|corners|my (?:hair|nails|grass|lawn|meds?|pills?|doses?|hours|caffeine|coffee|time|visit"
    r"|food)"
    r"|pills?|tablets?|back|paper|onions?|this|that|your|his|her|our|their|an?)\b)",
    r"i (?:just )?(?:cut|burned|burnt|burn) (?:again|tonight|last night|today|yesterday|deep\w*|too deep)",
    r"(?:cut|cutting|cuts on|slic\w+|burn(?:ed|ing)?|carv\w+) (?:up )?(?:into )?my "
    r"(?:arms?|legs?|thighs?|skin|stomach|forearms?|neck|body)",
    r"(?:relaps\w+|started) (?:\w+ ){0,2}?(?:self harm\w*|hurting|cutting)",
    r"me (?:he estado|estoy|estuve|sigo|volvi a|he vuelto a|vuelvo a|quiero|voy a|he|empece a) (?:\w+ )?"
    r"(?:cortando|cortado|cortar|quemando|lastimando|lastimar|hiriendo)"
    r"(?! (?:un poco )?(?:(?:el|las|los|de|con el|mi) )?(?:pelo|cabello|unas|dedo|llamada|comiendo|cocinando"
    r"|sol)\b)",
    r"me cort[eo] (?:otra vez|de nuevo|anoche|hoy|ayer|(?:los?|las?|el|mis?) (?:brazos?|piernas?|muslos?"
    r"|piel))",
)
_WITH_WHAT: Final = (
    rf"(?<!jump the )(?<!jumped the )(?<!jumping the )(?<!massage )(?<!glue )(?<!nail )(?<!heat )(?<!water "
    rf")(?<!nerf )"
    rf"(?<!son of a )(?<!thermometer )(?<!staple )(?<!under the )(?<!caulk )(?<!theragun ){_WEAPONS}"
    r"(?! (?:show|shy|thermometer|lake|control laws?)\b)",
    r"bullets?(?! (?:points?|journal\w*|proof|train|list)\b)",
    rf"(?:have|ive|got|holding|grab\w*|bought|buying|get|getting|took|using|with|found|hid|hiding) (?:a |the "
    rf"|my |some |his )?"
    rf"{_BLADES}",
    r"(?:tie|tied|tying) (?:a |the |my )?(?:rope|noose|belt)|carbon monoxide|exhaust pipe|car running in the "
    r"garage",
    r"(?:drank|drink|drinking|drunk|swallow\w*) (?:\w+ ){0,2}?(?:bleach|antifreeze|poison|detergent|cleaner"
    r"|gasoline)",
    r"(?:pistolas?|revolver|escopetas?|fusil|armas? de fuego|(?:tengo|con|un|el|compre) armas?)",
    r"(?:tengo|agarre|compre|con) (?:un |una |el |la )?(?:rifle|cuchillos?|navajas?|soga|cuerda|hoja de "
    r"afeitar)",
    r"(?:me )?(?:tome|tomar(?:me)?|bebi|beber(?:me)?) (?:\w+ ){0,2}?(?:cloro|veneno|raticida|blanqueador"
    r"|lejia)",
    rf"(?:he|she|they|{_FAMILY}|someone|somebody|ex|man|guy|neighbou?r) (?:\w+ )?(?:has|have|had|got|pull\w*"
    rf"|holding|brought|grabbed) (?:out )?(?:a |the |my |his |her )?{_BLADES}",
    r"(?:el|ella|espos[oa]|marido|pareja|novi[oa]|hij[oa]|ex) (?:\w+ )?(?:tiene|trae|saco) "
    r"(?:un |una |el |la )?(?:cuchillos?|navajas?|machete)",
    r"(?:rope|cord|noose|(?<!seat )belt|sheet|cable|wire) (?:\w+ )?a?round my (?:neck|throat)",
    r"(?:soga|cuerda|cinturon|cable|sabana) (?:\w+ ){0,2}?(?:cuello|pescuezo)",
    # Against others.
    rf"shoot(?:ing)? up (?:the |your |this |that ){_A_PLACE}",
    rf"(?:blow|blowing|burn|burning) (?:up |down )(?:the |your |this |that ){_A_PLACE}"
    rf"|(?:blow|blowing|burn|burning) (?:the |your |this |that ){_A_PLACE} (?:up|down)"
    rf"|bomb(?:ing)? (?:the |your |this |that ){_A_PLACE}",
    r"shoot(?:ing)? (?:every(?:one|body)|all of (?:you|them)|them all|you all)(?! (?:an?|the|some|your) )",
    # Pills that are kept or taken for more than they are given for.
    rf"(?<!it )(?:took|taken|swallowed|downed) (?:(?:just|way|far|like|probably) )*too (?:many|much)"
    rf"{_OF_THEM}",
    rf"(?:took|taken|swallowed|downed|popped|ate) (?:\w+ )?(?:\d{{2,}}|\w+teen|twenty|thirty|forty|fifty"
    rf"|sixty|dozens?) (?:(?:of|my|the|his|her|mom\w*) )*{_SLEEPERS}",
    rf"(?:have|ive got|got|holding|bought|took|drank|here are|with) (?:{_SOME} )*{_PILLS} (?:and|plus|n|with)"
    rf" (?:{_SOME} )*{_SPIRITS}",
    rf"(?:have|ive got|got|holding|bought|drank|with) (?:{_SOME} )*{_SPIRITS} (?:and|plus|n|with)"
    rf" (?:{_SOME} )*{_PILLS}",
    r"(?:sav(?:ed|ing)|stock ?pil\w+|hoard\w+|collect\w+) (?:up )?(?:\w+ ){0,3}?(?:pills?|meds|tablets"
    r"|medications?)",
    r"(?:pills?|meds|tablets|bottles?) (?:\w+ ){0,2}?(?:in front of me|in my hands?|lined up|saved up|ready)",
    r"(?:took|taken|swallowed|downed) (?:(?:them|it) all(?! (?:in|together with|with)\b)|everything"
    r"(?! (?:out|off|with|to|from|else|you|as|in stride|into)\b)|all of (?:them|it)|the whole (?:thing|lot"
    r"|pack|box))",
    r"(?:take|taking|swallow) (?:them all|all of them|every pill|everything i have|all my (?:pills|meds))",
    r"(?:guard|junt|ahorr)\w+ (?:\w+ ){0,2}?(?:pastillas|pildoras|medicinas)",
    r"me (?:las )?(?:tome|tomo|trague|voy a tomar|quiero tomar) tod[oa]s?(?! (?:el (?:dia|tiempo)|con calma"
    r"|bien)\b)",
)
_FAREWELLS: Final = (
    rf"tell (?:(?:my|the|our) (?:\w+ )?{_FAMILY}|everyone|everybody|them|him|her|all)(?: and my \w+)? "
    rf"(?:that )?"
    r"(?:\w+ )?(?:i love|i loved|i always|im sorry|i am sorry|i said|im gonna miss|ill miss|goodbye|bye)",
    r"good ?bye? (?:\w+ ){0,2}?(?:every(?:one|body)|all|world|forever|for good|for ever|i love|i loved|im "
    r"sorry|cruel"
    rf"|sorry|my love|my (?:\w+ )?{_FAMILY}|tell|take care of|forgive|life|i cant|i wont|its over)",
    r"(?:i love you|love you|im sorry|sorry|forgive me|say|saying|said|final|last|this is|want to say|came "
    r"to say)"
    r"(?: \w+)? (?:my )?good ?byes?(?! to (?:my|the|these|this) (?:headaches?|migraines?|pain|meds)\b)",
    r"(?:this is|my|the) (?:\w+ )?(?:last|final) (?:message|text|words|night|day (?:alive|on earth|here on "
    r"earth))"
    r"(?! (?:i (?:got|have|received|saw)|you|from|of|was|said|before|about)\b)",
    r"(?:by the time|when|once|if) (?:you|u|anyone|somebody) (?:\w+ )?(?:read|get|see|find) (?:this|me) "
    r"(?:\w+ ){0,3}?"
    r"(?:gone|dead|too late|tell my|be here)",
    r"(?:wont|will not|not gonna|not going to) be (?:around|here|alive) (?:for )?(?:much longer|anymore|any "
    r"more|long"
    r"|for long|to see)|wont be (?:around|alive) tomorrow|wont see (?:tomorrow|another day|me again)",
    r"wont (?:have to )?(?:hear|bother|worry)(?: from| with| about)? me (?:again|any ?more)",
    r"see (?:you|u|yall|ya) (?:all )?(?:on the other side(?! of)|in (?:heaven|hell|the next life|another "
    r"life))",
    r"(?:im|i am|so) sorry for everything|forgive me(?: for (?:what|everything)\b| everyone| all| god|$)",
    r"(?:wrote|write|writing|written|left|leaving) (?:\w+ ){0,2}?(?:goodbye|farewell|suicide|final|last) "
    r"(?:notes?|letters?"
    r"|messages?)",
    rf"(?:wrote|written|writing|leaving|left) (?:a |my |the )?(?:notes?|letters?) (?:for|to) (?:my "
    rf")?(?:{_FAMILY}|everyone)",
    r"giv\w+ away (?:all )?(?:of )?my (?:things|stuff|belongings|possessions|everything|pets?|dogs?|cats?)",
    rf"(?:take care of|look after|watch over) my {_FAMILY} (?:for me|when im|when i am|after im|if i (?:die"
    rf"|dont|am)|once im"
    r"|please goodbye)",
    rf"(?:dile|diles|digan?les?|diganle|digale|diganles|digales|decirle|dicirle)s? (?:(?:a )?(?:mis?|la|el) "
    rf"(?:\w+ )?{_HIJOS}"
    r"|a todos)(?: (?:\w+ ){0,3}?que| q| k)? (?:\w+ )?(?:los|las|lo|la|les|le|me)? ?(?:amo|ame|quiero"
    r"|perdon\w*)",
    rf"adios (?:a todos|todos|para siempre|mundo|hij\w+|mis? {_HIJOS}|familia|los (?:quiero|amo)|perdon\w*"
    rf"|vida)",
    r"(?:este es|es|sera) (?:mi|el) ultimo (?:mensaje|adios)|mi ultima noche|mi despedida|carta de despedida",
    r"me despido (?:de (?:todos|ustedes|la vida|este mundo|mis?)|para siempre)|perdon(?:en)?me (?:por todo"
    r"|todos|hij\w+)"
    r"|perdon(?:en)? por todo|cuando lean esto|ya (?:no )?(?:voy a estar|estare) (?:aqui|viv[oa])|no me "
    r"volveran a ver",
    rf"(?:cuiden?|cuidame|cuidenme) (?:mucho )?(?:a |de )?mis? {_HIJOS} (?:por mi|cuando|si me|si yo)",
)
_DESPAIR: Final = (
    r"(?:whats|what is|wheres|there is|theres|there|see|have|has|is) (?:the|no|any|not a|a) (?:\w+ )?point"
    r"(?: any ?more| in (?:living|life|going on|anything|being (?:here|alive)|trying any)| of (?:living|life"
    r"|anything"
    r"|it all|going on|me|being (?:here|alive))| to (?:life|living|anything|it all|me)|$)",
    r"no point (?:living|(?:in |to )?(?:life|living|going on|anything|any ?more|being alive))|dont see (?:a"
    r"|any|the) point",
    r"nothing (?:left|more) (?:for me|inside|to give|to lose)|nothing matters|(?:i have|ive got|theres) no "
    r"future|(?:my )?life is over|its over for me",
    r"(?:no ?one|nobody|noone|none|who) (?:would|will|d) (?:even |ever )?(?:miss me|care if i|notice if i "
    r"(?:am|was|were|died?"
    r"|disap\w+))",
    r"(?:better|happier|easier) (?:\w+ ){0,3}?(?:if i (?:was|were|wasnt|werent|am|died?|disap\w+)|without me)"
    r"(?! (?:there on|at the)\b)",
    r"(?:im|i am|am i|feel like|being|just) (?:just |only |such |nothing but |like )*a burden(?: on| to|$)"
    r"|(?:a )?burden (?:to|on) (?:every(?:one|body)|my|them|all|others)",
    r"(?:dont|do not) (?:feel like|care about|see myself|deserve|care to) (?:\w+ )?(?:living|life|being "
    r"(?:alive|here)|to live"
    r"|live)|(?:dont|do not|no longer) care (?:if|whether) i (?:\w+ )?(?:live|die|wake)|live or die",
    r"(?:lost|losing|no|not the) (?:my |the |all |any )?will (?:to (?:live|go on)|left)|will to live",
    r"(?:give|giving|given|gave) up(?: on (?:myself|everything|me|it all|life))?" + _OR_NOTHING_ELSE,
    r"(?:cant|cannot|can not) (?:do this|do life|take it|take this|handle (?:it|this|life)|stand it|bear it"
    r"|cope(?: with (?:it|this"
    r"|life))?)" + _OR_NOTHING_ELSE,
    r"(?:cant|cannot|can not) live|(?:cant|cannot) fight (?:it|this|any ?more)|tired of (?:fighting|trying"
    r"|it all|everything"
    r"|being here|suffering)(?! (?:with|about) (?:my |the )?insurance)",
    r"(?:i|id|just) (?:\w+ ){0,3}?(?:i (?:could|would) |to |just )d[ie]s+ap+ear(?! from (?:your|the) (?:list"
    r"|schedule))",
    r"(?:i|id) (?:\w+ )?(?:want|wanna|wish) (?:to |i (?:was|were) |just )*(?:be )?gone(?! (?:by|before|at|in"
    r"|for|after)\b)|sleep forever|go to sleep forever",
    r"(?:never|not|dont|without) (?:\w+ )?wak(?:e|ing) up (?:again|ever|any ?more|tomorrow)|go to sleep and "
    r"(?:never|not)",
    r"(?:do|doing|done|did) something (?:stupid|bad|drastic|terrible|rash|awful|dumb|to myself|permanent"
    r"|horrible)"
    r"(?! (?:to (?:the|my)|with) (?:form|phone|app|computer|account|insurance))",
    r"(?:im|i am|gonna|going to) (?:going to |gonna )?(?:really )?(?:do|doing) it (?:tonight|this time|for "
    r"real|right now)",
    r"i (?:already )?(?:have|ve got|got|made) (?:a|my) plan(?! (?:b|with|through|that|of|on|for (?:my|the|a"
    r"|getting|next|rides?"
    r"|transport\w*|home|childcare|work)|to (?:get|come|go (?:home|there)|be|pay)|from|year)\b)|ive got a "
    r"plan$",
    r"(?:dark|suicide|scary|evil|death) thoughts|(?:the|those|bad|my) thoughts (?:are|came|have come|r) "
    r"(?:coming )?back",
    r"thinking (?:of|about) death|(?:scared|afraid|terrified) of (?:myself|what i(?:m| am| might| may| could"
    r"| will|ll)?)"
    r"|dont trust myself|(?:shouldnt|cant|dont want to|not ok(?:ay)? to|scared to|afraid to) be alone "
    r"(?:right now|tonight|with my\w*)",
    r"voices? (?:\w+ ){0,3}?(?:tell|tells|telling|told|say|says|saying) (?:me|to)",
    r"(?:he|she|husband|wife|partner|boyfriend|girlfriend|dad|father|mom|brother|son|someone|somebody|ex) "
    r"(?:\w+ )?"
    r"(?:hit|hits|hitting|beat|beats|beating|chok\w+|strangl\w+|rap(?:ed|ing)|attack\w*|threaten\w*) me",
    r"no (?:le |me )?(?:veo|encuentro|tiene|encuentra) (?:\w+ )?(?:sentido|caso)(?: (?:a|en|de)? ?(?:(?:la"
    r"|mi) vida|vivir|nada"
    r"|seguir(?! con)|estar)|$)|nada (?:ya )?(?:tiene sentido|me importa|vale la pena)|(?:vida|ya) no tiene "
    r"sentido",
    r"no vale la pena (?:vivir|seguir(?! con)|nada|mi vida|la vida|continuar(?! con))|mi vida no vale|para "
    r"que (?:vivir|seguir"
    r" viviendo|sigo vivi)",
    r"mejor (?:\w+ ){0,3}?sin mi\b|soy (?:solo |nada mas que )?una carga|a nadie le import[oa]|nadie me "
    r"(?:va a )?extran\w+",
    r"dormir (?:para siempre|y (?:ya )?(?:no|nunca) (?:mas )?desp\w+)|(?:no|nunca) (?:\w+ )?despertar(?:me)?"
    r" (?:mas|nunca|jamas|otra vez)",
    r"(?:hacer|cometer) (?:una|alguna) (?:locura|estupidez|tonteria|barbaridad)|ya tengo un plan(?! (?:de|con"
    r"|para)\b)",
    r"ya no (?:puedo|aguanto|soporto|doy)"
    + r"(?= (?:con|esto|la vida|el dolor|nada|asi|vivir|ayuda|por favor|perdon)\b|$)"
    r"(?! con (?:el|la|los) (?:horario|cita|formulario|papeles)s?)",
    r"(?:ya )?me rindo|(?:malos|feos) pensamientos|pensamientos (?:malos|oscuros|feos|negros|de muerte)"
    r"|miedo de (?:mi mism[oa]|lo que (?:pueda|puedo|voy a) hacer)",
    r"(?:espos[oa]|marido|pareja|novi[oa]|papa|padre|hij[oa]|el|ella) me (?:esta |quiere )?(?:peg(?:a|o|ando"
    r"|ar)\b|golpe\w+"
    r"|ahorc\w+|amenaz\w+)",
    r"voces (?:\w+ ){0,3}?(?:dicen|diciendo|ordenan)",
    r"(?:my )?heart (?:has |just )?stopped",
    # Not to wake up at all; late, or with a headache, is a morning.
    r"(?:hope|hoping|wish|wishing|pray|praying) (?:to god |that |and pray )?(?:i|to) (?:just )?"
    r"(?:dont|do not|wont|will not|never|didnt|wouldnt|not) (?:\w+ )?wake(?: up)?"
    r"(?! (?:at (?!all)|late|early|too|before|with|to|in (?:time|pain)|feeling|so|sick|tired|dizzy|groggy"
    r"|nauseous|my|the|him|her|them|you|any(?:one|body)|everyone|up (?:late|with|the|my))\b)",
    r"(?:quisiera|quiero|ojala|deseo|espero|prefiero|preferiria|pido|ruego) (?:\w+ ){0,2}?(?:no|nunca)"
    r" (?:me )?(?:\w+ )?(?:despertar(?:me|a)?|despierte)"
    r"(?! (?:a (?!la manana)|al|tarde|temprano|con|antes|tan|mi|enferm\w+|cansad\w+)\b)",
    r"ending (?:it|things|everything) (?:all )?(?:tonight|for good|forever|once and for all)",
    r"(?:burn\w*|scald\w*|scratch\w*|bruis\w*|hit|hitting|bit|biting|starv\w*) (?:my ?self|my \w+)"
    r" (?:\w+ )?(?:on purpose|deliberately|intentionally)",
    r"me (?:queme|golpee|rasgune|mordi) (?:\w+ ){0,3}?(?:a proposito|adrede)",
    rf"me (?:peg(?:a|o|aba)|golpe(?:a|o|aba)|maltrata|ahorc\w+|amenaz\w+|viol[ao]) (?:\w+ )?(?:{_HIJOS}|ex)",
    # Of what may be told: a needle, or being late.
    rf"help (?:me )?(?:please )?(?:\w+ )?(?:im|i am) {_SCARED}"
    rf"|(?:im|i am) {_SCARED} (?:so )?(?:please )?help(?: me)?",
)
# The whole of a text: nothing tells that it is only polite.
_ALL_OF_IT: Final = (
    r"^(?:good ?bye?|goodbye (?:and )?(?:all|friends?)|goodbye forever|im sorry goodbye|its over"
    r"|im done living)$"
)
DANGER: Final = (*_TO_JUMP, *_TO_CUT, *_WITH_WHAT, *_FAREWELLS, *_DESPAIR)
IN_DANGER: Final = rf"\b(?:{'|'.join(DANGER)})(?!\w)|{_ALL_OF_IT}"
# What a thumb makes of the words above.
WORDS: Final = (
    *(
        "jumping",
        "cutting",
        "pistol",
        "goodbye",
        "burden",
        "living",
        "point",
        "hopeless",
        "vomiting",
        "spinning",
    ),
    *("tonight", "anymore", "nothing", "thoughts", "saltar", "pistola", "pastillas", "cortando", "perdon"),
)
