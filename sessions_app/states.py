"""The life of a session as one table, pure: what can be done when, by whom, and what it needs and writes.

    arrived -> preparing -> infusing <-> paused -> recovering -> discharged -> signed
    arrived or preparing -> not given -> signed

Who may is read by `access`; the rest by `recording`, which locks the session before it asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ARRIVED: Final = "arrived"
PREPARING: Final = "preparing"
INFUSING: Final = "infusing"
PAUSED: Final = "paused"
RECOVERING: Final = "recovering"
DISCHARGED: Final = "discharged"
NOT_GIVEN: Final = "not_given"
SIGNED: Final = "signed"

BEFORE_START: Final = (ARRIVED, PREPARING)
RUNNING: Final = (INFUSING, PAUSED)
IN_THE_CHAIR: Final = (*BEFORE_START, *RUNNING, RECOVERING)
ENDED: Final = (DISCHARGED, NOT_GIVEN)

NURSING: Final = frozenset({"nurse", "prescriber"})


@dataclass(frozen=True)
class Act:
    """One row of the table.

    `moves` maps each state in which the act is possible to the state after it. `requires` are codes of
    `MISSING`; whoever performs the act says which of them are not met.
    """

    verb: str
    moves: Mapping[str, str]
    writes: str
    requires: tuple[str, ...] = ()
    roles: frozenset[str] = NURSING

    def allows(self, state: str) -> bool:
        return state in self.moves


def _staying(*states: str) -> dict[str, str]:
    """Possible in these states and changing none, except that work on an arrived patient is preparation."""
    return {state: PREPARING if state == ARRIVED else state for state in states}


ACTS: Final[Mapping[str, Act]] = {
    "checklist": Act("answer the checklist", _staying(*BEFORE_START), "ChecklistAnswer"),
    "dose": Act("prepare the dose", _staying(*BEFORE_START), "DoseWorksheet"),
    "vitals": Act("record vital signs", _staying(*IN_THE_CHAIR, *ENDED), "VitalSigns"),
    "side_effect": Act("record a side effect", _staying(*IN_THE_CHAIR, *ENDED), "SideEffect"),
    "course": Act("record the course of a side effect", _staying(*IN_THE_CHAIR, *ENDED), "SideEffect"),
    "check_dose": Act("check the dose", _staying(PREPARING), "DoseCheck"),
    "override": Act(
        "override a rule",
        _staying(*BEFORE_START, PAUSED, RECOVERING),
        "PrescriberOverride",
        roles=frozenset({"prescriber"}),
    ),
    "alert": Act("answer an alert", _staying(*IN_THE_CHAIR, *ENDED), "AlertStep"),
    "medicine": Act("record a medicine", _staying(*IN_THE_CHAIR), "MedicineGiven"),
    "waste": Act("record waste", _staying(*RUNNING, RECOVERING, *ENDED), "Waste"),
    "witness": Act("witness waste", _staying(*RUNNING, RECOVERING, *ENDED), "WasteWitness"),
    "note": Act("write a note", _staying(*IN_THE_CHAIR, *ENDED), "SessionNote"),
    "start": Act(
        "start the infusion",
        {PREPARING: INFUSING},
        "InfusionEvent",
        requires=(
            "checklist_complete",
            "checklist_passed",
            "safety_assessed",
            "chart_answered",
            "session_reviewed",
            "eligible",
            "dose_prepared",
            "dose_checked",
            "baseline",
            "start_limits",
        ),
    ),
    "pause": Act("pause the infusion", {INFUSING: PAUSED}, "InfusionEvent"),
    "rate": Act("change the rate", {INFUSING: INFUSING}, "InfusionEvent"),
    "bolus": Act("give a bolus", {INFUSING: INFUSING}, "InfusionEvent"),
    "resume": Act(
        "resume the infusion",
        {PAUSED: INFUSING},
        "InfusionEvent",
        requires=("stop_acknowledged", "within_limits", "effect_decided", "reading_overdue"),
    ),
    "stop": Act("stop the infusion", dict.fromkeys(RUNNING, RECOVERING), "InfusionEvent"),
    "explain_stop": Act("explain an early stop", _staying(RECOVERING, DISCHARGED), "InfusionEvent"),
    "not_given": Act(
        "record that nothing was given", dict.fromkeys(BEFORE_START, NOT_GIVEN), "InfusionEvent"
    ),
    "discharge": Act(
        "discharge the patient",
        {RECOVERING: DISCHARGED},
        "Discharge",
        requires=(
            "stop_explained",
            "observed",
            "vitals_after_stop",
            "vitals_fresh",
            "near_baseline",
            "pressure",
            "alerts_open",
            "dissociation",
            "vomiting",
            "side_effects",
            "suicidality",
            "fit",
            "oriented",
            "escort",
            "escort_seen",
            "iv_removed",
            "instructions",
        ),
    ),
    "sign": Act(
        "sign the record",
        dict.fromkeys(ENDED, SIGNED),
        "SignedRecord",
        requires=("alerts_resolved", "waste_witnessed", "drug_accounted"),
    ),
    # Asked of an amendment that brings a waste: no other changes the account.
    "amend": Act("amend the record", {SIGNED: SIGNED}, "SignedRecord", requires=("drug_accounted",)),
}

MISSING: Final[Mapping[str, str]] = {
    "checklist_complete": "Answer every item of the checklist.",
    "checklist_passed": "An item of the checklist does not pass: the prescriber must decide.",
    "safety_assessed": "An urgent answer to a questionnaire must be assessed by a prescriber.",
    "chart_answered": "A prescriber must answer what the chart says, on the plan.",
    "session_reviewed": "A prescriber must look at what has come up and decide, on the plan.",
    "eligible": "A prescriber has decided against treating for now: they decide again, or end the plan.",
    "dose_prepared": "Prepare the dose on the worksheet.",
    "dose_checked": "A second person must check the dose with figures of their own.",
    "baseline": "Measure a full set of vital signs shortly before the start.",
    "start_limits": "Vital signs are past the start limits: measure again, or the prescriber decides.",
    "stop_acknowledged": "An alert has called the clinician to the chair: acknowledge it.",
    "within_limits": "A full set must be within the limits first, or the prescriber decides.",
    "effect_decided": "A serious side effect has not ended: record its end, or the prescriber decides.",
    "reading_overdue": "A reading is overdue: measure before going on.",
    "stop_explained": "The infusion stopped early: say why, and what the pump showed.",
    "observed": "The protocol's minimum observation time has not passed since the infusion stopped.",
    "vitals_after_stop": "Record vital signs after the infusion stopped.",
    "vitals_fresh": "The last pressure and pulse are too old to go home on: measure again.",
    "near_baseline": "Vital signs must be near the patient's own baseline, or the prescriber decides.",
    "pressure": "The pressure is past the caution limit: measure again, or the prescriber decides.",
    "alerts_open": "Resolve every alert before the patient goes home.",
    "dissociation": "Dissociation must be down to 1 of 10 or less.",  # domain.md 1.5 [D]
    "vomiting": "Vomiting has not ended.",
    "side_effects": "A side effect of grade 2 or more has not ended: the prescriber must decide.",
    "suicidality": "Suicidality was positive before: ask again.",
    "fit": "Discharge needs a score of 9 of 10 or more.",  # PADSS, domain.md 1.5 [V:20,21]
    "oriented": "The patient must be oriented to person, place and time.",  # domain.md 1.5 [D]
    "escort": "Name the adult who takes the patient home, with a phone number.",
    "escort_seen": "See the adult who takes the patient home.",
    "iv_removed": "Remove the IV.",
    "instructions": "Give the written instructions.",
    "alerts_resolved": "Resolve every alert.",
    "waste_witnessed": "Somebody else must witness what was wasted.",
    "drug_accounted": "Account for what was drawn: it was given or wasted.",  # domain.md 1.4 [G]
}


@dataclass(frozen=True)
class Blocker:
    """Something that an act still needs: a stable code and a sentence that names what is missing."""

    code: str
    detail: str


def refusal(act: Act, state: str) -> str:
    """Why the act isn't possible in this state, and in which it is; nothing when it is possible."""
    if act.allows(state):
        return ""
    possible = " or ".join(spoken(name) for name in act.moves)
    return f"You can't {act.verb} now: the session is {spoken(state)}, and must be {possible}."


def blockers(act: Act, unmet: Mapping[str, str]) -> list[Blocker]:
    """The act's requirements that are not met, in the table's order.

    `unmet` maps a requirement's code to a detail in words ("fasting, ride"), or to nothing.
    """
    unknown = set(unmet) - set(act.requires)
    if unknown:
        raise ValueError(f"{act.verb!r} does not require {sorted(unknown)}")
    return [
        Blocker(code, f"{MISSING[code]} {unmet[code]}".rstrip()) for code in act.requires if code in unmet
    ]


def possible(state: str) -> list[str]:
    """The names of the acts that this state allows, in the table's order."""
    return [name for name, act in ACTS.items() if act.allows(state)]


def spoken(state: str) -> str:
    return state.replace("_", " ")
