"""A Causerie server under measurement, and the ways in."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import httpx

from bench.clients import Socket
from bench.measuring import Chat
from bench.processes import Measured, free_port, running

CONCURRENCY = 1_000
ATTEMPTS = 10
"""Of a request to a server that cannot answer at this moment."""


class Node:
    """Makes models and sessions over REST, and chats over sockets."""

    def __init__(self, server: Measured, mock_port: int, rest: httpx.AsyncClient) -> None:
        self.server = server
        self._mock = f"http://127.0.0.1:{mock_port}/v1"
        self._rest = rest
        self._models: dict[str, str] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def on(cls, data_folder: Path, mock_port: int) -> AsyncIterator[Self]:
        """Serve a data folder until the block ends."""
        port = free_port()
        command = [
            str(Path(sys.executable).with_name("causerie")),
            "serve",
            "--port",
            str(port),
            "--concurrency",
            str(CONCURRENCY),
        ]
        environment = {"CAUSERIE_DATA_DIR": str(data_folder), "CAUSERIE_LOG_FORMAT": "json"}
        async with (
            running(command, port, environment=environment) as server,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as rest,
        ):
            yield cls(server, mock_port, rest)

    async def opened(self, kind: type[Socket] = Socket) -> Chat:
        """Open a socket and join a new session with it."""
        return await self.joined(await self.new_session(), kind)

    async def new_session(self) -> str:
        """Begin a session."""
        session_id: str = (await self._send("POST", "/api/sessions", {}))["id"]
        return session_id

    async def joined(self, session_id: str, kind: type[Socket] = Socket) -> Chat:
        """Join a session with a new socket."""
        socket = await kind.open(self.server.port)
        await socket.exchange({"type": "session:join", "session_id": session_id}, "session:joined")
        return Chat(socket, session_id, self.choose)

    async def database_cpu_seconds(self) -> float:
        """Return the processor time that the database's writing thread has used."""
        seconds: float = (await self.health())["database"]["cpu_seconds"]
        return seconds

    async def health(self) -> dict[str, Any]:
        """Return how the node's parts are."""
        parts: dict[str, Any] = (await self._send("GET", "/api/health"))["parts"]
        return parts

    async def forget(self, session_id: str) -> None:
        """Delete a session for good."""
        await self._send("DELETE", f"/api/sessions/{session_id}?permanent=true")

    async def text(self, path: str) -> str:
        """Return a page."""
        answer = await self._rest.get(path)
        return answer.raise_for_status().text

    async def say_and_leave(self, session_id: str) -> None:
        """Say something whose reply nobody waits for."""
        said = {"chat_session_id": session_id, "message": "Hello!"}
        await self._send("POST", "/api/chat/send_message", said, headers={"Prefer": "respond-async"})

    async def choose(self, session_id: str, order: str) -> None:
        """Let the mock answer this session's turns as `order` says."""
        if order not in self._models:
            # Every model of the mock is free and goes on from a prefix, so that another worker may take a reply over.
            model = {
                "name": order,
                "provider": "openai",
                "model": order,
                "base_url": self._mock,
                "paid": False,
                "continue_prefix": True,
            }
            self._models[order] = (await self._send("POST", "/api/models", model))["id"]
        await self._send("PATCH", f"/api/sessions/{session_id}", {"ai_model_id": self._models[order]})

    async def _send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        for _ in range(ATTEMPTS):
            answer = await self._rest.request(method, path, json=body, **options)
            if answer.status_code != 503:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return json.loads(answer.content) if answer.content else None
