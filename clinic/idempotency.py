"""The id is the idempotency key: a create call sent again, however often, records once (design 3.3)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError

from clinic.access import Actor
from clinic.models import CreatedId
from clinic.problems import Conflict
from clinic.transactions import in_transaction, violated_constraint

RowType = TypeVar("RowType")


def create_once(
    *,
    actor: Actor | None,
    noun: str,
    id: UUID,
    body: Mapping[str, Any],
    make: Callable[[], RowType],
    find: Callable[[], RowType],
) -> tuple[RowType, bool]:
    """Create a row, or give back the one that the same call made before.

    Returns (row, made now). The id is claimed in the transaction that makes the row: of two calls at
    once the second waits and is given the first's row; when `make` fails the id is free again.
    Raises `Conflict` with code `id_reused` when the id was used with another body, by another person or
    for another noun, and `taken_back` when what was made is gone: `find` says so with `DoesNotExist`.
    """
    fingerprint = fingerprint_of(body)
    user_id = actor.user_id if actor else None

    def work() -> tuple[RowType, bool]:
        used, fresh = CreatedId.objects.get_or_create(
            id=id, defaults={"noun": noun, "user_id": user_id, "fingerprint": fingerprint}
        )
        if fresh:
            return make(), True
        if (used.noun, used.user_id, used.fingerprint) != (noun, user_id, fingerprint):
            raise Conflict(
                "This id was already used for something else. Make a new id for a new entry.",
                code="id_reused",
            )
        try:
            return find(), False
        except ObjectDoesNotExist:
            raise _taken_back() from None

    try:
        return in_transaction(work)
    except IntegrityError as error:
        # The id stands somewhere without having come through here: imported, or a line of another entry.
        if violated_constraint(error).endswith("_pkey"):
            raise _reused() from error
        raise


def recorded_before(*, actor: Actor, noun: str, id: UUID, body: Mapping[str, Any]) -> bool:
    """Whether this very call has recorded already. It is then done, whatever is possible by now: who asks
    first spares a late copy the checks that only a first call can pass."""
    same = CreatedId.objects.filter(id=id, noun=noun, user_id=actor.user_id)
    return same.filter(fingerprint=fingerprint_of(body)).exists()


def _reused() -> Conflict:
    return Conflict(
        "This id was already used for something else. Make a new id for a new entry.", code="id_reused"
    )


def _taken_back() -> Conflict:
    return Conflict(
        "This was recorded before and has been taken back or replaced since. Look at what stands now, and"
        " make a new id for a new entry.",
        code="taken_back",
    )


def fingerprint_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body, whatever the order of its keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(canonical.encode()).hexdigest()
