"""The stages as people read them: what each is called, and when it is said. Pure: no Django."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifications.planning import rules
from notifications.planning.rules import Rule
from notifications.wording.texts import SERIES

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        rules.CONFIRMATION: "Visit booked",
        SERIES: "Several visits booked",
        rules.MOVE: "Visit moved",
        rules.CHANGE: "Length or preparation changed",
        rules.CANCELLATION: "Visit cancelled",
        "T-7d": "Reminder of the first visit, with the forms",
        "T-3d": "Reminder that asks to confirm",
        "T-1d": "Reminder of the day before",
        rules.PREPARE: "How to prepare",
        "T-2h": "Reminder shortly before",
        rules.OFFER: "Offer of a time",
        rules.SAME_DAY: "Questions on the same day",
        rules.NEXT_MORNING: "Questions on the next morning",
        rules.DAY_7: "Questions a week later",
        rules.BEFORE_NEXT: "Questions before the next visit",
        rules.END_OF_SERIES: "Questionnaires at the end of a series",
        rules.MONTHLY: "Questionnaires every month",
        rules.CHECK_IN_AGAIN: "Asked again for answers",
        rules.MISSED: "After a missed visit",
        rules.DIARY: "Diary",
        "choose_time": "Choice of another time",
        "confirmed": "Thanks for confirming",
        "stopped": "No more messages",
        "started": "Messages again",
        "help": "Help",
        "to_a_person": "Somebody will read it",
        "wrong_number": "Wrong number",
        "page": "Call to staff",
        "reply": "Written by staff",
    }
)


def title_of(stage: str) -> str:
    """What a stage is called; its code where it has no name."""
    return TITLES.get(stage, stage)


def when(rule: Rule) -> str:
    """When a rule has its stage said, as a sentence without its full stop."""
    match rule.stage:
        case rules.CONFIRMATION | rules.MOVE | rules.CHANGE | rules.CANCELLATION | rules.OFFER:
            return "At once"
        case rules.DIARY:
            return "Every day, when the patient wishes"
        case rules.MONTHLY:
            return f"Every month after a series{_clock(rule, 'at the same time of day')}"
        case rules.CHECK_IN_AGAIN:
            return f"{_span(rule)} after it was asked, if nobody answered"
        case rules.MISSED:
            return f"{_span(rule)} after the visit should have begun"
        case rules.SAME_DAY:
            latest = f", not after {rule.at:%H:%M}" if rule.at else ""
            return f"{_span(rule)} after going home{latest}"
        case rules.NEXT_MORNING | rules.DAY_7 | rules.END_OF_SERIES:
            last = ", after the last visit of a series only" if rule.last_only else ""
            return f"{_span(rule)} after going home{_clock(rule, 'at the same time of day')}{last}"
    ahead = f"{_span(rule)} before the visit"
    return f"{ahead}{_clock(rule, 'at its time of day')}" if rule.days is not None else ahead


def origin(rule: Rule) -> str:
    """Of a default that no source gives, that it is this product's own, as a sentence; else empty."""
    own = rules.OWN_DEFAULTS.get(rule.stage, ())
    default = next(each for each in rules.DEFAULTS if each.stage == rule.stage)
    if not own or any(getattr(rule, name) != getattr(default, name) for name in own):
        return ""
    what = "After which visits it is asked" if "last_only" in own else "When it is said"
    return f"{what} is a default of this product, not from a source: have a prescriber settle it."


def _span(rule: Rule) -> str:
    count, unit = (rule.days, "day") if rule.days is not None else (rule.hours or 0, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _clock(rule: Rule, otherwise: str) -> str:
    return f", at {rule.at:%H:%M}" if rule.at else f", {otherwise}"


def how(rule: Rule) -> str:
    """By which ways a rule's stage may go."""
    if rules.SMS not in rule.forms:
        return "E-mail"
    if rules.EMAIL not in rule.forms:
        return "Text message"
    return "As the patient prefers" + (", else by e-mail" if rule.falls_back else "")
