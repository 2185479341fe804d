"""What will be said of a visit, to the word, before anything is: under the rules that hold, or under rules
and words that are only being tried. Reads only.

The days are played through with `choosing` itself: merging, caps and quiet hours are the planner's. Another
visit of the same patient may still join in: what is due on one day is merged and capped together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from clinic import consents
from clinic.models import Channel, ConsentScope, Patient
from notifications.delivering import addressing
from notifications.models import BlockedAddress, Form, Message, MessageStatus
from notifications.planning import candidates, choosing, own_texts, reasons, rule_settings, rules, wanting
from notifications.planning.choosing import Candidate, Decision, Verdict
from notifications.planning.rules import Rule, Wanted
from notifications.planning.stage_words import title_of
from notifications.wording import gsm7, writing
from notifications.wording.filling import LINK
from notifications.wording.writing import Fasting, OwnText
from scheduler.models import Appointment

BLOCKED: Final = "This address is blocked: it asked for no messages, or can't be reached."


@dataclass(frozen=True)
class Written:
    """A message in one form as the patient will read it; `{link}` stands for their own link. `goes`: by this
    form it will be sent. `length` is that of a text message."""

    form: Form
    subject: str
    body: str
    goes: bool
    length: int | None


@dataclass(frozen=True)
class Foreseen:
    """One message that is still to come, or why it will not. `presumed`: by what is booked, not by what has
    been."""

    stage: str
    due_at: datetime
    why_not: str
    said_with: str  # the stage that says this as well, or ""
    written: tuple[Written, ...]
    presumed: bool

    @property
    def title(self) -> str:
        return title_of(self.stage)

    @property
    def said_with_title(self) -> str:
        return title_of(self.said_with) if self.said_with else ""


@dataclass(frozen=True)
class Ways:
    """Why the patient can't be reached by each form; an empty string where they can."""

    why_not: Mapping[Form, str]
    preferred: Form

    def chosen(self, rule: Rule, only: str) -> tuple[Form | None, str]:
        """The form that a message takes, or why none; as `delivering.addressing` has it."""
        if only:
            turns = [Form(only)]
        elif self.preferred not in rule.forms:
            turns = [Form(form) for form in rule.forms]
        elif self.preferred == Form.SMS and rule.falls_back:
            turns = [Form.SMS, Form.EMAIL]
        else:
            turns = [self.preferred]
        open_ones = [form for form in turns if not self.why_not[form]]
        if open_ones:
            return open_ones[0], ""
        return None, " ".join(dict.fromkeys(self.why_not[form] for form in turns))


def foreseen(
    appointment: Appointment,
    now: datetime,
    *,
    clinic_rules: Sequence[Rule] | None = None,
    tried_texts: Mapping[tuple[str, str], OwnText] | None = None,
) -> list[Foreseen]:
    """What is still to be said of this visit, the earliest first: a fixed number of queries.

    `clinic_rules` and `tried_texts`, by stage and language, are tried in place of the clinic's own.
    """
    clinic, patient = appointment.clinic, appointment.patient
    settings = rule_settings.settings_of([clinic.pk])
    its_rules = clinic_rules if clinic_rules is not None else settings[clinic.pk].rules
    of_stage = {rule.stage: rule for rule in its_rules}
    open_ones = [
        Candidate(f"{wanted.stage}:{place}", wanted, of_stage[wanted.stage])
        for place, wanted in enumerate(_still_open(appointment, now, its_rules))
    ]
    reach = candidates.reaches(settings, [patient.pk])
    decisions = _played_through(open_ones, reach[patient.pk], candidates.texts_of(reach, now=now)[patient.pk])
    texts = {key: own_texts.as_own(row) for key, row in own_texts.own_texts(clinic).items()}
    texts |= tried_texts or {}
    ways = _ways(patient)
    found = [_foreseen(decision, appointment, ways, texts) for decision in decisions]
    return sorted(found, key=attrgetter("due_at", "stage"))


def _still_open(appointment: Appointment, now: datetime, its_rules: Sequence[Rule]) -> list[Wanted]:
    """What is wanted of the visit and has no message that stands."""
    rows = Message.objects.filter(appointment=appointment, again_of=None)
    passing = rows.filter(status=MessageStatus.SKIPPED, reason__in=reasons.CAN_PASS)
    decided = set(rows.exclude(pk__in=passing).values_list("stage", "visit_starts_at"))
    return [
        wanted
        for wanted in wanting.wanted_for_visit(appointment, now, its_rules)
        if (wanted.stage, wanted.visit_starts_at) not in decided
    ]


def _played_through(
    open_ones: Collection[Candidate], reach: choosing.Reach, texts: Sequence[datetime]
) -> list[Decision]:
    """What becomes of each, decided as the planner would at the moments at which they fall due."""
    said, decisions, waiting = list(texts), list[Decision](), list(open_ones)
    for moment in sorted({candidate.wanted.due_at for candidate in open_ones}):
        made = choosing.choose(waiting, reach, said, moment)
        decisions += made
        decided = {decision.candidate.key for decision in made}
        waiting = [candidate for candidate in waiting if candidate.key not in decided]
        said += [
            moment
            for decision in made
            if decision.verdict == Verdict.SAY
            and (decision.form == rules.SMS or (not decision.form and reach.texted))
        ]
    return decisions


def _foreseen(
    decision: Decision, appointment: Appointment, ways: Ways, texts: Mapping[tuple[str, str], OwnText]
) -> Foreseen:
    wanted, rule = decision.candidate.wanted, decision.candidate.rule
    form, unreachable = ways.chosen(rule, decision.form)
    said = decision.verdict == Verdict.SAY
    written = tuple(
        _write(Form(each), wanted, appointment, texts, goes=said and form == each) for each in rule.forms
    )
    return Foreseen(
        stage=wanted.stage,
        due_at=decision.due_at,
        why_not=unreachable if said else decision.reason if decision.verdict == Verdict.NOT else "",
        said_with=decision.carrier.rpartition(":")[0],
        written=tuple(sorted(written, key=attrgetter("goes"), reverse=True)),
        presumed=wanted.presumed,
    )


def _write(
    form: Form,
    wanted: Wanted,
    appointment: Appointment,
    texts: Mapping[tuple[str, str], OwnText],
    *,
    goes: bool,
) -> Written:
    clinic, protocol, language = appointment.clinic, appointment.protocol, appointment.patient.language
    words = writing.words_for(
        sender=clinic.sender_name,
        phone=clinic.phone.as_national,
        clinic_zone=clinic.time_zone,
        visit_starts_at=wanted.visit_starts_at,
        instead_of=wanted.instead_of,
        fasting=Fasting(protocol.fasting_light_meal_hours, protocol.fasting_clear_hours),
        language=language,
    )
    own = texts.get((wanted.stage, writing.language_of(language).code))
    if form == Form.EMAIL:
        subject, body = writing.write_email(wanted.stage, words, language=language, own=own)
        return Written(form, subject, body, goes, None)
    size = own_texts.link_length()
    body = writing.write_sms(wanted.stage, words, language=language, own=own, link_length=size)
    length = gsm7.length(body.replace(LINK, "")) + body.count(LINK) * size
    return Written(form, "", body, goes, length)


def _ways(patient: Patient) -> Ways:
    """Two queries: what the patient agreed to, and which of their addresses are blocked."""
    scopes = consents.current_scopes(patient.pk)
    addresses = {Form.SMS: str(patient.phone), Form.EMAIL: patient.email}
    blocked = set(
        BlockedAddress.objects.filter(
            clinic=patient.clinic_id,
            address__in=[address.lower() for address in addresses.values() if address],
            lifted_at=None,
        ).values_list("address", flat=True)
    )
    missing = {
        Form.SMS: (ConsentScope.SMS, addressing.NO_SMS_CONSENT, addressing.NO_PHONE),
        Form.EMAIL: (ConsentScope.EMAIL, addressing.NO_EMAIL_CONSENT, addressing.NO_EMAIL),
    }
    if patient.preferred_channel == Channel.NONE:
        return Ways(dict.fromkeys(Form, addressing.WANTS_NONE), Form.EMAIL)
    why_not = {}
    for form, (scope, no_consent, no_address) in missing.items():
        why_not[form] = (
            no_consent
            if scope not in scopes
            else no_address
            if not addresses[form]
            else BLOCKED
            if addresses[form].lower() in blocked
            else ""
        )
    return Ways(why_not, Form(patient.preferred_channel))
