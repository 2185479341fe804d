"""The arithmetic of a dose (domain.md 1.4), pure and in decimals only. It checks; it never chooses a dose.

Formula version 3: a bolus comes out of the bag (`infusing.pump`). By the versions before, a bolus counted on
top of it, and a session with such a worksheet is reckoned so for ever. Since version 2 the dose goes by the
dosing weight, which a protocol may cap, and a weight read in pounds is converted (version 1 knew the actual
weight in kilograms only). Rounding is half up: weight to 0.1 kg, dose to 0.1 mg, drug volume to 0.01 mL,
concentration to 0.001 mg/mL, rate to 0.1 mL/h. Volume and concentration come from the rounded dose, so that
each line of the worksheet follows from the one above it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from scheduler.vocabulary import STOCKS_MG_PER_ML

FORMULA_VERSION: Final = "3"
BOLUS_ON_TOP: Final = ("1", "2")  # the versions by which the bag gives no bolus

PER_KG: Final = "mg/kg"
PER_KG_PER_HOUR: Final = "mg/kg/h"
FIXED: Final = "mg"

ACTUAL: Final = "actual"
CAPPED: Final = "capped"

KG_PER_POUND: Final = Decimal("0.45359237")  # the avoirdupois pound, by definition; UCUM [lb_av]
WEIGHT_KG: Final = (Decimal(25), Decimal(350))  # domain.md 3.2, reject outside [D]
DILUTE_MG_PER_ML: Final = Decimal(100)  # must not go undiluted, domain.md 0.4 [V:24]
# The label's strongest dilution for a slow infusion, when fluid is restricted (domain.md 1.4 [V2:24]).
LABEL_MG_PER_ML: Final = Decimal(2)
# What an infusion pump can be set to: its display, not a clinical figure. A rate beyond it is a typing error.
MOST_ML_PER_H: Final = Decimal("9999.9")
WEIGHT_CHANGE: Final = Decimal("0.10")  # of the last weight, domain.md 1.4 [D]
POUNDS_PER_KG: Final = Decimal("2.2")
# "Near 2.2 or 0.45" (domain.md 1.4 [D]); how near is our choice: within a tenth of the ratio.
NEAR: Final = Decimal("0.1")


@dataclass(frozen=True)
class Order:
    """What goes into the arithmetic. `dose` is in `basis`; soft and hard limits are in the same unit.
    `stocks_mg_per_ml` and `bags_ml` are the protocol's; of none there is any to choose."""

    basis: str
    dose: Decimal
    weight_kg: Decimal
    stock_mg_per_ml: Decimal
    bag_volume_ml: Decimal
    minutes: int
    soft_min: Decimal
    soft_max: Decimal
    hard_max: Decimal
    hard_min: Decimal | None = None
    weight_basis: str = ACTUAL
    weight_cap_kg: Decimal | None = None
    total_soft_min_mg: Decimal | None = None
    total_hard_max_mg: Decimal | None = None
    stocks_mg_per_ml: Sequence[Decimal] = ()
    bags_ml: Sequence[Decimal] = ()
    least_minutes: int | None = None
    most_minutes: int | None = None
    dead_space_ml: Decimal = Decimal(0)

    @property
    def dosing_weight_kg(self) -> Decimal:
        """What a dose per kg goes by: the weight, or the protocol's cap when that is less."""
        if self.weight_basis == CAPPED and self.weight_cap_kg is not None:
            return min(self.weight_kg, self.weight_cap_kg)
        return self.weight_kg


@dataclass(frozen=True)
class Dose:
    """What comes out, already rounded."""

    dose_mg: Decimal
    drug_volume_ml: Decimal
    concentration_mg_per_ml: Decimal
    rate_ml_per_h: Decimal


def kilograms(pounds: Decimal) -> Decimal:
    """A weight read in pounds, to the 0.1 kg that a worksheet keeps."""
    return rounded(pounds * KG_PER_POUND, "0.1")


def pounds(weight_kg: Decimal) -> Decimal:
    """A weight in kilograms as a scale in pounds would show it, to 0.1 lb."""
    return rounded(weight_kg / KG_PER_POUND, "0.1")


def calculate(order: Order) -> Dose:
    """The four figures of the worksheet."""
    dose_mg = rounded(_in_mg(order, order.dose), "0.1")
    return Dose(
        dose_mg=dose_mg,
        drug_volume_ml=rounded(dose_mg / order.stock_mg_per_ml, "0.01"),
        concentration_mg_per_ml=rounded(dose_mg / order.bag_volume_ml, "0.001"),
        rate_ml_per_h=rounded(order.bag_volume_ml * 60 / order.minutes, "0.1"),
    )


def mg_per_kg(dose_mg: Decimal, dosing_weight_kg: Decimal) -> Decimal:
    """The whole infusion's dose per kg of the weight that it goes by, to 0.01 mg/kg."""
    return rounded(dose_mg / dosing_weight_kg, "0.01")


def most_mg(order: Order) -> Decimal:
    """The most mg that one session may give: the protocol's total, or what its hard limit comes to."""
    limit = rounded(_in_mg(order, order.hard_max), "0.1")
    return limit if order.total_hard_max_mg is None else min(limit, order.total_hard_max_mg)


def rounded(value: Decimal, step: str) -> Decimal:
    """Half up to a step such as "0.1"."""
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def refusals(order: Order) -> dict[str, str]:
    """Field by field, what stops this dose: impossible inputs and the protocol's hard limits."""
    found = {}
    low, high = WEIGHT_KG
    if not low <= order.weight_kg <= high:
        found["weight_kg"] = f"Enter a weight from {low} to {high} kg."
    if order.stock_mg_per_ml not in STOCKS_MG_PER_ML:
        known = ", ".join(str(stock) for stock in STOCKS_MG_PER_ML)
        found["stock_mg_per_ml"] = f"Read the strength on the vial: one of {known} mg/mL."
    elif order.stocks_mg_per_ml and order.stock_mg_per_ml not in order.stocks_mg_per_ml:
        found["stock_mg_per_ml"] = (
            f"The protocol draws from vials of {either(order.stocks_mg_per_ml)} mg/mL: take one of these, and"
            " read its strength again."
        )
    if order.bag_volume_ml <= 0:
        found["bag_volume_ml"] = "Enter the bag's final volume in mL."
    elif order.bags_ml and order.bag_volume_ml not in order.bags_ml:
        found["bag_volume_ml"] = (
            f"The protocol's bags hold {either(order.bags_ml)} mL in the end: prepare one of these."
        )
    elif not 0 <= order.dead_space_ml < order.bag_volume_ml:
        found["dead_space_ml"] = "What stays in the line is from 0 mL to less than the bag."
    if order.minutes <= 0:
        found["minutes"] = "Enter the minutes that the infusion runs."
    if order.dose <= 0:
        found["ordered_dose"] = "The plan orders no dose."
    elif order.dose > order.hard_max:
        found["ordered_dose"] = (
            f"{plain(order.dose)} {order.basis} passes the protocol's hard limit of "
            f"{plain(order.hard_max)} {order.basis}: the prescriber must write another plan."
        )
    elif order.hard_min is not None and order.dose < order.hard_min:
        found["ordered_dose"] = (
            f"{plain(order.dose)} {order.basis} is below the protocol's lowest dose of "
            f"{plain(order.hard_min)} {order.basis}: the prescriber must order another."
        )
    return found or _refusals_of_result(order)


def warning(order: Order) -> str:
    """What is unusual about this dose and allowed, in sentences, or nothing."""
    found = []
    if not order.soft_min <= order.dose <= order.soft_max:
        found.append(
            f"{plain(order.dose)} {order.basis} is outside the protocol's usual range of "
            f"{plain(order.soft_min)} to {plain(order.soft_max)} {order.basis}."
        )
    dose = calculate(order)
    if order.total_soft_min_mg is not None and dose.dose_mg < order.total_soft_min_mg:
        found.append(
            f"{plain(dose.dose_mg)} mg is less than the {plain(order.total_soft_min_mg)} mg that a session "
            "under this protocol usually comes to at least."
        )
    concentration = dose.concentration_mg_per_ml
    if concentration > LABEL_MG_PER_ML:
        found.append(
            f"{plain(concentration)} mg/mL is stronger than the label's {LABEL_MG_PER_ML} mg/mL "
            "for slow infusions."
        )
    return " ".join(found)


def first_weight_doubt(as_read: Decimal, *, in_pounds: bool, read_before: bool) -> str:
    """Why a patient's first weight wants confirming: none of an earlier day would show that the units were
    mixed up. `read_before` says that another reading of this very day stands on the record.
    """
    read = f"{plain(as_read)} lb" if in_pounds else f"{plain(as_read)} kg"
    other = f"{plain(kilograms(as_read))} kg" if in_pounds else f"{plain(pounds(as_read))} lb"
    asked = f"{read} is {other}. Is it so?"
    return asked if read_before else f"There is no earlier weight to compare with. {asked}"


def weight_doubt(weight_kg: Decimal, before_kg: Decimal, *, before: str = "the last weight") -> str:
    """Why this weight wants confirming against one `before`, as a sentence names it, or nothing."""
    ratio = weight_kg / before_kg
    for confusion in (POUNDS_PER_KG, 1 / POUNDS_PER_KG):
        if abs(ratio - confusion) <= confusion * NEAR:
            return f"Compared with {before} this looks like pounds mixed up with kilograms."
    if abs(weight_kg - before_kg) > before_kg * WEIGHT_CHANGE:
        return f"More than 10 % off {before}: weigh again, then confirm that it is right."
    return ""


def minutes_doubt(order: Order) -> str:
    """Why these minutes want confirming against the protocol's usual ones, or nothing."""
    if order.least_minutes is not None and order.minutes < order.least_minutes:
        return f"{order.minutes} min is shorter than the protocol's usual {order.least_minutes} min at least."
    if order.most_minutes is not None and order.minutes > order.most_minutes:
        return f"{order.minutes} min is longer than the protocol's usual {order.most_minutes} min at most."
    return ""


def rate_doubt(rate_ml_per_h: Decimal, *, bag_volume_ml: Decimal, least_minutes: int | None) -> str:
    """Why a new rate wants confirming: the whole bag would be through in less than the usual minutes."""
    if least_minutes is None:
        return ""
    fastest = rounded(bag_volume_ml * 60 / least_minutes, "0.1")
    if rate_ml_per_h <= fastest:
        return ""
    return (
        f"At {plain(rate_ml_per_h)} mL/h the bag runs through in less than the protocol's usual "
        f"{least_minutes} min at least ({plain(fastest)} mL/h): read the rate again, then confirm it."
    )


def either(amounts: Iterable[Decimal]) -> str:
    """`10, 50 or 100`, the smallest first."""
    *some, last = map(plain, sorted(amounts))
    return f"{', '.join(some)} or {last}" if some else last


def plain(value: Decimal) -> str:
    """0.500 as "0.5"."""
    return format(value.normalize(), "f")


def _in_mg(order: Order, amount: Decimal) -> Decimal:
    """An amount in the order's basis as exact mg of the whole infusion."""
    if order.basis == PER_KG:
        return order.dosing_weight_kg * amount
    if order.basis == PER_KG_PER_HOUR:
        return order.dosing_weight_kg * amount * order.minutes / 60
    if order.basis == FIXED:
        return amount
    raise ValueError(f"{order.basis!r} is no dose basis")


def _refusals_of_result(order: Order) -> dict[str, str]:
    """What only the calculated dose shows; its inputs must be possible."""
    dose, found = calculate(order), {}
    if not all((dose.dose_mg, dose.drug_volume_ml, dose.concentration_mg_per_ml)):
        found["ordered_dose"] = (
            f"{plain(order.dose)} {order.basis} comes to {dose.dose_mg} mg, {dose.drug_volume_ml} mL to draw "
            f"and {dose.concentration_mg_per_ml} mg/mL in the bag: what rounds to nothing can't be prepared. "
            "Read the order, the vial and the bag again."
        )
    elif dose.dose_mg > most_mg(order):
        found["ordered_dose"] = (
            f"{dose.dose_mg} mg passes the protocol's hard limit of {plain(most_mg(order))} mg for one "
            "session: the prescriber must write another plan."
        )
    if not dose.rate_ml_per_h:
        found["minutes"] = (
            f"{plain(order.bag_volume_ml)} mL in {order.minutes} min is less than a pump can be set to: read "
            "the bag and the minutes again."
        )
    elif dose.rate_ml_per_h > MOST_ML_PER_H:
        found["minutes"] = (
            f"{plain(order.bag_volume_ml)} mL in {order.minutes} min is {plain(dose.rate_ml_per_h)} mL/h: no "
            f"pump can be set above {plain(MOST_ML_PER_H)} mL/h. Read the bag and the minutes again."
        )
    if dose.drug_volume_ml >= order.bag_volume_ml:
        found["bag_volume_ml"] = (
            "100 mg/mL must not go undiluted, and the drug alone would fill this bag: take a larger bag."
            if order.stock_mg_per_ml == DILUTE_MG_PER_ML
            else "The drug alone would fill this bag: check the bag and the vial's strength."
        )
    return found
