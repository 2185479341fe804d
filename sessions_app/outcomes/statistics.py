"""Wilson's interval for a share, and the Kaplan-Meier curve. Pure: no Django.

Everything is exact or decimal with a fixed number of digits, so that a frozen report has the same bytes on
every machine. What is counted is decided in `cohort`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

# The 97.5th percentile of the normal distribution: a two-sided 95 % interval.
Z: Final = Decimal("1.959963984540054")
DIGITS: Final = Decimal("0.0001")
ARITHMETIC: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Follow:
    """One patient followed: until `day`, when it happened (`event`) or the watch ended without it."""

    day: int
    event: bool


@dataclass(frozen=True)
class Step:
    """A day of the curve on which something happened; `survival` is the share that is left after it."""

    day: int
    at_risk: int
    events: int
    censored: int
    survival: Fraction


def share(count: int, of: int) -> Decimal | None:
    """To four digits; none of nothing."""
    return _four(Fraction(count, of)) if of else None


def wilson(count: int, of: int) -> tuple[Decimal, Decimal] | None:
    """Wilson's score interval at 95 %, without continuity correction; none of nothing."""
    if of == 0:
        return None
    if not 0 <= count <= of:
        raise ValueError("count lies between 0 and what it is of")
    calculate = ARITHMETIC
    n, x = Decimal(of), Decimal(count)
    z2 = calculate.multiply(Z, Z)
    # (2x + z² ± z sqrt(z² + 4x(n - x)/n)) / 2(n + z²)
    inner = calculate.add(z2, calculate.divide(4 * x * (n - x), n))
    reach = calculate.multiply(Z, calculate.sqrt(inner))
    middle = calculate.add(2 * x, z2)
    below = calculate.multiply(Decimal(2), calculate.add(n, z2))
    low = calculate.divide(calculate.subtract(middle, reach), below)
    high = calculate.divide(calculate.add(middle, reach), below)
    # At the ends the bound is 0 or 1 itself; digits lost in the root must not say otherwise.
    return (
        Decimal(0).quantize(DIGITS) if count == 0 else low.quantize(DIGITS),
        Decimal(1).quantize(DIGITS) if count == of else high.quantize(DIGITS),
    )


def kaplan_meier(followed: Iterable[Follow]) -> tuple[Step, ...]:
    """The product-limit curve: a step for each day with an event or an end of watch. Who is censored on a
    day was still at risk on it."""
    everybody = list(followed)
    left, survival = len(everybody), Fraction(1)
    steps = []
    for day in sorted({each.day for each in everybody}):
        events = sum(each.event for each in everybody if each.day == day)
        gone = sum(each.day == day for each in everybody)
        survival *= 1 - Fraction(events, left)
        steps.append(Step(day, left, events, gone - events, survival))
        left -= gone
    return tuple(steps)


def survival_at(steps: Iterable[Step], day: int) -> Fraction | None:
    """The share left after this day; none when nobody was watched so long, for then nothing is known."""
    known = list(steps)
    if not known or (day > known[-1].day and known[-1].survival > 0):
        return None
    before = [step.survival for step in known if step.day <= day]
    return before[-1] if before else Fraction(1)


def _four(value: Fraction) -> Decimal:
    return ARITHMETIC.divide(Decimal(value.numerator), Decimal(value.denominator)).quantize(DIGITS)


def rounded(value: Fraction | None) -> Decimal | None:
    """A fraction to four digits."""
    return None if value is None else _four(value)
