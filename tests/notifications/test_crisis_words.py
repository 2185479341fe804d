"""What a patient writes that must call somebody at once, and what only looks like it."""

from time import process_time

import pytest

from notifications.talking import reading_words
from notifications.wording import crisis_words

# domain.md 6.2, the red row, in people's own words: with words between, misspelt, in both languages.
CRISIS = [
    "me quiero matar",
    "Me duele mucho el pecho",
    "I took all my pills",
    "My chest really hurts",
    "I dont want to be here anymore",
    "I don't want to be here",
    "I want to end it",
    "I can't go on",
    "I can't go on like this",
    "I can't go on any longer",
    "I don't want to be here any more",
    "I feel like dying",
    "hurting my self",
    "sucidal",
    "feeling suicdal",
    "pain in chest",
    "tightness in my chest",
    "I can hardly breathe",
    "I blacked out",
    "heart attack",
    "my left arm is numb",
    "dolor fuerte en el pecho",
    "me cuesta mucho respirar",
    "debilidad en un lado",
    "I don't feel very safe",
    "I am thinking of suicide",
    "i want to kill myself",
    "I want to kill myself tonight",
    "I just want to die",
    "I don't want to live",
    "I'm not safe",
    "I have chest pain",
    "my chest hurts",
    "I can\u2019t breathe",
    "he fainted",
    "my arm is weak on one side",
    "worst headache of my life",
    "me quiero morir",
    "Pienso en el suicidio",
    "voy a quitarme la vida",
    "tengo dolor en el pecho",
    "no puedo respirar",
    "me desmayé",
    "im dying",
    "my heart. I think it's a heart attack",
    "I can't do this anymore",
    "There is no reason to live",
    "me tomé todas las pastillas",
    "no puedo más",
    "ya no quiero vivir así",
    "se me durmió el brazo, lo tengo dormido",
    "me falta el aire",
    "weakness on one side",
    "I cannot feel my left leg",
    "I wish I was dead",
    "I cut myself",
    "better off dead",
    "short of breath",
    "I want to hurt myself",
    "I took a whole bottle of tylenol pills",
    "perdí el conocimiento",
    "me siento muy insegura",
    "no me siento muy segura",
    "creo que es un infarto",
    "quiero acabar con mi vida",
    "I don't want to wake up",
]
# For each rule of which nothing above tells, one at least: without it a rule could go unnoticed.
IN_OTHER_WORDS = [
    "I want to unalive",
    "end my misery",
    "I'll take my own life",
    "I wish I was never born",
    "I self-harm",
    "life isn't worth living",
    "I gave up on life",
    "I OD'd",
    "I think I overdosed",
    "I am suffocating",
    "her speech is slurred",
    "quiero hacerme da\u00f1o",
    "voy a ahorcarme",
    "ya no puedo seguir as\u00ed",
    "no tengo ganas de vivir",
    "sin ganas de vivir",
    "estar\u00eda mejor muerta",
    "me estoy muriendo",
    "me tom\u00e9 demasiadas pastillas",
    "me tom\u00e9 demasiadas aspirinas",
    "fue una sobredosis",
    "me ahogo",
    "no siento la pierna",
    "tiene los labios azules",
    "no respira",
    "la peor migra\u00f1a de mi vida",
    "he is unresponsive",
    "no despierta",
    "I can't wake my husband",
    "hypertensive crisis",
    "tuvo un ataque epil\u00e9ptico",
    "this is an emergency",
]
# Each row one family: its forms, its slips, its Spanish.
FAMILIES = [
    *("wanting to die", "I keep thinking about dying", "thoughts of dying", "I wnat to die"),
    *("I'm tired of living", "tired of livign", "sick of being alive", "I'm done living", "done with life"),
    *("thinking about ending things", "I want to end this", "I want to end this misery"),
    *("I want it all to end", "I want this to be over", "I just want everything to stop"),
    *("i want to jump off a bridge", "I could jump out of the window", "step in front of a train"),
    *("walk into traffic", "drive off a cliff", "crash my car into a tree", "I put a gun to my head"),
    *("not wanting to live", "wish I wasn't alive", "life is pointless", "I can't live anymore"),
    *("me kiero morir", "no kiero bibir", "deseos de morir", "me gustar\u00eda morirme"),
    *("estoy cansada de vivir", "quiero que todo se acabe", "tirarme de un puente", "saltar de un puente"),
    "pegarme un tiro",
    *("send help", "please send someone, send help", "call the police", "manden ayuda"),
    *("cant speak properly", "I can't talk right", "trouble speaking", "my words come out wrong"),
    *("I lost my vision", "no puedo hablar bien", "se me traba la lengua", "perd\u00ed la vista"),
    *("bleeding wont stop", "bleding won't stop", "can't stop the bleeding", "still bleeding heavily"),
    *("still bleeding", "bleeding a lot", "no para de sangrar", "la sangre no para, sangro mucho"),
]
# As thumbs and disguises make them, run together or spaced apart; and domain.md 4.2, "must escalate at once".
HOWEVER_WRITTEN = [
    "not safe",
    "unsafe",
    "It's not safe to be alone with me",
    "k i l l m y s e l f",
    "killlmyself",
    "I want to d i e",
    "wanttodie",
    "k1ll myself",
    "ki11 myself",
    "su1c1de",
    "su!cide",
    "su\u0456cide",
    "s-u-i-c-i-d-e",
    "chest pian",
    "siezure",
    "kms",
    "911",
    "988",
    "call 911",
    "need ambulance",
    "es una emergencia",
    "seizure this morning, throat closing",
    "throat closing",
    "se me cierra la garganta",
    "he won't wake up",
    "allergic reaction",
    "her lips are blue",
    "took 30 pills",
    "me tom\u00e9 40 pastillas",
    "took too many xanax",
    "slit my wrists",
    "me cort\u00e9 las venas",
    "I will end it tonight",
    "I might hurt someone",
    "quiero lastimar a alguien",
    "worst migraine of my life",
    "la peor cefalea de mi vida",
    "perd\u00ed la fuerza en el brazo",
    "I lost all strength in my left arm",
    "my oxygen is 84",
]
# What patients of a clinic write every day.
ORDINARY = [
    *("I want it to end at 3 pm", "I want it to be over by noon", "I want to end things early"),
    *("I need everything to be over by Friday", "thinking about ending things with my boyfriend"),
    *("I'm tired of living in Chicago", "I am done living with my mother", "done with life insurance forms"),
    *("I'm done", "thinking about dying my hair", "I wish I wasn't here on Monday"),
    *("I will walk into the building", "I walked from the bus", "ran into traffic, will be late"),
    *("jump off the bus at Main", "walk under the bridge", "I drove into the parking lot"),
    *("I can't talk right now", "I can't talk now, at work", "trouble talking to the front desk"),
    *("can you send help with the form", "Can I get help?", "no puedo hablar ahora"),
    *("The bleeding stopped", "gums bleeding a little", "still bleeding a little at the site"),
    *("my bp is 132/80", "bp 120 over 80", "pressure 179/109", "I take bp pills 200 mg"),
    *("on 11/22/2026", "1/2 pill", "call 312/555/0100", "room 210 / 2nd floor", "tension headache all day"),
    *(
        "My appointment fell on a holiday",
        "it fell off my calendar",
        "I had a fall cold",
        "prices have fallen",
    ),
    *("estoy cansada de vivir en Chicago", "puedo saltar la cita", "quiero que termine la cita a las 3"),
    "I live 5 kms from you",
    "how many kms is it?",
    "I want to diet",
    "is it not safe to drive?",
    "I took 25 mg of my meds at noon",
    "my number is 312 555 0911",
    "call me at 988-555-0142",
    "It took too much time to park",
    "this is my worst migraine this week",
    "I won't wake up in time, can we do 10?",
    "I didn't want to hurt her feelings",
    "My lips are dry",
    "Who is my emergency contact?",
    "Oxygen was 98, pressure 132/80",
    # What a phone sends when somebody taps a heart beside our own lines.
    "Liked \u201cLakeside: a person will read this. Urgent? Call 911, crisis 988. Clinic 555-0100\u201d",
    "C",
    "STOP",
    "R",
    "I am dying to know the time",
    "Is it safe to drive?",
    "no estoy seguro del día",
    "my arm",
    "My arm is a little sore from the IV",
    "end of series",
    "When does the series end?",
    "can't make it on Tuesday",
    "I can't go on Tuesday",
    "I cant go on the 14th",
    "I can't go on any Tuesday",
    "I want to end the treatment plan",
    "I don't want to be here at 9, can we do 10?",
    "Should I take all my medicines before the visit?",
    "I took my pills this morning",
    "No puedo ir el martes",
    "no puedo seguir el horario",
    "¿Es seguro manejar?",
    "no estoy segura de la hora",
    "Quiero cambiar la cita",
    "one-sided headache, worse with light",
    "I feel better, slept well",
    "flashing lights and zigzag lines",
    "Headache after lunch, took one ibuprofen",
    "I'm not sure it's safe to drive",
    "My ride will wait outside",
    "Thank you for your help",
    "what is the address?",
    "I was late because my car died",
    "Se murió la batería del carro",
    "Mi mano derecha es la que uso",
    "The bus was hard to find",
    "Me corté el pelo",
    "quiero terminar la serie",
    "muchas gracias, hasta mañana",
    "Can my sister sit by my side?",
    "I forgot the code on the other side of the card",
    "week two went fine",
    "sucedió ayer",
    "I hardly slept",
    "nothing to report",
    "A weak coffee is fine?",
    "se me hizo tarde",
    "Me muero de ganas de empezar",
]


@pytest.mark.parametrize("text", [*CRISIS, *IN_OTHER_WORDS, *FAMILIES, *HOWEVER_WRITTEN])
def test_words_of_a_crisis_are_found(text: str) -> None:
    assert crisis_words.found_in(text)
    assert crisis_words.found_in(f"Hi, this is Rosa. {text.upper()}!! please")


def test_what_a_tapped_heart_quotes_is_still_read() -> None:
    assert crisis_words.found_in("Loved \u201cI want to die\u201d")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_call_nobody(text: str) -> None:
    assert not crisis_words.found_in(text)


# domain.md 6.2, of the amber row what harms before the desk would have read it.
WORRYING = [
    "I can't stop vomiting",
    "She won't stop throwing up",
    "still vomiting",
    "I've been throwing up for six hours",
    "puking all night",
    "I can't keep anything down",
    "nothing stays down",
    "I fell in the bathroom",
    *(
        "fell down the stairs",
        "dizzy and fell",
        "slipped and fell",
        "fell and hit my head",
        "fell on my back",
    ),
    *("fell off the bed", "fell on the ice", "had a bad fall", "My husband fell", "I keep falling"),
    *(
        "me he ca\u00eddo",
        "se cay\u00f3 por las escaleras",
        "tuve una ca\u00edda",
        "ca\u00ed por las escaleras",
    ),
    # domain.md 3.3: where an infusion is stopped.
    *("my bp is 210/120", "bp 200 over 130", "blood pressure was 190", "it reads 185/95", "135/112"),
    *("bp 180/80", "pressure 130/110", "mi presi\u00f3n es 200/130", "190 sobre 100"),
    "I am hallucinating",
    "I keep seeing things",
    "There is blood in my urine",
    "no puedo dejar de vomitar",
    "no paro de vomitar",
    "vomitando toda la noche",
    "no retengo nada",
    "Me caí en la casa",
    "tengo alucinaciones",
    "oigo voces",
]
NOT_WORRYING = [
    "I fell asleep on the couch",
    "Can I sit down during the visit?",
    "I was sick last week, can I come?",
    "Please write it down for me",
    "I fell behind with the diary",
    "Me cae bien la enfermera",
    "Summer vs fall hours?",
    "the pain won't stop",
]


@pytest.mark.parametrize("text", WORRYING)
def test_what_cannot_wait_for_the_desk_is_found(text: str) -> None:
    assert crisis_words.worrying(text)


@pytest.mark.parametrize("text", [*NOT_WORRYING, *ORDINARY])
def test_what_can_wait_worries_nobody(text: str) -> None:
    assert not crisis_words.worrying(text)


@pytest.mark.parametrize(
    ("first", "again"), [("k", "i"), ("k", " i"), ("", "s"), ("", "c "), ("", "ss "), ("", "1"), ("", "!")]
)
def test_a_letter_thousands_of_times_is_read_as_fast_as_any_text(first: str, again: str) -> None:
    began = process_time()
    assert not reading_words.read(first + again * (20_000 // len(again))).crisis
    assert process_time() - began < 1
