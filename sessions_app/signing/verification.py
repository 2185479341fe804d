"""Proving that what was signed is still what is stored: the chains, and the tables behind them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from clinic.models import Patient
from sessions_app import states
from sessions_app.models import Session, SignedRecord
from sessions_app.signing import content, record
from sessions_app.signing.forms import FORMS, Form


@dataclass(frozen=True)
class BrokenLink:
    """The first place at which a patient's chain doesn't hold. It names places, never values."""

    patient_id: UUID
    chain_position: int
    what: str


def verify_chain(*, patient: Patient) -> BrokenLink | None:
    """Walk one patient's signatures from the first; the first broken link, or None.

    Checked, link by link: positions without gaps, the hash of the link before, the hash of the content, the
    signature's columns against the content, the order of versions, and that the session and its
    lines in the tables still are what was frozen, each version in its own form; at the end, that no line was
    slipped in beside the versions, no session with a record was set back and no signed one lacks a record.
    """
    previous = ""
    versions: dict[UUID, list[UUID]] = {}
    forms: dict[UUID, Form] = {}
    position = 0
    for position, signed in enumerate(_chain(patient), start=1):
        what = _fault(signed, position, previous, versions.setdefault(signed.session_id, []))
        if what:
            return BrokenLink(patient.pk, position, what)
        versions[signed.session_id].append(signed.pk)
        forms[signed.session_id] = FORMS[json.loads(signed.content)["form"]]
        previous = signed.sha256
    for session in Session.objects.filter(pk__in=versions):
        stray = next(content.strays(session, versions=versions[session.pk], form=forms[session.pk]), None)
        if stray:
            what = f"{stray} was added to a signed session outside its versions"
            return BrokenLink(patient.pk, position, what)
        if session.state != states.SIGNED:
            what = f"session {session.pk} has a record but is not signed"
            return BrokenLink(patient.pk, position, what)
    unsigned = Session.objects.filter(
        patient=patient, state=states.SIGNED, signed_records__isnull=True
    ).first()
    if unsigned is not None:
        return BrokenLink(patient.pk, position + 1, f"session {unsigned.pk} is signed but has no record")
    return None


def verify_all() -> Iterator[tuple[Patient, BrokenLink | None]]:
    """Every patient with a signed session, each with the first broken link of their chain."""
    signed = Session.objects.filter(state=states.SIGNED).values("patient_id")
    recorded = SignedRecord.objects.values("patient_id")
    patients = Patient.objects.filter(pk__in=signed.union(recorded)).order_by("pk")
    for patient in patients.iterator(chunk_size=500):
        yield patient, verify_chain(patient=patient)


def _chain(patient: Patient) -> Iterator[SignedRecord]:
    records = SignedRecord.objects.filter(patient=patient).select_related("session__appointment")
    return records.order_by("chain_position").iterator(chunk_size=100)


def _fault(signed: SignedRecord, position: int, previous: str, earlier: list[UUID]) -> str:
    if signed.chain_position != position:
        return f"the link at position {position} is missing"
    if signed.previous_sha256 != previous:
        return "it doesn't name the hash of the link before it"
    if signed.sha256 != record.chain_hash(previous, signed.content):
        return "its content isn't what was hashed"
    frozen = json.loads(signed.content)
    if frozen["signature"] != record.plain(content.signature_of(signed)):
        return "its signature's columns differ from the signed content"
    if signed.version != len(earlier) + 1:
        return f"version {len(earlier) + 1} of its session is missing"
    form = FORMS.get(frozen["form"])
    if form is None:
        return "it has a form that this program doesn't know"
    stored = record.plain(content.facts(signed.session, form=form, versions=[*earlier, signed.pk]))
    places = record.differences({part: frozen[part] for part in stored}, stored)
    return f"the tables differ from the signed content at {', '.join(places[:5])}" if places else ""
