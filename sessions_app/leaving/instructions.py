"""What the patient takes home on paper, pure: from domain.md 1.5, 6.1 and 6.2, and nothing else.

In English or in Spanish, as the patient reads. It names neither drug nor condition: paper lies about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Section:
    """Some lines under a heading, and what to do about them."""

    heading: str
    lines: Sequence[str]
    do: str = ""


@dataclass(frozen=True)
class Leaflet:
    """The instructions in one language."""

    language: str
    title: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class _Words:
    title: str
    until_tomorrow: str
    until_tomorrow_lines: Sequence[str]  # 6.1: [V:12] driving; [V:56] the adult; [G] decisions, alcohol, home
    at_once: str
    at_once_lines: Sequence[str]  # 6.2, red [D]
    at_once_do: str
    call_us: str
    call_us_lines: Sequence[str]  # 6.2, amber [D]
    call_us_do: str


ENGLISH: Final = _Words(
    title="After your visit",
    until_tomorrow="Until tomorrow",
    until_tomorrow_lines=(
        "Do not drive or use machines until tomorrow, after a good night's sleep.",
        "Go home with your adult, and have an adult at home with you.",
        "Drink no alcohol.",
        "Make no major decisions.",
    ),
    at_once="Get help at once",
    at_once_lines=(
        "Thoughts of suicide, or you do not feel safe",
        "Chest pain, or trouble breathing",
        "You fainted",
        "Weakness on one side of the body",
        "The worst headache of your life",
    ),
    at_once_do="In an emergency call 911. In a crisis call or text 988.",
    call_us="Call us",
    call_us_lines=(
        "You see or hear things that are not there, or are confused, still on the next morning",
        "You have vomited for more than 6 hours, or can't keep fluids down",
        "You fell",
        "Blood in the urine, or pain when you pass it",
    ),
    call_us_do="Our number: {phone}",
)
SPANISH: Final = _Words(
    title="Después de su visita",
    until_tomorrow="Hasta mañana",
    until_tomorrow_lines=(
        "No conduzca ni use máquinas hasta mañana, después de dormir bien.",
        "Vaya a casa con la persona adulta que le acompaña, y tenga a una persona adulta en casa con usted.",
        "No tome alcohol.",
        "No tome decisiones importantes.",
    ),
    at_once="Busque ayuda de inmediato",
    at_once_lines=(
        "Pensamientos de suicidio, o no se siente a salvo",
        "Dolor en el pecho o dificultad para respirar",
        "Se desmayó",
        "Debilidad en un lado del cuerpo",
        "El peor dolor de cabeza de su vida",
    ),
    at_once_do="En una emergencia llame al 911. En una crisis llame o mande un texto al 988.",
    call_us="Llámenos",
    call_us_lines=(
        "Ve u oye cosas que no están, o tiene confusión, todavía a la mañana siguiente",
        "Ha vomitado más de 6 horas, o no retiene líquidos",
        "Se cayó",
        "Sangre en la orina, o dolor al orinar",
    ),
    call_us_do="Nuestro número: {phone}",
)
LANGUAGES: Final[Mapping[str, _Words]] = {"en": ENGLISH, "es": SPANISH}


def leaflet(*, language: str, phone: str) -> Leaflet:
    """The instructions in the patient's language (BCP 47), in English where there is no other; `phone` is the
    clinic's."""
    code = language.partition("-")[0].lower()
    code = code if code in LANGUAGES else "en"
    words = LANGUAGES[code]
    return Leaflet(
        code,
        words.title,
        (
            Section(words.until_tomorrow, words.until_tomorrow_lines),
            Section(words.at_once, words.at_once_lines, words.at_once_do),
            Section(words.call_us, words.call_us_lines, words.call_us_do.format(phone=phone)),
        ),
    )
