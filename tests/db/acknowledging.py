"""A program that stores rows as fast as it can and prints their keys once they are acknowledged, until it is killed."""

import asyncio
import sys
from pathlib import Path

from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor
from causerie.ids import new_id
from tests.db.rows import put

WRITERS = 8


async def main(file: Path) -> None:
    database = SqliteDatabase(file)
    actor = Actor(new_id())

    async def write() -> None:
        while True:
            key = new_id().hex
            await database.work(actor, put, key, f"{key} too")
            sys.stdout.write(f"{key}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write() for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
