"""A server of one session as contract.md §3 has it, and nothing of how ours does it; and connections that fail."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from causerie.client.reducer import Diverged, Effect, Fetch, Send, SessionState, reduce

Frame = dict[str, Any]

SESSION, EPOCH = "s1", "e1"
UNFINISHED = ("queued", "streaming")


@dataclass
class Message:
    """A message. `texts` has what each attempt wrote, what it kept included; `contents` all that it ever said."""

    row: Frame
    texts: dict[int, str] = field(default_factory=dict)
    contents: set[str] = field(default_factory=set)
    keep: int = 0
    deleted: bool = False

    @property
    def id(self) -> str:
        """The message's id."""
        identity: str = self.row["id"]
        return identity

    @property
    def status(self) -> str:
        """How far it is."""
        status: str = self.row["status"]
        return status

    @property
    def text(self) -> str:
        """What it says now; while it is written, all that was written."""
        if self.status == "streaming":
            return self.texts[self.row["attempt"]]
        content: str = self.row["content"]
        return content


class Server:
    """The session: its rows, its events, and the connections that have joined."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.events: list[Frame] = []
        self.connections: list[Connection] = []
        self.kept_from = 0
        self.title = ""

    @property
    def head(self) -> int:
        """The newest event."""
        return len(self.events)

    def replies(self, *states: str) -> list[Message]:
        """Return the living replies in one of these states."""
        living = (message for message in self.messages.values() if not message.deleted)
        return [message for message in living if message.row["role"] == "assistant" and message.status in states]

    # What people do.

    def say(self, identity: str, content: str) -> Frame:
        """Store a message and queue its reply; answer with the frame that the sender gets."""
        ref = {"ref": identity, "session_id": SESSION, "message_id": identity}
        if stored := self.messages.get(identity):
            if content not in stored.contents:
                return {"type": "error", "ref": identity, "code": "id_conflict", "status": 409}
            return {"type": "ack", **ref, "duplicate": True}
        self._create(identity, "user", content, "complete", self._leaf())
        self._create(f"r{identity}", "assistant", "", "queued", identity)
        return {"type": "ack", **ref, "reply": {"id": f"r{identity}"}, "duplicate": False}

    def swipe(self, reply: Message) -> None:
        """Queue another answer beside a reply."""
        self._create(f"w{len(self.messages)}", "assistant", "", "queued", reply.row["parent_id"])

    def ask_again(self, reply: Message, *, keeps_text: bool) -> None:
        """Retry or continue."""
        reply.keep = len(reply.row["content"]) if keeps_text else 0
        reply.row = {**reply.row, "status": "queued", "content": reply.row["content"] if keeps_text else ""}
        self._tell("message:updated", message=reply.row)

    def edit(self, message: Message, content: str) -> None:
        """Change what a message says."""
        message.row = {**message.row, "content": content, "version": message.row["version"] + 1}
        message.contents.add(content)
        self._tell("message:updated", message=message.row)

    def delete(self, message: Message) -> None:
        """Take a message away; what runs is ended first."""
        if message.status in UNFINISHED:
            self.end(message, "stopped")
        message.deleted = True
        self._tell("message:deleted", message=message.row)

    def rename(self, title: str) -> None:
        """Give the session a title."""
        self.title = title
        self._tell("session:updated", session=self._session())

    # What workers do.

    def begin(self, reply: Message) -> None:
        """Begin the first or the next attempt of a queued reply."""
        self._begin(reply, reply.keep)

    def take_over(self, reply: Message, keep: int) -> None:
        """Begin a later attempt of a reply whose worker is lost."""
        self._begin(reply, min(keep, len(reply.text)))

    def write(self, reply: Message, text: str) -> None:
        """Add text to a running reply."""
        reply.texts[reply.row["attempt"]] += text

    def end(self, reply: Message, status: str) -> None:
        """End a reply with the text that it has."""
        content = reply.text
        reply.row = {**reply.row, "status": status, "content": content}
        reply.keep = 0
        reply.contents.add(content)
        for connection in self.connections:
            connection.put_text(reply)
        facts = {"message_id": reply.id, "attempt": reply.row["attempt"], "status": status, "content": content}
        sums = {"length": len(content), "sha256": hashlib.sha256(content.encode()).hexdigest()}
        self._tell("chat:stream:end", **facts, **sums, finish_reason="stop", usage=None)

    # Joining.

    def joined(self, connection: "Connection", asked: Frame) -> Iterator[Frame]:
        """Return what a join is answered with: `session:joined`, then the missed events."""
        after = asked.get("after") if asked.get("epoch", EPOCH) == EPOCH else None
        usable = after is not None and self.kept_from <= after <= self.head
        places = {place["message_id"]: place for place in asked.get("live", ())} if after is not None else {}
        entries = []
        connection.cursors = {}
        for reply in self.replies("streaming"):
            attempt, text = reply.row["attempt"], reply.text
            place = places.get(reply.id)
            offset = min(place["offset"], len(text)) if place and place["attempt"] == attempt else 0
            entries.append({"message_id": reply.id, "attempt": attempt, "offset": offset, "text": text[offset:]})
            connection.cursors[reply.id] = (attempt, len(text))
        seq = after if usable and after is not None else self.head
        page = {} if usable else {"messages": self._page()}
        whole = {"session_id": SESSION, "epoch": EPOCH, "seq": seq, "session": self._session(), "live": entries}
        yield {"type": "session:joined", **whole, **page}
        yield from self.events[seq:]

    def heads(self) -> Frame:
        """Return a `pong` that tells where everything is."""
        live = [
            {"message_id": reply.id, "attempt": reply.row["attempt"], "offset": len(reply.text)}
            for reply in self.replies("streaming")
        ]
        return {"type": "pong", "n": 1, "heads": [{"session_id": SESSION, "seq": self.head, "live": live}]}

    def _begin(self, reply: Message, keep: int) -> None:
        attempt = reply.row["attempt"] + 1
        text = (reply.text if reply.status == "streaming" else reply.row["content"])[:keep]
        reply.texts[attempt] = text
        kind = "chat:stream:start" if attempt == 1 else "chat:stream:reset"
        told = {"intent": "chat"} if attempt == 1 else {"keep": len(text)}
        reply.row = {**reply.row, "status": "streaming", "attempt": attempt}
        self._tell(kind, message_id=reply.id, attempt=attempt, **told)

    def _create(self, identity: str, role: str, content: str, status: str, parent_id: str | None) -> None:
        row = {
            "id": identity,
            "session_id": SESSION,
            "parent_id": parent_id,
            "role": role,
            "content": content,
            "status": status,
            "attempt": 0,
            "finish_reason": None,
            "usage": None,
            "error": None,
            "timestamp": f"2026-01-01T10:00:{len(self.messages) % 60:02}Z",
            "version": 1,
        }
        self.messages[identity] = Message(row, contents={content})
        self._tell("message:created", message=row)

    def _leaf(self) -> str | None:
        return next((key for key, message in reversed(self.messages.items()) if not message.deleted), None)

    def _page(self) -> list[Frame]:
        """Return the living rows; of a running reply the text of a while ago."""
        rows = []
        for message in self.messages.values():
            half = {"content": message.text[: len(message.text) // 2]} if message.status == "streaming" else {}
            if not message.deleted:
                rows.append({**message.row, **half})
        return rows

    def _session(self) -> Frame:
        return {"id": SESSION, "title": self.title}

    def _tell(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "seq": self.head + 1, "session_id": SESSION, **fields}
        self.events.append(event)
        for connection in self.connections:
            connection.put_event(event)


class Connection:
    """One connection: frames wait in `wire` in the order in which they were sent."""

    def __init__(self, server: Server) -> None:
        self.wire: list[Frame] = []
        self.asked: list[Frame] = []
        self.has_joined = False
        self.cursors: dict[str, tuple[int, int]] = {}
        self._server = server
        server.connections.append(self)

    def answer(self) -> None:
        """Let the server take the oldest frame that the client sent."""
        asked = self.asked.pop(0)
        self.has_joined = True
        self.wire += self._server.joined(self, asked)

    def put_event(self, event: Frame) -> None:
        """Send an event to who has joined."""
        if self.has_joined:
            self.wire.append(event)
            if event["type"] in ("chat:stream:start", "chat:stream:reset"):
                _, known = self.cursors.get(event["message_id"], (0, 0))
                self.cursors[event["message_id"]] = (event["attempt"], min(known, event.get("keep", 0)))

    def put_text(self, reply: Message, most: int | None = None, again: int = 0) -> None:
        """Send the next text of a reply, at most so many code points, and some that were sent already."""
        attempt, offset = self.cursors.get(reply.id, (0, 0))
        text = reply.texts.get(reply.row["attempt"], "")
        if not self.has_joined or attempt != reply.row["attempt"]:
            return
        until = len(text) if most is None else min(offset + most, len(text))
        begin = max(0, offset - again)
        if until > begin:
            self.wire.append(token(reply.id, attempt, begin, text[begin:until]))
            self.cursors[reply.id] = (attempt, max(offset, until))

    def lose(self) -> list[Frame]:
        """Break; return what was under way."""
        self._server.connections.remove(self)
        return self.wire


@dataclass
class Known:
    """How much of a reply a client must have by the contract's rules: counted, not assembled."""

    attempt: int
    length: int
    closed: bool


class Client:
    """A tab: the real reducer, and beside it an account of when it has to ask for a join."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.state = SessionState(SESSION)
        self.late: list[Frame] = []
        self.connection = self._connect()

    def reconnect(self, *, reload: bool = False) -> None:
        """Lose the connection; frames of it may still be handed on late. Join over another."""
        self.late += self.connection.lose()
        if reload:
            self.state, self.late = SessionState(SESSION), []
        self.connection = self._connect()

    def take(self, frame: Frame) -> None:
        """Hand a frame to the reducer, and compare with what the contract says."""
        before = self.state
        must = self._must_join(frame)
        self.state, effects = reduce(before, frame)
        self._check(frame, before, effects, must=must)
        self.connection.asked += [effect.frame for effect in effects if isinstance(effect, Send)]

    def check(self) -> None:
        """What is assembled is always a beginning of what its attempt wrote (I4)."""
        for message_id, reply in self.state.replies.items():
            message = self.server.messages[message_id]
            if reply.closed:
                assert reply.text in message.contents, (message_id, reply, message)
            else:
                written = message.texts.get(reply.attempt, "")
                assert written.startswith(reply.text), (message_id, reply, message)

    def check_is_current(self) -> None:
        """After quiescence: exactly what is stored."""
        assert self.state.seq == self.server.head
        living = {key: message for key, message in self.server.messages.items() if not message.deleted}
        assert set(self.state.messages) == set(living)
        for key, message in living.items():
            if message.status != "queued":  # what waits to be written again may show what it said until then
                assert self.state.text_of(key) == message.text, (key, message, self.state.known(key))
            assert self.state.messages[key]["status"] == message.status
            assert self.state.has_ended(key) is (message.status not in UNFINISHED)

    def _connect(self) -> Connection:
        connection = Connection(self.server)
        connection.asked.append(self.state.join_frame())
        return connection

    def _must_join(self, frame: Frame) -> bool:
        """Whether this frame shows that something is missing (contract §3, *Assembling* and *Order*)."""
        state, kind = self.state, frame["type"]
        if kind == "pong":
            (head,) = frame["heads"]
            return state.seq is not None and (head["seq"] > state.seq or any(map(self._is_ahead, head["live"])))
        if kind == "session:joined":
            fresh = state.seq is None or state.epoch != frame["epoch"]
            return "messages" not in frame and (fresh or frame["seq"] > (state.seq or 0))
        if state.seq is None or state.joining:
            return False
        if kind == "chat:stream:token":
            known = self._known(frame["message_id"])
            newer = frame["attempt"] > known.attempt
            beyond = frame["attempt"] == known.attempt and not known.closed and frame["offset"] > known.length
            return newer or beyond
        return kind not in ("ack", "error") and frame["seq"] > state.seq + 1

    def _known(self, message_id: str) -> Known:
        known = self.state.known(message_id)
        return Known(known.attempt, len(known.text), known.closed)

    def _is_ahead(self, place: Frame) -> bool:
        known = self._known(place["message_id"])
        if place["attempt"] != known.attempt:
            return bool(place["attempt"] > known.attempt)
        return not known.closed and place["offset"] > known.length

    def _check(self, frame: Frame, before: SessionState, effects: list[Effect], *, must: bool) -> None:
        state = self.state
        assert not [effect for effect in effects if isinstance(effect, Diverged | Fetch)], (frame, effects)  # I6
        if frame["type"] != "session:joined":
            assert any(isinstance(effect, Send) for effect in effects) is must, (frame, before, effects)
            assert state.seq in (before.seq, (before.seq or 0) + 1), (frame, before.seq)  # I3
        elif must:
            assert any(isinstance(effect, Send) for effect in effects), (frame, before)
        if frame["type"] in ("ack", "error"):
            assert state == before


def token(message_id: str, attempt: int, offset: int, text: str) -> Frame:
    """Return a piece of text."""
    at = {"session_id": SESSION, "message_id": message_id, "attempt": attempt}
    return {"type": "chat:stream:token", **at, "offset": offset, "token": text}
