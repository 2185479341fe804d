"""What each kind of check-in asks, in plain words, most urgent first: one that is broken off has asked what
matters most. Pure: no Django.

Which kinds there are and what they ask about is domain.md 6.1, the levels 6.2; both are [D], for a
prescriber to review, and so is the Spanish. Answers that the table doesn't name are marked below.
Questionnaires with a score are not here (`questionnaires`).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from notifications.answering import comparing
from notifications.answering.grading import AMBER, RED, Choice, Question, Wording

SAME_DAY, NEXT_MORNING, DAY_7, BEFORE_NEXT = "same_day", "next_morning", "day_7", "before_next"
END_OF_SERIES, MONTHLY = "end_of_series", "monthly"
# These two ask questionnaires and nothing of their own.
SCORED: Final = (END_OF_SERIES, MONTHLY)

NAMES: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        SAME_DAY: Wording("How are you after your visit?", "¿Cómo está después de su visita?"),
        NEXT_MORNING: Wording("How are you this morning?", "¿Cómo está esta mañana?"),
        DAY_7: Wording("How was your week?", "¿Cómo estuvo su semana?"),
        BEFORE_NEXT: Wording("Questions before your next visit", "Preguntas antes de su próxima visita"),
        END_OF_SERIES: Wording("How are you after your visits?", "¿Cómo está después de sus visitas?"),
        MONTHLY: Wording("How was your month?", "¿Cómo estuvo su mes?"),
    }
)

# Said with green answers, so that nobody is left alone with them (domain.md 6.2: advice text).
REST = Wording(
    "This is common after a visit. Rest, and get up slowly. Do not drive until tomorrow, after a good"
    " night's sleep. If it gets worse, call us.",
    "Esto es común después de una visita. Descanse y levántese despacio. No conduzca hasta mañana, después de"
    " dormir bien. Si empeora, llámenos.",
)
SIP = Wording(
    "This is common after a visit. Rest, and take small sips of water. If it gets worse, call us.",
    "Esto es común después de una visita. Descanse y tome agua en sorbos pequeños. Si empeora, llámenos.",
)
TAKE_CARE = Wording(
    "This is common after a visit. Rest today. If it gets worse, call us.",
    "Esto es común después de una visita. Descanse hoy. Si empeora, llámenos.",
)

NO = Choice("no", Wording("No", "No"))
YES_WORRYING = Choice("yes", Wording("Yes", "Sí"), AMBER)

SAFETY = Question(
    "safety",
    Wording(
        "Are you thinking about suicide, or do you not feel safe?",
        "¿Está pensando en el suicidio, o no se siente a salvo?",
    ),
    (NO, Choice("yes", Wording("Yes", "Sí"), RED)),
)
URGENT_SYMPTOM = Question(
    "urgent_symptom",
    Wording(
        "Do you have any of these, or have you had one since your visit?",
        "¿Tiene algo de esto, o lo ha tenido desde su visita?",
    ),
    (
        Choice("none", Wording("None of these", "Nada de esto")),
        Choice("chest_pain", Wording("Chest pain", "Dolor en el pecho"), RED),
        Choice("trouble_breathing", Wording("Trouble breathing", "Dificultad para respirar"), RED),
        Choice("fainted", Wording("I fainted", "Me desmayé"), RED),
        Choice(
            "one_sided_weakness",
            Wording("Weakness on one side of the body", "Debilidad en un lado del cuerpo"),
            RED,
        ),
        Choice(
            "worst_headache",
            Wording("The worst headache of my life", "El peor dolor de cabeza de mi vida"),
            RED,
        ),
    ),
)
PERCEPTION = Question(
    "perception",
    Wording(
        "Are you still seeing or hearing odd things, or feeling confused?",
        "¿Todavía ve u oye cosas raras, o se siente confundido?",
    ),
    (NO, YES_WORRYING),
)
STOMACH = Question(
    "stomach",
    Wording("How is your stomach?", "¿Cómo está su estómago?"),
    (
        Choice("fine", Wording("Fine", "Bien")),
        Choice("nausea", Wording("I feel a little sick", "Tengo un poco de náusea"), advice=SIP),
        Choice(
            "vomiting_over_6_hours",
            Wording("I have been throwing up for more than 6 hours", "Llevo más de 6 horas vomitando"),
            AMBER,
        ),
        Choice("no_fluids", Wording("I can't keep water down", "No retengo ni el agua"), AMBER),
    ),
)
# Symptoms of high blood pressure short of the urgent ones above, in a patient's words [D].
PRESSURE = Question(
    "pressure",
    Wording(
        "Is your heart pounding, is your head throbbing, or is your sight blurred?",
        "¿Le late muy fuerte el corazón, le palpita la cabeza o ve borroso?",
    ),
    (NO, YES_WORRYING),
)
FALL = Question(
    "fall", Wording("Did you fall after your visit?", "¿Se cayó después de su visita?"), (NO, YES_WORRYING)
)
DROVE = Question(
    "drove",
    Wording(
        "Did you drive on the day of your visit, after it?",
        "¿Condujo el día de su visita, después de ella?",
    ),
    (NO, YES_WORRYING),
)
MILD = Question(
    "mild",
    Wording("Are you tired or a little dizzy?", "¿Está cansado o un poco mareado?"),
    (
        NO,
        Choice("tired", Wording("Tired", "Cansado"), advice=TAKE_CARE),
        Choice("dizzy", Wording("A little dizzy", "Un poco mareado"), advice=REST),
        Choice("both", Wording("Both", "Las dos cosas"), advice=REST),
    ),
)
# The table has no row for somebody alone at home; an adult at home is a condition of going home (6.1 [G]).
ADULT_AT_HOME = Question(
    "adult_at_home",
    Wording("Is an adult with you at home?", "¿Hay un adulto con usted en casa?"),
    (Choice("yes", Wording("Yes", "Sí")), Choice("no", Wording("No", "No"), AMBER)),
)
SLEEP = Question(
    "sleep",
    Wording("How did you sleep?", "¿Cómo durmió?"),
    (
        Choice("well", Wording("Well", "Bien")),
        Choice("fairly", Wording("Fairly well", "Más o menos")),
        Choice("badly", Wording("Badly", "Mal"), advice=TAKE_CARE),
    ),
)
MOOD = Question(
    "mood",
    Wording(
        "How is your mood, compared with before your last visit?",
        "¿Cómo está su ánimo, comparado con antes de su última visita?",
    ),
    (
        Choice("better", Wording("Better", "Mejor")),
        Choice("same", Wording("About the same", "Más o menos igual")),
        Choice(
            comparing.WORSE,
            Wording("Worse", "Peor"),
            advice=Wording(
                "Thank you for telling us. If it goes on, or if you don't feel safe, call us. You can call or"
                " text 988 at any time.",
                "Gracias por decirnos. Si sigue así, o si no se siente a salvo, llámenos. Puede llamar o"
                " mandar un texto al 988 a cualquier hora.",
            ),
        ),
    ),
    compares=comparing.MOOD,
)


def _zero_to_ten(code: str, text: Wording) -> Question:
    scores = tuple(Choice(str(score), Wording(str(score), str(score))) for score in range(11))
    return Question(code, text, scores, compares=comparing.PAIN)


HEADACHE = _zero_to_ten(
    "headache",
    Wording(
        "Headache now, from 0 (none) to 10 (the worst you can imagine)?",
        "¿Dolor de cabeza ahora, de 0 (nada) a 10 (el peor que pueda imaginar)?",
    ),
)
PAIN = _zero_to_ten(
    "pain",
    Wording(
        "Pain now, from 0 (none) to 10 (the worst you can imagine)?",
        "¿Dolor ahora, de 0 (nada) a 10 (el peor que pueda imaginar)?",
    ),
)
URINE_BLOOD = Question(
    "urine_blood",
    Wording("Is there blood in your urine (pee)?", "¿Hay sangre en su orina?"),
    (NO, Choice("yes", Wording("Yes", "Sí"), AMBER, holds="urinary_symptoms")),
)
URINE_PAIN = Question(
    "urine_pain",
    Wording("Does it hurt when you pass urine (pee)?", "¿Le duele al orinar?"),
    (NO, Choice("yes", Wording("Yes", "Sí"), AMBER, holds="urinary_symptoms")),
)
# What the table doesn't name still has to reach a person: amber [D].
SIDE_EFFECTS = Question(
    "side_effects",
    Wording("Has anything else bothered you since your visit?", "¿Le ha molestado algo más desde su visita?"),
    (
        Choice("none", Wording("No, nothing", "No, nada")),
        Choice("tired", Wording("I am tired", "Estoy cansado"), advice=TAKE_CARE),
        Choice("dizzy", Wording("I am a little dizzy", "Estoy un poco mareado"), advice=TAKE_CARE),
        Choice("nausea", Wording("I feel a little sick", "Tengo un poco de náusea"), advice=SIP),
        Choice("other", Wording("Something else: please call me", "Otra cosa: por favor llámenme"), AMBER),
    ),
)
MEDICINES = Question(
    "medicines",
    Wording(
        "Have your medicines changed since your last visit?",
        "¿Han cambiado sus medicinas desde su última visita?",
    ),
    (NO, Choice("yes", Wording("Yes", "Sí"), AMBER, holds="new_medicines")),
)
PREGNANCY = Question(
    "pregnancy",
    Wording("Could you be pregnant?", "¿Podría estar embarazada?"),
    (
        Choice("no", Wording("No, or it doesn't apply to me", "No, o no es mi caso")),
        Choice("yes", Wording("Yes, or I am not sure", "Sí, o no sé"), AMBER, holds="possible_pregnancy"),
    ),
)
ALCOHOL_DRUGS = Question(
    "alcohol_drugs",
    Wording(
        "Have you had alcohol or drugs since your last visit?",
        "¿Ha tomado alcohol o drogas desde su última visita?",
    ),
    (NO, Choice("yes", Wording("Yes", "Sí"), AMBER, holds="alcohol_drugs")),
)
# Two single items of the PHQ with their own choices (domain.md 6.1); alone they have no score. Asked before
# every visit they look back to the last one and not, as the questionnaire does, two weeks (domain.md 0.10).
_HOW_OFTEN = (
    Choice("0", Wording("Not at all", "Ningún día")),
    Choice("1", Wording("Several days", "Varios días")),
    Choice("2", Wording("More than half the days", "Más de la mitad de los días")),
    Choice("3", Wording("Nearly every day", "Casi todos los días")),
)
LITTLE_INTEREST = Question(
    "phq_1",
    Wording(
        "Since your last visit, how often did you have little interest or pleasure in doing things?",
        "Desde su última visita, ¿qué tan seguido tuvo poco interés o placer en hacer cosas?",
    ),
    _HOW_OFTEN,
)
FEELING_DOWN = Question(
    "phq_2",
    Wording(
        "Since your last visit, how often did you feel down, depressed, or hopeless?",
        "Desde su última visita, ¿qué tan seguido se sintió decaído, deprimido o sin esperanzas?",
    ),
    _HOW_OFTEN,
)

# Before every visit, by its link: the questions of `readiness.QUESTIONS`, under the same codes.
READINESS: Final = (
    Question(
        "ride_home",
        Wording(
            "Do you have an adult who will take you home after your visit?",
            "¿Hay un adulto que lo lleve a casa después de su visita?",
        ),
        (
            Choice("yes", Wording("Yes, this person takes me home", "Sí, esta persona me lleva a casa")),
            Choice("no", Wording("Not yet", "Todavía no")),
        ),
    ),
    Question(
        "fasting_understood",
        Wording(
            "Do you know when to stop eating and drinking before your visit?",
            "¿Sabe cuándo dejar de comer y beber antes de su visita?",
        ),
        (
            Choice("yes", Wording("Yes, I know", "Sí, lo sé")),
            Choice("no", Wording("No, please explain it to me", "No, por favor explíquenme")),
        ),
    ),
    Question(
        "new_medicines",
        MEDICINES.text,
        (NO, Choice("yes", Wording("Yes", "Sí"))),
    ),
    Question(
        "possible_pregnancy",
        PREGNANCY.text,
        tuple(Choice(each.value, each.label) for each in PREGNANCY.choices),
    ),
    Question(
        "alcohol_drugs",
        ALCOHOL_DRUGS.text,
        (NO, Choice("yes", Wording("Yes", "Sí"))),
    ),
)

# Whoever has not been here has no last visit: what the clinic knows of them it has asked.
_OF_A_FIRST_VISIT: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "new_medicines": Wording(
            "Have your medicines changed since you told us about them?",
            "¿Han cambiado sus medicinas desde que nos las dijo?",
        ),
        "alcohol_drugs": Wording(
            "Have you had alcohol or drugs since we asked you about them?",
            "¿Ha tomado alcohol o drogas desde que le preguntamos?",
        ),
    }
)


def readiness_questions(*, first_visit: bool) -> tuple[Question, ...]:
    """Those of `READINESS`, in words that are true of somebody who has not been here before."""
    if not first_visit:
        return READINESS
    return tuple(
        replace(question, text=_OF_A_FIRST_VISIT.get(question.code, question.text)) for question in READINESS
    )


QUESTION_SETS: Final[Mapping[str, tuple[Question, ...]]] = MappingProxyType(
    {
        SAME_DAY: (SAFETY, URGENT_SYMPTOM, PERCEPTION, STOMACH, ADULT_AT_HOME, PRESSURE, FALL, MILD),
        NEXT_MORNING: (
            SAFETY,
            URGENT_SYMPTOM,
            PERCEPTION,
            STOMACH,
            PRESSURE,
            FALL,
            DROVE,
            MILD,
            SLEEP,
            MOOD,
            HEADACHE,
        ),
        DAY_7: (
            SAFETY,
            URGENT_SYMPTOM,
            URINE_BLOOD,
            URINE_PAIN,
            PERCEPTION,
            SIDE_EFFECTS,
            PAIN,
            HEADACHE,
            MOOD,
        ),
        BEFORE_NEXT: (
            SAFETY,
            URGENT_SYMPTOM,
            URINE_BLOOD,
            URINE_PAIN,
            PREGNANCY,
            MEDICINES,
            ALCOHOL_DRUGS,
            MOOD,
            LITTLE_INTEREST,
            FEELING_DOWN,
            PAIN,
        ),
        END_OF_SERIES: (),
        MONTHLY: (),
    }
)


def question_of(kind: str, code: str) -> Question | None:
    return next((question for question in QUESTION_SETS[kind] if question.code == code), None)
