"""Server-sent events, whatever the bytes' cuts, compared with a reader that goes line by line."""

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.providers.server_sent_events import LONGEST_EVENT_BYTES, EventParser, EventTooLong

LINES = st.sampled_from(
    [
        "data: {}",
        "data:{}",
        "data",
        "data:",
        "data:  two",
        "data: é🐈",
        ": OPENROUTER PROCESSING",
        ":",
        "event: x",
        "id",
        "",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def events_line_by_line(stream: bytes) -> list[bytes]:
    """The standard's own words, on a whole stream."""
    text = stream.removeprefix(b"\xef\xbb\xbf")
    lines = re.split(rb"\r\n|\r|\n", text)
    events: list[bytes] = []
    data: list[bytes] = []
    for line in [*lines, b""]:
        if not line:
            if data:
                events.append(b"\n".join(data))
            data = []
        elif line == b"data" or line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
    return events


def read(chunks: list[bytes]) -> list[bytes]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)] + parser.end()


@given(st.lists(st.tuples(LINES, ENDS)), st.lists(st.integers(0, 200)), st.booleans())
def test_any_cut_of_any_stream_gives_the_standard_events(
    lines: list[tuple[str, str]], places: list[int], marked: bool
) -> None:
    stream = b"\xef\xbb\xbf" * marked + "".join(line + end for line, end in lines).encode()
    cuts = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(cuts)]

    assert read(chunks) == events_line_by_line(stream)


@given(st.lists(st.tuples(LINES, ENDS)))
def test_one_byte_at_a_time_gives_the_same_events(lines: list[tuple[str, str]]) -> None:
    stream = "".join(line + end for line, end in lines).encode()

    assert read([bytes([byte]) for byte in stream]) == events_line_by_line(stream)


def test_an_event_is_given_as_soon_as_its_empty_line_is_there() -> None:
    parser = EventParser()

    assert parser.feed(b"data: 1\r\n\r") == [b"1"]
    assert parser.feed(b"\ndata: 2\n\ndata: 3") == [b"2"]
    assert parser.feed(b"\n") == []
    assert parser.feed(b"\n") == [b"3"]


@pytest.mark.req("S70")
@pytest.mark.parametrize("line", [b"data: x", b"data: x\n"], ids=["one line", "many lines"])
def test_an_endless_event_is_refused_in_linear_time(line: bytes) -> None:
    started = time.process_time()

    with pytest.raises(EventTooLong):
        read([line] * LONGEST_EVENT_BYTES)

    assert time.process_time() - started < 2
