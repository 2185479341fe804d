"""The heads of all chains as a small text that a clinic keeps elsewhere, and comparing with it later.

A chain alone can't tell that its last link was cut off or written anew with its hash: whoever may do that to
the tables does it without a trace. An anchor is written at a time and kept where they don't reach: from then
on each chain has to hold the link that it ended with. It tells ids and hashes, and nobody signs it.

    chairside.anchor/1 2027-01-11T17:00:00.000000Z
    <patient's id> <number of links> <hash of the last link>
    end <number of chains> <hash of the lines above>

Proving that the links before an anchored one are what was signed is `verification`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sessions_app.models import SignedRecord
from sessions_app.signing import record
from sessions_app.signing.verification import BrokenLink

FORM: Final = "chairside.anchor/1"
AT_ONCE: Final = 500


class Unreadable(ValueError):
    """This is no whole anchor; the message says why."""


@dataclass(frozen=True)
class Head:
    """How many links a patient's chain has, and the hash of the last."""

    patient_id: UUID
    length: int
    sha256: str


@dataclass(frozen=True)
class Anchor:
    taken_at: datetime
    heads: tuple[Head, ...]


def heads() -> Iterator[Head]:
    """The end of every patient's chain, as stored now. One query."""
    last = SignedRecord.objects.order_by("patient_id", "-chain_position").distinct("patient_id")
    for row in last.values_list("patient_id", "chain_position", "sha256").iterator():
        yield Head(*row)


def text_of(anchor: Anchor) -> str:
    lines = [f"{FORM} {record.plain(anchor.taken_at)}"]
    lines += [f"{head.patient_id} {head.length} {head.sha256}" for head in anchor.heads]
    above = _text(lines)
    return above + f"end {len(anchor.heads)} {_hash(above)}\n"


def read(text: str) -> Anchor:
    """Raises `Unreadable` for what is no anchor, or not the whole of one."""
    *lines, last = text.splitlines() or [""]
    if last != f"end {len(lines) - 1} {_hash(_text(lines))}":
        raise Unreadable("It is cut off or was changed: its last line doesn't fit the lines above.")
    form, _, taken_at = lines[0].partition(" ")
    if form != FORM:
        raise Unreadable(f"Its first line doesn't name the form {FORM}.")
    return Anchor(datetime.fromisoformat(taken_at), tuple(_head(line) for line in lines[1:]))


def departures(anchor: Anchor) -> Iterator[BrokenLink]:
    """Each chain that no longer holds the link with which it ended when the anchor was taken."""
    for start in range(0, len(anchor.heads), AT_ONCE):
        some = anchor.heads[start : start + AT_ONCE]
        stored = _hashes(some)
        for head in some:
            now = stored.get((head.patient_id, head.length))
            if now is None:
                yield BrokenLink(head.patient_id, head.length, f"{_since(anchor)} this link is gone")
            elif now != head.sha256:
                yield BrokenLink(head.patient_id, head.length, f"{_since(anchor)} this link was written anew")


def _hashes(some: Sequence[Head]) -> dict[tuple[UUID, int], str]:
    records = SignedRecord.objects.filter(
        patient__in=[head.patient_id for head in some], chain_position__in={head.length for head in some}
    )
    found = records.values_list("patient_id", "chain_position", "sha256")
    return {(patient, position): sha256 for patient, position, sha256 in found}


def _since(anchor: Anchor) -> str:
    return f"since {record.plain(anchor.taken_at)}"


def _head(line: str) -> Head:
    patient, length, sha256 = line.split(" ")
    return Head(UUID(patient), int(length), sha256)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
