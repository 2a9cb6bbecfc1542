"""A scripted model provider: an HTTP server on loopback that speaks OpenAI's and Gemini's streams and fails on demand.

What a request gets is a `Script`, found by the request's model name: a script registered under that name, or one
written into the name itself as a query, `scripted?seed=7&length=300&pace=50&fault=cut&after=40`. In the tests' own
process use `ScriptedServer` as an async context manager; for servers in other processes its control routes do the same:

    PUT    /control/scripts/<model>     answer this model by the script in the JSON body
    POST   /control/release/<model>     let this model's replies go on that wait at a `hold`
    GET    /control/requests            what was asked so far and how it ended
    DELETE /control/requests            forget that

`python -m tests.scripted_provider --port 0` runs it alone and prints its address as one line of JSON.
"""

import argparse
import asyncio
import json
import random
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Any, Literal, Protocol, Self
from urllib.parse import parse_qsl

from aiohttp import ClientConnectionResetError, web
from pydantic import TypeAdapter

EVENTS_A_WRITE = 50  # of a reply without pace
CANARY = "canary-in-a-foreign-body"  # stands in every error body, so that a test can see that none is echoed
VOCABULARY = """the lamp turns and sea wind carries a song over café roofs where naïve gulls sleep 灯台 の 光 while
Button the cat watches 🐈 and waits for Ωmega tea 👩‍🚀 with Zoë said it was late so we went home again to read"""

Fault = Literal[
    "refuse",  # HTTP `status` with an error body
    "html",  # HTTP 200 with a web page
    "silent",  # no byte, ever
    "hang",  # text up to `after`, then nothing
    "hold",  # text up to `after`, then nothing until it is released
    "cut",  # text up to `after`, then the connection is reset
    "close",  # text up to `after`, then the stream ends properly, but without finish and [DONE]
    "malformed",  # text up to `after`, then an event that is no JSON
    "error",  # text up to `after`, then an error event inside HTTP 200
    "long_line",  # text up to `after`, then a line without end
    "empty",  # a whole stream without text
    "linger",  # all up to the finish, then nothing, and no end
    "blocked_prompt",  # Gemini's first way to block
    "blocked_output",  # text up to `after`, then the second way
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a request is answered. Lengths and positions count code points of the whole text, waits are seconds."""

    text: str | None = None
    """What is said; None: `scripted_text(seed, length)`."""
    seed: int | None = None
    """None: `seed_of` the last user's message, so that each question has an answer of its own."""
    length: int = 200
    chunk: int = 4
    """Code points an event."""
    pace: float = 0
    """Events a second; 0: as fast as the reader takes them."""
    start_after: float = 0
    """Wait before the first byte."""
    reasoning: str = ""
    """Thoughts before the text."""
    finish: str | None = "stop"
    """The finish reason; None, in a model's name `null`, is sent as null."""
    done: bool = True
    """Whether `[DONE]` ends the stream."""
    usage: bool = True
    cost: float | None = None
    served_by: str | None = None
    """The name of the provider that OpenRouter chose."""
    comments: bool = False
    """`: OPENROUTER PROCESSING` between the events."""
    split_surrogates: bool = False
    """Characters beyond U+FFFF come as two escapes in two events."""
    as_json: bool = False
    """One JSON body in place of a stream."""
    cookie: str | None = None
    """Sent as `Set-Cookie`."""
    raw: str | None = None
    """A stream to be sent as it is, in place of one that says `text`."""

    fault: Fault | None = None
    after: int = 0
    """Where in the text the fault happens. A request that continues behind this place does not meet it."""
    times: int | None = None
    """The fault happens to so many requests with the same question, then no more; None: to all."""
    status: int = 500
    error_code: str | int | None = None
    """`code` in the body or event of an error."""
    retry_after: str | None = None


@dataclass(slots=True)
class Asked:
    """One request as the server saw it."""

    model: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float
    port: int
    """The caller's, so that its connections can be told apart."""
    prefix: str = ""
    """The text that the caller asked to continue."""
    text: str = ""
    """The whole reply, from the prefix's first letter on."""
    sent: str = ""
    """As much of `text` as was sent, or known to the caller as prefix."""
    ended_at: float | None = None
    closed_early: bool = False
    """Whether the caller hung up before the reply's end."""


def scripted_text(seed: int, length: int) -> str:
    """Return what a script without `text` says: `length` code points, the same ones for the same seed."""
    chance = random.Random(seed)
    words = VOCABULARY.split()
    text = ""
    while len(text) < length:
        text += chance.choice(words) + chance.choice((" ", " ", " ", " ", ", ", ". ", "\n"))
    return text[: length - 1] + "." if length else ""


def seed_of(question: str) -> int:
    """Return the seed that a question gives to a script without one."""
    return zlib.crc32(question.encode())


class ScriptedServer:
    """The server; `async with ScriptedServer() as server` runs it. `url` is the base of an OpenAI-compatible API."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.scripts: dict[str, Script] = {}
        self.asked: list[Asked] = []
        self._faults: Counter[tuple[str, str]] = Counter()
        self._ended: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._released: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def play(self, model: str, **script: Any) -> str:
        """Answer requests for `model` by this script from now on, and return the name."""
        self.scripts[model] = Script(**script)
        return model

    def release(self, model: str) -> None:
        """Let this model's replies go on that wait, or will come to wait, at a `hold`."""
        self._released[model].set()

    async def until_ended(self, asked: Asked) -> Asked:
        """Wait until a request is answered, or its caller hung up."""
        await self._ended[id(asked)].wait()
        return asked

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 << 20)
        app.router.add_post("/{base:.*}chat/completions", self._chat)
        app.router.add_post("/{base:.*}models/{model}:streamGenerateContent", self._gemini)
        app.router.add_put("/control/scripts/{model:.+}", self._put_script)
        app.router.add_post("/control/release/{model:.+}", self._post_release)
        app.router.add_get("/control/requests", self._get_requests)
        app.router.add_delete("/control/requests", self._delete_requests)
        # A cancelled handler is how the server learns that the caller hung up.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _put_script(self, request: web.Request) -> web.Response:
        self.scripts[request.match_info["model"]] = _SCRIPT.validate_python(await request.json())
        return web.Response(status=204)

    async def _post_release(self, request: web.Request) -> web.Response:
        self.release(request.match_info["model"])
        return web.Response(status=204)

    async def _get_requests(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(asked) for asked in self.asked])

    async def _delete_requests(self, _: web.Request) -> web.Response:
        self.asked.clear()
        return web.Response(status=204)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        messages = [(message["role"], message["content"]) for message in body["messages"]]
        return await self._answer(request, body, body["model"], messages, OpenAIDialect)

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        messages = [
            (content["role"].replace("model", "assistant"), "".join(part["text"] for part in content["parts"]))
            for content in body["contents"]
        ]
        return await self._answer(request, body, request.match_info["model"], messages, GeminiDialect)

    async def _answer(
        self,
        request: web.Request,
        body: dict[str, Any],
        model: str,
        messages: list[tuple[str, str]],
        dialect_of: Callable[[Script, Asked], "Dialect"],
    ) -> web.StreamResponse:
        port = request.transport.get_extra_info("peername")[1] if request.transport else 0
        asked = Asked(model, body, dict(request.headers), time.time(), port)
        self.asked.append(asked)
        question = next((text for role, text in reversed(messages) if role == "user"), "")
        script = self._script(model, question)
        seed = seed_of(question) if script.seed is None else script.seed
        asked.text = scripted_text(seed, script.length) if script.text is None else script.text
        asked.prefix = messages[-1][1] if messages and messages[-1][0] == "assistant" else ""
        if not asked.text.startswith(asked.prefix):
            raise web.HTTPBadRequest(text="the text to continue is not the beginning of this one")
        asked.sent = asked.prefix
        try:
            return await self._play(request, script, asked, dialect_of(script, asked))
        except (asyncio.CancelledError, ClientConnectionResetError):
            asked.closed_early = True
            raise
        finally:
            asked.ended_at = time.time()
            self._ended[id(asked)].set()

    def _script(self, model: str, question: str) -> Script:
        script = self.scripts.get(model) or script_in(model)
        if script.times is not None:
            self._faults[model, question] += 1
            if self._faults[model, question] > script.times:
                return replace(script, fault=None)
        return script

    async def _play(self, request: web.Request, script: Script, asked: Asked, dialect: "Dialect") -> web.StreamResponse:
        await asyncio.sleep(script.start_after)
        match script.fault:
            case "silent":
                await asyncio.Event().wait()
            case "refuse":
                headers = {"Retry-After": script.retry_after} if script.retry_after else {}
                if 300 <= script.status < 400:
                    headers["Location"] = f"{self.origin}/control/requests"
                return web.json_response(dialect.error(), status=script.status, headers=headers)
            case "html":
                return web.Response(text=f"<!doctype html><p>It works! {CANARY}</p>", content_type="text/html")
        if script.as_json:
            asked.sent = asked.text
            return web.json_response(dialect.whole())
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        response = web.StreamResponse(headers=headers | ({"Set-Cookie": script.cookie} if script.cookie else {}))
        await response.prepare(request)
        async with _paced(response.write, script.pace) as write:
            if script.raw is None:
                await self._stream(request, script, asked, dialect, write)
            else:
                await write(script.raw.encode())
        return response

    async def _stream(
        self, request: web.Request, script: Script, asked: Asked, dialect: "Dialect", write: "Write"
    ) -> None:
        for event in dialect.opening():
            await write(event)
        if await self._say(script, asked, dialect, write):
            await self._fail(request, script, asked, dialect, write)
            if script.fault != "hold":
                return
            await self._say(replace(script, fault=None), asked, dialect, write)
        for event in dialect.closing():
            await write(event)
        if script.fault == "linger":
            await write(b"")
            await asyncio.Event().wait()

    async def _say(self, script: Script, asked: Asked, dialect: "Dialect", write: "Write") -> bool:
        """Send the text; return whether it ended at the fault."""
        if script.fault == "empty":
            return False
        if script.fault == "linger":
            script = replace(script, fault=None)
        fails = script.fault is not None and (script.fault == "blocked_prompt" or script.after >= len(asked.prefix))
        end = min(script.after, len(asked.text)) if fails else len(asked.text)
        while len(asked.sent) < end:
            piece = asked.text[len(asked.sent) : min(end, len(asked.sent) + script.chunk)]
            for event in dialect.text(piece):
                await write(event)
            asked.sent += piece
        return fails

    async def _fail(
        self, request: web.Request, script: Script, asked: Asked, dialect: "Dialect", write: "Write"
    ) -> None:
        await write(b"")
        match script.fault:
            case "hang":
                await asyncio.Event().wait()
            case "hold":
                await self._released[asked.model].wait()
            case "cut":
                if request.transport:
                    request.transport.abort()
            case "malformed":
                await write(b'data: {"choices": [{"delta": {"content": "\n\n')
            case "error":
                await write(_event(dialect.error_event()))
            case "long_line":
                while True:
                    await write(b"x" * 65536)
            case "blocked_prompt" | "blocked_output":
                await write(_event(dialect.blocked()))


def script_in(model: str) -> Script:
    """Return the script that is written into a model's name."""
    _, _, query = model.partition("?")
    script = _SCRIPT.validate_strings(dict(parse_qsl(query, strict_parsing=bool(query))))
    return replace(script, finish=None) if script.finish == "null" else script


_SCRIPT = TypeAdapter(Script)


class Dialect(Protocol):
    """How a kind of provider words the parts of a reply: whole events, ready to be sent."""

    def opening(self) -> Iterator[bytes]: ...

    def text(self, piece: str) -> Iterator[bytes]: ...

    def closing(self) -> Iterator[bytes]: ...

    def whole(self) -> Any:
        """Return the reply as one JSON value."""

    def error(self) -> Any:
        """Return the body of a refusal."""

    def error_event(self) -> Any: ...

    def blocked(self) -> Any: ...


class OpenAIDialect:
    def __init__(self, script: Script, asked: Asked) -> None:
        self._script = script
        self._asked = asked

    def opening(self) -> Iterator[bytes]:
        if self._script.comments:
            yield b": OPENROUTER PROCESSING\n\n"
        yield self._chunk({"role": "assistant", "content": ""})
        if self._script.reasoning:
            yield self._chunk({"reasoning": self._script.reasoning})

    def text(self, piece: str) -> Iterator[bytes]:
        for part in halves(piece) if self._script.split_surrogates else (piece,):
            yield self._chunk({"content": part})
        if self._script.comments:
            yield b": OPENROUTER PROCESSING\n\n"

    def closing(self) -> Iterator[bytes]:
        yield self._chunk({}, self._script.finish)
        if self._script.usage:
            yield _event(self._base() | {"choices": [], "usage": self._usage()})
        if self._script.done:
            yield b"data: [DONE]\n\n"

    def whole(self) -> Any:
        message = {"role": "assistant", "content": self._asked.text[len(self._asked.prefix) :]}
        choice = {"index": 0, "message": message, "finish_reason": self._script.finish}
        return self._base() | {"choices": [choice], "usage": self._usage()}

    def error(self) -> Any:
        return {"error": {"message": CANARY, "code": self._script.error_code or self._script.status}}

    def error_event(self) -> Any:
        return self._base() | self.error() | {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}

    def blocked(self) -> Any:
        return self._base() | {"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]}

    def _base(self) -> dict[str, Any]:
        base: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": self._asked.model}
        return base | {"provider": self._script.served_by} if self._script.served_by else base

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _event(self._base() | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _usage(self) -> dict[str, Any]:
        usage: dict[str, Any] = {"prompt_tokens": 12, "completion_tokens": len(self._asked.sent) // 4 + 1}
        return usage | {"cost": self._script.cost} if self._script.cost is not None else usage


class GeminiDialect:
    def __init__(self, script: Script, asked: Asked) -> None:
        self._script = script
        self._asked = asked

    def opening(self) -> Iterator[bytes]:
        if self._script.reasoning:
            yield _event(self._candidate([{"text": self._script.reasoning, "thought": True}]))

    def text(self, piece: str) -> Iterator[bytes]:
        for part in halves(piece) if self._script.split_surrogates else (piece,):
            yield _event(self._candidate([{"text": part}]))

    def closing(self) -> Iterator[bytes]:
        reason = {"stop": "STOP", "length": "MAX_TOKENS", None: None}.get(self._script.finish, self._script.finish)
        yield _event(self._candidate([{"text": ""}], reason))

    def whole(self) -> Any:
        return [self._candidate([{"text": self._asked.text[len(self._asked.prefix) :]}], "STOP")]

    def error(self) -> Any:
        return {"error": {"code": self._script.error_code or self._script.status, "message": CANARY, "status": "X"}}

    def error_event(self) -> Any:
        return self.error()

    def blocked(self) -> Any:
        if self._script.fault == "blocked_prompt":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 12}}
        return self._candidate(None, "SAFETY")

    def _candidate(self, parts: list[dict[str, Any]] | None, reason: str | None = None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"index": 0}
        if parts is not None:
            candidate["content"] = {"role": "model", "parts": parts}
        if reason is not None:
            candidate["finishReason"] = reason
        counts = {"promptTokenCount": 12, "candidatesTokenCount": len(self._asked.sent) // 4 + 1}
        if self._script.reasoning:
            counts["thoughtsTokenCount"] = 5
        event: dict[str, Any] = {"candidates": [candidate], "modelVersion": self._asked.model}
        return event | {"usageMetadata": counts} if self._script.usage else event


Write = Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def _paced(write: Write, pace: float) -> AsyncIterator[Write]:
    """Give a `write` that sends one event after another at `pace`, or bundles of them without; `b""` flushes."""
    loop = asyncio.get_running_loop()
    started, events, bundle = loop.time(), 0, bytearray()

    async def paced(event: bytes) -> None:
        nonlocal events
        await asyncio.sleep(max(0, started + events / pace - loop.time()))
        events += 1
        if event:
            await write(event)

    async def bundled(event: bytes) -> None:
        nonlocal events, bundle
        bundle += event
        events += 1
        if bundle and (not event or events % EVENTS_A_WRITE == 0):
            sent, bundle = bytes(bundle), bytearray()
            await write(sent)

    yield paced if pace else bundled
    if bundle:
        await write(bytes(bundle))


def _event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def halves(text: str) -> Iterator[str]:
    """Cut a text in the middle of every character that JSON writes as two escapes."""
    start = 0
    for place, letter in enumerate(text):
        if ord(letter) > 0xFFFF:
            high, low = (chr(int.from_bytes(pair, "big")) for pair in _pairs(letter.encode("utf-16-be")))
            yield text[start:place] + high
            yield low
            start = place + 1
    if text[start:]:
        yield text[start:]


def _pairs(data: bytes) -> Iterator[bytes]:
    return (data[place : place + 2] for place in range(0, len(data), 2))


async def _serve(port: int) -> None:
    async with ScriptedServer(port) as server:
        print(json.dumps({"url": server.url, "origin": server.origin}), flush=True)  # noqa: T201 - its one answer
        await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
