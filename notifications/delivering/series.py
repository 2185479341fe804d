"""What a confirmation tells beside its own visit: the other visits that were booked with it, as they stand
right before its words are written.

Which visits go together `planning.choosing` says, and what became of them afterwards is their carrier's
(`planning.said`). One that has moved, or doesn't take place, is let go here: it is wanted by itself again.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from notifications.delivering.gathering import Facts
from notifications.models import Message
from notifications.planning import standing


def narrowed(facts: Facts, going: Iterable[Message], now: datetime) -> Facts:
    """The facts with those visits alone of which the messages that go now still tell. They are locked, with
    their rows; what is let go is written, in one statement. Of what staff say again the patient was told
    already, and its rows stay as they are."""
    series, gone = {}, []
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
                gone.append((message.pk, each))
        series[message.pk] = stand
    Message.objects.bulk_update([each for _, each in gone], ["carried_by", "reason"])
    return replace(facts, series=series, shortened={carrier for carrier, _ in gone})
