"""What a clinic asks for before a plan is written. A clinic that keeps its evaluations elsewhere asks for
nothing here; that is how every clinic begins."""

from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from scheduler.models import ClinicPrescribing

SETTABLE: Final = ("plans_need_eligibility",)


def plans_need_eligibility(clinic_id: UUID) -> bool:
    """Whether a plan is only for whom a prescriber has found eligible: one query."""
    return ClinicPrescribing.objects.filter(clinic=clinic_id, plans_need_eligibility=True).exists()


def settings_of(clinic: Clinic) -> dict[str, Any]:
    """What `change` changes, as it stands."""
    row = ClinicPrescribing.objects.filter(clinic=clinic).first() or ClinicPrescribing(clinic=clinic)
    return {name: getattr(row, name) for name in SETTABLE}


def change(
    *, actor: Actor, clinic: Clinic, plans_need_eligibility: bool, seen: Seen | None = None
) -> dict[str, Any]:
    """Change what is asked; plans that stand stay. Raises `ChangedMeanwhile` where something stands otherwise
    than it was `seen`."""
    wanted = {"plans_need_eligibility": plans_need_eligibility}

    def work() -> dict[str, Any]:
        # The clinic's row stands guard: its own may not be there yet.
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        row = ClinicPrescribing.objects.filter(clinic=clinic).first() or ClinicPrescribing(clinic=clinic)
        stands = {name: getattr(row, name) for name in SETTABLE}
        refuse_unseen(seen, row, stands=stands, wanted=wanted)
        if stands != wanted:
            row.plans_need_eligibility = plans_need_eligibility
            with acting(actor.user_id):
                row.save()
        return wanted

    return in_transaction(work)
