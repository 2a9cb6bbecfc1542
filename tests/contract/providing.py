"""The scripted model provider in a process of its own, so that a test that waits does not hold it up."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.contract.behaviours import SCRIPTS
from tests.contract.serving import stop


@dataclass
class Provider:
    """What the provider's control routes offer."""

    origin: str
    http: httpx.Client
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def play(self, model: str, **script: Any) -> str:
        """Answer requests for this model by this script from now on, and return the model's name."""
        self.http.put(f"/control/scripts/{model}", json=script).raise_for_status()
        return model

    def one_of_its_own(self, **script: Any) -> str:
        """Return the name of a new model that follows this script and no other test's."""
        return self.play(f"model-{next(self.numbers)}", **script)

    def release(self, model: str) -> None:
        """Let this model's replies go on that wait at their `hold_after`."""
        self.http.post(f"/control/release/{model}").raise_for_status()

    def asked(self, model: str) -> list[dict[str, Any]]:
        """Return the requests for this model so far."""
        requests: list[dict[str, Any]] = self.http.get("/control/requests").raise_for_status().json()
        return [request for request in requests if request["model"] == model]


@contextmanager
def providing() -> Iterator[Provider]:
    """Start a provider that knows the behaviours, and end it afterwards."""
    command = [sys.executable, "-m", "tests.scripted_provider", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())
            with httpx.Client(base_url=address["origin"]) as http:
                provider = Provider(address["origin"], http)
                for model, script in SCRIPTS.items():
                    provider.play(model, **script)
                yield provider
        finally:
            stop(process)
