"""The hard stop on the running total (domain.md 1.4 [D]), pure: which rate or bolus would pass the protocol's
limit, and whether it is reached. What was given so far always counts; the limit is named in the refusal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sessions_app.infusing.pump import Course, Step, given, stand
from sessions_app.preparing.dosing import FIXED, PER_KG_PER_HOUR, Order, most_mg, plain, rounded


@dataclass(frozen=True)
class Limits:
    """A session's hard limits: the most mg in all and, for a dose per kg and hour, the most mg per hour.

    `named` and `rate_named` are those limits as a sentence says them.
    """

    most_mg: Decimal
    named: str
    most_mg_per_h: Decimal | None = None
    rate_named: str = ""


def limits(order: Order) -> Limits:
    """What this order's protocol allows at most."""
    most = most_mg(order)
    by_weight = f"{plain(order.hard_max)} {order.basis} for {plain(order.dosing_weight_kg)} kg"
    if order.basis == FIXED or most == order.total_hard_max_mg:
        named = f"{plain(most)} mg for one session"
    elif order.basis == PER_KG_PER_HOUR:
        named = f"{by_weight} over {order.minutes} min = {plain(most)} mg"
    else:
        named = f"{by_weight} = {plain(most)} mg"
    if order.basis != PER_KG_PER_HOUR:
        return Limits(most, named)
    per_hour = rounded(order.hard_max * order.dosing_weight_kg, "0.1")
    return Limits(most, named, per_hour, f"{by_weight} = {plain(per_hour)} mg/h")


def against_bolus(course: Course, limit: Limits, *, volume_ml: Decimal, at: datetime) -> str:
    """Why this bolus must not be given, or nothing."""
    after = given(course.followed_by(Step("bolus", at, volume_ml=volume_ml)), at)
    if after.mg <= limit.most_mg:
        return ""
    before = given(course, at).mg
    return (
        f"{plain(before)} mg were given; this bolus makes {plain(after.mg)} mg, past the protocol's hard "
        f"limit of {limit.named}."
    )


def against_rate(
    course: Course, limit: Limits, *, rate_ml_per_h: Decimal, planned: timedelta, at: datetime
) -> str:
    """Why the pump must not go over to this rate, or nothing. To go slower is never refused.

    What counts is the rate itself, for a dose per kg and hour, and what it would come to until the bag is
    empty or the `planned` running time is over.
    """
    now = stand(course, at)
    if rate_ml_per_h <= now.rate_ml_per_h:
        return ""
    mg_per_h = course.mg(rate_ml_per_h)
    # Two people have checked the worksheet's own rate: that it was rounded up shall not refuse it.
    above_checked = rate_ml_per_h > course.rate_ml_per_h
    if limit.most_mg_per_h is not None and above_checked and mg_per_h > limit.most_mg_per_h:
        return (
            f"{plain(rate_ml_per_h)} mL/h is {plain(mg_per_h)} mg/h, past the protocol's hard limit of "
            f"{limit.rate_named}."
        )
    going_on = course.followed_by(Step("rate", at, rate_ml_per_h=rate_ml_per_h))
    after = given(going_on, at + max(planned - now.ran, timedelta()))
    if after.mg <= limit.most_mg:
        return ""
    return (
        f"{plain(given(course, at).mg)} mg were given; at this rate it becomes {plain(after.mg)} mg, "
        f"past the protocol's hard limit of {limit.named}."
    )


def reached(course: Course, limit: Limits, now: datetime) -> str:
    """That the running total is at the limit, in words, or nothing."""
    mg = given(course, now).mg
    if mg < limit.most_mg:
        return ""
    return f"{plain(mg)} mg given: the protocol's hard limit is {limit.named}."
