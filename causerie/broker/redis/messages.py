"""What travels over pub/sub, in bytes: its kind, who sent it, the numbers, then text in UTF-8.

The session or the user is told by the channel. Of an unknown kind, which a newer version may send, nothing is heard.
"""

from functools import lru_cache
from struct import Struct
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionHint, SessionKey, TextPiece

SENDER_BYTES = 8

_TEXT, _EVENT, _HINT, _STOP = b"t", b"e", b"h", b"s"
_HEADER = 1 + SENDER_BYTES
_text = Struct(f">c{SENDER_BYTES}s16sII")  # message, attempt, offset
_event = Struct(f">c{SENDER_BYTES}s16sQIIB")  # message or zeros, seq, attempt, keep, length of the kind
_hint = Struct(f">c{SENDER_BYTES}s16sB")  # session, length of the kind
_stop = Struct(f">c{SENDER_BYTES}s16s16s")  # user, message
_NOBODY = bytes(16)


def sender_of(message: bytes) -> bytes:
    """Return who sent it."""
    return message[1:_HEADER]


def pack_text(sender: bytes, message_id: UUID, attempt: int, offset: int, text: str) -> bytes:
    """Return a piece of text as bytes."""
    return _text.pack(_TEXT, sender, message_id.bytes, attempt, offset) + encode(text)


def pack_event(sender: bytes, notice: EventNotice) -> bytes:
    """Return an event as bytes."""
    kind = notice.kind.encode()
    message = notice.message_id.bytes if notice.message_id else _NOBODY
    header = _event.pack(_EVENT, sender, message, notice.seq, notice.attempt, notice.keep, len(kind))
    return header + kind + encode(notice.body)


def pack_hint(sender: bytes, hint: SessionHint) -> bytes:
    """Return a hint as bytes."""
    kind = hint.kind.encode()
    return _hint.pack(_HINT, sender, hint.session.session_id.bytes, len(kind)) + kind + encode(hint.body)


def pack_stop(sender: bytes, user_id: UUID, message_id: UUID) -> bytes:
    """Return a stop as bytes."""
    return _stop.pack(_STOP, sender, user_id.bytes, message_id.bytes)


def unpack_news(session: SessionKey, message: bytes) -> EventNotice | TextPiece | None:
    """Return what was published in a session's channel; None for what this version does not know.

    Raises:
        ValueError, struct.error: it is damaged.
    """
    match message[:1]:
        case b"t":
            _, _, message_id, attempt, offset = _text.unpack_from(message)
            return TextPiece(session, _uuid(message_id), attempt, offset, decode(message[_text.size :]))
        case b"e":
            _, _, message_id, seq, attempt, keep, length = _event.unpack_from(message)
            body = _event.size + length
            kind = message[_event.size : body].decode()
            about = None if message_id == _NOBODY else UUID(bytes=message_id)
            return EventNotice(session, seq, kind, decode(message[body:]), about, attempt, keep)
        case _:
            return None


def unpack_hint(user_id: UUID, message: bytes) -> SessionHint | None:
    """Return what was published in a user's channel, under the same rules."""
    if message[:1] != _HINT:
        return None
    _, _, session_id, length = _hint.unpack_from(message)
    body = _hint.size + length
    key = SessionKey(user_id, UUID(bytes=session_id))
    return SessionHint(key, message[_hint.size : body].decode(), decode(message[body:]))


def unpack_stop(message: bytes) -> tuple[UUID, UUID] | None:
    """Return the user and the message of a stop, under the same rules."""
    if message[:1] != _STOP:
        return None
    _, _, user_id, message_id = _stop.unpack_from(message)
    return UUID(bytes=user_id), UUID(bytes=message_id)


def encode(text: str) -> bytes:
    """Return text as bytes; half a surrogate pair, which some model sends, is kept as it is."""
    return text.encode("utf-8", "surrogatepass")


def decode(text: bytes) -> str:
    """Undo `encode`."""
    return text.decode("utf-8", "surrogatepass")


@lru_cache(maxsize=4_096)
def _uuid(encoded: bytes) -> UUID:
    """Return the id of a reply; remembered, because its pieces are many."""
    return UUID(bytes=encoded)
