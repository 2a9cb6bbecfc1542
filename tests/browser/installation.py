"""An installation of Causerie that a test owns: its data, its port, and the server process that comes and goes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.contract.serving import CAUSERIE, Server, environment, free_port, stop, wait_until_ready

MODEL_CHILD = "providers/local/child.py"


class Installation:
    """One data folder, always served at one port, as its browser tabs expect.

    Args:
        settings: what the server is told beside the folder.
    """

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self._settings = settings
        self.port = free_port()
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=10)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, welcome: bool = False) -> None:
        """Start the server and wait until it is ready.

        Args:
            welcome: its readers are welcomed as on their first visit; else that counts as seen.
        """
        output = self.data.parent / f"{self.data.name}.log"
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [CAUSERIE, "serve", "--worker", "--port", str(self.port)],
                env=environment(self.data, self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until_ready(Server(self._process, self.port, self.data, output))
        if not welcome:
            self.patch("/settings", {"interface": {"welcomed": True}})

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End everything."""
        self.api.close()
        if self._process:
            stop(self._process)

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
        found: dict[str, Any] = next(item for item in self.get("/characters")["items"] if item["name"] == name)
        return found

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        """Return the messages of the shown branch, oldest first."""
        items: list[dict[str, Any]] = self.get("/messages", chat_session_id=session_id)["items"]
        return items

    @contextmanager
    def local_model_paused(self) -> Iterator[None]:
        """Let the local model compute nothing for as long as the block runs: a very slow machine."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        model = next(child.pid for child in children if any(part.endswith(MODEL_CHILD) for part in child.cmdline()))
        os.kill(model, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(model, signal.SIGCONT)
