"""What clients may send: a closed set of frames, read strictly."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.chats.following import Place
from causerie.errors import CauserieError
from causerie.ids import new_id
from causerie.realtime.frames import ChatMessage, Join, Ping, read_frame

SESSION_ID = "019a5f00-0000-7000-8000-000000000001"


def refusal_of(**frame: Any) -> CauserieError:
    _, refusal = read_frame(json.dumps(frame))
    assert isinstance(refusal, CauserieError)
    return refusal


def test_a_frame_is_read_with_its_ref() -> None:
    ref, frame = read_frame('{"type":"ping","n":7,"ref":"mine"}')

    assert ref == "mine"
    assert frame == Ping(type="ping", n=7, ref="mine")


def test_a_message_is_called_by_its_id() -> None:
    message_id = str(new_id())

    ref, _ = read_frame(json.dumps({"type": "chat:message", "id": message_id, "session_id": None, "content": "Hi"}))

    assert ref == message_id


def test_an_absent_parent_and_a_null_parent_are_not_the_same() -> None:
    said = {"type": "chat:message", "session_id": SESSION_ID, "content": "Hi"}
    _, follows = read_frame(json.dumps(said))
    _, begins = read_frame(json.dumps({**said, "parent_id": None}))
    assert isinstance(follows, ChatMessage)
    assert isinstance(begins, ChatMessage)

    assert "parent_id" not in follows.saying().model_fields_set
    assert "parent_id" in begins.saying().model_fields_set


def test_places_of_running_replies() -> None:
    place = {"message_id": SESSION_ID, "attempt": 1, "offset": 9}
    _, frame = read_frame(json.dumps({"type": "session:join", "session_id": SESSION_ID, "after": 3, "live": [place]}))
    assert isinstance(frame, Join)

    (read,) = frame.live
    assert read.place() == Place(UUID(SESSION_ID), 1, 9)


@pytest.mark.parametrize(
    ("frame", "pointer", "code"),
    [
        ({"type": "ping"}, "/n", "required"),
        ({"type": "ping", "n": -1}, "/n", "out_of_range"),
        ({"type": "ping", "n": 1, "loud": True}, "/loud", "unknown_field"),
        ({"type": "session:join", "session_id": "tea"}, "/session_id", "not_a_uuid"),
        ({"type": "session:join", "session_id": SESSION_ID, "after": -1}, "/after", "out_of_range"),
        ({"type": "session:join", "session_id": SESSION_ID, "live": [{}] * 101}, "/live", "too_long"),
        ({"type": "chat:stop", "message_id": SESSION_ID, "ref": "r" * 65}, "/ref", "too_long"),
    ],
)
def test_what_is_wrong_is_named(frame: dict[str, Any], pointer: str, code: str) -> None:
    errors = refusal_of(**frame).errors

    assert errors is not None
    assert (pointer, code) in {(error.pointer, error.code) for error in errors}


@pytest.mark.req("S32")
@pytest.mark.parametrize("field", ["user_id", "seq", "status", "attempt", "timestamp", "usage", "role"])
def test_a_message_cannot_set_what_only_the_server_sets(field: str) -> None:
    refusal = refusal_of(type="chat:message", session_id=None, content="Hi", **{field: 1})

    assert refusal.problem().code == "unknown_field"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ping", "n": "1"},
        {"type": "ping", "n": True},
        {"type": "typing", "session_id": SESSION_ID, "active": "yes"},
        {"type": "chat:message", "session_id": None, "content": "Hi", "generate": 0},
        {"type": "chat:retry", "message_id": SESSION_ID, "attempt": "1"},
    ],
    ids=json.dumps,
)
def test_no_type_stands_for_another(frame: dict[str, Any]) -> None:
    assert refusal_of(**frame).problem().code == "wrong_type"


@pytest.mark.req("S74")
@pytest.mark.parametrize(
    "frame",
    [
        {"type": "x" * 200_000},
        {"type": "ping", "n": 1, "x" * 200_000: 1},
        {"type": "ping", "n": 1} | dict.fromkeys(map(str, range(10_000))),
    ],
    ids=["type", "name", "names"],
)
def test_a_refusal_is_not_larger_than_what_it_refuses(frame: dict[str, Any]) -> None:
    assert len(refusal_of(**frame).problem().model_dump_json()) < len(json.dumps(frame))


@pytest.mark.req("S74")
@given(text=st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_text_is_more_than_refused(text: str) -> None:
    ref, frame = read_frame(text)

    assert ref is None
    assert isinstance(frame, CauserieError)
    assert frame.status in {400, 422}
