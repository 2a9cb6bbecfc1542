"""The rules of the package's shape: who may import whom."""

from collections.abc import Iterator

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

# What a feature shows to the others. Its queries, routes and prepared statements are its own.
SHOWN = {"service", "schemas", "events", "errors", "models"}
# One subject with users in several features, in the lowest of them.
SHOWN_ALSO = {"accounts": {"actor"}, "characters": {"macros"}, "chats": {"following"}}
# They put the features together, so they see all of each.
COMPOSERS = {"causerie.app", "causerie.cli", "causerie.worker"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("causerie", cache_dir=None)


def test_imports_go_down_the_tree() -> None:
    """The layers are listed in `pyproject.toml`; a package that is not there fails as well."""
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_a_feature_is_entered_by_what_it_shows(graph: grimp.ImportGraph) -> None:
    features = {module.split(".")[1] for module in graph.modules if module.split(".")[2:] == ["service"]}

    intruders = [
        f"{importer} imports {imported}"
        for importer, imported in _imports(graph)
        if importer not in COMPOSERS
        for feature, part in [_place(imported)]
        if feature in features and feature != _place(importer)[0] and part not in SHOWN | SHOWN_ALSO.get(feature, set())
    ]

    assert features
    assert intruders == []


def _imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            yield importer, imported


def _place(module: str) -> tuple[str, str]:
    """Return the package and the part of it to which a module belongs."""
    _, package, part, *_ = (*module.split("."), "", "")
    return package, part
