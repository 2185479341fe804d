"""The words for side effects, and the codes of these and of vital signs: maps that can be replaced, and how
they are read.

Terms, SNOMED CT and ICD-10-CM codes are those of domain.md 4.1. SNOMED: (S) HL7 symptoms IG, (H) HPO's
cross-references, (D) DICOM CID 60; ICD-10-CM checked in the 2026 package data [V:X]. An empty code is one
that domain.md has not verified. `escalate` follows its column "escalate". LOINC and UCUM are its section 3.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Escalate = Literal["", "before_next_session", "now"]


@dataclass(frozen=True)
class Term:
    label: str
    snomed: str = ""
    icd10cm: str = ""
    escalate: Escalate = ""


TERMS: Final[Mapping[str, Term]] = {
    "dizziness": Term("Dizziness", "404640003", "R42"),  # (S)
    "nausea": Term("Nausea", "422587007", "R11.0"),  # (S,H)
    "vomiting": Term("Vomiting", "422400008", "R11.10"),  # (H)
    "nausea_vomiting": Term("Nausea and vomiting", "16932000", "R11.2"),  # (H,D)
    "dissociation": Term("Dissociation or depersonalisation"),  # not verified; F48.1 is the disorder
    "hallucination": Term("Hallucination", "7011001", "R44.3"),  # (H)
    "visual_hallucination": Term("Hallucination, visual", "64269007", "R44.3"),  # (H)
    "auditory_hallucination": Term("Hallucination, auditory", "45150006", "R44.3"),  # (H)
    "anxiety": Term("Anxiety or panic", "48694002", "F41.9"),  # (S,H)
    "dysphoria": Term("Dysphoria", "", "F41.9"),  # not verified
    "agitation": Term("Agitation", "24199005"),  # (S,H)
    "raised_blood_pressure": Term("Raised blood pressure", "24184005", "R03.0"),  # (H)
    "tachycardia": Term("Tachycardia", "3424008", "R00.0"),  # (H)
    "bradycardia": Term("Bradycardia", "48867003"),  # (H)
    "hypotension": Term("Hypotension", "45007003", escalate="now"),  # (H,S)
    "syncope": Term("Syncope", "271594007", escalate="now"),  # (H,S)
    "chest_pain": Term("Chest pain", "29857009", escalate="now"),  # (H)
    "headache": Term("Headache", "25064002", "R51.9"),  # (H,D)
    "drowsiness": Term("Drowsiness or sedation", "271782001", "R40.0"),  # (H)
    "double_vision": Term("Double vision", "24982008", "H53.2"),  # (H)
    "blurred_vision": Term("Blurred vision", "111516008", "H53.8"),  # (H,S)
    "nystagmus": Term("Nystagmus", "563001", "H55.00"),  # (H)
    "salivation": Term("Excessive salivation", "53827007", "K11.7"),  # (H)
    "slurred_speech": Term("Slurred speech", "8011004"),  # (H)
    "unsteady_gait": Term("Unsteady gait", "85102008"),  # (H)
    "tingling": Term("Tingling", "91019004"),  # (H)
    "laryngospasm": Term("Laryngospasm", "", "J38.5", escalate="now"),  # not verified
    # HPO lists three codes under hypoventilation: none is chosen here.
    "respiratory_depression": Term("Respiratory depression", "", "R06.89", escalate="now"),
    "apnoea": Term("Apnoea", "1023001", "R06.89", escalate="now"),  # (H)
    "hypoxaemia": Term("Hypoxaemia", "389087006", escalate="now"),  # (H)
    "dysuria": Term("Dysuria", "49650001", escalate="before_next_session"),  # (H)
    "urinary_urgency": Term("Urinary urgency", "75088002", escalate="before_next_session"),  # (H)
    "urinary_frequency": Term("Urinary frequency", "162116003", escalate="before_next_session"),  # (H)
    "haematuria": Term("Haematuria", "34436003", escalate="before_next_session"),  # (H)
    "cystitis": Term("Cystitis", "", "N30.90", escalate="before_next_session"),
    "seizure": Term("Seizure", escalate="now"),  # 4.2, "must escalate at once"
    "neurological_deficit": Term("New neurological deficit", escalate="now"),  # 4.2
    "suicidal_thoughts": Term("Suicidal thoughts", "6471006", "R45.851", escalate="now"),  # (S,H)
    "allergic_reaction": Term("Allergic reaction or anaphylaxis", escalate="now"),
    "iv_site": Term("IV site: pain or infiltration"),
    "craving": Term("Craving", escalate="now"),
    "use_outside": Term("Use outside the clinic", escalate="now"),
}


@dataclass(frozen=True)
class SignCode:
    """A vital sign for other systems: LOINC codes, of which oxygen saturation has two and what nobody has
    verified none, the panel of which it is a component, and its unit in UCUM."""

    loinc: tuple[str, ...]
    ucum: str
    panel: str = ""


BLOOD_PRESSURE: Final = "85354-9"  # the panel with its two components
SIGN_CODES: Final[Mapping[str, SignCode]] = {
    "systolic_mmhg": SignCode(("8480-6",), "mm[Hg]", BLOOD_PRESSURE),
    "diastolic_mmhg": SignCode(("8462-4",), "mm[Hg]", BLOOD_PRESSURE),
    "mean_mmhg": SignCode(("8478-0",), "mm[Hg]"),
    "heart_rate_per_min": SignCode(("8867-4",), "/min"),
    "respiratory_rate_per_min": SignCode(("9279-1",), "/min"),
    "oxygen_saturation_percent": SignCode(("2708-6", "59408-5"), "%"),  # FHIR R4 the first, US Core both
    "oxygen_l_per_min": SignCode(("3151-8",), "L/min"),
    "end_tidal_co2_mmhg": SignCode(("19889-5",), "mm[Hg]"),
    "temperature_cel": SignCode(("8310-5",), "Cel"),
    "pain_nrs": SignCode(("72514-3",), "{score}"),
    # None verified: our own names are their codes.
    "rass": SignCode((), "{score}"),
    "dissociation": SignCode((), "{score}"),
    "distress": SignCode((), "{score}"),
}

# Those that a chair sees most (domain.md 4.2): each of at least 20 % in the trial [V:3] or with esketamine
# [V2:12], then those of the series of infusions [V:8].
COMMON: Final = (
    "dissociation",
    "dizziness",
    "nausea",
    "headache",
    "anxiety",
    "vomiting",
    "raised_blood_pressure",
    "drowsiness",
)


def term_of(term: str) -> Term:
    """One that the vocabulary no longer has stands as it was recorded, without a code."""
    return TERMS.get(term) or Term(term)


def label_of(term: str) -> str:
    """The term in words."""
    return term_of(term).label
