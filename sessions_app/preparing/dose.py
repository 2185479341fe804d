"""The dose worksheet (today's weight, the plan's order and the vial as one append-only line) and the second
person's independent check of it.

The arithmetic and its limits are in `dosing`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording
from sessions_app.models import DoseCheck, DoseWorksheet, Session, WeightUnit
from sessions_app.preparing import dosing

# What the second person reads or reckons anew, as a sentence names it (domain.md 0.3: on mg, mg/kg and mg/mL;
# a check of the pump rate alone would not show a wrong weight).
FIGURES: Final = {
    "weight_kg": "weight",
    "stock_mg_per_ml": "strength on the vial",
    "dose_mg": "dose",
    "mg_per_kg": "dose per kg",
    "drug_volume_ml": "volume drawn up",
    "bag_volume_ml": "volume of the bag",
    "concentration_mg_per_ml": "strength in the bag",
    "rate_ml_per_h": "pump rate",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the second person found: each by their own reading and reckoning, never copied."""

    weight_kg: Decimal
    stock_mg_per_ml: Decimal
    dose_mg: Decimal
    mg_per_kg: Decimal
    drug_volume_ml: Decimal
    bag_volume_ml: Decimal
    concentration_mg_per_ml: Decimal
    rate_ml_per_h: Decimal


def figures_of(worksheet: DoseWorksheet) -> Figures:
    """What somebody finds who reads and reckons as the worksheet does."""
    dosing_weight_kg = worksheet.dosing_weight_kg or worksheet.weight_kg
    on_sheet = {name: getattr(worksheet, name) for name in FIGURES if name != "mg_per_kg"}
    return Figures(mg_per_kg=dosing.mg_per_kg(worksheet.dose_mg, dosing_weight_kg), **on_sheet)


@dataclass(frozen=True)
class Weight:
    """A weight as the scale showed it, and in kg."""

    field: str
    as_read: Decimal
    unit: str
    kg: Decimal

    @property
    def in_pounds(self) -> bool:
        return self.unit == WeightUnit.POUND

    def same_as(self, worksheet: DoseWorksheet) -> bool:
        """Whether the worksheet has this very reading: what was asked about it then was answered."""
        return (self.as_read, self.unit) == (worksheet.weight_as_read, worksheet.weight_unit)


def weight(weight_kg: Decimal | None, weight_lb: Decimal | None) -> Weight:
    """The one of the two that was read. Raises `Invalid` for both or none."""
    if weight_kg is not None and weight_lb is None:
        return Weight("weight_kg", weight_kg, WeightUnit.KG, weight_kg)
    if weight_lb is not None and weight_kg is None:
        return Weight("weight_lb", weight_lb, WeightUnit.POUND, dosing.kilograms(weight_lb))
    raise Invalid({"weight_kg": "Enter the weight once: in kg or in lb, as the scale shows it."})


def prepare_dose(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    weight_kg: Decimal | None = None,
    weight_lb: Decimal | None = None,
    weighed_at: datetime,
    stock_mg_per_ml: Decimal,
    bag_volume_ml: Decimal,
    minutes: int | None = None,
    dead_space_ml: Decimal = Decimal(0),
    confirmed: bool = False,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> DoseWorksheet:
    """Calculate and keep the dose that the plan orders; `minutes` is the protocol's unless given.

    `confirmed` says that a weight far off the last one was measured again, that the patient's first weight is
    read in the right unit, and that minutes outside the protocol's usual ones are meant. A later worksheet
    corrects the one before it, and wants a check of its own. Raises `Invalid` naming the field (hard limits,
    a weight that is too old, impossible inputs; code `confirm` for what wants confirming), `Conflict`,
    `Stale`.
    """
    read = weight(weight_kg, weight_lb)

    def work() -> DoseWorksheet:
        current = recording.lock(session, "dose", revision=revision)
        corrected = recording.corrected(DoseWorksheet, current, corrects, correction_reason)
        if corrected is None and standing_worksheet(current) is not None:
            raise Conflict("The dose is prepared already: correct that worksheet.", code="dose_prepared")
        order = _order(current, read.kg, stock_mg_per_ml, bag_volume_ml, minutes, dead_space_ml)
        _check_moment(current, weighed_at, now)
        refusals = dosing.refusals(order)
        if refusals:
            raise Invalid(
                {read.field if name == "weight_kg" else name: why for name, why in refusals.items()}
            )
        minutes_doubt = dosing.minutes_doubt(order)
        far_off, first = _weight_doubts(current, read)
        confirmed_before = corrected is not None and read.same_as(corrected)
        doubts = {read.field: "" if confirmed_before else far_off or first, "minutes": minutes_doubt}
        if any(doubts.values()) and not confirmed:
            raise Invalid(
                [{"field": field, "code": "confirm", "detail": why} for field, why in doubts.items() if why]
            )
        worksheet = DoseWorksheet.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            weight_kg=read.kg,
            weight_as_read=read.as_read,
            weight_unit=read.unit,
            dosing_weight_kg=order.dosing_weight_kg,
            weight_basis=order.weight_basis,
            weighed_at=weighed_at,
            ordered_dose=order.dose,
            dose_basis=order.basis,
            stock_mg_per_ml=stock_mg_per_ml,
            bag_volume_ml=bag_volume_ml,
            minutes=order.minutes,
            dead_space_ml=dead_space_ml,
            **asdict(dosing.calculate(order)),
            formula_version=dosing.FORMULA_VERSION,
            warning=" ".join(filter(None, [dosing.warning(order), far_off, minutes_doubt])),
            corrects=corrected,
            correction_reason=said(correction_reason),
        )
        recording.advance(current, "dose", now=now)
        return worksheet

    return in_transaction(work)


def check_dose(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    worksheet: UUID,
    figures: Figures,
    revision: int | None = None,
    now: datetime,
) -> DoseCheck:
    """Keep the second person's own figures, and which of them differ from the worksheet's.

    A check that differs is kept too, and blocks the start until the worksheet is corrected and checked, or
    the same worksheet is checked again: the newest check counts. Raises `Conflict` with code
    `second_person` for whoever prepared this dose and `worksheet_corrected` when another stands, `Invalid`,
    `Stale`.
    """
    impossible = [name for name, value in asdict(figures).items() if value <= 0]
    if impossible:
        raise Invalid(dict.fromkeys(impossible, "Enter what you read or reckoned yourself, above 0."))

    def work() -> DoseCheck:
        current = recording.lock(session, "check_dose", revision=revision)
        checked = DoseWorksheet.objects.filter(session=current, pk=worksheet).first()
        if checked is None:
            raise Invalid({"worksheet": "This session has no such worksheet."})
        if checked != standing_worksheet(current):
            raise Conflict(
                "This worksheet was corrected since: check the one that stands.", code="worksheet_corrected"
            )
        if checked.recorded_by_id == actor.user_id:
            raise Conflict(
                "Somebody else must check this dose: you prepared it. Let them sign in themselves.",
                code="second_person",
            )
        right = figures_of(checked)
        check = DoseCheck.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            worksheet=checked,
            **asdict(figures),
            disagreements=[name for name in FIGURES if getattr(figures, name) != getattr(right, name)],
        )
        recording.advance(current, "check_dose", now=now)
        return check

    return in_transaction(work)


def unmet(session: Session, at: datetime) -> dict[str, str]:
    """What the dose holds against a start at this moment: codes of `states.MISSING` with details.

    The worksheet is reckoned again from its own inputs and the order as it stands now (domain.md 1.4:
    recompute and compare), so that one from before an edit never starts anything; and the weight must still
    be as new as the protocol asks, for a patient may have waited past midnight.
    """
    worksheet = standing_worksheet(session)
    if worksheet is None:
        return {"dose_prepared": ""}
    found = {}
    changed, old = _changed_since(session, worksheet), too_old(session, worksheet.weighed_at, at)
    if changed:
        found["dose_prepared"] = f"Reckoned again, it differs ({', '.join(changed)}): correct the worksheet."
    elif old:
        found["dose_prepared"] = f"{old} Then correct the worksheet."
    check = newest_check(worksheet)
    if check is None:
        found["dose_checked"] = ""
    elif check.disagreements:
        found["dose_checked"] = (
            f"{check.recorded_by.full_name} found otherwise: {', '.join(named(check.disagreements))}."
        )
    return found


def standing_worksheet(session: Session) -> DoseWorksheet | None:
    worksheet: DoseWorksheet | None = recording.standing(DoseWorksheet, session).first()
    return worksheet


def newest_check(worksheet: DoseWorksheet) -> DoseCheck | None:
    return worksheet.checks.select_related("recorded_by").order_by("-revision").first()


def named(disagreements: list[str]) -> list[str]:
    """Figures in words."""
    return [FIGURES[name] for name in disagreements]


def too_old(session: Session, weighed_at: datetime, now: datetime) -> str:
    """That the weight is neither of today nor as old as the protocol lets it be, or nothing."""
    zone, days = session.clinic.time_zone, session.protocol.weight_valid_days
    age = clock.local_date(now, zone) - clock.local_date(weighed_at, zone)
    if age.days <= days:
        return ""
    allowed = f"at most {days} days old" if days else "from today"
    return f"The weight must be {allowed}: weigh the patient."


def last_worksheet(session: Session) -> DoseWorksheet | None:
    """The patient's newest worksheet of an earlier session. One query."""
    lines = DoseWorksheet.objects.filter(session__patient_id=session.patient_id, corrected_by__isnull=True)
    return lines.exclude(session=session).order_by("-weighed_at").first()


def _weight_doubts(session: Session, read: Weight) -> tuple[str, str]:
    """What this reading is far off, and what is asked of a weight that no earlier day shows to be right.

    It is held against the last session's and against every other reading of this session: a correction may be
    the one that mixes up the units.
    """
    last = last_worksheet(session)
    today = DoseWorksheet.objects.filter(session=session).order_by("revision")
    before = {f"the last weight, {dosing.plain(last.weight_kg)} kg": last.weight_kg} if last else {}
    for each in today:
        at = clock.local_time(each.weighed_at, session.clinic.time_zone)
        before[f"{dosing.plain(each.weight_kg)} kg (weighed at {at:%H:%M})"] = each.weight_kg
    doubts = [dosing.weight_doubt(read.kg, kg, before=named) for named, kg in before.items()]
    first = ""
    if last is None:
        first = dosing.first_weight_doubt(read.as_read, in_pounds=read.in_pounds, read_before=bool(today))
    return " ".join(filter(None, doubts)), first


def _order(
    session: Session,
    weight_kg: Decimal,
    stock_mg_per_ml: Decimal,
    bag_volume_ml: Decimal,
    minutes: int | None,
    dead_space_ml: Decimal,
) -> dosing.Order:
    """The order is the plan's; nobody types a dose at the chair."""
    protocol = session.protocol
    return dosing.Order(
        basis=protocol.dose_basis,
        dose=session.appointment.plan.ordered_dose,
        weight_kg=weight_kg,
        stock_mg_per_ml=stock_mg_per_ml,
        bag_volume_ml=bag_volume_ml,
        minutes=protocol.infusion_minutes if minutes is None else minutes,
        soft_min=protocol.dose_soft_min,
        soft_max=protocol.dose_soft_max,
        hard_max=protocol.dose_hard_max,
        hard_min=protocol.dose_hard_min,
        weight_basis=protocol.weight_basis,
        weight_cap_kg=protocol.weight_cap_kg,
        total_soft_min_mg=protocol.total_soft_min_mg,
        total_hard_max_mg=protocol.total_hard_max_mg,
        least_minutes=protocol.infusion_least_minutes,
        most_minutes=protocol.infusion_most_minutes,
        stocks_mg_per_ml=protocol.stock_strengths_mg_per_ml,
        bags_ml=protocol.bag_volumes_ml,
        dead_space_ml=dead_space_ml,
    )


def _changed_since(session: Session, worksheet: DoseWorksheet) -> list[str]:
    """The figures that come out otherwise now, in words; the order itself among them."""
    order = _order(
        session,
        worksheet.weight_kg,
        worksheet.stock_mg_per_ml,
        worksheet.bag_volume_ml,
        worksheet.minutes,
        worksheet.dead_space_ml,
    )
    if dosing.refusals(order):
        return ["the protocol's limits"]
    again = {"ordered_dose": order.dose, **asdict(dosing.calculate(order))}
    words = {"ordered_dose": "the order", **FIGURES}
    return [words[name] for name, value in again.items() if value != getattr(worksheet, name)]


def _check_moment(session: Session, weighed_at: datetime, now: datetime) -> None:
    if weighed_at > now:
        raise Invalid({"weighed_at": "The weight can't be from the future."})
    old = too_old(session, weighed_at, now)
    if old:
        raise Invalid({"weighed_at": old})
