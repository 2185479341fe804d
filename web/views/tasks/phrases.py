"""What is often done about a task of each kind, to be chosen by a tap instead of typed. They say what people
did, nothing about anybody's health; what was found is written in one's own words.
"""

from types import MappingProxyType
from typing import Final

from notifications.escalating import task_kinds
from notifications.escalating.task_kinds import Kind

CALLED: Final = "Called and talked with the patient."
OUTCOMES: Final = MappingProxyType(
    {
        task_kinds.ANSWERS: (
            CALLED,
            "Talked it over here in person.",
            "Passed on to the prescriber by name.",
        ),
        task_kinds.CHAIR: ("Seen at the chair.", "Decided together with the prescriber."),
        task_kinds.TEXTS: (CALLED, "Read: there is nothing to answer."),
        task_kinds.VISITS: (CALLED, "The visit was moved.", "The visit stays as it is."),
        task_kinds.PLANS: (CALLED, "Talked over with the prescriber."),
        task_kinds.MESSAGES: ("Called: the patient knows.", "It is of no use any more."),
        task_kinds.OTHERS: (CALLED, "Done: nothing is left to do."),
    }
)
NOTES: Final = (
    "Called: nobody answered.",
    "Left a message to call us back.",
    "They will call us back.",
)


def outcomes(kind: Kind) -> tuple[str, ...]:
    return OUTCOMES[kind]


def joined(phrase: str, words: str) -> str:
    """What was chosen, and after it what was written."""
    return " ".join(part for part in (phrase, words) if part)
