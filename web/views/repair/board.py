"""The day board before a repair and after it: the same chairs, nurses and columns, twice.

What is drawn is read by `scheduler.repairing.before_after`; here it gets its places, tones and words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from scheduler.finding.availability import Interval, moment_of
from scheduler.models import Appointment, Resource, ResourceKind
from scheduler.repairing.before_after import IN_ORDER, BeforeAndAfter, Server
from scheduler.repairing.day import WHOLE, Held
from scheduler.repairing.proposal import Outcome, Proposal
from scheduler.repairing.reading import Mishap, Missing
from web.board.layout import Away, Band, Line, Place, Shade, Tick, by_name, shades
from web.board.layout import Phase as PhaseSpan
from web.views.board.looks import Look
from web.views.board.rows import NurseRow, nurse_row, spoken_span

PHASES: Final = frozenset(IN_ORDER)
AS_IT_WAS: Final = Look("planned", "calendar", "As it was")
BREAKS: Final = Look("bad", "alert", "Breaks")
LOOKS: Final[Mapping[Outcome, Look]] = {
    Outcome.KEPT: Look("here", "check", "Same time"),
    Outcome.MOVED: Look("warn", "clock", "Moved"),
    Outcome.LEFT_ALONE: Look("bad", "alert", "Nobody can serve"),
}


@dataclass(frozen=True)
class Block:
    """One visit in one chair. `times` are the patient's, without the chair's turnover."""

    visit: Appointment
    chair: str
    look: Look
    times: Interval
    place: Place
    long: int
    turnover: int
    bands: Sequence[Band]

    @property
    def starts_at(self) -> datetime:
        return moment_of(self.times[0])

    @property
    def ends_at(self) -> datetime:
        return moment_of(self.times[1])

    @property
    def name(self) -> str:
        span = spoken_span(self.starts_at, self.ends_at)
        return f"{self.visit.patient.full_name}, {span}, {self.chair}, {self.look.word}"


@dataclass(frozen=True)
class ChairRow:
    chair: Resource
    blocks: Sequence[Block]
    shades: Sequence[Shade]


@dataclass(frozen=True)
class Board:
    """The day before, or after. `key` keeps the two boards' ids apart on their page."""

    key: str
    title: str
    line: Line
    ticks: Sequence[Tick]
    chairs: Sequence[ChairRow]
    nurses: Sequence[NurseRow]

    @property
    def minutes(self) -> int:
        return self.line.closes - self.line.opens


def boards(drawn: BeforeAndAfter, proposal: Proposal, mishap: Mishap, zone: str) -> list[Board]:
    """Both over the same hours; none where nothing of the day is open or booked."""
    low, high = drawn.day
    hours = (span for server in (*drawn.chairs, *drawn.nurses) for span in server.supply.open)
    line = Line.around(
        [
            *((max(start, low), min(end, high)) for start, end in hours),
            *((held.start, held.end) for held in (*drawn.before, *drawn.after) if held.phase == WHOLE),
        ]
    )
    if line is None:
        return []
    broken = {fault.visit for fault in proposal.faults}
    becomes = {change.visit: LOOKS.get(change.outcome, AS_IT_WAS) for change in proposal.changes}
    before = _Painter("before", "Before", drawn, drawn.before, line, dict.fromkeys(broken, BREAKS), mishap)
    after = _Painter("after", "After", drawn, drawn.after, line, becomes, mishap)
    return [before.board(zone), after.board(zone)]


@dataclass(frozen=True)
class _Painter:
    """One of the two boards in the making; `looks` are of those visits that aren't as they were."""

    key: str
    title: str
    drawn: BeforeAndAfter
    held: Sequence[Held]
    line: Line
    looks: Mapping[UUID, Look]
    mishap: Mishap

    def board(self, zone: str) -> Board:
        return Board(
            self.key,
            self.title,
            self.line,
            tuple(self.line.ticks(zone)),
            [self._chair(each) for each in _by_name(self.drawn.chairs)],
            [self._nurse(each) for each in _by_name(self.drawn.nurses)],
        )

    def _chair(self, server: Server) -> ChairRow:
        here = (each for each in self.held if each.resource == server.resource.pk and each.phase == WHOLE)
        blocks = [self._block(each, server) for each in sorted(here, key=lambda each: each.start)]
        return ChairRow(server.resource, blocks, self._shades(server, closed="Closed"))

    def _nurse(self, server: Server) -> NurseRow:
        taken, capacity = server.with_all_of(self.held), server.supply.capacity
        return nurse_row(server.resource, taken, capacity, self.line, self._shades(server, closed="Off"))

    def _block(self, held: Held, server: Server) -> Block:
        served = [each for each in self.held if each.visit == held.visit and each.phase in PHASES]
        goes_home = max((each.end for each in served), default=held.end)
        end = min(goes_home, held.end)
        whole, patient = self.line.place(held.start, held.end), self.line.place(held.start, end)
        phases = [PhaseSpan(each.phase, each.start, each.end) for each in _joined(served)]
        return Block(
            self.drawn.visits[held.visit],
            server.resource.name,
            self.looks.get(held.visit, AS_IT_WAS),
            (held.start, end),
            whole,
            long=patient.long,
            turnover=whole.long - patient.long,
            bands=self.line.bands(phases, held.start, end),
        )

    def _shades(self, server: Server, *, closed: str) -> list[Shade]:
        away = [Away(start, end, _why(self.mishap)) for start, end in server.away]
        return shades(server.supply.open, away, self.line, closed=closed, between="Break")


def _why(mishap: Mishap) -> str:
    """Everybody sees the board, not why a nurse is away."""
    if not isinstance(mishap, Missing) or mishap.resource is None:
        return "Closed"
    if mishap.out_of_order:
        return "Out of order"
    return "Not in use" if mishap.resource.kind == ResourceKind.CHAIR else "Away"


def _joined(served: Sequence[Held]) -> list[Held]:
    """Each phase once, however many nurses serve it one after the other."""
    phases: dict[str, Held] = {}
    for each in sorted(served, key=lambda each: each.start):
        first = phases.get(each.phase, each)
        phases[each.phase] = replace(first, end=max(first.end, each.end))
    return list(phases.values())


def _by_name(servers: Sequence[Server]) -> list[Server]:
    return sorted(servers, key=lambda server: by_name(server.resource.name))
