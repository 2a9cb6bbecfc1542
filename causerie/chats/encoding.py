"""Frames written by hand, where making a model for each would cost more than sending it.

What a function here returns is the JSON of the frame of that name in `causerie.chats.events`, which a test checks.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from causerie.broker.ports import EventNotice, LiveText, SessionKey

START, RESET, END = "chat:stream:start", "chat:stream:reset", "chat:stream:end"


def message_event(kind: str, seq: int, session_id: UUID, message: str) -> str:
    """Return a `message:created`, `message:updated` or `message:deleted`; `message` is the row's JSON."""
    return f'{{"type":"{kind}","session_id":"{session_id}","seq":{seq},"message":{message}}}'


def session_updated(seq: int, session_id: UUID, session: str) -> str:
    """Return a `session:updated` of the session's history; `session` is the row's JSON."""
    return f'{{"type":"session:updated","session_id":"{session_id}","seq":{seq},"session":{session}}}'


def session_hint(kind: str, session_id: UUID, session: str) -> str:
    """Return a `session:created`, `session:updated` or `session:deleted` for those who have not joined."""
    return f'{{"type":"{kind}","session_id":"{session_id}","session":{session}}}'


def stream_start(seq: int, session_id: UUID, message_id: UUID, attempt: int, intent: str) -> str:
    """Return the `chat:stream:start` of a reply's first attempt."""
    return (
        f'{{"type":"{START}","session_id":"{session_id}","seq":{seq},"message_id":"{message_id}",'
        f'"attempt":{attempt},"intent":{encode_basestring(intent)}}}'
    )


def stream_reset(seq: int, session_id: UUID, message_id: UUID, attempt: int, keep: int) -> str:
    """Return the `chat:stream:reset` of a later attempt, which keeps the first `keep` code points."""
    return (
        f'{{"type":"{RESET}","session_id":"{session_id}","seq":{seq},"message_id":"{message_id}",'
        f'"attempt":{attempt},"keep":{keep}}}'
    )


def stream_end(
    seq: int,
    session_id: UUID,
    message_id: UUID,
    attempt: int,
    status: str,
    content: str,
    finish_reason: str | None,
    usage: Mapping[str, Any] | None,
    error: Mapping[str, Any] | None = None,
) -> str:
    """Return the `chat:stream:end` of a reply, with the length in code points and the sum of its UTF-8."""
    ending = f',"error":{_json(error)}}}' if error else "}"
    return (
        f'{{"type":"{END}","session_id":"{session_id}","seq":{seq},"message_id":"{message_id}","attempt":{attempt},'
        f'"status":"{status}","content":{encode_basestring(content)},"length":{len(content)},'
        f'"sha256":"{sha256(content.encode()).hexdigest()}","finish_reason":{_json(finish_reason)},'
        f'"usage":{_json(usage)}{ending}'
    )


def ack(
    session_id: UUID,
    message_id: UUID,
    *,
    ref: str | None = None,
    seq: int | None = None,
    message: str | None = None,
    reply_id: UUID | None = None,
    duplicate: bool = False,
) -> str:
    """Return an `ack`; `message` is the row's JSON, `reply_id` the reply that is on its way."""
    told = [f'"session_id":"{session_id}","message_id":"{message_id}","duplicate":{_json(duplicate)}']
    if ref is not None:
        told.append(f'"ref":{encode_basestring(ref)}')
    if seq is not None:
        told.append(f'"seq":{seq}')
    if message is not None:
        told.append(f'"message":{message}')
    if reply_id is not None:
        told.append(f'"reply":{{"id":"{reply_id}"}}')
    return f'{{"type":"ack",{",".join(told)}}}'


def token_prefix(session_id: UUID, message_id: UUID, attempt: int) -> str:
    """Return what all `chat:stream:token` frames of an attempt begin with."""
    return (
        f'{{"type":"chat:stream:token","session_id":"{session_id}","message_id":"{message_id}",'
        f'"attempt":{attempt},"offset":'
    )


def stream_token(prefix: str, offset: int, token: str) -> str:
    """Return the `chat:stream:token` for the text that begins after `offset` code points."""
    return f'{prefix}{offset},"token":{encode_basestring(token)}}}'


def session_joined(
    session_id: UUID, epoch: str, seq: int, session: str, messages: str | None, live: Sequence[tuple[int, LiveText]]
) -> str:
    """Return a `session:joined`; `live` pairs each running reply's text with the offset that the text begins at."""
    page = f',"messages":{messages}' if messages is not None else ""
    entries = ",".join(
        f'{{"message_id":"{reply.message_id}","attempt":{reply.attempt},"offset":{offset},'
        f'"text":{encode_basestring(reply.text)}}}'
        for offset, reply in live
    )
    return (
        f'{{"type":"session:joined","session_id":"{session_id}","epoch":{encode_basestring(epoch)},"seq":{seq},'
        f'"session":{session}{page},"live":[{entries}]}}'
    )


def stored_notice(session: SessionKey, seq: int, kind: str, message_id: UUID | None, body: str) -> EventNotice:
    """Return the notice of an event as it was published, from its row."""
    if kind not in {START, RESET, END}:
        return EventNotice(session, seq, kind, body, message_id)
    frame = json.loads(body)
    return EventNotice(session, seq, kind, body, message_id, frame["attempt"], frame.get("keep", 0))


def content_of(end: EventNotice) -> str:
    """Return the text with which a `chat:stream:end` closes its reply."""
    content: str = json.loads(end.body)["content"]
    return content


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
