"""What staff often reply by text, to begin from instead of typing it. Pure: no Django.

They say nothing that a lock screen may not show, and use no letter that a text message hasn't got: a story
holds them to what `own_words` asks of any reply.
"""

from types import MappingProxyType
from typing import Final

PHRASES: Final = MappingProxyType(
    {
        "en": (
            "Thank you for your message.",
            "Please call us at {phone}.",
            "We will call you today.",
            "Your visit stays as it is.",
        ),
        "es": (
            "Gracias por su mensaje.",
            "Por favor llame al {phone}.",
            "Hoy le llamamos.",
            "Su visita queda igual.",
        ),
    }
)


def phrases(language: str, *, phone: str) -> tuple[str, ...]:
    """In the patient's language, or in English where there are none in it."""
    return tuple(each.format(phone=phone) for each in PHRASES.get(language, PHRASES["en"]))


def added(text: str, phrase: str) -> str:
    """The phrase behind what is typed already, once."""
    typed = text.strip()
    return typed if phrase in typed else f"{typed} {phrase}".strip()
