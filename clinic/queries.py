"""This floor's reads, named for what they return. Who may see which rows is said in `access`."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import models
from django.db.models import Case, Count, F, Func, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Greatest, Upper

from clinic.access import Actor
from clinic.models import (
    AccessLog,
    Allergy,
    Consent,
    Patient,
    Urgency,
    User,
    WorkItem,
    WorkItemStep,
    WorkItemStepKind,
)
from clinic.phones import e164

MOST_FOUND = 25
# FHIR's words for an allergy that no longer holds, and for one that never did.
OVER = ("inactive", "resolved")
NO_ALLERGY = ("refuted", "entered-in-error")
MOST_WORDS = 6
MOST_CHANGES = 200
ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
US_DATE = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# As lists print it, and as people say it: Oct 23 1987, October 23, 1987, 23 Oct 1987.
SPOKEN_DATE = re.compile(
    rf"(?i)\b(?:(?P<month>{'|'.join(MONTHS)})[a-z]*\.?\s+(?P<day>\d{{1,2}}),?"
    rf"|(?P<day_first>\d{{1,2}})\s+(?P<month_after>{'|'.join(MONTHS)})[a-z]*\.?,?)\s+(?P<year>\d{{4}})\b"
)
# In fewer letters, two that are exchanged are another name; in more, likeness finds it.
LEAST_LETTERS, MOST_LETTERS = 4, 8
# A name with two neighbours exchanged comes right after the name itself.
EXCHANGED = 0.95
DIGITS_OF_A_PHONE = re.compile(r"\+?[\d\s().-]{4,24}")
# Fewer digits than that stand in every other number.
LEAST_DIGITS = 4
# As many are no part of one any more: with its area, a number of the US.
WHOLE_NUMBER = 10


class SplitPart(Func):
    """PostgreSQL's split_part(text, separator, which)."""

    function = "split_part"
    output_field = TextField()


def find_patients(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Up to 25 of these patients, the best match first: one query, on indexes.

    A text of digits is a telephone number or an MRN, or at least four digits of one, such as the last four.
    Otherwise every word must fit: a name (typing errors forgiven, beginnings enough), a birth date
    (2001-05-17, 5/17/2001 or May 17, 2001), an MRN, also without its hyphen, or digits as above. Empty text
    finds nobody. How many errors are forgiven is set in config/brokers.py.
    """
    text = text.strip()
    fitting = patients.alias(family=Upper("family_name"), given=Upper("given_names"), upper_mrn=Upper("mrn"))
    if DIGITS_OF_A_PHONE.fullmatch(text) and not ISO_DATE.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        number = e164(text) if len(digits) >= WHOLE_NUMBER else ""
        ends_so: Any = Case(When(phone__endswith=digits, then=0), default=1)
        fits = Q(phone=number) if number else _has_digits(digits)
        fitting = fitting.filter(fits | Q(mrn=text))
        return fitting.order_by(ends_so, "family_name", "given_names", "pk")[:MOST_FOUND]
    likeness: Any = Value(0.0)
    words = SPOKEN_DATE.sub(_in_figures, text).split()[:MOST_WORDS]
    for word in words:
        birth_date = date_in(word)
        if birth_date:
            fitting = fitting.filter(birth_date=birth_date)
            continue
        letters = word.upper()
        exchanged = _exchanged(letters)
        fitting = fitting.filter(
            Q(family__trigram_word_similar=letters)
            | Q(given__trigram_word_similar=letters)
            | exchanged
            | Q(mrn=word)
            | _has_digits(letters)
        )
        likeness = likeness + Greatest(
            TrigramWordSimilarity(letters, F("family")),
            TrigramWordSimilarity(letters, F("given")),
            Case(When(exchanged, then=Value(EXCHANGED)), default=Value(0.0)),
        )
    if not words:
        return patients.none()
    best_first = fitting.alias(likeness=likeness).order_by("-likeness", "family_name", "given_names", "pk")
    return best_first[:MOST_FOUND]


def _exchanged(letters: str) -> Q:
    """In whose given names this is once two neighbouring letters are exchanged back: in a short name no run
    of three letters is left by such an error, which is all that likeness counts. One pattern, which
    PostgreSQL reads from the index; a condition for each exchange it would hold against every row."""
    if not LEAST_LETTERS <= len(letters) <= MOST_LETTERS or not letters.isalpha():
        return Q(pk__in=[])
    pairs = range(len(letters) - 1)
    back = {letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :] for at in pairs}
    return Q(given__regex=f"({'|'.join(sorted(back))})")


def _in_figures(spoken: re.Match[str]) -> str:
    """Oct 23 1987 as 1987-10-23, one word."""
    month, day = spoken["month"] or spoken["month_after"], spoken["day"] or spoken["day_first"]
    return f"{spoken['year']}-{MONTHS.index(month.lower()) + 1}-{day}"


def _has_digits(word: str) -> Q:
    """Whose telephone number or MRN has this in it, whatever stands between the MRN's letters and digits: of
    a word with digits enough to tell anything."""
    if sum(letter.isdigit() for letter in word) < LEAST_DIGITS:
        return Q(pk__in=[])
    groups = re.findall(r"[^\W\d_]+|\d+", word)
    in_mrn = (
        Q(upper_mrn__regex=r"[^[:alnum:]]?".join(groups)) if len(groups) > 1 else Q(upper_mrn__contains=word)
    )
    return in_mrn | Q(phone__contains=word) if word.isdigit() else in_mrn


def had_number(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Those of these patients whose record had this telephone number before, and has another by now: one
    query. A text that is no number was nobody's."""
    number = e164(text) if DIGITS_OF_A_PHONE.fullmatch(text.strip()) else ""
    if not number:
        return patients.none()
    before: Any = Patient.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    had = before.filter(phone=number).values("pgh_obj_id")
    return (
        patients.filter(pk__in=had)
        .exclude(phone=number)
        .order_by("family_name", "given_names", "pk")[:MOST_FOUND]
    )


def date_in(word: str) -> date | None:
    """The day that is written in this word as 2001-05-17 or 5/17/2001, if one is."""
    written = ISO_DATE.fullmatch(word) or US_DATE.fullmatch(word)
    try:
        return date(*(int(written[part]) for part in ("year", "month", "day"))) if written else None
    except ValueError:
        return None  # 31 February is no date; then it is a word that fits nobody


def allergies_of(patient: Patient | OuterRef) -> QuerySet[Allergy]:
    """All allergies on record, also those refuted or resolved."""
    return Allergy.objects.filter(patient=patient).order_by("substance", "pk")


def allergies_that_hold(patient: Patient | OuterRef) -> QuerySet[Allergy]:
    """Those of which somebody has to beware: one query."""
    standing = allergies_of(patient).exclude(clinical_status__in=OVER)
    return standing.exclude(verification_status__in=NO_ALLERGY)


def still_holds(allergy: Allergy) -> bool:
    """Whether to beware of it: neither over nor found to be none."""
    return allergy.clinical_status not in OVER and allergy.verification_status not in NO_ALLERGY


def consents_of(patient: Patient) -> QuerySet[Consent]:
    """Every yes on record, also those taken back, the latest first."""
    return Consent.objects.filter(patient=patient).select_related("recorded_by").order_by("-given_at", "-pk")


def looks_at(patient: Patient) -> QuerySet[AccessLog]:
    """Who looked at this chart, the latest first."""
    return AccessLog.objects.filter(patient=patient).select_related("user").order_by("-at", "-pk")


def open_work_items() -> QuerySet[WorkItem]:
    """Tasks that wait for somebody, the most pressing first."""
    waiting = WorkItem.objects.filter(closed_at=None)
    return waiting.select_related("clinic", "patient", "owner").order_by("due_at", "pk")


def open_task_counts(actor: Actor) -> dict[UUID, int]:
    """In each of their clinics, how many open tasks are this person's, or anybody's of their roles who takes
    them: one query. A clinic without any is left out."""
    theirs = Q(owner_id=actor.user_id)
    for clinic_id, roles in actor.roles.items():
        theirs |= Q(owner=None, clinic=clinic_id, role__in=roles)
    waiting = WorkItem.objects.filter(theirs, clinic__in=actor.roles, closed_at=None)
    return dict(waiting.values_list("clinic").annotate(count=Count("pk")).order_by())


def most_pressing_first(rows: QuerySet[WorkItem], *, now: datetime, today_ends: datetime) -> QuerySet[Any]:
    """Open tasks as one list: first what somebody is called about, `pressing`: urgent, and either nobody's
    yet or past its time; of these what is due before `today_ends` and then the red ones. Of all, by when it
    is due."""
    urgent = Q(urgency__in=[Urgency.RED, Urgency.AMBER])
    pressing = Case(
        When(urgent & (Q(acknowledged_at=None) | Q(due_at__lte=now)), then=True), default=Value(False)
    )
    later = Case(When(pressing=True, due_at__gte=today_ends, then=1), default=0)
    less_than_red = Case(When(Q(pressing=False) | Q(urgency=Urgency.RED), then=0), default=1)
    ranked = rows.annotate(pressing=pressing).alias(later=later, less_than_red=less_than_red)
    return ranked.order_by("-pressing", "later", "less_than_red", "due_at", "pk")


def about(rows: QuerySet[WorkItem]) -> QuerySet[Any]:
    """Tasks with the name of what they are about, `table`: how their cause begins."""
    return rows.annotate(table=SplitPart("cause", Value(":"), Value(1)))


def closed_work_items() -> QuerySet[WorkItem]:
    """Tasks that were closed, the latest first, with who closed them."""
    done = WorkItem.objects.filter(closed_at__isnull=False)
    return done.select_related("clinic", "patient", "owner", "closed_by").order_by("-closed_at", "-pk")


def steps_of(item: WorkItem) -> QuerySet[WorkItemStep]:
    """What happened to a task, in order; what closed it last, also of steps of one moment."""
    closing = Case(When(kind=WorkItemStepKind.CLOSED, then=1), default=0)
    return item.steps.select_related("by", "to").order_by("at", closing, "created_at")


@dataclass(frozen=True)
class Change:
    """One version of a patient's row: who made it, why, through which door, and which columns differ."""

    at: datetime
    what: str  # insert, update or delete
    who: str  # a name, or "" for an import or a change by hand in the database
    reason: str
    door: str
    fields: list[str]

    @property
    def columns(self) -> list[str]:
        """The fields as people read them."""
        return [name.removesuffix("_id").replace("_", " ") for name in self.fields]


def changes_of(patient: Patient) -> list[Change]:
    """The latest 200 changes of a patient's details, the newest first: two queries."""
    model: Any = Patient.pgh_event_model  # type: ignore[attr-defined]
    versions = list(
        model.objects.filter(pgh_obj_id=patient.pk)
        .select_related("pgh_context")
        .order_by("-pgh_id")[: MOST_CHANGES + 1]
    )
    columns = [field.attname for field in Patient._meta.concrete_fields]
    contexts = [version.pgh_context.metadata if version.pgh_context else {} for version in versions]
    names = names_of({context.get("user", "") for context in contexts})
    return [
        Change(
            at=version.pgh_created_at,
            what=version.pgh_label,
            who=names.get(context.get("user", ""), ""),
            reason=context.get("reason", ""),
            door=context.get("door", ""),
            fields=[c for c in columns if before and getattr(before, c) != getattr(version, c)],
        )
        for version, before, context in zip(versions, [*versions[1:], None], contexts, strict=True)
    ][:MOST_CHANGES]


def who_changed(row: models.Model, columns: Collection[str]) -> dict[str, str]:
    """Who made the latest change of each of these columns, "" where no name stands at it: two queries.

    Looked for among the latest 200 versions of the row; a column that is older than these is left out."""
    model: Any = row.pgh_event_model  # type: ignore[attr-defined]
    versions = list(
        model.objects.filter(pgh_obj_id=row.pk)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:MOST_CHANGES]
    )
    found: dict[str, str] = {}
    for version, before in zip_longest(versions, versions[1:]):
        for column in set(columns) - found.keys():
            if before is None or getattr(version, column) != getattr(before, column):
                context = version.pgh_context.metadata if version.pgh_context else {}
                found[column] = context.get("user", "")
    names = names_of(set(found.values()))
    return {column: names.get(user, "") for column, user in found.items()}


def names_of(users: Collection[str]) -> dict[str, str]:
    """What whoever stands in a history's contexts is called, by their id; "" is nobody's."""
    people = User.objects.filter(pk__in={UUID(user) for user in users if user})
    return {str(pk): name for pk, name in people.values_list("pk", "full_name")}
