"""The server that plays scripts."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientConnectionResetError, web

from tests.scripted_provider.dialects import Dialect, GeminiDialect, OpenAIDialect, data_event
from tests.scripted_provider.script import CANARY, SCRIPT, Asked, Script, script_in, scripted_text, seed_of

EVENTS_A_WRITE = 50  # of a reply without pace

Write = Callable[[bytes], Awaitable[None]]


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
        self.scripts[request.match_info["model"]] = SCRIPT.validate_python(await request.json())
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
        dialect_of: Callable[[Script, Asked], Dialect],
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

    async def _play(self, request: web.Request, script: Script, asked: Asked, dialect: Dialect) -> web.StreamResponse:
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

    async def _stream(self, request: web.Request, script: Script, asked: Asked, dialect: Dialect, write: Write) -> None:
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

    async def _say(self, script: Script, asked: Asked, dialect: Dialect, write: Write) -> bool:
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

    async def _fail(self, request: web.Request, script: Script, asked: Asked, dialect: Dialect, write: Write) -> None:
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
                await write(data_event(dialect.error_event()))
            case "long_line":
                while True:
                    await write(b"x" * 65536)
            case "blocked_prompt" | "blocked_output":
                await write(data_event(dialect.blocked()))


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
