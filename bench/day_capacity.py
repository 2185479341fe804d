"""How many mood-40 visits a nine-hour day holds when each is booked at the earliest time that is offered.

    python3 -m bench.day_capacity

Chairs and nurses as in domain.md 8.2, whose figures stand beside. Pure arithmetic, no database: the starts
are those of `scheduler.finding.starts`, the rectangles those of `packing`. What differs between columns is
who serves: one nurse throughout; the nurses with the fewest hand-offs, then the least to do; what is booked
(`serving`: whole nurses kept free for the next preparation, then the fewest hand-offs); and all nurses as one
big one, which is no clinic but a yardstick.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from scheduler.finding.availability import Supply, Visit
from scheduler.finding.packing import Need, Rectangle, pack
from scheduler.finding.serving import Piece, Team
from scheduler.finding.starts import Stock, feasible

DAY: Final = 9 * 60
MOOD_40: Final = Visit(20, 40, 60, 10, 6, 3, 2)
UNITS: Final = 6
DOMAIN: Final = {(3, 2): 11, (4, 2): 12, (6, 3): 20, (8, 4): 28}

Choose = Callable[[Sequence[Supply], int, Sequence[int]], Sequence[Piece]]


def one_nurse(nurses: Sequence[Supply], start: int, order: Sequence[int]) -> Sequence[Piece]:
    alone = {nurse.key: Team([nurse], spare=True) for nurse in nurses}
    served = (alone[key].serve(MOOD_40.nurse_needs, start, [key]) for key in order)
    return next((pieces for pieces in served if pieces), ())


def fewest(nurses: Sequence[Supply], start: int, order: Sequence[int]) -> Sequence[Piece]:
    return Team(nurses, spare=False).serve(MOOD_40.nurse_needs, start, order)


def booked(nurses: Sequence[Supply], start: int, order: Sequence[int]) -> Sequence[Piece]:
    return Team(nurses, spare=True).serve(MOOD_40.nurse_needs, start, order)


def day(chairs: int, nurses: int, choose: Choose, *, units: int = UNITS) -> tuple[int, int]:
    """Visits booked, and hand-offs in them."""
    chairs_taken: dict[int, list[Rectangle]] = {key: [] for key in range(chairs)}
    nurses_taken: dict[int, list[Rectangle]] = {key: [] for key in range(nurses)}
    visits = hand_offs = 0
    while True:
        staff = [Supply(key, units, [(0, DAY)], taken) for key, taken in nurses_taken.items()]
        offered = feasible(
            MOOD_40,
            chairs=Stock.of([Supply(key, 1, [(0, DAY)], taken) for key, taken in chairs_taken.items()]),
            nurses=Stock.of(staff),
            clinicians=Stock.of([Supply("clinician", chairs, [(0, DAY)])]),
            low=0,
            high=DAY,
        )
        order = _least_busy(nurses_taken)
        served = (
            (place, start, choose(staff, start, order))
            for place, start in enumerate(offered.minutes.tolist())
        )
        place, start, pieces = next((found for found in served if found[2]), (0, 0, ()))
        if not pieces:
            return visits, hand_offs
        chair = int(offered.chairs[:, place].argmax())
        chairs_taken[chair] += _laid(
            [Need(start + need.start, start + need.end, need.units) for need in MOOD_40.chair_needs], [], 1
        )
        for piece in pieces:
            nurses_taken[piece.key] += _laid([piece.need], nurses_taken[piece.key], units)
        visits += 1
        hand_offs += sum(before.key != after.key for before, after in pairwise(pieces))


def _least_busy(taken: dict[int, list[Rectangle]]) -> list[int]:
    load = {key: sum((box.end - box.start) * (box.high - box.low) for box in taken[key]) for key in taken}
    return sorted(taken, key=lambda key: load[key])


def _laid(needs: Sequence[Need], taken: list[Rectangle], capacity: int) -> list[Rectangle]:
    laid = pack(needs, taken=taken, capacity=capacity)
    if laid is None:
        raise AssertionError("an offered start could not be laid")
    return laid


def main() -> None:
    print("chairs/nurses  one nurse  fewest hand-offs    what is booked  all as one  domain 8.2")
    for (chairs, nurses), domain in DOMAIN.items():
        whole, _ = day(chairs, nurses, one_nurse)
        few, few_changes = day(chairs, nurses, fewest)
        free, free_changes = day(chairs, nurses, booked)
        pool, _ = day(chairs, 1, fewest, units=UNITS * nurses)
        print(
            f"{chairs:6}/{nurses:<6} {whole:10} {few:10} ({few_changes:2}) {free:14} ({free_changes:2})"
            f" {pool:13} {domain:11}"
        )
    print("In brackets: hand-offs in the day.")


if __name__ == "__main__":
    main()
