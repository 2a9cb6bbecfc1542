"""The frames that are written by hand are those that the models describe."""

import hashlib
import json
from typing import Any
from uuid import UUID

import pytest
from asyncpg.pgproto.pgproto import UUID as DriversUuid  # type: ignore[import-untyped]  # noqa: N811 (beside the plain one)
from hypothesis import given
from hypothesis import strategies as st

from causerie.broker.ports import LiveText
from causerie.chats import encoding, events
from causerie.chats.models import Role, Status
from causerie.chats.schemas import MessageOut, SessionOut
from causerie.clock import utc_now
from causerie.ids import new_id

SESSION_ID, MESSAGE_ID, REPLY_ID = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = utc_now()
MESSAGE = MessageOut(
    id=MESSAGE_ID,
    session_id=SESSION_ID,
    user_id=new_id(),
    parent_id=None,
    role=Role.ASSISTANT,
    character_id=None,
    content='"Oh," she said.\n\x07',
    status=Status.COMPLETE,
    attempt=1,
    intent="chat",
    finish_reason="stop",
    provider="openai",
    model="gpt",
    usage={"prompt_tokens": 1},
    error=None,
    depth=1,
    hidden=False,
    pinned=False,
    timestamp=NOW,
    version=1,
)
SESSION = SessionOut(
    id=SESSION_ID,
    user_id=new_id(),
    title="Tea — «chai» \u2028",
    category="",
    character_id=None,
    user_profile_id=None,
    ai_model_id=None,
    system_prompt_id=None,
    post_id=None,
    user_persona="",
    world_time="",
    summary="",
    last_summary_at=None,
    total_messages=2,
    active_leaf_id=MESSAGE_ID,
    last_read_seq=0,
    last_line="Who are you?",
    answering=True,
    unread=True,
    pinned=False,
    archived=False,
    document_ids=[],
    version=1,
    created_at=NOW,
    updated_at=NOW,
)
ERROR = {"code": "cut", "title": "The model stopped", "detail": "It ended early.", "retryable": True}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def row(model: MessageOut | SessionOut) -> str:
    return model.model_dump_json()


def given_as(kind: str, **members: Any) -> dict[str, Any]:
    """Return a frame with those members, as plain JSON."""
    frame: dict[str, Any] = json.loads(json.dumps({"type": kind, "session_id": str(SESSION_ID), **members}))
    return frame


@pytest.mark.parametrize("kind", ["message:created", "message:updated", "message:deleted"])
def test_events_of_messages(kind: str) -> None:
    check(encoding.message_event(kind, 7, SESSION_ID, row(MESSAGE)), kind, seq=7, message=json.loads(row(MESSAGE)))


def test_events_and_hints_of_sessions() -> None:
    session = json.loads(row(SESSION))
    check(encoding.session_updated(7, SESSION_ID, row(SESSION)), "session:updated", seq=7, session=session)
    for kind in ("session:created", "session:updated", "session:deleted"):
        check(encoding.session_hint(kind, SESSION_ID, row(SESSION)), kind, session=session)


def test_the_beginnings_of_attempts() -> None:
    reply = str(REPLY_ID)
    start = encoding.stream_start(3, SESSION_ID, REPLY_ID, 1, "chat")
    reset = encoding.stream_reset(4, SESSION_ID, REPLY_ID, 2, 12)
    check(start, "chat:stream:start", seq=3, message_id=reply, attempt=1, intent="chat")
    check(reset, "chat:stream:reset", seq=4, message_id=reply, attempt=2, keep=12)


@given(content=TEXTS, usage=st.none() | st.dictionaries(TEXTS, st.integers(0, 9)), error=st.sampled_from([None, ERROR]))
def test_the_end_of_a_reply(content: str, usage: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    body = encoding.stream_end(9, SESSION_ID, REPLY_ID, 2, "failed", content, "stop", usage, error)
    check(
        body,
        "chat:stream:end",
        seq=9,
        message_id=str(REPLY_ID),
        attempt=2,
        status="failed",
        content=content,
        length=len(content),
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        finish_reason="stop",
        usage=usage,
        **({"error": error} if error else {}),
    )


@given(offset=st.integers(0, 10**6), token=TEXTS)
def test_text(offset: int, token: str) -> None:
    body = encoding.stream_token(encoding.token_prefix(SESSION_ID, REPLY_ID, 3), offset, token)
    check(body, "chat:stream:token", message_id=str(REPLY_ID), attempt=3, offset=offset, token=token)


@pytest.mark.parametrize("messages", [None, []])
@given(text=TEXTS)
def test_the_answer_to_a_join(messages: list[Any] | None, text: str) -> None:
    page = None if messages is None else json.dumps(messages)
    body = encoding.session_joined(SESSION_ID, "e1", 5, row(SESSION), page, [(4, LiveText(REPLY_ID, 2, text))])
    check(
        body,
        "session:joined",
        epoch="e1",
        seq=5,
        session=json.loads(row(SESSION)),
        live=[{"message_id": str(REPLY_ID), "attempt": 2, "offset": 4, "text": text}],
        **({} if messages is None else {"messages": messages}),
    )


def test_acks() -> None:
    message_id = str(MESSAGE_ID)
    full = encoding.ack(
        SESSION_ID, MESSAGE_ID, ref='"r"', seq=4, message=row(MESSAGE), reply_id=REPLY_ID, duplicate=True
    )
    check(
        full,
        "ack",
        message_id=message_id,
        ref='"r"',
        seq=4,
        message=json.loads(row(MESSAGE)),
        reply={"id": str(REPLY_ID)},
        duplicate=True,
    )
    check(encoding.ack(SESSION_ID, MESSAGE_ID), "ack", message_id=message_id, duplicate=False)


def test_ids_as_the_driver_of_postgresql_makes_them_are_written_like_any_others() -> None:
    """They are of a subclass, which some encoders refuse."""
    session_id, message_id = (DriversUuid(str(plain)) for plain in (SESSION_ID, MESSAGE_ID))
    message = MESSAGE.model_copy(update={"id": message_id, "session_id": session_id})
    session = SESSION.model_copy(update={"id": session_id, "active_leaf_id": message_id})
    live = LiveText(message_id, 2, "Once")

    assert row(message) == row(MESSAGE)
    assert row(session) == row(SESSION)
    assert encoding.stream_start(3, session_id, message_id, 1, "chat") == encoding.stream_start(
        3, SESSION_ID, MESSAGE_ID, 1, "chat"
    )
    assert encoding.session_joined(session_id, "e1", 5, row(session), None, [(0, live)]) == encoding.session_joined(
        SESSION_ID, "e1", 5, row(SESSION), None, [(0, LiveText(MESSAGE_ID, 2, "Once"))]
    )
    place = events.HeadReply(message_id=message_id, attempt=2, offset=4)
    pong = events.Pong(n=1, heads=[events.Head(session_id=session_id, seq=5, live=[place])])
    assert str(session_id) in pong.model_dump_json()


def check(body: str, kind: str, **members: Any) -> None:
    """Check that the frame says this and no more, and that its model takes it."""
    assert json.loads(body) == given_as(kind, **members)
    assert events.server_events.validate_python(_as_given(json.loads(body))).type == kind


def _as_given(frame: dict[str, Any]) -> dict[str, Any]:
    """Leave out what rows say twice (`message_id`, `session_id`): models compute it."""
    computed = {"message": MessageOut.model_computed_fields, "session": SessionOut.model_computed_fields}
    return {
        name: {key: item for key, item in member.items() if key not in computed[name]} if name in computed else member
        for name, member in frame.items()
    }
