"""Where what stands in the way of a booking is mended, for whoever may go there: by the blocker's code."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from clinic import access
from clinic.access import Actor, Permission
from scheduler.access import (
    BOOK,
    CHANGE_RESOURCES,
    RECORD_ABSENCE,
    VIEW_PLANS,
    VIEW_REFERRALS,
    WRITE_PLAN,
)
from scheduler.models import TreatmentPlan


@dataclass(frozen=True)
class Mend:
    """A page that mends one kind of blocker. `about`: whose id its address names, "plan" or "patient"."""

    words: str
    route: str
    permission: Permission
    about: str = ""
    part: str = ""

    def address(self, plan: TreatmentPlan) -> str:
        keys = {"plan": [plan.pk], "patient": [plan.patient_id]}.get(self.about, [])
        return reverse(self.route, args=keys) + self.part


WRITE_NEW: Final = Mend("Write a new plan", "new_plan", WRITE_PLAN, "patient")
SEE_PLAN: Final = Mend("See the plan", "plan", VIEW_PLANS, "plan")
SEE_HOURS: Final = Mend("See the hours", "hours", RECORD_ABSENCE)
# The first that this person may go to is offered.
MENDS: Final[dict[str, tuple[Mend, ...]]] = {
    "consent_missing": (
        Mend("Record the consent", "patient", access.RECORD_CONSENT, "patient", "#consents-title"),
    ),
    "consent_outdated": (
        Mend("Record the new consent", "patient", access.RECORD_CONSENT, "patient", "#consents-title"),
    ),
    "patient_deceased": (Mend("See the chart", "patient", access.VIEW_PATIENTS, "patient"),),
    "patient_elsewhere": (
        Mend("See their visits", "patient", access.VIEW_PATIENTS, "patient", "#visits-title"),
    ),
    "plan_not_active": (SEE_PLAN,),
    "plan_expired": (WRITE_NEW, SEE_PLAN),
    "protocol_inactive": (SEE_PLAN,),
    "not_eligible": (Mend("See the decision", "patient_eligibility", VIEW_REFERRALS, "patient"),),
    "chart_unanswered": (Mend("See what it is on the plan", "plan", VIEW_PLANS, "plan", "#on-chart"),),
    "course_review_waits": (Mend("See what it waits for", "plan", VIEW_PLANS, "plan", "#course-review"),),
    "safety_review_waits": (Mend("See what it waits for", "plan", VIEW_PLANS, "plan", "#safety-review"),),
    "sessions_used_up": (WRITE_NEW, SEE_PLAN),
    "spacing_too_close": (
        Mend("Ask the prescriber for another spacing", "plan", BOOK, "plan", "#ask-spacing"),
    ),
    "week_full": (SEE_PLAN,),
    "year_full": (SEE_PLAN,),
    "outside_hours": (SEE_HOURS,),
    "no_clinician": (SEE_HOURS,),
    "chair_unsuitable": (Mend("See what the chairs offer", "resources", CHANGE_RESOURCES),),
}


@dataclass(frozen=True)
class Mended:
    """A page to go to."""

    words: str
    address: str


def mended(code: str, *, plan: TreatmentPlan, actor: Actor) -> Mended | None:
    """Where a blocker with this code is mended, if anywhere by this person."""
    for mend in MENDS.get(code, ()):
        if actor.may(mend.permission, plan.clinic_id):
            return Mended(mend.words, mend.address(plan))
    return None
