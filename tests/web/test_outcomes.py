"""Outcomes on pages: a questionnaire read out question by question, the diary, the chart, the reports."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import WorkItem
from sessions_app.models import CohortReport, DiaryDay, QuestionnaireResponse, SafetyConcern
from sessions_app.outcomes import cohort_reports, responses
from sessions_app.outcomes.instruments import INSTRUMENTS
from tests.cast import NOW, TODAY, House, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words
from web.outcome_plots import HEIGHT, WIDTH
from web.templatetags.outcomes import imputed
from web.views.cohort_pictures import benefit_and_harm


@pytest.fixture(autouse=True)
def _at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def begin(house: House, instrument: str = "phq-9") -> str:
    form = {"id": new_id(), "instrument": instrument, "occasion": "baseline"}
    answer = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/outcomes/begin/", form)
    assert answer.status_code == 302
    return str(answer["Location"])


def answer(house: House, address: str, item: int, value: int | str) -> Any:
    form = {"id": new_id(), "item": item, "value": value}
    return browser_of(house.nils).post(f"{address}answer/", form)


def scored(house: House, values: list[int], *, days: int) -> QuestionnaireResponse:
    nils, at = house.actor(house.nils), NOW + timedelta(days=days)
    row = responses.begin(
        actor=nils,
        id=new_id(),
        patient=house.rosa,
        instrument="phq-9",
        how="interview",
        occasion="monthly",
        now=at,
    )
    for item, value in enumerate(values, start=1):
        responses.answer(actor=nils, id=new_id(), response=row, item=item, value=value, now=at)
    return responses.complete(actor=nils, response=row, now=at)


def test_nils_reads_out_a_questionnaire_question_by_question_to_its_score(house: House) -> None:
    address = begin(house)
    nils = browser_of(house.nils)
    assert "Question 1 of 9" in words(nils.get(address))
    for item in range(1, 9):
        assert answer(house, address, item, 2)["Location"] == f"{address}?item={item + 1}"
    assert answer(house, address, 9, 0)["Location"] == f"{address}?item=10"
    asked = words(nils.get(f"{address}?item=10"))
    assert "How difficult have these problems made it for you" in asked
    assert "Extremely difficult" in asked
    assert answer(house, address, 10, 2)["Location"] == f"{address}?review=1"
    nils.post(f"{address}complete/", {})
    page = words(nils.get(address))
    assert "2 · Very difficult" in page
    assert "16 of 27" in page
    assert "Moderately severe" in page


def test_an_answer_about_self_harm_shows_where_to_call_and_opens_a_task_at_once(house: House) -> None:
    address = begin(house)
    assert "988" not in words(browser_of(house.nils).get(address))
    answer(house, address, 9, 1)
    page = words(browser_of(house.nils).get(address))
    assert "988" in page
    assert "911" in page
    assert sorted(task.role for task in WorkItem.objects.all()) == ["nurse", "prescriber"]


def test_an_urgent_answer_leads_to_its_tasks_and_to_the_place_for_the_assessment(house: House) -> None:
    address = begin(house)
    answer(house, address, 9, 1)
    page = browser_of(house.priya).get(address).content.decode()
    for task in WorkItem.objects.all():
        assert f'href="/tasks/{task.pk}/"' in page
    assert f'href="/patients/{house.rosa.pk}/safety/"' in page
    assert "Write the assessment" in page
    assert "Write the assessment" not in words(browser_of(house.nils).get(address))
    called = browser_of(house.nils).get(f"/tasks/{WorkItem.objects.get(role='nurse').pk}/").content.decode()
    assert f'href="{address}"' in called
    assess = (
        browser_of(house.priya).get(f"/tasks/{WorkItem.objects.get(role='prescriber').pk}/").content.decode()
    )
    assert f'href="/patients/{house.rosa.pk}/safety/"' in assess


def test_an_assessment_stands_beside_the_answers_that_it_is_about(house: House) -> None:
    address = begin(house)
    answer(house, address, 9, 1)
    answer(house, address, 9, 0)
    concern = SafetyConcern.objects.get()
    form = {"id": new_id(), "words": "No intent, safe at home"}
    browser_of(house.priya).post(f"/safety-concerns/{concern.pk}/assess/", form)
    page = words(browser_of(house.nils).get(address))
    assert "A prescriber has assessed the patient." in page
    assert "No intent, safe at home (Priya" in page


def test_only_what_fits_the_moment_is_offered(house: House) -> None:
    def offered() -> list[str]:
        page = browser_of(house.nils).get(f"/patients/{house.rosa.pk}/outcomes/").content.decode()
        [choices] = re.findall(r'(?s)<select name="occasion".*?</select>', page)
        return re.findall(r'value="([^"]*)"', choices)

    assert offered() == ["baseline", "other"]
    stories.infusing(house)
    assert offered() == ["other", "end_of_induction", "monthly"]
    form = {"id": new_id(), "instrument": "gad-7", "occasion": "baseline"}
    refused = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/outcomes/begin/", form)
    assert refused.status_code == 400
    assert "can't be a baseline any more" in words(refused)


def test_single_items_are_asked_between_sessions_and_have_no_total(house: House) -> None:
    address = begin(house, "mood-items")
    for item in (1, 2, 3):
        answer(house, address, item, 0)
    nils = browser_of(house.nils)
    nils.post(f"{address}complete/", {})
    assert "Each item stands alone" in words(nils.get(address))
    assert "Without a total Mood, single items" in words(nils.get(f"/patients/{house.rosa.pk}/outcomes/"))


def test_left_out_questions_are_named_and_prorating_must_be_chosen(house: House) -> None:
    address = begin(house, "gad-7")
    for item in range(1, 7):
        answer(house, address, item, 1)
    nils = browser_of(house.nils)
    page = words(nils.get(f"{address}?review=1"))
    assert "Not answered: 7." in page
    assert "Make up for the missing items" in page
    nils.post(f"{address}complete/", {"prorate": "on"})
    assert "7 of 21, prorated" in words(nils.get(address))


def test_a_value_that_there_is_not_comes_back_with_the_mend(house: House) -> None:
    address = begin(house, "hit-6")
    page = answer(house, address, 1, 90)
    assert page.status_code == 400
    assert "Answer with 36 to 78." in words(page)
    assert 'value="90"' in page.content.decode()


def test_too_soon_comes_back_at_the_form(house: House) -> None:
    scored(house, [1] * 9, days=-3)
    form = {"id": new_id(), "instrument": "phq-9", "occasion": "other"}
    page = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/outcomes/begin/", form)
    assert page.status_code == 409
    assert "Ask again from January 22 on" in words(page)


def test_a_wrong_one_stays_readable_with_why(house: House) -> None:
    row = scored(house, [1] * 9, days=-3)
    nils = browser_of(house.nils)
    assert nils.post(f"/questionnaires/{row.pk}/enter-in-error/", {"reason": ""}).status_code == 400
    nils.post(f"/questionnaires/{row.pk}/enter-in-error/", {"reason": "Omar's answers"})
    assert "Omar's answers" in words(nils.get(f"/questionnaires/{row.pk}/"))
    again = words(nils.post(f"/questionnaires/{row.pk}/enter-in-error/", {"reason": "A test"}))
    assert "This was marked as entered in error before." in again
    assert "A test" in again
    assert "Without a total" in words(nils.get(f"/patients/{house.rosa.pk}/outcomes/"))


def test_the_chart_draws_the_scores_and_says_them_in_a_table(house: House) -> None:
    scored(house, [3] * 9, days=-28)
    scored(house, [1] * 9, days=0)
    page = browser_of(house.max).get(f"/patients/{house.rosa.pk}/outcomes/").content.decode()
    [path] = re.findall(r'<polyline class="plot-path" points="([^"]*)"', page)
    points = [tuple(float(number) for number in point.split(",")) for point in path.split()]
    assert points == [(0, 0), (WIDTH, round(HEIGHT * (1 - 9 / 27), 1))]
    assert "Mon, Dec 14 2026" in page
    assert "style=" not in page.split("<main")[1]
    assert "Begin" not in words(browser_of(house.max).get(f"/patients/{house.rosa.pk}/outcomes/"))


def test_the_chart_takes_a_fixed_number_of_queries(house: House) -> None:
    nils, address = browser_of(house.nils), f"/patients/{house.rosa.pk}/outcomes/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            nils.get(address)
        return len(captured)

    scored(house, [3] * 9, days=-60)
    first = queries()
    for days in (-40, -20, 0):
        scored(house, [3] * 9, days=days)
    assert queries() == first


def test_a_day_of_the_diary_is_entered_and_shown_and_a_day_without_entry_is_no_good_day(house: House) -> None:
    nils, address = browser_of(house.nils), f"/patients/{house.rosa.pk}/diary/"
    form = {"id": new_id(), "day": TODAY, "headache": "yes", "peak": "7", "triggers": ["stress", "light"]}
    assert nils.post(f"{address}enter/", form).status_code == 302
    assert DiaryDay.objects.get().triggers == ["stress", "light"]
    page = words(nils.get(address))
    assert "Mon, Jan 11 Yes, peak 7" in page
    assert "Sun, Jan 10 No entry" in page
    assert "1 of 28 days entered" in page
    assert 'value="7"' in nils.get(f"{address}?day=2027-01-11").content.decode()


def test_a_good_week_is_ticked_and_kept_at_once(house: House) -> None:
    nils, address = browser_of(house.nils), f"/patients/{house.rosa.pk}/diary/"
    days = [f"2027-01-{day:02}" for day in (9, 10, 11)]
    assert 'value="2027-01-09"' in nils.get(address).content.decode()
    assert nils.post(f"{address}without-headache/", {"id": new_id(), "days": days}).status_code == 302
    page = nils.get(address)
    assert "3 days are entered without a headache." in words(page)
    assert 'value="2027-01-09"' not in page.content.decode()
    assert 'value="2027-01-08"' in page.content.decode()


def test_a_good_week_with_a_bad_day_in_it_comes_back_with_the_rest_ticked(house: House) -> None:
    nils, address = browser_of(house.nils), f"/patients/{house.rosa.pk}/diary/"
    nils.post(f"{address}enter/", {"id": new_id(), "day": "2027-01-10", "headache": "yes"})
    days = ["2027-01-09", "2027-01-10"]
    refused = nils.post(f"{address}without-headache/", {"id": new_id(), "days": days})
    assert refused.status_code == 400
    assert "Entered with a headache: Sun, Jan 10." in words(refused)
    [ticked] = re.findall(r'<input[^>]*value="2027-01-09"[^>]*>', refused.content.decode())
    assert "checked" in ticked
    assert DiaryDay.objects.count() == 1


def test_a_refused_day_comes_back_filled(house: House) -> None:
    form = {"id": new_id(), "day": TODAY, "headache": "no", "peak": "7"}
    page = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/diary/enter/", form)
    assert page.status_code == 400
    assert "entered as one without headache" in words(page)
    assert 'value="7"' in page.content.decode()


def query(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "instrument": "phq-9",
        "cut_off": "2027-01-11T08:58",
        "window_first": 14,
        "window_target": 21,
        "window_last": 31,
        "baseline_days": 30,
        "induction_days": 28,
        "maintenance": "event",
        **changes,
    }


def test_max_makes_a_report_reads_it_and_takes_its_figures_away(house: House) -> None:
    max = browser_of(house.max)
    made = max.post("/reports/outcomes/make/", query(house))
    report = CohortReport.objects.get()
    assert made["Location"] == f"/reports/outcomes/{report.pk}/"
    page = words(max.get(made["Location"]))
    assert report.sha256 in page
    assert "Response, imputed 0 of 0" in page
    file = max.get(f"/reports/outcomes/{report.pk}/table.csv").content.decode("utf-8-sig").splitlines()
    assert file[0].startswith("breakdown,name,treated,induction_complete,evaluable,responders")
    assert file[1].startswith("all,,<11,<11")
    assert "Max Weber" in words(max.get("/reports/outcomes/"))


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        (
            {"left_out": {"baseline_too_low": 0, "no_baseline": 1}},
            "Baseline below 10 0 left out of remission No baseline 1 left out of remission",
        ),
        ({"baseline_too_low": 0}, "Baseline below 10 0 evaluable left out of remission"),  # before cohort/5
    ],
)
def test_who_is_left_out_of_remission_is_told_also_of_a_report_of_before(
    house: House, monkeypatch: pytest.MonkeyPatch, left_out: dict[str, Any], told: str
) -> None:
    max = browser_of(house.max)
    made = max.post("/reports/outcomes/make/", query(house))
    content = cohort_reports.figures_of(CohortReport.objects.get())
    remission = content["figures"]["all"]["remission"]
    content["figures"]["all"]["remission"] = {
        **{rate: remission[rate] for rate in ("observed", "imputed")},
        **left_out,
    }
    monkeypatch.setattr(cohort_reports, "figures_of", lambda report: content)
    page = words(max.get(made["Location"]))
    assert told in page
    assert "Remission, both times: only of those whose baseline was 10 or more." in page


def test_a_rate_of_windows_that_are_all_open_is_not_known_yet(house: House) -> None:
    stories.infusing(house)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        max = browser_of(house.max)
        made = max.post("/reports/outcomes/make/", query(house, cut_off="2027-01-11T09:50"))
        page = words(max.get(made["Location"]))
        beside_harm = words(max.get("/reports/side-effects/"))
    assert "Response, imputed not known yet: 1 of 1 windows are still open" in page
    assert "F33.2 Major depressive disorder, recurrent, severe 1" in page
    assert "0.0 %" not in page.split("Harm")[0]
    assert "side by side" not in page  # a picture would draw the share that isn't known yet
    assert "observed a response in 0 of 0 patients, imputed not known yet." in beside_harm


def rate(count: int, of: int, *shares: str) -> dict[str, Any]:
    share, low, high = shares or (None, None, None)
    return {"count": count, "of": of, "share": share, "low": low, "high": high}


@pytest.mark.parametrize(
    ("in_window", "told", "hollow_point"),
    [(1, "1 of 4: 25.0 % (4.6 to 69.9 %)", True), (4, "not known yet", False)],
)
def test_the_picture_tells_the_rates_of_the_table_and_no_share_that_is_not_known(
    in_window: int, told: str, hollow_point: bool
) -> None:
    observed = rate(1, 3, "0.3333", "0.0615", "0.7923")
    group = {
        "treated": 4,
        "in_window": in_window,
        "response": {"observed": observed, "imputed": rate(1, 4, "0.2500", "0.0456", "0.6994")},
        "remission": None,
        "harm": {"worse": rate(0, 3, "0.0000", "0.0000", "0.5615"), "safety_item_up": None},
    }
    drawn = benefit_and_harm(group, INSTRUMENTS["phq-9"])
    assert drawn is not None
    assert " ".join(drawn.words.split()) == (
        "Benefit and harm, each with its interval. Response: 1 of 3: 33.3 % (6.2 to 79.2 %);"
        f" Response, imputed: {told}; Worse than before: 0 of 3: 0.0 % (0.0 to 56.1 %)."
    )
    assert [(row.hollow, row.point is not None) for row in drawn.plot.rows] == [
        (False, True),
        (True, hollow_point),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("in_window", "told"),
    [
        (0, "1 of 4: 25.0 % (4.6 to 69.9 %)"),
        (1, "1 of 4: 25.0 % (4.6 to 69.9 %); 1 of 4 windows are still open"),
        (4, "not known yet: 4 of 4 windows are still open"),
    ],
)
def test_a_rate_of_everybody_treated_says_how_many_windows_are_open(in_window: int, told: str) -> None:
    rate: dict[str, str | int | None] = {
        "count": 1,
        "of": 4,
        "share": "0.2500",
        "low": "0.0456",
        "high": "0.6994",
    }
    assert " ".join(imputed(rate, {"in_window": in_window, "treated": 4}).split()) == told


def test_a_question_that_cannot_be_asked_comes_back_filled(house: House) -> None:
    page = browser_of(house.max).post("/reports/outcomes/make/", query(house, window_target=40))
    assert page.status_code == 400
    assert "the target lies inside" in words(page)
    assert 'value="40"' in page.content.decode()


def test_another_clinics_report_is_not_there(house: House, other_house: House) -> None:
    browser_of(house.max).post("/reports/outcomes/make/", query(house))
    report = CohortReport.objects.get()
    for path in ("", "table.csv"):
        answer = browser_of(other_house.max).get(f"/reports/outcomes/{report.pk}/{path}")
        assert answer.status_code == 404


def test_one_that_was_begun_today_is_gone_on_with(house: House) -> None:
    address = begin(house)
    form = {"id": new_id(), "instrument": "phq-9", "occasion": "baseline"}
    page = browser_of(house.nils).post(f"/patients/{house.rosa.pk}/outcomes/begin/", form, follow=True)
    assert page.redirect_chain[-1][0] == address
    assert "is half done: go on with it" in words(page)
    assert QuestionnaireResponse.objects.count() == 1
