"""Questionnaires answered item by item: kept at once, flagged at once, scored only when whole."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from clinic.models import Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import infusion
from sessions_app.models import Occasion, QuestionnaireAnswer, QuestionnaireResponse, ResponseStatus
from sessions_app.outcomes import responses
from tests.cast import NOW, House, new_id
from tests.scheduler.stage import plan_row, set_stage
from tests.sessions_app import stories


def begun(
    house: House, instrument: str = "phq-9", *, occasion: str = Occasion.OTHER, days: int = 0
) -> QuestionnaireResponse:
    return responses.begin(
        actor=house.actor(house.nils),
        id=new_id(),
        patient=house.rosa,
        instrument=instrument,
        how="interview",
        occasion=occasion,
        now=NOW + timedelta(days=days),
    )


def give(
    house: House, response: QuestionnaireResponse, item: int, value: int, *, minutes: int = 0
) -> QuestionnaireAnswer:
    return responses.answer(
        actor=house.actor(house.nils),
        id=new_id(),
        response=response,
        item=item,
        value=value,
        now=response.started_at + timedelta(minutes=minutes),
    )


def completed(
    house: House, values: list[int], *, days: int = 0, occasion: str = Occasion.OTHER, prorate: bool = False
) -> QuestionnaireResponse:
    response = begun(house, days=days, occasion=occasion)
    for item, value in enumerate(values, start=1):
        give(house, response, item, value)
    return responses.complete(
        actor=house.actor(house.nils), response=response, prorate=prorate, now=response.started_at
    )


def tasks(house: House) -> list[tuple[str, timedelta]]:
    """The nurse's; the prescriber's are told in `test_safety`."""
    items = WorkItem.objects.filter(patient=house.rosa, role="nurse")
    return [(item.urgency, item.due_at - NOW) for item in items]


def test_a_whole_questionnaire_has_its_score(house: House) -> None:
    done = completed(house, [1, 2, 3, 1, 0, 2, 1, 1, 0])
    assert (done.status, done.score, done.prorated) == (ResponseStatus.COMPLETED, 11, False)
    assert tasks(house) == []


@pytest.mark.parametrize(("value", "due"), [(1, timedelta(minutes=15)), (2, timedelta(0)), (3, timedelta(0))])
def test_an_answer_about_self_harm_opens_a_task_before_anything_else_is_answered(
    house: House, value: int, due: timedelta
) -> None:
    give(house, begun(house), 9, value)
    [item] = WorkItem.objects.filter(role="nurse")
    assert (item.urgency, item.role, item.due_at) == (Urgency.RED, "nurse", NOW + due)
    assert item.patient == house.rosa
    assert "PHQ" not in item.title


def test_the_same_answer_again_opens_no_second_task_and_a_new_value_does(house: House) -> None:
    response = begun(house)
    give(house, response, 9, 1)
    give(house, response, 9, 1, minutes=1)
    assert len(tasks(house)) == 1
    give(house, response, 9, 3, minutes=2)
    assert len(tasks(house)) == 2


def test_neither_a_taken_back_answer_nor_a_low_total_clears_the_task(house: House) -> None:
    response = begun(house)
    give(house, response, 9, 1)
    for item in range(1, 10):
        give(house, response, item, 0, minutes=1)
    done = responses.complete(actor=house.actor(house.nils), response=response, now=NOW)
    assert done.score == 0
    assert WorkItem.objects.filter(closed_at=None).count() == 2


def test_other_items_and_instruments_open_none(house: House) -> None:
    give(house, begun(house), 8, 3)
    give(house, begun(house, "pcl-5"), 9, 4)
    assert tasks(house) == []


def test_answered_again_both_are_kept_and_the_newest_counts(house: House) -> None:
    response = begun(house, "nrs-pain")
    give(house, response, 1, 3)
    give(house, response, 1, 7, minutes=1)
    assert response.answers.count() == 2
    assert responses.complete(actor=None, response=response, now=NOW).score == 7


def test_without_every_item_there_is_no_score(house: House) -> None:
    done = completed(house, [1] * 8)
    assert (done.status, done.score) == (ResponseStatus.COMPLETED, None)


def test_prorating_is_chosen_and_marked(house: House) -> None:
    done = completed(house, [2] * 7, prorate=True)
    assert (done.score, done.prorated) == (18, True)


def test_prorating_three_missing_items_is_refused_and_the_form_stays_open(house: House) -> None:
    with pytest.raises(Invalid, match="at most 2"):
        completed(house, [2] * 6, prorate=True)
    assert QuestionnaireResponse.objects.get().status == ResponseStatus.IN_PROGRESS


def test_nothing_answered_is_nothing_to_complete(house: House) -> None:
    with pytest.raises(Conflict, match="Nothing has been answered"):
        completed(house, [])


def test_completed_is_closed_and_completing_again_changes_nothing(house: House) -> None:
    done = completed(house, [0] * 9)
    with pytest.raises(Conflict, match="closed"):
        give(house, done, 1, 1)
    again = responses.complete(actor=None, response=done, prorate=True, now=NOW + timedelta(days=1))
    assert (again.completed_at, again.prorated) == (done.completed_at, False)


def test_how_difficult_it_is_is_kept_and_counts_in_no_total(house: House) -> None:
    done = completed(house, [1] * 9 + [3])
    assert responses.newest_answers(done)[10] == 3
    assert done.score == 9


def test_how_difficult_it_is_may_be_said_once_after_the_score(house: House) -> None:
    done = completed(house, [1] * 9)
    give(house, done, 10, 3, minutes=1)
    assert (responses.newest_answers(done)[10], done.score) == (3, 9)
    with pytest.raises(Conflict, match="closed"):
        give(house, done, 10, 2, minutes=2)


def test_the_difficulty_alone_makes_up_for_no_missing_item(house: House) -> None:
    response = begun(house)
    for item in (*range(1, 9), 10):
        give(house, response, item, 1)
    done = responses.complete(actor=house.actor(house.nils), response=response, now=response.started_at)
    assert done.score is None


@pytest.mark.parametrize(("item", "value"), [(0, 1), (11, 1), (10, 4), (1, 4), (1, -1)])
def test_there_is_no_such_item_or_value(house: House, item: int, value: int) -> None:
    with pytest.raises(Invalid):
        give(house, begun(house), item, value)


def test_a_two_week_instrument_is_refused_before_two_weeks_are_over(house: House) -> None:
    completed(house, [1] * 9)
    with pytest.raises(Conflict) as refused:
        begun(house, days=13)
    assert (refused.value.code, refused.value.data["again_from"]) == ("too_soon", "2027-01-25")
    assert begun(house, days=14).status == ResponseStatus.IN_PROGRESS


@pytest.mark.parametrize("occasion", [Occasion.BASELINE, Occasion.END_OF_INDUCTION, Occasion.MONTHLY])
def test_a_named_occasion_may_come_sooner_and_is_kept(house: House, occasion: Occasion) -> None:
    completed(house, [1] * 9)
    assert begun(house, days=10, occasion=occasion).occasion == occasion


def test_a_baseline_is_one_before_the_first_infusion_of_a_plan(house: House) -> None:
    before = (Occasion.BASELINE, Occasion.OTHER)
    after = (Occasion.OTHER, Occasion.END_OF_INDUCTION, Occasion.MONTHLY)
    session = stories.prepared(house)
    assert responses.occasions_of(house.rosa) == before
    nils, at = house.actor(house.nils), session.arrived_at + timedelta(minutes=20)
    infusion.start(actor=nils, id=new_id(), session=session, now=at)
    assert responses.occasions_of(house.rosa) == after
    with pytest.raises(Invalid, match="occasion: The first infusion has been"):
        begun(house, occasion=Occasion.BASELINE)
    assert begun(house, occasion=Occasion.END_OF_INDUCTION).occasion == Occasion.END_OF_INDUCTION
    assert responses.occasions_of(house.omar) == before

    plan_row(house, session.protocol, house.rosa)
    assert responses.occasions_of(house.rosa) == (Occasion.BASELINE, *after)
    assert begun(house, occasion=Occasion.BASELINE).occasion == Occasion.BASELINE


def test_single_items_are_asked_any_day_have_no_score_and_alarm_as_a_whole_form_does(house: House) -> None:
    for days in (0, 1):
        response = begun(house, "mood-items", days=days)
        for item in (1, 2, 3):
            give(house, response, item, 1 if item == 3 and days else 0)
        done = responses.complete(actor=None, response=response, now=response.started_at)
        assert (done.status, done.score) == (ResponseStatus.COMPLETED, None)
    assert [urgency for urgency, _ in tasks(house)] == [Urgency.RED]


def test_an_abandoned_one_another_instrument_and_single_items_stand_in_nobodys_way(house: House) -> None:
    begun(house)
    assert begun(house, days=1)
    completed(house, [1] * 9, days=1)
    assert begun(house, "gad-7", days=2)
    for days in (2, 3):
        response = begun(house, "nrs-pain", days=days)
        give(house, response, 1, 5)
        responses.complete(actor=None, response=response, now=response.started_at)


def test_entered_in_error_stays_readable_and_makes_room_for_a_new_one(house: House) -> None:
    nils = house.actor(house.nils)
    done = completed(house, [1] * 9)
    with pytest.raises(Invalid, match="Say why"):
        responses.enter_in_error(actor=nils, response=done, reason=" ", now=NOW)
    wrong = responses.enter_in_error(actor=nils, response=done, reason="Omar's answers", now=NOW)
    assert (wrong.status, wrong.score, wrong.answers.count()) == (ResponseStatus.ENTERED_IN_ERROR, 9, 9)
    assert begun(house, days=1)
    with pytest.raises(Conflict, match="before"):
        responses.enter_in_error(actor=nils, response=done, reason="Something else", now=NOW)


def test_answers_are_never_changed_or_deleted(house: House) -> None:
    given = give(house, begun(house), 1, 1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        QuestionnaireAnswer.objects.filter(pk=given.pk).update(value=0)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        QuestionnaireAnswer.objects.filter(pk=given.pk).delete()


def test_a_plan_or_session_of_somebody_else_is_refused(house: House) -> None:
    plan = plan_row(house, set_stage(house).protocol, house.omar)
    with pytest.raises(Invalid, match="another patient's"):
        responses.begin(
            actor=house.actor(house.nils),
            id=UUID(int=1),
            patient=house.rosa,
            instrument="phq-9",
            how="interview",
            plan=plan,
            now=NOW,
        )
