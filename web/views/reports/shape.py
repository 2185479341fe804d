"""What every report is made of: tables that are the same on the page and in the file, a picture above each
where there is one, a sentence that says what it means and others that say what it can't.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sessions_app.reporting.rates import Rate
from web.files import Cell
from web.plots.intervals import Estimate, intervals

TEXT, COUNT, HOURS, DAYS, MINUTES, SHARE = "text", "count", "hours", "days", "minutes", "share"
# Under which nobody is to be ranked (domain.md 5.1, rule 7 [D]).
FEW: Final = 30
LONG: Final = 8


@dataclass(frozen=True)
class Column:
    """`kind` says how the page shows its cells; in a file they stand as they are, shares from 0 to 1."""

    label: str
    kind: str = COUNT


# The columns of what `ends` gives.
ENDS: Final = (Column("At least", SHARE), Column("At most", SHARE))


@dataclass(frozen=True)
class Key:
    """One line of a picture's legend: the name of its pattern, and what it stands for."""

    kind: str
    words: str


@dataclass(frozen=True)
class Picture:
    """What one of `web.plots` has drawn, by the template of that name; `words` say it to whoever doesn't see
    it, `caption` how it is read."""

    name: str
    plot: Any
    words: str
    caption: str
    keys: Sequence[Key] = ()

    @property
    def template(self) -> str:
        return f"web/plots/{self.name}.html"


@dataclass(frozen=True)
class Table:
    """One table. `total_rows` stand at the end. Of more rows than `most` the page shows the first, the file
    all."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    means: str
    cannot: str = ""
    total_rows: int = 0
    links: Sequence[str] = field(default=())
    picture: Picture | None = None
    most: int | None = None

    @property
    def header(self) -> list[str]:
        return [column.label for column in self.columns]

    @property
    def folded(self) -> bool:
        """Whether the table waits behind its name: it is long, and a picture says it first."""
        return self.picture is not None and len(self.rows) > LONG

    @property
    def left_out(self) -> int:
        """Rows that only the file has."""
        return max(len(self.rows) - self.most, 0) if self.most is not None else 0

    @property
    def lines(self) -> list["Line"]:
        """The rows as the page shows them."""
        first_total = len(self.rows) - self.total_rows
        links = [*self.links, *[""] * (len(self.rows) - len(self.links))]
        return [
            Line(list(zip(self.columns, row, strict=True)), place >= first_total, link)
            for place, (row, link) in enumerate(zip(self.rows, links, strict=True))
        ][: self.most]


@dataclass(frozen=True)
class Line:
    cells: list[tuple[Column, Cell]]
    total: bool
    link: str


@dataclass(frozen=True)
class Report:
    """`says` is what it comes to, in one or two sentences with their numbers; `cannot` what nobody should
    read into it."""

    says: str
    cannot: Sequence[str]
    tables: Sequence[Table]


def percent(share: float | None) -> str:
    return "nothing" if share is None else f"{share * 100:.0f} %"


def told(rate: Rate) -> str:
    """`3 of 40: 8 % (3 to 20 %)`: never a share without its numbers."""
    if rate.interval is None:
        return "of nothing"
    low, high = (float(end) * 100 for end in rate.interval)
    return f"{rate.count} of {rate.of}: {percent(rate.share)} ({low:.0f} to {high:.0f} %)"


def said(rate: Rate, what: str = "") -> str:
    """The same in a sentence: `3 of 40 visits were missed (8 %, 3 to 20 %)`."""
    numbers = " ".join(filter(None, [f"{rate.count} of {rate.of}", what]))
    if rate.interval is None:
        return numbers
    low, high = (float(end) * 100 for end in rate.interval)
    return f"{numbers} ({percent(rate.share)}, {low:.0f} to {high:.0f} %)"


def ends(rate: Rate) -> tuple[float | None, float | None]:
    """The interval's ends as cells."""
    return (None, None) if rate.interval is None else (float(rate.interval[0]), float(rate.interval[1]))


def rates_drawn(rates: Iterable[tuple[str, Rate]], of: str) -> Picture | None:
    """Shares with their intervals, each under its words; `of` says of what. None where all are of nothing."""
    estimates = []
    for words, rate in rates:
        low, high = ends(rate)
        if low is not None and high is not None:
            estimates.append(Estimate(words, told(rate), rate.share, low, high))
    if not estimates:
        return None
    return Picture(
        name="intervals",
        plot=intervals(estimates),
        words=f"{of}. {'; '.join(f'{each.words}: {each.told}' for each in estimates)}.",
        caption=f"{of}; the stroke is the 95 % interval.",
    )


def counted(count: int, noun: str) -> str:
    """`1 visit`, `1,204 visits`."""
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def few(count: int, noun: str) -> list[str]:
    """What small numbers can't say, where they are small."""
    if count >= FEW:
        return []
    return [f"With {counted(count, noun)} chance alone moves every share a long way: compare nobody by them."]
