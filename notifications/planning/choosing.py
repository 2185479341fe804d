"""What of one patient's wanted messages is said now: due, merged, capped, too late, or still waiting. Pure.

Asked again and again, it decides the same as long as nothing has changed: it goes by the moment, by what is
wanted and has no decision yet, and by the texts that were sent. It never reads what it decided before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from notifications.planning import reasons, timing
from notifications.planning.rules import CONFIRMATION, EMAIL, PREPARE, REMINDER, SMS, Receiver, Rule, Wanted

WEEK: Final = timedelta(days=7)


class Verdict(Enum):
    SAY = "say"
    CARRIED = "carried"
    NOT = "not"


@dataclass(frozen=True)
class Candidate:
    """Something wanted that has no decision yet, under the key that its message will have."""

    key: str
    wanted: Wanted
    rule: Rule


@dataclass(frozen=True)
class Reach:
    """How a patient's messages go, and how many texts the clinic allows (domain.md 6.4)."""

    receiver: Receiver
    texted: bool  # wishes texts or can't be mailed, agreed to them and has a number
    mailed: bool  # agreed to e-mail and has an address
    most_a_day: int = 1
    most_a_week: int = 3


@dataclass(frozen=True)
class Decision:
    """What becomes of a candidate. `form` is the one way it may take, empty for the patient's preferred one;
    `carrier` the key of the message that says this as well."""

    candidate: Candidate
    verdict: Verdict
    due_at: datetime
    reason: str = ""
    form: str = ""
    carrier: str = ""


def choose(
    candidates: Iterable[Candidate], reach: Reach, texts: Iterable[datetime], now: datetime
) -> list[Decision]:
    """A decision for each candidate that can be decided now; the others wait.

    `texts` are the moments of the texts that the patient was, or is about to be, sent in the last seven days.
    """
    fates = [(candidate, _fate(candidate, reach.receiver, now)) for candidate in _in_order(candidates)]
    decisions = [
        Decision(candidate, Verdict.NOT, candidate.wanted.due_at, reason=fate)
        for candidate, fate in fates
        if isinstance(fate, str)
    ]
    timely = [(candidate, fate) for candidate, fate in fates if not isinstance(fate, str)]
    said = list(texts)
    # What no cap holds back goes first, because it counts.
    groups = sorted(_groups(timely, reach.receiver, now), key=lambda group: group[0].rule.capped)
    for group in groups:
        decisions += _say(group, reach, said, now)
    return decisions


def _in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: (candidate.wanted.due_at, candidate.key))


def _fate(candidate: Candidate, receiver: Receiver, now: datetime) -> str | datetime:
    """Why it is not said, or the moment at which it can be. Nothing is decided before its moment has come."""
    wanted = candidate.wanted
    can_be_said = timing.out_of_quiet_hours(max(wanted.due_at, now), receiver.zone, receiver.daytime)
    if wanted.moment > now:
        return can_be_said
    if wanted.why_not:
        return wanted.why_not
    return can_be_said if can_be_said < wanted.stale_at else reasons.TOO_LATE


def _groups(
    timely: Sequence[tuple[Candidate, datetime]], receiver: Receiver, now: datetime
) -> Iterator[list[Candidate]]:
    """What is said now, each alone or those that go together with it; the carrier first. Of the day's stages
    that merge those go together that may take the same ways, and of visits that are told as booked at one
    moment all: a series is one message."""
    today = timing.local_day(now, receiver.zone)
    together: dict[frozenset[str], list[tuple[Candidate, datetime]]] = {}
    booked = [each for each, at in timely if each.wanted.kind == CONFIRMATION and at <= now]
    if booked:
        yield sorted(booked, key=_by_visit)
    for candidate, at in timely:
        if candidate.wanted.kind == CONFIRMATION:
            continue
        if not candidate.rule.merges:
            if at <= now:
                yield [candidate]
        elif timing.local_day(at, receiver.zone) == today and not candidate.wanted.why_not:
            together.setdefault(frozenset(candidate.rule.forms), []).append((candidate, at))
    for members in together.values():
        if any(at <= now for _, at in members):
            yield sorted((candidate for candidate, _ in members), key=_rank)


def _rank(candidate: Candidate) -> tuple[bool, datetime, bool, datetime, str]:
    """The carrier is about a visit, of several about the next one, and says its time rather than how to
    prepare."""
    wanted = candidate.wanted
    reminds = wanted.kind == REMINDER
    next_first = (reminds and wanted.visit_starts_at) or wanted.due_at
    return not reminds, next_first, wanted.stage == PREPARE, wanted.due_at, candidate.key


def _by_visit(candidate: Candidate) -> tuple[datetime, str]:
    """The first visit of a series carries the others."""
    return candidate.wanted.visit_starts_at or candidate.wanted.due_at, candidate.key


def _say(group: Sequence[Candidate], reach: Reach, said: list[datetime], now: datetime) -> Iterator[Decision]:
    carrier, *carried = group
    due_at = min(candidate.wanted.due_at for candidate in group)
    over = _over_a_cap(reach, said, now) if any(candidate.rule.capped for candidate in group) else ""
    form = _only_form(carrier.rule)
    if over and _is_text(form, reach):
        if not (EMAIL in carrier.rule.forms and carrier.rule.falls_back and reach.mailed):
            yield from (Decision(each, Verdict.NOT, each.wanted.due_at, reason=over) for each in group)
            return
        form = EMAIL
    if _is_text(form, reach):
        said.append(now)
    yield Decision(carrier, Verdict.SAY, due_at, form=form)
    reason = reasons.IN_THE_SERIES if carrier.wanted.kind == CONFIRMATION else reasons.CARRIED
    for each in carried:
        yield Decision(each, Verdict.CARRIED, due_at, reason=reason, carrier=carrier.key)


def _only_form(rule: Rule) -> str:
    return rule.forms[0] if len(set(rule.forms)) == 1 else ""


def _is_text(form: str, reach: Reach) -> bool:
    return form == SMS or (not form and reach.texted)


def _over_a_cap(reach: Reach, said: Sequence[datetime], now: datetime) -> str:
    zone = reach.receiver.zone
    today = timing.local_day(now, zone)
    if sum(timing.local_day(at, zone) == today for at in said) >= reach.most_a_day:
        return reasons.CAPPED_DAY
    if sum(now - WEEK < at for at in said) >= reach.most_a_week:
        return reasons.CAPPED_WEEK
    return ""
