"""The scripted model provider in a process of its own, and models of an installation that it speaks for."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.browser.installation import Installation


@dataclass(frozen=True)
class Provider:
    """Where the scripted provider listens."""

    origin: str

    def play(self, model: str, **script: Any) -> None:
        """Answer requests for `model` by this script from now on."""
        httpx.put(f"{self.origin}/control/scripts/{quote(model)}", json=script).raise_for_status()

    def release(self, model: str) -> None:
        """Let replies of `model` go on that wait at a `hold`."""
        httpx.post(f"{self.origin}/control/release/{quote(model)}").raise_for_status()

    def asked(self, model: str) -> int:
        """Return how many replies were asked of `model`."""
        requests = httpx.get(f"{self.origin}/control/requests").raise_for_status().json()
        return sum(request["model"] == model for request in requests)

    def begin(self, installation: Installation, model: str, **script: Any) -> str:
        """Return a new session whose replies follow `script`."""
        self.play(model, **script)
        row = installation.post(
            "/models",
            {
                "name": model,
                "provider": "openai",
                "model": model,
                "base_url": f"{self.origin}/v1",
                "continue_prefix": True,
            },
        )
        wren = installation.character("Wren")
        session = installation.post("/sessions", {"character_id": wren["id"], "ai_model_id": row["id"]})
        return str(session["id"])


def start() -> tuple[subprocess.Popen[str], Provider]:
    """Start the provider and return it once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scripted_provider", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Provider(json.loads(process.stdout.readline())["origin"])
