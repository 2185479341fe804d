"""Which way a vital sign went, pure: for a look at many chairs, where nobody reads a table.

It judges nothing: whether a value is past a limit is in `vital_limits`, whether it is far from the patient's
own in `alert_rules`.
"""

from collections.abc import Sequence
from typing import Literal

from sessions_app.observing.vital_limits import Value

Direction = Literal["rising", "falling", "steady"]


def direction(values: Sequence[Value]) -> Direction | None:
    """Of a stretch of time, the newest last: rising where the newest is above every other, falling where it
    is below. So a value that goes up and down as it did before is steady, and no source has to say by how
    many mmHg a pressure may differ from itself. None where there is nothing to compare with."""
    if len(values) < 2:
        return None
    *before, newest = values
    if newest > max(before):
        return "rising"
    return "falling" if newest < min(before) else "steady"
