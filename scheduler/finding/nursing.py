"""The nurses of a visit: whose turn it is from when on, and who is rather asked than others.

Who can serve which stretch, and the fewest hand-offs, are arithmetic and stand in `serving`. Nothing here
reads the database or writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from scheduler.finding.availability import Supply, moment_of
from scheduler.finding.serving import Piece
from scheduler.models import Resource


@dataclass(frozen=True)
class Turn:
    """One nurse's part of a visit: from this moment, as a rule the start of the phase, until the next turn or
    until discharge."""

    phase: str
    start: datetime
    nurse: Resource

    @property
    def name(self) -> str:
        return self.nurse.name

    def as_data(self) -> dict[str, Any]:
        return {"phase": self.phase, "start": self.start, **named(self.nurse)}


def preferred(nurses: Sequence[Supply], *, known: UUID | None, low: int, high: int) -> list[Any]:
    """All the nurses, whom to ask first: the one the patient knows, then who has least to do on that day,
    which lasts from minute `low` to `high`."""
    load = {
        supply.key: sum(
            (box.end - box.start) * (box.high - box.low) for box in supply.taken if low <= box.start < high
        )
        for supply in nurses
    }
    return sorted(load, key=lambda nurse: (nurse != known, load[nurse]))


def turns_of(pieces: Iterable[Piece], nurses: Mapping[UUID, Resource]) -> tuple[Turn, ...]:
    """The turns of a visit, from who serves it piece by piece."""
    return joined(Turn(piece.phase, moment_of(piece.start), nurses[piece.key]) for piece in pieces)


def joined(parts: Iterable[Turn]) -> tuple[Turn, ...]:
    """Turns that follow each other, one where the same nurse goes on."""
    return tuple(next(same) for _, same in groupby(parts, key=lambda turn: turn.nurse.pk))


def named(resource: Resource) -> dict[str, Any]:
    return {"id": resource.pk, "name": resource.name}
