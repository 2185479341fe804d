"""One question a screen: before the visit, after it, and of a questionnaire. Each tap is one answer; the page
that it leads to says at once what follows from it.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from clinic.models import Role
from clinic.problems import Invalid, Missing
from notifications.answering import check_ins, own_words, questionnaires, things
from notifications.answering.grading import AMBER, GREEN, RED, Question
from notifications.answering.question_sets import NAMES, QUESTION_SETS, READINESS, SCORED, question_of
from notifications.answering.questionnaire_words import words_of
from notifications.answering.questionnaires import Form
from notifications.answering.things import Things
from notifications.models import CheckIn, CheckInAnswer
from notifications.tokens import NO_LINK
from web.views.links.emergency import emergency_lines
from web.views.links.fasting import fasting_lines
from web.views.links.frame import Opened, behind_link
from web.views.links.proof import ask_birth_year
from web.views.links.recording import record_answer, record_readiness, record_score, ride_words

# After the button that says "I am coming", where other answers are named by their question.
CONFIRMED: Final = "coming"


@behind_link("GET", "POST", before_proof=ask_birth_year)
def ready(opened: Opened) -> HttpResponse:
    """What has to be known before the visit: the first open question, or the one of `?question=`."""
    if opened.request.method != "POST":
        return _show_readiness(opened, opened.request.GET.get("question", ""))
    sent = opened.request.POST
    question = sent.get("question", "").strip()  # as its form reads it
    if opened.switches_language:
        return _ask_ride_again(opened, refused=False)
    try:
        record_readiness(opened, sent)
    except Invalid:
        if question != "ride_home":
            raise
        return _ask_ride_again(opened, refused=True)
    if own_words.alarming(ride_words(sent)):
        # What was written beside a "no" isn't kept: the next page wouldn't know of it.
        return _show_readiness(opened, "")
    return opened.back("patient_link_ready", query=f"after={question}")


@behind_link("GET", before_proof=ask_birth_year)
def questions(opened: Opened, pk: UUID) -> HttpResponse:
    """The next question of one check-in, or the one of `?question=` or `?form=` and `?item=`."""
    offered = things.of_link(opened.link, opened.now)
    check_in = next((each for each in offered.check_ins if each.pk == pk), None)
    if check_in is None:
        raise Missing(NO_LINK)
    return show_questions(opened, offered, check_in)


@behind_link("POST", before_proof=ask_birth_year)
def answer(opened: Opened) -> HttpResponse:
    given = record_answer(opened, opened.request.POST)
    return opened.back("patient_link_questions", given.check_in_id, query=f"after={given.question}")


@behind_link("POST", before_proof=ask_birth_year)
def score(opened: Opened) -> HttpResponse:
    check_in = record_score(opened, opened.request.POST)
    return opened.back("patient_link_questions", check_in.pk)


def next_to_answer(asked: Sequence[CheckIn]) -> CheckIn:
    """The first that isn't finished; when all are, the last."""
    return next((each for each in asked if each.completed_at is None), asked[-1])


def titles(asked: Sequence[CheckIn], language: str) -> list[tuple[CheckIn, str]]:
    """Each check-in with what it is called on a button."""
    return [(each, NAMES[each.kind].of(language)) for each in asked]


def show_questions(opened: Opened, offered: Things, check_in: CheckIn) -> HttpResponse:
    following = next((each for each in offered.check_ins if each.completed_at is None), None)
    shared = {
        "check_in": check_in,
        "new_id": uuid4(),
        "following": following if following and following.pk != check_in.pk else None,
        "has_visit": offered.visit is not None,
    }
    if check_in.kind in SCORED:
        return _show_form(opened, check_in, shared)
    return _show_question(opened, check_in, shared)


def _show_question(opened: Opened, check_in: CheckIn, shared: dict[str, Any]) -> HttpResponse:
    given = check_ins.newest_answers(check_in)
    asked = QUESTION_SETS[check_in.kind]
    sent = opened.request.GET
    again = question_of(check_in.kind, sent.get("question", ""))
    question = again or check_ins.next_question(check_in, given)
    place = asked.index(question) if question else len(asked)
    context = {
        **shared,
        "question": question,
        "title": question.text.of(opened.language) if question else "",
        "choices": _choices(question, opened.language),
        "chosen": given[question.code].value if question and question.code in given else "",
        "progress": _progress(opened, place, len(asked)),
        "before": asked[place - 1].code if place else "",
        "notice": _notice(opened, check_in, given, sent.get("after", ""), all_of_it=question is None),
        "alarm": _alarm(opened, check_in),
    }
    return opened.page("web/patient/question.html", context)


def _show_form(opened: Opened, check_in: CheckIn, shared: dict[str, Any]) -> HttpResponse:
    forms = questionnaires.forms_of(check_in)
    sent = opened.request.GET
    wanted = sent.get("item", "")
    form = next((each for each in forms if each.next_item), None)
    item = form.next_item if form else None
    again = form is not None and not form.closed
    if form and again and wanted.isdecimal() and int(wanted[:3]) in form.asked:
        item = int(wanted[:3])
    total = sum(len(each.asked) for each in forms)
    done = sum(len(each.asked) for each in forms if each.closed and each is not form)
    context = {
        **shared,
        "form": form,
        "item": item,
        "progress": _progress(opened, done + (item or 1) - 1, total) if form else "",
        "before": item - 1 if item and again else 0,
        "alarm": _alarm(opened, check_in),
        **_item(form, item, opened.language),
    }
    return opened.page("web/patient/score.html", context)


def _item(form: Form | None, item: int | None, language: str) -> dict[str, Any]:
    """The words of one item: with a stem of its own, or none where the stem says it all."""
    if form is None or item is None:
        return {}
    words, asked = words_of(form.instrument, language), form.instrument
    if asked.beside and item == asked.beside_item:
        values = [each.value for each in asked.beside.choices]
        choices = list(zip(values, words.beside_choices, strict=True))
        return {"stem": "", "title": words.beside, "choices": choices, "chosen": form.answers.get(item)}
    labels = words.choices or tuple(str(value) for value in range(asked.low, asked.high + 1))
    values = [each.value for each in asked.choices] or list(range(asked.low, asked.high + 1))
    alone = len(asked.items) == 1
    return {
        "stem": "" if alone else words.stem,
        "title": words.stem if alone else words.items[item - 1],
        "choices": list(zip(values, labels, strict=True)),
        "chosen": form.answers.get(item),
    }


def _ask_ride_again(opened: Opened, *, refused: bool) -> HttpResponse:
    """Who takes the patient home, with what was typed: it isn't kept yet, and is heard all the same."""
    sent = opened.request.POST
    words = ride_words(sent)
    own_words.hear(written=own_words.RIDE, id=_entry_of(sent), link=opened.link, words=words, now=opened.now)
    return _show_readiness(opened, "ride_home", sent, refused=refused)


def _entry_of(sent: QueryDict) -> UUID:
    """One of this page's entries, however often it is shown again: its words call once."""
    try:
        return UUID(sent.get("id", ""))
    except ValueError:
        return uuid4()


def _show_readiness(
    opened: Opened, wanted: str, typed: QueryDict | None = None, *, refused: bool = False
) -> HttpResponse:
    offered = things.of_link(opened.link, opened.now)
    if not offered.asks_readiness or offered.visit is None:
        return opened.back()
    codes = [each.code for each in READINESS]
    code = wanted if wanted in codes else next(iter(offered.open_questions), "")
    question = next((each for each in offered.questions if each.code == code), None)
    place = codes.index(code) if code else len(codes)
    given = offered.readiness
    heard = [*ride_words(opened.request.POST), *((given.ride_name, given.ride_phone) if given else ())]
    context = {
        "question": question,
        "title": question.text.of(opened.language) if question else "",
        "choices": _choices(question, opened.language),
        "chosen": getattr(given, code) if given and code else "",
        "progress": _progress(opened, place, len(codes)),
        "before": codes[place - 1] if place else "",
        "new_id": uuid4() if typed is None else _entry_of(typed),
        "fasting": fasting_lines(opened, offered.visit),
        "ride": typed or (given and {"ride_name": given.ride_name, "ride_phone": given.ride_phone}) or {},
        "ride_missing": refused,
        "notice": _doubt(opened, offered, opened.request.GET.get("after", "")),
        "alarm": emergency_lines(opened) if own_words.alarming(heard) else None,
        "no_ride_yet": lacks_a_ride(offered),
        "answered": [(each.code, each.text.of(opened.language)) for each in offered.questions],
    }
    return opened.page(
        "web/patient/ready.html",
        context,
        status=400 if refused else 200,
        stands_at=f"{reverse('patient_link_ready', args=[opened.token])}?question={code}",
    )


def lacks_a_ride(offered: Things) -> bool:
    """The patient said that nobody takes them home yet, so that the visit can't go ahead as it stands."""
    return offered.asks_readiness and offered.readiness is not None and offered.readiness.ride_home == "no"


def _doubt(opened: Opened, offered: Things, after: str) -> str:
    """What follows from the answer that was just given, or that the visit is confirmed."""
    if after == CONFIRMED and offered.visit and offered.visit.patient_status == "accepted":
        return opened.say["confirmed"]
    given = offered.readiness
    if given is None or after not in {each.code for each in READINESS}:
        return ""
    value = getattr(given, after)
    if after == "ride_home":
        return opened.say["ride_needed"] if value == "no" else ""
    unsafe = "no" if after == "fasting_understood" else "yes"
    return opened.say["nurse_calls_before"] if value == unsafe else ""


def _choices(question: Question | None, language: str) -> list[tuple[str, str]]:
    return [(each.value, each.label.of(language)) for each in question.choices] if question else []


def _progress(opened: Opened, place: int, total: int) -> str:
    return opened.say["question_of"].format(number=place + 1, total=total) if place < total else ""


def _notice(
    opened: Opened, check_in: CheckIn, given: dict[str, CheckInAnswer], after: str, *, all_of_it: bool
) -> list[str]:
    """What follows from the answer just given; at the end, from all of them: each sentence once."""
    codes = list(given) if all_of_it else [after]
    found: list[str] = []
    for code in codes:
        question, line = question_of(check_in.kind, code), given.get(code)
        choice = question.choice(line.value) if question and line else None
        if choice is None or line is None:
            continue
        if line.level == AMBER:
            found.append(_who_calls(opened, line))
        elif line.level == GREEN:
            found.append(choice.advice.of(opened.language))
    return list(dict.fromkeys(each for each in found if each))


def _who_calls(opened: Opened, line: CheckInAnswer) -> str:
    task = check_ins.task_of(line)
    if task is None or task.closed_at:
        return ""
    if task.role == Role.PRESCRIBER:
        return opened.say["clinician_looks"]
    return opened.say["nurse_calls_by"].format(moment=opened.moment(task.due_at))


def _alarm(opened: Opened, check_in: CheckIn) -> dict[str, Any] | None:
    """The emergency lines as long as an answer is red."""
    return emergency_lines(opened) if check_in.level == RED else None
