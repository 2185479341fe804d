"""Which tasks of the list are shown, as it stands in the address: whose, overdue, of which kind; and how many
each choice would show.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from clinic import queries
from clinic.access import Actor
from clinic.models import WorkItem
from notifications.escalating import choosing, task_kinds
from notifications.escalating.choosing import MINE, NOBODYS, OVERDUE
from notifications.escalating.task_kinds import KINDS, Kind

ALL = ""
WHOSE: Final = {ALL: "All", MINE: "Mine", NOBODYS: "Free to take", OVERDUE: "Overdue"}
NONE_OF: Final = {
    ALL: "No task is open",
    MINE: "You have taken no task that is open",
    NOBODYS: "There is no task that you could take and nobody has",
    OVERDUE: "No task is past its time",
}


@dataclass(frozen=True)
class Choice:
    """One filter as a link: what it says, how many it shows, and what of the address asks for it."""

    label: str
    count: int
    query: str
    here: bool


@dataclass(frozen=True)
class Narrowing:
    """What the address asks for. Anything that no link of ours says asks for nothing."""

    which: str = ALL
    kind: Kind | None = None

    @classmethod
    def asked(cls, query: QueryDict) -> "Narrowing":
        which = query.get("which", ALL)
        return cls(which if which in WHOSE else ALL, task_kinds.BY_CODE.get(query.get("kind", "")))

    @property
    def is_any(self) -> bool:
        return bool(self.which or self.kind)

    @property
    def nothing(self) -> str:
        """What an empty list says that it has none of."""
        of_kind = f", of “{self.kind.label.lower()}”" if self.kind else ""
        return f"{NONE_OF[self.which]}{of_kind}. All that is open stands under All."

    def query(self, **changed: Any) -> str:
        """The part of an address that asks for this, with something changed."""
        to = QueryDict(mutable=True)
        for name, value in ({"which": self.which, "kind": self.kind and self.kind.code} | changed).items():
            if value:
                to[name] = str(value)
        return to.urlencode()

    def of(self, rows: QuerySet[WorkItem], actor: Actor, now: datetime) -> QuerySet[Any]:
        of_kind = choosing.of_kind(rows, self.kind) if self.kind else rows
        return of_kind.filter(_which(actor, now)[self.which])


def choices(
    narrowing: Narrowing, rows: QuerySet[WorkItem], actor: Actor, now: datetime
) -> tuple[list[Choice], list[Choice]]:
    """(whose, of which kind), each with how many there are together with the other choice: one query."""
    sides = _which(actor, now)
    counts = {f"of_{which or 'all'}": Count("pk", filter=side) for which, side in sides.items()}
    by_table = list(queries.about(rows).order_by().values("table").annotate(**counts))
    whose = [
        Choice(
            label,
            sum(row[f"of_{which or 'all'}"] for row in by_table if _shows(narrowing.kind, row)),
            narrowing.query(which=which),
            narrowing.which == which,
        )
        for which, label in WHOSE.items()
    ]
    column = f"of_{narrowing.which or 'all'}"
    kinds = [
        Choice(
            kind.label,
            sum(row[column] for row in by_table if _shows(kind, row)),
            narrowing.query(kind=kind.code if narrowing.kind != kind else ""),
            narrowing.kind == kind,
        )
        for kind in KINDS
    ]
    return whose, [choice for choice in kinds if choice.count or choice.here]


def _shows(kind: Kind | None, row: dict[str, Any]) -> bool:
    return kind is None or task_kinds.kind_of(row["table"]) == kind


def _which(actor: Actor, now: datetime) -> dict[str, Q]:
    return {ALL: Q(), **choosing.which(actor, now=now)}
