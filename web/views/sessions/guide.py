"""Where a session is on its way to the signature, the one thing to do now, and the figures that stay in view.

Read from what the page shows; which act is possible and what it needs is decided in the floors below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from sessions_app import states
from sessions_app.models import SessionState
from sessions_app.preparing import on_record
from web.views.sessions import criteria
from web.views.sessions.chair import BAG_EMPTY, Left
from web.views.sessions.criteria import Criterion
from web.views.sessions.form import SessionForm
from web.views.sessions.leaving import DischargeForm
from web.views.sessions.page import SessionPage
from web.views.sessions.places import before_start, place_of
from web.views.sessions.preparing import ChecklistForm
from web.views.sessions.signing import SignForm
from web.views.sessions.watching import AlertGroup

Standing = Literal["done", "now", "coming", "left_out"]
STEPS: Final = ("Checklist", "Dose", "Infusing", "Recovery", "Discharge", "Sign")
CHECKLIST, DOSE, INFUSING, RECOVERY, DISCHARGE, SIGN = range(len(STEPS))
OF_THE_CHECKLIST: Final = frozenset(
    {
        "checklist_complete",
        "checklist_passed",
        "safety_assessed",
        "chart_answered",
        "session_reviewed",
        "eligible",
    }
)
COMES_WITH_VITALS: Final = frozenset({*on_record.ASKED_AT_START, "pain"})
OF_THE_DOSE: Final = frozenset({"dose_prepared", "dose_checked"})
WORDS: Final[Mapping[Standing, str]] = {
    "done": "done",
    "now": "now",
    "coming": "to come",
    "left_out": "left out",
}


@dataclass(frozen=True)
class Step:
    label: str
    standing: Standing

    @property
    def words(self) -> str:
        return WORDS[self.standing]


@dataclass(frozen=True)
class ToDo:
    """What comes next, where on the page it is done, and whether somebody waits for it."""

    words: str
    href: str
    pressing: bool = False


class Guide:
    """What leads through one session's page; `forms` are those that the reader is shown."""

    def __init__(self, page: SessionPage, forms: Mapping[str, SessionForm]) -> None:
        self.page = page
        self.session = page.session
        self.forms = forms

    @cached_property
    def start_needs(self) -> list[states.Blocker]:
        """What the start still needs. What of the checklist comes with the vital signs is asked with them."""
        needs = self.page.start_needs
        form = self.forms.get("checklist")
        with_vitals = (
            isinstance(form, ChecklistForm)
            and form.open_items <= COMES_WITH_VITALS
            and any(blocker.code == "baseline" for blocker in needs)
        )
        return [blocker for blocker in needs if not (with_vitals and blocker.code == "checklist_complete")]

    @property
    def needs(self) -> set[str]:
        return {blocker.code for blocker in self.start_needs}

    @property
    def steps(self) -> list[Step]:
        state = SessionState(self.session.state)
        if state in states.BEFORE_START:
            ready = [self.needs.isdisjoint(OF_THE_CHECKLIST), self.needs.isdisjoint(OF_THE_DOSE)]
            done = {place for place in (CHECKLIST, DOSE) if ready[place]}
            now = next(place for place in (CHECKLIST, DOSE, INFUSING) if place not in done)
        else:
            now = self._now_at(state)
            done = set(range(now))
        return [Step(label, self._standing(place, now, done)) for place, label in enumerate(STEPS)]

    def _now_at(self, state: SessionState) -> int:
        if state in states.RUNNING:
            return INFUSING
        if state == SessionState.RECOVERING:
            return RECOVERY if self.page.minutes_to_go else DISCHARGE
        return SIGN + 1 if state == SessionState.SIGNED else SIGN

    def _standing(self, place: int, now: int, done: set[int]) -> Standing:
        given = self.session.started_at is not None or self.session.state in states.BEFORE_START
        if not given and place != SIGN:
            return "left_out"
        if place == now:
            return "now"
        return "done" if place in done else "coming"

    @cached_property
    def to_do(self) -> ToDo | None:
        """The one thing to do now, for whoever may do it."""
        if not self.page.open_acts or self.session.state == SessionState.SIGNED:
            return None
        return self._pressing() or self._next_step()

    def _pressing(self) -> ToDo | None:
        """What a patient has and nobody has answered comes first, an alert that only wants to be read last;
        how an answered one ended is said when nothing else presses.
        """
        if not self.page.in_the_chair:
            return None
        watch, calls = self.page.chair.watch, self.page.calls
        unanswered = [group for group in calls if group.waiting]
        waiting = [group for group in watch.groups if group.waiting]
        if felt := [group for group in unanswered if not group.about_readings]:
            return self._answer(felt[0])
        if self.page.chair.bag_empty:
            return ToDo(BAG_EMPTY, "#stop", pressing=True)
        if unanswered:
            return self._answer(unanswered[0])
        if watch.next and watch.next.standing != "coming":
            return ToDo("Measure vital signs", "#vitals", pressing=True)
        if waiting:
            return self._answer(waiting[0])
        return ToDo("Say how the alert ended", "#alerts") if calls else None

    def _answer(self, group: AlertGroup) -> ToDo:
        return ToDo(f"{group.lead.asks}: answer the alert", "#alerts", pressing=True)

    def _next_step(self) -> ToDo:
        match SessionState(self.session.state):
            case SessionState.ARRIVED:
                return ToDo(self.page.next_step, "#checklist")
            case SessionState.PREPARING:
                words = before_start(self.start_needs).replace(", ", ", then ")
                return ToDo(words, self._place_of(self.start_needs, "#start"))
            case SessionState.INFUSING:
                return ToDo("Watch, and measure when it is due", "#vitals")
            case SessionState.PAUSED:
                return ToDo(self.page.next_step, "#part-infusion")
            case SessionState.RECOVERING:
                return self._first_of(self._missing("discharge"), ToDo("Discharge", "#discharge"))
        return self._first_of(self._missing("sign"), ToDo("Sign the record", "#sign"))

    def _missing(self, act: str) -> list[states.Blocker]:
        form = self.forms.get(act)
        return form.missing if isinstance(form, DischargeForm | SignForm) else []

    def _first_of(self, missing: list[states.Blocker], otherwise: ToDo) -> ToDo:
        if not missing:
            return otherwise
        if missing[0].code == "observed":
            return ToDo(f"Observe, {self.page.minutes_to_go} min to go", "#vitals")
        return ToDo(missing[0].detail, self._place_of(missing, ""))

    def _place_of(self, missing: list[states.Blocker], otherwise: str) -> str:
        return place_of(missing[0].code, self.session) if missing else otherwise

    @property
    def left(self) -> Left | None:
        """What the phase still has."""
        given, home_from = self.page.given, self.page.chair.home_from
        if given and given.empty_at and given.minutes_left is not None:
            return Left(given.minutes_left, "until the bag is empty", given.empty_at)
        if home_from and self.page.minutes_to_go:
            return Left(self.page.minutes_to_go, "until home at the earliest", home_from)
        return None

    @cached_property
    def criteria(self) -> list[Criterion]:
        """What lets the patient go home, while that is what is waited for."""
        form = self.forms.get("discharge")
        return criteria.of(self.session, form.course) if isinstance(form, DischargeForm) else []

    @property
    def not_met(self) -> int:
        return sum(not each.met for each in self.criteria)

    @property
    def vitals_at_hand(self) -> bool:
        """Whether vital signs are what is entered now: a checklist that is open comes first."""
        form = self.forms.get("vitals")
        if form is None or form.is_bound or form.line is not None or form.initial.get("device_id"):
            return form is not None
        if self.session.state in states.BEFORE_START:
            return not self.checklist_open
        return self.page.in_the_chair

    @property
    def checklist_open(self) -> bool:
        """Whether somebody has to answer it still."""
        return "checklist_complete" in self.needs

    @property
    def effects_at_hand(self) -> bool:
        """Whether a side effect may come up at any moment."""
        form = self.forms.get("side_effect")
        watched = self.page.in_the_chair and self.session.state not in states.BEFORE_START
        return form is not None and (watched or form.is_bound or form.line is not None)

    @property
    def closer_watch(self) -> str:
        """What a pause, a resumption or a new rate does to the readings, by the protocol."""
        stretches = self.session.protocol.vitals_schedule["after_change"]
        told = [f"every {each['every']} min, {each.get('times', 1)} times" for each in stretches]
        return f"Readings are then due {', then '.join(told)}." if told else ""
