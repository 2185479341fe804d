"""Who of a clinic's patients may be a person who is about to be registered, or many at once: one query.

A likeness is shown to whoever registers, with what is alike, and never decided on: two people do share a
telephone, a birth date or a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Upper

from clinic.models import Clinic, Patient
from clinic.phones import e164

MOST_SHOWN: Final = 5

SAME: Final = {
    "same_name": "the same name",
    "same_birth_date": "the same birth date",
    "same_phone": "the same mobile number",
    "same_email": "the same e-mail address",
}

# The likenesses of `possible_duplicates`, of many new people at once: each arm joins on what is equal.
OF_MANY: Final = """
    WITH new AS (
         SELECT * FROM unnest(%(ids)s::uuid[], %(families)s::text[], %(givens)s::text[],
                              %(birth_dates)s::date[], %(phones)s::text[], %(emails)s::text[])
                    AS each (id, family, given, birth_date, phone, email)
         ),
         here AS (SELECT *, upper(family_name) AS family, upper(given_names) AS given
                    FROM clinic_patient WHERE clinic_id = %(clinic)s),
         alike AS (
         SELECT new.id, here.id AS patient, 'same_birth_date' AS what
           FROM new JOIN here USING (birth_date)
          WHERE here.family %%> new.family OR here.given %%> new.given
             OR here.family %%> new.given OR here.given %%> new.family
          UNION ALL
         SELECT new.id, here.id, 'same_name' FROM new JOIN here USING (family, given)
          UNION ALL
         SELECT new.id, here.id, 'same_phone' FROM new JOIN here USING (phone) WHERE phone <> ''
          UNION ALL
         SELECT new.id, here.id, 'same_email'
           FROM new JOIN here ON upper(here.email) = upper(new.email) WHERE new.email <> ''
         )
    SELECT id, patient, array_agg(what) AS what FROM alike GROUP BY id, patient
     ORDER BY id, count(*) DESC, patient"""


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


def many_possible_duplicates(clinic: Clinic, new: Sequence[Patient]) -> dict[UUID, list[Likeness]]:
    """Up to five patients of the clinic for each of these unwritten ones who is like any: two queries."""
    if not new:
        return {}
    asked: dict[str, Any] = {
        "clinic": clinic.pk,
        "ids": [patient.pk for patient in new],
        "families": [" ".join(patient.family_name.split()).upper() for patient in new],
        "givens": [" ".join(patient.given_names.split()).upper() for patient in new],
        "birth_dates": [patient.birth_date for patient in new],
        "phones": [str(patient.phone) for patient in new],
        "emails": [patient.email for patient in new],
    }
    pairs: dict[UUID, list[tuple[UUID, list[str]]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(OF_MANY, asked)
        for id, patient, what in cursor.fetchall():
            pairs.setdefault(id, []).append((patient, what))
    rows = Patient.objects.in_bulk({patient for found in pairs.values() for patient, _ in found[:MOST_SHOWN]})
    return {
        id: [Likeness(rows[patient], _words(set(what))) for patient, what in found[:MOST_SHOWN]]
        for id, found in pairs.items()
    }


def _born_and_called(birth_date: date | None, family: str, given: str) -> Q | None:
    if birth_date is None:
        return None
    similar = Q()
    for column, name in (("family", family), ("given", given), ("family", given), ("given", family)):
        similar |= Q(**{f"{column}__trigram_word_similar": name})
    return Q(birth_date=birth_date) & similar


def _shared(row: Patient) -> tuple[str, ...]:
    return _words({flag for flag in SAME if getattr(row, flag, False)})


def _words(flags: set[str]) -> tuple[str, ...]:
    """What is the same: a same name says more than a similar one."""
    same_name = "same_name" in flags
    words = SAME | ({} if same_name else {"same_birth_date": "the same birth date and a similar name"})
    return tuple(said for flag, said in words.items() if flag in flags)
