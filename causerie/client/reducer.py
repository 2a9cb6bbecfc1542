"""What a client knows of one session, and how each frame from the server changes it.

Pure: a state and a frame give the next state and what to do about it. Pieces of text may come twice, overlap, be cut
anywhere between code points, or be missing: what is assembled is a prefix of the stored text or the state asks to join
again. `web/src/realtime/reducer.ts` is the same in TypeScript; `web/src/realtime/vectors/reducer.json` is run by both.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

Frame: TypeAlias = Mapping[str, Any]
"""A JSON object with a `type`, as it travels."""

Row: TypeAlias = Mapping[str, Any]
"""A message or a session, as REST and the frames carry it."""

UNFINISHED = ("queued", "streaming")


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of one attempt; `closed` means that it has ended and nothing extends it any more."""

    attempt: int
    text: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class SessionState:
    """One session as far as its frames have told.

    Attributes:
        seq: the newest event that is applied; None while the session is not joined.
        joining: a join was asked for because something is missing, and is not answered yet.
        deleted: what stands above each deleted message: what hung below it hangs there now.
        replies: those whose text was followed; the others have the text of their row.
    """

    session_id: str
    epoch: str | None = None
    seq: int | None = None
    joining: bool = False
    session: Row | None = None
    messages: Mapping[str, Row] = field(default_factory=dict)
    deleted: Mapping[str, str | None] = field(default_factory=dict)
    replies: Mapping[str, Reply] = field(default_factory=dict)

    def text_of(self, message_id: str) -> str:
        """Return the text of a message as far as it is known."""
        if reply := self.replies.get(message_id):
            return reply.text
        row = self.messages.get(message_id)
        return str(row["content"]) if row else ""

    def has_ended(self, message_id: str) -> bool:
        """Return whether a message is known and nothing is added to it any more; a reply that waits has not ended."""
        row = self.messages.get(message_id)
        return self.known(message_id).closed and (row is None or _is_final(row))

    def children_by_parent(self) -> dict[str | None, list[str]]:
        """Return the ids below each parent (None: those that begin the session), oldest first, without the deleted."""
        children: dict[str | None, list[str]] = {}
        for message in sorted(self.messages.values(), key=_age):
            children.setdefault(self._standing_parent(message), []).append(message["id"])
        return children

    def branch(self, leaf_id: str) -> list[str]:
        """Return the ids from the oldest known ancestor of `leaf_id` down to it."""
        path: list[str] = []
        parent: str | None = leaf_id
        while parent is not None and (message := self.messages.get(parent)):
            path.insert(0, parent)
            parent = self._standing_parent(message)
        return path

    def join_frame(self) -> dict[str, Any]:
        """Return the frame that brings exactly what this state is missing."""
        if self.seq is None:
            return {"type": "session:join", "session_id": self.session_id}
        live = [
            {"message_id": message_id, "attempt": reply.attempt, "offset": len(reply.text)}
            for message_id, reply in self.replies.items()
            if not reply.closed
        ]
        return {
            "type": "session:join",
            "session_id": self.session_id,
            "epoch": self.epoch,
            "after": self.seq,
            "live": live,
        }

    def known(self, message_id: str) -> Reply:
        """Return the newest attempt of a message that is known, number 0 where there is none."""
        if reply := self.replies.get(message_id):
            return reply
        row = self.messages.get(message_id)
        if row is None:
            return Reply(0, "")
        return Reply(row["attempt"], row["content"], closed=True) if _is_final(row) else Reply(row["attempt"], "")

    def _standing_parent(self, message: Row) -> str | None:
        parent: str | None = message["parent_id"]
        while parent is not None and parent in self.deleted:
            parent = self.deleted[parent]
        return parent


@dataclass(frozen=True, slots=True)
class Send:
    """Send this frame."""

    type: ClassVar[str] = "send"
    frame: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read the message over REST and hand it to `merged`: its text arrived damaged."""

    type: ClassVar[str] = "fetch"
    message_id: str


@dataclass(frozen=True, slots=True)
class Diverged:
    """Report that two pieces, or a piece and the end, differ at `offset`: a server never does that."""

    type: ClassVar[str] = "diverged"
    message_id: str
    attempt: int
    offset: int


@dataclass(frozen=True, slots=True)
class Left:
    """The session is in the trash: nothing more comes."""

    type: ClassVar[str] = "left"


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The server closes the connection by plan: connect again after so many seconds."""

    type: ClassVar[str] = "reconnect"
    after: float


Effect: TypeAlias = Send | Fetch | Diverged | Left | Reconnect
Step: TypeAlias = tuple[SessionState, list[Effect]]


def reduce(state: SessionState, frame: Frame) -> Step:
    """Return the state after `frame`, and what to do about it; a frame that changes nothing has no effects."""
    kind = frame["type"]
    if kind == "pong":
        return _compared(state, frame)
    if kind == "bye":
        return state, [Reconnect(frame["retry_after"])]
    if frame.get("session_id") != state.session_id:
        return state, []
    if kind == "session:joined":
        return _joined(state, frame)
    if state.seq is None:
        return state, []
    if kind == "session:deleted":
        return SessionState(state.session_id), [Left()]
    if kind == "chat:stream:token":
        return _extended(state, {**frame, "text": frame["token"]})
    seq = frame.get("seq")
    if kind == "ack" or seq is None or seq <= state.seq:
        return state, []
    if seq > state.seq + 1:
        return _joined_again(state)
    return _applied(replace(state, seq=seq), frame)


def merged(state: SessionState, rows: Sequence[Row]) -> SessionState:
    """Take in rows that were read over REST, a page of a branch in its order; none undoes what frames have brought."""
    for row in rows:
        if row["id"] not in state.deleted and not _is_older(row, state.messages.get(row["id"])):
            state = _put(state, row)
    return replace(state, deleted=_bridged(state.deleted, state.messages, rows))


def _joined(state: SessionState, frame: Frame) -> Step:
    known = state if frame["epoch"] == state.epoch else SessionState(state.session_id)
    page = frame.get("messages")
    if page is None and (known.seq is None or frame["seq"] > known.seq):
        return _joined_again(replace(known, joining=False))
    if page is not None:
        known = _paged(known, frame, page)
    joined = replace(known, session=frame["session"], joining=False)
    effects: list[Effect] = []
    for entry in frame["live"]:
        joined, more = _caught_up(joined, entry)
        effects += more
    return joined, effects


def _paged(state: SessionState, frame: Frame, page: Sequence[Row]) -> SessionState:
    messages = {row["id"]: row for row in page}
    live = {entry["message_id"] for entry in frame["live"]}

    def is_unfinished(message_id: str, reply: Reply) -> bool:
        row = messages.get(message_id)
        return not reply.closed and (message_id in live if row is None else not _is_final(row))

    return replace(
        state,
        epoch=frame["epoch"],
        seq=frame["seq"],
        messages=messages,
        deleted=_bridged({}, messages, page),
        replies={key: reply for key, reply in state.replies.items() if is_unfinished(key, reply)},
    )


def _bridged(
    deleted: Mapping[str, str | None], messages: Mapping[str, Row], page: Sequence[Row]
) -> dict[str, str | None]:
    """Add to `deleted` what a page does not show: an unknown parent was deleted, and the row above stands there."""
    bridges = dict(deleted)
    for above, row in pairwise(page):
        parent = row["parent_id"]
        if parent is not None and parent not in messages:
            bridges.setdefault(parent, above["id"])
    return bridges


def _caught_up(state: SessionState, entry: Frame) -> Step:
    if entry["attempt"] <= state.known(entry["message_id"]).attempt or entry["offset"] > 0:
        return _extended(state, entry)
    return _begun(state, entry, entry["text"]), []


def _extended(state: SessionState, piece: Frame) -> Step:
    message_id, attempt, offset, text = piece["message_id"], piece["attempt"], piece["offset"], piece["text"]
    reply = state.known(message_id)
    if attempt < reply.attempt or (attempt == reply.attempt and reply.closed):
        return state, []
    if attempt > reply.attempt or offset > len(reply.text):
        return _joined_again(state)
    overlap = len(reply.text) - offset
    longer = replace(reply, text=reply.text + text[overlap:])
    differs = not reply.text.startswith(text[:overlap], offset)
    return (
        replace(state, replies={**state.replies, message_id: longer}),
        [Diverged(message_id, attempt, offset)] if differs else [],
    )


def _applied(state: SessionState, frame: Frame) -> Step:
    match frame["type"]:
        case "message:created" | "message:updated":
            return _put(state, frame["message"]), []
        case "message:deleted":
            return _taken(state, frame["message"]), []
        case "chat:stream:start":
            return _resumed(state, frame, 0), []
        case "chat:stream:reset":
            return _resumed(state, frame, frame["keep"]), []
        case "chat:stream:end":
            return _ended(state, frame)
        case "session:updated":
            return replace(state, session=frame["session"]), []
        case _:
            return state, []


def _resumed(state: SessionState, frame: Frame, keep: int) -> SessionState:
    reply = state.known(frame["message_id"])
    if frame["attempt"] <= reply.attempt:
        return state
    return _begun(state, frame, reply.text[:keep])


def _begun(state: SessionState, at: Frame, text: str) -> SessionState:
    message_id, attempt = at["message_id"], at["attempt"]
    begun = replace(state, replies={**state.replies, message_id: Reply(attempt, text)})
    if row := state.messages.get(message_id):
        streaming = {**row, "status": "streaming", "attempt": attempt, "finish_reason": None, "error": None}
        return replace(begun, messages={**state.messages, message_id: streaming})
    return begun


def _ended(state: SessionState, frame: Frame) -> Step:
    message_id, attempt, content = frame["message_id"], frame["attempt"], frame["content"]
    before = state.known(message_id)
    if attempt < before.attempt:
        return state, []
    effects: list[Effect] = []
    if attempt == before.attempt and not before.closed and not content.startswith(before.text):
        effects.append(Diverged(message_id, attempt, _difference(content, before.text)))
    if (len(content), _sha256(content)) != (frame["length"], frame["sha256"]):
        effects.append(Fetch(message_id))
    ended = replace(state, replies={**state.replies, message_id: Reply(attempt, content, closed=True)})
    if row := state.messages.get(message_id):
        facts = {key: frame.get(key) for key in ("attempt", "content", "status", "finish_reason", "usage", "error")}
        ended = replace(ended, messages={**state.messages, message_id: {**row, **facts}})
    return ended, effects


def _put(state: SessionState, row: Row) -> SessionState:
    message_id = row["id"]
    before, reply = state.messages.get(message_id), state.replies.get(message_id)
    replies = dict(state.replies)
    # A page tells more of a row (its position) than an event does.
    row = {**(before or {}), **row}
    if reply and not reply.closed and reply.attempt > row["attempt"]:
        # A missed event that is told after the join showed what came of it.
        row = {**row, "status": "streaming", "attempt": reply.attempt}
    elif reply and _is_final(row):
        replies[message_id] = Reply(row["attempt"], row["content"], closed=True)
    elif before and _is_final(before) and not _is_final(row):
        # A later attempt keeps the first code points of the text that the new row no longer has.
        replies[message_id] = state.known(message_id)
    deleted = _without(state.deleted, message_id)
    if message_id in state.deleted and row["parent_id"] not in (None, *state.messages):
        deleted.setdefault(row["parent_id"], state.deleted[message_id])
    return replace(state, replies=replies, deleted=deleted, messages={**state.messages, message_id: row})


def _taken(state: SessionState, row: Row) -> SessionState:
    return replace(
        state,
        messages=_without(state.messages, row["id"]),
        replies=_without(state.replies, row["id"]),
        deleted={**state.deleted, row["id"]: row["parent_id"]},
    )


def _compared(state: SessionState, frame: Frame) -> Step:
    head = next((head for head in frame["heads"] if head["session_id"] == state.session_id), None)
    if head is None or state.seq is None:
        return state, []
    if head["seq"] > state.seq or any(_is_ahead(place, state.known(place["message_id"])) for place in head["live"]):
        return _joined_again(replace(state, joining=False))
    return state, []


def _joined_again(state: SessionState) -> Step:
    if state.joining:
        return state, []
    return replace(state, joining=True), [Send(state.join_frame())]


def _is_final(row: Row) -> bool:
    return row["status"] not in UNFINISHED


def _is_older(row: Row, present: Row | None) -> bool:
    if present is None:
        return False
    if row["version"] != present["version"]:
        return bool(row["version"] < present["version"])
    return row["attempt"] < present["attempt"] or (_is_final(present) and not _is_final(row))


def _is_ahead(place: Frame, reply: Reply) -> bool:
    if place["attempt"] != reply.attempt:
        return bool(place["attempt"] > reply.attempt)
    return not reply.closed and place["offset"] > len(reply.text)


def _difference(one: str, other: str) -> int:
    """Return the first position at which two texts differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def _sha256(text: str) -> str:
    # A lone surrogate, which JSON can carry and UTF-8 cannot, becomes another character: then the sums differ.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _age(message: Row) -> tuple[int, str]:
    # Milliseconds, as the browser reads them; ids decide within one.
    return int(datetime.fromisoformat(message["timestamp"]).timestamp() * 1000), message["id"]
