"""What finding two words among everything that a user has said costs, through the API, on both databases."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from urllib.parse import quote
from uuid import UUID

from bench.clients import Pages
from bench.figures import Figure
from bench.house import House
from bench.measuring import percentile
from bench.node import Node
from bench.words import scripts
from causerie.chats import service as chats
from causerie.chats import statements
from causerie.chats.models import Role
from causerie.chats.schemas import NewSession
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.clock import utc_now
from causerie.db import across, search
from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id

MESSAGES_A_CHAT = 100
WORDS_SAID, WORDS_ANSWERED = 12, 60
CHATS_AT_ONCE = 16
BASELINE_QUESTIONS = 5
SEED = 1

LIKE = "SELECT id FROM message WHERE content LIKE {} AND content LIKE {} ORDER BY timestamp DESC LIMIT 50"
"""What one would do without an index."""
MATCH = "SELECT rowid FROM search_index WHERE search_index MATCH ? ORDER BY rowid DESC LIMIT 50"

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to find, and how often something is looked for."""

    messages: int = 300_000
    questions: int = 400


FULL = Size()
QUICK = Size(messages=20_000, questions=60)


async def on_sqlite(folder: Path, mock: int, size: Size) -> list[Figure]:
    """Measure one process."""
    folder = folder / "search"
    folder.mkdir()
    async with Node.on(folder, mock):
        pass  # the first start makes the database
    file = folder / "causerie.db"
    questions = await _fill(SqliteDatabase(file), size)
    with closing(sqlite3.connect(file)) as connection:
        baselines = {
            "FTS5 alone": median([_seconds(connection, MATCH, _match(words)) for words in questions]),
            "LIKE": median([_seconds(connection, LIKE.format("?", "?"), *_like(words)) for words in _few(questions)]),
        }
    async with Node.on(folder, mock) as node:
        return _figures("Searching", size, await _ask(node, questions), baselines, 5.0)


async def on_postgres(folder: Path, mock: int, size: Size) -> list[Figure]:
    """Measure a web node on PostgreSQL."""
    folder = folder / "search-served"
    folder.mkdir()
    async with House.on(folder, mock) as house, house.web() as node:
        questions = await _fill(await PostgresDatabase.open(house.database_url), size)
        await house.analyze()
        scanned = [
            await house.seconds(LIKE.format(":one", ":other"), one=one, other=other)
            for one, other in map(_like, _few(questions))
        ]
        answers = await _ask(node, questions)
    return _figures("Served: searching", size, answers, {"LIKE": median(scanned)}, 15.0)


async def _fill(database: Database, size: Size) -> list[Words]:
    """Let the owner have said so much, written as every message is; return what to look for, taken from some of it."""
    owner = await database.read(across.NOBODY, across.installation_owner)
    assert owner is not None
    questions: list[Words] = []
    talks = _talks(size, questions)
    try:
        while some := list(islice(talks, CHATS_AT_ONCE)):
            await asyncio.gather(*(database.work_lazily(Actor(owner), _keep, contents) for contents in some))
    finally:
        await database.close()
    return questions


def _talks(size: Size, questions: list[Words]) -> Iterator[list[str]]:
    """Yield what was said in one chat after the other; put words of so many messages, spread evenly, to `questions`."""
    chance = random.Random(SEED)
    written = scripts(chance)
    between = size.messages / size.questions
    for first in range(0, size.messages, MESSAGES_A_CHAT):
        script = written[first // MESSAGES_A_CHAT % len(written)]
        contents: list[str] = []
        for place in range(first, min(first + MESSAGES_A_CHAT, size.messages)):
            content, words = script.text(chance, WORDS_ANSWERED if place % 2 else WORDS_SAID)
            contents.append(content)
            if words is not None and len(questions) < size.questions and place >= len(questions) * between:
                questions.append(words)
        yield contents


def _keep(work: Work, contents: Sequence[str]) -> None:
    session_id: UUID = chats.start(work, NewSession(title=contents[0][:40])).id
    ids = [new_id() for _ in contents]
    insert_messages(
        work,
        [
            NewRow(
                id=ids[place],
                session_id=session_id,
                parent_id=ids[place - 1] if place else None,
                role=Role.ASSISTANT if place % 2 else Role.USER,
                content=content,
                depth=place,
            )
            for place, content in enumerate(contents)
        ],
    )
    work.write(
        statements.ADVANCE_SESSION,
        of_session=session_id,
        next_seq=1,
        title=contents[0][:40],
        total_messages=len(ids),
        active_leaf_id=ids[-1],
        updated_at=utc_now(),
    )


async def _ask(node: Node, questions: Sequence[Words]) -> list[float]:
    """Return the time (seconds) of each answer."""
    pages = await Pages.open(node.server.port)
    times: list[float] = []
    for one, other in questions:
        seconds, body = await pages.get(f"/api/search?q={quote(f'{one} {other}')}")
        assert b'"kind":"message"' in body, f"{one} {other} is not found"
        times.append(seconds)
    pages.close()
    return times


def _figures(
    name: str, size: Size, answers: Sequence[float], baselines: dict[str, float], target: float
) -> list[Figure]:
    name = f"{name} {size.messages:,} messages for two words"
    scaled = {program: seconds * 1e3 for program, seconds in baselines.items()}
    return [
        Figure(f"{name}, p50", "ms", percentile(answers, 50) * 1e3, target, baselines=scaled),
        Figure(f"{name}, p99", "ms", percentile(answers, 99) * 1e3),
    ]


def _seconds(connection: sqlite3.Connection, statement: str, *values: str) -> float:
    started = time.perf_counter()
    connection.execute(statement, values).fetchall()
    return time.perf_counter() - started


def _match(words: Words) -> str:
    tokens = [token for term in search.parse(" ".join(words)).terms for token in term.tokens]
    return " AND ".join(f'"{token}"' for token in tokens)


def _like(words: Words) -> Words:
    one, other = words
    return f"%{one}%", f"%{other}%"


def _few(questions: Sequence[Words]) -> Sequence[Words]:
    return questions[:: max(1, len(questions) // BASELINE_QUESTIONS)][:BASELINE_QUESTIONS]
