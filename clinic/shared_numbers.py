"""Another patient's telephone: asked about before a patient is given its number, whichever door it comes by.

Families share one; a slip of the keyboard looks the same. What comes from a number of several patients is
read in `notifications.talking`.
"""

from typing import Final

from clinic.models import Patient
from clinic.problems import Conflict
from clinic.transactions import one_at_a_time

CODE: Final = "number_shared"
IF_SHARED: Final = (
    "If they share a telephone, say so: then what comes from it stands in each one's thread, a C is read by a"
    " person while both have a visit ahead, and a STOP holds for all of them. If not, enter another number."
)


def refuse_unasked(patient: Patient, number: str) -> None:
    """Raise `Conflict` `number_shared` where other living patients of the clinic have this number and this
    one, who may be about to be registered, doesn't yet. Until the transaction ends nobody else is given it:
    of two patients who are given one number at a time, the second is asked about. Call it before the
    patient's row is locked."""
    one_at_a_time(f"number:{patient.clinic_id}:{number}")
    if Patient.objects.filter(pk=patient.pk, phone=number).exists():
        return
    here = Patient.objects.filter(clinic=patient.clinic_id, phone=number, deceased=False)
    others = list(here.exclude(pk=patient.pk).order_by("created_at", "pk"))
    if others:
        raise Conflict(
            f"{' and '.join(map(_initials, others))} {'have' if others[1:] else 'has'} this number too."
            f" {IF_SHARED}",
            code=CODE,
        )


def _initials(patient: Patient) -> str:
    return f"{patient.given_names[:1]}. {patient.family_name[:1]}."
