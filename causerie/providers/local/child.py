"""The process that holds the local model. Run as a script by `engine.py`; imports nothing of Causerie.

Reads its settings as one line of JSON from stdin, writes one line when it is ready, and ends, leaving nothing behind,
as soon as stdin does: so it never outlives its parent, however that dies.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TypedDict

from xllamacpp import CommonParams, Server

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


class Settings(TypedDict):
    """What the parent decides."""

    model: str
    socket: str
    key: str
    threads: int
    memory_bytes: int


def main() -> None:
    settings: Settings = json.loads(sys.stdin.readline())
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (settings["memory_bytes"], settings["memory_bytes"]))
    _server = Server(_parameters(settings))  # answers from here on, in threads of its own, while it is referred to
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    shutil.rmtree(Path(settings["socket"]).parent, ignore_errors=True)
    os._exit(0)  # at once: stopping the server in order would wait for a slot that still computes


def _parameters(settings: Settings) -> CommonParams:
    """Return the engine's parameters. Its defaults would open a TCP port for everyone and cache 8 GiB of prompts."""
    parameters = CommonParams()
    parameters.model.path = settings["model"]
    parameters.hostnames = [settings["socket"]]
    parameters.api_keys = [settings["key"]]
    parameters.n_parallel = 2  # one reply at a time; the other slot keeps another chat's prompt
    parameters.n_ctx = 2 * 2048
    # Between batches the engine notices that a caller is gone: in small ones, within 0.4 s.
    parameters.n_batch = parameters.n_ubatch = 64
    parameters.cache_ram_mib = 64
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.verbosity = 1
    parameters.ui = False
    return parameters


if __name__ == "__main__":
    main()
