"""What a signed record holds: one session, gathered from the tables as plain values.

The same rows give the same content for ever, so that `verification` can gather again and compare; which
columns, says the content's form (`forms`). What is reckoned from the lines is in `reckoned`. `record` turns
it all into bytes; signing is in `signing`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from clinic.models import Patient, User
from clinic.queries import still_holds
from scheduler.models import Claim, Protocol, ResourceKind
from sessions_app import states
from sessions_app.lines import PARTS
from sessions_app.models import Line, Session, SignedRecord
from sessions_app.signing import reckoned, record
from sessions_app.signing.forms import NEWEST, Form

# Columns that name a person, whose name and credentials are frozen beside the ids.
PEOPLE: Final = ("recorded_by", "ordered_by", "told")


def gather(session: Session, *, signed: SignedRecord, earlier: Iterable[UUID]) -> dict[str, Any]:
    """The whole record as `signed` freezes it, in the newest form: the lines of the `earlier` versions and
    its own."""
    form = NEWEST
    frozen = {
        "form": form.name,
        "signature": signature_of(signed),
        **facts(session, form=form, versions=[*earlier, signed.pk]),
        "clinic": _values(session.clinic, *form.clinic),
        "patient": {
            **_values(session.patient, *form.patient),
            "allergies": _allergies(session.patient, form),
        },
        "chair": _chair(session) if form.chair else "",
        "plan": _values(session.appointment.plan, *form.plan),
        "protocol": _protocol(session.protocol, form),
    }
    frozen["people"] = _people(frozen, form)
    if form.reckoned:
        frozen["reckoned"] = reckoned.reckon(record.plain(frozen))
    return frozen


def facts(session: Session, *, form: Form, versions: Iterable[UUID]) -> dict[str, Any]:
    """What must stay as it was signed: the session's own course and its lines.

    Names of people and places are not among them; those are frozen and may change outside.
    """
    signed_then = Q(amendment__isnull=True) | Q(amendment__in=list(versions))
    lines = {part: _lines(PARTS[part], columns, session, signed_then) for part, columns in form.lines.items()}
    return {"session": _course(session, form), **lines}


def strays(session: Session, *, form: Form, versions: Iterable[UUID]) -> Iterator[str]:
    """Lines of a signed session that are in none of its versions: an amendment's of which there is none, or
    of a part that `form`, its newest version's, does not have."""
    unknown_amendment = Q(amendment__isnull=False) & ~Q(amendment__in=list(versions))
    for part, model in PARTS.items():
        stray = unknown_amendment if part in form.lines else Q()
        yield from (f"{part} {line['id']}" for line in _lines(model, ("id",), session, stray))


def _course(session: Session, form: Form) -> dict[str, Any]:
    return {
        **_values(session, *form.session),
        "planned_start": session.appointment.starts_at,
        "planned_end": session.appointment.ends_at,
        "ended_as": states.NOT_GIVEN if session.started_at is None else states.DISCHARGED,
    }


def _lines(model: type[Line], columns: Iterable[str], session: Session, condition: Q) -> list[dict[str, Any]]:
    every: Any = model._default_manager  # `session` is each line's own, not the abstract one's
    rows = every.filter(condition, session=session).order_by("recorded_at", "id")
    return list(rows.values(*columns))


def _protocol(protocol: Protocol, form: Form) -> dict[str, Any]:
    values = _values(protocol, *form.protocol)
    for name in ("vitals_schedule", "limits", "rings", "prn_medicines"):
        if name in values:
            values[name] = json.loads(json.dumps(values[name]), parse_float=Decimal)
    return values


def _allergies(patient: Patient, form: Form) -> list[dict[str, Any]]:
    """Those to beware of, as they are at signing."""
    rows = patient.allergies.order_by("substance", "pk")
    return [_values(allergy, *form.allergies) for allergy in rows if still_holds(allergy)]


def _chair(session: Session) -> str:
    """The chair by its name; empty where the visit never had one."""
    claims = Claim.objects.filter(appointment=session.appointment_id, resource__kind=ResourceKind.CHAIR)
    return claims.order_by("pk").values_list("resource__name", flat=True).last() or ""


def _values(row: Any, *names: str) -> dict[str, Any]:
    fields = {field.name: field for field in row._meta.concrete_fields}
    return {name: getattr(row, fields[name].attname) for name in names}


def _people(frozen: Mapping[str, Any], form: Form) -> dict[str, dict[str, str]]:
    """Names and credentials, as they are at signing, of everybody whose id stands in the record."""
    ids = {line.get(column) for part in form.lines for line in frozen[part] for column in PEOPLE}
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
