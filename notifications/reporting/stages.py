"""What became of each kind of message that fell due in a period: wanted, sent, delivered, confirmed,
answered; and of the visits afterwards. Reads, never writes.

One query groups the messages; what the groups come to is arithmetic. Each message counts by itself, so a
visit counts under every stage that was said of it; `reports` counts each visit once, under the last. What was
said together with another message counts as sent when that one went out. What a no-show and a late
cancellation are is said by `scheduler.reporting`, in both.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from clinic.models import Clinic
from notifications.channels.opening import TELL_OF_ARRIVAL
from notifications.models import MessageStatus
from notifications.planning import rules
from notifications.planning.said import BEFORE_A_VISIT
from notifications.planning.stage_words import title_of
from scheduler.models import AppointmentStatus
from scheduler.reporting.reports import Became, Counted, Period, Share, VisitsBecame, became, counts_of
from sessions_app.reporting.rates import Rate

# The patient can still confirm the visit that they tell of.
CONFIRMABLE: Final = frozenset(rule.stage for rule in rules.DEFAULTS if rule.kind in BEFORE_A_VISIT)
# They ask for nothing.
UNANSWERED: Final = frozenset({rules.CANCELLATION})
UNDER_WAY: Final = frozenset({MessageStatus.PLANNED, MessageStatus.CLAIMED})
NO_VISIT: Final = frozenset({AppointmentStatus.PENDING, AppointmentStatus.ENTERED_IN_ERROR})

# `until`: the next message about the same start, or the start itself. What the patient does counts with what
# was said last before it, not with every message that went before. When a visit was confirmed stands in its
# history.
GROUPS: Final = """
    WITH message AS (
        SELECT wanted.id, wanted.stage, wanted.kind, wanted.patient_id, wanted.appointment_id,
               wanted.again_of_id, wanted.visit_starts_at,
               coalesce(carrier.id, wanted.id) AS sent_as,
               coalesce(carrier.status, wanted.status) AS status,
               coalesce(carrier.reason, wanted.reason) AS reason,
               coalesce(carrier.sent_at, wanted.sent_at) AS sent_at,
               coalesce(carrier.delivered_at, wanted.delivered_at) IS NOT NULL AS delivered
          FROM notifications_message wanted
          LEFT JOIN notifications_message carrier ON carrier.id = wanted.carried_by_id
         WHERE wanted.clinic_id = %(clinic)s AND wanted.due_at >= %(low)s AND wanted.due_at < %(high)s
           AND wanted.stage = ANY(%(stages)s) AND wanted.written_by_id IS NULL)
    SELECT message.stage, message.status,
           split_part(message.reason, ':', 1) AS reason,
           message.delivered,
           told.arrival AS tells_of_arrival,
           coalesce(confirmed.at >= message.sent_at, true) AS could_confirm,
           coalesce(confirmed.at >= message.sent_at AND confirmed.at < until.at, false) AS confirmed,
           coalesce(answered.yes, false) AS answered,
           visit.status AS visit_status,
           visit.cancelled_late,
           coalesce(visit.held_until IS NOT NULL AND visit.status = 'cancelled', false) AS lapsed_hold,
           coalesce(lower(visit.during) <> message.visit_starts_at, false) AS moved,
           coalesce(lower(visit.during) < %(now)s, false) AS begun,
           count(*) AS messages
      FROM message
      LEFT JOIN scheduler_appointment visit ON visit.id = message.appointment_id
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM notifications_deliveryattempt attempt
                           WHERE attempt.message_id = message.sent_as
                             AND attempt.outcome = 'accepted' AND attempt.channel = ANY(%(telling)s)
                         ) AS arrival) told
      LEFT JOIN LATERAL (
           SELECT min(version.pgh_created_at) AS at
             FROM scheduler_appointmentevent version
            WHERE version.pgh_obj_id = message.appointment_id AND version.patient_status = 'accepted'
              AND lower(version.during) = message.visit_starts_at) confirmed
        ON message.stage = ANY(%(before)s)
      LEFT JOIN LATERAL (
           SELECT least(message.visit_starts_at, min(coalesce(carrier.sent_at, later.sent_at))) AS at
             FROM notifications_message later
             LEFT JOIN notifications_message carrier ON carrier.id = later.carried_by_id
            WHERE later.appointment_id = message.appointment_id
              AND later.visit_starts_at = message.visit_starts_at
              AND later.kind = ANY(%(kinds)s)
              AND coalesce(carrier.status, later.status) = 'sent'
              AND coalesce(carrier.sent_at, later.sent_at) > message.sent_at) until
        ON message.stage = ANY(%(before)s)
      LEFT JOIN LATERAL (
           SELECT CASE message.kind
             WHEN 'check_in' THEN EXISTS (
                  SELECT FROM notifications_checkin asked
                   WHERE asked.message_id IN (message.id, message.again_of_id)
                     AND asked.completed_at >= message.sent_at
                     AND NOT EXISTS (
                         SELECT FROM notifications_message again
                           LEFT JOIN notifications_message carrier ON carrier.id = again.carried_by_id
                          WHERE again.again_of_id = message.id AND again.written_by_id IS NULL
                            AND coalesce(carrier.sent_at, again.sent_at) <= asked.completed_at))
             WHEN 'offer' THEN EXISTS (
                  SELECT FROM scheduler_waitlistoffer offer
                   WHERE offer.appointment_id = message.appointment_id
                     AND offer.status IN ('accepted', 'declined'))
             WHEN 'diary' THEN EXISTS (
                  SELECT FROM sessions_app_diaryday written
                   WHERE written.patient_id = message.patient_id AND written.entered_at >= message.sent_at
                     AND written.entered_at < message.sent_at + interval '1 day')
             ELSE EXISTS (
                  SELECT FROM notifications_timerequest request
                   WHERE request.appointment_id = message.appointment_id
                     AND request.visit_starts_at = message.visit_starts_at
                     AND request.asked_at >= message.sent_at
                     AND (until.at IS NULL OR request.asked_at < until.at))
               OR EXISTS (
                  SELECT FROM sessions_app_readiness said
                   WHERE said.appointment_id = message.appointment_id
                     AND said.given_at >= message.sent_at AND said.given_at < until.at)
             END AS yes) answered
        ON message.status = 'sent'
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
"""


@dataclass(frozen=True, kw_only=True)
class Group:
    """So many messages of one stage with which the same happened."""

    stage: str
    status: str
    reason: str = ""
    delivered: bool = False
    tells_of_arrival: bool = False  # it went a way that reports what arrived
    could_confirm: bool = True  # the visit had not been confirmed before it went out
    confirmed: bool = False
    answered: bool = False
    visit_status: str | None = None
    cancelled_late: bool | None = None
    lapsed_hold: bool = False
    moved: bool = False
    begun: bool = False
    messages: int = 1

    @property
    def sent(self) -> bool:
        return self.status == MessageStatus.SENT

    @property
    def about_a_visit(self) -> bool:
        """A hold that was never booked is none, and an entry in error neither."""
        return self.visit_status is not None and self.visit_status not in NO_VISIT and not self.lapsed_hold


@dataclass(frozen=True)
class VisitsAfter:
    """What became of the visits that were told of, each message counting its own. `moved`: to another time
    since, which says nothing of this message; the others are `visits`."""

    visits: VisitsBecame
    moved: int

    @property
    def kept(self) -> Rate:
        """Of the visits of which is known whether the patient came."""
        return Rate(self.visits.came, self.visits.no_shows.of)

    @property
    def no_shows(self) -> Rate:
        return _rate(self.visits.no_shows)

    @property
    def late(self) -> Rate:
        return _rate(self.visits.late)


@dataclass(frozen=True)
class StageFigures:
    """One stage over a period. What a stage can't be asked is None: nobody confirms a visit that is over.

    `sent` is of what was wanted and is decided; `delivered` of what was sent by a way that reports it;
    `confirmed` of what was sent before the visit was confirmed; `answered` of what was sent.
    """

    stage: str
    wanted: int
    under_way: int
    sent: Rate
    delivered: Rate
    confirmed: Rate | None
    answered: Rate | None
    after: VisitsAfter | None
    not_sent: list[Counted]

    @property
    def title(self) -> str:
        return title_of(self.stage)


def figures_by_stage(clinic: Clinic, period: Period, *, now: datetime) -> list[StageFigures]:
    """Every stage, in the order in which patients come through them: one query for any number of messages."""
    return counted(_groups(clinic, period, now))


def counted(groups: Iterable[Group]) -> list[StageFigures]:
    """The groups as figures; arithmetic alone."""
    of_stage: dict[str, list[Group]] = {stage: [] for stage in rules.STAGES}
    for group in groups:
        of_stage[group.stage].append(group)
    return [_figures(stage, of_it) for stage, of_it in of_stage.items()]


def _figures(stage: str, groups: list[Group]) -> StageFigures:
    wanted, under_way = _sum(groups), _sum(each for each in groups if each.status in UNDER_WAY)
    sent = [each for each in groups if each.sent]
    telling = [each for each in sent if each.tells_of_arrival]
    open_ones = [each for each in sent if each.could_confirm]
    reasons = Counter[str]()
    for group in groups:
        if not group.sent and group.status not in UNDER_WAY:
            reasons[group.reason] += group.messages
    return StageFigures(
        stage=stage,
        wanted=wanted,
        under_way=under_way,
        sent=Rate(_sum(sent), wanted - under_way),
        delivered=Rate(_sum(each for each in telling if each.delivered), _sum(telling)),
        confirmed=(
            Rate(_sum(each for each in open_ones if each.confirmed), _sum(open_ones))
            if stage in CONFIRMABLE
            else None
        ),
        answered=(
            None if stage in UNANSWERED else Rate(_sum(each for each in sent if each.answered), _sum(sent))
        ),
        after=_after(sent) if stage in CONFIRMABLE else None,
        not_sent=[
            Counted(reason, count)
            for reason, count in sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
        ],
    )


def _after(sent: Iterable[Group]) -> VisitsAfter:
    visits, moved = Counter[Became](), 0
    for group in sent:
        if not group.about_a_visit:
            continue
        if group.moved:
            moved += group.messages
            continue
        end = became(status=str(group.visit_status), cancelled_late=group.cancelled_late, begun=group.begun)
        visits[end] += group.messages
    return VisitsAfter(VisitsBecame(**counts_of(visits)), moved)


def _sum(groups: Iterable[Group]) -> int:
    return sum(group.messages for group in groups)


def _rate(share: Share) -> Rate:
    return Rate(share.count, share.of)


def _groups(clinic: Clinic, period: Period, now: datetime) -> list[Group]:
    with connection.cursor() as cursor:
        cursor.execute(
            GROUPS,
            {
                "clinic": clinic.pk,
                "low": period.low,
                "high": period.high,
                "now": now,
                "stages": list(rules.STAGES),
                "before": list(CONFIRMABLE),
                "kinds": list(BEFORE_A_VISIT),
                "telling": list(TELL_OF_ARRIVAL),
            },
        )
        names = [column.name for column in cursor.description or ()]
        return [Group(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
