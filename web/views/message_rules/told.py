"""What a change of a message's rule, or of its words, would touch among the visits to come: sentences beside
the form. `notifications.reporting.touching` counts; here it is only told."""

from collections.abc import Sequence
from datetime import datetime

from clinic.models import Clinic
from notifications.planning import own_texts, rule_settings
from notifications.planning.rules import Rule
from notifications.planning.stage_words import how, when
from notifications.reporting import at_once, touching
from web.templatetags.chairside import local_moment
from web.views.live_form import Told

WHEN_IT_HAPPENS = (
    "It is said when something happens, not at a moment that a booked visit settles: what happens from now on"
    " is told so, and no visit to come is touched before."
)


def of_rule(clinic: Clinic, becomes: Rule, *, now: datetime) -> Told:
    """A rule as it is filled in, beside the one that holds."""
    was = rule_settings.rule_of(clinic, becomes.stage)
    said = f"{when(becomes)}. {how(becomes)}." if becomes.enabled else "It isn't said any more."
    found = touching.touched(clinic, becomes, now=now)
    if found is None:
        return Told([said, WHEN_IT_HAPPENS])
    if becomes == was:
        return Told([said, *_as_it_is(found)])
    going_out = _going_out(found, held_back=bool(found.at_once) and at_once.is_held_back(clinic))
    if becomes.stage not in touching.SETTLED:
        return Told([said, *going_out, WHEN_IT_HAPPENS])
    return Told([said, *going_out, *_changed(found), *_next(found)])


def of_words(clinic: Clinic, stage: str, language: str, tongue: str, *, now: datetime) -> Told:
    """Whom the words of one stage in one language reach."""
    rule = rule_settings.rule_of(clinic, own_texts.rule_of_words(stage))
    if not rule.enabled:
        return Told(["This message is switched off: nobody is told these words until it is on again."])
    found = touching.touched(clinic, rule, language=language, now=now)
    if found is None:
        return Told([WHEN_IT_HAPPENS])
    readers = f"patients who are written to in {tongue}"
    if not found.told:
        return Told([f"Nobody is to be told these words yet: no visit to come of {readers} asks for it."])
    return Told([f"{_visits(found.told, found)} of {readers} will be told these words.", *_next(found)])


def _as_it_is(found: touching.Touched) -> list[str]:
    if not found.told:
        return ["Nothing is changed yet. It is still said of no visit to come."]
    others = ["Of the others it was said already, or it isn't for a visit like them."]
    return [
        f"Nothing is changed yet. It is said of {_visits(found.told, found, small=True)}.",
        *(others if found.told < found.visits else []),
        *_next(found),
    ]


def _changed(found: touching.Touched) -> list[str]:
    told = _visits(found.told, found, small=True)
    first = f"It would be said of {told}" if found.told else "It would be said of no visit to come"
    parts = [
        f"{count} {words}"
        for count, words in (
            (found.moved, "at another time than now"),
            (found.new, "that wouldn't be told now"),
        )
        if count
    ]
    sentences = [f"{first}{f': {_and(parts)}' if parts else ''}."]
    if found.gone:
        lost = "1 visit to come is" if found.gone == 1 else f"{found.gone} visits to come are"
        sentences.append(
            f"{lost} no longer told: it is off, its moment has passed, or the visit is told later than that."
        )
    if not (parts or found.gone):
        sentences.append("When it is said of them stays as it is.")
    return sentences


def _going_out(found: touching.Touched, *, held_back: bool) -> list[str]:
    """What keeping the change sends off by itself: nobody can take it back."""
    if not found.at_once:
        return []
    one = found.at_once == 1
    many = "1 message" if one else f"{found.at_once:,} messages"
    passed = "its time" if one else "their time"
    if held_back:
        return [
            f"{many} would go out as soon as you save: {passed} has passed already."
            f" Sending is paused, so {'it waits' if one else 'they wait'} until it goes on."
        ]
    return [f"{many} {'goes' if one else 'go'} out as soon as you save: {passed} has passed already."]


def _next(found: touching.Touched) -> list[str]:
    return [f"The next is due {local_moment(found.next_at)}."] if found.next_at else []


def _visits(count: int, found: touching.Touched, *, small: bool = False) -> str:
    among = f"the next {touching.MOST_VISITS:,}" if found.more else f"{found.visits}"
    if count == found.visits and not found.more:
        return f"{'all' if small else 'All'} {count} visits to come" if count > 1 else "1 visit to come"
    return f"{count} of {among} visits to come"


def _and(parts: Sequence[str]) -> str:
    return " and ".join(parts)
