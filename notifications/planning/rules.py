"""Which messages are wanted, as data: the stages with their defaults, and what one visit, session, series,
check-in or day asks for. Pure: no Django.

The defaults are those of domain.md 6.1 (all [D]); a clinic's own stand in `rule_settings`. A stage's *moment*
is when its rule would have it said; it is due then, or when the patient's night is over. What was said
already is not this room's to know: `choosing` and `planner` compare.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Final

from notifications.planning import reasons, timing
from notifications.planning.timing import FEDERAL, Daytime

# Kinds, as in `models.MessageKind`; a notice's stage has the name of its kind.
CONFIRMATION: Final = "confirmation"
MOVE: Final = "move"
CHANGE: Final = "change"
CANCELLATION: Final = "cancellation"
REMINDER: Final = "reminder"
CHECK_IN: Final = "check_in"
OFFER: Final = "offer"
MISSED: Final = "missed"
DIARY: Final = "diary"

PREPARE: Final = "prepare"
SAME_DAY: Final = "same_day"
NEXT_MORNING: Final = "next_morning"
DAY_7: Final = "day_7"
BEFORE_NEXT: Final = "before_next"
END_OF_SERIES: Final = "end_of_series"
MONTHLY: Final = "monthly"
CHECK_IN_AGAIN: Final = "check_in_again"

SMS: Final = "sms"
EMAIL: Final = "email"

# Pushed nearer to the visit than this, a reminder is of no use: fasting and the way there have begun. [D]
LEAST_NOTICE: Final = timedelta(hours=1)
# A check-in and its link stay of use for a late answer, which still alarms. [D]
CHECK_IN_OPEN_FOR: Final = timedelta(hours=48)
# A missed visit that was marked late is still followed up. [D]
MISSED_OPEN_FOR: Final = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One stage as a clinic has it.

    `days` are calendar days where the patient is, before or after what the stage hangs on, at the wall-clock
    time `at` or else at the same time of day; `hours` are hours. `at` of `same_day` is the latest, not the
    moment. `last_only`: of what follows an infusion, after the last of a series and no other.
    """

    stage: str
    kind: str
    enabled: bool = True
    days: int | None = None
    hours: int | None = None
    at: time | None = None
    forms: tuple[str, ...] = (SMS, EMAIL)
    falls_back: bool = True  # by e-mail where a text can't be sent
    merges: bool = False
    capped: bool = True
    first_visit_only: bool = False
    last_only: bool = False

    def before(self, moment: datetime, zone: str) -> datetime:
        return self._away(moment, -1, zone)

    def after(self, moment: datetime, zone: str) -> datetime:
        return self._away(moment, 1, zone)

    def _away(self, moment: datetime, sign: int, zone: str) -> datetime:
        if self.days is not None:
            return timing.days_away(moment, sign * self.days, zone, self.at)
        return moment + sign * timedelta(hours=self.hours or 0)


# Never merged: what can't wait or is about this hour. Never capped (domain.md 6.4): what the patient's safety
# or an errand in vain hangs on.
DEFAULTS: Final = (
    Rule(stage=CONFIRMATION, kind=CONFIRMATION),
    Rule(stage=MOVE, kind=MOVE, capped=False),
    Rule(stage=CHANGE, kind=CHANGE, capped=False),
    Rule(stage=CANCELLATION, kind=CANCELLATION, capped=False),
    Rule(stage="T-7d", kind=REMINDER, days=7, merges=True, first_visit_only=True),
    Rule(stage="T-3d", kind=REMINDER, days=3, merges=True),
    Rule(stage="T-1d", kind=REMINDER, days=1, merges=True),
    Rule(stage=PREPARE, kind=REMINDER, days=1, merges=True),
    Rule(stage="T-2h", kind=REMINDER, hours=2, merges=True),
    Rule(stage=OFFER, kind=OFFER),
    Rule(stage=SAME_DAY, kind=CHECK_IN, hours=4, at=time(20, 30), capped=False),
    Rule(stage=NEXT_MORNING, kind=CHECK_IN, days=1, at=time(9), capped=False),
    Rule(stage=DAY_7, kind=CHECK_IN, days=7, merges=True),
    Rule(stage=BEFORE_NEXT, kind=CHECK_IN, days=1, merges=True),
    Rule(stage=END_OF_SERIES, kind=CHECK_IN, days=1, merges=True, last_only=True),
    Rule(stage=MONTHLY, kind=CHECK_IN, merges=True),
    Rule(stage=CHECK_IN_AGAIN, kind=CHECK_IN, hours=24, merges=True),
    Rule(stage=MISSED, kind=MISSED, hours=2, merges=True),
    Rule(stage=DIARY, kind=DIARY, forms=(EMAIL,), capped=False),
)
STAGES: Final = tuple(rule.stage for rule in DEFAULTS)
# What of the defaults domain.md doesn't give: this product's own, until the clinic has settled it. [D]
OWN_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        PREPARE: ("days", "at"),
        DAY_7: ("last_only",),
        END_OF_SERIES: ("days", "at"),
        CHECK_IN_AGAIN: ("hours",),
        MISSED: ("hours",),
    }
)
# Each is of use until the next takes over, the last until the visit; `prepare` says something else.
REMINDERS: Final = tuple(rule for rule in DEFAULTS if rule.kind == REMINDER and rule.stage != PREPARE)
NOTICES: Final = (CONFIRMATION, MOVE, CHANGE, CANCELLATION)


@dataclass(frozen=True)
class Receiver:
    """Where the patient is, and between which wall-clock times they may be written to."""

    zone: str
    daytime: Daytime = FEDERAL


@dataclass(frozen=True)
class Visit:
    """A booked visit as the rules see it."""

    starts_at: datetime
    ends_at: datetime
    first: bool  # no visit before it
    treated_before: bool = False  # an infusion was begun before it
    changed: bool = False  # its patient goes by another length, or prepares in another way


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Something that should be said at `due_at`, and from `stale_at` on no longer; or why it shouldn't be."""

    stage: str
    kind: str
    moment: datetime
    due_at: datetime
    stale_at: datetime
    visit_starts_at: datetime | None = None
    instead_of: datetime | None = None
    link_expires_at: datetime | None = None
    why_not: str = ""
    presumed: bool = field(default=False, compare=False)  # goes by what is booked, not by what has been


def by_stage(clinic_rules: Iterable[Rule]) -> dict[str, Rule]:
    """The stages that a clinic wants said."""
    return {rule.stage: rule for rule in clinic_rules if rule.enabled}


def notice(*, true: datetime | None, told: datetime | None, changed: bool = False) -> str | None:
    """The stage that leads from the start that a patient was told to the true one; None for no visit, and
    for nothing to say. `changed`: what else they were told of that visit is no longer so."""
    if true == told:
        return CHANGE if changed and true is not None else None
    if true is None:
        return CANCELLATION
    return CONFIRMATION if told is None else MOVE


def wanted_of_visit(
    rules: Mapping[str, Rule], visit: Visit, receiver: Receiver, told: datetime | None, noticed_at: datetime
) -> list[Wanted]:
    """What a booked visit asks for: the notice that is to be given, the reminders, the questions before it.

    `told` is the start that the patient goes by, `noticed_at` when the true one was, or is to be, told. A
    reminder due before that would only repeat the notice, so a visit booked for tomorrow isn't announced four
    times at once; it is listed with the reason.
    """
    told_at = timing.out_of_quiet_hours(noticed_at, receiver.zone, receiver.daytime)
    wanted = notice_of_visit(rules, visit, receiver, told, noticed_at)
    wanted += _reminders(rules, visit, receiver, told_at)
    if BEFORE_NEXT in rules and visit.treated_before:
        wanted.append(_before(rules[BEFORE_NEXT], visit, receiver, stale_at=visit.starts_at))
    return wanted


def notice_of_visit(
    rules: Mapping[str, Rule], visit: Visit, receiver: Receiver, told: datetime | None, noticed_at: datetime
) -> list[Wanted]:
    """That a visit is booked, has moved or takes longer, to somebody who goes by something else."""
    stage = notice(true=visit.starts_at, told=told, changed=visit.changed)
    if stage is None or stage not in rules:
        return []
    return [
        Wanted(
            stage=stage,
            kind=stage,
            moment=noticed_at,
            due_at=timing.out_of_quiet_hours(noticed_at, receiver.zone, receiver.daytime),
            stale_at=visit.starts_at,
            visit_starts_at=visit.starts_at,
            instead_of=told if stage == MOVE else None,
            link_expires_at=visit.ends_at,
        )
    ]


def _reminders(
    rules: Mapping[str, Rule], visit: Visit, receiver: Receiver, told_at: datetime
) -> Iterator[Wanted]:
    applying = [
        rule
        for rule in rules.values()
        if rule.kind == REMINDER and (visit.first or not rule.first_visit_only)
    ]
    taking_over = sorted(
        rule.before(visit.starts_at, receiver.zone) for rule in applying if rule.stage != PREPARE
    )
    for rule in applying:
        moment = rule.before(visit.starts_at, receiver.zone)
        later = [next_one for next_one in taking_over if next_one > moment]
        stale_at = later[0] if later and rule.stage != PREPARE else visit.starts_at
        one = _before(rule, visit, receiver, stale_at=stale_at)
        if moment <= told_at:
            yield replace(one, why_not=reasons.TOLD_LATER)
        elif one.due_at > moment and visit.starts_at - one.due_at < LEAST_NOTICE:
            yield replace(one, why_not=reasons.SHORT_NOTICE)
        else:
            yield one


def _before(rule: Rule, visit: Visit, receiver: Receiver, *, stale_at: datetime) -> Wanted:
    moment = rule.before(visit.starts_at, receiver.zone)
    return Wanted(
        stage=rule.stage,
        kind=rule.kind,
        moment=moment,
        due_at=timing.out_of_quiet_hours(moment, receiver.zone, receiver.daytime),
        stale_at=stale_at,
        visit_starts_at=visit.starts_at,
        link_expires_at=visit.ends_at,
    )


def wanted_of_cancelled(
    rules: Mapping[str, Rule], told: datetime | None, receiver: Receiver, noticed_at: datetime
) -> list[Wanted]:
    """A notice that a visit won't take place, naming the start that was told; of use until then."""
    if told is None or CANCELLATION not in rules:
        return []
    due_at = timing.out_of_quiet_hours(noticed_at, receiver.zone, receiver.daytime)
    return [
        Wanted(
            stage=CANCELLATION,
            kind=CANCELLATION,
            moment=noticed_at,
            due_at=due_at,
            stale_at=told,
            visit_starts_at=told,
        )
    ]


def wanted_of_missed(rules: Mapping[str, Rule], visit: Visit, receiver: Receiver) -> list[Wanted]:
    """After a visit to which the patient didn't come."""
    if MISSED not in rules:
        return []
    moment = rules[MISSED].after(visit.starts_at, receiver.zone)
    stale_at = moment + MISSED_OPEN_FOR
    return [_after(rules[MISSED], moment, receiver, visit.starts_at, stale_at=stale_at, link_until=stale_at)]


def wanted_of_offer(
    rules: Mapping[str, Rule], visit: Visit, receiver: Receiver, offered_at: datetime, expires_at: datetime
) -> list[Wanted]:
    """A time that is held for somebody on the waitlist: said at once, of use until the offer runs out.

    The link outlives the offer, so that whoever comes too late reads what became of it.
    """
    if OFFER not in rules:
        return []
    return [
        _after(
            rules[OFFER],
            offered_at,
            receiver,
            visit.starts_at,
            stale_at=expires_at,
            link_until=visit.starts_at,
        )
    ]


def wanted_of_session(
    rules: Mapping[str, Rule],
    receiver: Receiver,
    *,
    visit_starts_at: datetime,
    discharged_at: datetime,
    ends_series: bool,
    presumed: bool = False,
) -> list[Wanted]:
    """The check-ins after an infusion, from the moment at which the patient went home.

    The next morning's are of use until that day's quiet hours, the same day's until its rule's `at`: somebody
    who went home too late for it is asked in the morning.
    """
    wanted = []
    for stage in (SAME_DAY, NEXT_MORNING, DAY_7, END_OF_SERIES):
        if stage not in rules or (rules[stage].last_only and not ends_series):
            continue
        moment = rules[stage].after(discharged_at, receiver.zone)
        one = _asking(rules[stage], moment, receiver, visit_starts_at)
        if stage == NEXT_MORNING:
            one = replace(one, stale_at=timing.day_end(one.due_at, receiver.zone, receiver.daytime))
        elif stage == SAME_DAY:
            one = _same_day(one, rules[stage], receiver, discharged_at)
        wanted.append(replace(one, presumed=presumed))
    return wanted


def _same_day(one: Wanted, rule: Rule, receiver: Receiver, discharged_at: datetime) -> Wanted:
    latest = rule.at or receiver.daytime.ends
    day = timing.local_day(discharged_at, receiver.zone)
    stale_at = timing.at_local(day, min(latest, receiver.daytime.ends), receiver.zone)
    late = reasons.LATE_IN_THE_DAY if one.due_at >= stale_at else ""
    return replace(one, stale_at=stale_at, why_not=late)


def wanted_monthly(
    rules: Mapping[str, Rule],
    receiver: Receiver,
    *,
    visit_starts_at: datetime,
    series_ended_at: datetime,
    months: int,
) -> list[Wanted]:
    """The questionnaires, so many months after the series ended."""
    if MONTHLY not in rules:
        return []
    moment = timing.months_after(series_ended_at, months, receiver.zone)
    if rules[MONTHLY].at is not None:
        moment = timing.days_away(moment, 0, receiver.zone, rules[MONTHLY].at)
    return [_asking(rules[MONTHLY], moment, receiver, visit_starts_at)]


def wanted_again(
    rules: Mapping[str, Rule],
    receiver: Receiver,
    *,
    visit_starts_at: datetime | None,
    asked_at: datetime,
    until: datetime | None = None,
) -> list[Wanted]:
    """The one reminder of a check-in that was asked and not answered (domain.md 6.2); `until`: the start of
    the visit before which it has to be answered."""
    if CHECK_IN_AGAIN not in rules:
        return []
    moment = rules[CHECK_IN_AGAIN].after(asked_at, receiver.zone)
    one = _asking(rules[CHECK_IN_AGAIN], moment, receiver, visit_starts_at)
    return [one if until is None else replace(one, stale_at=min(one.stale_at, until))]


def wanted_of_diary(rules: Mapping[str, Rule], receiver: Receiver, *, asked_at: datetime) -> list[Wanted]:
    """The day's diary, at the time that the patient wishes; of use until that day's quiet hours."""
    if DIARY not in rules:
        return []
    stale_at = timing.day_end(asked_at, receiver.zone, receiver.daytime)
    # The day can still be written the morning after. [D]
    link_until = asked_at + CHECK_IN_OPEN_FOR
    return [_after(rules[DIARY], asked_at, receiver, None, stale_at=stale_at, link_until=link_until)]


def _asking(rule: Rule, moment: datetime, receiver: Receiver, visit_starts_at: datetime | None) -> Wanted:
    """Questions: of use, like their link, for two days."""
    due_at = timing.out_of_quiet_hours(moment, receiver.zone, receiver.daytime)
    until = due_at + CHECK_IN_OPEN_FOR
    return _after(rule, moment, receiver, visit_starts_at, stale_at=until, link_until=until)


def _after(
    rule: Rule,
    moment: datetime,
    receiver: Receiver,
    visit_starts_at: datetime | None,
    *,
    stale_at: datetime,
    link_until: datetime,
) -> Wanted:
    return Wanted(
        stage=rule.stage,
        kind=rule.kind,
        moment=moment,
        due_at=timing.out_of_quiet_hours(moment, receiver.zone, receiver.daytime),
        stale_at=stale_at,
        visit_starts_at=visit_starts_at,
        link_expires_at=link_until,
    )


def overlaid(own: Iterable[Rule], defaults: Sequence[Rule] = DEFAULTS) -> tuple[Rule, ...]:
    """The defaults with a clinic's own rules in their places. What may be capped or said at first visits only
    is no matter of settings."""
    mine = {rule.stage: rule for rule in own}
    return tuple(mine.get(rule.stage, rule) for rule in defaults)
