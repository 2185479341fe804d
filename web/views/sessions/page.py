"""What a session's page shows, put together from loaded rows; nothing is decided here.

Where the session stands now is `chair`'s, which the station shows as well. The forms are in the rooms beside
this one, what happens with them in `nurse`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from clinic.models import Allergy
from clinic.queries import still_holds
from sessions_app import states
from sessions_app.infusing import infusion, progress
from sessions_app.infusing.progress import Progress
from sessions_app.leaving import decisions, discharge
from sessions_app.leaving.decisions import Waiting
from sessions_app.models import (
    DoseCheck,
    Session,
    SessionState,
    SideEffect,
    SideEffectOutcome,
    VitalSigns,
)
from sessions_app.monitors import feed
from sessions_app.monitors.feed import Newest
from sessions_app.observing import effect_courses, flowsheet, vital_limits
from sessions_app.observing.due_times import Due
from sessions_app.observing.ladder import Ladder
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import checklist, dose, safety
from sessions_app.preparing.overrides import START_LIMITS, Decision
from web.plots.live_chart import LiveChart
from web.views.sessions.amending import amendable
from web.views.sessions.chair import Chair
from web.views.sessions.form import SessionForm, standing
from web.views.sessions.forms import FORMS
from web.views.sessions.live_chart import chart_of
from web.views.sessions.places import Refusal, before_start
from web.views.sessions.preparing import ChecklistForm
from web.views.sessions.side_effects import CourseForm, Tap, taps
from web.views.sessions.vital_signs import VitalsForm
from web.views.sessions.watching import AlertGroup, besides, in_words

# So many readings show a trend; the others stand folded while the infusion is watched. Our choice.
AT_HAND: Final = 4
REFUSED: Final = "A prescriber decided that it must not pass; why stands above."
STEPS: Final = ("pause", "resume", "rate", "bolus", "stop")


@dataclass(frozen=True)
class ReadingRow:
    """One line of the flowsheet with the limit that it passes, if any; or a due time without a line."""

    at: datetime  # measured, or due
    line: VitalSigns | None = None
    level: str = ""
    corrected: bool = False
    due: Due | None = None

    @property
    def cells(self) -> list[tuple[str, Any]]:
        """(label, value) of what was measured, the two pressures as one."""
        line: Any = self.line
        if line is None:
            return []
        pressure = f"{line.systolic_mmhg}/{line.diastolic_mmhg}" if line.systolic_mmhg else None
        return [
            ("Pressure", pressure),
            ("Heart rate", line.heart_rate_per_min),
            ("SpO₂", line.oxygen_saturation_percent),
            ("Breathing", line.respiratory_rate_per_min),
            ("Temperature", line.temperature_cel),
            ("Pain", line.pain_nrs),
            ("Dissociation", line.dissociation),
            ("Distress", line.distress),
            ("Sedation", line.rass),
        ]

    @property
    def besides(self) -> list[str]:
        """What else was measured or seen, in words."""
        return besides(self.line) if self.line is not None else []


@dataclass(frozen=True)
class EffectRow:
    """A state of a side effect: the one in which it is (`now`), one before it, or a line that was wrong."""

    line: SideEffect
    label: str
    corrected: bool
    now: bool

    @property
    def as_of(self) -> datetime:
        """When it came to be in this state; what it is began with its onset."""
        return effect_courses.stands_since(self.line)

    @property
    def open(self) -> bool:
        """Whether it is a side effect that the patient has now."""
        return self.now and self.line.outcome not in (*effect_courses.ENDED, SideEffectOutcome.FATAL)

    @cached_property
    def taps(self) -> list[Tap]:
        """How it stands now, a tap each."""
        return taps(self.line)


class SessionPage:
    """One session's page: what stands, the forms that its state opens, a refused form as it was sent."""

    def __init__(
        self,
        session: Session,
        *,
        reader: UUID,
        may_write: bool,
        correct: str = "",
        go_on: str = "",
        from_monitor: bool = False,
        sent: SessionForm | None = None,
        now: datetime,
    ) -> None:
        self.session = session
        self.now = now
        self.chair = Chair(session, now, ladder=Ladder([session], now))
        self.correct = correct
        self.go_on = go_on
        self.from_monitor = from_monitor
        self.sent = sent
        self.reader = reader
        self.open_acts = states.possible(session.state) if may_write else []

    @property
    def refusal(self) -> Refusal | None:
        """Why the form that was sent was not carried out."""
        return Refusal(self.sent) if self.sent is not None and self.sent.errors else None

    @property
    def forms(self) -> dict[str, SessionForm]:
        """The forms that can be sent now, by act; a signed session takes corrections as amendments.

        While the pump is in use every step is there: the one that follows a step which waits in the browser
        for the connection stands hidden until then.
        """
        acts = ["vitals", "side_effect", "course", "amend"] if "amend" in self.open_acts else self.open_acts
        if self.session.state in states.RUNNING and self.open_acts:
            acts = list(dict.fromkeys([*acts, *STEPS]))
        forms = {act: FORMS[act](self.session, line=self._line(act)) for act in acts if act in FORMS}
        vitals = forms.get("vitals")
        if self.from_monitor and self.monitor and isinstance(vitals, VitalsForm) and vitals.line is None:
            vitals.take_from(self.monitor)
        course = forms.pop("course", None)
        if isinstance(course, CourseForm) and self.continued:
            course.continue_from(self.continued)
            forms["course"] = course
        if "dose" in forms and self.dose_is_hidden:
            forms["dose"].initial = {
                "corrects": self.worksheet.pk,
                "minutes": self.session.protocol.infusion_minutes,
            }
        if self.sent is not None:
            forms[self.sent.act] = self.sent
        vitals = forms.get("vitals")
        if isinstance(vitals, VitalsForm) and "baseline" in {each.code for each in self.start_needs}:
            vitals.ask_for_baseline()
        answers = forms.get("checklist")
        if isinstance(answers, ChecklistForm):
            answers.read_beside(self.now)
        return forms

    @property
    def continued(self) -> SideEffect | None:
        """The side effect whose course was asked for, as it stands."""
        return next((row.line for row in self.effects if row.now and str(row.line.pk) == self.go_on), None)

    @cached_property
    def monitor(self) -> Newest | None:
        """What the chair's monitor shows now, while vital signs of the patient there can be entered."""
        if "vitals" not in self.open_acts or not self.in_the_chair:
            return None
        return feed.newest(self.session, self.now)

    @property
    def monitor_shows(self) -> list[str]:
        return in_words(self.monitor.values) if self.monitor else []

    @property
    def in_the_chair(self) -> bool:
        return self.session.state in states.IN_THE_CHAIR

    @property
    def amends(self) -> bool:
        return self.session.state == SessionState.SIGNED

    @cached_property
    def corrected(self) -> set[UUID]:
        """The medicines, wastes and notes that another line corrects."""
        lines = [line for act in ("medicine", "waste", "note") for line in correctable(self.session, act)]
        return {line.corrects_id for line in lines if line.corrects_id}

    @property
    def given(self) -> Progress | None:
        """What was given so far, once the infusion has started."""
        return self.chair.given

    @cached_property
    def worksheet(self) -> Any:
        """The dose worksheet that stands."""
        return next(iter(standing(self.session.dose_worksheets.all())), None)

    @property
    def reaches_mg(self) -> Decimal | None:
        """How much of the prepared dose can reach the patient, where some of it stays in the line."""
        if self.worksheet is None or not self.worksheet.dead_space_ml:
            return None
        return progress.course_of(self.session, self.worksheet).reaches_mg

    @cached_property
    def dose_check(self) -> DoseCheck | None:
        """The newest check of the worksheet that stands."""
        lines = (line for line in self.session.dose_checks.all() if line.worksheet_id == self.worksheet.pk)
        return max(lines, key=lambda line: line.revision, default=None) if self.worksheet else None

    @property
    def dose_is_hidden(self) -> bool:
        """Whoever may check the dose sees nothing of the first person's figures until a check agrees: it is
        to be read and reckoned anew (domain.md 0.3)."""
        if self.worksheet is None or self.session.state not in states.BEFORE_START:
            return False
        agreed = self.dose_check is not None and not self.dose_check.disagreements
        return self.worksheet.recorded_by_id != self.reader and not agreed

    @property
    def differing(self) -> list[tuple[str, Any, Any]]:
        """What the second person found otherwise: the figure, the worksheet's, theirs."""
        check, sheet = self.dose_check, self.worksheet
        names = check.disagreements if check else []
        words, right = dose.named(names), dose.figures_of(sheet) if sheet else None
        return [
            (word, getattr(right, name), getattr(check, name))
            for word, name in zip(words, names, strict=True)
        ]

    @cached_property
    def start_needs(self) -> list[states.Blocker]:
        """What the start still needs, while the patient is prepared for it."""
        if self.session.state not in states.BEFORE_START:
            return []
        return infusion.missing_at_start(self.session, self.now)

    @property
    def missing(self) -> list[states.Blocker]:
        """The same, where it can be started; what a prescriber said no to waits for nobody's decision."""
        needs = self.start_needs if "start" in self.open_acts else []
        return [replace(each, detail=REFUSED) if self._is_refused(each) else each for each in needs]

    @cached_property
    def open_decisions(self) -> list[Decision]:
        """What waits for a prescriber now."""
        return decisions.open_decisions(self.session, self.now)

    @cached_property
    def refused(self) -> list[Waiting]:
        """What still holds the session up and a prescriber said no to, with the answer that says why."""
        if not self.open_decisions:
            return []
        waiting = decisions.of_session(self.session, self.now)
        return [each for each in waiting if each.answer and each.asked_at is None]

    def _is_refused(self, need: states.Blocker) -> bool:
        """Whether everything of this kind that is to be decided was refused."""
        refused = {each.decision.about for each in self.refused}
        ofs = {"checklist_passed": checklist.SUBJECT, START_LIMITS: START_LIMITS}
        if not refused or need.code not in ofs:
            return False
        return all(
            each.about in refused for each in self.open_decisions if each.subject.startswith(ofs[need.code])
        )

    @property
    def minutes_to_go(self) -> int:
        """Until the earliest discharge."""
        return discharge.minutes_to_go(self.session, self.now)

    @property
    def next_step(self) -> str:
        if self.session.state == SessionState.PREPARING:
            return before_start(self.start_needs)
        return self.chair.next_step

    @property
    def calls(self) -> list[AlertGroup]:
        """The open alerts for which the infusion is to be paused or stopped: in view wherever the page is."""
        return [group for group in self.chair.watch.groups if group.halts]

    @cached_property
    def urgent_answer(self) -> bool:
        """Whether a questionnaire of this patient waits for a prescriber, while the patient is here."""
        return self.in_the_chair and bool(safety.waiting_of([self.session.patient_id]))

    @cached_property
    def allergies(self) -> list[Allergy]:
        return list(filter(still_holds, self.session.patient.allergies.order_by("substance")))

    @cached_property
    def readings(self) -> list[ReadingRow]:
        """The flowsheet, the newest on top: corrected lines included, and due times without a line."""
        lines = list(self.session.vital_signs.all())
        valid = {line.pk for line in standing(lines)}
        rows = [ReadingRow(line.measured_at, line, self._level(line), line.pk not in valid) for line in lines]
        rows += [ReadingRow(due.at, due=due) for due in self.chair.watch.open_dues]
        return sorted(
            rows, key=lambda row: (row.at, row.line.recorded_at if row.line else row.at), reverse=True
        )

    @property
    def readings_now(self) -> list[ReadingRow]:
        """What is due and the newest readings, as long as somebody watches; afterwards the whole sheet."""
        return self.readings[: self._most_at_hand]

    @property
    def readings_before(self) -> list[ReadingRow]:
        """What is read back when it is asked for."""
        return self.readings[self._most_at_hand :]

    @property
    def _most_at_hand(self) -> int:
        open_dues = sum(row.due is not None for row in self.readings)
        return open_dues + AT_HAND if self.in_the_chair else len(self.readings)

    @cached_property
    def effects(self) -> list[EffectRow]:
        """Each side effect with its states in their order, what was corrected in its place."""
        lines = {line.pk: line for line in self.session.side_effects.all()}
        valid = {line.pk for line in standing(lines.values())}
        now = {line.pk for line in effect_courses.standing_now(lines.values())}
        firsts = {line.pk: effect_courses.first_of(line, lines) for line in lines.values()}
        in_order = sorted(
            lines.values(),
            key=lambda line: (
                lines[firsts[line.pk]].onset_at,
                firsts[line.pk],
                effect_courses.stands_since(line),
                line.recorded_at,
            ),
        )
        return [
            EffectRow(line, label_of(line.term), line.pk not in valid, line.pk in now) for line in in_order
        ]

    @property
    def effects_now(self) -> list[EffectRow]:
        """The side effects of a patient in the chair that aren't over."""
        return [row for row in self.effects if row.open] if self.in_the_chair else []

    @cached_property
    def chart(self) -> LiveChart | None:
        """What the flowsheet says, as a picture over time."""
        return chart_of(self.session, self.now)

    def _level(self, line: VitalSigns) -> str:
        return vital_limits.worst(flowsheet.values_of(line), self.session.protocol.limits) or ""

    def _line(self, act: str) -> Any:
        """The line that this act's form corrects: the one that was asked for, or the worksheet."""
        if act == "dose":
            return self.worksheet
        if act == "amend":
            return next((line for line in amendable(self.session) if str(line.pk) == self.correct), None)
        lines = correctable(self.session, act)
        return next((line for line in standing(lines) if str(line.pk) == self.correct), None)


def correctable(session: Session, act: str) -> list[Any]:
    """The loaded lines, corrected ones too, that this act's form may correct while the session is open."""
    lines: dict[str, Any] = {
        "dose": session.dose_worksheets,
        "vitals": session.vital_signs,
        "side_effect": session.side_effects,
        "medicine": session.medicines_given,
        "waste": session.wastes,
        "note": session.notes,
    }
    return list(lines[act].all()) if act in lines else []
