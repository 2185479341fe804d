"""The planner: a message becomes a row at the moment it falls due, and not before (docs/decisions/0013).

Level-triggered: it may run at any time, any number of times, several at once; nothing tells it about a
booking, a move or a cancellation. `candidates` finds the patients for whom a rule's moment has come and what
they have no message for, `choosing` decides, and `rows` writes messages, links and check-ins, batch by batch,
each in a transaction of its own. A row's id is made from its key, so that planners at once write the same
rows and the second one's are dropped. Sending is `delivering`'s.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.models import Clinic
from clinic.transactions import in_transaction
from notifications.models import Message, MessageStatus
from notifications.planning import candidates, choosing, rows, rule_settings, wanting
from notifications.planning.candidates import Found
from notifications.planning.choosing import Candidate
from notifications.planning.rows import Choice
from notifications.planning.rule_settings import Settings

# The memory of a run is that of a batch.
PATIENTS_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Planned:
    """What one run did: rows written, rows that came back. `due` says whether there is something to send
    now."""

    written: int
    again: int
    due: bool


def plan(*, now: datetime) -> Planned:
    """Write what has fallen due and was not said: a fixed number of statements for each batch of patients."""
    settings = rule_settings.settings_of(list(Clinic.objects.values_list("pk", flat=True)))
    written = again = 0
    with candidates.patients_due(settings, at_once=PATIENTS_AT_ONCE, now=now) as batches:
        for patients in batches:
            more_written, more_again = in_transaction(lambda: _plan_for(settings, patients, now))  # noqa: B023
            written, again = written + more_written, again + more_again
    due = Message.objects.filter(status=MessageStatus.PLANNED, due_at__lte=now).exists()
    return Planned(written=written, again=again, due=due)


def said_under(
    tried: Mapping[UUID, Settings], stands: Mapping[UUID, Settings], *, now: datetime
) -> list[Choice]:
    """What a run at this moment would have to be said under `tried` and not under `stands`, settings of the
    same clinics: writes nothing."""
    said: list[Choice] = []
    with candidates.patients_due(tried, at_once=PATIENTS_AT_ONCE, now=now) as batches:
        for patients in batches:
            then = [choice for choice in _choices(tried, patients, now) if choice.is_said]
            anyway = [choice for choice in _choices(stands, patients, now) if choice.is_said] if then else []
            keys = {choice.found.key for choice in anyway}
            said += [choice for choice in then if choice.found.key not in keys]
    return said


def _plan_for(settings: Mapping[UUID, Settings], patients: Sequence[UUID], now: datetime) -> tuple[int, int]:
    """What these patients are to be told now; how many rows were written, and how many came back."""
    choices = _choices(settings, patients, now)
    # In the order of the keys, so that two planners wait for each other at most once.
    choices.sort(key=lambda choice: choice.found.key)
    written = rows.write(choices, now)
    rows.write_links_and_check_ins(written, now)
    new = sum(choice.before is None for choice in written)
    return new, len(written) - new


def _choices(settings: Mapping[UUID, Settings], patients: Sequence[UUID], now: datetime) -> list[Choice]:
    found = candidates.found_for(settings, patients, now=now)
    standing = {row.key: row for row in Message.objects.filter(key__in=[each.key for each in found])}
    return [choice for choice in _choose(settings, found, standing, now) if choice.changes_something]


def _choose(
    settings: Mapping[UUID, Settings],
    found: Iterable[Found],
    standing: Mapping[str, Message],
    now: datetime,
) -> list[Choice]:
    reached = candidates.reaches(settings, {each.patient_id for each in found})
    texts = candidates.texts_of(reached, now=now)
    of_patient: dict[UUID, list[Candidate]] = defaultdict(list)
    by_key = {}
    for each in found:
        of_stage = settings[each.clinic_id].of_stage
        wanted = wanting.wanted_of(each, of_stage, reached[each.patient_id].receiver, now)
        if wanted is not None:
            by_key[each.key] = each
            of_patient[each.patient_id].append(Candidate(each.key, wanted, of_stage[each.stage]))
    return [
        Choice(decision, by_key[decision.candidate.key], standing.get(decision.candidate.key))
        for patient_id, theirs in of_patient.items()
        for decision in choosing.choose(theirs, reached[patient_id], texts[patient_id], now)
    ]
