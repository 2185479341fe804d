"""Who of a clinic's patients may be the person whom somebody is about to register: one query, on indexes.

A likeness is shown to whoever registers, with what is alike, and never decided on: two people do share a
telephone, a birth date or a name.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Upper

from clinic.models import Patient
from clinic.phones import e164

MOST_SHOWN: Final = 5


@dataclass(frozen=True)
class Likeness:
    """A patient on record, and what they have in common with the one who is about to be."""

    patient: Patient
    shared: tuple[str, ...]


def possible_duplicates(
    patients: QuerySet[Patient],
    *,
    family_name: str,
    given_names: str,
    birth_date: date | None = None,
    phone: str = "",
    email: str = "",
) -> list[Likeness]:
    """Up to five of these patients, those with most in common first.

    Alike are: one birth date and a similar name (also family and given name exchanged), the same name
    whatever the birth date, the same mobile number, the same e-mail address.
    """
    family, given = (" ".join(name.split()).upper() for name in (family_name, given_names))
    fits = {
        "birth_date": _born_and_called(birth_date, family, given),
        "name": Q(family=family, given=given),
        "phone": Q(phone=e164(phone)) if e164(phone) else None,
        "email": Q(email__iexact=email.strip()) if email.strip() else None,
    }
    asked = {name: fit for name, fit in fits.items() if fit is not None}
    any_of = Q()
    for fit in asked.values():
        any_of |= fit
    flags: dict[str, Any] = {
        f"same_{name}": Case(When(fit, then=True), default=False, output_field=BooleanField())
        for name, fit in asked.items()
    }
    points: Any = Value(0, output_field=IntegerField())
    for fit in asked.values():
        points = points + Case(When(fit, then=1), default=0, output_field=IntegerField())
    likeness: Any = Greatest(
        TrigramWordSimilarity(family, F("family")), TrigramWordSimilarity(given, F("given"))
    )
    rows = (
        patients.alias(family=Upper("family_name"), given=Upper("given_names"))
        .filter(any_of)
        .annotate(**flags)
        .alias(points=points, likeness=likeness)
        .order_by("-points", "-likeness", "family_name", "given_names", "pk")[:MOST_SHOWN]
    )
    return [Likeness(row, _shared(row)) for row in rows]


def _born_and_called(birth_date: date | None, family: str, given: str) -> Q | None:
    if birth_date is None:
        return None
    similar = Q()
    for column, name in (("family", family), ("given", given), ("family", given), ("given", family)):
        similar |= Q(**{f"{column}__trigram_word_similar": name})
    return Q(birth_date=birth_date) & similar


def _shared(row: Patient) -> tuple[str, ...]:
    """What is the same, in words: a same name says more than a similar one."""
    same_name = getattr(row, "same_name", False)
    words = {
        "same_name": "the same name",
        "same_birth_date": "the same birth date" if same_name else "the same birth date and a similar name",
        "same_phone": "the same mobile number",
        "same_email": "the same e-mail address",
    }
    return tuple(said for flag, said in words.items() if getattr(row, flag, False))
