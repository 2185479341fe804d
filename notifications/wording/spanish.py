"""The words of every stage in Spanish. Pure: no Django.

Text messages keep to GSM-7, which has ñ, é, ¿ and ¡ but no á, í, ó, ú: they are worded around those, or
written without the accent; e-mails are spelled in full.
"""

import re
from types import MappingProxyType
from typing import Final

from notifications.wording.texts import SERIES, Language, Text

EMERGENCY = "Sus respuestas no se vigilan las 24 horas. Si es urgente, llame al 911."
QUESTIONS = "Por favor conteste unas preguntas cortas sobre cómo está: {link}\n\n" + EMERGENCY

# Every hour is a plural but the first: "a las 2:00 PM", and "a la 1:00 PM".
_FIRST_HOUR: Final = re.compile(r"\blas (?=1:\d\d [AP]M)")


def agreeing(text: str) -> str:
    """The article before one o'clock in the singular."""
    return _FIRST_HOUR.sub("la ", text)


SPANISH = Language(
    code="es",
    name="Español",
    days=("lun", "mar", "mié", "jue", "vie", "sab", "dom"),
    months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    frame="Hola:\n\n{paragraph}\n\n¿Preguntas? Llame al {phone}.\n\n{sender}\n\n"
    "No leemos esta dirección. Por favor llame en vez de contestar.\n",
    also="En el mismo enlace hay unas preguntas cortas para usted.",
    at="{day} a las {time}",
    no_food="No coma nada desde las {time} del {day}.",
    clear_drinks="Beba solo líquidos claros hasta las {time}; después, nada.",
    ride="Organice quién lo lleve a casa: no debe conducir hasta el día siguiente.",
    fasting="No coma desde las {time}.",
    texts=MappingProxyType(
        {
            "confirmation": Text(
                subject="Su visita el {day}",
                email="Su visita es el {day} a las {time}.\n\nVea cómo prepararse, y confirme: {link}",
                sms=(
                    "{sender}: su visita es {day} {time}. Confirme: {link} Tel. {phone}. STOP para terminar",
                    "{sender}: su visita es {day} {time}. Confirme: {link} Tel. {phone}",
                ),
            ),
            SERIES: Text(
                subject="Sus {count} visitas desde el {day}",
                email="Sus {count} visitas son:\n\n{dates}\n\nVea cómo prepararse, y confirme: {link}",
                sms=(
                    "{sender}: sus {count} visitas, la primera {day} {time}. Vea todas: {link} Tel. {phone}. "
                    "STOP para terminar",
                    "{sender}: {count} visitas, la primera {day} {time}. Todas: {link} Tel. {phone}",
                    "{sender}: {count} visitas desde {day} {time}. Todas: {link} {phone}",
                ),
            ),
            "move": Text(
                subject="Su visita cambió al {day}",
                email="Su visita cambió: ahora es el {day} a las {time}, en vez del {old_day} a las "
                "{old_time}.\n\nVea cómo prepararse, y confirme: {link}",
                sms=(
                    "{sender}: visita ahora {day} {time}, no {old_date} {old_time}. {link} {phone}",
                    "{sender}: ahora {day} {time}, no {old_date} {old_time}. {link} {phone}",
                ),
            ),
            "change": Text(
                subject="Su visita del {day} cambió",
                email="Su visita sigue siendo el {day} a las {time}, pero cambió cuánto dura o cómo "
                "prepararse. Termina a las {end}.\n\n{preparation}\n\nPor favor vea qué hacer ahora: {link}",
                sms=(
                    "{sender}: su visita {day} {time} termina ahora {end}. Vea qué hacer: {link} "
                    "Tel. {phone}",
                    "{sender}: visita {day} {time} hasta {end}. Vea {link} {phone}",
                ),
            ),
            "cancellation": Text(
                subject="Su visita del {day} se canceló",
                email="Su visita del {day} a las {time} se canceló. No tiene que venir.",
                sms=("{sender}: se cancela su visita {day} {time}. ¿Preguntas? Tel. {phone}",),
            ),
            "T-7d": Text(
                subject="Su primera visita el {day}",
                email="Su primera visita es el {day} a las {time}.\n\nPor favor llene los formularios, "
                "traiga la lista de las medicinas que toma, y organice quién lo lleve a casa: {link}",
                sms=(
                    "{sender}: primera visita {day} {time}. Formularios y preparativos: {link} Tel. {phone}",
                    "{sender}: primera visita {day} {time}. Prepare: {link} Tel. {phone}",
                ),
            ),
            "T-3d": Text(
                subject="Por favor confirme su visita el {day}",
                email="Usted tiene una visita el {day} a las {time}.\n\nPor favor confirme que viene: {link}",
                sms=(
                    "{sender}: visita {day} {time}. Responda C: confirmar, R: cambiar, STOP: no recibir. "
                    "{link} {phone}",
                    "{sender}: visita {day} {time}. Responda C: confirmar, R: cambiar. {link} {phone}",
                    "{sender}: visita {day} {time}. Confirme: {link} Tel. {phone}",
                ),
            ),
            "T-1d": Text(
                subject="Recordatorio de su visita el {day}",
                email="Usted tiene una visita el {day} a las {time}.\n\nVea otra vez cómo prepararse: {link}",
                sms=(
                    "{sender}: visita {day} {time}. Responda C: confirmar, R: cambiar. {link} {phone}",
                    "{sender}: visita {day} {time}. Prepare: {link} Tel. {phone}",
                ),
            ),
            "prepare": Text(
                subject="Cómo prepararse para su visita el {day}",
                email="Usted tiene una visita el {day} a las {time}.\n\n{preparation}\n\nPor favor conteste "
                "unas preguntas, para que la visita siga como está prevista: {link}",
                sms=(
                    "{sender}: visita {day} {time}. {fasting} Conteste: {link} {phone}",
                    "{sender}: visita {day} {time}. Prepare: {link} Tel. {phone}",
                ),
            ),
            "T-2h": Text(
                subject="Su visita el {day} a las {time}",
                email="Lo esperamos el {day} a las {time}.\n\nDetalles: {link}",
                sms=("{sender}: le esperamos {day} {time}. {link} Tel. {phone}",),
            ),
            "offer": Text(
                subject="Un horario para usted el {day}",
                email="Hay un horario libre para usted: {day} a las {time}. Lo guardamos por poco tiempo.\n\n"
                "Por favor diga si lo toma: {link}",
                sms=("{sender}: {day} {time} libre para usted. Conteste: {link} {phone}",),
            ),
            "same_day": Text(
                subject="Unas preguntas sobre hoy",
                email=QUESTIONS,
                sms=("{sender}: conteste unas preguntas: {link} Urgente: 911. {phone}",),
            ),
            "next_morning": Text(
                subject="Unas preguntas después de su visita",
                email="Por favor conteste unas preguntas sobre cómo está después de su visita: {link}\n\n"
                + EMERGENCY,
                sms=("{sender}: preguntas sobre su visita: {link} Urgente: 911. {phone}",),
            ),
            "day_7": Text(
                subject="Unas preguntas, una semana después de su visita",
                email=QUESTIONS,
                sms=(
                    "{sender}: preguntas, una semana después: {link} Urgente: 911. {phone}",
                    "{sender}: unas preguntas: {link} Urgente: 911. {phone}",
                ),
            ),
            "before_next": Text(
                subject="Unas preguntas antes de su visita",
                email="Por favor conteste unas preguntas cortas antes de su próxima visita: {link}\n\n"
                + EMERGENCY,
                sms=("{sender}: preguntas antes de su visita: {link} Urgente: 911. {phone}",),
            ),
            "end_of_series": Text(
                subject="Sus cuestionarios",
                email=QUESTIONS,
                sms=("{sender}: sus cuestionarios: {link} Urgente: 911. {phone}",),
            ),
            "monthly": Text(
                subject="Sus cuestionarios de este mes",
                email=QUESTIONS,
                sms=("{sender}: cuestionarios de este mes: {link} Urgente: 911. {phone}",),
            ),
            "check_in_again": Text(
                subject="Todavía faltan sus respuestas",
                email="Todavía no tenemos sus respuestas. " + QUESTIONS,
                sms=("{sender}: faltan sus respuestas: {link} Urgente: 911. {phone}",),
            ),
            "diary": Text(
                subject="Su diario de hoy",
                email="Por favor escriba su diario de hoy: {link}",
                sms=("{sender}: su diario: {link} {phone}",),
            ),
            "missed": Text(
                subject="Lo extrañamos el {day}",
                email="Lo extrañamos el {day} a las {time} y esperamos que esté bien. Por favor llámenos, o "
                "elija otro horario: {link}",
                sms=("{sender}: no vino {day}. Llame {phone} o elija otro horario: {link}",),
            ),
            "choose_time": Text(
                subject="Elija otro horario",
                email="Por favor elija otro horario para su visita del {day} a las {time}: {link}",
                sms=("{sender}: elija otro horario: {link} o llame {phone}",),
            ),
            "confirmed": Text(
                subject="Gracias: {day} a las {time}",
                email="Gracias. Lo esperamos el {day} a las {time}.",
                sms=("{sender}: gracias, le esperamos {day} {time}. Tel. {phone}",),
            ),
            "stopped": Text(
                subject="No más mensajes",
                email="No recibirá más mensajes. Llame al {phone} si necesita ayuda con sus visitas.",
                sms=(
                    "{sender}: ya no recibe mensajes de texto. Ayuda: {phone}. Responda START para volver.",
                    "{sender}: ya no recibe mensajes. Tel. {phone}. START para volver.",
                ),
            ),
            "started": Text(
                subject="Mensajes otra vez",
                email="Le mandaremos mensajes otra vez.",
                sms=("{sender}: recibe otra vez mensajes. STOP para terminar, HELP: ayuda. Tel. {phone}",),
            ),
            "help": Text(
                subject="Ayuda",
                email="Llame al {phone}. En una emergencia llame al 911. En una "
                "crisis llame o escriba al 988.",
                sms=(
                    "{sender}: llame al {phone}. Emergencia: 911. Crisis: llame o escriba al 988. "
                    "STOP para terminar.",
                    "{sender}: Tel. {phone}. Emergencia: 911. Crisis: 988. STOP para terminar.",
                ),
            ),
            "to_a_person": Text(
                subject="Tenemos su mensaje",
                email="Una persona leerá su mensaje. Si es urgente, llame al 911.",
                sms=(
                    "{sender}: una persona lo va a leer en horas de oficina. Urgente: 911, crisis: 988. "
                    "Tel. {phone}",
                    "{sender}: una persona lo va a leer. Urgente: 911. {phone}",
                ),
            ),
            "wrong_number": Text(
                subject="Disculpe",
                email="Disculpe. No escribiremos más a esta dirección.",
                sms=("{sender}: disculpe. No escribiremos a este telefono otra vez.",),
            ),
        }
    ),
    agreeing=agreeing,
)
