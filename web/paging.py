"""Pages of a long list, the latest row first, each beginning where the one before it ended: stable while rows
arrive, and as fast on the hundredth page as on the first.

The API's lists do the same (`clinic.api_defaults.NewestFirst`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from clinic import era
from clinic.problems import Invalid

ROWS: Final = 50
EARLIER, LATER = "earlier", "later"
NOT_WHOLE: Final = "This address is not whole. Follow the link to it again."


@dataclass(frozen=True)
class Stretch:
    """Some rows, and what of the address asks for those beside them; empty where there are none."""

    rows: list[Any]
    earlier: str
    later: str


def latest_first(asked: QueryDict, rows: QuerySet[Any], column: str) -> Stretch:
    """The rows that the address asks for, by this column and the key: one query.

    Raises `Invalid` for an edge that no page of ours has given out.
    """
    forth = asked.get(LATER, "")
    edge = forth or asked.get(EARLIER, "")
    order = [column, "pk"] if forth else [f"-{column}", "-pk"]
    if edge:
        at, pk = _read(edge, rows.model._meta.pk)
        side, taken = ("gte", "lte") if forth else ("lte", "gte")
        rows = rows.filter(**{f"{column}__{side}": at}).exclude(**{column: at, f"pk__{taken}": pk})
    found = list(rows.order_by(*order)[: ROWS + 1])
    more, shown = len(found) > ROWS, found[:ROWS]
    if forth:
        shown.reverse()
    has_earlier = bool(shown) and (more if not forth else True)
    has_later = bool(shown) and (more if forth else bool(edge))
    return Stretch(
        rows=shown,
        earlier=_address(asked, EARLIER, shown[-1], column) if has_earlier else "",
        later=_address(asked, LATER, shown[0], column) if has_later else "",
    )


def _read(edge: str, column: Any) -> tuple[datetime, Any]:
    moment, _, key = edge.partition("~")
    try:
        return era.moment(moment), column.to_python(key)
    except (ValueError, ValidationError):
        raise Invalid({"address": NOT_WHOLE}) from None


def _address(asked: QueryDict, direction: str, row: Any, column: str) -> str:
    query = asked.copy()
    for name in (EARLIER, LATER):
        query.pop(name, None)
    query[direction] = f"{getattr(row, column).isoformat()}~{row.pk}"
    return query.urlencode()
