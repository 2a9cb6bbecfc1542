"""A client of `/ws` that remembers every frame it got."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.contract.assembling import Frame

PATIENCE_SECONDS = 10.0
PROBLEM_MEMBERS = {"title", "status", "code", "detail", "retryable"}


class Socket:
    """One connection; `seen` holds its frames in the order of their arrival."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[Frame] = []

    def send(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}))

    def receive(self, within: float = PATIENCE_SECONDS) -> Frame:
        """Return the next frame; raise `TimeoutError` when none comes."""
        text = self.connection.recv(timeout=within)
        assert isinstance(text, str), "the server sends text frames only"
        frame: Frame = json.loads(text)
        self.seen.append(frame)
        return frame

    def until(self, wanted: Callable[[Frame], bool], within: float = PATIENCE_SECONDS, *, since: int = 0) -> Frame:
        """Return the first frame, already seen (from number `since` on) or still to come, that is `wanted`."""
        for frame in self.seen[since:]:
            if wanted(frame):
                return frame
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            try:
                frame = self.receive(left)
            except TimeoutError:
                break
            if wanted(frame):
                return frame
        raise AssertionError(f"the awaited frame did not come; seen: {json.dumps(self.seen)[-3000:]}")

    def expect(self, kind: str, *, within: float = PATIENCE_SECONDS, **members: Any) -> Frame:
        """Return the first frame of this type that has these members."""
        return self.until(lambda frame: frame["type"] == kind and members.items() <= frame.items(), within)

    def answer(self, kind: str, *, ref: str, **fields: Any) -> Frame:
        """Send a frame and return the `ack` or `error` that answers it."""
        self.send(kind, ref=ref, **fields)
        return self.until(lambda frame: frame["type"] in {"ack", "error"} and frame.get("ref") == ref)

    def join(self, session_id: str, **fields: Any) -> Frame:
        """Join a session and return this join's `session:joined`."""
        since = len(self.seen)
        self.send("session:join", session_id=session_id, **fields)
        return self.until(
            lambda frame: frame["type"] == "session:joined" and frame["session_id"] == session_id, since=since
        )

    def text_reaches(self, length: int) -> None:
        """Wait until a token ends there or beyond, in code points of its attempt."""
        self.until(lambda frame: frame["offset"] + len(frame["token"]) >= length if "token" in frame else False)

    def settle(self, n: int = 1) -> None:
        """Read everything that the server had to say before now: a `pong` comes after it."""
        self.send("ping", n=n)
        self.expect("pong", n=n)

    def of_session(self, session_id: str) -> list[Frame]:
        return [frame for frame in self.seen if frame.get("session_id") == session_id]

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.seen]

    def close_code(self, within: float = PATIENCE_SECONDS) -> int | None:
        """Read on until the connection ends, and return the server's close code; None without a close frame."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.receive(left)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None
        raise AssertionError("the server did not close the connection")


@contextmanager
def connected(url: str, **options: Any) -> Iterator[Socket]:
    """Open a connection and close it afterwards."""
    options = {"max_size": None, "open_timeout": PATIENCE_SECONDS, "close_timeout": 2, "proxy": None} | options
    with connect(url, **options) as connection:
        yield Socket(connection)


def refused(frame: Frame, code: str | None = None) -> None:
    """Check that this is an `error` with the members of a problem document."""
    assert frame["type"] == "error", frame
    assert frame.keys() >= PROBLEM_MEMBERS
    if code is not None:
        assert frame["code"] == code, frame


def finished(socket: Socket, message_id: str, **members: Any) -> Frame:
    """Wait for the end of a reply."""
    return socket.expect("chat:stream:end", message_id=message_id, **members)


def streaming(socket: Socket, message_id: str, attempt: int = 1) -> None:
    """Wait until text of this attempt has come."""
    socket.expect("chat:stream:token", message_id=message_id, attempt=attempt)
