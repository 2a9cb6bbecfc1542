"""A Causerie server under measurement, and the ways in."""

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

    async def opened(self) -> Chat:
        """Open a socket and join a new session with it."""
        session_id = (await self._send("POST", "/api/sessions", {}))["id"]
        socket = await Socket.open(self.server.port)
        await socket.exchange({"type": "session:join", "session_id": session_id}, "session:joined")
        return Chat(socket, session_id, self._choose)

    async def database_cpu_seconds(self) -> float:
        """Return the processor time that the database's writing thread has used."""
        health = await self._send("GET", "/api/health")
        seconds: float = health["parts"]["database"]["cpu_seconds"]
        return seconds

    async def _choose(self, session_id: str, order: str) -> None:
        if order not in self._models:
            model = {"name": order, "provider": "openai", "model": order, "base_url": self._mock}
            self._models[order] = (await self._send("POST", "/api/models", model))["id"]
        await self._send("PATCH", f"/api/sessions/{session_id}", {"ai_model_id": self._models[order]})

    async def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._rest.request(method, path, json=body)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return json.loads(answer.content)
