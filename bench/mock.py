"""A model provider of OpenAI's dialect that sends exactly as it is told, and costs next to nothing.

The model's name is the order: `paced:20:200` sends 200 tokens at 20 a second, the first at once; `stamped:20:200` does
so with tokens that say when they were written; `flood:5000` sends 5,000 as fast as they are taken.
Run as `python -m bench.mock`: it prints its port and serves until its standard input ends.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

from causerie.chaos.pacing import Pacer

WORD = "word "
EVENTS_A_WRITE = 64

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_EVENT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock",'
    b'"choices":[{"index":0,"delta":{"content":"' + WORD.encode() + b'"},"finish_reason":null}]}\n\n'
)
_STAMPED = _EVENT.replace(WORD.encode(), b"%016x ")
_LAST = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock",'
    b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_TOKEN_CHUNK = _chunk(_EVENT)
_MANY_CHUNK = _chunk(_EVENT * EVENTS_A_WRITE)
_END = _chunk(_LAST) + b"0\r\n\r\n"


class PacedReply:
    """Sends one token whenever it is due."""

    def __init__(self, transport: asyncio.WriteTransport, rate: float, tokens: int, start: float) -> None:
        self._transport = transport
        self._interval = 1 / rate
        self._tokens = tokens
        self._start = start
        self._sent = 0

    def send(self) -> float | None:
        """Send what is due; return when the next is, or None after the end."""
        if self._transport.is_closing():
            return None
        self._sent += 1
        if self._sent < self._tokens:
            self._transport.write(self._token() if self._sent > 1 else _HEAD + self._token())
            return self._start + self._sent * self._interval
        self._transport.write((self._token() if self._sent > 1 else _HEAD + self._token()) + _END)
        return None

    def _token(self) -> bytes:
        return _TOKEN_CHUNK


class StampedReply(PacedReply):
    """Its tokens are the nanoseconds of the machine's monotonic clock, so that a reader can tell how long they took."""

    def _token(self) -> bytes:
        return _chunk(_STAMPED % time.perf_counter_ns())


_PACED = {"paced": PacedReply, "stamped": StampedReply}


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pacer: Pacer) -> None:
        self._loop = loop
        self._pacer = pacer
        self._received = b""
        self._flood = 0
        self._may_write = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop has transports of its own

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0)
        if len(rest) < length:
            return
        self._received = rest[length:]
        self._answer(json.loads(rest[:length])["model"])

    def _answer(self, model: str) -> None:
        kind, *numbers = model.split(":")
        if kind in _PACED:
            self._pacer.begin(_PACED[kind](self._transport, float(numbers[0]), int(numbers[1]), self._loop.time()))
        else:
            self._transport.write(_HEAD)
            self._flood = int(numbers[0])
            self._pour()

    def _pour(self) -> None:
        if not self._flood or self._transport.is_closing() or not self._may_write:
            return
        if self._flood >= EVENTS_A_WRITE:
            self._transport.write(_MANY_CHUNK)
            self._flood -= EVENTS_A_WRITE
        else:
            self._transport.write(_chunk(_EVENT * self._flood))
            self._flood = 0
        if self._flood:
            self._loop.call_soon(self._pour)
        else:
            self._transport.write(_END)

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._pour()


async def serve() -> None:
    loop = asyncio.get_running_loop()
    pacer = Pacer(loop)
    server = await loop.create_server(lambda: Connection(loop, pacer), "127.0.0.1", 0, backlog=2_048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
