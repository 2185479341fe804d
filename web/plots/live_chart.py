"""A session's course as one picture: pressure, heart rate and saturation over the same time; pure.

Three lanes, each with an edge of its own; below them two rows, of what was done and of what the patient had.
Values and moments come in, places in the picture's units come out. Which values count, and every word, is
said by whoever asks (`web.views.sessions.live_chart`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from web.plots.marks import Rule, Stretch, Tick
from web.plots.paths import Place, band, polyline
from web.plots.scale import Scale, clock_times, numbers, rounded_out, step_of

Sign = Literal["pressure", "heart_rate", "saturation"]
Severity = Literal["caution", "stop"]
Row = Literal["steps", "patient"]
Span = tuple[float, float]  # the lower and the higher of two values

WIDTH: Final = 960
LEFT: Final = 52
RIGHT: Final = 842  # beyond it the limits have their words
INSET: Final = 10  # so that the first and the last mark stand clear of the edges
LINE: Final = 14  # what a line of small words takes
# Top and foot of each lane, and how many values its edge names at most.
LANES: Final[dict[Sign, tuple[int, int, int]]] = {
    "pressure": (18, 198, 8),
    "heart_rate": (226, 326, 7),
    "saturation": (354, 414, 4),
}
ROWS: Final[dict[Row, int]] = {"steps": 438, "patient": 460}
HEIGHT: Final = 496
MOST_HOURS: Final = 9
# Of what can happen: its shape around its place, and its words in the key.
SHAPES: Final[dict[str, tuple[str, str]]] = {
    "start": ("M-5 -7L7 0L-5 7Z", "started or resumed"),
    "pause": ("M-6 -6H-2V6H-6ZM2 -6H6V6H2Z", "paused"),
    "rate": ("M0 -7L7 0L0 7L-7 0Z", "new rate"),
    "bolus": ("M0 -8C4 -3 6 0 6 2.5A6 6 0 0 1 -6 2.5C-6 0 -4 -3 0 -8Z", "bolus"),
    "stop": ("M-6 -6H6V6H-6Z", "stopped"),
    "medicine": ("M-2.5 -7H2.5V-2.5H7V2.5H2.5V7H-2.5V2.5H-7V-2.5H-2.5Z", "medicine"),
    "effect": ("M0 -7L7 6H-7Z", "side effect"),
    "ended": ("M0 -4L4.5 4.5H-4.5Z", "side effect over"),
    "home": ("M-7 0L0 -7L7 0V7H-7Z", "went home"),
}


@dataclass(frozen=True)
class Reading:
    """One set of vital signs: of each sign its value twice, of the pressure the diastolic and the systolic.
    What was not measured is left out. `past` names the limits that its signs are past."""

    at: datetime
    words: str
    values: dict[Sign, Span]
    mean: float | None = None
    past: Mapping[Sign, Severity] = field(default_factory=dict)


@dataclass(frozen=True)
class Watched:
    """What a monitor showed in one minute, of each sign the lowest and the highest."""

    at: datetime
    values: dict[Sign, Span]


@dataclass(frozen=True)
class Event:
    """Something that was done, or that the patient had."""

    at: datetime
    kind: str
    words: str
    row: Row = "steps"


@dataclass(frozen=True)
class Pause:
    begins: datetime
    ends: datetime
    words: str


@dataclass(frozen=True)
class Limit:
    """A limit of the protocol."""

    sign: Sign
    severity: Severity
    value: float
    words: str


@dataclass(frozen=True)
class Course:
    """What the picture shows, between two moments told by the clinic's clocks; `now` while it goes on."""

    first: datetime
    last: datetime
    readings: Sequence[Reading]
    events: Sequence[Event] = ()
    pauses: Sequence[Pause] = ()
    limits: Sequence[Limit] = ()
    watched: Sequence[Watched] = ()
    now: datetime | None = None


@dataclass(frozen=True)
class LimitLine:
    """A limit across its lane; its words stand at its end, out of each other's way."""

    y: float
    words_y: float
    severity: Severity
    words: str


@dataclass(frozen=True)
class Lane:
    """One sign: a line through what was measured (of the pressure through the means, in the band between the
    two), and behind it what a monitor showed, a stroke for each minute."""

    sign: Sign
    top: int
    foot: int
    ticks: list[Rule]
    limits: list[LimitLine]
    line: str
    band: str
    watched: str


@dataclass(frozen=True)
class Dot:
    sign: Sign
    y: float
    lower: float  # the same but for a pressure, which is a bar from the systolic to the diastolic
    past: Severity | None


@dataclass(frozen=True)
class Look:
    """One set in the picture, and the stretch in which it is the nearest to whoever points."""

    x: float
    left: float
    width: float
    dots: list[Dot]
    words: str


@dataclass(frozen=True)
class Happening:
    """One event in its row below the lanes."""

    x: float
    y: int
    kind: str
    shape: str
    words: str


@dataclass(frozen=True)
class Key:
    """What a shape stands for."""

    kind: str
    shape: str
    words: str


@dataclass(frozen=True)
class LiveChart:
    """The whole picture, WIDTH by HEIGHT."""

    lanes: list[Lane]
    looks: list[Look]
    happenings: list[Happening]
    pauses: list[Stretch]
    hours: list[Tick]
    now: float | None
    key: list[Key]

    @property
    def is_monitored(self) -> bool:
        return any(lane.watched for lane in self.lanes)


def live_chart(course: Course) -> LiveChart:
    """Draw a course with at least one reading in it."""
    across = Scale(course.first, course.last, LEFT + INSET, RIGHT - INSET)
    heights = {sign: _height(sign, course) for sign in LANES}
    readings = sorted(course.readings, key=lambda reading: reading.at)
    return LiveChart(
        lanes=[_lane(sign, course, readings, across, heights[sign]) for sign in LANES],
        looks=_looks(readings, across, heights),
        happenings=[
            Happening(across.at(event.at), ROWS[event.row], event.kind, SHAPES[event.kind][0], event.words)
            for event in sorted(course.events, key=lambda event: event.at)
        ],
        pauses=[Stretch(*across.span(pause.begins, pause.ends), pause.words) for pause in course.pauses],
        hours=[
            Tick(across.at(at), f"{at:%H:%M}")
            for at in clock_times(course.first, course.last, most=MOST_HOURS)
        ],
        now=across.at(course.now) if course.now else None,
        key=[
            Key(kind, shape, words)
            for kind, (shape, words) in SHAPES.items()
            if any(event.kind == kind for event in course.events)
        ],
    )


def _height(sign: Sign, course: Course) -> Scale[float]:
    """The edge of a lane: it holds every value and every limit, and ends in round ones."""
    top, foot, most = LANES[sign]
    ends = [*_ends(sign, course.readings), *_ends(sign, course.watched)]
    values = [*ends, *(limit.value for limit in course.limits if limit.sign == sign)]
    low, high = min(values, default=0), max(values, default=0)
    low, high = rounded_out(low, high, step_of(low, high, most=most))
    return Scale(low, high, foot, top)


def _ends(sign: Sign, measured: Iterable[Reading | Watched]) -> Iterator[float]:
    for each in measured:
        yield from each.values.get(sign, ())


def _lane(
    sign: Sign, course: Course, readings: Sequence[Reading], across: Scale[datetime], up: Scale[float]
) -> Lane:
    top, foot, most = LANES[sign]
    spans = [(across.at(reading.at), *reading.values[sign]) for reading in readings if sign in reading.values]
    is_band = any(low != high for _, low, high in spans)
    middle: list[Place] = [
        (across.at(reading.at), up.at(reading.mean if is_band and reading.mean else reading.values[sign][1]))
        for reading in readings
        if sign in reading.values
    ]
    return Lane(
        sign=sign,
        top=top,
        foot=foot,
        ticks=[Rule(up.at(value), f"{value:g}") for value in numbers(up.low, up.high, most=most)],
        limits=_limits([limit for limit in course.limits if limit.sign == sign], up),
        line=polyline(middle),
        band=band([(x, up.at(high), up.at(low)) for x, low, high in spans]) if is_band else "",
        watched=" ".join(
            # A stroke of no length would not be seen.
            f"M{across.at(each.at)} {up.at(each.values[sign][0]) + 0.5}V{up.at(each.values[sign][1]) - 0.5}"
            for each in course.watched
            if sign in each.values
        ),
    )


def _limits(limits: Sequence[Limit], up: Scale[float]) -> list[LimitLine]:
    """From the foot up; words that would touch the ones below them move up."""
    lines: list[LimitLine] = []
    for limit in sorted(limits, key=lambda limit: limit.value):
        y = up.at(limit.value)
        words_y = min(y, lines[-1].words_y - LINE) if lines else y
        lines.append(LimitLine(y, words_y, limit.severity, limit.words))
    return lines


def _looks(
    readings: Sequence[Reading], across: Scale[datetime], heights: dict[Sign, Scale[float]]
) -> list[Look]:
    places = [across.at(reading.at) for reading in readings]
    between = [(one + other) / 2 for one, other in pairwise(places)]
    edges = [LEFT, *between, RIGHT]
    return [
        Look(
            x=x,
            left=round(left, 1),
            width=round(max(right - left, 1), 1),
            dots=[
                Dot(sign, heights[sign].at(high), heights[sign].at(low), reading.past.get(sign))
                for sign, (low, high) in reading.values.items()
            ],
            words=reading.words,
        )
        for reading, x, (left, right) in zip(readings, places, pairwise(edges), strict=True)
    ]
