"""Protocols: taken over or drafted, put in force by a prescriber's signature, retired. Versions never change.

A changed protocol is a new row with the next version number; the database refuses any other change.
The default records are data in `default_protocols`; what a version may say is in `protocol_content`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.signin import Proof, reauthenticate
from clinic.transactions import in_transaction, one_at_a_time
from clinic.visible_text import said
from scheduler.models import (
    LIVE_STATUSES,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    Protocol,
    ProtocolStatus,
    TreatmentPlan,
)
from scheduler.protocols import protocol_content
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS
from scheduler.protocols.differing_content import Difference, differences
from scheduler.protocols.eased_content import Eased, eased
from scheduler.protocols.figure_sources import default_of
from scheduler.protocols.limit_content import Loosened, loosened, widened
from scheduler.protocols.protocol_content import COLUMNS

# Wherever a plan under a draft or a retired version asks for a time.
NOT_IN_FORCE: Final = (
    "The protocol version of this plan is not in force. A prescriber has to take the plan over to the version"
    " that is."
)


@dataclass(frozen=True)
class Looser:
    """What asks for less care than the version before (`version`) or than the default (`default`): a figure
    or a rhythm, a limit that alarms later, or a ring that is wider."""

    field: str
    than: str
    found: Loosened | Eased


@dataclass(frozen=True)
class InUse:
    """What stands under a version: plans that are active or on hold, and visits that are still to come."""

    plans: int
    visits: int


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


def draft_version(*, actor: Actor, id: UUID, after: Protocol, changes: Mapping[str, Any]) -> Protocol:
    """Write the next version of a protocol as a draft: what `after` says, but for the changes.

    `changes` are columns of `protocol_content.COLUMNS`. Of several who draft at once each gets a draft, with
    a number of its own: which of them is in force a prescriber says. Raises `Invalid` naming every field that
    can't be meant, `Conflict` with code `nothing_changed` for a version that would say the same.
    """
    content = {**content_of(after), **changes}
    if not changed_columns(after, changes):
        raise Conflict(
            f"This says the same as version {after.version}. Change something first.", code="nothing_changed"
        )

    def work() -> Protocol:
        newest = _locked_versions(after)[-1]
        with acting(actor.user_id):
            return Protocol.objects.create(
                id=id, clinic_id=after.clinic_id, code=after.code, version=newest.version + 1, **content
            )

    return in_transaction(work)


def changed_columns(after: Protocol, changes: Mapping[str, Any]) -> list[str]:
    """The columns that would say something else than `after`, in their order. Raises `Invalid` naming every
    field that can't be meant."""
    before = content_of(after)
    content = {**before, **changes}
    wrong = protocol_content.faults(content)
    if wrong:
        raise Invalid(dict(wrong))
    return [column for column in COLUMNS if content[column] != before[column]]


def looser(code: str, *, content: Mapping[str, Any], before: Protocol | None) -> list[Looser]:
    """Everything in which a version asks for less care than the version before, if there is one, or than the
    house's default of this protocol: doses, the watch, the way home; then every limit that alarms later than
    there, or not at all; then every ring that is wider than there, or than everywhere. No query."""
    standing = content_of(before) if before else {}
    becomes = {**standing, **content}
    default = default_of(code)
    than: list[tuple[str, Mapping[str, Any]]] = [("version", standing)] if before else []
    than += [("default", default)] if default else []
    rings_than = [("version", before.rings)] if before else []
    found: list[tuple[str, Loosened | Eased]] = []
    found += [(name, each) for name, other in than for each in eased(becomes, other)]
    found += [(name, each) for name, other in than for each in loosened(becomes["limits"], other["limits"])]
    found += [
        (name, each)
        for name, other in [*rings_than, ("default", {})]
        for each in widened(becomes["rings"], other)
    ]
    return [Looser(each.path, name, each) for name, each in found]


@dataclass(frozen=True)
class Compared:
    """One version beside another of the same protocol: all that it says otherwise, and what of that asks for
    less care, also than by default."""

    differences: list[Difference]
    looser: list[Looser]


def compared(version: Protocol, *, than: Protocol) -> Compared:
    """Raises `Invalid` at `than` for a version of another protocol. No query."""
    if (version.clinic_id, version.code) != (than.clinic_id, than.code):
        raise Invalid({"than": f"This is no version of {version.code}. Choose one that is."})
    content = content_of(version)
    return Compared(
        differences(content, content_of(than)), looser(version.code, content=content, before=than)
    )


def activate(*, actor: Actor, protocol: Protocol, proof: Proof, now: datetime) -> Protocol:
    """Sign a draft: it is in force from now on, and the version before it is retired.

    Visits that are booked stay under the version that they were booked under. A plan under a retired version
    can't be booked any further until a prescriber takes it over (`taking_over`). Activating the active
    version again changes nothing, and asks for nothing. Raises `Conflict` for a retired version, `Invalid`
    naming every field of a draft that can't be meant (it may be older than the rule that it breaks) and for
    a wrong password or code, `TooManyAttempts`.
    """

    def work() -> Protocol:
        versions = _locked_versions(protocol)
        signed = next(version for version in versions if version.pk == protocol.pk)
        if signed.status == ProtocolStatus.ACTIVE:
            return signed
        if signed.status == ProtocolStatus.RETIRED:
            raise Conflict(
                f"Version {signed.version} of {signed.code} was retired. Activate its newest draft instead.",
                code="protocol_retired",
            )
        wrong = protocol_content.faults(content_of(signed))
        if wrong:
            raise Invalid(dict(wrong))
        reauthenticate(actor=actor, proof=proof)
        with acting(actor.user_id):
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


def retire(*, actor: Actor, protocol: Protocol, reason: str) -> Protocol:
    """Nothing is written or booked under this version any more, and a draft is never signed; for good.

    Visits that are booked stay. A version that is retired already stays so. The history keeps the reason.
    Raises `Invalid` without one.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why."})

    def work() -> Protocol:
        retired = next(each for each in _locked_versions(protocol) if each.pk == protocol.pk)
        if retired.status != ProtocolStatus.RETIRED:
            retired.status = ProtocolStatus.RETIRED
            with acting(actor.user_id, reason=said(reason)):
                retired.save(update_fields=["status"])
        return retired

    return in_transaction(work)


def content_of(protocol: Protocol) -> dict[str, Any]:
    """What this version says, by column."""
    return {column: getattr(protocol, column) for column in COLUMNS}


def in_use(protocol: Protocol, *, now: datetime) -> InUse:
    """What stands under this version at this moment. Two queries."""
    plans = TreatmentPlan.objects.filter(protocol=protocol, status__in=STANDING_STATUSES)
    to_come = Q(status__in=LIVE_STATUSES, during__endswith__gt=now) & ~Q(status=AppointmentStatus.FULFILLED)
    return InUse(plans.count(), Appointment.objects.filter(to_come, protocol=protocol).count())


def standing_plans(protocol: Protocol) -> QuerySet[TreatmentPlan]:
    """The plans under this version that are active or on hold, by patient."""
    standing = protocol.plans.filter(status__in=STANDING_STATUSES).select_related("patient")
    return standing.order_by("patient__family_name", "patient__given_names", "pk")


def versions_of(clinic: Clinic) -> QuerySet[Protocol]:
    """Every version of every protocol, the newest of each first; `plans_standing` counts its plans."""
    standing = Count("plans", filter=Q(plans__status__in=STANDING_STATUSES))
    versions = Protocol.objects.filter(clinic=clinic).select_related("approved_by")
    return versions.annotate(plans_standing=standing).order_by("code", "-version")


def why_retired(protocol: Protocol) -> str:
    """The reason that somebody gave; empty where a newer version took the place. One query."""
    events: Any = Protocol.pgh_event_model  # type: ignore[attr-defined]
    retired = events.objects.filter(pgh_obj_id=protocol.pk, status=ProtocolStatus.RETIRED)
    change = retired.select_related("pgh_context").order_by("pgh_id").first()
    return change.pgh_context.metadata.get("reason", "") if change and change.pgh_context else ""


def missing_defaults(clinic: Clinic) -> bool:
    """Whether `adopt_defaults` would write any. One query."""
    known = set(Protocol.objects.filter(clinic=clinic).values_list("code", flat=True))
    return not {record["code"] for record in DEFAULT_PROTOCOLS} <= known


def _locked_versions(protocol: Protocol) -> list[Protocol]:
    """All versions of a protocol, the oldest first, locked until the transaction ends.

    Whoever waits for the rows alone is given those that stood when they began to wait: a version that was
    drafted meanwhile would be missing. The turn comes first, and the rows are read in it.
    """
    one_at_a_time(f"protocol:{protocol.clinic_id}:{protocol.code}")
    locked = Protocol.objects.select_for_update(no_key=True)
    versions = list(locked.filter(clinic_id=protocol.clinic_id, code=protocol.code).order_by("pk"))
    return sorted(versions, key=lambda version: version.version)
