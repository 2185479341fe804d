"""Consent: a signed yes to one thing, in one version of its wording; revoked with a time, never erased."""

from datetime import datetime
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Consent, ConsentScope, Patient
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said


def current_scopes(patient_id: UUID) -> frozenset[ConsentScope]:
    """What this patient has said yes to and not taken back: one query."""
    return frozenset(
        ConsentScope(scope)
        for scope in Consent.objects.filter(patient_id=patient_id, revoked_at=None).values_list(
            "scope", flat=True
        )
    )


def record(
    *,
    actor: Actor | None,
    id: UUID,
    patient: Patient,
    scope: ConsentScope,
    form_version: str,
    method: str,
    given_at: datetime,
    now: datetime,
) -> Consent:
    """Write down a yes. A newer signature for the same scope supersedes the one before, which is kept.

    `actor` is None when the patient gave it without staff (a START reply).

    Raises `Invalid` for a consent given in the future or before the patient was born, without a form's
    version or without a way of giving, and `Conflict` `newer_consent` for one older than the yes or the
    revocation already on record.
    """
    wrong = {}
    if given_at > now:
        wrong["given_at"] = "A consent can't be given in the future. Enter when it was signed."
    elif given_at < clock.day_bounds(patient.birth_date, patient.clinic.time_zone)[0]:
        wrong["given_at"] = "A consent can't be given before the patient was born. Enter when it was signed."
    if not said(form_version):
        wrong["form_version"] = "Name the version of the form that was signed."
    if not said(method):
        wrong["method"] = "Say how it was given: paper form, tablet, by telephone."
    if wrong:
        raise Invalid(wrong)

    def work() -> Consent:
        # The patient's row stands guard: of two people recording at once the second sees the first's.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        earlier = Consent.objects.filter(patient=patient, scope=scope)
        if earlier.filter(given_at__gt=given_at).exists() or earlier.filter(revoked_at__gt=given_at).exists():
            raise Conflict(
                "A newer answer to this is on record. Enter the date of the latest signature.",
                code="newer_consent",
            )
        user_id = actor.user_id if actor else None
        with acting(user_id):
            earlier.filter(revoked_at=None).update(revoked_at=given_at, revoked_how="superseded")
            return Consent.objects.create(
                id=id,
                clinic_id=patient.clinic_id,
                patient=patient,
                scope=scope,
                form_version=said(form_version),
                method=said(method),
                given_at=given_at,
                recorded_by_id=user_id,
            )

    return in_transaction(work)


def revoke(*, actor: Actor | None, consent: Consent, how: str, now: datetime) -> Consent:
    """Take a yes back, from now on. `how` says in which way the patient said so; `actor` is None when the
    patient did it without staff (a STOP reply).

    Revoking what is revoked changes nothing. Raises `Invalid` when `how` is empty.
    """
    if not said(how):
        raise Invalid({"how": "Say how the patient took it back: in person, by letter, text reply STOP."})

    def work() -> Consent:
        row = Consent.objects.select_for_update(no_key=True).get(pk=consent.pk)
        if row.revoked_at is None:
            row.revoked_at, row.revoked_how = now, said(how)
            with acting(actor.user_id if actor else None, reason=said(how)):
                row.save(update_fields=["revoked_at", "revoked_how"])
        return row

    return in_transaction(work)
