"""PRN medicines beside the infusion: by the protocol's order set, or on the order of a named prescriber.

An order set is what the prescriber signed with the protocol version: it fills in amount, unit and route, and
its amount is the most that one session gives without another order. Nothing is chosen here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.models import Membership, Role
from clinic.problems import Invalid
from clinic.visible_text import hidden_in, said
from scheduler.vocabulary import spoken_unit
from sessions_app import recording
from sessions_app.models import MedicineGiven, Session
from sessions_app.preparing.dosing import plain

# Shorter words say too little to compare names by, such as the "of" and "IV" of a note.
TELLING: Final = 4
NOT_AN_ALLERGY: Final = ("refuted", "entered-in-error")  # FHIR allergyintolerance-verification


@dataclass(frozen=True, kw_only=True)
class Medicine:
    """What was given. Without `ordered_by` it is by the order set, which fills in what is left out."""

    medicine: str
    given_at: datetime
    amount: Decimal | None = None
    unit: str = ""
    route: str = ""
    reason: str = ""
    ordered_by_id: UUID | None = None
    allergy_reason: str = ""


def give(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    medicine: Medicine,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> MedicineGiven:
    """Keep that a medicine was given; a correction is a new line that names the old one and why.

    Raises `Invalid` naming the field: not in the order set or past it and no prescriber named, somebody who
    does not prescribe here, a moment that can't be; code `confirm` on `allergy_reason` for a medicine that
    the patient has an allergy to on record.
    """

    def drafted(current: Session) -> MedicineGiven:
        return draft(
            actor=actor,
            id=id,
            session=current,
            medicine=medicine,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )

    return recording.keep(session, "medicine", drafted, revision=revision, now=now)


def draft(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    medicine: Medicine,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None = None,
    now: datetime,
) -> MedicineGiven:
    """The line for this medicine, checked and not yet saved. The session must be locked."""
    filled = filled_in(medicine, session)
    lines = {"medicine": medicine.medicine, "unit": medicine.unit, "route": medicine.route}
    errors = {
        **hidden_in(lines),
        **_moment_errors(filled, session, now),
        **(_order_errors(filled, session, corrects) or _prescriber_errors(filled, session, corrects)),
    }
    if errors:
        raise Invalid(errors)
    _check_allergies(filled, session)
    return recording.draft(
        MedicineGiven,
        filled,
        actor=actor,
        id=id,
        session=session,
        corrects=corrects,
        correction_reason=correction_reason,
        amendment_id=amendment_id,
        now=now,
    )


def order_set(session: Session) -> list[Mapping[str, Any]]:
    """The protocol version's PRN medicines: medicine, amount, unit, route and reason of each."""
    return list(session.protocol.prn_medicines)


def filled_in(medicine: Medicine, session: Session) -> Medicine:
    """With what the order set says where nothing was entered; a prescriber's own order stays as it is."""
    medicine = replace(
        medicine,
        medicine=said(medicine.medicine),
        unit=said(medicine.unit),
        route=said(medicine.route),
        reason=said(medicine.reason),
    )
    order = _order(session, medicine.medicine)
    if medicine.ordered_by_id is not None or order is None:
        return medicine
    return replace(
        medicine,
        amount=Decimal(str(order["amount"])) if medicine.amount is None else medicine.amount,
        unit=medicine.unit or order["unit"],
        route=medicine.route or order["route"],
        reason=medicine.reason or order["reason"],
    )


def matching_allergies(session: Session, medicine: str) -> list[str]:
    """The substances on record that this medicine's name may be, by their words; "sulfa" finds
    "Sulfamethoxazole". Rather one too many: whoever knows better says so with a reason."""
    on_record = session.patient.allergies.exclude(verification_status__in=NOT_AN_ALLERGY)
    substances = on_record.order_by("substance").values_list("substance", flat=True)
    return [substance for substance in substances if same_name(substance, medicine)]


def same_name(substance: str, medicine: str) -> bool:
    one, other = _words(substance), _words(medicine)
    return bool(one & other) or any(
        len(word) >= TELLING and any(word in longer for longer in words)
        for shorter, words in ((one, other), (other, one))
        for word in shorter
    )


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.casefold()))


def _order(session: Session, medicine: str) -> Mapping[str, Any] | None:
    named = medicine.casefold()
    return next((each for each in order_set(session) if each["medicine"].casefold() == named), None)


def _moment_errors(medicine: Medicine, session: Session, now: datetime) -> dict[str, str]:
    if medicine.given_at > now:
        return {"given_at": "This moment is in the future."}
    if medicine.given_at < session.arrived_at:
        return {"given_at": "This moment is before the patient arrived."}
    if session.discharged_at and medicine.given_at > session.discharged_at:
        return {"given_at": "The patient had gone home by this moment."}
    return {}


def _order_errors(medicine: Medicine, session: Session, corrects: UUID | None) -> dict[str, str]:
    """What the order set says against it; a prescriber's own order needs no order set."""
    if not medicine.medicine:
        return {"medicine": "Name the medicine."}
    if medicine.ordered_by_id is not None:
        needed = {"unit": medicine.unit, "route": medicine.route, "reason": medicine.reason}
        found = {name: "Enter what the prescriber ordered." for name, given in needed.items() if not given}
        if medicine.amount is None or medicine.amount <= 0:
            found["amount"] = "Enter the amount, above 0."
        return found
    order = _order(session, medicine.medicine)
    if order is None:
        return {"ordered_by": "This is not in the protocol's order set: name the prescriber who ordered it."}
    found = {
        name: f"The order set says {spoken_unit(order[name])}: a change needs a prescriber's order."
        for name in ("unit", "route")
        if getattr(medicine, name) != order[name]
    }
    most, before = Decimal(str(order["amount"])), _by_order_set(session, medicine.medicine, corrects)
    if medicine.amount is None or medicine.amount <= 0:
        found["amount"] = "Enter the amount, above 0."
    elif before + medicine.amount > most:
        so_far = f" {plain(before)} {spoken_unit(order['unit'])} were given already." if before else ""
        found["amount"] = (
            f"The order set allows {plain(most)} {spoken_unit(order['unit'])} a session.{so_far} "
            "More needs a prescriber's order."
        )
    return found


def _by_order_set(session: Session, medicine: str, corrects: UUID | None) -> Decimal:
    """How much of it was given by the order set, without the line that is being corrected."""
    lines = recording.standing(MedicineGiven, session).filter(
        medicine__iexact=medicine, ordered_by__isnull=True
    )
    return sum(lines.exclude(pk=corrects).values_list("amount", flat=True), Decimal(0))


def _prescriber_errors(medicine: Medicine, session: Session, corrects: UUID | None) -> dict[str, str]:
    """Whoever ordered it prescribes here; a corrected line keeps its order, also of somebody who has left."""
    if medicine.ordered_by_id is None:
        return {}
    ordered = MedicineGiven.objects.filter(session=session, ordered_by_id=medicine.ordered_by_id)
    if corrects is not None and ordered.filter(pk=corrects).exists():
        return {}
    prescribes = Membership.objects.filter(
        user_id=medicine.ordered_by_id,
        clinic_id=session.clinic_id,
        role=Role.PRESCRIBER,
        user__is_active=True,
    )
    return {} if prescribes.exists() else {"ordered_by": "Choose a prescriber of this clinic."}


def _check_allergies(medicine: Medicine, session: Session) -> None:
    found = matching_allergies(session, medicine.medicine)
    if found and not said(medicine.allergy_reason):
        raise Invalid(
            [
                {
                    "field": "allergy_reason",
                    "code": "confirm",
                    "detail": "An allergy on record has this name. If it is given all the same, say why.",
                }
            ]
        )
