"""A node whose engines the tests start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.node import Node, migrated_file, open_node


@pytest.fixture
async def node(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> AsyncIterator[Node]:
    template = tmp_path_factory.getbasetemp() / "empty.db"
    async with open_node(migrated_file(template, tmp_path / "engine.db")) as node:
        yield node
