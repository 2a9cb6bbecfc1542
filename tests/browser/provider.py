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
        return len(self.prompts(model))

    def prompts(self, model: str) -> list[list[dict[str, str]]]:
        """Return the messages of each request for `model`, oldest first."""
        requests = httpx.get(f"{self.origin}/control/requests").raise_for_status().json()
        return [request["body"]["messages"] for request in requests if request["model"] == model]

    def add(self, installation: Installation, model: str, **kind: Any) -> str:
        """Add a model that answers by the script of its name, and return its id.

        Args:
            kind: fields of the model in place of the usual ones: free, and able to continue a text.
        """
        usual = {"name": model, "provider": "openai", "base_url": f"{self.origin}/v1", "continue_prefix": True}
        return str(installation.post("/models", {**usual, "model": model, **kind})["id"])

    def begin(
        self, installation: Installation, model: str, *, kind: dict[str, Any] | None = None, **script: Any
    ) -> str:
        """Return a new session whose replies follow `script`."""
        self.play(model, **script)
        model_id = self.add(installation, model, **(kind or {}))
        wren = installation.character("Wren")
        session = installation.post("/sessions", {"character_id": wren["id"], "ai_model_id": model_id})
        return str(session["id"])


def start() -> tuple[subprocess.Popen[str], Provider]:
    """Start the provider and return it once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scripted_provider", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Provider(json.loads(process.stdout.readline())["origin"])
