"""The planner: a message becomes a row at the moment it falls due, and not before (docs/decisions/0013).

Level-triggered: it may run at any time, any number of times, several at once; nothing tells it about a
booking, a move or a cancellation. `candidates` finds the patients for whom a rule's moment has come and what
they have no message for, `choosing` decides, and here rows, links and check-ins are written, batch by batch,
each in a transaction of its own. A row's id is made from its key, so that planners at once write the same
rows and the second one's are dropped. Sending is `delivering`'s.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from clinic.models import Clinic
from clinic.transactions import in_transaction
from notifications import tokens
from notifications.models import CheckIn, LinkPurpose, Message, MessageStatus, PatientLink
from notifications.planning import candidates, choosing, rule_settings, wanting
from notifications.planning.candidates import Found
from notifications.planning.choosing import Candidate, Decision, Verdict
from notifications.planning.rule_settings import Settings
from notifications.planning.rules import CHECK_IN, CHECK_IN_AGAIN, DIARY, MISSED, OFFER

NAMESPACE: Final = UUID("b5f5a3a2-4f0c-5d0e-9a3b-6f0f7a1c2d11")
# The memory of a run is that of a batch.
PATIENTS_AT_ONCE: Final = 500
PURPOSES: Final = {
    OFFER: LinkPurpose.OFFER,
    MISSED: LinkPurpose.TIMES,
    CHECK_IN: LinkPurpose.CHECK_IN,
    DIARY: LinkPurpose.DIARY,
}


@dataclass(frozen=True)
class Planned:
    """What one run did: rows written, rows that came back. `due` says whether there is something to send
    now."""

    written: int
    again: int
    due: bool


@dataclass(frozen=True)
class Choice:
    """A decision, what it is about, and the row that it takes the place of, if there is one."""

    decision: Decision
    found: Found
    before: Message | None

    @property
    def message_id(self) -> UUID:
        return id_of(self.found.key)


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


def id_of(key: str) -> UUID:
    """The id of the message with this key."""
    return uuid5(NAMESPACE, key)


def _plan_for(settings: Mapping[UUID, Settings], patients: Sequence[UUID], now: datetime) -> tuple[int, int]:
    """What these patients are to be told now; how many rows were written, and how many came back."""
    found = candidates.found_for(settings, patients, now=now)
    standing = {row.key: row for row in Message.objects.filter(key__in=[each.key for each in found])}
    choices = [
        choice
        for choice in _choose(settings, found, standing, now)
        if choice.before is None or _differs(choice.before, choice.decision)
    ]
    # In the order of the keys, so that two planners wait for each other at most once.
    choices.sort(key=lambda choice: choice.found.key)
    new = [choice for choice in choices if choice.before is None]
    back = [choice for choice in choices if choice.before is not None]
    Message.objects.bulk_create([_message(choice, now) for choice in new], ignore_conflicts=True)
    _bring_back(back)
    said = [choice for choice in choices if choice.decision.verdict != Verdict.NOT]
    PatientLink.objects.bulk_create(_links(said), ignore_conflicts=True)
    CheckIn.objects.bulk_create(_check_ins(said, now), ignore_conflicts=True)
    return len(new), len(back)


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


def _state(decision: Decision) -> tuple[str, str, UUID | None]:
    """Status, reason and carrier of the row that a decision becomes."""
    if decision.verdict == Verdict.SAY:
        return MessageStatus.PLANNED, "", None
    carrier = id_of(decision.carrier) if decision.verdict == Verdict.CARRIED else None
    return MessageStatus.SKIPPED, decision.reason, carrier


def _differs(row: Message, decision: Decision) -> bool:
    return (row.status, row.reason, row.carried_by_id) != _state(decision)


def _message(choice: Choice, now: datetime) -> Message:
    decision, found = choice.decision, choice.found
    wanted = decision.candidate.wanted
    status, reason, carrier = _state(decision)
    return Message(
        id=choice.message_id,
        created_at=now,
        clinic_id=found.clinic_id,
        patient_id=found.patient_id,
        appointment_id=found.appointment_id,
        again_of_id=found.again_of,
        carried_by_id=carrier,
        kind=wanted.kind,
        stage=wanted.stage,
        key=found.key,
        visit_starts_at=wanted.visit_starts_at,
        instead_of=wanted.instead_of,
        form=decision.form,
        due_at=decision.due_at,
        stale_at=wanted.stale_at,
        status=status,
        reason=reason,
    )


def _bring_back(choices: Sequence[Choice]) -> None:
    """What was skipped for a reason that has passed; another planner may have been faster."""
    rows = []
    for choice in choices:
        row = choice.before
        if row is not None:
            row.status, row.reason, row.carried_by_id = _state(choice.decision)
            row.form = choice.decision.form
            row.due_at, row.stale_at = choice.decision.due_at, choice.decision.candidate.wanted.stale_at
            rows.append(row)
    Message.objects.filter(status=MessageStatus.SKIPPED).bulk_update(
        rows, ["status", "reason", "carried_by", "form", "due_at", "stale_at"], batch_size=PATIENTS_AT_ONCE
    )


def _links(said: Sequence[Choice]) -> list[PatientLink]:
    """A link for each message that is sent, open as long as anything that it carries is of use."""
    open_until: dict[UUID, datetime] = {}
    for choice in said:
        expires_at = choice.decision.candidate.wanted.link_expires_at
        sent_with = id_of(choice.decision.carrier or choice.found.key)
        if expires_at is not None:
            open_until[sent_with] = max(expires_at, open_until.get(sent_with, expires_at))
    links = []
    for choice in said:
        wanted = choice.decision.candidate.wanted
        if choice.decision.verdict == Verdict.SAY and choice.message_id in open_until:
            link_id = id_of(f"link:{choice.found.key}")
            links.append(
                PatientLink(
                    id=link_id,
                    patient_id=choice.found.patient_id,
                    message_id=choice.message_id,
                    purpose=PURPOSES.get(wanted.kind, LinkPurpose.VISIT),
                    token_sha256=tokens.hash_of(tokens.token_for(link_id)),
                    expires_at=open_until[choice.message_id],
                )
            )
    return links


def _check_ins(said: Sequence[Choice], now: datetime) -> list[CheckIn]:
    """The questions of each check-in, under the message that asks for it or that another one carries."""
    return [
        CheckIn(
            id=id_of(f"check-in:{choice.found.key}"),
            created_at=now,
            clinic_id=choice.found.clinic_id,
            patient_id=choice.found.patient_id,
            plan_id=choice.found.plan_id,
            session_id=choice.found.session_id,
            kind=choice.found.stage,
            message_id=choice.message_id,
        )
        for choice in said
        if choice.decision.candidate.wanted.kind == CHECK_IN and choice.found.stage != CHECK_IN_AGAIN
    ]
