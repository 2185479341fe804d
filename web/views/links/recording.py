"""What the forms behind a link send, and writing it down. Each is sent whole, so that an answer that was
tapped after the phone had forgotten the birth year is carried through its page and recorded then
(`birth_year`).
"""

from typing import Any

from django import forms
from django.http import QueryDict

from clinic.idempotency import create_once
from clinic.problems import Invalid
from notifications.answering import check_ins, links, questionnaires, readiness
from notifications.models import CheckIn, CheckInAnswer
from sessions_app.models import QuestionnaireAnswer, Readiness
from web.forms import ClinicForm
from web.views.links.frame import Opened


class AnswerForm(ClinicForm):
    check_in = forms.UUIDField(required=False)
    question = forms.CharField(max_length=40)
    value = forms.CharField(max_length=40)


class ScoreForm(ClinicForm):
    check_in = forms.UUIDField()
    instrument = forms.CharField(max_length=12)
    item = forms.IntegerField()
    value = forms.IntegerField()


class ReadyForm(ClinicForm):
    question = forms.CharField(max_length=40)
    value = forms.CharField(max_length=40)
    ride_name = forms.CharField(max_length=120, required=False)
    ride_phone = forms.CharField(max_length=40, required=False)


def record_answer(opened: Opened, sent: QueryDict) -> CheckInAnswer:
    given = _cleaned(AnswerForm, opened, sent)
    check_in = links.check_in_of(opened.link, opened.now, given.pop("check_in"))
    row, _ = create_once(
        actor=None,
        noun="check_in_answer",
        id=given["id"],
        body={"check_in": check_in.pk, **given},
        make=lambda: check_ins.answer(check_in=check_in, now=opened.now, **given),
        find=lambda: CheckInAnswer.objects.get(pk=given["id"]),
    )
    return row


def record_score(opened: Opened, sent: QueryDict) -> CheckIn:
    """Returns the check-in whose questionnaire was answered."""
    given = _cleaned(ScoreForm, opened, sent)
    check_in = links.check_in_of(opened.link, opened.now, given.pop("check_in"))
    create_once(
        actor=None,
        noun="questionnaire answer",
        id=given["id"],
        body={"check_in": check_in.pk, **given},
        make=lambda: questionnaires.answer(check_in=check_in, now=opened.now, **given),
        find=lambda: QuestionnaireAnswer.objects.get(pk=given["id"]),
    )
    return check_in


def record_readiness(opened: Opened, sent: QueryDict) -> Readiness:
    given = _cleaned(ReadyForm, opened, sent)
    row, _ = create_once(
        actor=None,
        noun="readiness",
        id=given["id"],
        body={"link": opened.link.pk, **given},
        make=lambda: readiness.answer(link=opened.link, now=opened.now, **given),
        find=lambda: Readiness.objects.get(pk=given["id"]),
    )
    return row


def ride_words(sent: QueryDict) -> list[str]:
    """What of a readiness form is written, not tapped."""
    return [sent.get("ride_name", ""), sent.get("ride_phone", "")]


def _cleaned(form_class: type[ClinicForm], opened: Opened, sent: QueryDict) -> dict[str, Any]:
    form = form_class(sent)
    if not form.is_valid():
        raise Invalid({"value": opened.say["choose_one"]})
    return form.cleaned_data
