"""A clinic's own rules, quiet hours and caps over the defaults of `rules`: what holds there now, and how the
manager changes it. Its own words are `own_texts`'.

Whatever is changed counts from the next run of the planner on, because nothing is queued ahead.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.phones import e164
from clinic.problems import Invalid
from clinic.queries import names_of
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction, violated_constraint
from notifications.models import ClinicMessaging, Form, MessageRule, QuietHours
from notifications.planning import jurisdictions, rules
from notifications.planning.rules import Rule
from notifications.planning.timing import FEDERAL, Daytime

# What can be set of each stage's moment; the patient's own wish or the event itself settles the others'.
TIMING: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        rule.stage: ("days", "at") if rule.days is not None else ("hours",) if rule.hours is not None else ()
        for rule in rules.DEFAULTS
    }
    | {rules.SAME_DAY: ("hours", "at"), rules.MONTHLY: ("at",)}
)
SETTABLE: Final = ("enabled", "days", "hours", "at", "last_only", "forms", "falls_back", "merges")
# Of which other stage it isn't for a clinic to say after which infusions it is asked.
MAY_BE_LAST_ONLY: Final = frozenset({rules.DAY_7})
# Not clinical: they keep out slips of the keyboard.
MOST_DAYS: Final = 60
MOST_HOURS: Final = 72
HOUR: Final = timedelta(hours=1)
# What is moved out of the night needs a day to be said in. [D]
LEAST_DAY: Final = 4 * HOUR
CAPS: Final = {"most_a_day": (1, 5), "most_a_week": (1, 20), "moves_itself_hours": (1, 336)}


@dataclass(frozen=True)
class Caps:
    """How many texts a patient is sent at most, on one local day and in seven days."""

    most_a_day: int = 1
    most_a_week: int = 3


@dataclass(frozen=True)
class Settings:
    """What one clinic has settled about its messages."""

    rules: tuple[Rule, ...] = rules.DEFAULTS
    caps: Caps = Caps()
    stricter: Mapping[str, Daytime] = field(default_factory=dict)  # by the letters of the state

    @cached_property
    def of_stage(self) -> Mapping[str, Rule]:
        """The stages that this clinic wants said."""
        return rules.by_stage(self.rules)

    def daytime(self, state: str) -> Daytime:
        """Between which wall-clock times a patient of this state may be written to."""
        return self.stricter.get(jurisdictions.letters_of(state), FEDERAL)


def effective_rules(clinic_ids: Collection[UUID]) -> Mapping[UUID, tuple[Rule, ...]]:
    """Every stage as each of these clinics has it, switched off ones too: one query."""
    own: dict[UUID, list[Rule]] = {clinic_id: [] for clinic_id in clinic_ids}
    defaults = {rule.stage: rule for rule in rules.DEFAULTS}
    for row in MessageRule.objects.filter(clinic__in=clinic_ids, stage__in=defaults).order_by("pk"):
        own[row.clinic_id].append(
            replace(
                defaults[row.stage],
                enabled=row.enabled,
                days=row.days,
                hours=row.hours,
                at=row.at,
                forms=tuple(row.forms),
                falls_back=row.falls_back,
                merges=row.merges,
                last_only=row.last_only if row.stage in MAY_BE_LAST_ONLY else defaults[row.stage].last_only,
            )
        )
    return {clinic_id: rules.overlaid(theirs) for clinic_id, theirs in own.items()}


def quiet_hours(clinic_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Daytime]]:
    """The stricter hours of each of these clinics, by state: one query."""
    stricter: dict[UUID, dict[str, Daytime]] = {clinic_id: {} for clinic_id in clinic_ids}
    for row in QuietHours.objects.filter(clinic__in=clinic_ids).order_by("pk"):
        letters = jurisdictions.letters_of(row.state)
        if letters:
            stricter[row.clinic_id][letters] = Daytime(row.day_begins, row.day_ends)
    return stricter


def settings_of(clinic_ids: Collection[UUID]) -> Mapping[UUID, Settings]:
    """All of it for each of these clinics: three queries."""
    own_rules, stricter = effective_rules(clinic_ids), quiet_hours(clinic_ids)
    caps = {
        row.clinic_id: Caps(row.most_a_day, row.most_a_week)
        for row in ClinicMessaging.objects.filter(clinic__in=clinic_ids)
    }
    return {
        clinic_id: Settings(own_rules[clinic_id], caps.get(clinic_id, Caps()), stricter[clinic_id])
        for clinic_id in clinic_ids
    }


def rule_of(clinic: Clinic, stage: str) -> Rule:
    """One stage as this clinic has it. Raises `Invalid` for a stage there isn't."""
    _known_stage(stage)
    return next(rule for rule in effective_rules([clinic.pk])[clinic.pk] if rule.stage == stage)


def tried(rule: Rule, changes: Mapping[str, Any]) -> Rule:
    """The rule with these of its `SETTABLE` fields changed; nothing is written.

    Raises `Invalid` that names every field out of bounds, or that its stage hasn't got.
    """
    wrong = {name: mend for name, mend in _faults(rule.stage, changes).items() if mend}
    if wrong:
        raise Invalid(wrong)
    given = dict(changes)
    if "forms" in given:
        given["forms"] = tuple(form for form in Form.values if form in given["forms"])
    return replace(rule, **given)


def _faults(stage: str, changes: Mapping[str, Any]) -> dict[str, str]:
    default = next(rule for rule in rules.DEFAULTS if rule.stage == stage)
    timing, wrong = TIMING[stage], {}
    for name, most in (("days", MOST_DAYS), ("hours", MOST_HOURS)):
        value = changes.get(name)
        if name in timing and name in changes and not (value is not None and 1 <= value <= most):
            wrong[name] = f"Give 1 to {most} {name}."
    for name in ("days", "hours", "at"):
        if name not in timing and changes.get(name) is not None:
            wrong[name] = "This message has no such setting: leave it out."
    if stage == rules.SAME_DAY and "at" in changes and changes["at"] is None:
        wrong["at"] = "Give the latest time of day."
    if "forms" in changes:
        wrong["forms"] = _fault_of_forms(stage, changes["forms"])
    if changes.get("last_only", default.last_only) != default.last_only and stage not in MAY_BE_LAST_ONLY:
        wrong["last_only"] = "This message has no such setting: leave it out."
    if changes.get("merges") and not default.merges:
        wrong["merges"] = "This message is always said by itself."
    return wrong


def _fault_of_forms(stage: str, forms: Collection[str]) -> str:
    if not forms or not set(forms) <= set(Form.values):
        return "Choose sms, email, or both."
    # domain.md 6.1: the diary is asked for by e-mail, not by text.
    return "The diary is asked for by e-mail only." if stage == rules.DIARY and "sms" in forms else ""


def settings_of_rule(rule: Rule) -> dict[str, Any]:
    """What `change_rule` changes of a stage, as it stands."""
    return {name: getattr(rule, name) for name in SETTABLE}


def change_rule(
    *, actor: Actor, clinic: Clinic, stage: str, changes: Mapping[str, Any], seen: Seen | None = None
) -> Rule:
    """Have a stage said otherwise than by default. Raises as `tried`, and for a stage there isn't; and
    `ChangedMeanwhile` where something stands otherwise than it was `seen`."""

    def work() -> Rule:
        _lock(clinic)
        stands = rule_of(clinic, stage)
        rule = tried(stands, changes)
        wanted = {name: value for name, value in settings_of_rule(rule).items() if name in changes}
        row = MessageRule.objects.filter(clinic=clinic, stage=stage).first()
        refuse_unseen(
            seen,
            row or MessageRule(),
            stands=settings_of_rule(stands),
            wanted=wanted,
            who=None if row else lambda names: dict.fromkeys(names, _who_reset(clinic, stage)),
        )
        with acting(actor.user_id):
            MessageRule.objects.update_or_create(
                clinic=clinic,
                stage=stage,
                defaults={name: getattr(rule, name) for name in SETTABLE} | {"forms": list(rule.forms)},
            )
        return rule

    return in_transaction(work)


def reset_rule(*, actor: Actor, clinic: Clinic, stage: str) -> Rule:
    """Back to the default; the row's history stays."""
    _known_stage(stage)

    def work() -> Rule:
        with acting(actor.user_id):
            MessageRule.objects.filter(clinic=clinic, stage=stage).delete()
        return rule_of(clinic, stage)

    return in_transaction(work)


def _who_reset(clinic: Clinic, stage: str) -> str:
    """Who put a stage back to the default last: of the row that was there its history is left."""
    model: Any = MessageRule.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
    resets = model.objects.filter(clinic=clinic, stage=stage, pgh_label="delete")
    last = resets.select_related("pgh_context").order_by("-pgh_id").first()
    context = last.pgh_context.metadata if last and last.pgh_context else {}
    user = context.get("user", "")
    return names_of({user}).get(user, "")


def set_quiet_hours(
    *, actor: Actor, clinic: Clinic, state: str, day_begins: time, day_ends: time
) -> QuietHours:
    """Write to patients of this state between these times only.

    Raises `Invalid` for what is no state, and for hours that aren't within the federal ones or leave no day.
    """
    letters, wrong = jurisdictions.letters_of(state), {}
    if not letters:
        wrong["state"] = "Give a state or territory of the US, such as IL or Illinois."
    if day_begins < FEDERAL.begins:
        wrong["day_begins"] = f"Begin at {FEDERAL.begins:%H:%M} or later: earlier is nowhere allowed."
    if day_ends > FEDERAL.ends:
        wrong["day_ends"] = f"End at {FEDERAL.ends:%H:%M} or earlier: later is nowhere allowed."
    if not wrong and day_ends < _later(day_begins, LEAST_DAY):
        wrong["day_ends"] = f"Leave at least {LEAST_DAY // HOUR} hours a day in which messages may go."
    if wrong:
        raise Invalid(wrong)

    def work() -> QuietHours:
        _lock(clinic)
        rows = QuietHours.objects.filter(clinic=clinic).order_by("pk")
        row = next((each for each in rows if jurisdictions.letters_of(each.state) == letters), None)
        row = row or QuietHours(clinic=clinic)
        row.state, row.day_begins, row.day_ends = letters, day_begins, day_ends
        with acting(actor.user_id):
            row.save()
        return row

    return in_transaction(work)


def drop_quiet_hours(*, actor: Actor, quiet: QuietHours) -> None:
    """For this state the federal hours hold again."""

    def work() -> None:
        with acting(actor.user_id):
            QuietHours.objects.filter(pk=quiet.pk).delete()

    in_transaction(work)


def messaging_of(clinic: Clinic) -> ClinicMessaging:
    """The clinic's caps, number and the like; an unsaved row with the defaults where it has none."""
    return ClinicMessaging.objects.filter(clinic=clinic).first() or ClinicMessaging(clinic=clinic)


def settings_of_messaging(row: ClinicMessaging) -> dict[str, Any]:
    """What `change_messaging` changes, as it stands."""
    return {name: getattr(row, name) for name in ("sms_number", *CAPS)}


def change_messaging(
    *, actor: Actor, clinic: Clinic, changes: Mapping[str, Any], seen: Seen | None = None
) -> ClinicMessaging:
    """Change the caps, the number that texts come from, and until when patients move visits themselves.

    Raises `Invalid` that names every field out of bounds, and for a number that is no number or another
    clinic's; and `ChangedMeanwhile` where something stands otherwise than it was `seen`.
    """
    given = dict(changes)
    wrong = {
        name: f"Give {least} to {most}."
        for name, (least, most) in CAPS.items()
        if given.get(name) is not None and not least <= given[name] <= most
    }
    if given.get("sms_number"):
        given["sms_number"] = e164(given["sms_number"])
        if not given["sms_number"]:
            wrong["sms_number"] = "Enter a phone number such as +1 312 555 0123."
    if wrong:
        raise Invalid(wrong)

    def work() -> ClinicMessaging:
        _lock(clinic)
        row = messaging_of(clinic)
        refuse_unseen(seen, row, stands=settings_of_messaging(row), wanted=given)
        for name, value in given.items():
            setattr(row, name, value)
        if row.most_a_week < row.most_a_day:
            raise Invalid({"most_a_week": "Allow at least as many a week as a day."})
        with acting(actor.user_id):
            row.save()
        return row

    try:
        return in_transaction(work)
    except IntegrityError as error:
        if violated_constraint(error) == "clinic_sms_number_once":
            raise Invalid({"sms_number": "Another clinic texts from this number already."}) from error
        raise


def _known_stage(stage: str) -> None:
    if stage not in rules.STAGES:
        raise Invalid({"stage": f"Choose one of {', '.join(rules.STAGES)}."})


def _lock(clinic: Clinic) -> None:
    """Two managers at once change one after the other."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _later(at: time, by: timedelta) -> time:
    """Of the same day, or its last moment."""
    moment = datetime.combine(date.min, at) + by
    return moment.time() if moment.date() == date.min else time.max
