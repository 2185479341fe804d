"""What is said of the proposals of a series."""

from datetime import date, timedelta

from scheduler.series.words import Traits, set_apart, told_apart


def test_proposals_that_look_alike_are_told_apart_by_what_is_true_of_one_alone() -> None:
    mornings = "Mon and Thu mornings"
    phrases = [
        (mornings, "All with Nora", "From Mon, Jan 11"),
        (mornings, "All with Nora", "From Thu, Jan 14"),
        ("Tue mornings", "All with Nora", "From Tue, Jan 12"),
    ]
    assert told_apart(phrases, [[], [], []]) == [
        f"{mornings}. From Mon, Jan 11",
        f"{mornings}. From Thu, Jan 14",
        "Tue mornings",
    ]


def test_where_all_that_is_said_is_the_same_a_start_tells_them_apart() -> None:
    phrases = [("Mon mornings", "All with Nora"), ("Mon mornings", "All with Nora")]
    starts = [["Mon, Jan 11, 09:00", "Mon, Jan 18, 09:00"], ["Mon, Jan 11, 09:00", "Mon, Jan 18, 10:00"]]
    assert told_apart(phrases, starts) == [
        "Mon mornings. With Mon, Jan 18, 09:00",
        "Mon mornings. With Mon, Jan 18, 10:00",
    ]


def test_what_sets_proposals_apart_is_said_and_nothing_of_what_they_share() -> None:
    monday = date(2027, 1, 11)
    early = Traits(monday, monday + timedelta(days=14), "Nils", 0)
    late = Traits(monday, monday + timedelta(days=16), "", 30)

    assert set_apart([early, late]) == [
        ["Ends first", "The same nurse throughout: Nils", "Nearest to what was wished for"],
        ["Ends 2 days later"],
    ]
    assert set_apart([early, early]) == [[], []]
    assert set_apart([late]) == [[]]
