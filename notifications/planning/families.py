"""The statements behind `candidates`: for each family of stages, whose moment has come and has no message.
Only SQL.

A family hangs on one thing: a coming visit, a session, a series, an open check-in. What a family puts into
the columns `since` and `told` stands with it. Rules travel as a relation (`rule`), so that the number of
statements depends on nothing. Moments are reckoned as in `rules` and `timing`, before quiet hours; an hour
that the autumn repeats PostgreSQL takes for the second, which is night either way.
"""

# ruff: noqa: S608 - composed of this module's own words only; what is asked travels as parameters

from typing import Final

from notifications.planning import rules
from notifications.planning.said import CHANGED_SINCE, LAST_TOLD
from scheduler.models import BOOKED_OR_BEYOND

ZONE: Final = "coalesce(nullif(patient.time_zone, ''), clinic.time_zone)"
OF_PATIENT: Final = """
    JOIN clinic_patient patient ON patient.id = {0}.patient_id AND NOT patient.deceased
    JOIN clinic_clinic clinic ON clinic.id = {0}.clinic_id"""


def _stamp(moment: str) -> str:
    """A moment as it stands in keys."""
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


KEY_OF_VISIT: Final = f"visit.id || ':' || rule.stage || ':' || {_stamp('lower(visit.during)')}"


def _away(moment: str, sign: str) -> str:
    """A rule's moment before or after another, as `rules.Rule` reckons it."""
    local = f"({moment} AT TIME ZONE {ZONE})"
    return f"""CASE WHEN rule.days IS NULL
                    THEN {moment} {sign} make_interval(hours => coalesce(rule.hours, 0))
                    ELSE ({local}::date {sign} rule.days + coalesce(rule.wall_time, {local}::time))
                         AT TIME ZONE {ZONE} END"""


# Whether a message is as good as none: skipped for a reason that has passed, or carried by one that went
# nowhere.
AS_GOOD_AS_NONE: Final = """(
    said.status = 'skipped'
    AND (said.reason = ANY(%(can_pass)s)
         OR (SELECT carrier.status FROM notifications_message carrier
              WHERE carrier.id = said.carried_by_id) IN ('skipped', 'failed')))"""


def _unsaid(key: str) -> str:
    return f"""NOT EXISTS (
        SELECT FROM notifications_message said
         WHERE said.key = {key} AND NOT coalesce({AS_GOOD_AS_NONE}, false))"""


def _wanted(patient: str) -> str:
    return f"(%(patients)s::uuid[] IS NULL OR {patient} = ANY(%(patients)s::uuid[]))"


def _found(family: str, stage: str = "rule.stage", **columns: str) -> str:
    """The columns of `Found`, empty where a family has none."""
    empty = {
        "key": "key.key",
        "clinic_id": "visit.clinic_id",
        "patient_id": "visit.patient_id",
        "appointment_id": "visit.id",
        "plan_id": "NULL::uuid",
        "session_id": "NULL::uuid",
        "again_of": "NULL::uuid",
        "starts_at": "lower(visit.during)",
        "ends_at": "upper(visit.during)",
        "since": "NULL::timestamptz",
        "told": "NULL::timestamptz",
        "months": "0",
        "protocol_id": "NULL::uuid",
        "extra_recovery_minutes": "NULL::int",
    }
    chosen = ", ".join(f"{value} AS {name}" for name, value in {**empty, **columns}.items())
    return f"SELECT '{family}' AS family, {stage} AS stage, {chosen}"


# Reminders, and the questions before a visit. `since`: when its start was, or is being, told; a reminder that
# was due before that would only repeat it. Without the fence each visit would be asked what it was told
# before it is known that something is missing.
BEFORE: Final = f"""
    {_found("before", "visit.stage", key="visit.key", plan_id="visit.plan_id", since="notice.told_at")}
      FROM (SELECT visit.*, rule.stage, rule.asks, rule.first_visit_only, rule.wants_notice, key.key, raw.at
              FROM rule
             CROSS JOIN LATERAL (
                   SELECT * FROM scheduler_appointment visit
                    WHERE visit.clinic_id = rule.clinic_id AND visit.status = 'booked'
                      AND lower(visit.during) > %(now)s
                      AND lower(visit.during) <= %(until)s::timestamptz + make_interval(
                              days => coalesce(rule.days + 1, 0), hours => coalesce(rule.hours, 0))
                   OFFSET 0) visit
              {OF_PATIENT.format("visit")}
             CROSS JOIN LATERAL (SELECT {_away("lower(visit.during)", "-")} AS at) raw
             CROSS JOIN LATERAL (SELECT {KEY_OF_VISIT} AS key) key
             WHERE rule.anchor = 'before' AND raw.at <= %(until)s AND {_wanted("visit.patient_id")}
               AND {_unsaid("key.key")}
            OFFSET 0) visit
     CROSS JOIN LATERAL (
           SELECT coalesce(
                      max(said.due_at) FILTER (WHERE said.kind IN ('confirmation', 'move')),
                      min(said.due_at) FILTER (WHERE said.kind = 'reminder' AND said.status <> 'skipped'),
                      CASE WHEN visit.wants_notice THEN %(now)s ELSE visit.created_at END) AS told_at
             FROM notifications_message said
            WHERE said.appointment_id = visit.id AND said.visit_starts_at = lower(visit.during)
              AND NOT (said.status = 'skipped' AND said.reason = ANY(%(can_pass)s))) notice
     WHERE (visit.asks OR visit.at > notice.told_at)
       AND (NOT visit.first_visit_only OR NOT EXISTS (
                SELECT FROM scheduler_appointment earlier
                 WHERE earlier.patient_id = visit.patient_id
                   AND earlier.status IN ('booked', 'arrived', 'checked-in', 'fulfilled')
                   AND lower(earlier.during) < lower(visit.during)))
       AND (NOT visit.asks OR EXISTS (
                SELECT FROM sessions_app_session session
                 WHERE session.patient_id = visit.patient_id AND session.started_at < %(now)s))"""

# Visits of which something else was told last than is true. `told`: the start that the patient goes by. The
# first condition is cheap and lets pass too much: whoever has heard nothing of the start that is true, or of
# another one, or of this one by another version or with another recovery. A change follows the notice that it
# is a change of, not the reminders since; each length is told by a notice of its own, so that one which was
# kept back stands in the way of none that comes after it. The same of a start, where somebody called about
# it: `told` is that call.
NOTICES: Final = f"""
    {
    _found(
        "notice",
        told="told.starts_at",
        protocol_id="visit.protocol_id",
        extra_recovery_minutes="visit.extra_recovery_minutes",
    )
}
      FROM (SELECT visit.* FROM scheduler_appointment visit
             WHERE visit.status IN ('booked', 'cancelled') AND lower(visit.during) > %(now)s
               AND {_wanted("visit.patient_id")}
               AND (SELECT coalesce(bool_or((said.status IN ('sent', 'unknown', 'claimed', 'failed')
                                        OR (said.status = 'skipped'
                                            AND NOT said.reason = ANY(%(can_pass)s))) AND (
                                        said.visit_starts_at <> lower(visit.during)
                                        OR (said.kind = 'cancellation')
                                           <> (visit.status = 'cancelled'))), false)
                           OR (visit.status = 'booked' AND NOT coalesce(bool_or(
                                   said.visit_starts_at = lower(visit.during)
                                   AND CASE said.kind WHEN 'cancellation' THEN false
                                            WHEN 'reminder' THEN said.status <> 'skipped'
                                            ELSE NOT coalesce({AS_GOOD_AS_NONE}, false) END), false))
                           OR (visit.status = 'booked' AND coalesce(bool_or(
                                   said.visit_starts_at = lower(visit.during)
                                   AND (said.protocol_id, coalesce(said.extra_recovery_minutes, 0))
                                       <> (visit.protocol_id, visit.extra_recovery_minutes)), false))
                      FROM notifications_message said
                     WHERE said.appointment_id = visit.id
                       AND said.kind IN ('confirmation', 'move', 'change', 'cancellation', 'reminder'))
            OFFSET 0) visit
      {OF_PATIENT.format("visit")}
      LEFT JOIN LATERAL ({LAST_TOLD}) told ON true
      LEFT JOIN LATERAL ({CHANGED_SINCE}) changed ON visit.status = 'booked'
      JOIN rule
        ON rule.clinic_id = visit.clinic_id
       AND rule.stage = CASE WHEN visit.status = 'cancelled' THEN 'cancellation'
                             WHEN told.starts_at IS NULL THEN 'confirmation'
                             WHEN changed.id IS NOT NULL THEN 'change' ELSE 'move' END
     CROSS JOIN LATERAL (SELECT CASE visit.status WHEN 'cancelled' THEN told.starts_at
                                                  ELSE lower(visit.during) END AS at) start
     CROSS JOIN LATERAL (
           SELECT concat_ws(':', visit.id, rule.stage, {_stamp("start.at")},
                            coalesce(changed.id, told.id),
                            CASE rule.stage WHEN 'change' THEN visit.protocol_id END,
                            CASE rule.stage WHEN 'change'
                                THEN nullif(visit.extra_recovery_minutes, 0) END) AS key) key
     WHERE CASE visit.status WHEN 'booked' THEN told.starts_at IS DISTINCT FROM lower(visit.during)
                                                OR changed.id IS NOT NULL
                             ELSE told.starts_at IS NOT NULL END
       AND {_unsaid("key.key")}"""

TAKES_PLACE: Final = ", ".join(f"'{status.value}'" for status in BOOKED_OR_BEYOND)

# After a visit that the patient missed, unless another one of its plan was booked since: somebody has spoken
# with them.
MISSED: Final = f"""
    {_found("missed")}
      FROM rule
     CROSS JOIN LATERAL (
           SELECT * FROM scheduler_appointment visit
            WHERE visit.clinic_id = rule.clinic_id AND visit.status = 'noshow'
              AND lower(visit.during) > %(now)s::timestamptz - %(missed_for)s - make_interval(
                      days => coalesce(rule.days + 1, 0), hours => coalesce(rule.hours, 0))
              AND lower(visit.during) <= %(until)s
           OFFSET 0) visit
      {OF_PATIENT.format("visit")}
     CROSS JOIN LATERAL (SELECT {KEY_OF_VISIT} AS key) key
     WHERE rule.anchor = 'missed' AND {_wanted("visit.patient_id")}
       AND {_away("lower(visit.during)", "+")} <= %(until)s
       AND {_unsaid("key.key")}
       AND NOT EXISTS (SELECT FROM scheduler_appointment since
                        WHERE since.plan_id = visit.plan_id AND since.status IN ({TAKES_PLACE})
                          AND since.created_at >= lower(visit.during))"""

# Times held for somebody on the waitlist. `since`: when it was offered; `told`: until when it holds.
OFFERS: Final = f"""
    {
    _found(
        "offer",
        starts_at="offer.starts_at",
        ends_at="offer.starts_at + (upper(visit.during) - lower(visit.during))",
        since="offer.offered_at",
        told="offer.expires_at",
    )
}
      FROM scheduler_waitlistoffer offer
      JOIN scheduler_appointment visit ON visit.id = offer.appointment_id
      JOIN rule ON rule.clinic_id = visit.clinic_id AND rule.anchor = 'offer'
      {OF_PATIENT.format("visit")}
     CROSS JOIN LATERAL (SELECT visit.id || ':' || rule.stage || ':' || {
    _stamp("offer.starts_at")
} AS key) key
     WHERE offer.status = 'open' AND offer.offered_at <= %(until)s AND offer.expires_at > %(now)s
       AND {_wanted("visit.patient_id")} AND {_unsaid("key.key")}"""

ENDS_SERIES: Final = """
    plan.sessions_ordered = (
        SELECT count(*) FROM sessions_app_session begun
          JOIN scheduler_appointment of_plan ON of_plan.id = begun.appointment_id
         WHERE of_plan.plan_id = plan.id AND begun.started_at <= session.started_at)"""

# Check-ins after an infusion. `since`: the discharge.
AFTER: Final = f"""
    {_found("after", plan_id="visit.plan_id", session_id="session.id", since="session.discharged_at")}
      FROM rule
      JOIN sessions_app_session session
        ON session.clinic_id = rule.clinic_id AND session.started_at IS NOT NULL
       AND session.discharged_at > %(now)s::timestamptz - %(open_for)s - make_interval(
               days => coalesce(rule.days + 1, 1), hours => coalesce(rule.hours, 0))
       AND session.discharged_at <= %(until)s::timestamptz - make_interval(
               days => greatest(coalesce(rule.days, 0) - 1, 0), hours => coalesce(rule.hours, 0))
      JOIN scheduler_appointment visit ON visit.id = session.appointment_id
      JOIN scheduler_treatmentplan plan ON plan.id = visit.plan_id
      {OF_PATIENT.format("visit")}
     CROSS JOIN LATERAL (SELECT session.id || ':' || rule.stage AS key) key
     WHERE rule.anchor = 'after' AND session.discharged_at <= %(now)s AND {_wanted("visit.patient_id")}
       AND {_away("session.discharged_at", "+")} <= %(until)s
       AND {_unsaid("key.key")}
       AND (NOT rule.last_only OR {ENDS_SERIES})"""

# Questionnaires month by month after a series, while its plan is in force. `since`: the discharge that ended
# it.
MONTHLY: Final = f"""
    {_found("monthly", plan_id="visit.plan_id", since="session.discharged_at", months="month.number")}
      FROM rule
     CROSS JOIN generate_series(1, %(months)s) AS month (number)
      JOIN sessions_app_session session
        ON session.clinic_id = rule.clinic_id AND session.started_at IS NOT NULL
       AND session.discharged_at > %(now)s::timestamptz - %(open_for)s - interval '4 days'
                                   - make_interval(months => month.number)
       AND session.discharged_at <= %(until)s::timestamptz + interval '4 days'
                                    - make_interval(months => month.number)
      JOIN scheduler_appointment visit ON visit.id = session.appointment_id
      JOIN scheduler_treatmentplan plan
        ON plan.id = visit.plan_id AND plan.status = 'active' AND plan.valid_until >= %(now)s::date
      {OF_PATIENT.format("visit")}
     CROSS JOIN LATERAL (SELECT (session.discharged_at AT TIME ZONE {ZONE})
                                + make_interval(months => month.number) AS at) local
     CROSS JOIN LATERAL (SELECT plan.id || ':' || rule.stage || ':' || month.number AS key) key
     WHERE rule.anchor = 'monthly' AND {_wanted("visit.patient_id")}
       AND (local.at::date + coalesce(rule.wall_time, local.at::time)) AT TIME ZONE {ZONE} <= %(until)s
       AND {_unsaid("key.key")}
       AND {ENDS_SERIES}"""

# Check-ins that were asked and not answered. `since`: when they were asked; `told`: of the questions before a
# visit, its start: from then on, and once it doesn't take place then, they are asked no more. A first
# infusion's same-day check-in isn't asked for again: a nurse calls (domain.md 6.2).
AGAIN: Final = f"""
    {
    _found(
        "again",
        clinic_id="check_in.clinic_id",
        patient_id="check_in.patient_id",
        appointment_id="own.appointment_id",
        again_of="own.id",
        starts_at="own.visit_starts_at",
        ends_at="NULL::timestamptz",
        since="asked.sent_at",
        told=f"CASE WHEN check_in.kind = '{rules.BEFORE_NEXT}' THEN own.visit_starts_at END",
    )
}
      FROM rule
      JOIN notifications_checkin check_in
        ON check_in.clinic_id = rule.clinic_id AND check_in.completed_at IS NULL AND check_in.ended_at IS NULL
       AND check_in.created_at > %(now)s::timestamptz - %(open_for)s - %(open_for)s - make_interval(
               days => coalesce(rule.days + 1, 0), hours => coalesce(rule.hours, 0))
      JOIN notifications_message own ON own.id = check_in.message_id
      JOIN notifications_message asked
        ON asked.id = coalesce(own.carried_by_id, own.id) AND asked.status = 'sent'
      {OF_PATIENT.format("check_in")}
     CROSS JOIN LATERAL (SELECT check_in.id || ':' || rule.stage AS key) key
     WHERE rule.anchor = 'again' AND {_wanted("check_in.patient_id")}
       AND {_away("asked.sent_at", "+")} <= %(until)s
       AND {_unsaid("key.key")}
       AND (check_in.kind <> '{rules.BEFORE_NEXT}' OR (own.visit_starts_at > %(now)s AND EXISTS (
                    SELECT FROM scheduler_appointment visit
                     WHERE visit.id = own.appointment_id AND visit.status = 'booked'
                       AND lower(visit.during) = own.visit_starts_at)))
       AND NOT (check_in.kind = '{rules.SAME_DAY}' AND NOT EXISTS (
                    SELECT FROM sessions_app_session session
                      JOIN sessions_app_session earlier
                        ON earlier.patient_id = session.patient_id AND earlier.started_at < session.started_at
                     WHERE session.id = check_in.session_id))"""

# The diary of whoever wishes to be asked for it and hasn't written today's. `since`: the moment of today.
DIARY: Final = f"""
    {
    _found(
        "diary",
        clinic_id="patient.clinic_id",
        patient_id="patient.id",
        appointment_id="NULL::uuid",
        starts_at="NULL::timestamptz",
        ends_at="NULL::timestamptz",
        since="today.at",
    )
}
      FROM notifications_diarynudge nudge
      JOIN clinic_patient patient ON patient.id = nudge.patient_id AND NOT patient.deceased
      JOIN clinic_clinic clinic ON clinic.id = patient.clinic_id
      JOIN rule ON rule.clinic_id = clinic.id AND rule.anchor = 'diary'
     CROSS JOIN LATERAL (SELECT (%(now)s::timestamptz AT TIME ZONE {ZONE})::date AS day) local
     CROSS JOIN LATERAL (SELECT local.day, (local.day + nudge.at) AT TIME ZONE {ZONE} AS at) today
     CROSS JOIN LATERAL (SELECT patient.id || ':' || rule.stage || ':' || today.day AS key) key
     WHERE nudge.stopped_at IS NULL AND today.at > nudge.created_at AND today.at <= %(until)s
       AND {_wanted("patient.id")}
       AND NOT EXISTS (SELECT FROM sessions_app_diaryday written
                        WHERE written.patient_id = patient.id AND written.day = today.day)
       AND {_unsaid("key.key")}"""

FAMILIES: Final = (NOTICES, BEFORE, OFFERS, AFTER, MONTHLY, AGAIN, MISSED, DIARY)
# Written out for each run: PostgreSQL plans by how many rules there are.
ALL: Final = f"""
    WITH rule AS MATERIALIZED (
        SELECT * FROM unnest(%(clinics)s::uuid[], %(stages)s::text[], %(anchors)s::text[], %(days)s::int[],
                             %(hours)s::int[], %(times)s::time[], %(asking)s::bool[], %(firsts)s::bool[],
                             %(noticing)s::bool[], %(lasts)s::bool[])
                   AS rule (clinic_id, stage, anchor, days, hours, wall_time, asks, first_visit_only,
                            wants_notice, last_only))
    {" UNION ALL ".join(FAMILIES)}"""
