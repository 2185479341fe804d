"""What sort of task each is, for whoever looks for one sort among many. Pure: no Django.

A task's cause begins with the name of the table that it is about, which the floors below and this one have
given; what nobody has named here is among the others.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One sort of task: its word in an address, what people call it, and the causes that belong to it."""

    code: str
    label: str
    causes: frozenset[str] = frozenset()


ANSWERS: Final = Kind(
    "answers",
    "Answers to call about",
    frozenset(
        {
            *("check_in_answer", "check_in_missing", "questionnaire_answer", "safety_concern"),
            *("diary", "ride", "link", "inbound_crisis", "readiness", "readiness_open"),
        }
    ),
)
CHAIR: Final = Kind(
    "chair",
    "At the chair",
    frozenset({"alert", "vital_signs", "side_effect", "decide", "waste", "unmatched_message"}),
)
TEXTS: Final = Kind("texts", "Texts and numbers", frozenset({"inbound_message", "number"}))
VISITS: Final = Kind(
    "visits",
    "Visits and times",
    frozenset({"time_request", "waitlist_offer", "repair", "undeclared_hours", "call_back", "visit_untold"}),
)
PLANS: Final = Kind(
    "plans",
    "Plans",
    frozenset(
        {
            *("spacing", "plan_taken_over", "plan_wanted"),
            *("liver_test", "course_review", "course_assessment", "safety"),
        }
    ),
)
MESSAGES: Final = Kind("messages", "Messages in doubt", frozenset({"message"}))
OTHERS: Final = Kind("others", "Others")
KINDS: Final = (ANSWERS, CHAIR, TEXTS, VISITS, PLANS, MESSAGES, OTHERS)
CHOICES: Final = tuple((kind.code, kind.label) for kind in KINDS)
BY_CODE: Final = MappingProxyType({kind.code: kind for kind in KINDS})
NAMED: Final = frozenset[str]().union(*(kind.causes for kind in KINDS))
_OF: Final = MappingProxyType({cause: kind for kind in KINDS for cause in kind.causes})


def kind_of(cause: str) -> Kind:
    """Of a task by its whole cause, or by the name that it begins with."""
    return _OF.get(cause.partition(":")[0], OTHERS)
