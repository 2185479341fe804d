"""What `rules` is asked, and with what: for a thing that `candidates` found, and for all of one visit.

The planner decides by the first. The second is for whoever shows what a visit asks for, said already or still
to come, or under rules that are only being tried. Reads only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from notifications.models import Message, MessageStatus
from notifications.planning import reasons, rule_settings, rules, said
from notifications.planning.candidates import Found
from notifications.planning.rules import Receiver, Rule, Visit, Wanted
from scheduler.models import BOOKED_OR_BEYOND, Appointment, AppointmentStatus, WaitlistOffer
from sessions_app.models import Session


def wanted_of(found: Found, of_stage: Mapping[str, Rule], receiver: Receiver, now: datetime) -> Wanted | None:
    """What the found stage asks for; None where the rules, asked exactly, don't want it."""
    all_wanted = _of_family(found, of_stage, receiver, now)
    return next((one for one in all_wanted if one.stage == found.stage), None)


def _of_family(found: Found, of_stage: Mapping[str, Rule], receiver: Receiver, now: datetime) -> list[Wanted]:
    since = found.since or now
    match found.family:
        case "again":
            return rules.wanted_again(
                of_stage, receiver, visit_starts_at=found.starts_at, asked_at=since, until=found.told
            )
        case "diary":
            return rules.wanted_of_diary(of_stage, receiver, asked_at=since)
    visit = _visit(found, of_stage[found.stage])
    match found.family:
        case "notice" if found.stage == rules.CANCELLATION:
            return rules.wanted_of_cancelled(of_stage, found.told, receiver, now)
        case "notice":
            return rules.notice_of_visit(of_stage, visit, receiver, found.told, now)
        case "before":
            return rules.wanted_of_visit(of_stage, visit, receiver, visit.starts_at, since)
        case "offer":
            return rules.wanted_of_offer(of_stage, visit, receiver, since, found.told or visit.starts_at)
        case "missed":
            return rules.wanted_of_missed(of_stage, visit, receiver)
        case "monthly":
            return rules.wanted_monthly(
                of_stage,
                receiver,
                visit_starts_at=visit.starts_at,
                series_ended_at=since,
                months=found.months,
            )
    return rules.wanted_of_session(
        of_stage, receiver, visit_starts_at=visit.starts_at, discharged_at=since, ends_series=True
    )


def _visit(found: Found, rule: Rule) -> Visit:
    """Whether it is the first, follows an infusion or ends the series was asked for the stages that mind."""
    if found.starts_at is None or found.ends_at is None:
        raise ValueError(f"A candidate of the family {found.family} came without its visit.")
    return Visit(
        found.starts_at,
        found.ends_at,
        first=rule.first_visit_only,
        treated_before=True,
        changed=found.stage == rules.CHANGE,
    )


def wanted_for_visit(
    appointment: Appointment, now: datetime, clinic_rules: Sequence[Rule] | None = None
) -> list[Wanted]:
    """Everything that this visit asks for, earliest first: what was, or will be, said, and why not.

    Of a visit that isn't over the check-ins go by its booked end (`presumed`), and so do the questions before
    it where the infusion that they follow is still to come. A notice is listed as long as it is to be given.
    What a visit would have asked for that was cancelled or missed is listed with that reason. `clinic_rules`
    are tried in place of the clinic's own. A fixed number of queries.
    """
    its = rule_settings.settings_of([appointment.clinic_id])[appointment.clinic_id]
    of_stage = its.of_stage if clinic_rules is None else rules.by_stage(clinic_rules)
    patient = appointment.patient
    receiver = Receiver(patient.zone, its.daytime(patient.state))
    wanted = sorted(_of_visit(appointment, of_stage, receiver, now), key=attrgetter("due_at", "stage"))
    if patient.deceased:
        return [replace(one, why_not=reasons.PATIENT_DECEASED) for one in wanted]
    return [
        replace(one, why_not=reasons.TOO_LATE) if not one.why_not and now >= one.stale_at else one
        for one in wanted
    ]


def _of_visit(
    appointment: Appointment, of_stage: Mapping[str, Rule], receiver: Receiver, now: datetime
) -> list[Wanted]:
    status, starts_at = appointment.status, appointment.starts_at
    last = said.told_of(appointment.pk)
    told = last.starts_at if last else None
    if status == AppointmentStatus.CANCELLED:
        notice = rules.wanted_of_cancelled(of_stage, told, receiver, now)
        visit, presumed = _as_a_visit(appointment, now)
        noticed_at = _noticed_at(appointment, {}, now)
        before = _before(of_stage, visit, receiver, starts_at, noticed_at, presumed=presumed)
        after = _of_session(appointment, of_stage, receiver)
        return notice + _not_said(before + after, reasons.VISIT_CANCELLED)
    if status == AppointmentStatus.ENTERED_IN_ERROR:
        return []
    visit, presumed = _as_a_visit(appointment, now)
    if status == AppointmentStatus.PENDING:
        offer = WaitlistOffer.objects.filter(appointment=appointment).first()
        if offer is None:
            return []
        return rules.wanted_of_offer(of_stage, visit, receiver, offer.offered_at, offer.expires_at)
    # A notice is owed of a visit that lies ahead only.
    lies_ahead = status == AppointmentStatus.BOOKED and starts_at > now
    goes_by = told if lies_ahead else starts_at
    visit = replace(visit, changed=bool(lies_ahead and last and last.changed))
    noticed_at = _noticed_at(appointment, of_stage, now)
    wanted = _before(of_stage, visit, receiver, goes_by, noticed_at, presumed=presumed)
    after = _of_session(appointment, of_stage, receiver)
    if status == AppointmentStatus.NOSHOW:
        after = _not_said(after, reasons.VISIT_MISSED)
        missed = rules.wanted_of_missed(of_stage, visit, receiver)
        if _is_rebooked(appointment):
            missed = _not_said(missed, reasons.BOOKED_SINCE)
        return wanted + after + missed
    return wanted + after


def _is_rebooked(missed: Appointment) -> bool:
    """As `families.MISSED` has it."""
    since = Appointment.objects.filter(plan=missed.plan_id, created_at__gte=missed.starts_at)
    return since.filter(status__in=BOOKED_OR_BEYOND).exists()


def _as_a_visit(appointment: Appointment, now: datetime) -> tuple[Visit, bool]:
    """As the rules know it, and whether it follows an infusion only by what is booked."""
    earlier = Appointment.objects.filter(
        patient=appointment.patient_id,
        status__in=BOOKED_OR_BEYOND,
        during__startswith__lt=appointment.starts_at,
    ).exists()
    begun = Session.objects.filter(
        patient=appointment.patient_id, started_at__lt=appointment.starts_at
    ).exists()
    presumed = earlier and not begun and appointment.starts_at > now
    visit = Visit(appointment.starts_at, appointment.ends_at, not earlier, begun or presumed)
    return visit, presumed


def _before(
    of_stage: Mapping[str, Rule],
    visit: Visit,
    receiver: Receiver,
    goes_by: datetime | None,
    noticed_at: datetime,
    *,
    presumed: bool,
) -> list[Wanted]:
    return [
        replace(one, presumed=True) if presumed and one.stage == rules.BEFORE_NEXT else one
        for one in rules.wanted_of_visit(of_stage, visit, receiver, goes_by, noticed_at)
    ]


def _not_said(wanted: Sequence[Wanted], reason: str) -> list[Wanted]:
    return [replace(one, why_not=one.why_not or reason) for one in wanted]


def _noticed_at(appointment: Appointment, of_stage: Mapping[str, Rule], now: datetime) -> datetime:
    """When the visit's true start was, or is being, told; as `families.BEFORE` has it."""
    about = Message.objects.filter(appointment=appointment, visit_starts_at=appointment.starts_at).exclude(
        status=MessageStatus.SKIPPED, reason__in=reasons.CAN_PASS
    )
    notice = about.filter(kind__in=[rules.CONFIRMATION, rules.MOVE]).order_by("-due_at").first()
    reminder = (
        about.filter(kind=rules.REMINDER).exclude(status=MessageStatus.SKIPPED).order_by("due_at").first()
    )
    first = notice or reminder
    if first is not None:
        return first.due_at
    return now if rules.CONFIRMATION in of_stage else appointment.created_at


def _of_session(appointment: Appointment, of_stage: Mapping[str, Rule], receiver: Receiver) -> list[Wanted]:
    """The check-ins after the infusion; of one that wasn't given there are none."""
    session = Session.objects.filter(appointment=appointment).first()
    discharged_at = session.discharged_at if session else None
    if session and discharged_at and session.started_at is None:
        return []
    before = Session.objects.filter(
        appointment__plan=appointment.plan_id, started_at__lt=appointment.starts_at
    ).exclude(appointment=appointment)
    return rules.wanted_of_session(
        of_stage,
        receiver,
        visit_starts_at=appointment.starts_at,
        discharged_at=discharged_at or appointment.ends_at,
        ends_series=before.count() + 1 == appointment.plan.sessions_ordered,
        presumed=discharged_at is None,
    )
