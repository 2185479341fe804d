"""A need that fits by summed load can be laid out in units, and only then."""

from hypothesis import given
from hypothesis import strategies as st

from scheduler.finding.packing import Need, Rectangle, pack

CAPACITY = 6


@st.composite
def taken_boxes(draw: st.DrawFn) -> list[Rectangle]:
    """What other visits hold: rectangles that do not collide, in no particular order."""
    boxes: list[Rectangle] = []
    for _ in range(draw(st.integers(0, 8))):
        start, low = draw(st.integers(0, 30)), draw(st.integers(0, CAPACITY - 1))
        box = Rectangle(start, start + draw(st.integers(1, 12)), low, draw(st.integers(low + 1, CAPACITY)))
        if not any(collide(box, other) for other in boxes):
            boxes.append(box)
    return boxes


@st.composite
def phases(draw: st.DrawFn) -> list[Need]:
    at = draw(st.integers(0, 20))
    needs = []
    for _ in range(draw(st.integers(1, 3))):
        end = at + draw(st.integers(0, 12))
        needs.append(Need(at, end, draw(st.integers(0, CAPACITY + 1))))
        at = end
    return needs


def collide(one: Rectangle, other: Rectangle) -> bool:
    return one.start < other.end and other.start < one.end and one.low < other.high and other.low < one.high


def load(boxes: list[Rectangle], minute: int) -> int:
    return sum(box.high - box.low for box in boxes if box.start <= minute < box.end)


def demand(needs: list[Need], minute: int) -> int:
    return sum(need.units for need in needs if need.start <= minute < need.end)


@given(phases(), taken_boxes())
def test_packing_succeeds_exactly_when_the_summed_load_fits(
    needs: list[Need], taken: list[Rectangle]
) -> None:
    fits = all(
        demand(needs, minute) == 0 or load(taken, minute) + demand(needs, minute) <= CAPACITY
        for minute in range(80)
    )

    laid = pack(needs, taken=taken, capacity=CAPACITY)

    assert (laid is not None) == fits
    if laid is not None:
        assert all(load(laid, minute) == demand(needs, minute) for minute in range(80))


@given(phases(), taken_boxes())
def test_rectangles_collide_with_nothing_and_stay_inside_the_capacity(
    needs: list[Need], taken: list[Rectangle]
) -> None:
    laid = pack(needs, taken=taken, capacity=CAPACITY) or []

    for place, box in enumerate(laid):
        assert box.start < box.end
        assert 0 <= box.low < box.high <= CAPACITY
        assert not any(collide(box, other) for other in [*taken, *laid[:place]])


def test_one_rectangle_is_enough_where_one_range_of_units_stays_free() -> None:
    assert pack([Need(0, 40, 3)], taken=[Rectangle(10, 20, 0, 2)], capacity=6) == [Rectangle(0, 40, 2, 5)]


def test_a_need_changes_units_at_the_edge_of_another_claim() -> None:
    """Units 0-2 are free until 20, units 3-5 from 20 on: no range of three stays free throughout."""
    taken = [Rectangle(0, 20, 3, 6), Rectangle(20, 40, 0, 3)]

    assert pack([Need(0, 40, 3)], taken=taken, capacity=6) == [
        Rectangle(0, 20, 0, 3),
        Rectangle(20, 40, 3, 6),
    ]


def test_units_need_not_lie_side_by_side() -> None:
    taken = [Rectangle(0, 10, 1, 2), Rectangle(0, 10, 3, 4)]

    laid = pack([Need(0, 10, 4, "infusion")], taken=taken, capacity=6)

    assert laid == [
        Rectangle(0, 10, 0, 1, "infusion"),
        Rectangle(0, 10, 2, 3, "infusion"),
        Rectangle(0, 10, 4, 6, "infusion"),
    ]
