"""Which ring each value of a set would meet, told before the set is recorded; nothing is written.

What is impossible or unusual is decided in `vital_limits`, what a set raises in `alert_rules`: recording
asks the same two.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

from sessions_app import states
from sessions_app.models import Session
from sessions_app.observing import excursions, vital_limits
from sessions_app.observing.alert_rules import BOUNDS
from sessions_app.observing.vital_limits import Breach
from sessions_app.observing.vitals import Reading

RingName = Literal["refused", "confirm", "hold", "alert", "none"]
NO_ALERT: Final = "No alert."
_STANDS: Final = "Until a full set no longer names it, or the prescriber decides."


@dataclass(frozen=True)
class Met:
    """What one value would meet: `refused`, `confirm` (measured again first), `hold` (the start waits),
    `alert` of this level, or `none`. `sign` is one of `vital_limits`, or a symptom."""

    sign: str
    ring: RingName
    words: str
    level: str = ""


def of(session: Session, reading: Reading, *, corrects: UUID | None = None) -> list[Met]:
    """What each entered value would meet, the values in the order of the rings. At most five queries.

    A value that is refused meets nothing else. Nobody is called to a patient who has gone home: after the
    signature a set raises no alert.
    """
    rings = vital_limits.rings_of(session.protocol.rings)
    entered = {sign: value for sign, value in reading.values.items() if value is not None}
    refused = [
        Met(doubt.field, "refused", doubt.mend)
        for doubt in vital_limits.rejected(reading.values, rings)
        if doubt.field in entered
    ]
    credible = vital_limits.credible(reading.values, rings)
    met = [
        *refused,
        *(Met(doubt.field, "confirm", doubt.mend) for doubt in vital_limits.unusual(credible, rings)),
        *_holds(session, credible, reading.symptoms),
        *_alerts(session, reading, credible, corrects),
    ]
    told = {each.sign for each in met}
    met += [Met(sign, "none", NO_ALERT) for sign in credible if sign not in told]
    order = [*vital_limits.RINGS, *vital_limits.SYMPTOMS]
    return sorted(met, key=lambda each: order.index(each.sign))


def _holds(session: Session, values: vital_limits.Values, symptoms: Collection[str]) -> list[Met]:
    if session.state not in states.BEFORE_START:
        return []
    past = vital_limits.breaches(values, session.protocol.limits, "start_hold")
    return [
        *(Met(breach.sign, "hold", _past_start_limit(breach)) for breach in past),
        *(Met(seen, "hold", _STANDS) for seen in vital_limits.SYMPTOMS if seen in symptoms),
    ]


def _past_start_limit(breach: Breach) -> str:
    limit = f"{BOUNDS[breach.bound]} {breach.limit}"
    return f"{limit[0].upper()}{limit[1:]}: measure again, or the prescriber decides."


def _alerts(
    session: Session, reading: Reading, values: vital_limits.Values, corrects: UUID | None
) -> Sequence[Met]:
    if session.state == states.SIGNED:
        return []
    nothing: dict[str, Any] = dict.fromkeys(vital_limits.RINGS)
    judged = excursions.judge(session, replace(reading, **(nothing | dict(values))), but=corrects)
    return [Met(each.sign, "alert", each.detail, each.level) for each in judged.raises]
