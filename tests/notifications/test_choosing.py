"""What of one patient's wanted messages is said now, and what holds whatever is wanted."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.planning import choosing, reasons, rules
from notifications.planning.choosing import Candidate, Decision, Reach, Verdict
from notifications.planning.rules import DEFAULTS, Receiver, Wanted, by_stage
from notifications.planning.timing import FEDERAL, Daytime, local_day, out_of_quiet_hours
from tests.cast import NOW, ZONE, local

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL = by_stage(DEFAULTS)
TEXTED = Reach(Receiver(ZONE), texted=True, mailed=True)
MAILED = Reach(Receiver(ZONE), texted=False, mailed=True)


def candidate(stage: str, moment: datetime, *, useful: timedelta = DAY, **changes: object) -> Candidate:
    rule = ALL[stage]
    wanted = Wanted(
        stage=stage,
        kind=rule.kind,
        moment=moment,
        due_at=out_of_quiet_hours(moment, ZONE),
        stale_at=moment + useful,
    )
    return Candidate(f"{stage}:{moment:%d%H%M}", wanted, replace(rule, **changes))  # type: ignore[arg-type]


def decided(candidates: list[Candidate], reach: Reach = MAILED, now: datetime = NOW) -> dict[str, Decision]:
    chosen = choosing.choose(candidates, reach, [], now)
    return {one.candidate.wanted.stage: one for one in chosen}


def test_what_lies_ahead_waits() -> None:
    assert decided([candidate("T-3d", NOW + timedelta(minutes=1))]) == {}


def test_what_is_due_is_said_and_takes_along_what_is_due_later_on_the_day() -> None:
    chosen = decided(
        [candidate("T-1d", NOW + 3 * HOUR), candidate("day_7", NOW), candidate("T-2h", NOW + DAY)]
    )
    assert {stage: one.verdict for stage, one in chosen.items()} == {
        "T-1d": Verdict.SAY,
        "day_7": Verdict.CARRIED,
    }
    assert (chosen["T-1d"].due_at, chosen["day_7"].carrier) == (NOW, chosen["T-1d"].candidate.key)


@pytest.mark.parametrize(
    "stage", ["confirmation", "move", "change", "cancellation", "offer", "same_day", "next_morning"]
)
def test_what_may_not_be_merged_stands_alone(stage: str) -> None:
    chosen = decided([candidate("T-1d", NOW), candidate("prepare", NOW), candidate(stage, NOW)])
    assert chosen[stage].verdict == Verdict.SAY
    assert chosen["prepare"].carrier == chosen["T-1d"].candidate.key


@pytest.mark.parametrize("key", ["A", "z"])
@pytest.mark.parametrize("earlier", [timedelta(), 2 * HOUR])
def test_of_two_visits_the_message_speaks_of_the_next_one(key: str, earlier: timedelta) -> None:
    """Tomorrow's visit, and that of in three days, of which the patient is asked on one day."""

    def about(one: Candidate, visit: datetime) -> Candidate:
        return replace(one, wanted=replace(one.wanted, visit_starts_at=visit))

    tomorrow = about(candidate("T-1d", NOW + earlier), NOW + DAY + earlier)
    later = replace(about(candidate("T-3d", NOW), NOW + 3 * DAY), key=key)
    prepare = about(candidate("prepare", NOW + earlier), NOW + DAY + earlier)
    chosen = decided([later, prepare, tomorrow])
    assert {stage: one.carrier for stage, one in chosen.items()} == {
        "T-1d": "",
        "prepare": tomorrow.key,
        "T-3d": tomorrow.key,
    }


def test_the_day_ends_at_the_patients_midnight() -> None:
    evening = local(date(2027, 1, 11), "20:00")
    chosen = decided([candidate("T-3d", evening), candidate("day_7", evening + 13 * HOUR)], now=evening)
    assert set(chosen) == {"T-3d"}


def test_nothing_is_said_at_night_and_what_the_night_outlasts_is_dropped() -> None:
    night = local(date(2027, 1, 11), "22:00")
    waits, gone = candidate("T-3d", night - 2 * HOUR), candidate("T-2h", night - 2 * HOUR, useful=3 * HOUR)
    chosen = decided([waits, gone], now=night)
    assert {stage: one.reason for stage, one in chosen.items()} == {"T-2h": reasons.TOO_LATE}


def test_a_reason_against_it_is_given_at_its_moment_and_not_before() -> None:
    short = candidate("T-2h", NOW)
    short = replace(short, wanted=replace(short.wanted, why_not=reasons.SHORT_NOTICE))
    assert decided([short], now=NOW - HOUR) == {}
    assert decided([short])["T-2h"].reason == reasons.SHORT_NOTICE


def test_the_first_text_of_the_day_is_a_text_and_the_second_an_email() -> None:
    chosen = decided([candidate("confirmation", NOW), candidate("T-3d", NOW)], TEXTED)
    assert sorted(one.form for one in chosen.values()) == ["", "email"]


@pytest.mark.parametrize(
    ("changes", "mailed"), [({"forms": ("sms",)}, True), ({"falls_back": False}, True), ({}, False)]
)
def test_a_text_too_many_that_may_not_go_by_email_says_why_not(changes: dict[str, Any], mailed: bool) -> None:
    reach = replace(TEXTED, mailed=mailed)
    chosen = choosing.choose([candidate("T-3d", NOW, **changes)], reach, [NOW - HOUR], NOW)
    assert [(one.verdict, one.reason) for one in chosen] == [(Verdict.NOT, reasons.CAPPED_DAY)]


def test_a_week_has_seven_days() -> None:
    texts = [NOW - 2 * DAY, NOW - 4 * DAY, NOW - 7 * DAY + HOUR]
    reach = replace(TEXTED, mailed=False)
    assert choosing.choose([candidate("T-3d", NOW)], reach, texts, NOW)[0].reason == reasons.CAPPED_WEEK
    later = NOW + 2 * HOUR
    assert choosing.choose([candidate("T-3d", NOW)], reach, texts, later)[0].verdict == Verdict.SAY


@pytest.mark.parametrize("stage", ["move", "change", "cancellation", "same_day", "next_morning"])
def test_no_cap_holds_back_what_safety_or_an_errand_in_vain_hangs_on(stage: str) -> None:
    texts = [NOW - HOUR, NOW - 2 * DAY, NOW - 3 * DAY]
    (chosen,) = choosing.choose([candidate(stage, NOW)], replace(TEXTED, mailed=False), texts, NOW)
    assert (chosen.verdict, chosen.form) == (Verdict.SAY, "")


def test_what_is_said_uncapped_counts_for_the_others_of_the_same_moment() -> None:
    chosen = decided([candidate("T-3d", NOW - HOUR), candidate("move", NOW)], TEXTED)
    assert (chosen["move"].form, chosen["T-3d"].form) == ("", "email")


# --- Whatever is wanted ---------------------------------------------------------------------------
# (zone, a day on which the clocks change or, in Phoenix, don't)
CHANGES = [
    (zone, day)
    for zone, *days in [
        ("America/New_York", date(2027, 3, 14), date(2027, 11, 7)),
        ("America/Chicago", date(2027, 3, 14), date(2027, 11, 7)),
        ("America/Phoenix", date(2027, 3, 14), date(2027, 11, 7)),
        ("America/Los_Angeles", date(2027, 3, 14), date(2027, 11, 7)),
        ("Europe/Berlin", date(2027, 3, 28), date(2027, 10, 31)),
    ]
    for day in days
]
STRICT = Daytime(time(9), time(20))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Candidate], Reach, list[datetime]]:
    """One patient's wanted messages around a change of the clocks, and the moments of the planner's runs."""
    zone, day = draw(st.sampled_from(CHANGES))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    reach = Reach(
        Receiver(zone, draw(st.sampled_from([FEDERAL, STRICT]))),
        texted=draw(st.booleans()),
        mailed=draw(st.booleans()),
        most_a_day=draw(st.integers(1, 2)),
        most_a_week=draw(st.integers(1, 4)),
    )
    wanted = []
    for number, stage in enumerate(draw(st.lists(st.sampled_from(rules.STAGES), max_size=12))):
        moment = noon + timedelta(minutes=draw(st.integers(-3 * 1440, 3 * 1440)))
        wanted.append(
            Candidate(
                f"{number:02}",
                Wanted(
                    stage=stage,
                    kind=ALL[stage].kind,
                    moment=moment,
                    due_at=out_of_quiet_hours(moment, zone, reach.receiver.daytime),
                    stale_at=moment + timedelta(minutes=draw(st.integers(1, 3 * 1440))),
                    why_not=draw(st.sampled_from(["", "", "", reasons.SHORT_NOTICE])),
                ),
                ALL[stage],
            )
        )
    runs = draw(st.lists(st.integers(-4 * 1440, 8 * 1440), min_size=1, max_size=12))
    return wanted, reach, [noon + timedelta(minutes=minutes) for minutes in runs]


@settings(max_examples=400)
@given(worlds())
def test_whenever_the_planner_runs_each_thing_is_said_or_reasoned_once_in_time_by_day_and_within_the_caps(
    world: tuple[list[Candidate], Reach, list[datetime]],
) -> None:
    wanted, reach, runs = world
    done: dict[str, tuple[datetime, Decision]] = {}
    texts: list[datetime] = []
    # At the end comes a run by which everything has had its moment.
    for now in [*runs, max([*runs, *(one.wanted.stale_at for one in wanted)]) + DAY]:
        waiting = [one for one in wanted if one.key not in done]
        chosen = choosing.choose(waiting, reach, texts, now)
        assert choosing.choose(waiting, reach, texts, now) == chosen
        keys = [one.candidate.key for one in chosen]
        assert len(set(keys)) == len(keys)
        _said_rightly(chosen, reach, texts, now)
        texts += [now for one in chosen if _is_text(one, reach)]
        done.update((one.candidate.key, (now, one)) for one in chosen)
    assert set(done) == {one.key for one in wanted}


def _is_text(one: Decision, reach: Reach) -> bool:
    return one.verdict == Verdict.SAY and (one.form == "sms" or (not one.form and reach.texted))


def _said_rightly(chosen: list[Decision], reach: Reach, before: list[datetime], now: datetime) -> None:
    by_key = {one.candidate.key: one for one in chosen}
    zone, daytime = reach.receiver.zone, reach.receiver.daytime
    today = local_day(now, zone)
    texts = sum(_is_text(one, reach) for one in chosen)
    for one in chosen:
        wanted = one.candidate.wanted
        if one.verdict == Verdict.NOT:
            assert one.reason
            continue
        assert not wanted.why_not
        assert now < wanted.stale_at
        assert daytime.begins <= now.astimezone(ZoneInfo(zone)).time() < daytime.ends
        assert local_day(max(wanted.due_at, now), zone) == today
        if one.verdict == Verdict.CARRIED:
            assert by_key[one.carrier].verdict == Verdict.SAY
            carrier = by_key[one.carrier].candidate
            # A series is told in one message; of anything else only what merges goes together.
            assert wanted.kind == carrier.wanted.kind == rules.CONFIRMATION or (
                one.candidate.rule.merges and carrier.rule.merges
            )
        elif _is_text(one, reach) and one.candidate.rule.capped:
            todays = sum(local_day(at, zone) == today for at in before)
            assert todays + texts <= reach.most_a_day
            assert sum(now - choosing.WEEK < at for at in before) + texts <= reach.most_a_week
