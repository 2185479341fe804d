"""Who may do what, written by hand: a row for each route and method of the product. It is the rule.

D is the front desk, N a nurse, P a prescriber, M a manager; `public` needs no sign-in, `account` is about
one's own sign-in. What holds the product to it is in `test_permission_matrix`.
"""

from dataclasses import dataclass

from tests.permissions import api, pages


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    who: str


ROWS = [Row(*line.split()) for table in (api, pages) for line in table.MATRIX.strip().splitlines()]
STAFF_ROWS = [row for row in ROWS if row.who not in ("public", "account")]
