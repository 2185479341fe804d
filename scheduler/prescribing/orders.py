"""What a prescriber has filled in of a plan, compared with the protocol version, the screen and the chart:
every fault, each at its field. Nothing here chooses a dose, and nothing is written: that is `plans`' work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from clinic import clock
from clinic.models import Patient
from scheduler.models import Protocol, ProtocolStatus
from scheduler.prescribing import charted, screening
from scheduler.vocabulary import ICD_10_CM, feature_error, plain_amount

DOSE_PLACES: Final = Decimal("0.001")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a prescriber has filled in of a plan so far; None is what can't be read yet."""

    protocol: Protocol | None
    indication: str | None
    ordered_dose: Decimal | None
    soft_limit_acknowledged: bool
    sessions_ordered: int | None
    valid_from: date | None
    valid_until: date | None
    chair_features: Sequence[str]
    findings: Mapping[str, screening.Answer]


def errors_of(order: Order, *, patient: Patient, now: datetime) -> list[dict[str, str]]:
    """Everything that needs mending in what is known of an order, each at its field, as `write_plan` says it.

    What is not known yet is not judged, and neither is what depends on it.
    """
    wrong: list[dict[str, str]] = []
    if order.protocol is not None:
        wrong += errors_under(order.protocol, order, patient=patient)
    if order.valid_from is not None and order.valid_until is not None:
        today = clock.local_date(now, patient.clinic.time_zone)
        wrong += _validity_errors(order.valid_from, order.valid_until, today)
    wrong += _feature_errors(order.chair_features)
    on_chart = charted.against(patient, order.protocol, now=now)
    wrong += [
        _error(f"findings.{obstacle.item}", obstacle.mend, code=obstacle.code)
        for obstacle in screening.obstacles(order.findings, on_chart)
    ]
    return wrong


def errors_under(protocol: Protocol, order: Order, *, patient: Patient) -> list[dict[str, str]]:
    """What of an order this version of a protocol doesn't allow; a part of `errors_of`."""
    wrong = _protocol_errors(patient, protocol)
    if order.indication is not None:
        wrong += _indication_errors(protocol, order.indication)
    if order.sessions_ordered is not None:
        wrong += _session_errors(protocol, order.sessions_ordered)
    if order.ordered_dose is not None:
        acknowledged = order.soft_limit_acknowledged
        wrong += dose_errors(protocol, order.ordered_dose, soft_limit_acknowledged=acknowledged)
    return wrong


def dose_errors(protocol: Protocol, dose: Decimal, *, soft_limit_acknowledged: bool) -> list[dict[str, str]]:
    """What is wrong with a dose under this protocol: a hard limit, or soft range not acknowledged."""
    unit = protocol.dose_basis
    if dose <= 0:
        return [_error("ordered_dose", f"Order a dose above 0 {unit}.")]
    if dose != dose.quantize(DOSE_PLACES):
        return [_error("ordered_dose", f"Give at most three decimals of {unit}.")]
    if dose > protocol.dose_hard_max:
        return [
            _error(
                "ordered_dose",
                f"{plain_amount(dose)} {unit} is above this protocol's limit of"
                f" {plain_amount(protocol.dose_hard_max)} {unit}. Order less.",
                code="hard_limit",
            )
        ]
    if protocol.dose_hard_min is not None and dose < protocol.dose_hard_min:
        return [
            _error(
                "ordered_dose",
                f"{plain_amount(dose)} {unit} is below this protocol's lowest dose of"
                f" {plain_amount(protocol.dose_hard_min)} {unit}. Order more.",
                code="hard_limit",
            )
        ]
    if not protocol.dose_soft_min <= dose <= protocol.dose_soft_max and not soft_limit_acknowledged:
        return [
            _error(
                "soft_limit_acknowledged",
                f"{plain_amount(dose)} {unit} is outside this protocol's usual range of"
                f" {plain_amount(protocol.dose_soft_min)} to {plain_amount(protocol.dose_soft_max)} {unit}."
                " Acknowledge it, or order a dose inside the range.",
                code="soft_limit",
            )
        ]
    return []


def _protocol_errors(patient: Patient, protocol: Protocol) -> list[dict[str, str]]:
    wrong = []
    if patient.deceased:
        wrong.append(_error("patient", "This patient is recorded as deceased."))
    if protocol.clinic_id != patient.clinic_id:
        wrong.append(_error("protocol", "Choose a protocol of the patient's clinic."))
    elif protocol.status != ProtocolStatus.ACTIVE:
        wrong.append(
            _error(
                "protocol",
                f"{protocol.code} version {protocol.version} is not in force."
                " A prescriber activates a protocol by signing it.",
                code="protocol_inactive",
            )
        )
    return wrong


def _indication_errors(protocol: Protocol, indication: str) -> list[dict[str, str]]:
    if not ICD_10_CM.fullmatch(indication):
        return [_error("indication", "Give an ICD-10-CM code with its point, such as F33.2.")]
    if indication not in protocol.indications:
        return [
            _error(
                "indication",
                f"{protocol.code} is for {', '.join(protocol.indications)}."
                " Choose one of these, or another protocol.",
            )
        ]
    return []


def _session_errors(protocol: Protocol, sessions: int) -> list[dict[str, str]]:
    if 1 <= sessions <= protocol.series_max:
        return []
    return [_error("sessions_ordered", f"Order 1 to {protocol.series_max} sessions under {protocol.code}.")]


def _validity_errors(valid_from: date, valid_until: date, today: date) -> list[dict[str, str]]:
    if valid_until < valid_from:
        return [_error("valid_until", "The last day must not be before the first.")]
    if valid_until < today:
        return [_error("valid_until", "This day is past. Give a day from today on.")]
    return []


def _feature_errors(features: Sequence[str]) -> list[dict[str, str]]:
    unsaid = feature_error(features)
    return [_error("chair_features", unsaid)] if unsaid else []


def _error(field: str, mend: str, *, code: str = "invalid") -> dict[str, str]:
    return {"field": field, "code": code, "detail": mend}
