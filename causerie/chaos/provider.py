"""A model provider of OpenAI's dialect whose every word can be told afterwards: which call sent it, and where.

A question carries its own script (`Script.written`), so that nothing is shared with whoever asks. The n-th call for a
question sends the words of that call and no other's; where an assistant's message follows the question, it goes on
after it. `python -m causerie.chaos.provider RECORD` prints its port, serves until its standard input ends, and writes
what it sent to RECORD, one JSON object a call.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self, TextIO, cast

import uvloop

from causerie.chaos.pacing import TICK_SECONDS, Pacer

Trouble = Literal["none", "cut", "silence", "error", "busy"]
FEWEST_WORDS = 8
VOCABULARY = ("tea", "lantern", "naïve", "Straße", "猫", "rain🌧", "window", "e\N{COMBINING ACUTE ACCENT}té", "👩‍🚀")
STATUS = {"error": "500 Internal Server Error", "busy": "429 Too Many Requests"}

_SCRIPT = re.compile(r"\[(?P<name>\S+) words=(\d+) pace=(\d+) trouble=([a-z]+) after=(\d+) calls=(\d+)\]")


@dataclass(frozen=True, slots=True)
class Script:
    """How a question is answered: `words` at `pace` a second; the first `calls` calls meet trouble after some words.

    Trouble: `cut` closes the connection, `silence` sends nothing more, `error` and `busy` refuse before the first word.
    """

    name: str
    words: int = 60
    pace: int = 40
    trouble: Trouble = "none"
    after: int = 0
    calls: int = 1

    def written(self) -> str:
        """Return the script as it stands in a question."""
        return (
            f"[{self.name} words={self.words} pace={self.pace} "
            f"trouble={self.trouble} after={self.after} calls={self.calls}]"
        )

    @classmethod
    def found(cls, text: str) -> Self | None:
        """Return the script that stands in a text, None where there is none."""
        found = _SCRIPT.search(text)
        if found is None:
            return None
        name, words, pace, trouble, after, calls = found.groups()
        return cls(name, int(words), int(pace), cast("Trouble", trouble), int(after), int(calls))


@dataclass(frozen=True, slots=True)
class Call:
    """What one call sent: the first `sent` words of its text, after `prefix`. Times are seconds since the epoch."""

    name: str
    number: int
    model: str
    prefix: str
    sent: int
    began: float
    ended: float
    how: Literal["complete", "cut", "silence", "error", "busy", "hung up"]

    @property
    def text(self) -> str:
        """Everything that whoever called may have: the prefix, and what was sent."""
        return self.prefix + "".join(words_of(self.name, self.number, self.prefix, self.sent))


def words_of(name: str, number: int, prefix: str, words: int) -> Iterator[str]:
    """Yield the first words of a call, each with what belongs before it; no other call and no other place has them."""
    chance = random.Random(f"{name}/{number}/{prefix}")
    for place in range(words):
        space = " " if place or prefix else ""
        yield f"{space}{chance.choice(VOCABULARY)}-{number}.{place}"


class Telling:
    """One call while it is answered."""

    def __init__(self, connection: "Connection", script: Script, number: int, model: str, prefix: str) -> None:
        self._connection = connection
        self._script = script
        self._began = time.time()
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._call = (script.name, number, model, prefix)
        self._total = max(FEWEST_WORDS, script.words - len(prefix.split()))
        self._words = words_of(script.name, number, prefix, self._total)
        self._trouble: Trouble = script.trouble if number <= script.calls else "none"
        self._sent = 0
        self.is_over = False

    def begin(self) -> bool:
        """Refuse or begin; return whether words follow."""
        if self._trouble in STATUS:
            body = b'{"error":{"message":"not now"}}'
            head = f"HTTP/1.1 {STATUS[self._trouble]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            self._connection.transport.write(head.encode() + b"\r\n\r\n" + body)
            self.end(self._trouble)
            return False
        self._connection.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        return True

    def send(self) -> float | None:
        """Send the words that are due; return when the next is, or None."""
        if self.is_over:
            return None
        passed = self._loop.time() + TICK_SECONDS - self._started
        due = min(self._total, int(passed * self._script.pace) + 1)
        if self._trouble in ("cut", "silence"):
            due = min(due, self._script.after)
        events = bytearray()
        while self._sent < due:
            events += _event({"content": next(self._words)})
            self._sent += 1
        if events:
            self._connection.transport.write(_chunk(events))
        if self._trouble in ("cut", "silence") and self._sent >= self._script.after:
            if self._trouble == "cut":
                self.end("cut")
                self._connection.transport.abort()
            return None
        if self._sent >= self._total:
            last = _event({}, "stop") + b"data: [DONE]\n\n"
            self._connection.transport.write(_chunk(last) + b"0\r\n\r\n")
            self.end("complete")
            return None
        return self._started + self._sent / self._script.pace

    def end(self, how: str) -> None:
        """Write down how it went, once."""
        if not self.is_over:
            self.is_over = True
            how = "silence" if how == "hung up" and self._stays_silent() else how
            call = Call(*self._call, self._sent, self._began, time.time(), cast("Any", how))
            self._connection.provider.write_down(self, call)

    def _stays_silent(self) -> bool:
        return self._trouble == "silence" and self._sent >= self._script.after


class Provider:
    """Answers calls at the pace of their scripts, and writes them down."""

    def __init__(self, record: TextIO) -> None:
        self._record = record
        self._pacer = Pacer(asyncio.get_running_loop())
        self._calls: Counter[str] = Counter()
        self.tellings: set[Telling] = set()

    def answer(self, connection: "Connection", body: dict[str, Any]) -> Telling:
        """Begin to answer a call."""
        script, prefix = _asked(body["messages"])
        self._calls[script.name] += 1
        telling = Telling(connection, script, self._calls[script.name], body["model"], prefix)
        self.tellings.add(telling)
        if telling.begin():
            self._pacer.begin(telling)
        return telling

    def write_down(self, telling: Telling, call: Call) -> None:
        """Keep what a call was."""
        self._record.write(json.dumps(asdict(call)) + "\n")
        self.tellings.discard(telling)


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._received = b""
        self._telling: Telling | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has transports of its own

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0)
        if len(rest) >= length:
            self._received = rest[length:]
            self._telling = self.provider.answer(self, json.loads(rest[:length]))

    def connection_lost(self, _: Exception | None) -> None:
        if self._telling is not None:
            self._telling.end("hung up")


def read_record(record: Path) -> list[Call]:
    """Return the calls that were written down, as they ended."""
    return [Call(**json.loads(line)) for line in record.read_text().splitlines()]


def _asked(messages: list[dict[str, str]]) -> tuple[Script, str]:
    """Return the script of the newest question that has one, and the text after it, which is to be gone on with."""
    prefix = ""
    for entry in reversed(messages):
        if entry["role"] == "assistant":
            prefix = prefix or entry["content"]
        elif script := Script.found(entry["content"]):
            return script, prefix
    return Script(messages[-1]["content"], words=FEWEST_WORDS), ""


def _chunk(data: bytes | bytearray) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), bytes(data))


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode()


async def serve(record: Path) -> None:
    """Serve until the standard input ends."""
    with record.open("w", buffering=1) as lines:
        provider = Provider(lines)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(provider), "127.0.0.1", 0, backlog=2_048)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        server.close()
        for telling in list(provider.tellings):
            telling.end("hung up")


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
