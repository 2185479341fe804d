"""Where on a session's page, or beside it, each thing that is missing can be done; and a refusal as the page
tells it on top, each of its sentences with its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from sessions_app import states
from sessions_app.models import Session
from web.views.sessions.form import CONFIRM, SessionForm

# By the codes of `sessions_app.states.MISSING`.
ON_THE_PAGE: Final[Mapping[str, str]] = {
    "checklist_complete": "#part-checklist",
    "dose_prepared": "#part-dose",
    "baseline": "#part-vitals",
    "stop_acknowledged": "#alerts",
    "reading_overdue": "#part-vitals",
    "stop_explained": "#part-explain-stop",
    "observed": "#part-vitals",
    "vitals_after_stop": "#part-vitals",
    "vitals_fresh": "#part-vitals",
    "alerts_open": "#alerts",
    "dissociation": "#part-vitals",
    "vomiting": "#effects",
    "suicidality": "#discharge_suicidality_asked_again",
    "fit": "#part-discharge",
    "oriented": "#discharge_oriented",
    "escort": "#discharge_escort_name",
    "escort_seen": "#discharge_escort_seen",
    "iv_removed": "#discharge_iv_removed",
    "instructions": "#discharge_instructions_given",
    "alerts_resolved": "#alerts",
    "waste_witnessed": "#part-witness",
    "drug_accounted": "#part-waste",
}
# What the start still needs, in a word or two for what comes next.
LEFT_BEFORE_START: Final[Mapping[str, str]] = {
    "checklist_complete": "checklist",
    "checklist_passed": "the prescriber's decision",
    "safety_assessed": "assessment of the urgent answer",
    "chart_answered": "the prescriber's answer to the chart",
    "session_reviewed": "the prescriber's look at what has come up",
    "eligible": "the prescriber's decision to treat",
    "dose_prepared": "dose and its check",
    "dose_checked": "check of the dose",
    "baseline": "vital signs",
    "start_limits": "vital signs again or the prescriber's decision",
}
# Asked of a prescriber, or decided by one.
DECIDED: Final = (
    "checklist_passed",
    "start_limits",
    "within_limits",
    "effect_decided",
    "near_baseline",
    "pressure",
    "side_effects",
)


def before_start(missing: Iterable[states.Blocker]) -> str:
    """What comes next before the start: what is left of it, then the start itself."""
    left = dict.fromkeys(LEFT_BEFORE_START[blocker.code] for blocker in missing)
    words = ", ".join([*left, "start"])
    return words[0].upper() + words[1:]


@dataclass(frozen=True)
class Told:
    """One sentence of a refusal, and where what it asks for is done."""

    words: str
    href: str


def place_of(code: str, session: Session) -> str:
    """The address at which what is missing can be done."""
    if code in DECIDED:
        return reverse("session_decisions", args=[session.pk])
    if code == "safety_assessed":
        return reverse("patient_safety", args=[session.patient_id])
    if code in ("chart_answered", "session_reviewed"):
        return reverse("plan", args=[session.appointment.plan_id])
    if code == "eligible":
        return reverse("patient_eligibility", args=[session.patient_id])
    if code == "dose_checked":
        return reverse("session_check_dose", args=[session.pk])
    return ON_THE_PAGE[code]


@dataclass(frozen=True)
class Refusal:
    """What a sent form was refused for: shown where the page begins, not only at the form far below."""

    form: SessionForm

    @property
    def asks(self) -> bool:
        """Whether it is a question: what was entered may well be so."""
        return self.form.verdict == CONFIRM

    @property
    def title(self) -> str:
        verb = states.ACTS[self.form.act].verb
        return f"Not kept yet: {verb}. Is it so?" if self.asks else f"Not done: {verb}."

    @property
    def told(self) -> list[Told]:
        form = self.form
        if form.blockers:
            return [Told(each["detail"], place_of(each["code"], form.session)) for each in form.blockers]
        place = f"#{form.html_id}"
        told = [Told(str(words), place) for words in form.non_field_errors()]
        if form.verdict == "wrong_state" and states.ACTS["note"].allows(form.session.state):
            told.append(Told("If it was done, tell it in a note.", "#part-note"))
        for name, errors in form.errors.items():
            if name in form.fields:
                field = form[name]
                place = f"#{field.id_for_label or form.html_id}"
                told += [Told(f"{field.label}: {words}", place) for words in errors]
        return told
