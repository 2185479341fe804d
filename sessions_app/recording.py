"""How every line of a record is written: lock the session, look again, decide, write, count.

The topic modules call `lock` first and `advance` last, inside one transaction; where an act is one line,
`keep` does it for them. What a line says is theirs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from clinic.access import Actor
from clinic.problems import Conflict, Invalid, Stale
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.visits import attendance
from sessions_app import states
from sessions_app.lines import PARTS
from sessions_app.models import Observation, Session, SignedRecord

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Line = TypeVar("Line", bound=Observation)


def lock(session: Session, act: str, *, revision: int | None = None) -> Session:
    """The session as it is now, locked until the transaction ends.

    The lock is a full one: the triggers of the lines take a key share of this row, so that a line
    written at the moment of signing waits and is then refused, or was there and is signed. A session with a
    record is signed, whatever somebody has made of its state behind the program.
    Raises `Stale` when `revision` was given and is no longer the current one, `Conflict` with code
    `wrong_state` when the table of states doesn't allow the act now.
    """
    current = (
        Session.objects.select_for_update(of=("self",))
        .select_related("clinic", "patient", "protocol", "appointment")
        .annotate(has_record=Exists(SignedRecord.objects.filter(session=OuterRef("pk"))))
        .get(pk=session.pk)
    )
    if current.has_record:
        current.state = states.SIGNED
    if revision is not None and revision != revision_of(current):
        raise Stale(
            f"You saw revision {revision}; the session is now at revision {revision_of(current)} and "
            f"{states.spoken(current.state)}. Look at it again; nothing was changed.",
            revision=revision_of(current),
            state=current.state,
            changes=changes_since(current, revision),
        )
    refusal = states.refusal(states.ACTS[act], current.state)
    if refusal:
        raise Conflict(refusal, code="wrong_state", state=current.state, revision=current.revision)
    return current


def revision_of(session: Session) -> int:
    """How often the record was written. The row of a signed session counts no further: there each version
    after the signature is one more. One query then, none where the versions are loaded."""
    if session.state != states.SIGNED:
        return session.revision
    return session.revision + len(session.signed_records.all()) - 1


def changes_since(session: Session, revision: int) -> list[dict[str, Any]]:
    """What was written after this revision, oldest first: the part of the record, the line, by whom and when.

    No values: whoever is told looks at the session again anyway.
    """
    found = [
        {
            "revision": line.revision,
            "part": part,
            "id": str(line.pk),
            "recorded_by": line.recorded_by.full_name if line.recorded_by else "",
            "recorded_at": line.recorded_at.isoformat(),
        }
        for part, model in PARTS.items()
        for line in _newer(model, session, revision)
    ]
    return sorted(found, key=lambda change: (change["revision"], change["recorded_at"]))


def _newer(model: type[Any], session: Session, revision: int) -> Any:
    return model.objects.filter(session=session, revision__gt=revision).select_related("recorded_by")


def entry(session: Session, *, actor: Actor | None, now: datetime) -> dict[str, Any]:
    """What every line written now has: its session, the revision that `advance` will make, who and when.
    Without an actor the server itself wrote it, as it does for an alert that a reading raises."""
    return {
        "session": session,
        "revision": revision_of(session) + 1,
        "recorded_by_id": actor.user_id if actor else None,
        "recorded_at": now,
    }


def keep(
    session: Session,
    act: str,
    drafted: Callable[[Session], Line],
    *,
    revision: int | None = None,
    then: Callable[[Line], None] | None = None,
    now: datetime,
) -> Line:
    """Write one line as `drafted` from the locked session, in a transaction of its own.

    `then` does what belongs to the line, such as telling somebody. Raises as `lock` and `drafted` do.
    """

    def write() -> Line:
        current = lock(session, act, revision=revision)
        line = drafted(current)
        line.save(force_insert=True)
        if then is not None:
            then(line)
        advance(current, act, now=now)
        return line

    return in_transaction(write)


def require(act: str, unmet: Mapping[str, str]) -> None:
    """Raise `Conflict` with code `not_ready` and a blocker for each requirement that is not met."""
    blockers = states.blockers(states.ACTS[act], unmet)
    if blockers:
        raise Conflict(
            " ".join(blocker.detail for blocker in blockers),
            code="not_ready",
            blockers=[{"code": blocker.code, "detail": blocker.detail} for blocker in blockers],
        )


def advance(session: Session, act: str, *, now: datetime, **changes: Any) -> None:
    """Move a locked session along the table, count the write, and keep the visit's status in step."""
    before = session.state
    session.state = states.ACTS[act].moves[before]
    session.revision += 1
    for field, value in changes.items():
        setattr(session, field, value)
    session.save(update_fields=["state", "revision", *changes])
    if session.state == before:
        return
    if session.state == states.PREPARING:
        attendance.begin(appointment=session.appointment, now=now)
    elif session.state in states.ENDED:
        attendance.fulfil(appointment=session.appointment, now=now)


def count_up(sessions: Iterable[Session]) -> None:
    """Count what the server itself wrote in these locked sessions. Nothing moves by it: who arrived has not
    come to the chair because a monitor there has said something. One query."""
    pks = [session.pk for session in sessions]
    Session.objects.filter(pk__in=pks).update(revision=F("revision") + 1)


def corrected(model: type[Line], session: Session, line_id: UUID | None, reason: str) -> Line | None:
    """The line of this session that a new line corrects, or nothing when it corrects none.

    Raises `Invalid` when the line isn't this session's, was corrected before, or no reason is given.
    """
    if line_id is None:
        if reason:
            raise Invalid({"corrects": "Say which line the correction is for."})
        return None
    if not said(reason):
        raise Invalid({"correction_reason": "Say why the line is corrected."})
    lines = model._default_manager.filter(session=session)
    line = lines.filter(pk=line_id).first()
    if line is None:
        raise Invalid({"corrects": "This session has no such line."})
    if lines.filter(corrects=line).exists():
        raise Invalid({"corrects": "This line was corrected before: correct the newer line."})
    return line


def draft(
    model: type[Line],
    content: "DataclassInstance",
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None,
    now: datetime,
) -> Line:
    """A line of this content, not yet saved. The session must be locked; raises as `corrected` does."""
    return model(
        id=id,
        **entry(session, actor=actor, now=now),
        **{field.name: written(getattr(content, field.name)) for field in fields(content)},
        corrects=corrected(model, session, corrects, correction_reason),
        correction_reason=said(correction_reason),
        amendment_id=amendment_id,
    )


def written(value: Any) -> Any:
    """As it is kept: of a text what can be seen of it."""
    return said(value) if isinstance(value, str) else value


def uncorrected(lines: Iterable[Line]) -> list[Line]:
    """Of loaded lines, those that no other of them corrects."""
    lines = list(lines)
    corrected: set[Any] = {line.corrects_id for line in lines}  # type: ignore[attr-defined]
    return [line for line in lines if line.pk not in corrected]


def standing(model: type[Line], session: Session) -> Any:
    """The lines of a session that no other line corrects."""
    return model._default_manager.filter(session=session, corrected_by__isnull=True)
