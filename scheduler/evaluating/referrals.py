"""Referrals: who asked for the treatment, why and when, and which records were asked for and came (domain.md
1.1, row 1). Recorded and mended by the desk; the history keeps what stood before.

The newest one that stands says who gets the report. What a prescriber then finds is `evaluations`'.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from clinic.visible_text import hidden_in, said
from scheduler.evaluating.days import day_error
from scheduler.models import Referral, ReferralStatus, RequesterKind

LINES: Final = ("requester_name", "requester_practice", "requester_contact")
DAYS: Final = ("authored_on", "records_requested_on", "records_received_on")
SETTABLE: Final = (
    "status",
    "authored_on",
    "requester_kind",
    *LINES,
    "reason",
    "records_requested_on",
    "records_received_on",
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A referral as it came; FHIR's ServiceRequest says the same with other nesting."""

    authored_on: date
    requester_kind: str
    reason: str
    requester_name: str = ""
    requester_practice: str = ""
    requester_contact: str = ""
    records_requested_on: date | None = None
    records_received_on: date | None = None


def record(*, actor: Actor, id: UUID, patient: Patient, request: Request, now: datetime) -> Referral:
    """Write down a referral, or a patient's own inquiry. Raises `Invalid` naming every field to mend."""
    known = _checked(patient, asdict(request), now)

    def work() -> Referral:
        with acting(actor.user_id):
            return Referral.objects.create(id=id, clinic_id=patient.clinic_id, patient=patient, **known)

    return in_transaction(work)


def change(
    *, actor: Actor, referral: Referral, changes: Mapping[str, Any], seen: Seen | None = None, now: datetime
) -> Referral:
    """Change what is given of `SETTABLE`: records came, a word was wrong, it was withdrawn or is somebody
    else's. Raises `Invalid` as `record` does, and `ChangedMeanwhile` where something stands otherwise than it
    was `seen`."""

    def work() -> Referral:
        row = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        refuse_unseen(seen, row, stands=settings_of(row), wanted=changes)
        wanted = _checked(referral.patient, settings_of(row) | dict(changes), now)
        different = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in different:
            setattr(row, name, wanted[name])
        if different:
            with acting(actor.user_id):
                row.save(update_fields=different)
        return row

    return in_transaction(work)


def settings_of(referral: Referral) -> dict[str, Any]:
    """What `change` changes, as it stands."""
    return {name: getattr(referral, name) for name in SETTABLE}


def referrals_of(patient: Patient) -> QuerySet[Referral]:
    """Every one, the newest first: one query."""
    return Referral.objects.filter(patient=patient).order_by("-authored_on", "-created_at")


def standing(patient: Patient) -> Referral | None:
    """The newest that counts: one query."""
    return referrals_of(patient).filter(status=ReferralStatus.ACTIVE).first()


def _checked(patient: Patient, given: dict[str, Any], now: datetime) -> dict[str, Any]:
    known: dict[str, Any] = {
        name: said(value) if isinstance(value, str) else value for name, value in given.items()
    }
    today = clock.local_date(now, patient.clinic.time_zone)
    by_patient = known["requester_kind"] == RequesterKind.SELF
    wrong = {
        "requester_kind": _word(known["requester_kind"], RequesterKind.values),
        "status": _word(known.get("status", ReferralStatus.ACTIVE), ReferralStatus.values),
        "requester_name": "" if known["requester_name"] or by_patient else "Name who refers the patient.",
        "reason": "" if known["reason"] else "Say why the patient comes, in the referral's words.",
        **hidden_in({name: given[name] for name in LINES}),
    }
    for name in DAYS:
        if known[name] is not None:
            wrong[name] = day_error(known[name], born=patient.birth_date, today=today)
    if known["authored_on"] is None:
        wrong["authored_on"] = "Give the day of the referral."
    asked, came = known["records_requested_on"], known["records_received_on"]
    if asked and came and came < asked:
        wrong["records_received_on"] = "They can't have come before they were asked for."
    if any(wrong.values()):
        raise Invalid({name: mend for name, mend in wrong.items() if mend})
    return known


def _word(word: str, known: list[str]) -> str:
    return "" if word in known else f"Choose one of: {', '.join(known)}."
