"""MLLP's frames, however the bytes are cut up on their way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.monitors.framing import Framer, TooLong, framed

# Without the bytes that frame.
MESSAGES = st.lists(st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\x0b\x1c")), max_size=5)


@given(MESSAGES, st.lists(st.integers(1, 7), min_size=1, max_size=9))
def test_however_a_stream_is_cut_the_same_messages_come_out(messages: list[bytes], cuts: list[int]) -> None:
    stream, framer = b"".join(map(framed, messages)), Framer(100)
    found: list[bytes] = []
    for number in range(len(stream)):
        size = cuts[number % len(cuts)]
        found += framer.feed(stream[:size])
        stream = stream[size:]
    assert found == messages
    assert not framer.begun


def test_what_stands_between_frames_is_passed_over() -> None:
    assert list(Framer(100).feed(b"noise\r\n" + framed(b"one") + b"\r\n??" + framed(b"two"))) == [
        b"one",
        b"two",
    ]


def test_a_frame_that_was_given_up_doesnt_spoil_the_next() -> None:
    assert list(Framer(100).feed(b"\x0bhalf a mess" + framed(b"whole"))) == [b"whole"]


def test_an_end_mark_in_two_pieces_ends_the_message() -> None:
    framer = Framer(100)
    assert [list(framer.feed(piece)) for piece in (b"\x0bone\x1c", b"\r")] == [[], [b"one"]]


@pytest.mark.parametrize("ends", [True, False])
def test_a_message_longer_than_allowed_is_refused(ends: bool) -> None:
    raw = framed(b"x" * 11) if ends else b"\x0b" + b"x" * 14
    with pytest.raises(TooLong):
        list(Framer(10).feed(raw))
    assert list(Framer(10).feed(framed(b"x" * 10))) == [b"x" * 10]
