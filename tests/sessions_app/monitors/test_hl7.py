"""HL7 v2 as text: fields counted as HL7 counts them, escapes, separators as declared, the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.monitors import hl7
from tests.cast import NOW

PLAIN = (
    b"MSH|^~\\&|BED4|WARD|CHAIRSIDE|CLINIC|20270111||ORU^R01|77|P|2.6\rPID|||A~B^x\r\nOBX|1|NM|8867-4^HR^LN\r"
)


def test_fields_are_counted_as_hl7_counts_them() -> None:
    message = hl7.parse(PLAIN)
    assert (message.control_id, message.kind, message.processing) == ("77", "ORU^R01", "P")
    assert message.header.field(1) == "|"
    assert message.header.component(3) == "BED4"
    [line] = message.named("OBX")
    assert (line.component(3, 1), line.component(3, 3), line.component(5)) == ("8867-4", "LN", "")


def test_a_field_repeats_and_each_repetition_has_components() -> None:
    [line] = hl7.parse(PLAIN).named("PID")
    assert line.repetitions(3) == ["A", "B^x"]
    assert line.component(3, 2, of="B^x") == "x"


def test_a_message_is_cut_by_the_separators_that_it_declares() -> None:
    message = hl7.parse(b"MSH#*+!?#BED4#####?#ORU*R01#77#P#2.6\rOBX#1#NM#8867-4*a!F!b!S!c#\r")
    assert (message.kind, message.control_id) == ("ORU^R01", "77")
    assert message.named("OBX")[0].component(3, 2) == "a#b*c"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\T\b", "a&b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"\E\F\E\ ".strip(), r"\F\ ".strip()),
        (r"\X41E9\!", "Aé!"),
        (r"a\X00\b", r"a\X00\b"),
        (r"\H\bold\N\ ".strip(), "bold"),
        (r"a\.br\b", r"a\.br\b"),
        ("a\\b", "a\\b"),
    ],
)
def test_escapes_are_resolved_once_and_what_is_unknown_stays(sent: str, meant: str) -> None:
    assert hl7.Separators().plain(sent) == meant


@given(st.text(alphabet="|^~\\&FSTREab1 ", max_size=30))
def test_what_is_written_is_read_back(text: str) -> None:
    assert hl7.Separators().plain(hl7.Separators().written(text)) == text


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "begin with an MSH"),
        (b"PID|||1\r", "begin with an MSH"),
        (b"MSH|^~\r", "begin with an MSH"),
        (b"MSH|^^\\&|BED4\r", "separators"),
        (b"MSHA^~\\&ABED4\r", "separators"),
        (b"MSH|^~\\&|BED4\rsome words\r", "no segment"),
        (b"MSH|^~\\&|BED\x004\r", "NUL"),
        (b"MSH|^~\\&|BED4\r\xff\xfe|\r", "not of the character set"),
        (b"MSH|^~\\&|A|||||||1|P|2.6||||||UTF-32\r", "MSH-18"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason_and_without_its_content(raw: bytes, why: str) -> None:
    with pytest.raises(hl7.Unreadable, match=why) as refused:
        hl7.parse(raw)
    assert "words" not in str(refused.value)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_nothing_but_unreadable_is_raised(garbage: bytes) -> None:
    for raw in (garbage, b"MSH|^~\\&|" + garbage):
        try:
            message = hl7.parse(raw)
        except hl7.Unreadable:
            message = None
        assert b"MSA|" in hl7.acknowledgement(message, "AR", now=NOW)


def test_latin_1_is_read_where_it_is_declared() -> None:
    message = hl7.parse(b"MSH|^~\\&|B\xe9d||||||ORU^R01|1|P|2.6||||||8859/1\r")
    assert message.header.component(3) == "Béd"


def test_the_answer_goes_back_to_the_sender_with_its_control_id() -> None:
    answer = hl7.parse(hl7.acknowledgement(hl7.parse(PLAIN), "AA", now=NOW))
    head, [told] = answer.header, answer.named("MSA")
    assert [head.component(number) for number in (3, 4, 5, 6)] == ["CHAIRSIDE", "CLINIC", "BED4", "WARD"]
    assert (answer.kind, head.component(11), head.component(12)) == ("ACK^R01", "P", "2.6")
    assert (told.component(1), told.component(2)) == ("AA", "77")


def test_the_answer_speaks_with_the_senders_separators_and_escapes_its_reason() -> None:
    message = hl7.parse(b"MSH#*+!?#BED4#####?#ORU*R01#7!F!7#P#2.6\r")
    answer = hl7.acknowledgement(message, "AE", "one # two", now=NOW)
    [told] = hl7.parse(answer).named("MSA")
    assert answer.startswith(b"MSH#*+!?#")
    assert (told.component(2), told.component(3)) == ("7#7", "one # two")
