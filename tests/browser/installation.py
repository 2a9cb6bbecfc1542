"""An installation of Causerie that a test owns: its data, its port, and its processes, which come and go."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import psutil

from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from tests.contract.serving import Server, Worker, environment, free_port, started, stop, wait_until_ready, working

MODEL_CHILD = "providers/local/child.py"

T = TypeVar("T")


class Installation:
    """One data folder, always served at one port, as its browser tabs expect.

    Args:
        workers: how many make replies in processes of their own; none: the web node makes them itself.
        settings: what its processes are told beside the folder.
    """

    def __init__(self, data: Path, *, workers: int = 0, **settings: str) -> None:
        self.data = data
        self._settings = settings
        self._workers = workers
        self.port = free_port()
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=30)
        self._server: Server | None = None
        self._processes = ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, welcome: bool = False) -> None:
        """Start the processes and wait until all are ready.

        Args:
            welcome: its readers are welcomed as on their first visit; else that counts as seen.
        """
        output = self.data.parent / f"{self.data.name}.log"
        options = ["--port", str(self.port), "--no-worker" if self._workers else "--worker"]
        with output.open("ab") as log:
            process = started(["serve", *options], environment(self.data, self._settings), log)
        self._processes.callback(stop, process)
        workers = tuple(self._new_worker() for _ in range(self._workers))
        self._server = Server(process, self.port, self.data, output, workers)
        wait_until_ready(self._server)
        if not welcome:
            self.patch("/settings", {"interface": {"welcomed": True}})

    def kill(self) -> None:
        """End all processes as a power cut would."""
        if self._server:
            self._server.kill()

    def replace_workers(self) -> None:
        """Kill the workers and start as many new ones; the web node goes on."""
        assert self._server is not None
        for worker in self._server.workers:
            worker.process.kill()
        for _ in self._server.workers:
            self._new_worker().wait_until_ready()

    def close(self) -> None:
        """End everything."""
        self.api.close()
        self._processes.close()

    def get(self, path: str, **params: Any) -> Any:
        """Return what the API answers."""
        response = self.api.get(path, params=params)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return what the API made."""
        response = self.api.post(path, json=body)
        response.raise_for_status()
        return response.json()

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Return what the API changed."""
        response = self.api.patch(path, json=body)
        response.raise_for_status()
        return response.json()

    def character(self, name: str) -> dict[str, Any]:
        """Return a character by its name."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/characters", limit=200, **cursor)
            for item in page["items"]:
                if item["name"] == name:
                    character: dict[str, Any] = item
                    return character
            assert page["next_cursor"], f"nobody is called {name}"
            cursor = {"cursor": page["next_cursor"]}

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        """Return the messages of the shown branch, oldest first."""
        items: list[dict[str, Any]] = self.get("/messages", chat_session_id=session_id)["items"]
        return items

    def beside(self, function: Callable[[Work], T]) -> T:
        """Run a unit of work of the owner's on the database itself; the running processes hear nothing of it."""
        owner = Actor(UUID(self.get("/characters")["items"][0]["user_id"]))

        async def work() -> T:
            database = await self._database()
            try:
                return await database.work(owner, function)
            finally:
                await database.close()

        # A thread of its own: the caller's may have the browser's event loop.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, work()).result()

    @contextmanager
    def local_model_paused(self) -> Iterator[None]:
        """Let the local model compute nothing for as long as the block runs: a very slow machine."""
        assert self._server is not None
        ours = (self._server.process, *(worker.process for worker in self._server.workers))
        children = [child for process in ours for child in psutil.Process(process.pid).children(recursive=True)]
        model = next(child.pid for child in children if any(part.endswith(MODEL_CHILD) for part in child.cmdline()))
        os.kill(model, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(model, signal.SIGCONT)

    def _new_worker(self) -> Worker:
        return self._processes.enter_context(working(self.data, **self._settings))

    async def _database(self) -> Database:
        url = self._settings.get("DATABASE_URL")
        return await PostgresDatabase.open(url) if url else SqliteDatabase(self.data / "causerie.db")
