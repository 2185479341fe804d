"""Protocols: taken over as drafts, put in force by a prescriber's signature. Versions never change.

A changed protocol is a new row with the next version number; the database refuses any other change.
The default records are data in `default_protocols`.
"""

from datetime import datetime

from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.models import Protocol, ProtocolStatus
from scheduler.prescribing.default_protocols import DEFAULT_PROTOCOLS


def adopt_defaults(*, clinic: Clinic) -> list[Protocol]:
    """Write the default protocols that this clinic doesn't have yet, as version 1 drafts.

    Returns all versions 1 of the default codes. A second call writes nothing. Nothing is in force until a
    prescriber activates it; domain.md 2.1 asks this of `headache-4h` above all.
    """
    Protocol.objects.bulk_create(
        [Protocol(clinic=clinic, version=1, **record) for record in DEFAULT_PROTOCOLS],
        ignore_conflicts=True,
    )
    codes = [record["code"] for record in DEFAULT_PROTOCOLS]
    return list(Protocol.objects.filter(clinic=clinic, version=1, code__in=codes).order_by("code"))


def activate(*, actor: Actor, protocol: Protocol, now: datetime) -> Protocol:
    """Sign a draft: it is in force from now on, and the version before it is retired.

    Activating the active version again changes nothing. Raises `Conflict` for a retired version.
    """

    def work() -> Protocol:
        versions = list(
            Protocol.objects.select_for_update(no_key=True)
            .filter(clinic_id=protocol.clinic_id, code=protocol.code)
            .order_by("pk")
        )
        signed = next(version for version in versions if version.pk == protocol.pk)
        if signed.status == ProtocolStatus.ACTIVE:
            return signed
        if signed.status == ProtocolStatus.RETIRED:
            raise Conflict(
                f"Version {signed.version} of {signed.code} was retired. Activate its newest draft instead.",
                code="protocol_retired",
            )
        for version in versions:
            if version.status == ProtocolStatus.ACTIVE:
                version.status = ProtocolStatus.RETIRED
                version.save(update_fields=["status"])
        signed.status = ProtocolStatus.ACTIVE
        signed.approved_by_id = actor.user_id
        signed.approved_at = now
        signed.save(update_fields=["status", "approved_by", "approved_at"])
        return signed

    return in_transaction(work)
