"""How many mood-40 visits a nine-hour day holds when each is booked at the earliest time that is offered.

    python3 -m bench.day_capacity

Chairs and nurses as in domain.md 8.2, whose figures stand beside. Pure arithmetic, no database: the starts
are `scheduler.availability`'s, the rectangles `scheduler.packing`'s. What differs between the columns is who
serves: one nurse throughout; the nurses with the fewest hand-offs, then the least to do; what is booked
(`who_serves`: whole nurses kept free for the next preparation, then the fewest hand-offs); and all nurses as
one big one, which is no clinic but a yardstick.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from scheduler.availability import Start, Supply, Visit, feasible_starts, who_serves
from scheduler.packing import Need, Rectangle, pack

DAY: Final = 9 * 60
MOOD_40: Final = Visit(20, 40, 60, 10, 6, 3, 2)
UNITS: Final = 6
DOMAIN: Final = {(3, 2): 11, (4, 2): 12, (6, 3): 20, (8, 4): 28}

Choose = Callable[[Start, dict[int, list[Rectangle]]], Sequence[int] | None]


def one_nurse(start: Start, taken: dict[int, list[Rectangle]]) -> Sequence[int] | None:
    whole = [key for key in _least_busy(taken) if all(key in able for able in start.nurses)]
    return [whole[0]] * len(start.nurses) if whole else None


def fewest(start: Start, taken: dict[int, list[Rectangle]]) -> Sequence[int]:
    return who_serves(start.nurses, [()] * len(start.nurses), _least_busy(taken))


def booked(start: Start, taken: dict[int, list[Rectangle]]) -> Sequence[int]:
    return who_serves(start.nurses, start.idle, _least_busy(taken))


def day(chairs: int, nurses: int, choose: Choose, *, units: int = UNITS) -> tuple[int, int]:
    """Visits booked, and hand-offs in them."""
    chairs_taken: dict[int, list[Rectangle]] = {key: [] for key in range(chairs)}
    nurses_taken: dict[int, list[Rectangle]] = {key: [] for key in range(nurses)}
    visits = hand_offs = 0
    while True:
        offered = feasible_starts(
            MOOD_40,
            chairs=[Supply(key, 1, [(0, DAY)], taken) for key, taken in chairs_taken.items()],
            nurses=[Supply(key, units, [(0, DAY)], taken) for key, taken in nurses_taken.items()],
            clinicians=[Supply("clinician", chairs, [(0, DAY)])],
            low=0,
            high=DAY,
        )
        served = ((start, choose(start, nurses_taken)) for start in offered)
        start, serving = next(((start, serving) for start, serving in served if serving), (None, ()))
        if start is None or serving is None:
            return visits, hand_offs
        chairs_taken[start.chairs[0]] += _laid(MOOD_40.chair_needs, start.minute, [], 1)
        for phase, key in zip(MOOD_40.nurse_needs, serving, strict=True):
            nurses_taken[key] += _laid([phase], start.minute, nurses_taken[key], units)
        visits += 1
        hand_offs += sum(before != after for before, after in pairwise(serving))


def _least_busy(taken: dict[int, list[Rectangle]]) -> list[int]:
    load = {key: sum((box.end - box.start) * (box.high - box.low) for box in taken[key]) for key in taken}
    return sorted(taken, key=lambda key: load[key])


def _laid(needs: Sequence[Need], start: int, taken: list[Rectangle], capacity: int) -> list[Rectangle]:
    moved = [Need(start + need.start, start + need.end, need.units) for need in needs]
    laid = pack(moved, taken=taken, capacity=capacity)
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
