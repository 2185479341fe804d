"""What was kept for want of a chair is taken over when a person says since when the monitor stood there."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.models import WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.models import Alert, MonitorDevice, MonitorSample, UnmatchedMessage
from sessions_app.monitors import devices, feed, taking_over
from sessions_app.monitors.taking_over import TAKEN_OVER, TakenOver
from tests.cast import House, client_of
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import Bed, bed, chair_of, monitor_at, seat
from tests.sessions_app.monitors.messages import CALM, DURING, oru

SECOND = timedelta(seconds=1)
NOW = DURING + timedelta(minutes=2)


@pytest.fixture
def rosa(house: House) -> Bed:
    """Rosa's infusion runs in Chair 1, but her monitor still counts as standing at no chair."""
    found = bed(house)
    place(house, found.device, None)
    return found


def place(house: House, device: MonitorDevice, chair: Any) -> MonitorDevice:
    return devices.move(actor=house.actor(house.nils), device=device, chair=chair, now=NOW)


def sends(house: House, *moments: datetime, **options: Any) -> None:
    now = options.pop("now", DURING)
    messages = [oru(at, control_id=f"{at:%H%M%S}", **options) for at in moments]
    feed.take(messages=messages, home=house.clinic, now=now)


def take_over(house: House, device: MonitorDevice, since: datetime = DURING, **confirmed: bool) -> TakenOver:
    nils = house.actor(house.nils)
    return taking_over.take_over(actor=nils, device=device, since=since, now=NOW, **confirmed)


def measured(bed: Bed) -> list[datetime]:
    return sorted(bed.session.monitor_samples.values_list("measured_at", flat=True))


def test_what_was_kept_goes_to_the_session_and_the_task_closes(house: House, rosa: Bed) -> None:
    sends(house, DURING, DURING + SECOND, DURING + 2 * SECOND)
    assert not MonitorSample.objects.exists()
    device = place(house, rosa.device, rosa.chair)
    assert taking_over.waiting(device).count == 3
    assert take_over(house, device) == TakenOver(3, 0)
    assert measured(rosa) == [DURING, DURING + SECOND, DURING + 2 * SECOND]
    rows = UnmatchedMessage.objects.values_list("outcome", "settled_by", "settled_at")
    assert set(rows) == {(TAKEN_OVER, house.nils.pk, NOW)}
    assert WorkItem.objects.get().outcome == TAKEN_OVER


def test_nothing_is_ever_doubled(house: House, rosa: Bed) -> None:
    sends(house, DURING)
    device = place(house, rosa.device, rosa.chair)
    feed.take(messages=[oru(DURING, control_id=f"{DURING:%H%M%S}")], home=house.clinic, now=NOW)
    assert [take_over(house, device) for _ in range(2)] == [TakenOver(1, 0), TakenOver(0, 0)]
    assert measured(rosa) == [DURING]


def test_what_it_measured_before_stays_kept(house: House, rosa: Bed) -> None:
    sends(house, DURING - SECOND, DURING)
    device = place(house, rosa.device, rosa.chair)
    assert take_over(house, device) == TakenOver(1, 1)
    assert measured(rosa) == [DURING]
    assert WorkItem.objects.get().closed_at is None


def test_a_monitor_that_nobody_knew_is_taken_over_once_it_is_known(house: House) -> None:
    omar = bed(house, house.omar)
    place(house, omar.device, None)
    sends(house, DURING, sender="NEW")
    new = monitor_at(house, omar.chair, "NEW")
    assert take_over(house, new) == TakenOver(1, 0)
    assert measured(omar) == [DURING]


def test_a_persons_word_since_when_holds_for_what_comes_later_still(house: House, rosa: Bed) -> None:
    device = place(house, rosa.device, rosa.chair)  # from NOW on; it was wheeled there before
    sends(house, DURING, DURING + SECOND)
    assert taking_over.waiting(device).count == 2
    assert take_over(house, device, DURING + SECOND) == TakenOver(1, 1)
    sends(house, DURING + 2 * SECOND, DURING - SECOND)
    assert measured(rosa) == [DURING + SECOND, DURING + 2 * SECOND]


def test_a_message_that_names_another_patient_stays_kept(house: House, rosa: Bed) -> None:
    sends(house, DURING, patient=house.omar.mrn)
    device = place(house, rosa.device, rosa.chair)
    assert take_over(house, device) == TakenOver(0, 1)
    assert not MonitorSample.objects.exists()


def test_what_was_kept_for_another_reason_is_for_a_person(house: House, rosa: Bed) -> None:
    device = place(house, rosa.device, rosa.chair)
    assert take_over(house, device) == TakenOver(0, 0)
    sends(house, DURING, patient=house.omar.mrn)
    assert take_over(house, device) == TakenOver(0, 0)
    assert UnmatchedMessage.objects.get().settled_at is None


def test_a_value_past_a_limit_is_an_alert_although_it_comes_late(house: House, rosa: Bed) -> None:
    sends(house, DURING, lines=[*CALM[:1], ("59408-5", "84", "%")])
    device = place(house, rosa.device, rosa.chair)
    take_over(house, device)
    assert Alert.objects.get(session=rosa.session).sign == "oxygen_saturation_percent"


def test_what_was_no_utf8_is_taken_over_as_it_came(house: House, rosa: Bed) -> None:
    header = "MSH|^~\\&|BED4|WARD|||20270111150000+0000||ORU^R01^ORU_R01|1|P|2.6||||||8859/1"
    raw = oru(DURING, header=header).replace(b"Vital signs", "Vitalzeichen für Ä".encode("latin-1"))
    feed.take(messages=[raw], home=house.clinic, now=DURING)
    device = place(house, rosa.device, rosa.chair)
    assert take_over(house, device) == TakenOver(1, 0)


def test_an_empty_chair_takes_nothing_over(house: House, rosa: Bed) -> None:
    sends(house, DURING)
    rosa.session.appointment.claims.all().delete()
    device = place(house, rosa.device, rosa.chair)
    assert take_over(house, device) == TakenOver(0, 1)
    seat(rosa.session, rosa.chair)
    assert take_over(house, device) == TakenOver(1, 0)


def wheeled_to_omar(house: House) -> tuple[Bed, Bed, MonitorDevice]:
    """Rosa's monitor measured her, and was recorded at Omar's chair twelve seconds later."""
    rosa = bed(house)
    omar = stories.infusing(house, house.omar)
    his = Bed(omar, chair_of(house, "Chair 2"), rosa.device)
    seat(omar, his.chair)
    sends(house, DURING + 7 * SECOND, now=NOW)
    nils = house.actor(house.nils)
    device = devices.move(actor=nils, device=rosa.device, chair=his.chair, now=DURING + 12 * SECOND)
    sends(house, DURING + 10 * SECOND, now=NOW)
    return rosa, his, device


@pytest.mark.parametrize("moved_earlier", [False, True])
def test_nothing_is_taken_over_from_while_it_measured_somebody_else(
    house: House, moved_earlier: bool
) -> None:
    rosa, omar, device = wheeled_to_omar(house)
    assert measured(rosa) == [DURING + 7 * SECOND]
    for since in (DURING - 20 * SECOND, DURING + 7 * SECOND):
        with pytest.raises(Invalid, match="since: At 09:25:07 it still measured a patient in another chair"):
            take_over(house, device, since, moved_earlier=moved_earlier)
    device.refresh_from_db()
    assert (measured(omar), device.chair_since) == ([], DURING + 12 * SECOND)


def test_a_move_that_was_recorded_late_is_confirmed(house: House) -> None:
    _, omar, device = wheeled_to_omar(house)
    since = DURING + 9 * SECOND
    with pytest.raises(Invalid, match=r"moved_earlier: As recorded, .* another chair until 09:25:12"):
        take_over(house, device, since)
    assert measured(omar) == []
    assert take_over(house, device, since, moved_earlier=True) == TakenOver(1, 0)
    assert measured(omar) == [DURING + 10 * SECOND]
    with pytest.raises(Invalid, match="until 09:25:12"):
        take_over(house, device, since)  # the word was for then; it is asked again


def test_a_monitor_that_measured_an_earlier_patient_in_the_same_chair_is_taken_over(
    house: House, rosa: Bed
) -> None:
    device = place(house, rosa.device, rosa.chair)
    sends(house, DURING)
    assert take_over(house, device) == TakenOver(1, 0)
    sends(house, DURING + SECOND)
    assert take_over(house, device) == TakenOver(0, 0)


@pytest.mark.parametrize("since", [NOW + SECOND, NOW - taking_over.LONGEST - SECOND])
def test_a_moment_that_cannot_be_is_refused(house: House, rosa: Bed, since: datetime) -> None:
    device = place(house, rosa.device, rosa.chair)
    with pytest.raises(Invalid, match="since"):
        take_over(house, device, since)


def test_without_a_chair_there_is_nobody_to_take_it_over_for(house: House, rosa: Bed) -> None:
    with pytest.raises(Conflict, match="stands at no chair"):
        take_over(house, rosa.device)


def test_more_messages_cost_no_more_queries(
    house: House, rosa: Bed, django_assert_max_num_queries: Any
) -> None:
    sends(house, *(DURING + SECOND * number for number in range(60)))
    device = place(house, rosa.device, rosa.chair)
    with django_assert_max_num_queries(30):
        assert take_over(house, device).taken_over == 60


def test_on_the_page_a_nurse_says_since_when_and_is_told_how_many(
    house: House, rosa: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic.clock.now", lambda: NOW)
    sends(house, DURING, DURING + SECOND)
    nils = Client()
    nils.force_login(house.nils)
    page = f"/monitors/{rosa.device.pk}/"
    moved = nils.post(page, {"chair": rosa.chair.pk}, follow=True)
    assert moved.redirect_chain == [(page, 302)]
    assert b"2 messages" in moved.content
    refused = nils.post(f"{page}take-over/", {"since": ""})
    assert refused.status_code == 400
    assert b"Say from when on it has stood there." in refused.content
    done = nils.post(f"{page}take-over/", {"since": "2027-01-11T09:25"}, follow=True)
    assert b"Messages taken over: 2." in done.content
    assert stories.fresh(rosa.session).monitor_samples.count() == 2


def test_over_the_api_the_answer_says_how_many(
    house: House, rosa: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic.clock.now", lambda: NOW)
    sends(house, DURING - SECOND, DURING)
    place(house, rosa.device, rosa.chair)
    path = f"/api/v1/monitors/{rosa.device.pk}/take-over/"
    answer = client_of(house.nils).post(path, {"since": DURING.isoformat()})
    assert (answer.status_code, answer.json()) == (200, {"taken_over": 1, "waiting": 1})
