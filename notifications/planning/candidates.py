"""Whose wanted messages can be due by now and have no row yet: PostgreSQL's part of the planner. Reads only.

For every clinic at once, what a rule's moment has come for and nobody has written under its key; what of it
is said now is `choosing`'s to say. The statements themselves stand in `families`. A row that was skipped for
a reason that can pass is as good as none, and so is one whose carrier went nowhere.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from clinic.models import Channel, Consent, ConsentScope, Patient
from notifications.models import DeliveryAttempt, Message, MessageKind, MessageStatus
from notifications.planning import choosing, reasons, rules
from notifications.planning.choosing import Reach
from notifications.planning.families import ALL
from notifications.planning.rule_settings import Settings
from notifications.planning.rules import Receiver, Rule

# Whoever has something due is looked at with all that could become due on the same day, to be merged with it.
LOOKED_AHEAD: Final = timedelta(days=1)
# How many monthly questionnaires a series is followed by at most: a plan is valid for less. [D]
MONTHS: Final = 24


class Found(NamedTuple):
    """One thing for which one stage has no decision yet; see `families` for `since` and `told`."""

    family: str
    stage: str
    key: str
    clinic_id: UUID
    patient_id: UUID
    appointment_id: UUID | None = None
    plan_id: UUID | None = None
    session_id: UUID | None = None
    again_of: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    since: datetime | None = None
    told: datetime | None = None
    months: int = 0
    protocol_id: UUID | None = None
    extra_recovery_minutes: int | None = None


ANCHORS: Final[Mapping[str, str]] = {
    **dict.fromkeys(rules.NOTICES, "notice"),
    **{rule.stage: "before" for rule in rules.DEFAULTS if rule.kind == rules.REMINDER},
    rules.BEFORE_NEXT: "before",
    **dict.fromkeys((rules.SAME_DAY, rules.NEXT_MORNING, rules.DAY_7, rules.END_OF_SERIES), "after"),
    rules.MONTHLY: "monthly",
    rules.CHECK_IN_AGAIN: "again",
    rules.MISSED: "missed",
    rules.OFFER: "offer",
    rules.DIARY: "diary",
}


def _asked(
    settings: Mapping[UUID, Settings],
    *,
    patients: Sequence[UUID] | None,
    until: datetime,
    now: datetime,
) -> dict[str, Any]:
    """The parameters: every clinic's enabled rules as columns, and the moments."""
    relation: list[tuple[UUID, Rule, bool]] = []
    for clinic_id, its in settings.items():
        noticing = rules.CONFIRMATION in its.of_stage
        relation += [(clinic_id, rule, noticing) for rule in its.of_stage.values()]
    return {
        "clinics": [clinic_id for clinic_id, _, _ in relation],
        "stages": [rule.stage for _, rule, _ in relation],
        "anchors": [ANCHORS[rule.stage] for _, rule, _ in relation],
        "days": [rule.days for _, rule, _ in relation],
        "hours": [rule.hours for _, rule, _ in relation],
        "times": [rule.at for _, rule, _ in relation],
        "asking": [rule.kind == rules.CHECK_IN for _, rule, _ in relation],
        "firsts": [rule.first_visit_only for _, rule, _ in relation],
        "noticing": [noticing for _, _, noticing in relation],
        "lasts": [rule.last_only for _, rule, _ in relation],
        "can_pass": sorted(reasons.CAN_PASS),
        "patients": patients,
        "until": until,
        "now": now,
        "open_for": rules.CHECK_IN_OPEN_FOR,
        "missed_for": rules.MISSED_OPEN_FOR,
        "months": MONTHS,
    }


@contextmanager
def patients_due(
    settings: Mapping[UUID, Settings], *, at_once: int, now: datetime
) -> Iterator[Iterator[list[UUID]]]:
    """Batches of the patients for whom some rule's moment has come: one query, read bit by bit."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT patient_id FROM ({ALL}) found ORDER BY patient_id",  # noqa: S608 - constants
            _asked(settings, patients=None, until=now, now=now),
        )
        yield iter(lambda: [patient for (patient,) in cursor.fetchmany(at_once)], [])


def found_for(settings: Mapping[UUID, Settings], patients: Sequence[UUID], *, now: datetime) -> list[Found]:
    """All that could become due for these patients within a day: one query."""
    with connection.cursor() as cursor:
        cursor.execute(ALL, _asked(settings, patients=patients, until=now + LOOKED_AHEAD, now=now))
        return [Found(*row) for row in cursor.fetchall()]


def reaches(settings: Mapping[UUID, Settings], patients: Collection[UUID]) -> dict[UUID, Reach]:
    """Where each of these patients is and how their messages go: one query."""
    agreed = Consent.objects.filter(patient=OuterRef("pk"), revoked_at=None)
    rows = Patient.objects.filter(pk__in=patients).annotate(
        agreed_to_texts=Exists(agreed.filter(scope=ConsentScope.SMS)),
        agreed_to_email=Exists(agreed.filter(scope=ConsentScope.EMAIL)),
    )
    reached = {}
    for id, clinic_id, own_zone, zone, state, channel, phone, email, to_texts, to_email in rows.values_list(
        "pk",
        "clinic_id",
        "time_zone",
        "clinic__time_zone",
        "state",
        "preferred_channel",
        "phone",
        "email",
        "agreed_to_texts",
        "agreed_to_email",
    ):
        its = settings[clinic_id]
        mailed = bool(email) and to_email
        wished = channel == Channel.SMS or (channel == Channel.EMAIL and not mailed)
        reached[id] = Reach(
            Receiver(own_zone or zone, its.daytime(state)),
            texted=wished and bool(phone) and to_texts,
            mailed=mailed,
            most_a_day=its.caps.most_a_day,
            most_a_week=its.caps.most_a_week,
        )
    return reached


def texts_of(reached: Mapping[UUID, Reach], *, now: datetime) -> dict[UUID, list[datetime]]:
    """When each of these patients was, or is about to be, sent a text by some rule lately: one query.

    Answers to a patient's own text, and what staff write, count against no cap (domain.md 6.4).
    """
    last = DeliveryAttempt.objects.filter(message=OuterRef("pk")).order_by("-number")
    rows = (
        Message.objects.filter(
            patient__in=reached,
            due_at__gt=now - choosing.WEEK - LOOKED_AHEAD,
            status__in=[
                MessageStatus.PLANNED,
                MessageStatus.CLAIMED,
                MessageStatus.SENT,
                MessageStatus.UNKNOWN,
            ],
        )
        .exclude(kind__in=[MessageKind.PAGE, MessageKind.ANSWER, MessageKind.REPLY])
        .annotate(went_by=Subquery(last.values("form")[:1]), went_at=Subquery(last.values("started_at")[:1]))
        .values_list("patient", "form", "went_by", "went_at", "due_at")
    )
    texts: dict[UUID, list[datetime]] = {patient: [] for patient in reached}
    for patient, form, went_by, went_at, due_at in rows:
        way = went_by or form or (rules.SMS if reached[patient].texted else rules.EMAIL)
        if way == rules.SMS:
            texts[patient].append(went_at or due_at)
    return texts
