"""Two users mint the same ids everywhere, and one worker writes for both at once: each is told its own text alone.

A session, its question, a reply and a swipe beside it: every id is the other's too. Whatever names a reply (rows,
leases, checkpoints, wake-ups, stops, the broker's keys, the readers' feeds) has to name its owner as well.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from causerie.aimodels.models import AiModel, ModelRow
from causerie.broker.redis import redis_broker
from causerie.chats import service
from causerie.chats.following import Channel, Following, StoredHistory
from causerie.chats.models import ChatSession, Generation, Message, Status
from causerie.chats.schemas import MessageOut, NewSwipe
from causerie.db.base import table_of
from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase, sqlite_engine
from causerie.db.work import Actor
from causerie.generation.engine import Engine
from causerie.http.answers import Expected
from causerie.ids import new_id
from causerie.providers.protocol import Finish, ModelConfig, Piece, Profile, PromptMessage, Sampling, Text
from causerie.testing import ScriptedSource
from causerie.worker import Broker, MemoryBroker, announcer
from tests.isolation.conftest import TwoDatabases, below_postgres, below_sqlite, owner_engine
from tests.isolation.planting import plant
from tests.isolation.worlds import ALICES_WORD, BOBS_WORD, Below
from tests.node import migrated_file

pytestmark = [pytest.mark.req("S24"), pytest.mark.req("S29")]

PATIENCE_SECONDS = 10


class Echo:
    """A model that says what it was asked: the first half at once, the second when `go_on` is set."""

    profile: Profile = "normal"

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        del sampling
        question = next(message.text for message in reversed(prompt) if message.role == "user")
        yield Text(f"{question}, first half.")
        await self.go_on.wait()
        yield Text(f" {question}, second half.")
        yield Finish("stop")

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        del prompt
        return None

    async def close(self) -> None:
        self.go_on.set()


def whole(word: str) -> str:
    return f"{word}, first half. {word}, second half."


class Reader:
    """Somebody who has joined the session, and every frame that came."""

    def __init__(self) -> None:
        self.channel = Channel()
        self.frames: list[str] = []
        self.task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        while batch := await self.channel.frames():
            self.frames += [frame.body for frame in batch]

    @property
    def text(self) -> str:
        return "".join(self.frames)


class Stage:
    """One worker and one node, two users, one set of ids."""

    def __init__(self, database: Database, below: Below[Any], broker: Broker) -> None:
        self.database = database
        self.below = below
        self.alice, self.bob = Actor(new_id()), Actor(new_id())
        self.session_id, self.question_id, self.reply_id, self.swipe_id = (new_id() for _ in range(4))
        self.model = Echo()
        self.engine = Engine(
            new_id(), database, ScriptedSource(self.model), broker.bus, broker.dispatcher, _config, concurrency=4
        )
        self.following = Following(StoredHistory(database, broker.cache), broker.bus, "epoch")
        self.readers: dict[Actor, Reader] = {}
        database.publisher = announcer(broker.bus, broker.dispatcher, broker.cache)

    def furnish(self, connection: Connection) -> None:
        """Plant a session with a question and a complete reply for each of them, under the same ids."""
        for user, word in ((self.alice.user_id, ALICES_WORD), (self.bob.user_id, BOBS_WORD)):
            model = plant(connection, table_of(AiModel), user, name="Echo", provider="openai", model="echo")
            within = {"session_id": self.session_id}
            plant(
                connection,
                table_of(ChatSession),
                user,
                id=self.session_id,
                ai_model_id=model["id"],
                active_leaf_id=self.reply_id,
                total_messages=2,
            )
            plant(connection, table_of(Message), user, id=self.question_id, role="user", content=word, **within)
            answer = {"role": "assistant", "depth": 1, "parent_id": self.question_id, "content": f"{word} said"}
            plant(connection, table_of(Message), user, id=self.reply_id, **within, **answer)

    async def join(self) -> None:
        """Let both follow the session."""
        for user in (self.alice, self.bob):
            reader = self.readers[user] = Reader()
            self.following.register(reader.channel, user, curious=True)
            await self.following.join(user, reader.channel, self.session_id)

    async def swipe(self) -> None:
        """Let both ask for another answer, under the same new id, and wait until half of it is there."""
        for user in (self.alice, self.bob):
            await self.database.work(user, service.swipe, self.reply_id, NewSwipe(id=self.swipe_id), self.engine)
        await until(lambda: all("first half." in reader.text for reader in self.readers.values()))

    async def message(self, user: Actor) -> MessageOut:
        found = await self.database.read(user, service.find_message, self.swipe_id)
        assert found is not None
        return found

    async def ended(self, user: Actor) -> MessageOut:
        """Wait until a user's reply is final."""
        assert await self.following.final(user, self.session_id, self.swipe_id, PATIENCE_SECONDS)
        return await self.message(user)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 (frames come into a list; there is no event to wait for)
            await asyncio.sleep(0.01)


def _config(model: ModelRow) -> ModelConfig:
    return ModelConfig(provider="openai", model=model.model, paid=False)


@asynccontextmanager
async def stage_on(database: Database, below: Below[Any], broker: Broker) -> AsyncIterator[Stage]:
    """Let worker and node run, with both users as readers, until the block ends."""
    stage = Stage(database, below, broker)
    await below(stage.furnish)
    following = asyncio.create_task(stage.following.run())
    await stage.engine.start(alone=False)
    await stage.join()
    yield stage
    stage.model.go_on.set()
    await stage.engine.close()
    tasks = [following, *(reader.task for reader in stage.readers.values())]
    for reader in stage.readers.values():
        stage.following.close(reader.channel)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()


@pytest.fixture
async def stage_embedded(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    file = migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "same.db")
    engine = sqlite_engine(file)
    async with stage_on(SqliteDatabase(file), below_sqlite(engine), MemoryBroker(alone=True)) as stage:
        yield stage
    engine.dispose()


@pytest.fixture
async def stage_served(four_databases: Sequence[TwoDatabases], redis_url: str) -> AsyncIterator[Stage]:
    place = four_databases[0][0]
    engine = owner_engine(place)
    async with redis_broker(redis_url, consumer=new_id()) as broker:
        database = await PostgresDatabase.open(place.url)
        async with stage_on(database, below_postgres(engine), broker) as stage:
            yield stage
    await engine.dispose()


@pytest.fixture(params=["embedded", pytest.param("served", marks=pytest.mark.slow)])
def stage(request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.getfixturevalue(f"stage_{request.param}")
    return made


async def test_each_is_told_its_own_text(stage: Stage) -> None:
    await stage.swipe()
    stage.model.go_on.set()

    hers, his = await stage.ended(stage.alice), await stage.ended(stage.bob)
    await until(lambda: all('"chat:stream:end"' in reader.text for reader in stage.readers.values()))

    assert (hers.content, his.content) == (whole(ALICES_WORD), whole(BOBS_WORD))
    assert BOBS_WORD not in stage.readers[stage.alice].text
    assert ALICES_WORD not in stage.readers[stage.bob].text


async def test_who_joins_in_the_middle_gets_the_own_half(stage: Stage) -> None:
    await stage.swipe()

    late = Reader()
    await stage.following.join(stage.bob, late.channel, stage.session_id)
    await until(lambda: "first half." in late.text)
    stage.following.close(late.channel)
    await late.task

    assert BOBS_WORD in late.text
    assert ALICES_WORD not in late.text


async def test_a_stop_ends_the_reply_of_who_asked(stage: Stage) -> None:
    await stage.swipe()

    await stage.database.work(stage.bob, service.stop, stage.swipe_id)
    his = await stage.ended(stage.bob)
    running = await stage.message(stage.alice)
    stage.model.go_on.set()
    hers = await stage.ended(stage.alice)

    assert (his.status, his.content) == (Status.STOPPED, f"{BOBS_WORD}, first half.")
    assert running.status is Status.STREAMING
    assert (hers.status, hers.content) == (Status.COMPLETE, whole(ALICES_WORD))


async def test_a_stop_that_only_the_row_tells_ends_the_reply_of_who_asked(stage: Stage) -> None:
    """The signal was lost; the next renewal reads it in the row of the reply's owner."""
    await stage.swipe()
    generations = table_of(Generation)
    asked = update(generations).where(generations.c.user_id == stage.bob.user_id).values(stop_requested=True)
    await stage.below(lambda connection: connection.execute(asked))

    stage.engine._keeper.show()
    his = await stage.ended(stage.bob)
    stage.model.go_on.set()
    hers = await stage.ended(stage.alice)

    assert (his.status, hers.status) == (Status.STOPPED, Status.COMPLETE)
    assert hers.content == whole(ALICES_WORD)


async def test_deleting_ones_session_leaves_the_others_reply_alone(stage: Stage) -> None:
    await stage.swipe()

    await stage.database.work(stage.bob, service.trash, stage.session_id, Expected())
    while await stage.database.work_in_bulk(stage.bob, service.purge_slice, stage.session_id):
        pass
    stage.model.go_on.set()
    hers = await stage.ended(stage.alice)

    assert (hers.status, hers.content) == (Status.COMPLETE, whole(ALICES_WORD))
    assert await stage.database.read(stage.bob, service.find_message, stage.swipe_id) is None
    assert ALICES_WORD not in stage.readers[stage.bob].text
