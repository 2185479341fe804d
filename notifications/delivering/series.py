"""What a confirmation tells beside its own visit: the other visits that were booked with it, as they stand
right before its words are written.

Which visits go together `planning.choosing` says, and what became of them afterwards is their carrier's
(`planning.said`). One that has moved, or doesn't take place, is let go here: it is wanted by itself again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from notifications.delivering.gathering import Facts
from notifications.models import Message
from notifications.planning import standing


def narrowed(facts: Facts, going: Iterable[Message], now: datetime) -> Facts:
    """The facts with those visits alone of which the messages that go now still tell; the others stand
    `left_out` in them. All are locked, with their rows. Of what staff say again the patient was told already,
    and its rows stay as they are."""
    series, left_out = {}, defaultdict[UUID, list[Message]](list)
    for message in going:
        stand = []
        for each in facts.series.get(message.pk, ()):
            said_again = each.carried_by_id != message.pk
            told = None if said_again else facts.told.get(each.visit.pk)
            reason = standing.left_out(each, told, now)
            if not reason:
                stand.append(each)
            elif not said_again:
                each.carried_by, each.reason = None, reason
                left_out[message.pk].append(each)
        series[message.pk] = stand
    return replace(facts, series=series, left_out=dict(left_out))


def let_go(left_out: Sequence[Message]) -> None:
    """Written with the try whose words tell of them no more, in one statement. Sooner, and where that try is
    never begun, the next one would go in an earlier one's words, which do."""
    Message.objects.bulk_update(left_out, ["carried_by", "reason"])
