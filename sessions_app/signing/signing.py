"""Signing a session's record, amending a signed one, and reading a patient's chain of signatures.

`content` gathers what is frozen, `record` spells and hashes it; migrations/0002_frozen.py keeps it.
`verification` compares chain and tables. Which lines an amendment may bring is in `amending`, what a
signature may say in `meanings`; whoever signs shows again that it is them (`clinic.signin`).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from clinic import signin
from clinic.access import Actor
from clinic.models import Patient
from clinic.problems import Invalid
from clinic.signin import Proof
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording, states
from sessions_app.infusing import waste
from sessions_app.models import InfusionEvent, InfusionEventKind, Session, SignedRecord
from sessions_app.observing import alerts
from sessions_app.signing import amending, content, meanings, record
from sessions_app.signing.amending import Correction


def sign(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    meaning: str,
    proof: Proof,
    revision: int | None = None,
    now: datetime,
) -> SignedRecord:
    """Freeze the record of a discharged or not given session; afterwards only `amend` adds to it.

    `meaning` is a code of `meanings.MEANINGS` that this person may say. Raises `Conflict` `not_ready` while
    an alert is open, waste has no witness or milligrams are unaccounted for, `Invalid` for a meaning that is
    not theirs and a wrong password or code, `TooManyAttempts`.
    """

    def write() -> SignedRecord:
        current = recording.lock(session, "sign", revision=revision)
        recording.require("sign", _unmet(current))
        says = _says(meaning, actor, current)
        signin.reauthenticate(actor=actor, proof=proof)
        signed = _append_to_chain(current, actor, id, meaning=says, reason="", now=now)
        recording.advance(current, "sign", now=now)
        return signed

    return in_transaction(write)


def amend(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    reason: str,
    corrections: Sequence[Correction],
    proof: Proof,
    revision: int | None = None,
    now: datetime,
) -> SignedRecord:
    """Write the next version of a signed record: its corrected or late lines, and why.

    The earlier versions stay as they are. Raises `Invalid` naming the field (`corrections.<n>.<field>`),
    `Conflict` `not_ready` when a waste that it brings leaves milligrams unaccounted for, and as `sign` for a
    wrong password or code.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the record is amended."})
    if not corrections:
        raise Invalid({"corrections": "Correct or add at least one line."})

    def write() -> SignedRecord:
        current = recording.lock(session, "amend", revision=revision)
        for index, correction in enumerate(corrections):
            try:
                amending.save_line(current, actor, correction, reason=reason, amendment_id=id, now=now)
            except Invalid as problem:
                raise _at_place(problem, index) from problem
        wastes = [index for index, each in enumerate(corrections) if isinstance(each.content, waste.Wasted)]
        if wastes:
            _check_account(current, wastes[-1], now)
        signin.reauthenticate(actor=actor, proof=proof)
        signed = _append_to_chain(
            current, actor, id, meaning=meanings.AMENDMENT, reason=said(reason), now=now
        )
        return signed

    return in_transaction(write)


def meanings_open_to(actor: Actor, session: Session) -> tuple[meanings.Meaning, ...]:
    """What this person may say with their signature under this session. One query."""
    given = session.started_at is not None
    steps = InfusionEvent.objects.filter(session=session, recorded_by_id=actor.user_id)
    # Who explains a stop afterwards took no part in giving.
    own = (
        steps.exclude(kind=InfusionEventKind.EXPLAINED)
        if given
        else steps.filter(kind=InfusionEventKind.NOT_GIVEN)
    )
    roles = actor.roles.get(session.clinic_id, frozenset())
    return meanings.open_to(roles, given=given, own=own.exists())


def missing_at_signing(session: Session) -> list[states.Blocker]:
    """What a signature would be refused for now; for showing, `sign` asks again. Three queries where the
    session's lines are loaded."""
    return states.blockers(states.ACTS["sign"], _unmet(session))


def _unmet(session: Session) -> dict[str, str]:
    return {**alerts.unmet_at_signing(session), **waste.unmet_at_signing(session)}


def _says(code: str, actor: Actor, session: Session) -> str:
    """The sentence of this meaning, if it is this person's to say."""
    theirs = {meaning.code: meaning.says for meaning in meanings_open_to(actor, session)}
    if code not in theirs:
        offered = "; ".join(f"{code} ({says})" for code, says in theirs.items())
        raise Invalid({"meaning": f"Choose what your signature says: {offered}."})
    return theirs[code]


def _append_to_chain(
    session: Session, actor: Actor, id: UUID, *, meaning: str, reason: str, now: datetime
) -> SignedRecord:
    """Freeze the session as the next link of the patient's chain.

    The patient's row is the chain's lock: of two signatures at once the second sees the first.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=session.patient_id)
    last = SignedRecord.objects.filter(patient_id=session.patient_id).order_by("-chain_position").first()
    earlier = list(session.signed_records.values_list("pk", flat=True))
    signed = SignedRecord(
        id=id,
        session=session,
        patient_id=session.patient_id,
        version=len(earlier) + 1,
        chain_position=last.chain_position + 1 if last else 1,
        previous_sha256=last.sha256 if last else "",
        meaning=meaning,
        reason=reason,
        signed_by_id=actor.user_id,
        signed_at=now,
    )
    signed.content = record.canonical(content.gather(session, signed=signed, earlier=earlier))
    signed.sha256 = record.chain_hash(signed.previous_sha256, signed.content)
    signed.save(force_insert=True)
    return signed


def _check_account(session: Session, index: int, now: datetime) -> None:
    """What the wastes of an amendment come to, taken together; `index` is the place of the last."""
    try:
        waste.check_account(session, now=now)
    except Invalid as problem:
        raise _at_place(problem, index) from problem
    recording.require("amend", waste.unaccounted(session))


def _at_place(problem: Invalid, index: int) -> Invalid:
    return Invalid(
        [{**error, "field": f"corrections.{index}.{error['field']}"} for error in problem.data["errors"]]
    )
