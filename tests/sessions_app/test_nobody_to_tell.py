"""An alert for which no prescriber can be reached: it says so, goes to who is there, and asks again."""

from clinic.models import Membership, Role, WorkItem
from sessions_app.models import Alert, AlertStep, Session
from sessions_app.observing import alert_clocks, alerts
from sessions_app.observing.ladder import Ladder
from tests.cast import House, make_user
from tests.sessions_app import stories
from tests.sessions_app.alert_stories import CAUTION, EMERGENCY, bad, charge_nurse, minute, rungs

UNREACHED = ("unreached", "prescriber", None)


def without_prescriber(house: House) -> Session:
    session = stories.infusing(house)
    Membership.objects.filter(user=house.priya, role=Role.PRESCRIBER).delete()
    return session


def steps(alert: Alert) -> list[tuple[str, str, str | None]]:
    rows = alert.steps.order_by("recorded_at", "rung")
    return [(step.kind, step.rung, step.told.full_name if step.told else None) for step in rows]


def test_nobody_is_recorded_as_told_where_there_is_no_prescriber(house: House) -> None:
    session = without_prescriber(house)
    bad(house, session, 10, **EMERGENCY)
    alert = alerts.open_of(session).get()
    assert steps(alert) == [("told", "nurse", "Nils Berg"), UNREACHED]
    assert WorkItem.objects.get().role == Role.PRESCRIBER, "those who see to it are called about the task"


def test_the_charge_nurse_is_told_at_once_in_the_prescribers_place(house: House) -> None:
    charge_nurse(house)
    session = without_prescriber(house)
    bad(house, session, 10, **EMERGENCY)
    alert = alerts.open_of(session).get()
    assert rungs(alert) == [("charge", "Cleo Brandt", minute(10)), ("nurse", "Nils Berg", minute(10))]
    assert UNREACHED in steps(alert)


def test_whoever_comes_to_prescribe_is_told_at_the_next_beat(house: House) -> None:
    session = without_prescriber(house)
    bad(house, session, 10, **EMERGENCY)
    alert = alerts.open_of(session).get()
    assert alert_clocks.run_clocks(now=minute(11)) == 0, "that nobody is there is said once"
    quinn = make_user(house.clinic, "Quinn Abel", Role.PRESCRIBER)
    following = Ladder([session], minute(11)).next_told(session, alert)
    assert following is not None
    assert (following.rung, following.user, following.at) == ("prescriber", quinn, minute(11))
    assert alert_clocks.run_clocks(now=minute(11)) == 1
    assert rungs(alert)[-1] == ("prescriber", "Quinn Abel", minute(11))
    assert alert_clocks.run_clocks(now=minute(12)) == 0


def test_what_was_once_written_as_told_to_nobody_does_not_count(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert = alerts.open_of(session).get()
    AlertStep.objects.create(
        session=session, alert=alert, kind="told", rung="prescriber", revision=1, recorded_at=minute(10)
    )
    assert alert_clocks.run_clocks(now=minute(12)) == 1
    assert ("prescriber", "Priya Nair", minute(12)) in rungs(alert)


def test_an_alert_that_nobody_answers_says_that_the_last_rung_is_empty(house: House) -> None:
    session = without_prescriber(house)
    bad(house, session, 10, **CAUTION)
    alert = alerts.open_of(session).get()
    assert alert_clocks.run_clocks(now=minute(12)) == 1
    assert steps(alert) == [("told", "nurse", "Nils Berg"), UNREACHED]
    assert WorkItem.objects.get().role == Role.PRESCRIBER
    assert alert_clocks.run_clocks(now=minute(12.5)) == 0


def test_readings_missed_in_a_row_say_so_too(house: House) -> None:
    session = without_prescriber(house)
    for at in (14, 16, 24):
        alert_clocks.run_clocks(now=minute(at))
    urgent = alerts.open_of(session).get(level="stop")
    assert UNREACHED in steps(urgent)
