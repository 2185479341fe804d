"""A clinic's own rules, quiet hours and caps over the defaults of `rules`: what holds there now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from notifications.models import ClinicMessaging, MessageRule, QuietHours
from notifications.planning import rules
from notifications.planning.rules import Rule
from notifications.planning.timing import FEDERAL, Daytime


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
    stricter: Mapping[str, Daytime] = field(default_factory=dict)  # by state, as `_state` writes it

    @cached_property
    def of_stage(self) -> Mapping[str, Rule]:
        """The stages that this clinic wants said."""
        return rules.by_stage(self.rules)

    def daytime(self, state: str) -> Daytime:
        """Between which wall-clock times a patient of this state may be written to."""
        return self.stricter.get(_state(state), FEDERAL)


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
            )
        )
    return {clinic_id: rules.overlaid(theirs) for clinic_id, theirs in own.items()}


def quiet_hours(clinic_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Daytime]]:
    """The stricter hours of each of these clinics, by state: one query."""
    stricter: dict[UUID, dict[str, Daytime]] = {clinic_id: {} for clinic_id in clinic_ids}
    for row in QuietHours.objects.filter(clinic__in=clinic_ids).order_by("pk"):
        stricter[row.clinic_id][_state(row.state)] = Daytime(row.day_begins, row.day_ends)
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


def _state(written: str) -> str:
    return " ".join(written.split()).casefold()
