"""What was acknowledged survives the death of the process."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor
from tests.db.acknowledging import WRITERS
from tests.db.rows import put, stored_keys

ROOT = Path(__file__).parents[2]
KILLS = 3
MOST_ACKS = 300


@pytest.mark.slow
@pytest.mark.req("S88")
def test_kill_9_in_the_middle_of_commits_loses_nothing_acknowledged(file: Path, alice: Actor) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()

    for _ in range(KILLS):
        program = [sys.executable, "-m", "tests.db.acknowledging", str(file)]
        with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            wanted = chance.randrange(1, MOST_ACKS)
            acknowledged |= {child.stdout.readline().strip() for _ in range(wanted)}
            child.kill()
            acknowledged |= {line.strip() for line in child.stdout if line.endswith("\n")}

        stored = stored_keys(file)
        assert acknowledged <= stored
        firsts = {key for key in stored if " " not in key}
        assert stored == firsts | {f"{key} too" for key in firsts}, "a unit is stored as a whole or not at all"
        assert len(firsts - acknowledged) <= WRITERS, "a writer goes on only after its unit was acknowledged"
        acknowledged |= firsts

    asyncio.run(store(file, alice, "still writable"))
    assert "still writable" in stored_keys(file)


async def store(file: Path, actor: Actor, key: str) -> None:
    database = SqliteDatabase(file)
    await database.work(actor, put, key)
    await database.close()
