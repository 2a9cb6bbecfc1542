"""A server that keeps the contract, wires that lose, repeat and cut, and a client that must end with what is stored.

A state machine over the reducer: I3 (a gap-free run of events), I4 (what was assembled is what is stored) and I6
(overlapping pieces never differ) hold after every step and every loss.
"""

import hashlib
from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from causerie.client.reducer import Diverged, Fetch, Frame, Send, SessionState, merged, reduce

SESSION = {"id": "s1", "title": "Tea", "version": 1}

#: Plain, astral, combining and joining code points, and what JSON escapes.
texts = st.text(alphabet='ab \n"\\\u0301\u200d漢🐋🫖\u2028', min_size=1, max_size=4)


class Server:
    """One session as the contract has it: rows, numbered events, and text by attempt and offset."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        #: All text of each attempt, and the text that each reply has now.
        self.texts: dict[tuple[str, int], str] = {}
        self.now: dict[str, str] = {}

    def publish(self, kind: str, **fields: Any) -> None:
        self.events.append({"type": kind, "seq": len(self.events) + 1, "session_id": "s1", **fields})

    def store(self, kind: str, row: dict[str, Any]) -> None:
        self.rows[row["id"]] = row
        self.publish(f"message:{kind}", message=dict(row))

    def say(self) -> str:
        number = len(self.rows)
        for message_id, role, status in ((f"u{number}", "user", "complete"), (f"r{number}", "assistant", "queued")):
            self.store(
                "created",
                {
                    "id": message_id,
                    "parent_id": None,
                    "role": role,
                    "content": "Hello" if role == "user" else "",
                    "status": status,
                    "attempt": 0,
                    "version": 1,
                    "timestamp": "2026-01-01T10:00:00Z",
                },
            )
        return f"r{number}"

    def replies(self, *statuses: str) -> list[str]:
        return [key for key, row in self.rows.items() if row["role"] == "assistant" and row["status"] in statuses]

    def claim(self, reply: str, keep: int) -> None:
        attempt = self.rows[reply]["attempt"] + 1
        kept = self.now.get(reply, "")[:keep]
        self.rows[reply] |= {"status": "streaming", "attempt": attempt, "content": ""}
        self.texts[reply, attempt] = self.now[reply] = kept
        at = {"message_id": reply, "attempt": attempt}
        if attempt == 1:
            self.publish("chat:stream:start", **at, intent="chat")
        else:
            self.publish("chat:stream:reset", **at, keep=len(kept))

    def write(self, reply: str, text: str) -> None:
        self.now[reply] += text
        self.texts[reply, self.rows[reply]["attempt"]] = self.now[reply]

    def end(self, reply: str, status: str) -> None:
        row, content = self.rows[reply], self.now.get(reply, "")
        row |= {"status": status, "content": content}
        self.publish(
            "chat:stream:end",
            message_id=reply,
            attempt=row["attempt"],
            status=status,
            content=content,
            length=len(content),
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            finish_reason="stop",
            usage=None,
        )

    def live(self, places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        offsets = {(place["message_id"], place["attempt"]): place["offset"] for place in places}
        entries = []
        for reply in self.replies("streaming"):
            attempt = self.rows[reply]["attempt"]
            offset = offsets.get((reply, attempt), 0)
            text = self.now[reply][offset:]
            entries.append({"message_id": reply, "attempt": attempt, "offset": offset, "text": text})
        return entries


class Following(RuleBasedStateMachine):
    """The server's history, one connection to it, and the client at its other end."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.state = SessionState("s1")
        self.wire: deque[Frame] = deque()
        self.sent = 0
        self.cursors: dict[str, tuple[int, int]] = {}

    @initialize()
    def first_join(self) -> None:
        self.join(self.state.join_frame(), remembered=True)

    # What happens at the server.

    @rule(claimed=st.booleans())
    def say(self, claimed: bool) -> None:
        if len(self.server.rows) < 6:
            reply = self.server.say()
            if claimed:
                self.server.claim(reply, 0)

    @precondition(lambda self: self.server.replies("queued"))
    @rule(data=st.data(), keep=st.integers(0, 20))
    def claim(self, data: st.DataObject, keep: int) -> None:
        self.server.claim(data.draw(st.sampled_from(self.server.replies("queued"))), keep)

    @precondition(lambda self: self.server.replies("streaming"))
    @rule(
        data=st.data(), pieces=st.lists(st.tuples(texts, st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=5)
    )
    def write(self, data: st.DataObject, pieces: list[tuple[str, int, int]]) -> None:
        """Text comes from the model; what is followed goes on its way at once, one piece in five is lost."""
        reply = data.draw(st.sampled_from(self.server.replies("streaming")))
        for text, back, luck in pieces:
            self.server.write(reply, text)
            if reply in self.cursors:
                self.send(reply, back, len(text), lost=luck == 4)

    @precondition(lambda self: self.server.replies("streaming"))
    @rule(data=st.data(), keep=st.integers(0, 20))
    def hand_over(self, data: st.DataObject, keep: int) -> None:
        self.server.claim(data.draw(st.sampled_from(self.server.replies("streaming"))), keep)

    @precondition(lambda self: self.server.replies("queued", "streaming"))
    @rule(data=st.data(), status=st.sampled_from(["complete", "stopped", "failed"]))
    def end(self, data: st.DataObject, status: str) -> None:
        self.server.end(data.draw(st.sampled_from(self.server.replies("queued", "streaming"))), status)

    @precondition(lambda self: self.server.replies("stopped", "failed"))
    @rule(data=st.data(), emptied=st.booleans())
    def retry(self, data: st.DataObject, emptied: bool) -> None:
        row = self.server.rows[data.draw(st.sampled_from(self.server.replies("stopped", "failed")))]
        self.server.store("updated", {**row, "status": "queued", "content": "" if emptied else row["content"]})

    @precondition(lambda self: self.server.rows)
    @rule(data=st.data(), content=texts)
    def edit(self, data: st.DataObject, content: str) -> None:
        row = self.server.rows[data.draw(st.sampled_from(sorted(self.server.rows)))]
        if row["role"] == "user" or row["status"] in ("complete", "stopped", "failed"):
            self.server.now[row["id"]] = content
            self.server.store("updated", {**row, "content": content, "version": row["version"] + 1})

    # What happens on the way. Events and text are cut and mixed as they like, within the contract's order.

    @precondition(lambda self: self.sent < len(self.server.events))
    @rule(luck=st.integers(0, 9))
    def send_event(self, luck: int = 0) -> None:
        frame = self.server.events[self.sent]
        self.sent += 1
        if frame["type"] in ("chat:stream:start", "chat:stream:reset"):
            self.cursors[frame["message_id"]] = (frame["attempt"], frame.get("keep", 0))
        elif frame["type"] == "chat:stream:end":
            self.cursors.pop(frame["message_id"], None)
        if luck < 9:
            self.wire.append(frame)

    @precondition(lambda self: self.cursors)
    @rule(data=st.data(), back=st.integers(0, 8), length=st.integers(0, 8))
    def send_text(self, data: st.DataObject, back: int, length: int) -> None:
        self.send(data.draw(st.sampled_from(sorted(self.cursors))), back, length, lost=False)

    @precondition(lambda self: self.wire)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A frame comes once more, later: only text and events may, an answer to a join does not."""
        frame = data.draw(st.sampled_from(sorted(range(len(self.wire)))))
        if self.wire[frame]["type"] != "session:joined":
            self.wire.append(self.wire[frame])

    @precondition(lambda self: self.wire)
    @rule(count=st.integers(1, 12))
    def receive(self, count: int) -> None:
        for _ in range(min(count, len(self.wire))):
            self.take(self.wire.popleft())

    @rule()
    def ping(self) -> None:
        live = [
            {key: entry[key] for key in ("message_id", "attempt")} | {"offset": len(entry["text"])}
            for entry in self.server.live([])
        ]
        head = {"session_id": "s1", "seq": len(self.server.events), "live": live}
        self.wire.append({"type": "pong", "n": 1, "heads": [head]})

    @rule(remembered=st.booleans())
    def reconnect(self, remembered: bool) -> None:
        self.wire.clear()
        self.join(self.state.join_frame(), remembered)

    @precondition(lambda self: self.server.rows)
    @rule()
    def read_rows(self) -> None:
        self.state = merged(self.state, [dict(row) for row in self.server.rows.values()])

    def send(self, reply: str, back: int, length: int, *, lost: bool) -> None:
        """Send the next `length` code points of what this connection has not sent, and `back` of what it has."""
        attempt, offset = self.cursors[reply]
        text = self.server.texts[reply, attempt]
        start, stop = max(0, offset - back), min(len(text), offset + length)
        self.cursors[reply] = (attempt, max(offset, stop))
        if not lost:
            at = {"session_id": "s1", "message_id": reply, "attempt": attempt}
            self.wire.append({"type": "chat:stream:token", **at, "offset": start, "token": text[start:stop]})

    def join(self, frame: dict[str, Any], remembered: bool) -> None:
        """Answer a join: by the missed events where they are remembered, else by the page."""
        after = frame.get("after") if remembered else None
        head = len(self.server.events)
        page = {} if after is not None else {"messages": [dict(row) for row in self.server.rows.values()]}
        self.sent = head if after is None else after
        live = self.server.live(frame.get("live", []))
        self.cursors = {entry["message_id"]: (entry["attempt"], entry["offset"] + len(entry["text"])) for entry in live}
        self.wire.append(
            {"type": "session:joined", "session_id": "s1", "epoch": "e1", "seq": self.sent, "session": SESSION}
            | page
            | {"live": live}
        )

    def take(self, frame: Frame) -> None:
        before = self.state
        self.state, effects = reduce(before, frame)
        assert not [effect for effect in effects if isinstance(effect, (Diverged, Fetch))], "I6"
        if frame["type"] != "session:joined" and self.state.seq != before.seq:
            assert (before.seq, self.state.seq) == (frame["seq"] - 1, frame["seq"]), "I3"
        for effect in effects:
            if isinstance(effect, Send):
                self.join(effect.frame, remembered=True)

    @invariant()
    def what_is_assembled_is_the_start_of_what_was_written(self) -> None:
        for message_id, reply in self.state.replies.items():
            if not reply.closed:
                assert self.server.texts[message_id, reply.attempt].startswith(reply.text)

    def teardown(self) -> None:
        """Once nothing is lost any more, the client has all of it (I4)."""
        for _ in range(3):
            while self.wire or self.sent < len(self.server.events):
                if self.sent < len(self.server.events):
                    self.send_event()
                if self.wire:
                    self.take(self.wire.popleft())
            self.ping()
        while self.wire:
            self.take(self.wire.popleft())
        assert self.state.seq == len(self.server.events)
        for message_id, row in self.server.rows.items():
            assert self.state.messages[message_id]["status"] == row["status"]
            if row["role"] == "user":
                assert self.state.text_of(message_id) == row["content"]
            elif row["status"] != "queued":
                assert self.state.text_of(message_id) == self.server.now.get(message_id, "")


Following.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None, derandomize=True)
test_following = Following.TestCase
