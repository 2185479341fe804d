"""The course of a signed session drawn for the PDF, in grey: three lanes over one time, and what was done by
its number. `course` says what is drawn, from the frozen content alone; the words stand below the picture.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any, Final

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors

from sessions_app.signing.course import LimitDrawn, Measured, SignedCourse

LABELS: Final = {"pressure": "Pressure, mmHg", "heart_rate": "Heart rate, /min", "saturation": "SpO₂, %"}
# How high each lane is, in points, and by how much its edge is numbered.
HEIGHTS: Final = {"pressure": 104, "heart_rate": 62, "saturation": 44}
STEPS: Final = {"pressure": 20, "heart_rate": 20, "saturation": 5}
GAP: Final = 16  # above each lane, for its name
LEFT: Final = 26
RIGHT: Final = 62  # where the limits have their words
NUMBERS: Final = 14  # what happened, by its number
TIMES: Final = 12
INSET: Final = 6
SIZE: Final = 6.5
KEY: Final = (
    "Strokes: from systolic to diastolic, thick where past the stop limit; the line is the mean, measured or"
    " reckoned from the two."
)
LINE: Final = 7.5  # what a line of small words takes
MOST_TIMES: Final = 9
MINUTES_APART: Final = (10, 15, 20, 30, 60, 120, 240)
LEAST: Final = timedelta(minutes=30)
INK: Final = colors.HexColor("#222222")
GREY: Final = colors.HexColor("#777777")
RULE: Final = colors.HexColor("#d5d5d5")
SHADE: Final = colors.HexColor("#eeeeee")
HEIGHT: Final = sum(HEIGHTS.values()) + GAP * len(HEIGHTS) + NUMBERS + TIMES


def drawing_of(course: SignedCourse, *, width: float, font: str) -> Drawing:
    """The picture, so wide in points."""
    return _Picture(course, width, font).drawing


def numbered(course: SignedCourse) -> list[str]:
    """What happened, by the numbers that the picture has."""
    return [f"{number} {each.words}" for number, each in enumerate(course.happened, start=1)]


class _Picture:
    def __init__(self, course: SignedCourse, width: float, font: str) -> None:
        self.course, self.font = course, font
        self.first, self.last = course.first, max(course.last, course.first + LEAST)
        self.left, self.right = LEFT, width - RIGHT
        self.drawing = Drawing(width, HEIGHT)
        self.foot = TIMES + NUMBERS
        for begins, ends in course.pauses:
            x = self._x(begins)
            look: dict[str, Any] = {"fillColor": SHADE, "strokeColor": None}
            self._add(Rect(x, self.foot, self._x(ends) - x, HEIGHT - GAP - self.foot, **look))
        self._clock()
        top = float(HEIGHT)
        for lane, height in HEIGHTS.items():
            top -= GAP
            self._lane(lane, top, top - height)
            top -= height
        self._happened()

    def _add(self, *shapes: Any) -> None:
        for shape in shapes:
            self.drawing.add(shape)

    def _words(self, x: float, y: float, text: str, *, anchor: str = "start", ink: Any = GREY) -> None:
        look: dict[str, Any] = {"fillColor": ink, "textAnchor": anchor}
        self._add(String(x, y, text, fontName=self.font, fontSize=SIZE, **look))

    def _stroke(
        self, x: float, y: float, *, to: tuple[float, float], wide: float, dashes: Sequence[int] | None = None
    ) -> None:
        look: dict[str, Any] = {"strokeColor": GREY, "strokeWidth": wide, "strokeDashArray": dashes}
        self._add(Line(x, y, *to, **look))

    def _x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return self.left + INSET + share * (self.right - self.left - 2 * INSET)

    def _clock(self) -> None:
        for at in _clock_times(self.first, self.last):
            x = self._x(at)
            self._add(Line(x, self.foot, x, HEIGHT - GAP, strokeColor=RULE, strokeWidth=0.4))
            self._words(x, 2, f"{at:%H:%M}", anchor="middle")

    def _lane(self, lane: str, top: float, foot: float) -> None:
        sets = [each for each in self.course.measured if lane in each.values]
        limits = [limit for limit in self.course.limits if limit.lane == lane]
        step = STEPS[lane]
        ends = [value for each in sets for value in each.values[lane]] + [limit.value for limit in limits]
        low = floor(min(ends, default=0) / step) * step
        high = max(ceil(max(ends, default=step) / step) * step, low + step)

        def y(value: float) -> float:
            return foot + (float(value) - low) / (high - low) * (top - foot)

        self._words(self.left, top + 4, LABELS[lane], ink=INK)
        apart = step * ceil((high - low) / step / ((top - foot) / 12))
        for value in range(low, high + 1, apart):
            self._add(Line(self.left, y(value), self.right, y(value), strokeColor=RULE, strokeWidth=0.4))
            self._words(self.left - 4, y(value) - 2, str(value), anchor="end")
        self._limits(limits, y)
        self._line([(self._x(each.at), y(_middle(each, lane))) for each in sets])
        for each in sets:
            x, (lower, upper) = self._x(each.at), each.values[lane]
            wide = 2.2 if each.past.get(lane) == "stop" else 1.2
            if lower != upper:
                self._add(Line(x, y(lower), x, y(upper), strokeColor=INK, strokeWidth=wide))
            else:
                self._add(
                    Circle(x, y(lower), 1.8, fillColor=colors.white, strokeColor=INK, strokeWidth=wide * 0.7)
                )

    def _limits(self, limits: Sequence[LimitDrawn], y: Any) -> None:
        """From the foot up; words that would touch the ones below them move up."""
        below = None
        for limit in sorted(limits, key=lambda each: each.value):
            at = y(limit.value)
            dashes = None if limit.severity == "stop" else [2, 2]
            self._stroke(self.left, at, to=(self.right, at), wide=0.6, dashes=dashes)
            words_at = at if below is None else max(at, below + LINE)
            # The paper's font has no sign for "at least".
            self._words(self.right + 3, words_at - 2, limit.words.replace("≥", ">="))
            below = words_at

    def _line(self, places: Sequence[tuple[float, float]]) -> None:
        if len(places) > 1:
            points = [each for place in places for each in place]
            self._add(PolyLine(points, strokeColor=GREY, strokeWidth=0.8))

    def _happened(self) -> None:
        """A stroke through the lanes for each, with its number; close ones stand beside each other."""
        free = float(self.left)
        for number, each in enumerate(self.course.happened, start=1):
            x = self._x(each.at)
            dashes = [1, 3] if each.about_patient else [4, 2]
            self._stroke(x, self.foot - 3, to=(x, HEIGHT - GAP), wide=0.5, dashes=dashes)
            at = max(x, free)
            self._words(at, TIMES + 2, str(number), anchor="middle", ink=INK)
            free = at + 4 + 4 * len(str(number))


def _middle(each: Measured, lane: str) -> float:
    return each.mean if lane == "pressure" and each.mean is not None else each.values[lane][1]


def _clock_times(first: datetime, last: datetime) -> Iterator[datetime]:
    """Round times of the clock between the two, no more than the picture has room for."""
    minutes = (last - first) // timedelta(minutes=1)
    apart = next((each for each in MINUTES_APART if minutes / each < MOST_TIMES), MINUTES_APART[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight
    while at <= last:
        if at >= first:
            yield at
        at += timedelta(minutes=apart)
