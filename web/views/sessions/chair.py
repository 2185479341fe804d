"""Where one session stands now, in minutes and words, from loaded rows: for its page and for the station."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from clinic.access import Actor
from sessions_app import states
from sessions_app.infusing import progress, superseded
from sessions_app.infusing.progress import Progress
from sessions_app.leaving import discharge
from sessions_app.models import (
    Session,
    SessionState,
    VitalSigns,
)
from sessions_app.observing import flowsheet
from sessions_app.observing.ladder import Ladder
from web.views.sessions.watching import Watch, pause_id

MINUTE: Final = timedelta(minutes=1)
BAG_EMPTY: Final = "The bag is empty: stop"
NEXT_STEP: Final = {
    SessionState.ARRIVED: "Begin the checklist",
    SessionState.PREPARING: "Prepare, then start",
    SessionState.INFUSING: "Watch",
    SessionState.PAUSED: "Resume or stop",
    SessionState.RECOVERING: "Observe, then discharge",
    SessionState.DISCHARGED: "Sign",
    SessionState.NOT_GIVEN: "Sign",
    SessionState.SIGNED: "",
}


@dataclass(frozen=True)
class Left:
    """The one figure that is read from across the room: so many minutes, and of what. `until` is the moment
    that they run to, where they run down."""

    minutes: int
    words: str
    until: datetime | None = None


class Chair:
    """Where one session stands now, in minutes and words; needs the loaded steps of its infusion."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        actor: Actor | None = None,
        *,
        ladder: Ladder | None = None,
        urgent_answer: bool = False,
    ) -> None:
        self.session = session
        self.urgent_answer = urgent_answer
        self.now = now
        self.pause_id = pause_id(actor, session) if actor else None
        self.infused = progress.infusing_time(list(session.infusion_events.all()), now)
        self.watch = Watch(session, now, ladder)

    @property
    def next_step(self) -> str:
        return BAG_EMPTY if self.bag_empty else NEXT_STEP[SessionState(self.session.state)]

    @cached_property
    def given(self) -> Progress | None:
        """What was given so far, once the infusion has started; needs the loaded worksheets."""
        return progress.progress(self.session, self.now)

    @property
    def ordered_since(self) -> str:
        """The dose that the plan orders by now, where this infusion runs on an older order."""
        return superseded.ordered_since(self.session)

    @property
    def bag_empty(self) -> bool:
        """Whether the pump has nothing left to give, though nobody has stopped the infusion."""
        return self.session.state in states.RUNNING and self.given is not None and not self.given.left_ml

    @property
    def finished(self) -> bool:
        """Whether nobody is in the chair for it any more."""
        return self.session.state not in states.IN_THE_CHAIR

    @property
    def need(self) -> tuple[int, int, datetime]:
        """For sorting chairs: an alert that calls to the chair, first for what a patient has and then for
        missed readings, one that nobody answers, an overdue reading or an empty bag; then who is watched, and
        last who waits for the start. Among equals an infusion that runs is before one that pauses or is over,
        and the sooner reading before the later.
        """
        groups, coming = self.watch.groups, self.watch.next
        wants = [
            any(group.halts and not group.about_readings for group in groups),
            any(group.halts for group in groups),
            any(group.waiting for group in groups),
            self.bag_empty or (coming is not None and coming.standing == "overdue"),
            coming is not None,
            True,
        ]
        runs = [self.bag_empty, self.session.state == SessionState.INFUSING, True]
        return wants.index(True), runs.index(True), coming.due.at if coming else self.session.arrived_at

    @property
    def minutes(self) -> int | None:
        """Whole minutes of the phase it is in; infusing counts without the pauses."""
        state, session = self.session.state, self.session
        if state in states.BEFORE_START:
            return (self.now - session.arrived_at) // MINUTE
        if state in states.RUNNING:
            return self.infused // MINUTE
        if state == SessionState.RECOVERING and session.stopped_at:
            return (self.now - session.stopped_at) // MINUTE
        return None

    @property
    def minutes_are(self) -> str:
        """What the minutes count, and of how many."""
        protocol = self.session.protocol
        if self.session.state in states.BEFORE_START:
            return "min since arrival"
        if self.session.state in states.RUNNING:
            return f"of {protocol.infusion_minutes} min infused"
        return f"of {protocol.observation_minutes} min observed"

    @property
    def since_vitals(self) -> int | None:
        """Minutes since the newest vital signs, for a patient in the chair."""
        return int((self.now - self.last.measured_at) // MINUTE) if self.last else None

    @cached_property
    def last(self) -> VitalSigns | None:
        """The newest vital signs of a patient in the chair."""
        return self.sets[-1] if self.sets and not self.finished else None

    @cached_property
    def sets(self) -> list[VitalSigns]:
        """Every set that stands, by its moment."""
        return flowsheet.standing(self.session.vital_signs.all())

    @property
    def home_from(self) -> datetime | None:
        """The earliest discharge, while the patient recovers."""
        return discharge.home_from(self.session) if self.session.state == SessionState.RECOVERING else None
