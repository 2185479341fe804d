"""Where what stands in the way of a booking is mended."""

from collections.abc import Mapping
from typing import Any

from django import template

from scheduler.models import TreatmentPlan
from web import mends
from web.mends import Mended

register = template.Library()


@register.simple_tag(takes_context=True)
def mend(context: Mapping[str, Any], blocker: Any, plan: TreatmentPlan) -> Mended | None:
    """`{% mend blocker plan as mended %}`: the words and the address of a page, if there is one to which this
    person may go. The blocker is a decision's, or a refusal's as data."""
    code = blocker["code"] if isinstance(blocker, Mapping) else blocker.code
    return mends.mended(code, plan=plan, actor=context["request"].actor)
