"""Two whole applications with the same Bob, in one of which Alice lives too, and who speaks to them over the wire."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from causerie.app import create_app
from causerie.config import Settings
from causerie.db.work import Actor
from causerie.http.paging import write_cursor
from tests.house import ADDRESS
from tests.isolation.estate import LONG_AGO, Scene
from tests.isolation.outcomes import Teller
from tests.isolation.worlds import Below, Pair, furnished

WHO = "x-test-user"
METHODS = ("get", "post", "put", "patch", "delete")
TRIED_SCENES = ("complete", "streaming", "session in the trash")
ANSWER_SECONDS = 5
PICTURE = b"\x89PNG\r\n\x1a\n"


class SignInByHeader:
    """Tells who sends a request by what the request says: two users, before there are accounts."""

    def __call__(self, connection: HTTPConnection) -> Actor:
        return Actor(UUID(connection.headers[WHO]))


@dataclass
class Houses:
    """Both applications over the databases of `pair`."""

    pair: Pair
    shared: FastAPI
    alone: FastAPI

    def client(self, app: FastAPI, user: UUID) -> httpx.AsyncClient:
        headers = {WHO: str(user), "prefer": "respond-async"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers)


@asynccontextmanager
async def open_houses(places: Sequence[tuple[Settings, Below[Any]]], *, twins: bool = False) -> AsyncIterator[Houses]:
    """Start both applications, without workers: what was said before stays as it is."""
    async with AsyncExitStack() as stack:
        apps = [create_app(settings, concurrency=None) for settings, _ in places]
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
            app.state.sign_in = SignInByHeader()
        worlds = [(app.state.database, below) for app, (_, below) in zip(apps, places, strict=True)]
        yield Houses(await furnished(worlds, twins=twins), *apps)


def data_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


# Requests, made from the document that the server publishes.


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the document describes it."""

    method: str
    path: str
    described: Mapping[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def names_a_row(self) -> bool:
        """Return whether the path holds an id."""
        return "{" in self.path


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    file: bytes | None = None


def operations(document: Mapping[str, Any]) -> list[Operation]:
    return [
        Operation(method, path, methods[method])
        for path, methods in document["paths"].items()
        for method in METHODS
        if method in methods
    ]


def requests(document: Mapping[str, Any], operation: Operation, scene: Scene) -> Iterator[Request]:
    """Yield the requests of an operation that name what `scene` has: first in the path, then beside it one at a time.

    Raises:
        KeyError: the operation takes an id of a kind, or a member, that nothing here stands for.
    """
    names = {**scene, "user_id": scene["owner"]}
    path = operation.path.format(**names)
    bodies = list(_bodies(document, operation, names))
    file = PICTURE if "multipart/form-data" in operation.described.get("requestBody", {}).get("content", {}) else None
    yield Request(operation.method, path, _required_query(operation, names), bodies[0], file)
    for query in _queries(operation, names):
        yield Request(operation.method, path, {**_required_query(operation, names), **query}, bodies[0], file)
    for body in bodies[1:]:
        yield Request(operation.method, path, {}, body, file)


_IN_A_QUERY = {"leaf": "message_id", "before": "question_id", "after": "question_id", "around": "message_id"}
_ASKED = {"q": "question"}  # a word of every scene's texts
_SAID = {"name", "message", "content", "model"}
_ROWS = {"id": "message_id", "active_leaf_id": "message_id"}


def _parameters(operation: Operation) -> list[Mapping[str, Any]]:
    return [parameter for parameter in operation.described.get("parameters", []) if parameter["in"] == "query"]


def _required_query(operation: Operation, names: Mapping[str, Any]) -> dict[str, str]:
    required = [parameter["name"] for parameter in _parameters(operation) if parameter.get("required")]
    return {name: _ASKED.get(name) or str(names[name]) for name in required}


def _queries(operation: Operation, names: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for parameter in _parameters(operation):
        name = parameter["name"]
        if name == "cursor":
            yield {name: write_cursor(LONG_AGO.isoformat(), str(names["message_id"]))}
            yield {name: write_cursor(str(names["message_id"]), str(names["question_id"]))}
        elif _is_id(parameter["schema"]) and not parameter.get("required"):
            yield {name: str(names[_IN_A_QUERY.get(name, name)])}
        elif parameter["schema"].get("type") == "boolean":
            yield {name: "true"}


def _bodies(document: Mapping[str, Any], operation: Operation, names: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the smallest body, then bodies with one id each; None where the operation takes none."""
    described = operation.described.get("requestBody", {}).get("content", {}).get("application/json")
    if described is None:
        yield None
        return
    schema = _resolved(document, described["schema"])
    smallest = {name: _said(name, schema["properties"][name], schema) for name in schema.get("required", [])}
    yield smallest
    for name, member in schema["properties"].items():
        if _is_id(member) and not member.get("readOnly"):
            yield {**smallest, name: str(names[_ROWS.get(name, name.removeprefix("default_"))])}
        elif name in {"is_default", "archived", "hidden"}:
            yield {**smallest, name: True}


def _said(name: str, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    if schema.get("type") == "array":
        return whole["examples"][0][name]
    if "enum" in schema:
        return "openai" if name == "provider" else str(schema["enum"][0])
    if name not in _SAID:
        raise KeyError(f"nothing stands for the member {name}")
    return f"said by nobody: {name}"


def _is_id(schema: Mapping[str, Any]) -> bool:
    return any(one.get("format") == "uuid" for one in [schema, *schema.get("anyOf", [])])


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    for one in [schema, *schema.get("anyOf", [])]:
        if "$ref" in one:
            found: Any = document
            for step in one["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return dict(found)
    return schema


# Answers.


@dataclass(frozen=True)
class Answer:
    """A response without what is new in each: its request id, ids that were just made, the time."""

    status: int
    etag: str | None
    body: Any
    words: str = field(repr=False, compare=False)


async def send(client: httpx.AsyncClient, request: Request, teller: Teller) -> Answer:
    more: dict[str, Any] = {}
    if request.file is not None:
        more["files"] = {"file": ("face.png", request.file, "image/png")}
    elif request.body is not None:
        more["json"] = request.body
    async with asyncio.timeout(ANSWER_SECONDS):
        response = await client.request(request.method, request.path, params=request.query, **more)
    words = response.text + "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return Answer(response.status_code, response.headers.get("etag"), _body(response, teller), words)


def _body(response: httpx.Response, teller: Teller) -> Any:
    if not response.content:
        return None
    if "json" not in response.headers["content-type"]:
        return teller.describe(response.text)
    body = response.json()
    if isinstance(body, dict):
        body.pop("request_id", None)
    return teller.describe(body)


# Sockets.


class Socket:
    """The far end of one connection to an application's `/ws`."""

    def __init__(self, app: FastAPI, user: UUID) -> None:
        self.got: list[dict[str, Any]] = []
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard = asyncio.Condition()
        self._frames.put_nowait({"type": "websocket.connect"})
        headers = [(b"host", b"127.0.0.1:8000"), (WHO.encode(), str(user).encode())]
        scope = {
            "type": "websocket",
            "path": "/ws",
            "raw_path": b"/ws",
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "subprotocols": [],
            "app": app,
            "state": {},
        }
        self._serving = asyncio.create_task(app(scope, self._frames.get, self._take))

    async def ask(self, **frame: Any) -> list[dict[str, Any]]:
        """Send a frame and a `ping` behind it; return all frames that came before the `pong`."""
        begun, n = len(self.got), len(self.got)
        self._send(frame)
        self._send({"type": "ping", "n": n})
        async with asyncio.timeout(ANSWER_SECONDS), self._heard:
            await self._heard.wait_for(lambda: any(got.get("n") == n for got in self.got[begun:]))
        return [got for got in self.got[begun:] if got["type"] != "pong"]

    async def close(self) -> None:
        self._frames.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self._serving

    def _send(self, frame: Mapping[str, Any]) -> None:
        text = json.dumps(frame, default=str)
        self._frames.put_nowait({"type": "websocket.receive", "text": text})

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            async with self._heard:
                self.got.append(json.loads(message["text"]))
                self._heard.notify_all()


@asynccontextmanager
async def connected(app: FastAPI, user: UUID) -> AsyncIterator[Socket]:
    socket = Socket(app, user)
    try:
        yield socket
    finally:
        await socket.close()
