"""What was drawn of the controlled drug and not given, and who saw it wasted (domain.md 1.4 [G]: log vial,
drawn, given, wasted with witness).

Given and wasted together are never more than was drawn, but for the rounding of what a syringe can be read
to; at the signature, and after an amendment that brings a waste, they are no less. While the infusion runs,
what is in the bag counts as given: it isn't there to be wasted.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Role, Urgency
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import BLANKS, hidden_in, said
from sessions_app import recording, states
from sessions_app.infusing import progress
from sessions_app.models import Session, Waste, WasteWitness
from sessions_app.preparing.dosing import plain

# Half of the steps that the worksheet rounds to: 0.01 mL drawn up, 0.1 mg.
HALF_OF_DRAWN_ML: Final = Decimal("0.005")
HALF_OF_DOSE_MG: Final = Decimal("0.05")
# Until when a late waste wants its witness. No source: our own choice [D].
WITNESS_DUE: Final = timedelta(days=1)
# Letters, numbers, punctuation and symbols: what of a vial's number can be read.
READABLE: Final = ("L", "N", "P", "S")


@dataclass(frozen=True, kw_only=True)
class Wasted:
    """What of a vial was wasted. `vial` is its lot or serial number; several in one line, if several were
    drawn on. A second line about the same vial tells its whole `drawn_mg` again."""

    vial: str
    drawn_mg: Decimal
    wasted_mg: Decimal
    reason: str = ""


@dataclass(frozen=True)
class Account:
    """Where the drug of one session went, in mg. `unaccounted_mg` is below 0 only by rounding."""

    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal

    @property
    def unaccounted_mg(self) -> Decimal:
        return self.drawn_mg - self.given_mg - self.wasted_mg


def waste(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    wasted: Wasted,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> Waste:
    """Keep what was wasted; a correction is a new line, and wants a witness of its own.

    Raises `Invalid` naming the field when more was given and wasted than drawn.
    """

    def drafted(current: Session) -> Waste:
        return draft(
            actor=actor,
            id=id,
            session=current,
            wasted=wasted,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )

    def account_for(line: Waste) -> None:
        check_account(line.session, now=now)

    return recording.keep(session, "waste", drafted, revision=revision, then=account_for, now=now)


def draft(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    wasted: Wasted,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None = None,
    now: datetime,
) -> Waste:
    """The line for this waste, checked by itself and not yet saved; with the others `check_account` looks at
    it. The session must be locked."""
    check(wasted)
    return recording.draft(
        Waste,
        wasted,
        actor=actor,
        id=id,
        session=session,
        corrects=corrects,
        correction_reason=correction_reason,
        amendment_id=amendment_id,
        now=now,
    )


def check(wasted: Wasted) -> None:
    """Raise `Invalid` for a waste that can't be, whatever else is on record."""
    errors = {}
    if not said(wasted.vial):
        errors["vial"] = "Enter the vial's lot or serial number."
    errors.update(hidden_in({"vial": wasted.vial}))
    if wasted.drawn_mg <= 0:
        errors["drawn_mg"] = "Enter how many mg were drawn from the vial, above 0."
    if wasted.wasted_mg < 0:
        errors["wasted_mg"] = "Enter how many mg were wasted, 0 or more."
    elif wasted.wasted_mg > wasted.drawn_mg:
        errors["wasted_mg"] = "No more can be wasted than was drawn."
    if errors:
        raise Invalid(errors)


def check_account(session: Session, *, now: datetime) -> None:
    """Raise `Invalid` when the wastes that stand can't be true together: asked once what is written in one go
    is written, so that neither its order counts nor what it leaves behind goes unseen. The session must be
    locked."""
    lines = list(recording.standing(Waste, session))
    drawn, wasted = _by_vial(lines)
    if any(wasted[vial] > most for vial, most in drawn.items()):
        raise Invalid({"wasted_mg": "With all that was wasted of this vial, it is more than was drawn."})
    found = _account(session, lines, now)
    if found.unaccounted_mg < -_rounding(session):
        raise Invalid({"wasted_mg": _too_much(found, session, now)})


def witness(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    waste: UUID,
    revision: int | None = None,
    now: datetime,
) -> WasteWitness:
    """Say that one saw it wasted.

    Raises `Conflict`: `second_person` for whoever recorded it, `waste_corrected` when another line stands,
    `witnessed` when somebody has; `Invalid` for another session's waste.
    """

    def write() -> WasteWitness:
        current = recording.lock(session, "witness", revision=revision)
        seen = draft_witness(actor=actor, id=id, session=current, waste=waste, now=now)
        seen.save(force_insert=True)
        recording.advance(current, "witness", now=now)
        return seen

    return in_transaction(write)


def draft_witness(
    *, actor: Actor, id: UUID, session: Session, waste: UUID, amendment_id: UUID | None = None, now: datetime
) -> WasteWitness:
    """The line of who saw it wasted, not yet saved. The session must be locked; raises as `witness` does."""
    line = Waste.objects.select_related("witness__recorded_by").filter(session=session, pk=waste).first()
    if line is None:
        raise Invalid({"waste": "This session has no such waste."})
    if Waste.objects.filter(corrects=line).exists():
        raise Conflict("This was corrected since: witness the line that stands.", code="waste_corrected")
    if line.recorded_by_id == actor.user_id:
        raise Conflict(
            "Somebody else must witness this: you recorded it. Let them sign in themselves.",
            code="second_person",
        )
    if hasattr(line, "witness"):
        who = line.witness.recorded_by.full_name
        raise Conflict(f"{who} has witnessed this already.", code="witnessed")
    return WasteWitness(
        id=id, waste=line, amendment_id=amendment_id, **recording.entry(session, actor=actor, now=now)
    )


def ask_for_witness(line: Waste, *, actor: Actor, now: datetime) -> None:
    """Open a task for somebody else to witness a waste that an amendment brings: no signature waits for it
    any more. A line that it corrects no longer wants one."""
    session = line.session
    if line.corrects_id:
        _settle(session, actor, line.corrects_id, "It was corrected: another line stands.", now=now)
    if not line.wasted_mg:
        return
    nurse = Role.NURSE in actor.roles.get(session.clinic_id, frozenset())
    work.open_item(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        cause=_cause(line.pk),
        title="Witness the waste that an amendment brought",
        urgency=Urgency.ROUTINE,
        role=Role.PRESCRIBER if nurse else Role.NURSE,
        due_at=now + WITNESS_DUE,
    )


def settle_witnessed(seen: WasteWitness, *, actor: Actor, now: datetime) -> None:
    """Close the task that asked for this witness."""
    _settle(seen.session, actor, seen.waste_id, "It was witnessed.", now=now)


def unwitnessed(session: Session) -> list[Waste]:
    """The wastes that stand and that nobody has witnessed: none may be left at the signature. A vial of which
    nothing was wasted has nothing to be seen."""
    lines = recording.standing(Waste, session).filter(witness__isnull=True, wasted_mg__gt=0)
    return list(lines.order_by("recorded_at", "id"))


def unmet_at_signing(session: Session) -> dict[str, str]:
    """What the drug's account holds against the signature of a session that has ended: codes of
    `states.MISSING` with details."""
    found = {}
    unseen = unwitnessed(session)
    if unseen:
        found["waste_witnessed"] = f"Open: {len(unseen)}."
    return {**found, **unaccounted(session)}


def unaccounted(session: Session) -> dict[str, str]:
    """That the account of a session that has ended does not come out, with its figures, or nothing."""
    ended_at = session.stopped_at or session.arrived_at
    whole = account(session, ended_at)
    if whole is None and session.started_at is not None:
        given = plain(_given_mg(session, ended_at))
        return {"drug_accounted": f"{given} mg were given, and no vial is on record: enter each."}
    if whole is None or abs(whole.unaccounted_mg) <= _rounding(session):
        return {}
    return {
        "drug_accounted": f"{plain(whole.drawn_mg)} mg drawn, {plain(whole.given_mg)} mg given, "
        f"{plain(whole.wasted_mg)} mg wasted: {_off(whole)}."
    }


def still_to_tell(session: Session) -> Decimal | None:
    """How many mg were given that no vial on record accounts for: what is drawn beyond them was wasted. None
    before the stop: until then nobody knows."""
    if session.stopped_at is None:
        return None
    whole = account(session, session.stopped_at)
    if whole is None:
        return _given_mg(session, session.stopped_at)
    return max(-whole.unaccounted_mg, Decimal(0))


def account(session: Session, now: datetime) -> Account | None:
    """Where the drug went, by what was recorded; None while nothing is said about vials."""
    lines = list(recording.standing(Waste, session))
    return _account(session, lines, now) if lines else None


def _too_much(found: Account, session: Session, now: datetime) -> str:
    standing = progress.progress(session, now)
    if standing is None or session.state not in states.RUNNING:
        return (
            f"Given ({plain(found.given_mg)} mg) and wasted ({plain(found.wasted_mg)} mg) are more than the "
            f"{plain(found.drawn_mg)} mg drawn: enter every vial that was drawn on."
        )
    return (
        f"{plain(standing.mg)} mg were given so far, the rest of {plain(found.given_mg)} mg is in the bag "
        f"while the infusion runs: with {plain(found.wasted_mg)} mg wasted that is more than the "
        f"{plain(found.drawn_mg)} mg drawn. Waste what is left in the bag after the stop."
    )


def _off(whole: Account) -> str:
    if whole.unaccounted_mg > 0:
        return f"{plain(whole.unaccounted_mg)} mg are unaccounted for"
    return f"{plain(-whole.unaccounted_mg)} mg more than was drawn"


def _account(session: Session, lines: Iterable[Waste], now: datetime) -> Account:
    drawn, wasted = _by_vial(lines)
    given = _given_mg(session, now)
    return Account(sum(drawn.values(), Decimal(0)), given, sum(wasted.values(), Decimal(0)))


def _by_vial(lines: Iterable[Waste]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What was drawn from each vial, and what was wasted of it."""
    drawn: dict[str, Decimal] = {}
    wasted: dict[str, Decimal] = {}
    for line in lines:
        vial = _spelt(line.vial)
        drawn[vial] = max(drawn.get(vial, Decimal(0)), line.drawn_mg)
        wasted[vial] = wasted.get(vial, Decimal(0)) + line.wasted_mg
    return drawn, wasted


def _spelt(vial: str) -> str:
    """One vial's number, however it was typed: wide letters, spaces and what nobody sees make no other."""
    folded = unicodedata.normalize("NFKC", vial).casefold()
    return "".join(
        letter for letter in folded if unicodedata.category(letter)[0] in READABLE and letter not in BLANKS
    )


def _cause(waste: UUID) -> str:
    return f"waste:{waste}"


def _settle(session: Session, actor: Actor, waste: UUID, outcome: str, *, now: datetime) -> None:
    causes = [_cause(waste)]
    work.settle(actor=actor, clinic_id=session.clinic_id, causes=causes, outcome=outcome, now=now)


def _given_mg(session: Session, now: datetime) -> Decimal:
    standing = progress.progress(session, now)
    if standing is None:
        return Decimal(0)
    return max(standing.mg, standing.ordered_mg) if session.state in states.RUNNING else standing.mg


def _rounding(session: Session) -> Decimal:
    worksheet = progress.worksheet_of(session)
    strength = worksheet.stock_mg_per_ml if worksheet else Decimal(0)
    return HALF_OF_DRAWN_ML * strength + HALF_OF_DOSE_MG
