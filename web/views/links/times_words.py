"""What the page on which a patient chooses another time says, in English and Spanish ([D], to be checked)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifications.answering.grading import ENGLISH, SPANISH

_ENGLISH: Final = {
    "heading": "Choose another time",
    "your_visit_is": "Your visit is on",
    "tap": "Tap the time that suits you. Your visit moves there at once.",
    "wish": "Tap the time that suits you. We then move your visit and write to you.",
    "none": "We have no free time near your visit just now.",
    "none_suits": "Nothing that suits? Your visit stays where it is until you choose. Call us:",
    "moved": "Your visit has moved.",
    "now_at": "It is now on",
    "asked": "We have your request.",
    "asked_for": "You asked for this time. Until we write, your visit stays where it is:",
    "change_wish": "You can still choose another one.",
    "over": "This visit has changed since.",
    "go_by_newest": "Please go by the newest message, or call us.",
    "taken": "Somebody else has just taken this time.",
    "choose_again": "Please choose another.",
}
_SPANISH: Final = {
    "heading": "Elija otro horario",
    "your_visit_is": "Su visita es el",
    "tap": "Toque el horario que le conviene. Su visita cambia enseguida.",
    "wish": "Toque el horario que le conviene. Nosotros cambiamos su visita y le escribimos.",
    "none": "Por ahora no hay otro horario libre cerca de su visita.",
    "none_suits": "¿Ninguno le conviene? Su visita queda como está hasta que elija. Llámenos:",
    "moved": "Su visita cambió.",
    "now_at": "Ahora es el",
    "asked": "Recibimos su solicitud.",
    "asked_for": "Usted pidió este horario. Hasta que le escribamos, su visita queda como está:",
    "change_wish": "Todavía puede elegir otro.",
    "over": "Esta visita cambió después.",
    "go_by_newest": "Por favor siga el mensaje más nuevo, o llámenos.",
    "taken": "Otra persona acaba de tomar este horario.",
    "choose_again": "Por favor elija otro.",
}
# In place of a visit that was missed: nothing is moved, another one is booked.
_ENGLISH_MISSED: Final = {
    "your_visit_is": "You were not here for your visit on",
    "wish": "Tap the time that suits you. We then book it and write to you.",
    "none": "We have no free time just now.",
    "none_suits": "Nothing that suits? Call us:",
    "moved": "Your new visit is booked.",
    "now_at": "It is on",
    "asked_for": "It is booked once we write to you. It takes the place of your visit on",
}
_SPANISH_MISSED: Final = {
    "your_visit_is": "Usted no vino a su visita del",
    "wish": "Toque el horario que le conviene. Nosotros lo reservamos y le escribimos.",
    "none": "Por ahora no hay horario libre.",
    "none_suits": "¿Ninguno le conviene? Llámenos:",
    "moved": "Su nueva visita está reservada.",
    "now_at": "Es el",
    "asked_for": "Queda reservado cuando le escribamos. Toma el lugar de su visita del",
}
SAY_TIMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {ENGLISH: MappingProxyType(_ENGLISH), SPANISH: MappingProxyType(_SPANISH)}
)
SAY_TIMES_AFTER_MISSED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        ENGLISH: MappingProxyType(_ENGLISH | _ENGLISH_MISSED),
        SPANISH: MappingProxyType(_SPANISH | _SPANISH_MISSED),
    }
)
