"""A share with the interval in which the truth lies, as far as chance goes."""

from dataclasses import dataclass
from decimal import Decimal

from scheduler.reporting.reports import Share
from sessions_app.outcomes.statistics import wilson


@dataclass(frozen=True)
class Rate(Share):
    """So many of so many, with Wilson's interval at 95 %: none of nothing."""

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        return wilson(self.count, self.of)
