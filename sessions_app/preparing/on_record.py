"""What the record itself says to the checklist: the items that it answers, with the figure and its time, what
speaks against an answer of a person, and what a person should look at before answering. Nothing is written.

Which items are asked and how they are answered is in `checklist`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from clinic import clock
from clinic.models import AdministrativeGender, Consent, ConsentScope
from clinic.queries import allergies_of, still_holds
from scheduler.evaluating import eligibility
from scheduler.models import ContraindicationFinding, PlanStatus, ResourceKind
from scheduler.prescribing import charted, consented, course_reviews, safety_reviews
from scheduler.vocabulary import spoken_unit
from sessions_app import recording
from sessions_app.models import Session, SideEffect, VitalSigns
from sessions_app.observing import effect_calls, effect_courses, flowsheet, starting, vital_limits
from sessions_app.observing.effect_history import TELLING_GRADE
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import dose, liver_tests, safety
from sessions_app.preparing.dosing import plain

ANSWERED: Final = ("consent", "plan", "weight", "vital_signs", "pain")
# What a start asks for by itself: said once, and there.
ASKED_AT_START: Final = ("weight", "vital_signs")
PREGNANCY: Final = "pregnancy"  # of the plan's screen, and of the checklist
NO_ALLERGIES: Final = "None on record: ask."


@dataclass(frozen=True)
class Said:
    """The record's answer to one item: whether it holds, and in words what it goes by or lacks."""

    holds: bool
    words: str


def answers(session: Session, now: datetime, *, at: datetime | None = None) -> dict[str, Said]:
    """What the record answers now, by the item's code; for a start that is entered later, what it answered
    `at` that moment. One query where the session's lines and its plan are loaded."""
    return {
        "consent": _consent(session, at or now),
        "plan": _plan(session, at or now),
        "weight": _weight(session, at or now),
        "vital_signs": _vital_signs(session, now, at or now),
        "pain": _pain(session, at or now),
    }


def speaks_against(session: Session) -> dict[str, str]:
    """What the record holds against a person's `pass`, by the item's code. One query."""
    if not safety.unmet_at_start(session.patient_id):
        return {}
    return {"suicidality": "An urgent answer to a questionnaire waits for a prescriber's assessment."}


def unmet_at_start(session: Session, now: datetime) -> dict[str, str]:
    """What the chart holds against the plan itself, such as an allergy to what is infused that came after it,
    a prescriber's look at what has come up that it waits for, or a later decision against treating the
    patient: the codes of `states.MISSING` with the words. Three queries where the plan is loaded."""
    found = charted.unanswered(session.appointment.plan_id, now=now)
    unmet = {"chart_answered": " ".join(found.values())} if found else {}
    waits = safety_reviews.waiting_for(session.appointment.plan)
    if waits:
        unmet["session_reviewed"] = ""
    if eligibility.is_refused(session.patient_id):
        unmet["eligible"] = ""
    return unmet


def to_look_at(session: Session, now: datetime) -> dict[str, list[str]]:
    """What to read before answering an item, by its code. Five queries where the claims are loaded, and one
    more where the protocol asks for liver tests."""
    last = _last_given(session)
    found = {
        "fasting": _fasting(session),
        "allergies": [_allergies(session)],
        PREGNANCY: _pregnancy(session, now),
    }
    asks = session.protocol.liver_test_after_mg is not None
    tests = liver_tests.told(session.patient, now=now) if asks else None
    supervising = supervisor(session, now)
    if supervising:
        found["clinician_on_site"] = [f"By the schedule: {supervising}."]
    if last is None:
        found["last_side_effects"] = ["There is no earlier infusion on record."]
        return found
    day = _day(clock.local_date(last.arrived_at, session.clinic.time_zone))
    effects = "; ".join(map(_in_words, _telling(last))) or f"none of grade {TELLING_GRADE} or more"
    found["last_side_effects"] = [f"{day}: {effects}.", *([tests.words] if tests else [])]
    given = recording.uncorrected(last.medicines_given.all())
    medicines = [f"{each.medicine} {plain(each.amount)} {spoken_unit(each.unit)}" for each in given]
    found["medicines"] = [f"Given beside the infusion on {day}: {'; '.join(medicines) or 'none'}."]
    return found


def supervisor(session: Session, now: datetime) -> str:
    """Whose turn it is to supervise this visit by the schedule, which can't tell who is in the house. Needs
    the visit's claims with their resources."""
    claims = [
        claim for claim in session.appointment.claims.all() if claim.resource.kind == ResourceKind.CLINICIAN
    ]
    claims.sort(key=lambda claim: claim.during.lower)
    begun = [claim for claim in claims if claim.during.lower <= now] or claims[:1]
    return begun[-1].resource.name if begun else ""


def _consent(session: Session, at: datetime) -> Said:
    zone = session.clinic.time_zone
    given = Consent.objects.filter(
        patient_id=session.patient_id, scope=ConsentScope.TREATMENT, revoked_at=None
    ).first()
    if given is None:
        return Said(False, "No consent to treatment is on file that holds: have it signed, and record it.")
    today, days = clock.local_date(at, zone), session.protocol.reconsent_after_days
    wrong = consented.against(given.given_at, days, on=today, today=today, zone=zone)
    if wrong is not None:
        return Said(False, wrong[1])
    last = consented.last_day(given.given_at, days, zone)
    counts = f"; it counts until {_day(last)}" if last else ""
    return Said(
        True, f"Signed {_day(clock.local_date(given.given_at, zone))}, form {given.form_version}{counts}."
    )


def _plan(session: Session, at: datetime) -> Said:
    plan, today = session.appointment.plan, clock.local_date(at, session.clinic.time_zone)
    if plan.status != PlanStatus.ACTIVE:
        return Said(False, f"The plan is {plan.get_status_display().lower()}: the prescriber must write one.")
    if not plan.valid_from <= today <= plan.valid_until:
        span = f"{_day(plan.valid_from)} to {_day(plan.valid_until)}"
        return Said(False, f"The plan is for {span}: the prescriber must write another.")
    waits = course_reviews.waiting_for(plan) if session.protocol.review_after_sessions is not None else None
    if waits is not None:
        return Said(False, waits.words)
    return Said(True, f"Active until {_day(plan.valid_until)}.")


def _weight(session: Session, at: datetime) -> Said:
    """The figure is told once a second person has found the same: until then it is theirs to read."""
    sheet = next(iter(recording.uncorrected(session.dose_worksheets.all())), None)
    if sheet is None:
        return Said(False, "No weight is on record: enter it with the dose.")
    old = dose.too_old(session, sheet.weighed_at, at)
    if old:
        return Said(False, old)
    checks = [check for check in session.dose_checks.all() if check.worksheet_id == sheet.pk]
    newest = max(checks, key=lambda check: check.revision, default=None)
    figure = f", {plain(sheet.weight_kg)} kg" if newest and not newest.disagreements else ""
    return Said(True, f"Weighed at {_time(session, sheet.weighed_at)}{figure}.")


def _vital_signs(session: Session, now: datetime, at: datetime) -> Said:
    unmet = starting.unmet_at_start(session, now, at=at)
    if "baseline" in unmet:
        return Said(False, unmet["baseline"])
    if starting.START_LIMITS in unmet:
        return Said(False, f"Past the start limits: {unmet[starting.START_LIMITS]}")
    signs = starting.before_start(session, at)
    limited = vital_limits.limited(session.protocol.limits, "start_hold")
    lines = [signs[sign] for sign in limited]
    latest = max(lines, key=lambda line: line.measured_at, default=None)
    measured = ", ".join(vital_limits.measured(sign, getattr(signs[sign], sign)) for sign in limited)
    return Said(
        True, f"{measured}; {_time(session, latest.measured_at)}." if latest else "The protocol limits none."
    )


def _pain(session: Session, at: datetime) -> Said:
    lines = flowsheet.standing(session.vital_signs.all())
    asked = [line for line in lines if line.measured_at <= at and _answered(line)]
    if not asked:
        return Said(False, "No pain is on record: enter it with the vital signs.")
    line = asked[-1]
    words = line.absent_reason if line.pain_nrs is None else f"{line.pain_nrs} of 10"
    return Said(True, f"{words} at {_time(session, line.measured_at)}.")


def _answered(line: VitalSigns) -> bool:
    return line.pain_nrs is not None or flowsheet.explains(line.absent_reason)


def _fasting(session: Session) -> list[str]:
    """What the protocol allows; and when it was asked, of a visit taken too late to begin to fast."""
    protocol, asked_at = session.protocol, session.appointment.fasting_asked_at
    hours: Mapping[str, int | None] = {
        "clear liquids": protocol.fasting_clear_hours,
        "a light meal": protocol.fasting_light_meal_hours,
    }
    asked = [f"{what} up to {until} h before" for what, until in hours.items() if until is not None]
    lines = [f"The protocol allows {', '.join(asked)}."] if asked else []
    if asked_at is not None:
        lines.append(
            f"This time was taken at {_time(session, asked_at)}, too late to begin to fast. The patient was"
            " asked then and said they had. Ask again when they last ate and drank."
        )
    return lines


def _pregnancy(session: Session, now: datetime) -> list[str]:
    """What the chart says of whether there can be one, and what the plan's screen found; which answer follows
    is for the person who asks."""
    patient, zone = session.patient, session.clinic.time_zone
    age = clock.age_on(patient.birth_date, clock.local_date(now, zone))
    known = patient.gender != AdministrativeGender.UNKNOWN
    sex = f"On the chart: {patient.get_gender_display().lower()}" if known else "The chart names no sex: ask"
    lines = [f"{sex}. {age} years old."]
    screened = ContraindicationFinding.objects.filter(
        plan=session.appointment.plan_id, item=PREGNANCY
    ).first()
    if screened is not None:
        went_ahead = f" ({screened.override_reason})" if screened.override_reason else ""
        lines.append(f"The plan's screen: {screened.get_finding_display().lower()}{went_ahead}.")
    return lines


def _allergies(session: Session) -> str:
    on_record = list(filter(still_holds, allergies_of(session.patient)))
    named = "; ".join(_with(allergy.substance, allergy.reaction) for allergy in on_record)
    return f"{named}." if named else NO_ALLERGIES


def _last_given(session: Session) -> Session | None:
    """The patient's newest earlier session in which an infusion ran."""
    earlier = Session.objects.filter(
        patient=session.patient_id, started_at__isnull=False, arrived_at__lt=session.arrived_at
    )
    return earlier.prefetch_related("side_effects", "medicines_given").order_by("-arrived_at").first()


def _telling(last: Session) -> Iterable[SideEffect]:
    lines = effect_courses.standing_now(last.side_effects.all())
    return [line for line in lines if effect_calls.worst(line) >= TELLING_GRADE]


def _in_words(effect: SideEffect) -> str:
    worst, outcome = effect_calls.worst(effect), effect.get_outcome_display().lower()
    return f"{label_of(effect.term)}, grade {worst} ({outcome})"


def _with(substance: str, reaction: str) -> str:
    return f"{substance} ({reaction})" if reaction else substance


def _time(session: Session, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(session.clinic.time_zone)):%H:%M}"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
