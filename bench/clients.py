"""Clients that note when things arrive and cost as little as they can: they share a core with the mock."""

import asyncio
import base64
import json
import os
import re
import struct
import time
from dataclasses import dataclass
from typing import Any, Self, cast

WAIT_SECONDS = 60.0


class TryAgain(RuntimeError):
    """The server cannot do it at this moment, and says so."""


@dataclass(slots=True)
class Turn:
    """When (seconds of `perf_counter`) one answer was asked for, began and ended, and how long it was."""

    asked: float
    first: float = 0.0
    ended: float = 0.0
    tokens: int = 0

    @property
    def to_first(self) -> float:
        return self.first - self.asked

    def lateness(self, rate: float) -> float:
        """Return how much later than the provider's own pace the answer ended, its first token included."""
        return self.ended - self.asked - (self.tokens - 1) / rate


class EventStream(asyncio.Protocol):
    """A keep-alive connection that asks a provider, or a proxy, for one completion after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn: Turn | None = None
        self._done: asyncio.Future[Turn] | None = None
        self._tail = b""

    @classmethod
    async def open(cls, port: int) -> Self:
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop has transports of its own

    async def ask(self, model: str) -> Turn:
        """Send one request and wait for its whole answer."""
        body = json.dumps(
            {"model": model, "messages": [{"role": "user", "content": "Hello!"}], "stream": True}
        ).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        self._done = self._loop.create_future()
        self._turn = Turn(time.perf_counter())
        self._transport.write(head + body)
        return await asyncio.wait_for(self._done, WAIT_SECONDS)

    def data_received(self, data: bytes) -> None:
        turn = self._turn
        if turn is None:
            return
        tokens = data.count(b'{"content"')
        if tokens and not turn.tokens:
            turn.first = time.perf_counter()
        turn.tokens += tokens
        self._tail = (self._tail + data)[-24:]
        if self._tail.endswith(b"[DONE]\n\n\r\n0\r\n\r\n"):
            turn.ended = time.perf_counter()
            self._tail = b""
            self._turn = None
            if self._done is not None and not self._done.done():
                self._done.set_result(turn)

    def connection_lost(self, error: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error or ConnectionResetError("the stream was cut"))

    def close(self) -> None:
        self._transport.abort()


class Socket(asyncio.Protocol):
    """A browser's side of `/ws`, as far as a chat needs it: frames are looked at, not parsed, while text streams."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self.upgraded: asyncio.Future[None] = self._loop.create_future()
        self._turn: Turn | None = None
        self._done: asyncio.Future[Turn] | None = None
        self._awaited: tuple[bytes, asyncio.Future[bytes]] | None = None
        self._characters_a_token = 1
        self._heartbeat: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        loop = asyncio.get_running_loop()
        transport, socket = await loop.create_connection(cls, "127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await asyncio.wait_for(socket.upgraded, WAIT_SECONDS)
        return socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop has transports of its own

    async def say(self, session_id: str | None, text: str, *, characters_a_token: int) -> Turn:
        """Say something and wait for the end of the reply."""
        self._characters_a_token = characters_a_token
        self._done = self._loop.create_future()
        self._turn = Turn(time.perf_counter())
        self.send({"type": "chat:message", "session_id": session_id, "content": text})
        return await asyncio.wait_for(self._done, WAIT_SECONDS)

    async def exchange(self, frame: dict[str, Any], awaited: str) -> bytes:
        """Send a frame and return the next one of type `awaited`."""
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._awaited = (f'{{"type":"{awaited}"'.encode(), answer)
        self.send(frame)
        return await asyncio.wait_for(answer, WAIT_SECONDS)

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame whose answer nobody waits for."""
        payload = json.dumps(frame).encode()
        length = len(payload)
        # A mask of zeros is a mask, and leaves the payload as it is.
        head = bytes((0x81, 0x80 | length)) if length < 126 else struct.pack("!BBH", 0x81, 0x80 | 126, length)
        self._transport.write(head + b"\0\0\0\0" + payload)

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self.upgraded.done():
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            if not received.startswith(b"HTTP/1.1 101"):
                self.upgraded.set_exception(ConnectionRefusedError(bytes(received[:end]).decode()))
                return
            del received[: end + 4]
            self.upgraded.set_result(None)
        start, size = 0, len(received)
        while size - start >= 2:
            length, body = received[start + 1], start + 2
            if length == 126:
                if size < body + 2:
                    break
                length, body = int.from_bytes(received[body : body + 2]), body + 2
            elif length == 127:
                if size < body + 8:
                    break
                length, body = int.from_bytes(received[body : body + 8]), body + 8
            if size < body + length:
                break
            self._take(received[start] & 0x0F, bytes(received[body : body + length]))
            start = body + length
        del received[:start]

    def _take(self, opcode: int, frame: bytes) -> None:
        if opcode != 1:
            if opcode == 8:
                code = int.from_bytes(frame[:2])
                self.connection_lost(ConnectionResetError(f"the server closed the socket: {code} {frame[2:].decode()}"))
            return
        turn = self._turn
        if turn is not None and frame.startswith(b'{"type":"chat:stream:token"'):
            if not turn.first:
                turn.first = time.perf_counter()
        elif turn is not None and frame.startswith(b'{"type":"chat:stream:end"'):
            turn.ended = time.perf_counter()
            end = json.loads(frame)
            turn.tokens = end["length"] // self._characters_a_token
            self._turn = None
            if self._done is not None and not self._done.done():
                if end["status"] == "complete":
                    self._done.set_result(turn)
                else:
                    self._done.set_exception(RuntimeError(f"the reply ended as {end['status']}: {end.get('error')}"))
        elif frame.startswith(b'{"type":"welcome"'):
            self._ping(1, json.loads(frame)["heartbeat"])
        elif frame.startswith(b'{"type":"error"'):
            kind = TryAgain if b'"retryable":true' in frame else RuntimeError
            self.connection_lost(kind(frame.decode()))
        if self._awaited is not None and frame.startswith(self._awaited[0]):
            self._awaited[1].set_result(frame)
            self._awaited = None

    def _ping(self, number: int, seconds: float) -> None:
        """Show the server that somebody is there, again and again."""
        if not self._transport.is_closing():
            self.send({"type": "ping", "n": number})
            self._heartbeat = self._loop.call_later(seconds, self._ping, number + 1, seconds)

    def connection_lost(self, error: Exception | None) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        failure = error or ConnectionResetError("the socket was cut")
        waiting = (self.upgraded, self._done, self._awaited[1] if self._awaited else None)
        for future in waiting:
            if future is not None and not future.done():
                future.set_exception(failure)

    def close(self) -> None:
        self._transport.abort()


class StampedSocket(Socket):
    """Reads from stamped tokens how long (seconds) each was on its way. Text that comes again is not counted again."""

    STAMP = re.compile(rb"[0-9a-f]{16} ")

    def __init__(self) -> None:
        super().__init__()
        self.ways: list[float] = []
        self._seen: set[bytes] = set()
        self._changed = asyncio.Event()
        self._reset = asyncio.Event()

    async def reached(self, tokens: int) -> None:
        """Wait until so many tokens have come."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.ways) < tokens:
                self._changed.clear()
                await self._changed.wait()

    async def reset(self) -> None:
        """Wait until another attempt goes on with the reply."""
        await asyncio.wait_for(self._reset.wait(), WAIT_SECONDS)

    def _take(self, opcode: int, frame: bytes) -> None:
        if frame.startswith(b'{"type":"chat:stream:token"'):
            now = time.perf_counter_ns()
            for stamp in self.STAMP.findall(frame):
                if stamp not in self._seen:
                    self._seen.add(stamp)
                    self.ways.append((now - int(stamp, 16)) / 1e9)
            self._changed.set()
        elif frame.startswith(b'{"type":"chat:stream:reset"'):
            self._reset.set()
        super()._take(opcode, frame)


class Pages:
    """A keep-alive connection that fetches pages whose length is announced."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(port, *await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str) -> tuple[float, bytes]:
        """Return how long (seconds) the page took, and its body."""
        started = time.perf_counter()
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        async with asyncio.timeout(WAIT_SECONDS):
            head = await self._reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{path}: {head.decode()}")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
            body = await self._reader.readexactly(length)
        return time.perf_counter() - started, body

    def close(self) -> None:
        self._writer.close()
