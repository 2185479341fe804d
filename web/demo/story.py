"""The synthetic clinic's last days, today up to this minute, and the next two weeks; `past` tells its months.

Today's times hang on the present, so that one visit stands in every state; see `tests/web/test_demo.py`.
Messages are planned and delivered at a few moments of these days, as beat and a worker would have done.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from clinic import clock, work
from clinic.models import Clinic, Role, Urgency, WorkItem
from clinic.transactions import in_transaction
from notifications.answering import check_ins, links, question_sets
from notifications.delivering import delivery
from notifications.models import CheckIn, InboxItem, LinkPurpose, MessageStatus, PatientLink
from notifications.planning import planner
from scheduler.models import Appointment, CancellationReason
from scheduler.prescribing import plans
from scheduler.visits import booking, calling_off
from scheduler.waitlist import joining, waitlist
from scheduler.waitlist.waiting import Terms
from web.demo import outcomes, past, texts
from web.demo.course import PAST_START, Chair, Course, tell
from web.demo.house import CLOSES, OPENS, build

Say = Callable[[str], None]

FIRST_DAY: Final = -4
DAYS_AHEAD: Final = 14
SPACED: Final = 8  # days: visits so far apart keep the protocols' spacing
GRID: Final = timedelta(minutes=5)
AHEAD: Final = (time(8), time(8, 15), time(9), time(10, 15), time(11), time(13), time(14, 15))


def create(*, now: datetime, say: Say) -> Clinic:
    """Make the clinic and everything that has happened in it, whole or not at all."""

    def write() -> Clinic:
        # No one context around it all: nested ones would share a row, and the last name would be everybody's.
        return _Story(now, say).written()

    return in_transaction(write)


class _Story:
    def __init__(self, now: datetime, say: Say) -> None:
        self.now = now
        self.say = say

    def written(self) -> Clinic:
        self.say("Synthetic clinic: rooms, staff, 40 patients and their plans")
        self.house = house = build(
            now=self.now,
            since=self.now + timedelta(days=past.FIRST_DAY),
            lately=self.now + timedelta(days=FIRST_DAY),
        )
        self.today = clock.local_date(self.now, house.clinic.time_zone)
        self.grid_now = self.now - timedelta(
            minutes=self.now.minute % 5, seconds=self.now.second, microseconds=self.now.microsecond
        )
        self.taken: dict[UUID, list[date]] = {
            patient: [] for patient in house.people if patient not in house.with_past
        }

        self.say("Synthetic clinic: the last three months")
        past.tell_all(house, today=self.today, patients=house.with_past, now=self.now)

        self.say("Synthetic clinic: the last days")
        booked_at = house.at(self.day(FIRST_DAY), time(10))
        before = [
            (visit, Chair(house, visit).given(nausea_at=34 if number % 3 == 0 else None))
            for day in (-3, -1)
            for number, visit in enumerate(self.book_day(self.day(day), AHEAD[:3], booked_at))
        ]
        today = list(self.book_today(booked_at))
        tomorrow = self.book_day(self.day(1), AHEAD, booked_at)
        self.deliver(booked_at)
        outcomes.baselines(house, at=house.at(self.day(FIRST_DAY), time(16)))
        for day in (-3, -2, -1):
            self.deliver(house.at(self.day(day), time(9, 10) if day == -2 else time(8, 5)))
            for visit, course in before:
                if clock.local_date(visit.starts_at, house.clinic.time_zone) == self.day(day):
                    tell(course, until=self.now)
            self.answer_check_ins(house.at(self.day(day), time(9, 40)), alarming=False)
        self.deliver(house.at(self.day(-1), time(17)))
        self.confirm(house.at(self.day(-1), time(17, 10)))

        self.say("Synthetic clinic: this morning")
        self.deliver(house.at(self.today, time(8, 5)))
        self.deliver(house.at(self.today, time(9, 10)))
        calling_off.cancel(
            actor=house.desk,
            appointment=tomorrow[1],
            reason=CancellationReason.PATIENT_NO_TRANSPORT,
            now=house.at(self.today, time(9, 20)),
        )
        self.deliver(self.grid_now - timedelta(minutes=60))
        for course in today:
            tell(course, until=self.now)
        self.answer_check_ins(self.now - timedelta(minutes=6), alarming=True)
        self.work_tasks()
        with self.dated(self.now - timedelta(minutes=50)):
            outcomes.urgent_answer(house, tomorrow[0].patient_id, at=self.now - timedelta(minutes=50))
        for ago, patient, words in texts.told(house, tomorrow):
            with self.dated(self.now - ago):
                texts.send(house, patient, words, at=self.now - ago)
        plans.put_on_hold(
            actor=house.prescriber,
            plan=house.plans[house.with_past[past.STAYS_AWAY]],
            reason="Asks the insurer first. Will call when there is an answer.",
        )
        self.deliver(self.now)

        self.say("Synthetic clinic: the next two weeks")
        for ahead in range(2, DAYS_AHEAD + 1):
            self.book_day(self.day(ahead), AHEAD[: 5 if ahead < 7 else 2], self.now)
        self.wait(tomorrow[1].patient_id)
        self.wait_for_a_call()
        planner.plan(now=self.now)  # the worker delivers these while somebody looks around
        return house.clinic

    @contextmanager
    def dated(self, at: datetime) -> Iterator[None]:
        """Tasks that are opened meanwhile are as old as what opened them: the rows' own clock is the
        database's, which knows of no story."""
        known = set(WorkItem.objects.values_list("pk", flat=True))
        yield
        WorkItem.objects.exclude(pk__in=known).update(created_at=at)

    def day(self, ahead: int) -> date:
        return self.today + timedelta(days=ahead)

    # --- Booking -------------------------------------------------------------------------------------
    def wait(self, patient: UUID) -> None:
        """Who cancelled this morning waits for one more session, and is offered what is free just now."""
        joining.join(
            actor=self.house.desk,
            id=self.house.new_id(),
            plan=self.house.plans[patient],
            terms=Terms(self.day(1), self.day(DAYS_AHEAD)),
            now=self.now,
        )
        waitlist.offer_freed(clinic=self.house.clinic, now=self.now)

    def wait_for_a_call(self) -> None:
        """Who could come within days, but asked for more notice than that: nothing is offered to them by
        itself, and the desk sees which free time would fit them."""
        idle = [
            patient
            for patient, days in self.taken.items()
            if all(abs((day - self.today).days) > SPACED for day in days)
        ]
        for patient in idle[:3]:
            joining.join(
                actor=self.house.desk,
                id=self.house.new_id(),
                plan=self.house.plans[patient],
                terms=Terms(self.day(0), self.day(3), notice_hours=96),
                now=self.now,
            )

    def book_day(self, day: date, times: tuple[time, ...], now: datetime) -> list[Appointment]:
        """A visit at each of the times, with whoever is free and whoever is due."""
        return [self.book(self.house.at(day, wall_time), now) for wall_time in times]

    def book(self, start: datetime, now: datetime) -> Appointment:
        """Book the patient who is due: the next of a series under way, otherwise one who begins."""
        day = clock.local_date(start, self.house.clinic.time_zone)
        patient = min(self.taken, key=lambda patient: self.rank(patient, day))
        visit = booking.book(
            actor=self.house.desk,
            id=self.house.new_id(),
            plan=self.house.plans[patient],
            start=start,
            now=now,
        )
        self.taken[patient].append(day)
        return visit

    def rank(self, patient: UUID, day: date) -> tuple[int, int]:
        """Lower is sooner: within the protocol's spacing, then never here before, then anybody who may."""
        protocol = self.house.protocol
        days = self.taken[patient]
        nearest = min((abs((day - other).days) for other in days), default=None)
        if nearest is None:
            return 1, 0
        if nearest < protocol.spacing_min_days or len(days) >= protocol.series_typical:
            return 3, 0
        return (0, -nearest) if nearest <= protocol.spacing_max_days else (2, nearest)

    def book_today(self, now: datetime) -> Iterator[Course]:
        """The morning, the present in every state, the afternoon; as many as three nurses have room for.

        Minutes count from the present, on the grid; the first visits begin when the clinic opens.
        """
        at = self.grid_now
        opens = self.house.at(self.today, OPENS)
        yield self.play(opens, now).not_given()
        yield self.play(opens, now).given()
        yield self.play(opens, now).given(nausea_at=44)
        yield self.play(at - timedelta(minutes=135), now).given(sign=False)
        yield self.play(at - timedelta(minutes=110), now).given(nausea_at=36, unread_from=105)
        yield self.play(at - timedelta(minutes=75), now).given()
        yield self.play(at - timedelta(minutes=55), now).given(nausea_at=46, pause_at=50)
        yield self.play(at - timedelta(minutes=35), now).given(caution_at=30)
        yield self.play(at - timedelta(minutes=15), now).prepared(systolic_mmhg=PAST_START)
        yield self.play(at + timedelta(minutes=10), now).arrived(early=15)
        last_start = self.house.at(self.today, CLOSES) - self.house.protocol.block_length
        for minutes in (60, 80, 100, 120, 140):
            if at + timedelta(minutes=minutes) <= last_start:
                self.book(at + timedelta(minutes=minutes), now)

    def play(self, start: datetime, now: datetime) -> Chair:
        return Chair(self.house, self.book(start, now))

    # --- Messages, answers, tasks --------------------------------------------------------------------
    def deliver(self, at: datetime) -> None:
        """What beat and a worker do, at this moment. With a mail server they do it themselves, later."""
        planner.plan(now=at)
        if settings.EMAIL_URL:
            return
        known = set(InboxItem.objects.values_list("pk", flat=True))
        delivery.drain(clock=lambda: at)
        InboxItem.objects.exclude(pk__in=known).update(created_at=at)

    def confirm(self, at: datetime) -> None:
        """Two of three patients follow the link in their newest message and confirm."""
        sent = PatientLink.objects.filter(
            purpose=LinkPurpose.VISIT,
            message__status=MessageStatus.SENT,
            message__appointment__during__startswith__gt=at,
        ).select_related("patient", "message__appointment")
        newest = {link.message.appointment_id: link for link in sent.order_by("message__due_at", "pk")}
        for link in newest.values():
            if self.house.random.random() < 0.66:
                year = link.patient.birth_date.year
                links.give_factor(link=link, birth_year=year, address="", now=at)
                links.confirm_visit(link=link, now=at)

    def answer_check_ins(self, at: datetime, *, alarming: bool) -> None:
        """The morning after: most are well; today one isn't, and one may not be."""
        waiting = CheckIn.objects.filter(
            kind__in=question_sets.QUESTION_SETS,
            patient__in=list(self.taken),
            completed_at=None,
            message__due_at__lte=at,
            message__stale_at__gt=at,
        ).order_by("message__due_at", "pk")
        worrying = iter([("safety", "yes"), ("perception", "yes")] if alarming else [])
        with self.dated(at):
            for check_in in waiting:
                question, value = next(worrying, ("", ""))
                for asked in question_sets.QUESTION_SETS[check_in.kind]:
                    given = value if asked.code == question else asked.choices[0].value
                    check_ins.answer(
                        id=self.house.new_id(), check_in=check_in, question=asked.code, value=given, now=at
                    )
                    if given == value and question == "safety":
                        break  # the patient answered no further

    def work_tasks(self) -> None:
        """The prescriber has seen the morning's readings; the desk still has somebody to call."""
        readings = WorkItem.objects.filter(
            clinic=self.house.clinic, role=Role.PRESCRIBER, closed_at=None
        ).order_by("due_at")
        for item in readings:
            seen_at = item.due_at - timedelta(minutes=2)
            if seen_at < self.now:
                work.acknowledge(actor=self.house.prescriber, item=item, now=seen_at)
            if item.due_at + timedelta(minutes=30) < self.now:
                work.close(
                    actor=self.house.prescriber,
                    item=item,
                    outcome="Seen at the chair; nothing given today, family doctor informed.",
                    now=item.due_at + timedelta(minutes=10),
                )
        visit = Appointment.objects.filter(
            clinic=self.house.clinic, during__startswith__gt=self.now
        ).order_by("during__startswith")[0]
        work.open_item(
            clinic_id=self.house.clinic.pk,
            patient_id=visit.patient_id,
            cause=f"call_back:{visit.pk}",
            title="Call back: asks whether a later time is possible",
            urgency=Urgency.ROUTINE,
            role=Role.FRONT_DESK,
            due_at=self.now + timedelta(hours=3),
        )
