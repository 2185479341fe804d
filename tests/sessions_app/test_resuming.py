"""What a resumption asks for after an alert that called the clinician to the chair."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic.problems import Conflict
from sessions_app.infusing import infusion
from sessions_app.leaving import decisions
from sessions_app.models import InfusionEvent, Session, SideEffect
from sessions_app.observing import alerts, flowsheet, vitals
from sessions_app.preparing import overrides
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.alert_stories import resolve
from tests.sessions_app.effect_stories import go_on, report
from tests.sessions_app.stories import STARTED_AT

LOW = {"oxygen_saturation_percent": 89, "confirmed": True}


def minute(minutes: float) -> datetime:
    return STARTED_AT + timedelta(minutes=minutes)


def read(house: House, session: Session, at: float, **changes: Any) -> Any:
    return stories.measure(house, session, stories.calm(minute(at), **changes))


def pause(house: House, session: Session, at: float) -> None:
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=session, now=minute(at))


def resume(house: House, session: Session, at: float) -> InfusionEvent:
    return infusion.resume(actor=house.actor(house.nils), id=new_id(), session=session, now=minute(at))


def blockers(house: House, session: Session, at: float) -> dict[str, str]:
    """What a resumption at this minute is refused for."""
    with pytest.raises(Conflict) as refused:
        resume(house, session, at)
    assert refused.value.code == "not_ready"
    return {blocker["code"]: blocker["detail"] for blocker in refused.value.data["blockers"]}


def acknowledge(house: House, session: Session, at: float) -> None:
    for alert in alerts.open_of(session):
        alerts.acknowledge(actor=house.actor(house.nils), id=new_id(), alert=alert, now=minute(at))


def stopped_by_an_alert(house: House) -> Session:
    """A saturation past the stop limit in the tenth minute, and a pause in the eleventh."""
    session = stories.infusing(house)
    read(house, session, 10, **LOW)
    pause(house, session, 11)
    return stories.fresh(session)


def test_a_calm_pause_goes_on_as_before(house: House) -> None:
    session = stories.infusing(house)
    read(house, session, 10)
    pause(house, session, 11)
    assert resume(house, session, 14).kind == "resume"


def test_after_a_stop_alert_nothing_goes_on_unread(house: House) -> None:
    session = stopped_by_an_alert(house)
    held = blockers(house, session, 13)
    assert list(held) == ["stop_acknowledged", "within_limits"]
    assert held["stop_acknowledged"].endswith("Oxygen saturation 89 %: below 90.")
    acknowledge(house, session, 13)
    assert list(blockers(house, session, 13)) == ["within_limits"]
    read(house, session, 15, oxygen_saturation_percent=93)
    assert blockers(house, session, 15)["within_limits"].endswith("Oxygen saturation.")
    read(house, session, 16)
    resume(house, session, 16)


def test_to_type_that_the_alert_is_over_is_no_measurement(house: House) -> None:
    session = stopped_by_an_alert(house)
    for alert in alerts.open_of(session):
        alerts.resolve(
            actor=house.actor(house.priya), id=new_id(), alert=alert, words="Better.", now=minute(12)
        )
    assert list(blockers(house, session, 13)) == ["within_limits"]


def test_a_saturation_alone_is_no_full_set(house: House) -> None:
    session = stopped_by_an_alert(house)
    acknowledge(house, session, 12)
    alone = vitals.Reading(measured_at=minute(13), oxygen_saturation_percent=98, absent_reason="Cuff off")
    stories.measure(house, session, alone)
    assert list(blockers(house, session, 13)) == ["within_limits"]


def test_a_symptom_holds_as_a_figure_does(house: House) -> None:
    session = stopped_by_an_alert(house)
    read(house, session, 12, symptoms=["dyspnoea"])
    acknowledge(house, session, 12)
    read(house, session, 13, symptoms=["dyspnoea"])
    assert "Trouble breathing" in blockers(house, session, 13)["within_limits"]


def test_a_symptom_that_the_newest_full_set_no_longer_names_holds_nothing_up(house: House) -> None:
    session = stopped_by_an_alert(house)
    read(house, session, 12, symptoms=["dyspnoea"])
    read(house, session, 13, symptoms=["dyspnoea"])
    read(house, session, 14)
    acknowledge(house, session, 14)
    resume(house, session, 14)


def test_a_prescriber_lets_it_go_on_by_name_until_something_newer_is_known(house: House) -> None:
    session = stopped_by_an_alert(house)
    [asked] = decisions.waiting([house.clinic.pk], minute(12))
    assert (asked.decision.subject, asked.decision.found) == ("resume", "Oxygen saturation 89 %: below 90.")

    def let_it_go_on(at: float) -> None:
        overrides.override(
            actor=house.actor(house.priya),
            id=new_id(),
            session=session,
            subject="resume",
            about=flowsheet.newest_line(session).pk,  # type: ignore[union-attr]
            reason="Probe on a cold finger; I am at the chair.",
            now=minute(at),
        )

    let_it_go_on(12)
    read(house, session, 13, oxygen_saturation_percent=88, confirmed=True)
    assert list(blockers(house, session, 13)) == ["stop_acknowledged", "within_limits"]
    let_it_go_on(14)
    assert decisions.waiting([house.clinic.pk], minute(14)) == []
    resume(house, session, 14)


def test_what_one_resumption_judged_holds_up_no_later_one(house: House) -> None:
    session = stopped_by_an_alert(house)
    acknowledge(house, session, 12)
    read(house, session, 16)
    resume(house, session, 16)
    pause(house, session, 17)
    resume(house, session, 18)


def test_the_newest_set_is_judged_whatever_an_earlier_resumption_judged(house: House) -> None:
    session = stopped_by_an_alert(house)
    acknowledge(house, session, 12)
    read(house, session, 16)
    resume(house, session, 16)
    pause(house, session, 17)
    read(house, session, 18, systolic_mmhg=185, diastolic_mmhg=84)
    assert "Systolic pressure" in blockers(house, session, 18)["within_limits"]
    [asked] = decisions.waiting([house.clinic.pk], minute(18))
    assert (asked.decision.subject, asked.decision.found) == ("resume", "Systolic pressure.")
    read(house, session, 19, systolic_mmhg=165)
    resume(house, session, 19)


def test_an_overdue_reading_is_taken_before_anything_goes_on(house: House) -> None:
    session = stories.infusing(house)
    read(house, session, 10)
    pause(house, session, 11)
    assert list(blockers(house, session, 20)) == ["reading_overdue"]
    assert decisions.waiting([house.clinic.pk], minute(20)) == [], "nobody can let pass what nobody measured"
    read(house, session, 20)
    resume(house, session, 20)


def test_in_a_calm_pause_there_is_nothing_to_let_pass(house: House) -> None:
    session = stories.infusing(house)
    read(house, session, 10)
    pause(house, session, 11)
    with pytest.raises(Conflict) as refused:
        overrides.override(
            actor=house.actor(house.priya),
            id=new_id(),
            session=session,
            subject="resume",
            about=flowsheet.newest_line(stories.fresh(session)).pk,  # type: ignore[union-attr]
            reason="Go on",
            now=minute(12),
        )
    assert refused.value.code == "nothing_to_decide"


def test_a_set_after_the_call_counts_though_the_servers_clock_was_set_back(house: House) -> None:
    session = stories.infusing(house)
    pause(house, session, 10)
    read(house, session, 11, **LOW)
    acknowledge(house, session, 11)
    assert blockers(house, session, 11) == {
        "within_limits": "A full set must be within the limits first, or the prescriber decides. "
        "None was measured since."
    }
    read(house, session, 5)
    assert resume(house, session, 11).kind == "resume"


def chest_pain(house: House) -> tuple[Session, SideEffect]:
    """A chest pain of grade 3 and a pause; its alert is acknowledged, and a calm set was taken since."""
    session = stories.infusing(house)
    effect = report(house, session, term="chest_pain", grade=3, onset_at=minute(9), now=minute(10))
    pause(house, session, 11)
    acknowledge(house, session, 12)
    read(house, session, 13)
    return stories.fresh(session), effect


def let_it_go_on(house: House, session: Session, at: float) -> None:
    [asked] = decisions.of_session(stories.fresh(session), minute(at))
    overrides.override(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        subject=asked.decision.subject,
        about=asked.decision.about,
        reason="ECG is normal; I am at the chair.",
        now=minute(at),
    )


def test_a_serious_side_effect_that_has_not_ended_holds_though_every_value_is_well(house: House) -> None:
    session, effect = chest_pain(house)
    says = (
        "A serious side effect has not ended: record its end, or the prescriber decides. Chest pain, grade 3."
    )
    assert blockers(house, session, 13) == {"effect_decided": says}
    [asked] = decisions.waiting([house.clinic.pk], minute(13))
    assert (asked.decision.subject, asked.decision.found) == ("resume", "Chest pain, grade 3.")
    go_on(house, session, effect, 1, now=minute(14))
    assert list(blockers(house, session, 14)) == ["effect_decided"], "better is not over"
    go_on(house, session, effect, 1, now=minute(15), outcome="resolved", ended_at=minute(15))
    assert decisions.waiting([house.clinic.pk], minute(15)) == []
    resume(house, session, 15)


def test_a_prescriber_decides_about_a_side_effect_once_until_it_is_worse(house: House) -> None:
    session, effect = chest_pain(house)
    let_it_go_on(house, session, 14)
    read(house, session, 15)
    resume(house, session, 15)
    pause(house, session, 16)
    resume(house, session, 17)
    go_on(house, session, effect, 1, now=minute(18), outcome="resolved", ended_at=minute(18))
    go_on(house, session, effect, 3, now=minute(19))
    pause(house, session, 20)
    back = alerts.open_of(session).latest("raised_at")
    alerts.acknowledge(actor=house.actor(house.nils), id=new_id(), alert=back, now=minute(20))
    read(house, session, 21)
    assert list(blockers(house, session, 21)) == ["effect_decided"], "it is back, and nobody has decided"
    let_it_go_on(house, session, 21)
    resume(house, session, 22)


def test_an_alert_about_a_side_effect_is_decided_when_a_prescriber_resolves_it(house: House) -> None:
    session, _ = chest_pain(house)
    resolve(house, session, house.priya, at=14)
    assert decisions.waiting([house.clinic.pk], minute(14)) == []
    resume(house, session, 14)


def test_a_nurse_who_resolves_it_decides_nothing(house: House) -> None:
    session, _ = chest_pain(house)
    resolve(house, session, house.nils, at=14)
    assert list(blockers(house, session, 14)) == ["effect_decided"]
