"""The self-check: what an operator would look at first, in words."""

import asyncio
import importlib.util
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from causerie.aimodels.sealing import master_key
from causerie.config import Settings, WrongSetting
from causerie.db.upgrading import HEAD
from causerie.errors import CauserieError
from causerie.ops.migrating import schema_revision
from causerie.providers.local.files import SMOLLM2, find

_STATIC = Path(__file__).parent.parent / "static"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one subject."""

    subject: str
    ok: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything and change nothing."""
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding("data folder", ok=False, text=f"{folder} does not exist yet; `causerie serve` makes it")
        return
    private = not folder.stat().st_mode & _OTHERS
    writable = os.access(folder, os.W_OK)
    state = "writable" if writable else "not writable"
    yield Finding(
        "data folder", ok=writable, text=f"{folder}, {state}, {'private' if private else 'others may look in'}"
    )
    file = settings.database_file
    if file is None:
        yield _served_database(settings.database_url)
        yield _redis(settings.redis_url)
    else:
        yield _database_file(file)
    yield _key(settings)
    yield _model(settings)
    built = (_STATIC / "index.html").is_file()
    yield Finding("web app", ok=built, text="built" if built else "not built; `make web` builds it")


def _database_file(file: Path) -> Finding:
    if not file.exists():
        return Finding("database", ok=False, text=f"{file} does not exist yet; `causerie serve` makes it")
    try:
        revision = schema_revision(file)
    except CauserieError as error:
        return Finding("database", ok=False, text=error.detail)
    return Finding("database", ok=revision == HEAD, text=f"{file}, schema {revision or 'none'}, newest {HEAD}")


def _served_database(url: str) -> Finding:
    # Its driver is an extra.
    from causerie.ops.migrating_postgres import postgres_revision  # noqa: PLC0415

    try:
        revision = asyncio.run(postgres_revision(url))
    except CauserieError as error:
        return Finding("database", ok=False, text=error.detail)
    return Finding("database", ok=revision == HEAD, text=f"PostgreSQL, schema {revision or 'none'}, newest {HEAD}")


def _redis(url: str | None) -> Finding:
    if url is None:
        return Finding("Redis", ok=True, text="none; live text is about a second late (CAUSERIE_REDIS_URL)")
    from causerie.broker.redis import fault_of  # noqa: PLC0415 (its driver is an extra)

    fault = asyncio.run(fault_of(url))
    return Finding("Redis", ok=fault is None, text=fault or "answers, and takes what is written")


def _key(settings: Settings) -> Finding:
    if settings.secret_key is None and not (settings.data_dir / "secret_key").exists():
        return Finding("master key", ok=True, text="none yet; the first start makes it")
    try:
        master_key(settings)
    except WrongSetting as wrong:
        return Finding("master key", ok=False, text=str(wrong))
    return Finding("master key", ok=True, text="there, and private")


def _model(settings: Settings) -> Finding:
    engine = importlib.util.find_spec("xllamacpp")
    file = find(SMOLLM2, settings.data_dir)
    if engine and file:
        return Finding("local model", ok=True, text=str(file))
    missing = "file is" if engine else "engine is" if file else "file and engine are"
    # Many processes talk to models' services; a local model is one person's.
    expected = settings.database_file is not None
    remedy = "run" if expected else "where it is wanted, run"
    return Finding("local model", ok=not expected, text=f"its {missing} missing; {remedy} `causerie model add smollm2`")
