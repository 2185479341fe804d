"""What delivery asks again right before sending, of a whole batch at once: a fixed number of queries.

Everything is read after the wait for the locks: what was read before one is as old as its own query. What
follows from it is `addressing`'s, `composing`'s and `delivery`'s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet, prefetch_related_objects
from django.db.models.expressions import RawSQL

from clinic.models import Clinic, Consent, ConsentScope, Patient, User, WorkItem
from notifications.delivering import addressing, calendar_files, sending_state
from notifications.delivering.addressing import Ways
from notifications.delivering.blocked import blocked_of
from notifications.models import (
    BlockReason,
    ClinicMessaging,
    DeliveryAttempt,
    Form,
    InboundMessage,
    Message,
    MessageKind,
    MessageText,
    PatientLink,
)
from notifications.planning import rule_settings, said, standing
from notifications.planning.rule_settings import Settings
from notifications.planning.said import Told
from notifications.wording.texts import SERIES
from notifications.wording.writing import OwnText
from scheduler.models import Appointment, Protocol

# Their words are another message's as well, so that their link leads to questions besides.
ASKING: Final = (MessageKind.CHECK_IN, MessageKind.DIARY)
# What is asked of a visit and of a patient. Their other columns, moments and numbers above all, would take
# longer to read than the rest of the gathering.
OF_A_VISIT: Final = ("during", "status", "protocol", "extra_recovery_minutes")
OF_A_PATIENT: Final = (
    *("clinic", "deceased", "language", "time_zone", "state"),
    *("preferred_channel", "email", "phone"),
)


@dataclass(frozen=True)
class Facts:
    """What stands now about the messages of a batch."""

    told: Mapping[UUID, Told]  # what the patient of a visit goes by; missing where that is nothing
    scopes: Mapping[UUID, Collection[ConsentScope]]
    blocked: Mapping[UUID, Mapping[str, BlockReason]]  # by patient and address
    links: Mapping[UUID, PatientLink]
    tries: Mapping[UUID, Sequence[DeliveryAttempt]]
    settings: Mapping[UUID, Settings]
    ways: Mapping[tuple[UUID, str], Ways]  # by clinic and stage, before a message narrows them
    own_texts: Mapping[tuple[UUID, str, str], OwnText]
    clinics: Mapping[UUID, ClinicMessaging]
    answered: Collection[UUID]  # those that ask for what was given already
    not_theirs: Collection[UUID]  # pages to somebody who can't be called about the task any more
    asking_besides: Collection[UUID]
    series: Mapping[UUID, Sequence[Message]]  # by confirmation, those of the visits that it tells as well
    left_out: Mapping[UUID, Sequence[Message]]  # by confirmation, those that it tells no more
    sequences: Mapping[UUID, int]  # how often a visit of which a file tells has changed
    phones: Mapping[UUID, str]  # each clinic's number as people read it
    closed: Collection[Form]  # ways that nothing takes now; asked where there is a page, which can go another


def gather(messages: Sequence[Message], now: datetime) -> Facts:
    """Load what these locked messages are about, and lock the visits among it.

    A visit's row is locked with its message's, so that a cancellation is either seen here or comes after.
    """
    visits_now = Appointment.objects.only(*OF_A_VISIT).select_for_update(no_key=True).order_by("pk")
    series = _series(messages)
    notices = [*messages, *chain.from_iterable(series.values())]
    _attach(notices, "appointment", visits_now)
    _attach(messages, "patient", Patient.objects.only(*OF_A_PATIENT))
    _attach(messages, "clinic", Clinic.objects.all())
    _attach(messages, "user", User.objects.all())
    _attach(messages, "work_item", WorkItem.objects.all())
    _attach(messages, "in_answer_to", InboundMessage.objects.all())
    visits = [message.appointment for message in notices if message.appointment is not None]
    _attach(visits, "protocol", Protocol.objects.all())
    offered = [message.visit for message in messages if message.kind == MessageKind.OFFER]
    if offered:
        prefetch_related_objects(offered, "waitlist_offer")
    these = _among(message.pk for message in messages)
    clinics = {message.clinic_id for message in messages}
    stages = {(message.clinic_id, message.stage) for message in messages}
    settings = rule_settings.settings_of(clinics)
    messaging = {row.clinic_id: row for row in ClinicMessaging.objects.filter(clinic__in=clinics)}
    return Facts(
        told=_told(notices),
        scopes=_scopes(messages),
        blocked=blocked_of({message.patient for message in messages if message.patient is not None}),
        links=_links(PatientLink.objects.filter(message__in=these)),
        tries=_tries(DeliveryAttempt.objects.filter(message__in=these)),
        settings=settings,
        ways={
            (clinic, stage): _ways_of(settings[clinic], stage, messaging.get(clinic))
            for clinic, stage in stages
        },
        own_texts=_own_texts(clinics, {SERIES, *(stage for _, stage in stages)}),
        clinics=messaging,
        answered=standing.answered(messages),
        not_theirs=standing.not_theirs(messages),
        asking_besides=_asking_besides(these),
        series=series,
        left_out={},
        sequences=calendar_files.sequences_of(notices),
        # Written out once for each clinic: the library looks for a pattern among a country's.
        phones={clinic.pk: clinic.phone.as_national for clinic in {message.clinic for message in messages}},
        closed=sending_state.closed(now) if any(message.user_id for message in messages) else (),
    )


def gather_for_lookup(message: Message) -> Facts:
    """What a lost try's envelope is made of again: nothing is decided anew."""
    return Facts(
        told={},
        scopes={},
        blocked={},
        links=_links(PatientLink.objects.filter(message=message)),
        tries=_tries(DeliveryAttempt.objects.filter(message=message)),
        settings={},
        ways={},
        own_texts={},
        clinics={},
        answered=(),
        not_theirs=(),
        asking_besides=(),
        series={},
        left_out={},
        sequences={},
        phones={},
        closed=(),
    )


def _among(ids: Iterable[UUID]) -> RawSQL:
    """These ids as one parameter, written as PostgreSQL writes an array: of a list Django prepares and writes
    each by itself in every query, of an array psycopg."""
    return RawSQL("SELECT unnest(%s::uuid[])", [f"{{{','.join(pk.hex for pk in ids)}}}"])


def _attach(rows: Sequence[Any], name: str, found: QuerySet[Any]) -> None:
    """Give each row the one that it names, freshly read: one query."""
    wanted = {getattr(row, f"{name}_id") for row in rows} - {None}
    if not wanted:
        return
    by_id = {each.pk: each for each in found.filter(pk__in=_among(wanted))}
    # As `prefetch_related` does it: by its attribute Django would check each row again.
    field: Any = rows[0]._meta.get_field(name)
    for row in rows:
        named = getattr(row, f"{name}_id")
        if named is not None:
            field.set_cached_value(row, by_id[named])


def _series(messages: Sequence[Message]) -> dict[UUID, list[Message]]:
    """What each of these tells beside its own visit, locked, by the visits' starts; of one that staff say
    again, what the first told. At most two queries."""
    booked = [message.pk for message in messages if message.kind == MessageKind.CONFIRMATION]
    again = [
        message.pk
        for message in messages
        if message.kind == MessageKind.REMINDER and message.stage == MessageKind.CONFIRMATION
    ]
    series: dict[UUID, list[Message]] = defaultdict(list)
    for carriers, by in ((booked, "carried_by"), (again, "carried_by__again")):
        if carriers:
            carried = Message.objects.filter(**{f"{by}__in": _among(carriers)}, kind=MessageKind.CONFIRMATION)
            told_by = carried.annotate(told_by=F(by)).order_by("visit_starts_at", "pk")
            for message in told_by.select_for_update(of=("self",), no_key=True):
                series[message.told_by].append(message)
    return dict(series)


def _told(messages: Sequence[Message]) -> dict[UUID, Told]:
    """What the patients of the visits that notices are about were told last."""
    visits = [message.visit.pk for message in messages if message.kind in said.NOTICES]
    return said.told_of_each(visits) if visits else {}


def _links(found: QuerySet[PatientLink]) -> dict[UUID, PatientLink]:
    return {link.message_id: link for link in found.only("message", "token_sha256")}


def _ways_of(settings: Settings, stage: str, messaging: ClinicMessaging | None) -> Ways:
    """What this clinic leaves open to the messages of a stage."""
    rule = next((each for each in settings.rules if each.stage == stage), None)
    return addressing.ways_of(rule, only="", has_number=bool(messaging and messaging.sms_number))


def _asking_besides(these: RawSQL) -> set[UUID]:
    """Messages about something else that carry questions as well."""
    asking = Message.objects.filter(carried_by__in=these, kind__in=ASKING)
    carriers = asking.exclude(carried_by__kind__in=ASKING).values_list("carried_by", flat=True)
    return {carrier for carrier in carriers if carrier is not None}


def _scopes(messages: Sequence[Message]) -> dict[UUID, set[ConsentScope]]:
    scopes: dict[UUID, set[ConsentScope]] = defaultdict(set)
    patients = {message.patient_id for message in messages if message.patient_id is not None}
    current = Consent.objects.filter(patient__in=_among(patients), revoked_at=None)
    for patient_id, scope in current.values_list("patient_id", "scope"):
        scopes[patient_id].add(ConsentScope(scope))
    return scopes


def _tries(found: QuerySet[DeliveryAttempt]) -> dict[UUID, list[DeliveryAttempt]]:
    tries: dict[UUID, list[DeliveryAttempt]] = defaultdict(list)
    for attempt in found.order_by("number"):
        tries[attempt.message_id].append(attempt)
    return tries


def _own_texts(clinics: Collection[UUID], stages: Collection[str]) -> dict[tuple[UUID, str, str], OwnText]:
    """The newest of each clinic, stage and language."""
    newest = (
        MessageText.objects.filter(clinic__in=clinics, stage__in=stages)
        .order_by("clinic", "stage", "language", "-created_at", "-pk")
        .distinct("clinic", "stage", "language")
    )
    return {
        (row.clinic_id, row.stage, row.language): OwnText(subject=row.subject, email=row.email, sms=row.sms)
        for row in newest
    }
