"""JSON from outside is read strictly, and whatever it is, it is answered and never a fault."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.http.json_text import DEEPEST, LARGEST_INTEGER, SMALLEST_INTEGER, parse_json
from causerie.http.problems import Invalid, MalformedRequest

pytestmark = pytest.mark.req("S50")

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(SMALLEST_INTEGER, LARGEST_INTEGER) | storable,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(storable, inner, max_size=4),
    max_leaves=20,
)


@given(values, st.booleans())
def test_what_can_be_stored_is_read_as_it_is(value: Any, escaped: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    try:
        parse_json(body)
    except MalformedRequest:
        pass
    except Invalid as refusal:
        assert refusal.errors


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[Infinity]", b"-Infinity", b"\xff", b'"\xed\xa0\x80"', b"'a'", b'"\n"']
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_json(body)


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_depth_has_an_end(opened: str) -> None:
    closed = "]" if opened == "[" else "}"

    assert parse_json((opened * DEEPEST + "1" + closed * DEEPEST).encode())
    for depth in (DEEPEST + 1, 200_000):
        with pytest.raises(MalformedRequest):
            parse_json((opened * depth + "1" + closed * depth).encode())


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" * 5_000, "1e999", "-1e999"])
def test_numbers_beyond_64_bits_are_out_of_range(number: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_json(number.encode())

    assert refusal.value.problem().code == "out_of_range"


def test_a_refusal_keeps_nothing_of_the_ones_before() -> None:
    def frames() -> int:
        with pytest.raises(Invalid) as refusal:
            parse_json(b"1e999")
        return len(refusal.traceback)

    assert frames() == frames()


def test_lone_surrogates_become_replacement_characters_everywhere() -> None:
    assert parse_json(rb'{"a\ud800": ["\udfffb", "\ud83d\ude00"]}') == {"a�": ["�b", "😀"]}


def test_a_nul_is_named_where_it_stands() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_json(rb'{"messages": ["fine", "a\u0000b"]}')

    assert [error.pointer for error in refusal.value.errors or ()] == ["/messages/1"]
