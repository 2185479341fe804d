"""The picture of a signed session: its frozen course (`sessions_app.signing.course`) handed to what draws the
live chart. Nothing of it comes from today's tables, and nothing that a monitor showed beside the record.
"""

from typing import cast

from sessions_app.signing.course import SignedCourse
from web.plots import live_chart as picture
from web.plots.live_chart import (
    Course,
    Event,
    Limit,
    LiveChart,
    Pause,
    Reading,
    Severity,
    Sign,
)
from web.views.sessions.live_chart import LEAST


def chart_of(course: SignedCourse | None) -> LiveChart | None:
    """None where nothing was measured that is drawn."""
    if course is None:
        return None
    return picture.live_chart(
        Course(
            first=course.first,
            last=max(course.last, course.first + LEAST),
            readings=[
                Reading(
                    each.at,
                    each.words,
                    {cast(Sign, lane): span for lane, span in each.values.items()},
                    mean=each.mean,
                    past={cast(Sign, lane): cast(Severity, level) for lane, level in each.past.items()},
                )
                for each in course.measured
            ],
            events=[
                Event(each.at, each.kind, each.words, "patient" if each.about_patient else "steps")
                for each in course.happened
            ],
            pauses=[
                Pause(begins, ends, f"Paused from {begins:%H:%M} to {ends:%H:%M}")
                for begins, ends in course.pauses
            ],
            limits=[
                Limit(cast(Sign, limit.lane), cast(Severity, limit.severity), limit.value, limit.words)
                for limit in course.limits
            ],
        )
    )
