"""The only room that writes claims: a visit is given its rectangles, gives them up, or gives the rest back.

Every function here runs inside the caller's transaction, under `locks.lock_schedule` where claims are made;
`booking`, `moving` and `attendance` take it and say what happens to the visit's status. What may be placed is
decided in `decision`; the database keeps the rectangles apart whatever happens here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Func, Q, QuerySet, Value

from clinic.prepared import fetch_all
from clinic.problems import Conflict
from clinic.transactions import violated_constraint
from scheduler.finding.availability import Visit, minute_of, moment_of
from scheduler.finding.free_times import fasting_of
from scheduler.finding.supply import not_counted, visit_of
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Claim,
    ParticipantStatus,
    Protocol,
    Resource,
    ResourceKind,
    Series,
)
from scheduler.visits import queries
from scheduler.visits.blockers import Blocker, Occasion
from scheduler.visits.decision import Decision, decide
from scheduler.visits.parts import PinnedTurns
from scheduler.vocabulary import wall_time

# What a refusal by the database means, should one ever come in spite of the lock.
REFUSED_BY: Final = {
    "claim_no_overlap": Blocker("taken_meanwhile", "Somebody has just taken this time."),
    "claim_inside_opening": Blocker("outside_hours", "The working hours have just changed."),
    "claim_inside_capacity": Blocker("nurse_overloaded", "A capacity has just changed."),
    "claim_units_inside_capacity": Blocker("nurse_overloaded", "A capacity has just changed."),
    "appointment_patient_in_one_place": Blocker(
        "patient_elsewhere", "The patient has another visit at this time."
    ),
}

# What this room writes onto a visit's row at hand when its claims change.
CLAIM_FIELDS: Final = ("held_before", "claims_changed")

LAPSED: Final = """
    SELECT id FROM scheduler_appointment
     WHERE clinic_id = %(clinic)s AND status = 'pending' AND held_until <= %(now)s LIMIT 1"""

RELEASE_LAPSED: Final = """
    WITH lapsed AS (
        UPDATE scheduler_appointment SET status = 'cancelled', cancelled_at = held_until
         WHERE clinic_id = %(clinic)s AND status = 'pending' AND held_until <= %(now)s
        RETURNING id),
    freed AS (DELETE FROM scheduler_claim WHERE appointment_id IN (SELECT id FROM lapsed))
    SELECT count(*) FROM lapsed"""


LAY: Final = """
    INSERT INTO scheduler_claim (appointment_id, resource_id, phase, units, during, capacity)
    SELECT %(visit)s, resource, phase, int4range(low, high),
           tstzrange(to_timestamp(start * 60::bigint), to_timestamp(until * 60::bigint)), capacity
      FROM unnest(%(resources)s::uuid[], %(phases)s::text[], %(lows)s::int[], %(highs)s::int[],
                  %(starts)s::bigint[], %(ends)s::bigint[], %(capacities)s::int[])
        AS box (resource, phase, low, high, start, until, capacity)"""


class Refused(Exception):
    """Something stands in the way: carries the decisions, by visit, out of the transaction that they end."""

    def __init__(self, decisions: Mapping[UUID, Decision]) -> None:
        super().__init__("not bookable")
        self.decisions = decisions


@dataclass(frozen=True)
class Move:
    """Where a visit is to go: another time, other people, or both.

    `turns` names who nurses from each moment on; without it they are found (`nurse_id`: one throughout).
    `since`: the visit has begun, and only what follows this moment is laid anew. `lasts`: other lengths
    than the protocol's. `under`: the version under which that time was held for it. `anew`: at its own time
    too it is asked as a new visit is. `fasted`: whether somebody has asked if the patient has fasted for an
    earlier start; None where several visits are moved at once and each patient is called.
    """

    appointment: Appointment
    start: datetime
    chair_id: UUID | None = None
    nurse_id: UUID | None = None
    turns: PinnedTurns | None = None
    since: datetime | None = None
    lasts: Visit | None = None
    under: Protocol | None = None
    anew: bool = False
    fasted: bool | None = None

    @property
    def occasion(self) -> Occasion:
        """A booked visit that keeps its time is not asked again whether it may be there."""
        visit = self.appointment
        held = visit.status == AppointmentStatus.PENDING
        stands = visit.live and not held and not self.anew and visit.starts_at == self.start
        return Occasion.STANDING if stands or self.since else Occasion.NEW

    @property
    def heeded(self) -> datetime | None:
        """The start for which its patient fasts already: a hold has none."""
        held = self.appointment.status == AppointmentStatus.PENDING
        return None if held else self.appointment.starts_at

    @property
    def follows_plan(self) -> bool:
        """Whether it is laid under the version that its plan stands under by now. One that keeps its time, or
        whose record is open, stays under the version that it was booked under."""
        recorded = self.appointment.record_opened_at is not None
        return self.occasion is Occasion.NEW and self.lasts is None and not recorded

    @property
    def version_id(self) -> UUID:
        """The version that it is laid under."""
        if self.under is not None:
            return self.under.pk
        return self.appointment.plan.protocol_id if self.follows_plan else self.appointment.protocol_id

    @property
    def own_lengths(self) -> Visit | None:
        """How long it takes, where that isn't what its plan's version says."""
        visit = self.appointment
        by_plan = self.version_id == visit.plan.protocol_id
        if self.lasts is not None or (by_plan and not visit.extra_recovery_minutes):
            return self.lasts
        version = visit.plan.protocol if by_plan else self.under or visit.protocol
        return visit_of(version, visit.extra_recovery_minutes)


def release_lapsed(clinic_id: UUID, now: datetime) -> int:
    """Free what is held by holds that ran out; first of all under the lock, so that nothing trips over them.

    Each is cancelled from the moment to which it was held, and keeps that moment. Returns how many.
    """
    asked: dict[str, Any] = {"clinic": clinic_id, "now": now}
    if not fetch_all(LAPSED, asked):  # as a rule; asking costs a fraction of looking for rows to change
        return 0
    with connection.cursor() as cursor:
        cursor.execute(RELEASE_LAPSED, asked)
        return int(cursor.fetchone()[0])


def place(
    *,
    id: UUID,
    decision: Decision,
    status: AppointmentStatus,
    booked_by: UUID | None,
    held_until: datetime | None = None,
    series: Series | None = None,
    extra_recovery: int = 0,
    fasting_asked_at: datetime | None = None,
) -> Appointment:
    """A new visit and its rectangles: two statements. Raises `Refused`, and `Conflict` `id_reused`."""
    if decision.blockers:
        raise Refused({id: decision})
    plan = decision.plan
    with _explained(id, decision):
        visit = Appointment.objects.create(
            id=id,
            created_at=decision.decided_at,
            clinic_id=plan.clinic_id,
            patient_id=plan.patient_id,
            plan=plan,
            protocol_id=decision.protocol_id,
            during=DateTimeTZRange(decision.start, decision.end),
            status=status,
            held_until=held_until,
            series=series,
            extra_recovery_minutes=extra_recovery,
            fasting_asked_at=fasting_asked_at,
            booked_by_id=booked_by,
        )
        lay(visit, decision)
    return visit


def lay(visit: Appointment, decision: Decision) -> None:
    """Claim what was decided for this visit: one statement, the same for any number of rectangles."""
    boxes = [(share.resource, box) for share in decision.shares for box in share.rectangles]
    claims: dict[str, Any] = {
        "visit": visit.pk,
        "resources": [resource.pk for resource, _ in boxes],
        "phases": [box.name for _, box in boxes],
        "lows": [box.low for _, box in boxes],
        "highs": [box.high for _, box in boxes],
        "starts": [box.start for _, box in boxes],
        "ends": [box.end for _, box in boxes],
        "capacities": [resource.capacity for resource, _ in boxes],
    }
    with connection.cursor() as cursor:
        cursor.execute(LAY, claims)


def vacate(visits: Sequence[Appointment], *, since: datetime | None = None) -> None:
    """Give up what these visits claim: all of it, or what follows the whole minute of `since`.

    What they held is written onto the rows at hand (`CLAIM_FIELDS`); whoever changes the row saves it.
    """
    _remember(visits)
    claims = Claim.objects.filter(appointment__in=[visit.pk for visit in visits])
    if since is None:
        claims.delete()
    else:
        _cut(claims, moment_of(minute_of(since)))


def give_back(visit: Appointment, *, now: datetime) -> None:
    """The patient leaves now: what was claimed for later is free, and what lies behind stays.

    Whoever was in the chair leaves it to its turnover, which follows the real end. Of a visit that takes
    longer than planned nothing is left to give. As in `vacate`, the caller saves the row.
    """
    left = moment_of(-(-int(now.timestamp()) // 60))
    in_chair = visit.status == AppointmentStatus.CHECKED_IN
    turned_over = left + timedelta(minutes=visit.protocol.turnover_minutes) if in_chair else left
    claims = Claim.objects.filter(appointment=visit)
    chairs = Q(resource__kind=ResourceKind.CHAIR)
    ahead = Q(chairs, during__endswith__gt=turned_over) | Q(~chairs, during__endswith__gt=left)
    if claims.filter(ahead).exists():
        _remember([visit])
        _cut(claims.filter(chairs), turned_over)
        _cut(claims.exclude(chairs), left)


def draw_forward(visit: Appointment, *, now: datetime) -> None:
    """The patient is in the chair before the visit's time: its claim begins now.

    Raises `Conflict` as `require_chair_free` does. The caller saves the row.
    """
    first = require_chair_free(visit, now=now)
    if first is None:
        return
    try:
        with transaction.atomic():
            Claim.objects.filter(pk=first.pk).update(during=DateTimeTZRange(now, first.during.upper))
    except IntegrityError as error:
        # Nobody can be booked there anyway: before opening, or while it is turned over.
        if violated_constraint(error) not in ("claim_inside_opening", "claim_no_overlap"):
            raise
    else:
        visit.claims_changed += 1


def require_chair_free(visit: Appointment, *, now: datetime) -> Claim | None:
    """The visit's claim of its chair, which nobody else has from now until the visit's time.

    Raises `Conflict` with code `chair_not_free` when it is another visit's until then.
    """
    own = Claim.objects.filter(appointment=visit, resource__kind=ResourceKind.CHAIR)
    first = own.select_related("resource").order_by("during__startswith").first()
    if first is None:
        return None
    before = DateTimeTZRange(now, first.during.lower)
    in_the_way = (
        Claim.objects.filter(resource=first.resource, during__overlap=before)
        .exclude(appointment__status=AppointmentStatus.FULFILLED)
        .exclude(appointment__in=Appointment.objects.filter(not_counted(now), clinic=visit.clinic_id))
        .order_by("-during__endswith")
        .first()
    )
    if in_the_way is not None:
        zone = visit.clinic.time_zone
        raise Conflict(
            f"{first.resource.name} is another visit's until {wall_time(in_the_way.during.upper, zone)}."
            " Begin then, or undo the check-in and move this visit to a chair that is free.",
            code="chair_not_free",
        )
    return first


def settle(*, moves: Sequence[Move], resources: Sequence[Resource], now: datetime) -> None:
    """Lay vacated visits where their moves say, all or none; `resources` are the locked rows.

    Each is decided on what was settled before it; those still to be settled count for nothing. A visit whose
    start changes has to be confirmed anew, and follows a plan that was taken over to another version
    (`Move.version_id`). Raises `Refused` with every decision that has a blocker.
    """
    unsettled = {move.appointment.pk for move in moves}
    serving = _serving(moves)
    refused: dict[UUID, Decision] = {}
    # Visits of one patient may change places.
    with transaction.atomic(), _patients_looked_at_together(len(moves) > 1):
        for move in moves:
            visit = move.appointment
            decision = decide(
                plan=visit.plan,
                start=move.start,
                now=now,
                chair_id=move.chair_id,
                nurse_id=move.nurse_id,
                turns=move.turns,
                since=move.since,
                serving=serving.get(visit.pk, ()),
                lasts=move.own_lengths,
                resources=resources,
                without=unsettled,
                heeded=move.heeded,
                occasion=move.occasion,
            )
            if decision.blockers:
                refused[visit.pk] = decision
                continue
            if move.start != visit.starts_at:
                visit.fasting_asked_at = _asked_at(move, decision)
            visit.protocol_id = move.version_id
            with _explained(visit.pk, decision):
                _move(visit, decision)
            unsettled.discard(visit.pk)
        if refused:
            raise Refused(refused)


def _asked_at(move: Move, decision: Decision) -> datetime | None:
    """When it was asked whether the patient has fasted: now, for a start brought forward; else as before, for
    as long as the new start leaves no time to begin to fast either."""
    asked = None if move.fasted is None else decision.asked_at(move.fasted)
    visit, now = move.appointment, decision.decided_at
    still = fasting_of(visit.plan.protocol).to_ask(move.start, now=now, zone=decision.zone)
    return asked or (visit.fasting_asked_at if still else None)


def own_lengths(visit: Appointment) -> Visit | None:
    """The lengths of the version that the visit was booked or held under, where its plan was taken over to
    another one since, with the recovery that was added to it; None where the plan's are its own."""
    if visit.protocol_id == visit.plan.protocol_id and not visit.extra_recovery_minutes:
        return None
    return visit_of(visit.protocol, visit.extra_recovery_minutes)


def resettle(visit: Appointment, decision: Decision) -> None:
    """A visit that had given up its time gets it again. Raises `Refused`."""
    if decision.blockers:
        raise Refused({visit.pk: decision})
    with _explained(visit.pk, decision):
        lay(visit, decision)


def _move(visit: Appointment, decision: Decision) -> None:
    if decision.start != visit.starts_at and visit.status != AppointmentStatus.ARRIVED:
        visit.patient_status = ParticipantStatus.NEEDS_ACTION
    visit.during = DateTimeTZRange(decision.start, decision.end)
    visit.save(
        update_fields=[
            "during",
            "protocol",
            "patient_status",
            "extra_recovery_minutes",
            "fasting_asked_at",
            *CLAIM_FIELDS,
        ]
    )
    lay(visit, decision)


def _serving(moves: Sequence[Move]) -> dict[UUID, list[UUID]]:
    """By visit that is under way: whom it has until the moment from which it is laid anew."""
    until = {move.appointment.pk: moment_of(minute_of(move.since)) for move in moves if move.since}
    if not until:
        return {}
    serving: dict[UUID, list[UUID]] = {}
    for claim in Claim.objects.filter(appointment__in=until, during__endswith__in=set(until.values())):
        if claim.during.upper == until[claim.appointment_id]:
            serving.setdefault(claim.appointment_id, []).append(claim.resource_id)
    return serving


def _remember(visits: Sequence[Appointment]) -> None:
    """Write onto the rows at hand what they hold now, and that it changes."""
    had = {visit.pk: visit for visit in queries.visits().filter(pk__in=[visit.pk for visit in visits])}
    for visit in visits:
        visit.held_before = _held(had[visit.pk])
        visit.claims_changed += 1


def _cut(claims: QuerySet[Claim], end: datetime) -> None:
    """No claim reaches past this moment: what begins later goes, what lasts longer ends there."""
    shortened = Func(
        "during__startswith", Value(end), function="tstzrange", output_field=DateTimeRangeField()
    )
    claims.filter(during__startswith__lt=end, during__endswith__gt=end).update(during=shortened)
    claims.filter(during__startswith__gte=end).delete()


def _held(visit: Appointment) -> dict[str, Any]:
    """Chair and nurses of a row of `queries.visits`, as `held_before` keeps them."""
    shown = queries.booked_visit(visit)
    return {
        "chair": str(shown.chair.pk) if shown.chair else None,
        "nurses": [[turn.start.isoformat(), str(turn.nurse.pk)] for turn in shown.nurses],
    }


@contextmanager
def _patients_looked_at_together(several: bool) -> Iterator[None]:
    """Whether a patient is in two places is looked at when all visits have been written."""
    with connection.cursor() as cursor:
        if several:
            cursor.execute("SET CONSTRAINTS appointment_patient_in_one_place DEFERRED")
        yield
        if several:
            cursor.execute("SET CONSTRAINTS appointment_patient_in_one_place IMMEDIATE")


@contextmanager
def _explained(key: UUID, decision: Decision) -> Iterator[None]:
    """What the database refuses becomes `Refused` with the blocker that it stands for; it ends the
    transaction, or the savepoint, in which it was asked for."""
    try:
        yield
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if constraint == "scheduler_appointment_pkey":
            raise Conflict(
                "This id is another visit's. Make a new id for a new visit.", code="id_reused"
            ) from error
        if constraint not in REFUSED_BY:
            raise
        raise Refused({key: replace(decision, blockers=(REFUSED_BY[constraint],))}) from error
