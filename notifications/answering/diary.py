"""The headache diary on the patient's own phone, and the daily message that asks for it. What a day comes to
is `sessions_app.outcomes`.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Invalid, Missing
from clinic.transactions import in_transaction
from notifications.answering import own_words, things
from notifications.answering.links import DOOR
from notifications.models import DiaryNudge, PatientLink
from notifications.tokens import NO_LINK
from sessions_app.models import DiaryDay
from sessions_app.outcomes import diary
from sessions_app.outcomes.diary import Entry


def days_open(patient: Patient, now: datetime) -> list[date]:
    """The days that a link still writes: today and yesterday where the patient is."""
    today = clock.local_date(now, patient.zone)
    return [today, today - timedelta(days=1)]


def require(link: PatientLink, now: datetime) -> None:
    """Raise `Missing` for a link that has nothing to do with the diary."""
    if not things.of_link(link, now).diary:
        raise Missing(NO_LINK)


def enter(*, id: UUID, link: PatientLink, entry: Entry, now: datetime) -> DiaryDay:
    """Write a day; what is new of its own words is heard (`own_words`). Raises `Missing` for a link without
    the diary, `Invalid` naming the field."""
    require(link, now)
    if entry.day not in days_open(link.patient, now):
        raise Invalid({"day": "Here you can write today or yesterday. For another day, call the clinic."})

    def work() -> DiaryDay:
        # Saying the same again, beside another change of the day, calls nobody again.
        new = set(words_of(entry)) - set(_standing_words(link.patient, [entry.day]))
        own_words.hear(written=own_words.DIARY, id=id, link=link, words=new, now=now)
        return diary.enter(actor=None, id=id, patient=link.patient, entry=entry, now=now)

    return in_transaction(work)


def words_of(entry: Entry | DiaryDay) -> tuple[str, str]:
    """What of a day is written, not tapped."""
    return (entry.aura, entry.note)


def alarming(patient: Patient, now: datetime) -> bool:
    """Whether alarming words stand in a day that a link still writes. One query."""
    return own_words.alarming(_standing_words(patient, days_open(patient, now)))


def _standing_words(patient: Patient, days: Collection[date]) -> list[str]:
    return [each for row in diary.days_entered(patient, days) for each in words_of(row)]


def ask_daily(*, actor: Actor | None, patient: Patient, at: time, now: datetime) -> DiaryNudge:
    """Ask for the diary every day at this time of day where the patient is, by e-mail; `actor` is None for
    the patient's own door. Raises `Invalid` for somebody without an e-mail address."""
    if not patient.email:
        raise Invalid({"at": "The diary is asked for by e-mail, and there is no address on record."})
    return _keep(actor, patient, at=at.replace(second=0, microsecond=0), stopped_at=None)


def stop_asking(*, actor: Actor | None, patient: Patient, now: datetime) -> DiaryNudge | None:
    """Ask for it no longer. Stopping again, or what was never begun, changes nothing."""
    standing = DiaryNudge.objects.filter(patient=patient).first()
    if standing is None or standing.stopped_at:
        return standing
    return _keep(actor, patient, stopped_at=now)


def nudge_of(patient: Patient) -> DiaryNudge | None:
    """When the patient is asked for the diary; None where they aren't."""
    return DiaryNudge.objects.filter(patient=patient, stopped_at=None).first()


def _keep(actor: Actor | None, patient: Patient, **values: object) -> DiaryNudge:
    def work() -> DiaryNudge:
        # Two wishes at once: the second finds the first.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        user_id = actor.user_id if actor else None
        with acting(user_id, door="" if actor else DOOR):
            row, _ = DiaryNudge.objects.update_or_create(
                patient=patient, defaults={**values, "recorded_by_id": user_id}
            )
        return row

    return in_transaction(work)
