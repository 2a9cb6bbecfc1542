"""Uploaded bytes: kept under their own hash, whole or not at all."""

import asyncio
import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causerie.db.work import Work
from causerie.objects.files import FileStore
from causerie.objects.models import Blob
from causerie.objects.store import ObjectMissing
from causerie.objects.sweeping import sweep
from tests.node import migrated_file, open_node


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=5_000))
def test_what_was_put_is_got_by_its_hash(tmp_path: Path, content: bytes) -> None:
    async def there_and_back() -> tuple[str, bytes]:
        store = FileStore(tmp_path)
        name = await store.put(content)
        return name, await store.get(name)

    assert asyncio.run(there_and_back()) == (hashlib.sha256(content).hexdigest(), content)


@pytest.mark.req("S7")
async def test_nobody_else_reads_the_files_and_nothing_unfinished_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    await asyncio.gather(*(FileStore(folder).put(b"the same") for _ in range(5)))

    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(made.stat().st_mode) for made in (folder, file.parent)} == {0o700}


async def test_what_was_deleted_is_missing(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    name = await store.put(b"content")

    await store.delete(name)
    await store.delete(name)

    with pytest.raises(ObjectMissing):
        await store.get(name)


async def test_bytes_that_nobody_has_are_swept_after_a_while(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = FileStore(tmp_path / "objects")
    names = [await store.put(content) for content in (b"somebody's", b"nobody's", b"just put", b"put again")]
    for name in (names[0], names[1], names[3]):
        os.utime(tmp_path / "objects" / name[:2] / name, (0, 0))
    await store.put(b"put again")
    template = tmp_path_factory.getbasetemp() / "template.db"

    def own(work: Work) -> None:
        work.session.add(Blob(sha256=names[0], media_type="image/webp", size=10))

    async with open_node(migrated_file(template, tmp_path / "objects.db")) as node:
        await node.do(own)
        swept = await sweep(node.database, store)

    assert swept == 1
    assert {path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()} == {names[0], names[2], names[3]}
