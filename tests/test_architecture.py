"""The rules of the package's shape: who may import whom."""

from collections.abc import Iterator

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

FEATURES = {
    "accounts",
    "aimodels",
    "characters",
    "chats",
    "generation",
    "profiles",
    "prompting",
    "prompts",
    "settings",
    "usage",
}
# What a feature shows to others; its queries, statements and routes are its own.
SHOWN = {"service", "schemas", "events", "errors", "models"}
SHOWN_TOO = {
    "causerie.accounts": {"actor"},
    "causerie.aimodels": {"sealing"},
    "causerie.characters": {"macros", "samples"},
    "causerie.chats": {"following", "encoding"},
}
COMPOSERS = {"causerie.app", "causerie.worker"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("causerie", cache_dir=None)


def test_imports_go_down_the_tree() -> None:
    """The layers are listed in `pyproject.toml`; a package that is not there fails as well."""
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_nobody_reads_past_a_service(graph: grimp.ImportGraph) -> None:
    intruders = [
        f"{importer} imports {imported}"
        for importer, imported in _imports(graph)
        if importer not in COMPOSERS
        and _package(imported).removeprefix("causerie.") in FEATURES
        and _package(imported) != _package(importer)
        and _part(imported) not in SHOWN | SHOWN_TOO.get(_package(imported), set())
    ]

    assert not intruders, "\n".join(intruders)


def _imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            yield importer, imported


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _part(module: str) -> str:
    return "".join(module.split(".")[2:3])
