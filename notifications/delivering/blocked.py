"""Which addresses a clinic doesn't write to now, and why. Reads only: a block is put up and lifted by
`outcomes` and by `talking.opting`.

A STOP stands until it is taken back: by START, or by a consent that was signed after it (domain.md 6.4: what
is asked for is express consent, and the newest word counts). Of several patients on one number it is taken
back by those who have signed. Another reason is no patient's to lift.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.models import Consent, ConsentScope, Patient
from notifications.models import BlockedAddress, BlockReason

SCOPES: Final = (ConsentScope.SMS, ConsentScope.EMAIL)


def blocked_of(patients: Collection[Patient]) -> dict[UUID, dict[str, BlockReason]]:
    """By patient and address, why it is not written to; nothing of those without any. Two queries at most."""
    addresses = {patient.pk: _addresses(patient) for patient in patients}
    rows = BlockedAddress.objects.filter(
        clinic__in={patient.clinic_id for patient in patients},
        address__in={address for theirs in addresses.values() for address in theirs},
        lifted_at=None,
    )
    standing: dict[tuple[UUID, str], list[BlockedAddress]] = defaultdict(list)
    for row in rows:
        standing[row.clinic_id, row.address].append(row)
    if not standing:
        return {}
    agreed = _agreed(patients)
    found: dict[UUID, dict[str, BlockReason]] = defaultdict(dict)
    for patient in patients:
        for address, scope in addresses[patient.pk].items():
            for row in standing.get((patient.clinic_id, address), ()):
                if not _taken_back(row, agreed.get((patient.pk, scope))):
                    found[patient.pk][address] = BlockReason(row.reason)
    return dict(found)


def blocks_of(*, clinic_id: UUID, number: str, patients: Collection[Patient]) -> frozenset[BlockReason]:
    """Why this clinic doesn't text this number, whose these patients are; empty when it may. At most two
    queries."""
    rows = list(BlockedAddress.objects.filter(clinic=clinic_id, address=number, lifted_at=None))
    agreed = _agreed(patients) if rows else {}
    given = [agreed.get((patient.pk, ConsentScope.SMS)) for patient in patients] or [None]
    return frozenset(
        BlockReason(row.reason) for row in rows if not any(_taken_back(row, each) for each in given)
    )


def _addresses(patient: Patient) -> dict[str, ConsentScope]:
    """The patient's addresses as blocks name them, each with the consent that it takes."""
    named = ((str(patient.phone), ConsentScope.SMS), (patient.email.lower(), ConsentScope.EMAIL))
    return {address: scope for address, scope in named if address}


def _agreed(patients: Collection[Patient]) -> dict[tuple[UUID, ConsentScope], datetime]:
    """When the consents that hold were given."""
    current = Consent.objects.filter(
        patient__in=[patient.pk for patient in patients], scope__in=SCOPES, revoked_at=None
    )
    return {
        (patient_id, ConsentScope(scope)): given_at
        for patient_id, scope, given_at in current.values_list("patient_id", "scope", "given_at")
    }


def _taken_back(row: BlockedAddress, agreed_at: datetime | None) -> bool:
    return row.reason == BlockReason.STOP and agreed_at is not None and agreed_at > row.since
