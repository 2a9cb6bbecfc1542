"""A small installation loads only what it uses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START_A_NODE = """
import asyncio, sys

from causerie.app import create_app
from causerie.config import load_settings


async def start() -> None:
    app = create_app(load_settings())
    async with app.router.lifespan_context(app):
        print(*sys.modules)


asyncio.run(start())
"""
# Drivers, engines and dialects that this installation does not use, and what works in a process of its own.
ON_FIRST_USE = {"asyncpg", "graphql", "langchain_core", "numpy", "obstore", "PIL", "redis", "strawberry", "xllamacpp"}


@pytest.mark.slow
def test_a_started_node_has_loaded_no_engine_that_it_may_never_use(tmp_path: Path) -> None:
    environment = {**os.environ, "CAUSERIE_DATA_DIR": str(tmp_path / "data")}
    printed = subprocess.check_output([sys.executable, "-c", START_A_NODE], cwd=tmp_path, env=environment, text=True)

    loaded = {name.partition(".")[0] for name in printed.split()}

    assert "causerie" in loaded
    assert loaded & ON_FIRST_USE == set()
