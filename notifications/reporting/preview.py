"""What will be said of a visit, to the word, before anything is: under the rules that hold, or under rules
and words that are only being tried. Reads only.

The days are played through with `choosing` itself: merging, caps and quiet hours are the planner's. Another
visit of the same patient may still join in: what is due on one day is merged and capped together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from clinic import consents
from clinic.models import ConsentScope, Patient
from notifications.delivering import addressing, blocked
from notifications.models import BlockReason, Form, Message, MessageStatus
from notifications.planning import candidates, choosing, own_texts, reasons, rule_settings, rules, wanting
from notifications.planning.choosing import Candidate, Decision, Verdict
from notifications.planning.rules import Rule, Wanted
from notifications.planning.stage_words import title_of
from notifications.wording import gsm7, writing
from notifications.wording.filling import LINK
from notifications.wording.writing import Fasting, OwnText
from scheduler.models import Appointment


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
    kind: str
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
class Reach:
    """What stands about reaching one patient; `addressing` says what follows from it."""

    patient: Patient
    scopes: Collection[ConsentScope]
    blocked: Mapping[str, BlockReason]
    has_number: bool

    def chosen(self, rule: Rule, only: str) -> tuple[Form | None, str]:
        """The form that a message takes, or why none."""
        ways = addressing.ways_of(rule, only=only, has_number=self.has_number)
        try:
            return addressing.address_of(self.patient, self.scopes, self.blocked, ways).form, ""
        except addressing.Unreachable as unreachable:
            return None, unreachable.reason


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
    patients_reach = _reach(patient)
    found = [_foreseen(decision, appointment, patients_reach, texts) for decision in decisions]
    return sorted(found, key=attrgetter("due_at", "stage"))


def switched_off(appointment: Appointment, now: datetime) -> list[Wanted]:
    """What this visit would ask for, and the clinic has switched off: a fixed number of queries."""
    its_rules = rule_settings.settings_of([appointment.clinic_id])[appointment.clinic_id].rules
    off = {rule.stage for rule in its_rules if not rule.enabled}
    if not off:
        return []
    with_all = [replace(rule, enabled=True) for rule in its_rules]
    return [
        wanted
        for wanted in _still_open(appointment, now, with_all)
        if wanted.stage in off and wanted.why_not in ("", reasons.TOO_LATE)
    ]


def way_of_notice(appointment: Appointment, stage: str) -> tuple[Form | None, str]:
    """How a notice of this stage would reach the visit's patient by what stands now, or None and why nothing
    would: a fixed number of queries."""
    rule = rule_settings.rule_of(appointment.clinic, stage)
    if not rule.enabled:
        return None, "The clinic has switched this message off."
    return _reach(appointment.patient).chosen(rule, "")


def _still_open(appointment: Appointment, now: datetime, its_rules: Sequence[Rule]) -> list[Wanted]:
    """What is wanted of the visit and has no message that stands; of what isn't to be said, none at all."""
    rows = Message.objects.filter(appointment=appointment, again_of=None)
    passing = rows.filter(status=MessageStatus.SKIPPED, reason__in=reasons.CAN_PASS)
    decided = set(rows.exclude(pk__in=passing).values_list("stage", "visit_starts_at"))
    told_of = decided | set(passing.values_list("stage", "visit_starts_at"))
    return [
        wanted
        for wanted in wanting.wanted_for_visit(appointment, now, its_rules)
        if (wanted.stage, wanted.visit_starts_at) not in (told_of if wanted.why_not else decided)
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
    decision: Decision, appointment: Appointment, reach: Reach, texts: Mapping[tuple[str, str], OwnText]
) -> Foreseen:
    wanted, rule = decision.candidate.wanted, decision.candidate.rule
    form, unreachable = reach.chosen(rule, decision.form)
    said = decision.verdict == Verdict.SAY
    own = texts.get((wanted.stage, writing.language_of(appointment.patient.language).code))
    refused = own is not None and bool(own_texts.refused_now(own))
    if refused and said:
        unreachable = unreachable or reasons.WORDS_REFUSED
    written = tuple(
        _write(Form(each), wanted, appointment, own, goes=said and form == each)
        for each in rule.forms
        if not refused
    )
    return Foreseen(
        stage=wanted.stage,
        kind=wanted.kind,
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
    own: OwnText | None,
    *,
    goes: bool,
) -> Written:
    clinic, protocol, language = appointment.clinic, appointment.protocol, appointment.patient.language
    starts_at = wanted.visit_starts_at
    words = writing.words_for(
        sender=clinic.sender_name,
        phone=clinic.phone.as_national,
        clinic_zone=clinic.time_zone,
        visit_starts_at=starts_at,
        visit_ends_at=appointment.end_from(starts_at) if starts_at else None,
        instead_of=wanted.instead_of,
        fasting=Fasting(protocol.fasting_light_meal_hours, protocol.fasting_clear_hours),
        language=language,
    )
    if form == Form.EMAIL:
        subject, body = writing.write_email(wanted.stage, words, language=language, own=own)
        return Written(form, subject, body, goes, None)
    size = own_texts.link_length()
    body = writing.write_sms(wanted.stage, words, language=language, own=own, link_length=size)
    length = gsm7.length(body.replace(LINK, "")) + body.count(LINK) * size
    return Written(form, "", body, goes, length)


def _reach(patient: Patient) -> Reach:
    """Four queries at most: the patient's consents, their blocked addresses, the clinic's number."""
    return Reach(
        patient=patient,
        scopes=consents.current_scopes(patient.pk),
        blocked=blocked.blocked_of([patient]).get(patient.pk, {}),
        has_number=bool(rule_settings.messaging_of(patient.clinic).sms_number),
    )
