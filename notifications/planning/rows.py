"""What was chosen, as rows: messages, their links, the check-ins they ask for. One statement for each table.

What is chosen, and which patients go together in a transaction, is `planner`'s to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from notifications import recordsets, tokens
from notifications.models import CheckIn, LinkPurpose, Message, MessageStatus, PatientLink
from notifications.planning.candidates import Found
from notifications.planning.choosing import Decision, Verdict
from notifications.planning.rules import CHECK_IN, CHECK_IN_AGAIN, DIARY, MISSED, OFFER
from notifications.saying import id_of, link_id_of

# A changed row is a branch of one long expression.
ROWS_AT_ONCE: Final = 500
PURPOSES: Final = {
    OFFER: LinkPurpose.OFFER,
    MISSED: LinkPurpose.TIMES,
    CHECK_IN: LinkPurpose.CHECK_IN,
    DIARY: LinkPurpose.DIARY,
}


@dataclass(frozen=True)
class Choice:
    """A decision, what it is about, and the row that it takes the place of, if there is one."""

    decision: Decision
    found: Found
    before: Message | None

    @cached_property
    def message_id(self) -> UUID:
        return id_of(self.found.key)

    @cached_property
    def state(self) -> tuple[str, str, UUID | None]:
        """Status, reason and carrier of the row that the decision becomes."""
        if self.decision.verdict == Verdict.SAY:
            return MessageStatus.PLANNED.value, "", None
        carrier = id_of(self.decision.carrier) if self.decision.verdict == Verdict.CARRIED else None
        return MessageStatus.SKIPPED.value, self.decision.reason, carrier

    @property
    def is_said(self) -> bool:
        """Whether it becomes a message of its own."""
        return self.decision.verdict == Verdict.SAY

    @property
    def changes_something(self) -> bool:
        row = self.before
        return row is None or (row.status, row.reason, row.carried_by_id) != self.state


def write(choices: Sequence[Choice], now: datetime) -> list[Choice]:
    """The messages, and then what they carry; one that another planner has written or brought back meanwhile
    stays as it is. Returns those that were written.

    What is carried is written only beside its carrier, so that delivery sees both or neither: of a carrier
    that is another planner's nobody here knows what it has said by now, and what it was to carry is wanted
    again at the next look.
    """
    carried = [choice for choice in choices if choice.decision.verdict == Verdict.CARRIED]
    said = [choice for choice in choices if choice.decision.verdict != Verdict.CARRIED]
    written = _write(said, now)
    carriers = {choice.found.key for choice in written}
    return written + _write([choice for choice in carried if choice.decision.carrier in carriers], now)


def _write(choices: Sequence[Choice], now: datetime) -> list[Choice]:
    new = [_message(choice, now) for choice in choices if choice.before is None]
    ids = recordsets.insert(Message, new, unless_there=True)
    ids |= _bring_back([choice for choice in choices if choice.before is not None])
    return [choice for choice in choices if choice.message_id in ids]


def _bring_back(choices: Sequence[Choice]) -> set[UUID]:
    """What was skipped for a reason that has passed; another planner may have been faster."""
    if not choices:
        return set()
    skipped = Message.objects.filter(
        pk__in=[choice.message_id for choice in choices], status=MessageStatus.SKIPPED
    )
    ours = set(skipped.select_for_update(no_key=True).order_by("key").values_list("pk", flat=True))
    rows = []
    for choice in choices:
        row = choice.before
        if row is not None and row.pk in ours:
            row.status, row.reason, row.carried_by_id = choice.state
            row.form = choice.decision.form
            row.due_at, row.stale_at = choice.decision.due_at, choice.decision.candidate.wanted.stale_at
            rows.append(row)
    Message.objects.bulk_update(
        rows, ["status", "reason", "carried_by", "form", "due_at", "stale_at"], batch_size=ROWS_AT_ONCE
    )
    return ours


def write_links_and_check_ins(choices: Sequence[Choice], now: datetime) -> None:
    """What goes with the messages that are said, new ones and those that came back."""
    said = [choice for choice in choices if choice.decision.verdict != Verdict.NOT]
    recordsets.insert(PatientLink, _links(said, now), unless_there=True)
    recordsets.insert(CheckIn, _check_ins(said, now), unless_there=True)


def _message(choice: Choice, now: datetime) -> dict[str, Any]:
    decision, found = choice.decision, choice.found
    wanted = decision.candidate.wanted
    status, reason, carrier = choice.state
    return {
        "id": choice.message_id,
        "created_at": now,
        "clinic_id": found.clinic_id,
        "patient_id": found.patient_id,
        "appointment_id": found.appointment_id,
        "again_of_id": found.again_of,
        "carried_by_id": carrier,
        "kind": wanted.kind,
        "stage": wanted.stage,
        "key": found.key,
        "visit_starts_at": wanted.visit_starts_at,
        "instead_of": wanted.instead_of,
        "protocol_id": found.protocol_id,
        "extra_recovery_minutes": found.extra_recovery_minutes,
        "text": "",
        "form": decision.form,
        "urgent": False,
        "due_at": decision.due_at,
        "stale_at": wanted.stale_at,
        "status": status,
        "reason": reason,
    }


def _links(said: Sequence[Choice], now: datetime) -> list[dict[str, Any]]:
    """A link for each message that is sent, open as long as anything that it carries is of use."""
    open_until: dict[UUID, datetime] = {}
    for choice in said:
        expires_at = choice.decision.candidate.wanted.link_expires_at
        sent_with = choice.state[2] or choice.message_id
        if expires_at is not None:
            open_until[sent_with] = max(expires_at, open_until.get(sent_with, expires_at))
    links = []
    for choice in said:
        if choice.decision.verdict == Verdict.SAY and choice.message_id in open_until:
            link_id = link_id_of(choice.found.key)
            links.append(
                {
                    "id": link_id,
                    "created_at": now,
                    "patient_id": choice.found.patient_id,
                    "message_id": choice.message_id,
                    "purpose": PURPOSES.get(choice.decision.candidate.wanted.kind, LinkPurpose.VISIT).value,
                    "token_sha256": tokens.hash_of(tokens.token_for(link_id)),
                    "expires_at": open_until[choice.message_id],
                    "failed_factors": 0,
                }
            )
    return links


def _check_ins(said: Sequence[Choice], now: datetime) -> list[dict[str, Any]]:
    """The questions of each check-in, under the message that asks for it or that another one carries."""
    return [
        {
            "id": id_of(f"check-in:{choice.found.key}"),
            "created_at": now,
            "clinic_id": choice.found.clinic_id,
            "patient_id": choice.found.patient_id,
            "plan_id": choice.found.plan_id,
            "session_id": choice.found.session_id,
            "kind": choice.found.stage,
            "message_id": choice.message_id,
            "level": "",
            "end": "",
        }
        for choice in said
        if choice.decision.candidate.wanted.kind == CHECK_IN and choice.found.stage != CHECK_IN_AGAIN
    ]
