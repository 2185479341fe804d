"""What monitors send, taken many at once: read, placed with the session in the device's chair, stored.

A message is acknowledged only when everything that it says is committed: as samples, or kept for a person
(`unmatched`). Sent again it is the same samples: (device, control id, position, moment), unless it says
something else then. Reading is in `hl7` and `readings`, judging in `samples`; sockets are in `mllp`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from clinic.history import acting
from clinic.models import Clinic, Patient
from clinic.transactions import in_transaction
from sessions_app import states
from sessions_app.models import MonitorDevice, MonitorSample, Session, SessionState
from sessions_app.monitors import hl7, readings, samples, unmatched
from sessions_app.monitors.hl7 import CONTROL_ID_LENGTH, Message, Unreadable, Verdict
from sessions_app.monitors.readings import Set, Value
from sessions_app.monitors.samples import Shown
from sessions_app.monitors.unmatched import Kept

# Ours, neither of them clinical: how far a device's clock may be ahead, and how far a visit may have slipped
# from the claim on its chair.
CLOCK_AHEAD: Final = timedelta(minutes=2)
SLIPPED: Final = timedelta(days=1)
NEWEST_ROWS: Final = 500

UNKNOWN: Final = "No monitor of this name is known here."
AT_NO_CHAIR: Final = "Its monitor stands at no chair."
NOBODY_THERE: Final = "No session was open in the monitor's chair."
IN_THE_FUTURE: Final = "Its moment is in the future: the monitor's clock is wrong."
BEFORE_IT_CAME: Final = "It was measured before the monitor came to its chair."
SAID_OTHERWISE: Final = "It says otherwise than the message of the same id and moment before it."
# What a person mends by saying at which chair the monitor stood, and since when (`taking_over`).
CHAIR_UNKNOWN: Final = (UNKNOWN, AT_NO_CHAIR, NOBODY_THERE, BEFORE_IT_CAME)


@dataclass(frozen=True)
class Acknowledgement:
    verdict: Verdict
    answer: bytes


@dataclass(frozen=True)
class Newest:
    """What the monitor shows now: for each sign its newest value, and the newest moment of all."""

    device_id: UUID
    measured_at: datetime
    values: Mapping[str, Value]


@dataclass
class _Taken:
    """One message on its way: what becomes of it."""

    raw: bytes
    message: Message | None = None
    verdict: Verdict = "AA"
    why: str = ""
    device: MonitorDevice | None = None
    sets: tuple[Set, ...] = ()
    samples: list[MonitorSample] = field(default_factory=list)
    # Of these what isn't stored yet, and what says otherwise than what is under the same key.
    fresh: list[MonitorSample] = field(default_factory=list)
    otherwise: list[MonitorSample] = field(default_factory=list)
    # What it shows that cannot be; never stored.
    impossible: list[MonitorSample] = field(default_factory=list)
    # What it shows that may be so and can't be charted; never stored either.
    shown: list[Shown] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)


def take(*, messages: Sequence[bytes], home: Clinic | None = None, now: datetime) -> list[Acknowledgement]:
    """Store what these messages say, all or nothing, and answer each in their order.

    `home` is the clinic whose nurses are told of devices that nobody knows; without it such a message is
    rejected and not kept. Raises what the database raises: then nothing is stored, and nothing must be
    acknowledged.
    """

    def write() -> list[_Taken]:
        batch = [_read(raw) for raw in messages]
        _find_devices(batch, home)
        _place(batch, now)
        with acting(None, door="monitor"):
            _store(batch, now)
        return batch

    return [
        Acknowledgement(taken.verdict, hl7.acknowledgement(taken.message, taken.verdict, taken.why, now=now))
        for taken in in_transaction(write)
    ]


def take_again(*, messages: Sequence[bytes], device: MonitorDevice, now: datetime) -> list[bool]:
    """Store what these kept messages say, as far as this device sent them; for each whether it was. One that
    can't be placed whole is left as it is. Inside the caller's transaction.
    """
    batch = [_read(raw) for raw in messages]
    _find_devices(batch, None)
    _place(batch, now)
    whole = [
        taken.device == device and bool(taken.samples) and all(kept.sample_of for kept in taken.kept)
        for taken in batch
    ]
    _store([taken for taken, placed in zip(batch, whole, strict=True) if placed], now)
    return whole


def not_taken(raw: bytes, *, now: datetime) -> Acknowledgement:
    """The answer when storing failed: it shall be sent again."""
    return Acknowledgement(
        "AE", hl7.acknowledgement(_read(raw).message, "AE", "Not stored: send it again.", now=now)
    )


def newest(session: Session, now: datetime) -> Newest | None:
    """What the monitor at this session's chair shows now, to chart from; nothing when it is silent.

    Signs come from the last two minutes, as a cuff measures less often than an oximeter. One query.
    """
    rows = list(
        MonitorSample.objects.filter(
            session=session, measured_at__gt=now - samples.SHOWN_NOW, measured_at__lte=now + CLOCK_AHEAD
        ).order_by("-measured_at")[:NEWEST_ROWS]
    )
    if not rows:
        return None
    values: dict[str, Value] = {}
    for row in rows:
        # The three pressures are one measurement: they come from the same row.
        known = samples.PRESSURES if values.keys() & set(samples.PRESSURES) else tuple(values)
        measured = samples.values_of(row).items()
        values |= {
            sign: value
            for sign, value in measured
            if value is not None and sign not in values and sign not in known
        }
    # A device's clock may be a little ahead; nobody charts in the future.
    return Newest(rows[0].device_id, min(rows[0].measured_at, now), values)


def _read(raw: bytes) -> _Taken:
    try:
        message = hl7.parse(raw)
    except Unreadable as unreadable:
        return _Taken(raw, verdict="AR", why=str(unreadable))
    if message.kind != "ORU^R01":
        return _Taken(raw, message, verdict="AR", why="Only ORU^R01 is taken here.")
    if message.processing not in ("", "P"):
        return _Taken(raw, message, verdict="AR", why="Only messages of production are taken here (MSH-11).")
    if not 0 < len(message.control_id) <= CONTROL_ID_LENGTH:
        return _Taken(raw, message, verdict="AR", why="It has no control id that we can keep (MSH-10).")
    return _Taken(raw, message)


def _find_devices(batch: Sequence[_Taken], home: Clinic | None) -> None:
    """Give each message its device, or keep it for a person: one query."""
    names = {id(taken): readings.senders(taken.message) if taken.message else [] for taken in batch}
    wanted = {name for named in names.values() for name in named}
    known = {
        device.identifier: device
        for device in MonitorDevice.objects.filter(identifier__in=wanted, active=True).select_related(
            "clinic"
        )
    }
    for taken in batch:
        named = names[id(taken)]
        devices = [known[name] for name in named if name in known]
        if taken.verdict != "AA":
            # Unreadable bytes are somebody's; another kind of message, told its sender so, is not for us.
            if taken.message is None and home:
                taken.kept = [Kept(taken.raw, home.pk, "", taken.why)]
        elif len(devices) == 1:
            taken.device = devices[0]
        elif devices:
            taken.kept = [_kept(taken, devices[0], "It names two monitors that are known here.")]
        elif home:
            name = named[0] if named else ""
            taken.kept = [Kept(taken.raw, home.pk, name, UNKNOWN)]
        else:
            taken.verdict, taken.why = "AR", UNKNOWN


def _store(batch: Sequence[_Taken], now: datetime) -> None:
    fresh = [sample for taken in batch for sample in taken.fresh]
    MonitorSample.objects.bulk_create(fresh, ignore_conflicts=True)
    new = unmatched.keep([kept for taken in batch for kept in taken.kept], now=now)
    # Of what is kept and not stored, the same message sent again raises nothing that was resolved meanwhile.
    kept_now = [taken for taken in batch if any(kept.sha256 in new for kept in taken.kept)]
    samples.raise_alerts(
        [*fresh, *(sample for taken in kept_now for sample in taken.otherwise)],
        impossible=[sample for taken in kept_now for sample in taken.impossible],
        shown=[shown for taken in kept_now for shown in taken.shown],
        now=now,
    )


def _place(batch: Sequence[_Taken], now: datetime) -> None:
    """Make samples of what has its session; what has none is kept for a person. Three queries at most."""
    for taken in batch:
        if taken.message and taken.device:
            found = readings.contents(
                taken.message, zone=taken.device.clinic.time_zone, codes=settings.MONITOR_CODES
            )
            taken.sets = found.sets
            taken.kept += [_kept(taken, taken.device, doubt.why, of=doubt.code) for doubt in found.doubts]
    chairs = _Chairs([taken for taken in batch if taken.sets], now)
    for taken in batch:
        _to_sessions(taken, chairs, now)
    _compare(batch)


def _to_sessions(taken: _Taken, chairs: "_Chairs", now: datetime) -> None:
    """What of one message goes to a session; the rest is kept for a person."""
    if taken.device is None or taken.message is None:
        return
    for measured in taken.sets:
        session, why = chairs.session_at(taken.device, taken.message, measured.measured_at, now)
        misdated = why == IN_THE_FUTURE
        if why:
            taken.kept.append(_kept(taken, taken.device, why))
        if misdated:
            session, _ = chairs.session_at(taken.device, taken.message, now, now)
        if session is None:
            continue
        sample = partial(
            MonitorSample,
            session=session,
            device=taken.device,
            control_id=taken.message.control_id,
            position=measured.position,
            measured_at=now if misdated else measured.measured_at,
            received_at=now,
        )
        sifted = samples.sift(measured.values, session)
        if sifted.impossible:
            taken.impossible.append(sample(**sifted.impossible))
        if misdated:
            taken.shown.append(Shown(sample(**sifted.possible, **sifted.alone), samples.CLOCK_WRONG))
            continue
        if sifted.why:
            taken.kept.append(_kept(taken, taken.device, sifted.why))
        if sifted.alone:
            taken.shown.append(Shown(sample(**sifted.alone), samples.ALONE))
        if sifted.possible:
            taken.samples.append(sample(**sifted.possible))


def _compare(batch: Sequence[_Taken]) -> None:
    """Tell what is new from what was said before, and from what contradicts it: one query.

    Two messages that say different things under one control id, position and moment are no message sent
    twice. Which of them is right is for a person, and each is judged.
    """
    placed = [(taken, sample) for taken in batch for sample in taken.samples]
    if not placed:
        return
    stored = MonitorSample.objects.filter(
        device__in={sample.device_id for _, sample in placed},
        control_id__in={sample.control_id for _, sample in placed},
        measured_at__in={sample.measured_at for _, sample in placed},
    )
    known = {_key(sample): samples.values_of(sample) for sample in stored}
    for taken, sample in placed:
        said = samples.values_of(sample)
        if known.setdefault(_key(sample), said) is said:
            taken.fresh.append(sample)
        elif known[_key(sample)] != said:
            taken.otherwise.append(sample)
            taken.kept.append(_kept(taken, sample.device, SAID_OTHERWISE))


def _key(sample: MonitorSample) -> tuple[UUID, str, int, datetime]:
    return sample.device_id, sample.control_id, sample.position, sample.measured_at


class _Chairs:
    """Who sits where, for the chairs and moments of one batch."""

    def __init__(self, batch: Sequence[_Taken], now: datetime) -> None:
        # Who sits there now is asked for what bears a moment in the future.
        moments = [min(measured.measured_at, now) for taken in batch for measured in taken.sets]
        chairs = {taken.device.chair_id for taken in batch if taken.device and taken.device.chair_id}
        self._sessions: dict[UUID, dict[UUID, Session]] = {}
        self._chair_from: dict[UUID, datetime] = {}
        if chairs and moments:
            self._read(chairs, min(moments), max(moments))
        self._patients = self._named_patients(batch)

    def session_at(
        self, device: MonitorDevice, message: Message, moment: datetime, now: datetime
    ) -> tuple[Session | None, str]:
        """The one session in the device's chair at this moment, or why there is none to be sure of. Before
        it came to this chair it has measured somebody else."""
        if device.chair_id is None or device.chair_since is None:
            return None, AT_NO_CHAIR
        if moment > now + CLOCK_AHEAD:
            return None, IN_THE_FUTURE
        if moment < device.chair_since:
            return None, BEFORE_IT_CAME
        here = [
            session for session in self._sessions.get(device.chair_id, {}).values() if _holds(session, moment)
        ]
        if not here:
            return None, NOBODY_THERE
        if len(here) > 1:
            # Who waits for this chair has arrived, and sits elsewhere until their visit begins.
            here = [session for session in here if self._begun(session, moment)]
        if len(here) != 1:
            return None, "Two sessions were open in the monitor's chair."
        named = {(device.clinic_id, number) for number in readings.patient_ids(message)}
        others = {self._patients[key] for key in named if key in self._patients} - {here[0].patient_id}
        if others:
            return None, "It names another patient than the one in the chair."
        return here[0], ""

    def _read(self, chairs: Iterable[UUID], first: datetime, last: datetime) -> None:
        in_the_chair = Q(state__in=states.IN_THE_CHAIR) | Q(discharged_at__gte=first)
        rows = (
            Session.objects.filter(
                in_the_chair,
                appointment__claims__resource__in=chairs,
                appointment__claims__during__overlap=(first - SLIPPED, last + SLIPPED),
            )
            .annotate(
                chair_id=F("appointment__claims__resource_id"),
                chair_from=F("appointment__claims__during__startswith"),
            )
            .select_related("protocol")
        )
        for session in rows:
            self._sessions.setdefault(session.chair_id, {})[session.pk] = session
            self._chair_from[session.pk] = session.chair_from

    def _begun(self, session: Session, moment: datetime) -> bool:
        """Whether the chair was this visit's at the moment: one that begins early claims it from then on."""
        return session.state != SessionState.ARRIVED and self._chair_from[session.pk] <= moment

    def _named_patients(self, batch: Sequence[_Taken]) -> dict[tuple[UUID, str], UUID]:
        """The patients of these clinics that PID-3 names by their record number: a query if it names any."""
        numbers = {
            number for taken in batch if taken.message for number in readings.patient_ids(taken.message)
        }
        if not numbers:
            return {}
        clinics = {taken.device.clinic_id for taken in batch if taken.device}
        rows = Patient.objects.filter(clinic__in=clinics, mrn__in=numbers)
        return {(clinic, mrn): pk for clinic, mrn, pk in rows.values_list("clinic_id", "mrn", "pk")}


def _holds(session: Session, moment: datetime) -> bool:
    """Whether the patient was here at this moment: what a monitor sends late belongs to whom it measured."""
    if moment < session.arrived_at or session.state == SessionState.NOT_GIVEN:
        return False
    return session.discharged_at is None or moment <= session.discharged_at


def _kept(taken: _Taken, device: MonitorDevice, why: str, of: str = "") -> Kept:
    return Kept(taken.raw, device.clinic_id, device.identifier, why, sample_of=of)
