"""The whole application within the test's process, spoken to over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from causerie.app import create_app
from causerie.config import Settings
from tests.node import migrated_file

ADDRESS = "http://127.0.0.1:8000"

Row = dict[str, Any]


@asynccontextmanager
async def open_house(folder: Path, template: Path | None, **settings: Any) -> AsyncIterator[FastAPI]:
    """Start the application on a new data folder, and end it afterwards.

    Args:
        template: what a SQLite database is copied from; None when the settings name another one.
    """
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    if template is not None and not (data / "causerie.db").exists():
        migrated_file(template, data / "causerie.db")
    app = create_app(Settings(data_dir=data, **settings))
    async with app.router.lifespan_context(app):
        yield app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Return a client whose paths begin behind `/api`. A fault of the server is raised in the test."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{ADDRESS}/api")


async def create(client: httpx.AsyncClient, path: str, **fields: Any) -> Row:
    """Make a row and return it."""
    response = await client.post(path, json=fields)
    assert response.status_code == 201, response.text
    row: Row = response.json()
    return row


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> Row:
    """Read what is there."""
    response = await client.get(path, params=query)
    assert response.status_code == 200, response.text
    row: Row = response.json()
    return row
