"""What a signed record holds: one session, gathered from the tables as plain values.

The same rows give the same content for ever, so that `verification` can gather again and compare.
`record` turns it into bytes; signing is in `signing`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from clinic.models import User
from scheduler.models import Protocol
from sessions_app import states
from sessions_app.models import (
    ChecklistAnswer,
    Discharge,
    DoseWorksheet,
    InfusionEvent,
    Observation,
    Session,
    SideEffect,
    SignedRecord,
    VitalSigns,
)

FORM: Final = "chairside.session-record/1"

# The parts of the content that are lines of the record, oldest first.
LINES: Final[Mapping[str, type[Observation]]] = {
    "checklist": ChecklistAnswer,
    "dose": DoseWorksheet,
    "infusion": InfusionEvent,
    "vital_signs": VitalSigns,
    "side_effects": SideEffect,
    "discharge": Discharge,
}
# Not frozen: what the session's own row says anyway, when the row reached the table, and a status that
# moves on when a newer version of the protocol comes.
_LEFT_OUT: Final = {"session", "created_at", "status"}


def gather(session: Session, *, signed: SignedRecord, earlier: Iterable[UUID]) -> dict[str, Any]:
    """The whole record as `signed` freezes it: the lines of the `earlier` versions and its own."""
    frozen = {
        "form": FORM,
        "signature": signature_of(signed),
        **facts(session, versions=[*earlier, signed.pk]),
    }
    frozen.update(
        clinic={"id": session.clinic_id, "name": session.clinic.name, "time_zone": session.clinic.time_zone},
        patient=_values(session.patient, "id", "mrn", "family_name", "given_names", "birth_date"),
        plan=_values(
            session.appointment.plan,
            "id",
            "indication",
            "ordered_dose",
            "sessions_ordered",
            "valid_from",
            "valid_until",
            "prescriber",
        ),
        protocol=_protocol(session.protocol),
    )
    frozen["people"] = _people(frozen)
    return frozen


def facts(session: Session, *, versions: Iterable[UUID]) -> dict[str, Any]:
    """What must stay as it was signed: the session's own course and its lines.

    Names of people and places are not among them; those are frozen and may change outside.
    """
    signed_then = Q(amendment__isnull=True) | Q(amendment__in=list(versions))
    lines = {part: _lines(model, session, signed_then) for part, model in LINES.items()}
    return {"session": _course(session), **lines}


def strays(session: Session, *, versions: Iterable[UUID]) -> Iterator[str]:
    """Lines of a signed session that claim to be an amendment, but of none of its versions."""
    for part, model in LINES.items():
        stray = Q(amendment__isnull=False) & ~Q(amendment__in=list(versions))
        yield from (f"{part} {line['id']}" for line in _lines(model, session, stray))


def _course(session: Session) -> dict[str, Any]:
    return {
        **_values(
            session,
            "id",
            "appointment",
            "protocol",
            "arrived_at",
            "started_at",
            "stopped_at",
            "stopped_early",
            "stop_reason",
            "discharged_at",
        ),
        "planned_start": session.appointment.starts_at,
        "planned_end": session.appointment.ends_at,
        "ended_as": states.NOT_GIVEN if session.started_at is None else states.DISCHARGED,
    }


def _lines(model: type[Observation], session: Session, condition: Q) -> list[dict[str, Any]]:
    names = [field.name for field in model._meta.concrete_fields if field.name not in _LEFT_OUT]
    every: Any = model._default_manager  # `session` is each line's own, not the abstract one's
    rows = every.filter(condition, session=session).order_by("recorded_at", "id")
    return list(rows.values(*names))


def _protocol(protocol: Protocol) -> dict[str, Any]:
    names = [field.name for field in protocol._meta.concrete_fields if field.name not in _LEFT_OUT]
    values = _values(protocol, *names)
    for name in ("vitals_schedule", "limits"):
        values[name] = json.loads(json.dumps(values[name]), parse_float=Decimal)
    return values


def _values(row: Any, *names: str) -> dict[str, Any]:
    fields = {field.name: field for field in row._meta.concrete_fields}
    return {name: getattr(row, fields[name].attname) for name in names}


def _people(frozen: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Names and credentials, as they are at signing, of everybody whose id stands in the record."""
    ids = {line["recorded_by"] for part in LINES for line in frozen[part]}
    ids |= {frozen["signature"]["signed_by"], frozen["plan"]["prescriber"], frozen["protocol"]["approved_by"]}
    users = User.objects.filter(pk__in=ids - {None})
    return {str(user.pk): {"name": user.full_name, "credentials": user.credentials} for user in users}


def signature_of(signed: SignedRecord) -> dict[str, Any]:
    """The signature as it stands in the content: the row's own columns, but not the bytes and their hash."""
    return _values(
        signed,
        "id",
        "version",
        "chain_position",
        "previous_sha256",
        "meaning",
        "reason",
        "signed_by",
        "signed_at",
    )
