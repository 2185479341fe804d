"""How many messages a change of a rule sends off by itself: those whose moment has passed under the rule that
is tried, and has not, or is not wanted, under the one that holds. Reads only.

The planner itself is asked under both, so that merging, caps and quiet hours are its own; of what it would
say, only what can reach somebody counts. It counts visits that are over as well, and what hangs on no visit.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from clinic.models import Clinic, Consent, ConsentScope, Patient
from notifications.delivering import addressing, blocked, sending_state
from notifications.planning import planner, rule_settings
from notifications.planning.rows import Choice
from notifications.planning.rule_settings import Settings


def said_at_once(clinic: Clinic, becomes: Settings, was: Settings, *, now: datetime) -> int:
    """How many messages: one query where none, else at most ten more for each batch of the planner's."""
    return _reaching(clinic, planner.said_under({clinic.pk: becomes}, {clinic.pk: was}, now=now))


def is_held_back(clinic: Clinic) -> bool:
    """Whether what would go out waits, because sending is paused for this clinic or for all."""
    return sending_state.is_paused() or rule_settings.messaging_of(clinic).paused_at is not None


def _reaching(clinic: Clinic, choices: Sequence[Choice]) -> int:
    """How many of them have a way to their patient, as delivery will ask."""
    if not choices:
        return 0
    has_number = bool(rule_settings.messaging_of(clinic).sms_number)
    patients = Patient.objects.in_bulk([choice.found.patient_id for choice in choices])
    shut = blocked.blocked_of(patients.values())
    scopes = _scopes(patients)
    reached = 0
    for choice in choices:
        patient = patients[choice.found.patient_id]
        ways = addressing.ways_of(
            choice.decision.candidate.rule, only=choice.decision.form, has_number=has_number
        )
        try:
            addressing.address_of(patient, scopes[patient.pk], shut.get(patient.pk, {}), ways)
        except addressing.Unreachable:
            continue
        reached += 1
    return reached


def _scopes(patients: Collection[UUID]) -> dict[UUID, set[ConsentScope]]:
    agreed: dict[UUID, set[ConsentScope]] = defaultdict(set)
    rows = Consent.objects.filter(patient__in=patients, revoked_at=None)
    for patient, scope in rows.values_list("patient", "scope"):
        agreed[patient].add(ConsentScope(scope))
    return agreed
