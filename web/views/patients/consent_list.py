"""A patient's consents in the chart: how each stands now, and every yes and no before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from clinic.models import Consent, ConsentScope
from web.views.patients.consent_forms import RevokeForm


@dataclass(frozen=True)
class Standing:
    """One kind of consent: the yes that holds, or none; what was before it; and how it is taken back. `until`
    is the last day on which the yes counts, where the protocol has it signed again."""

    scope: ConsentScope
    holds: Consent | None
    before: list[Consent]
    form: RevokeForm | None
    until: date | None = None
    outdated: bool = False  # that day is past

    @property
    def asked(self) -> bool:
        """Somebody has said yes to it at some time."""
        return self.holds is not None or bool(self.before)


def consents(
    everything: Sequence[Consent],
    refused: RevokeForm | None,
    *,
    may_record: bool,
    treatment_until: date | None,
    today: date,
) -> list[Standing]:
    """Each kind once, treatment first, also those that nobody was asked for."""
    found = [_standing(scope, everything, refused, may_record=may_record) for scope in ConsentScope]
    return [
        replace(each, until=treatment_until, outdated=treatment_until < today)
        if treatment_until and each.scope == ConsentScope.TREATMENT
        else each
        for each in found
    ]


def _standing(
    scope: ConsentScope, everything: Sequence[Consent], refused: RevokeForm | None, *, may_record: bool
) -> Standing:
    of_scope = [each for each in everything if each.scope == scope]
    holds = next((each for each in of_scope if each.revoked_at is None), None)
    return Standing(
        scope=scope,
        holds=holds,
        before=[each for each in of_scope if each is not holds],
        form=_form(holds, refused) if holds and may_record else None,
    )


def _form(consent: Consent, refused: RevokeForm | None) -> RevokeForm:
    return refused if refused and refused.prefix == str(consent.pk) else RevokeForm(prefix=str(consent.pk))
