"""The contraindication screen: what is asked, and what the answers mean. Pure.

Items are domain.md 1.2. Whether one is relative or absolute is the prescriber's call; the severity here is
the default that is shown beside the question [D]. `unknown` blocks, and so does `present` without an
override and its reason [D].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from clinic.visible_text import said

Severity = Literal["absolute", "relative", "caution"]


@dataclass(frozen=True)
class Item:
    """One question of the screen. `source` is the tag in domain.md."""

    code: str
    question: str
    severity: Severity
    source: str


@dataclass(frozen=True)
class Answer:
    """What was found; `override_reason` is a prescriber's, for going ahead all the same."""

    finding: str
    override_reason: str = ""


@dataclass(frozen=True)
class Obstacle:
    """Why the screen does not pass, at which item, and the mend."""

    item: str
    code: Literal[
        "unanswered", "unknown", "present", "against_chart", "override_without_finding", "not_an_item"
    ]
    mend: str


ITEMS: Final[tuple[Item, ...]] = (
    # The 2018 chronic-pain consensus.
    Item("cardiovascular_uncontrolled", "Poorly controlled cardiovascular disease", "absolute", "V:5"),
    Item("pregnancy", "Pregnancy", "absolute", "V:5"),
    Item("psychosis_active", "Active psychosis", "absolute", "V:5"),
    Item("liver_disease_severe", "Severe liver disease", "absolute", "V:5"),
    Item("liver_disease_moderate", "Moderate liver disease", "caution", "V:5"),
    Item("pressure_raised", "Raised intracranial or intraocular pressure", "absolute", "V:5"),
    Item("substance_abuse_active", "Active substance abuse", "absolute", "V:5"),
    # A Canadian infusion centre's exclusions.
    Item("psychotic_depression", "Psychotic depression", "relative", "V:10"),
    Item("dissociative_disorder", "Dissociative disorder", "relative", "V:10"),
    Item("personality_disorder", "Significant personality disorder", "relative", "V:10"),
    Item("substance_48h", "Alcohol or a non-prescribed substance within 48 hours", "relative", "V:10"),
    Item("substance_dependence", "Substance dependence", "relative", "V:10"),
    Item("dementia_delirium", "Dementia or delirium", "relative", "V:10"),
    Item("breastfeeding", "Breastfeeding", "relative", "V:10"),
    Item("ketamine_sensitivity", "Known sensitivity to ketamine", "absolute", "V:10"),
    Item("stroke", "Previous stroke", "relative", "V:10"),
    Item("cardiovascular_event_6w", "Major cardiovascular event within 6 weeks", "relative", "V:10"),
    # The label.
    Item(
        "pressure_rise_hazardous",
        "Any state in which a marked rise in blood pressure is hazardous",
        "absolute",
        "V2:25",
    ),
    # Also to be asked.
    Item("mania", "Mania, or bipolar disorder without a mood stabiliser", "relative", "G"),
    Item("thyroid_uncontrolled", "Uncontrolled thyroid disease", "relative", "G"),
    Item("seizure_disorder", "Seizure disorder", "relative", "G"),
    Item("sleep_apnoea", "Sleep apnoea", "caution", "G"),
    Item("glaucoma", "Glaucoma", "relative", "G"),
    Item("porphyria", "Porphyria", "relative", "G"),
    Item("urinary_symptoms", "Urinary symptoms", "caution", "G"),
    Item("aneurysm", "Aneurysm", "absolute", "G"),
    Item("maoi", "Takes an MAO inhibitor", "caution", "G"),
    Item("theophylline", "Takes theophylline (label interaction)", "relative", "G"),
    Item("benzodiazepine", "Takes a benzodiazepine (may blunt the effect)", "caution", "G"),
    Item("lamotrigine", "Takes lamotrigine (may blunt the effect)", "caution", "G"),
    Item("sedatives", "Takes opioids or other sedatives", "caution", "G"),
    Item("stimulants", "Takes stimulants", "caution", "G"),
)


# Asked only where the chart says that the patient's age is one that the protocol is not for; which ages those
# are is the clinic's to say.
AGE: Final = Item("age", "Age outside the protocol's", "relative", "ours")
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
AGAINST_CHART: Final = (
    "Answer present with your reason to go ahead, or correct the chart first if it is wrong."
)


def obstacles(answers: Mapping[str, Answer], on_chart: Mapping[str, str] = NOTHING) -> list[Obstacle]:
    """Everything that keeps the screen from passing, in the order of the questions; empty when it passes.

    `on_chart` is what the chart says, by item: there neither absent nor
    silence is an answer.
    """
    asked = (AGE, *ITEMS) if AGE.code in on_chart or AGE.code in answers else ITEMS
    known = {item.code for item in asked}
    found = [
        Obstacle(code, "not_an_item", "This is not an item of the screen.")
        for code in answers
        if code not in known
    ]
    for item in asked:
        answer = answers.get(item.code)
        if item.code in on_chart and (answer is None or answer.finding == "absent"):
            found.append(Obstacle(item.code, "against_chart", f"{on_chart[item.code]} {AGAINST_CHART}"))
        elif answer is None:
            found.append(Obstacle(item.code, "unanswered", f"Answer: {item.question}."))
        elif answer.finding == "unknown":
            found.append(
                Obstacle(item.code, "unknown", "Unknown blocks: find out, then answer present or absent.")
            )
        elif answer.finding == "present" and not said(answer.override_reason):
            found.append(
                Obstacle(
                    item.code, "present", "Present blocks: give the reason for going ahead, or don't treat."
                )
            )
        elif answer.finding == "absent" and said(answer.override_reason):
            found.append(
                Obstacle(
                    item.code,
                    "override_without_finding",
                    "There is nothing to override: answer present, or leave the reason out.",
                )
            )
    return found
