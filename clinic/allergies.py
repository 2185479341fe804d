"""Allergies: what somebody reported or observed, recorded once and judged later; never erased.

The words are FHIR's (AllergyIntolerance). Which of them still hold is in `queries`; what an import brings is
`importing.judging`'s.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Allergy, Patient
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import ONE_LINE, hides_something, is_visible, said

Words = Sequence[tuple[str, str]]
CATEGORIES: Final[Words] = (
    ("medication", "Medicine"),
    ("food", "Food"),
    ("environment", "Environment"),
    ("biologic", "Biologic"),
)
CRITICALITIES: Final[Words] = (
    ("low", "Low risk"),
    ("high", "High risk"),
    ("unable-to-assess", "Unable to assess"),
)
CLINICAL_STATUSES: Final[Words] = (("active", "Active"), ("inactive", "Inactive"), ("resolved", "Resolved"))
# "No allergy to aspirin" is none, and whoever looks for an allergy's name would find it in these words.
NONE: Final = re.compile(
    r"(?i)n/?k/?d?/?a|n/a"
    r"|(?:none|no|not|never|nil|denies|denied|without|sin|niega|ning[u\u00fa]n[ao]?)(?:\s.*)?"
)
SAYS_NONE: Final = (
    "This says that there is none. Record only what there is an allergy to; one on record that proved to be"
    " none is judged there."
)
ENTERED_IN_ERROR: Final = "entered-in-error"
VERIFICATION_STATUSES: Final[Words] = (
    ("unconfirmed", "Unconfirmed"),
    ("confirmed", "Confirmed"),
    ("refuted", "Refuted"),
    (ENTERED_IN_ERROR, "Entered in error"),
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is known of an allergy when it is recorded."""

    substance: str
    category: str = ""
    criticality: str = ""
    reaction: str = ""
    verification_status: str = "unconfirmed"


def record(*, actor: Actor, id: UUID, patient: Patient, report: Report, now: datetime) -> Allergy:
    """Write down an allergy; it is active from now on.

    Raises `Invalid` naming the field: no substance, words that there is no allergy, one that is on record as
    it is, a word that is none.
    """
    substance = said(report.substance)
    wrong = {
        "substance": _substance_error(report.substance),
        "category": _word_error(report.category, CATEGORIES, may_be_empty=True),
        "criticality": _word_error(report.criticality, CRITICALITIES, may_be_empty=True),
        "verification_status": _word_error(report.verification_status, VERIFICATION_STATUSES[:2]),
    }
    if any(wrong.values()):
        raise Invalid({name: mend for name, mend in wrong.items() if mend})

    def work() -> Allergy:
        # The patient's row stands guard: of two people recording at once the second sees the first's.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        standing = Allergy.objects.filter(patient=patient, substance__iexact=substance)
        if standing.exclude(verification_status=ENTERED_IN_ERROR).exists():
            raise Invalid({"substance": "This is on record already. Change what is said of it there."})
        with acting(actor.user_id):
            return Allergy.objects.create(
                id=id,
                patient=patient,
                substance=substance,
                category=report.category,
                criticality=report.criticality,
                reaction=said(report.reaction),
                clinical_status="active",
                verification_status=report.verification_status,
                recorded_at=now,
            )

    return in_transaction(work)


def judge(
    *, actor: Actor, allergy: Allergy, clinical_status: str, verification_status: str, reason: str
) -> Allergy:
    """Say what the allergy is now: active, inactive or resolved; confirmed, refuted, entered in error.

    One that was entered in error has no clinical status (FHIR ait-2), so that its own doesn't count. The
    history keeps the reason. Equal words write nothing. Raises `Invalid`.
    """
    in_error = verification_status == ENTERED_IN_ERROR
    wrong = {
        "clinical_status": "" if in_error else _word_error(clinical_status, CLINICAL_STATUSES),
        "verification_status": _word_error(verification_status, VERIFICATION_STATUSES),
        "reason": "" if said(reason) else "Say how it is known.",
    }
    if any(wrong.values()):
        raise Invalid({name: mend for name, mend in wrong.items() if mend})
    wanted = ("" if in_error else clinical_status, verification_status)

    def work() -> Allergy:
        row = Allergy.objects.select_for_update(no_key=True).get(pk=allergy.pk)
        if (row.clinical_status, row.verification_status) != wanted:
            row.clinical_status, row.verification_status = wanted
            with acting(actor.user_id, reason=said(reason)):
                row.save(update_fields=["clinical_status", "verification_status"])
        return row

    return in_transaction(work)


def _substance_error(substance: str) -> str:
    if not is_visible(substance):
        return "Name what the allergy is to."
    if NONE.fullmatch(said(substance)):
        return SAYS_NONE
    return ONE_LINE if hides_something(substance.strip()) else ""


def _word_error(word: str, words: Words, *, may_be_empty: bool = False) -> str:
    known = [code for code, _ in words]
    if word in known or (may_be_empty and not word):
        return ""
    return f"Choose one of: {', '.join(known)}."
