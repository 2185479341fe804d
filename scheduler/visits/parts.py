"""What each chair, nurse and clinician would do in one visit, and what they lack for it. Pure of reading and
writing: minutes from the visit's start, and supplies that somebody has read.

Whether that is a reason against the visit, and in which words, is `decision`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from clinic.problems import Invalid
from scheduler.finding.availability import Shortfall, Supply, minute_of, shortfall
from scheduler.finding.packing import Need
from scheduler.finding.serving import Team, may_take_over
from scheduler.models import Phase

# Who nurses from which moment on.
PinnedTurns = Sequence[tuple[datetime, UUID]]


@dataclass(frozen=True)
class Part:
    """What one resource would do in a visit, a nurse in one phase of it, and what it lacks for that."""

    supply: Supply
    needs: Sequence[Need]
    missing: Shortfall

    @property
    def minutes(self) -> int:
        return sum(need.end - need.start for need in self.needs)

    @property
    def words(self) -> str:
        return "this visit" if self.needs[0].name == Phase.WHOLE else self.needs[0].name


@dataclass(frozen=True)
class HandOver:
    """Where one gives a phase to another in its middle; minutes since the epoch."""

    giver: Supply
    taker: Supply
    minute: int
    phase: str


def left_of(needs: Sequence[Need], begun: int) -> list[Need]:
    """What is left of these needs when so many minutes of the visit are over."""
    return [
        Need(max(need.start, begun), need.end, need.units, need.name) for need in needs if need.end > begun
    ]


def left_of_chair(needs: Sequence[Need], begun: int) -> list[Need]:
    """What is left of the chair's needs. Of a patient who was seated before the visit's time, `begun` is less
    than nothing: the chair is theirs from there."""
    if begun >= 0:
        return left_of(needs, begun)
    first, *others = needs
    return [Need(begun, first.end, first.units, first.name), *others]


def giver_of(
    members: Sequence[Supply], needs: Sequence[Need], begun: int, serving: Sequence[UUID]
) -> Supply | None:
    """Who of these serves the phase that is under way; nobody when none is, or they work here no more."""
    if not any(need.start < begun < need.end for need in needs):
        return None
    return next((supply for supply in members if supply.key in serving), None)


def in_one(supplies: Sequence[Supply], needs: Sequence[Need], start: int) -> list[Part]:
    """By the first that fits, otherwise by the first of those that come nearest; if there is any."""
    if not needs:
        return []
    nearest, missing = _nearest(supplies, needs, start)
    return [Part(supply, needs, missing) for supply in nearest[:1]]


def in_turn(
    members: Sequence[Supply],
    phases: Sequence[Need],
    start: int,
    order: Sequence[UUID],
    *,
    spare: bool,
    giver: Supply | None = None,
) -> list[Part]:
    """By whoever serves best (`serving.Team`); a phase that nobody can serve, by one who comes nearest.

    `giver` serves the first phase already, and goes on with it rather than anybody else.
    """
    if not members or not phases:
        return []
    order = sorted(order, key=lambda key: giver is None or key != giver.key)
    by_key = {supply.key: supply for supply in members}
    pieces = Team(members, spare=spare).serve(phases, start, order, giver=giver)
    if not pieces and len(phases) > 1:
        return [
            part
            for phase in phases
            for part in in_turn(
                members, [phase], start, order, spare=spare, giver=giver if phase is phases[0] else None
            )
        ]
    if not pieces:
        able = [supply for supply in members if may_take_over(giver, supply, start + phases[0].start)]
        nearest, missing = _nearest(able, phases, start)
        return [Part(min(nearest, key=lambda supply: order.index(supply.key)), phases, missing)]
    return [
        Part(
            by_key[piece.key],
            [Need(piece.start - start, piece.end - start, piece.units, piece.phase)],
            Shortfall(),
        )
        for piece in pieces
    ]


def as_told(members: Sequence[Supply], phases: Sequence[Need], start: int, turns: PinnedTurns) -> list[Part]:
    """Each phase, cut where a turn begins, by the nurse whose turn it is."""
    by_key = {supply.key: supply for supply in members}
    for _, key in turns:
        require_working(key, [by_key[key]] if key in by_key else [], "nurse")
    begins = sorted((minute_of(moment) - start, key) for moment, key in turns)
    parts = []
    for phase in phases:
        edges = [phase.start, *(at for at, _ in begins if phase.start < at < phase.end), phase.end]
        for low, high in pairwise(edges):
            key = next((key for at, key in reversed(begins) if at <= low), begins[0][1])
            piece = [Need(low, high, phase.units, phase.name)]
            parts.append(Part(by_key[key], piece, shortfall(by_key[key], piece, start)))
    return parts


def misplaced(parts: Sequence[Part], start: int, giver: Supply | None) -> Iterator[HandOver]:
    """The hand-overs in the middle of a phase where neither the giver's shift ends nor the taker's begins."""
    before, phase = giver, parts[0].needs[0].name if parts else ""
    for part in parts:
        need = part.needs[0]
        minute = start + need.start
        if before and need.name == phase and not may_take_over(before, part.supply, minute):
            yield HandOver(before, part.supply, minute, need.name)
        before, phase = part.supply, need.name


def require_working(key: UUID | None, supplies: Sequence[Supply], kind: str) -> None:
    if key is not None and not supplies:
        raise Invalid({kind: f"This is not a working {kind} of the patient's clinic."})


def _nearest(supplies: Sequence[Supply], needs: Sequence[Need], start: int) -> tuple[list[Supply], Shortfall]:
    """Those that miss by the fewest minutes, as a rule by none, and by how many."""
    measured = [(supply, shortfall(supply, needs, start)) for supply in supplies]
    least = min((missing for _, missing in measured), default=Shortfall())
    return [supply for supply, missing in measured if missing == least], least
