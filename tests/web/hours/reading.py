"""What the hours' pages say, the openings behind them, and the weekly form as it is sent."""

from datetime import date, timedelta
from typing import Any

from scheduler.models import Opening
from tests.cast import TODAY, new_id
from tests.scheduler.stage import Stage
from tests.web.pages import Page, words

TUESDAY = TODAY + timedelta(days=1)


def on_the_wall(stage: Stage, resource: Any, day: date) -> list[str]:
    """The openings of a local day as its wall shows them."""
    found = Opening.objects.filter(
        resource=resource, during__overlap=(stage.at("0:00", day), stage.at("23:59", day))
    ).order_by("during")
    offset = timedelta(hours=-6)
    return [f"{row.during.lower + offset:%H:%M}-{row.during.upper + offset:%H:%M}" for row in found]


def said(page: Page) -> str:
    return words(page).replace("\N{EN DASH}", "-")


def weekly_form(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "weekdays": ["5", "6"],
        "from_1": "09:00",
        "until_1": "12:30",
        "from_2": "13:00",
        "until_2": "17:00",
        "valid_from": "2027-01-11",
        **changes,
    }
