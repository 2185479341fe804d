"""Of the schedule: what comes before a plan, plans, working time, visits."""

from collections.abc import Callable
from datetime import timedelta

from scheduler.prescribing import screening
from tests.cast import NOW, TODAY, House, new_id
from tests.create_calls.call import Call
from tests.scheduler import waits
from tests.scheduler.stage import plan_row, set_stage


def referrals(house: House) -> Call:
    body = {"authored_on": TODAY, "requester_kind": "self", "reason": "Nothing has helped so far"}
    return house.ana, "referrals/", {"patient": house.rosa.pk, **body}


def evaluations(house: House) -> Call:
    body = {"evaluated_on": TODAY, "indications": ["F33.2"], "severity": "PHQ-9 21", "asa_class": "2"}
    return house.priya, "evaluations/", {"patient": house.rosa.pk, **body}


def eligibility_decisions(house: House) -> Call:
    body = {"decision": "eligible", "reason": "Two adequate trials without response", "supersedes": None}
    return house.priya, "eligibility-decisions/", {"patient": house.rosa.pk, **body}


def protocols(house: House) -> Call:
    return house.priya, "protocols/", {"after": set_stage(house).protocol.pk, "observation_minutes": 90}


def plans(house: House) -> Call:
    body = {
        "patient": house.rosa.pk,
        "protocol": set_stage(house).protocol.pk,
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": 6,
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + timedelta(days=30)).isoformat(),
        "findings": [{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
    }
    return house.priya, "plans/", body


def plan_requests(house: House) -> Call:
    return house.ana, "plans/ask/", {"patient": house.rosa.pk, "words": "Asks whether to go on"}


def dose_orders(house: House) -> Call:
    plan = set_stage(house).plan()
    body = {"ordered_dose": "0.600", "was": "0.500", "reason": "Little effect at the last session"}
    return house.priya, f"plans/{plan.pk}/doses/", body


def spacing(house: House) -> Call:
    body = {"min_days": 1, "max_days": 7, "reason": "Lives far away"}
    return house.priya, f"plans/{set_stage(house).plan().pk}/spacing/", body


def asked_spacing(house: House) -> Call:
    return house.ana, f"plans/{set_stage(house).plan().pk}/ask-spacing/", {"words": "Two days apart?"}


def course_assessments(house: House) -> Call:
    plan = set_stage(house).plan()
    return house.priya, f"plans/{plan.pk}/assessments/", {"step": "maintain", "words": "PHQ-9 16, then 6"}


def resources(house: House) -> Call:
    return (
        house.max,
        "resources/",
        {"clinic": house.clinic.pk, "kind": "nurse", "name": "Nurse 9", "capacity": 6},
    )


def calendar_feeds(house: House) -> Call:
    return house.max, "calendar-feeds/", {"resource": set_stage(house).nurses[0].pk}


def working_hours(house: House) -> Call:
    body = {"resource": set_stage(house).chairs[0].pk, "weekdays": [5, 6], "valid_from": TODAY}
    return house.max, "working-hours/", {**body, "hours": [["09:00", "12:00"], ["13:00", "17:00"]]}


def day_hours(house: House) -> Call:
    body = {"resource": set_stage(house).chairs[0].pk, "day": TODAY + timedelta(days=30)}
    return house.max, "day-hours/", {**body, "hours": [["09:00", "12:00"]]}


def absences(house: House) -> Call:
    start = NOW + timedelta(days=1)
    body = {"resource": set_stage(house).nurses[0].pk, "start": start, "end": start + timedelta(hours=4)}
    return house.ana, "absences/", {**body, "reason": "illness"}


def closures(house: House) -> Call:
    set_stage(house)
    day = TODAY + timedelta(days=1)
    body = {"clinic": house.clinic.pk, "name": "Spring cleaning", "first_day": day, "last_day": day}
    return house.max, "closures/", body


def appointments(house: House) -> Call:
    stage = set_stage(house)
    return house.ana, "appointments/", {"plan": stage.plan().pk, "start": stage.at("10:00")}


def holds(house: House) -> Call:
    user, _, body = appointments(house)
    return user, "holds/", body


def series(house: House) -> Call:
    stage = set_stage(house)
    sessions = [
        {"id": str(new_id()), "start": stage.at("10:00", TODAY + timedelta(days=ahead))} for ahead in (0, 2)
    ]
    return house.ana, "series/", {"plan": stage.plan().pk, "sessions": sessions}


def waitlist(house: House) -> Call:
    body = {"first_day": TODAY.isoformat(), "last_day": (TODAY + timedelta(days=30)).isoformat()}
    return house.ana, "waitlist/", {"plan": set_stage(house).plan().pk, **body}


def offers_by_hand(house: House) -> Call:
    stage = set_stage(house)
    entry = waits.join(stage, plan_row(house, stage.protocol, house.omar))
    start = stage.at("14:00", TODAY + timedelta(days=4))
    return house.ana, f"waitlist/{entry.pk}/offer/", {"start": start.isoformat()}


def repairs(house: House) -> Call:
    stage = set_stage(house)
    missing = {"resource": str(stage.chairs[0].pk), "start": stage.at("10:00"), "end": stage.at("12:00")}
    return house.ana, "repairs/", {"clinic": house.clinic.pk, "day": TODAY.isoformat(), "missing": missing}


CALLS: dict[str, Callable[[House], Call]] = {
    "plans/": plans,
    "plans/{id}/assessments/": course_assessments,
    "referrals/": referrals,
    "evaluations/": evaluations,
    "eligibility-decisions/": eligibility_decisions,
    "protocols/": protocols,
    "resources/": resources,
    "calendar-feeds/": calendar_feeds,
    "working-hours/": working_hours,
    "day-hours/": day_hours,
    "absences/": absences,
    "closures/": closures,
    "plans/{id}/spacing/": spacing,
    "plans/{id}/ask-spacing/": asked_spacing,
    "appointments/": appointments,
    "holds/": holds,
    "series/": series,
    "waitlist/": waitlist,
    "repairs/": repairs,
    "waitlist/{id}/offer/": offers_by_hand,
    "plans/ask/": plan_requests,
    "plans/{id}/doses/": dose_orders,
}
