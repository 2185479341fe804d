"""What a patient writes over the API is heard also where what came with it is refused: an alarming note next
to a pain of 11 of 10, or to half a character, still calls a nurse. What of a body can be read is read here,
and nothing else of it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID, uuid5

from rest_framework.exceptions import APIException
from rest_framework.request import Request

from clinic import clock
from clinic.problems import Missing, Problem
from notifications.answering import links, own_words, unproven
from notifications.api.proof import ProofSerializer
from notifications.models import PatientLink

PROOF: Final = ("token", "birth_year")


@contextmanager
def heard(request: Request, *, written: str, names: tuple[str, ...]) -> Iterator[None]:
    """Around taking a body in whose fields of these names a patient writes: when it is refused, its words are
    heard, of whoever proves the link. The refusal stays what it is, so it tells nothing of the proof."""
    raw = request.body  # kept, because a parser that refuses it keeps nothing
    try:
        yield
    except links.TooManyYears:
        raise  # heard where the year was not looked at
    except (APIException, Problem) as refusal:
        body = _readable(raw)
        # A link that doesn't open was heard where it was tried, if the refusal comes from there.
        was_heard = isinstance(refusal, Missing)
        link = _proved(body, was_heard=was_heard) if isinstance(body, Mapping) else None
        if link is not None:
            words = [body[name] for name in names if isinstance(body.get(name), str)]
            id = _id_of(body, link, words)
            own_words.hear(written=written, id=id, link=link, words=words, now=clock.now())
        raise


def _readable(raw: bytes) -> Any:
    """The body as far as it can be read: half a character as "?", a number of any size as its digits."""
    try:
        body = json.loads(raw.decode(errors="replace"), parse_int=str, parse_float=str)
        return json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _proved(body: Mapping[str, Any], *, was_heard: bool) -> PatientLink | None:
    """The link, where token and birth year are right; a wrong year has been counted already, if at all. What
    comes by one that is closed is heard here, unless it `was_heard`."""
    sent = {name: body[name] for name in PROOF if name in body}
    proof = ProofSerializer(data=sent)
    if not proof.is_valid():
        return None
    token, now = proof.validated_data["token"], clock.now()
    try:
        link = links.open_link(token=token, now=now)
    except Missing:
        if not was_heard:
            unproven.hear(token=token, sent=body, now=now)
        return None
    return link if link.patient.birth_date.year == proof.validated_data["birth_year"] else None


def _id_of(body: Mapping[str, Any], link: PatientLink, words: list[str]) -> UUID:
    """The entry's own, so that it calls once however often it is sent; without one, that of its words."""
    try:
        return UUID(str(body.get("id")))
    except ValueError:
        return uuid5(link.pk, "\n".join(words))
