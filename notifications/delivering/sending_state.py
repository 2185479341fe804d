"""Whether a way out of the house is open now: pauses, the circuit breaker, the provider's rate.

One row for `all` and one for each form, shared by however many drains there are. They are the whole
installation's: whoever runs it pauses and resumes them (`manage.py pause_sending`, `resume_sending`), and no
clinic's manager speaks for the others. A clinic pauses itself. What is held back waits in its own row as
planned; nothing is thrown away. Why a restored backup is paused stands in `restored`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q

from clinic.access import Actor, require
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Forbidden, Invalid
from clinic.transactions import in_transaction
from notifications.access import PAUSE_SENDING
from notifications.models import ClinicMessaging, Form, SendingState

ALL: Final = "all"
WAYS: Final = (ALL, *Form.values)
# So many temporary failures in a row close a form: the provider is down, not the message wrong.
FAILURES: Final = 5
CLOSED_FOR_MINUTES: Final = 1
CLOSED_AT_MOST_MINUTES: Final = 16
# How often a held message is looked at again.
HELD_FOR: Final = timedelta(minutes=1)
NOT_THE_CLINICS: Final = (
    "Nobody of the clinic paused this, so nobody of it resumes it: whoever runs the installation does"
    " (manage.py resume_sending --clinic)."
)


@dataclass(frozen=True)
class Leave:
    """How many messages of a form may be sent now; the next one not before `then`, and one each `apart`."""

    count: int
    then: datetime
    apart: timedelta = timedelta()
    probing: bool = False

    def moment_of(self, place: int) -> datetime:
        """When the message at this place of those that were held back is looked at again."""
        return self.then + place * self.apart


def is_paused() -> bool:
    """Whether nothing at all may leave."""
    return SendingState.objects.filter(name=ALL, paused_at__isnull=False).exists()


def closed(now: datetime) -> set[Form]:
    """The forms that are paused, or whose provider doesn't answer: one query."""
    shut = SendingState.objects.filter(
        Q(paused_at__isnull=False) | Q(closed_until__gt=now), name__in=Form.values
    )
    return {Form(name) for name in shut.values_list("name", flat=True)}


def states() -> list[SendingState]:
    """Every way with its state, `all` first; of one that nothing has left by it is an unsaved row."""
    rows = {row.name: row for row in SendingState.objects.all()}
    return [rows.get(name) or SendingState(name=name) for name in WAYS]


def leave_for(
    wanted: Mapping[Form, int], now: datetime, *, urgent: Mapping[Form, int] | None = None
) -> dict[Form, Leave]:
    """How many of these may leave now, in the caller's transaction. So many of them are `urgent`: they go
    ahead of the provider's rate, and the others make up for it.

    A row is locked only where there is something to count: a rate, or failures.
    """
    rows = {row.name: row for row in SendingState.objects.filter(name__in=wanted)}
    if len(rows) < len(wanted):
        _make_rows()
        rows = {row.name: row for row in SendingState.objects.filter(name__in=wanted)}
    counting = sorted(form for form in wanted if per_second(form) is not None or rows[form].failures)
    if counting:
        locked = SendingState.objects.select_for_update().filter(name__in=counting).order_by("name")
        rows.update({row.name: row for row in locked})
    pressing = urgent or {}
    return {
        form: _leave(rows[form], form, count, pressing.get(form, 0), now) for form, count in wanted.items()
    }


def learn(form: Form, failed: Sequence[bool], *, probing: bool, now: datetime) -> None:
    """What the tries of a batch, in their order, say of the provider: one statement while all is well."""
    in_a_row = next((place for place, bad in enumerate(reversed(failed)) if not bad), len(failed))
    if in_a_row < len(failed):
        troubled = SendingState.objects.filter(name=form).exclude(failures=0)
        troubled.update(failures=0, closed_until=None)
    if not in_a_row:
        return

    def work() -> None:
        row = SendingState.objects.select_for_update().get(name=form)
        if row.closed_until is not None and not probing:
            return  # begun before it closed: it tells nothing new
        row.failures = row.failures + 1 if probing else min(row.failures + in_a_row, FAILURES)
        if row.failures >= FAILURES:
            minutes = CLOSED_FOR_MINUTES * 2 ** (row.failures - FAILURES)
            row.closed_until = now + timedelta(minutes=min(minutes, CLOSED_AT_MOST_MINUTES))
        row.save(update_fields=["failures", "closed_until"])

    in_transaction(work)


def pause(*, by: str, name: str, why: str, now: datetime) -> SendingState:
    """Let nothing leave this way, of any clinic, until it is resumed. Pausing what is paused keeps the first
    pause. `by`: who runs the installation, as the clinics know them; they have no account here.

    Raises `Invalid` for a way there isn't, and without a name or a reason.
    """
    by = _said("by", by, "Say who pauses, for whoever finds it paused.", most=80)
    why = _reason(why)
    _known(name)

    def work() -> SendingState:
        _make_rows()
        row = SendingState.objects.select_for_update().get(name=name)
        if row.paused_at is None:
            row.paused_at, row.paused_by_name, row.paused_why = now, by, why
            row.save(update_fields=["paused_at", "paused_by_name", "paused_why"])
        return row

    return in_transaction(work)


def resume(*, name: str) -> SendingState:
    """Let messages leave this way again; a breaker that is open is closed with it. What lost its use
    meanwhile is not sent. Everything is resumed by `restored.resume_all`. Raises `Invalid` for a way there
    isn't."""
    _known(name)

    def work() -> SendingState:
        _make_rows()
        row = SendingState.objects.select_for_update().get(name=name)
        row.paused_at = row.closed_until = None
        row.paused_by_name, row.paused_why, row.failures = "", "", 0
        row.save(update_fields=["paused_at", "paused_by_name", "paused_why", "failures", "closed_until"])
        return row

    return in_transaction(work)


def pause_clinic(*, actor: Actor, clinic: Clinic, why: str, now: datetime) -> ClinicMessaging:
    """One clinic's messages to patients wait until it resumes; pages to its staff don't."""
    require(actor, PAUSE_SENDING, clinic.pk)
    why = _reason(why)

    def work() -> ClinicMessaging:
        row = _messaging(clinic)
        if row.paused_at is None:
            row.paused_at, row.paused_by_id, row.paused_why = now, actor.user_id, why
            with acting(actor.user_id):
                row.save(update_fields=["paused_at", "paused_by", "paused_why"])
        return row

    return in_transaction(work)


def resume_clinic(*, actor: Actor, clinic: Clinic) -> ClinicMessaging:
    """What a manager paused a manager resumes. Raises `Forbidden` `not_the_clinics` of a pause that nobody of
    the clinic made: that of a synthetic clinic with a real provider is for whoever runs the installation to
    lift."""
    require(actor, PAUSE_SENDING, clinic.pk)

    def work() -> ClinicMessaging:
        row = _messaging(clinic)
        if not_the_clinics(row):
            raise Forbidden(NOT_THE_CLINICS, code="not_the_clinics")
        with acting(actor.user_id):
            return _resumed(row)

    return in_transaction(work)


def resume_for_clinic(*, clinic: Clinic) -> ClinicMessaging:
    """Whoever runs the installation resumes what one clinic says to its patients, whoever paused it."""

    def work() -> ClinicMessaging:
        with acting(None, door="command"):
            return _resumed(_messaging(clinic))

    return in_transaction(work)


def not_the_clinics(row: ClinicMessaging) -> bool:
    """Whether the clinic is paused, and none of its managers paused it."""
    return row.paused_at is not None and row.paused_by_id is None


def per_second(form: Form) -> float | None:
    """The rate that the provider's contract allows, or None for no limit."""
    rate: float | None = settings.SMS_PER_SECOND if form == Form.SMS else settings.EMAIL_PER_SECOND
    return rate


def _leave(row: SendingState, form: Form, wanted: int, urgent: int, now: datetime) -> Leave:
    if row.paused_at is not None:
        return Leave(0, now + HELD_FOR)
    if row.closed_until is not None:
        if now < row.closed_until:
            return Leave(0, row.closed_until)
        # One tries whether the provider is back; the others wait to hear of it.
        row.closed_until = now + timedelta(minutes=CLOSED_FOR_MINUTES)
        row.save(update_fields=["closed_until"])
        return Leave(1, row.closed_until, probing=True)
    rate = per_second(form)
    return Leave(wanted, now) if rate is None else _from_bucket(row, wanted, urgent, rate, now)


def _from_bucket(row: SendingState, wanted: int, urgent: int, rate: float, now: datetime) -> Leave:
    """A bucket that holds one second's worth, and at least one message; what is urgent is owed to it."""
    holds = max(1.0, rate)
    if row.counted_at is None:
        row.budget = holds
    else:
        passed = max((now - row.counted_at).total_seconds(), 0.0)
        row.budget = min(holds, row.budget + passed * rate)
    count = max(urgent, min(wanted, int(row.budget)))
    row.budget, row.counted_at = row.budget - count, now
    row.save(update_fields=["budget", "counted_at"])
    apart = timedelta(seconds=1 / rate)
    return Leave(count, now + apart, apart)


def _resumed(row: ClinicMessaging) -> ClinicMessaging:
    row.paused_at = row.paused_by_id = None
    row.paused_why = ""
    row.save(update_fields=["paused_at", "paused_by", "paused_why"])
    return row


def _make_rows() -> None:
    SendingState.objects.bulk_create([SendingState(name=name) for name in WAYS], ignore_conflicts=True)


def _messaging(clinic: Clinic) -> ClinicMessaging:
    ClinicMessaging.objects.get_or_create(clinic=clinic)
    return ClinicMessaging.objects.select_for_update().get(clinic=clinic)


def _known(name: str) -> None:
    if name not in WAYS:
        raise Invalid({"name": f"Choose one of {', '.join(WAYS)}."})


def _reason(why: str) -> str:
    return _said("why", why, "Say in a few words why, for whoever finds it paused.", most=160)


def _said(field: str, words: str, mend: str, *, most: int) -> str:
    words = words.strip()
    if not words:
        raise Invalid({field: mend})
    if len(words) > most:
        raise Invalid({field: f"Say it in at most {most} characters."})
    return words
