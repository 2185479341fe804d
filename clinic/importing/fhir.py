"""FHIR R4 resources (US Core) read into plain records, or the reasons why not. Pure: no Django, no files.

What is read is what Chairside needs; what it must not keep is dropped here already (see
docs/security.md): Social Security numbers, driver's licences, passports, race, ethnicity, birthplace,
mother's maiden name, marital status, coordinates. Reasons name the element, never its value.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from clinic import era
from clinic.importing.records import AllergyRecord, Identifier, PatientRecord, Unusable, fitting
from clinic.visible_text import is_visible

Resource = Mapping[str, Any]

GENDERS = ("male", "female", "other", "unknown")
# HL7 v2-0203: medical record number, patient internal identifier, patient external identifier.
MEDICAL_RECORD = "MR"
KEPT_IDENTIFIER_TYPES = ("MR", "PI", "PT")
# Social Security numbers and driver's licences that come without a type, told by their system.
DROPPED_SYSTEMS = re.compile(r"us-ssn|2\.16\.840\.1\.113883\.4\.(1|3\.\d+)$")
SET_ASIDE_USES = ("old", "maiden", "nickname", "anonymous", "temp")
FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_patient(resource: Resource, *, today: date) -> PatientRecord:
    """A US Core Patient. Raises `Unusable` with every reason at once."""
    reasons: list[str] = []
    source_id = _text(resource.get("id"))
    if not source_id:
        reasons.append("id is missing.")
    if resource.get("active") is False:
        reasons.append("active is false: the source has withdrawn this record.")
    name = _best(resource.get("name"), ["official", "usual"])
    family, given = _text(name.get("family")), " ".join(_texts(name.get("given")))
    if not is_visible(family):
        reasons.append("name has no family name.")
    if not is_visible(given):
        reasons.append("name has no given name.")
    birth_date = _birth_date(resource.get("birthDate"), today, reasons)
    gender = resource.get("gender", "unknown")
    if gender not in GENDERS:
        reasons.append(f"gender must be one of {', '.join(GENDERS)}.")
    mrn, identifiers = _identifiers(resource.get("identifier"), source_id)
    address = _best(resource.get("address"), ["home", "work"])
    if reasons or birth_date is None:
        raise Unusable(reasons)
    return fitting(
        PatientRecord(
            source_id=source_id,
            mrn=mrn,
            identifiers=identifiers,
            family_name=family,
            given_names=given,
            birth_date=birth_date,
            deceased=resource.get("deceasedBoolean") is True or "deceasedDateTime" in resource,
            gender=gender,
            phone=_telecom(resource, ("phone", "sms")),
            email=_telecom(resource, ("email",)),
            address_line=", ".join(_texts(address.get("line"))),
            city=_text(address.get("city")),
            state=_text(address.get("state")),
            postal_code=_text(address.get("postalCode")),
            language=_language(resource),
        ),
        {
            "mrn": mrn.value,
            "identifier": "".join(each.system + each.value for each in identifiers),
        },
    )


def read_allergy(resource: Resource) -> AllergyRecord:
    """A US Core AllergyIntolerance. Raises `Unusable` with every reason at once."""
    reasons: list[str] = []
    source_id = _text(resource.get("id"))
    if not source_id:
        reasons.append("id is missing.")
    code = _object(resource.get("code"))
    coding = _first(code.get("coding"))
    substance = _text(code.get("text")) or _text(coding.get("display"))
    if not substance:
        reasons.append("code has neither a text nor a display: what is the allergy to?")
    reference = _text(_object(resource.get("patient")).get("reference"))
    if not reference:
        reasons.append("patient has no reference.")
    if reasons:
        raise Unusable(reasons)
    return fitting(
        AllergyRecord(
            source_id=source_id,
            patient_reference=normal_reference(reference),
            substance=substance,
            code_system=_text(coding.get("system")),
            code=_text(coding.get("code")),
            category=", ".join(_texts(resource.get("category"))),
            criticality=_text(resource.get("criticality")),
            reaction=_reactions(resource),
            clinical_status=_text(_first(_object(resource.get("clinicalStatus")).get("coding")).get("code"))
            or "active",
            verification_status=_text(
                _first(_object(resource.get("verificationStatus")).get("coding")).get("code")
            ),
            recorded_at=_moment(resource.get("recordedDate")),
        ),
        {},
    )


def normal_reference(reference: str) -> str:
    """ "https://ehr.example/fhir/Patient/7/_history/2" and "Patient/7" are the same; a URN stays."""
    found = re.search(r"(?:^|/)(Patient/[^/]+)(?:/_history/[^/]+)?$", reference)
    return found[1] if found else reference


def _identifiers(given: Any, source_id: str) -> tuple[Identifier, tuple[Identifier, ...]]:
    """(the medical record number, all that are kept); the resource's id stands in where none is given."""
    kept: list[tuple[str, Identifier]] = []
    for each in _objects(given):
        kind = _text(_first(_object(each.get("type")).get("coding")).get("code"))
        identifier = Identifier(_text(each.get("system")), _text(each.get("value")))
        if not identifier.value or each.get("use") == "old" or DROPPED_SYSTEMS.search(identifier.system):
            continue
        if not kind or kind in KEPT_IDENTIFIER_TYPES:
            kept.append((kind, identifier))
    numbers = [identifier for kind, identifier in kept if kind == MEDICAL_RECORD]
    everything = tuple(dict.fromkeys(identifier for _, identifier in kept))
    first = (numbers or list(everything) or [Identifier("", source_id)])[0]
    return first, everything


def _birth_date(given: Any, today: date, reasons: list[str]) -> date | None:
    """FHIR allows a year or a month; a clinic needs the day."""
    text = _text(given)
    try:
        found = date.fromisoformat(text) if FULL_DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if not text:
        reasons.append("birthDate is missing.")
    elif re.fullmatch(r"\d{4}(-\d{2})?", text):
        reasons.append("birthDate is only a year or a month; give the full date, YYYY-MM-DD.")
    elif found is None:
        reasons.append("birthDate is not a date; write YYYY-MM-DD.")
    elif found > today:
        reasons.append("birthDate is in the future.")
    elif not era.holds(found):
        reasons.append("birthDate is before 1900.")
    return found


def _telecom(resource: Resource, systems: tuple[str, ...]) -> str:
    points = [point for point in _objects(resource.get("telecom")) if point.get("system") in systems]
    return _text(_best(points, ["mobile", "home", "work"]).get("value"))


def _language(resource: Resource) -> str:
    """The primary subtag of the preferred language, or of the first: en-US is en."""
    spoken = _objects(resource.get("communication"))
    for entry in sorted(spoken, key=lambda entry: entry.get("preferred") is not True):
        code = _text(_first(_object(entry.get("language")).get("coding")).get("code"))
        primary = code.partition("-")[0].lower()
        if re.fullmatch(r"[a-z]{2,3}", primary):
            return primary
    return "en"


def _reactions(resource: Resource) -> str:
    """ "Dyspnea (finding), moderate; Urticaria": each manifestation with its severity, once."""
    said = []
    for reaction in _objects(resource.get("reaction")):
        for manifestation in _objects(reaction.get("manifestation")):
            words = _text(manifestation.get("text")) or _text(
                _first(manifestation.get("coding")).get("display")
            )
            severity = _text(reaction.get("severity"))
            if words:
                said.append(f"{words}, {severity}" if severity else words)
    return "; ".join(dict.fromkeys(said))


def _moment(given: Any) -> datetime | None:
    """A FHIR dateTime with its offset; a bare year, month or day is no moment, nor one before 1900."""
    try:
        moment = datetime.fromisoformat(_text(given))
    except ValueError:
        return None
    return moment if moment.tzinfo and era.holds(moment.date()) else None


def _best(given: Any, uses: Iterable[str]) -> Resource:
    """The first entry with the first of these uses, else the first that isn't set aside, else nothing."""
    entries = _objects(given)
    for use in uses:
        for entry in entries:
            if entry.get("use") == use:
                return entry
    return next((entry for entry in entries if entry.get("use") not in SET_ASIDE_USES), {})


def _object(given: Any) -> Resource:
    return given if isinstance(given, Mapping) else {}


def _objects(given: Any) -> list[Resource]:
    return [entry for entry in given if isinstance(entry, Mapping)] if isinstance(given, list) else []


def _first(given: Any) -> Resource:
    return next(iter(_objects(given)), {})


def _text(given: Any) -> str:
    return given.strip() if isinstance(given, str) else ""


def _texts(given: Any) -> list[str]:
    return [text for text in map(_text, given) if text] if isinstance(given, list) else []
