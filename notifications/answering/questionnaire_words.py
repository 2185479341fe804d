"""The questionnaires' words in Spanish. Pure: no Django.

PHQ-9 and GAD-7 follow the wording in common use in the United States; PCL-5, the pain scale and the overall
change are our own translation [D]: a prescriber has them checked before a clinic relies on their scores.
In English they stand in `sessions_app.outcomes.instruments`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sessions_app.outcomes.instruments import Instrument


@dataclass(frozen=True)
class Words:
    stem: str
    items: tuple[str, ...]
    choices: tuple[str, ...] = ()
    beside: str = ""
    beside_choices: tuple[str, ...] = ()


_HOW_OFTEN: Final = ("Ningún día", "Varios días", "Más de la mitad de los días", "Casi todos los días")

SPANISH: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "phq-9": Words(
            "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los siguientes"
            " problemas?",
            (
                "Poco interés o placer en hacer cosas",
                "Se ha sentido decaído(a), deprimido(a) o sin esperanzas",
                "Ha tenido dificultad para quedarse o permanecer dormido(a), o ha dormido demasiado",
                "Se ha sentido cansado(a) o con poca energía",
                "Sin apetito o ha comido en exceso",
                "Se ha sentido mal con usted mismo(a), o que es un fracaso o que ha quedado mal con usted"
                " mismo(a) o con su familia",
                "Ha tenido dificultad para concentrarse en ciertas actividades, tales como leer el periódico"
                " o ver la televisión",
                "¿Se ha movido o hablado tan lento que otras personas podrían haberlo notado? O lo contrario:"
                " muy inquieto(a) o agitado(a), que ha estado moviéndose mucho más de lo normal",
                "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera",
            ),
            _HOW_OFTEN,
            "¿Qué tanta dificultad le han dado estos problemas para hacer su trabajo, encargarse de las"
            " tareas del hogar o llevarse bien con otras personas?",
            ("No ha sido difícil", "Un poco difícil", "Muy difícil", "Extremadamente difícil"),
        ),
        "gad-7": Words(
            "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias por los siguientes"
            " problemas?",
            (
                "Se ha sentido nervioso(a), ansioso(a) o con los nervios de punta",
                "No ha sido capaz de parar o controlar su preocupación",
                "Se ha preocupado demasiado por motivos diferentes",
                "Ha tenido dificultad para relajarse",
                "Se ha sentido tan inquieto(a) que no ha podido quedarse quieto(a)",
                "Se ha molestado o irritado fácilmente",
                "Ha tenido miedo de que algo terrible fuera a pasar",
            ),
            _HOW_OFTEN,
        ),
        "pcl-5": Words(
            "En el último mes, ¿cuánto le ha molestado lo siguiente?",
            (
                "Recuerdos repetidos, perturbadores y no deseados de la experiencia estresante",
                "Sueños repetidos y perturbadores de la experiencia estresante",
                "Sentir o actuar de repente como si la experiencia estresante estuviera pasando otra vez"
                " (como si la volviera a vivir)",
                "Sentirse muy mal cuando algo le recordó la experiencia estresante",
                "Tener reacciones físicas fuertes cuando algo le recordó la experiencia estresante (por"
                " ejemplo, el corazón muy acelerado, dificultad para respirar, sudor)",
                "Evitar recuerdos, pensamientos o sentimientos relacionados con la experiencia estresante",
                "Evitar cosas de afuera que le recuerdan la experiencia estresante (por ejemplo, personas,"
                " lugares, conversaciones, actividades, objetos o situaciones)",
                "Dificultad para recordar partes importantes de la experiencia estresante",
                "Tener creencias negativas fuertes sobre usted, otras personas o el mundo (por ejemplo,"
                " pensar: soy malo(a), hay algo muy malo en mí, no se puede confiar en nadie, el mundo es"
                " totalmente peligroso)",
                "Culparse o culpar a otra persona por la experiencia estresante o por lo que pasó después",
                "Tener sentimientos negativos fuertes, como miedo, horror, enojo, culpa o vergüenza",
                "Perder el interés en actividades que antes disfrutaba",
                "Sentirse distante o alejado(a) de otras personas",
                "Dificultad para tener sentimientos positivos (por ejemplo, no poder sentir felicidad o"
                " cariño por las personas cercanas a usted)",
                "Irritarse, tener arranques de enojo o actuar con agresividad",
                "Correr demasiados riesgos o hacer cosas que podrían hacerle daño",
                "Estar muy alerta, vigilante o en guardia",
                "Sobresaltarse o asustarse fácilmente",
                "Tener dificultad para concentrarse",
                "Dificultad para quedarse o permanecer dormido(a)",
            ),
            ("Nada", "Un poco", "Moderadamente", "Bastante", "Muchísimo"),
        ),
        "nrs-pain": Words(
            "¿Qué tan fuerte es su dolor ahora, de 0 (nada) a 10 (el peor que pueda imaginar)?",
            ("Dolor ahora",),
        ),
        "pgic": Words(
            "En general, ¿cómo está ahora, comparado con antes de la primera infusión?",
            ("Cambio desde antes del tratamiento",),
            (
                "Muchísimo peor",
                "Mucho peor",
                "Un poco peor",
                "Más o menos igual",
                "Un poco mejor",
                "Mucho mejor",
                "Muchísimo mejor",
            ),
        ),
    }
)


def words_of(instrument: Instrument, language: str) -> Words:
    """What the patient reads; the choices in the order of the instrument's, empty where it takes a number."""
    if language == "es" and instrument.code in SPANISH:
        return SPANISH[instrument.code]
    return Words(
        instrument.stem,
        tuple(item.text for item in instrument.items),
        tuple(choice.label for choice in instrument.choices),
        instrument.beside.text if instrument.beside else "",
        tuple(choice.label for choice in instrument.beside.choices) if instrument.beside else (),
    )
