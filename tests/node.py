"""A node within the test's process: a real database, the real engine, and a scripted model."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from causerie.aimodels.models import AiModel, ModelRow
from causerie.broker.memory import MemoryBus, MemoryDispatcher, MemorySessionCache
from causerie.broker.ports import EventNotice, TokenBus
from causerie.chats import encoding, service
from causerie.chats.models import Status
from causerie.chats.recording import Entry
from causerie.chats.schemas import MessageOut, NewSaying
from causerie.chats.service import Said
from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase, sqlite_engine
from causerie.db.upgrading import upgrade
from causerie.db.work import Actor, Work
from causerie.generation.engine import Engine
from causerie.ids import new_id
from causerie.providers.protocol import ModelConfig
from causerie.settings.models import ApplicationSettings
from causerie.testing import ScriptedProvider, ScriptedSource
from causerie.worker import announcer

WAIT_SECONDS = 10


class NoStarter:
    """Starts nothing: replies stay queued."""

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        del work, session_id, message_id
        return None


@dataclass
class Node:
    """One process's parts. `notices` are the events that were published, in order."""

    database: Database
    alice: Actor
    bob: Actor
    notices: list[EventNotice] = field(default_factory=list)
    bus: TokenBus = field(default_factory=MemoryBus)
    dispatcher: MemoryDispatcher = field(default_factory=MemoryDispatcher)
    cache: MemorySessionCache = field(default_factory=MemorySessionCache)
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def do(self, function: Callable[..., Any], *args: Any, actor: Actor | None = None, **kwargs: Any) -> Any:
        """Run a unit of work, as Alice unless told otherwise."""
        return await self.database.work(actor or self.alice, function, *args, **kwargs)

    async def read(self, function: Callable[..., Any], *args: Any, actor: Actor | None = None, **kwargs: Any) -> Any:
        return await self.database.read(actor or self.alice, function, *args, **kwargs)

    async def say(self, content: str, starter: Any = None, **fields: Any) -> Said:
        said: Said = await self.do(service.say, NewSaying(content=content, **fields), starter or NoStarter())
        return said

    async def message(self, message_id: UUID) -> MessageOut:
        found = await self.read(service.find_message, message_id)
        assert isinstance(found, MessageOut)
        return found

    async def branch(self, session_id: UUID, **where: Any) -> list[str]:
        page = await self.read(service.list_messages, session_id, **where)
        return [message.content for message in page.items]

    def kinds(self, session_id: UUID | None = None) -> list[str]:
        return [n.kind for n in self.notices if session_id in (None, n.session.session_id)]

    async def heard(self, kind: str, message_id: UUID, attempt: int | None = None) -> EventNotice:
        """Wait for an event of a reply."""

        def found() -> EventNotice | None:
            for notice in self.notices:
                if notice.kind == kind and notice.message_id == message_id and attempt in (None, notice.attempt):
                    return notice
            return None

        async with asyncio.timeout(WAIT_SECONDS), self._heard:
            await self._heard.wait_for(lambda: found() is not None)
        notice = found()
        assert notice is not None
        return notice

    async def shows(self, message_id: UUID, content: str) -> None:
        """Wait until a reader of the row sees this text."""
        for _ in range(20 * WAIT_SECONDS):
            if (await self.message(message_id)).content == content:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{message_id} never showed {content!r}")

    async def final(self, message_id: UUID, attempt: int | None = None) -> MessageOut:
        """Wait until a reply has ended, and return it."""
        await self.heard(encoding.END, message_id, attempt)
        return await self.message(message_id)

    def publish(self, facts: Sequence[object]) -> None:
        self.notices.extend(fact for fact in facts if isinstance(fact, EventNotice))
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._heard:
            self._heard.notify_all()

    async def engine(self, provider: ScriptedProvider, *, concurrency: int = 8) -> Engine:
        """Return an engine over this node's parts that is not started; facts reach it."""
        engine = Engine(
            new_id(),
            self.database,
            ScriptedSource(provider),
            self.bus,
            self.dispatcher,
            _config,
            concurrency=concurrency,
        )
        announce = announcer(self.bus, self.dispatcher, self.cache)

        def publisher(facts: Sequence[object]) -> None:
            self.publish(facts)
            announce(facts)

        self.database.publisher = publisher
        return engine

    @asynccontextmanager
    async def working(self, provider: ScriptedProvider, *, concurrency: int = 8) -> AsyncIterator[Engine]:
        """Run an engine until the block ends."""
        engine = await self.engine(provider, concurrency=concurrency)
        await engine.start(alone=True)
        try:
            yield engine
        finally:
            await engine.close()

    async def add_model(self, **fields: Any) -> UUID:
        """Add a model and make it the default one."""
        model_id: UUID = await self.do(_add_model, fields)
        return model_id


@asynccontextmanager
async def open_node(place: Path | str) -> AsyncIterator[Node]:
    """Open a node on a migrated database: a file, or a server's URL."""
    database = SqliteDatabase(place) if isinstance(place, Path) else await PostgresDatabase.open(place)
    node = Node(database, Actor(new_id()), Actor(new_id()))
    database.publisher = node.publish
    try:
        yield node
    finally:
        await database.close()


def migrated_file(template: Path, file: Path) -> Path:
    """Copy an empty database with the newest schema, which is made once as `template`."""
    if not template.exists():
        engine = sqlite_engine(template)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
    shutil.copy(template, file)
    return file


def unfinished(message: MessageOut) -> bool:
    return message.status in (Status.QUEUED, Status.STREAMING)


def _add_model(work: Work, fields: dict[str, Any]) -> UUID:
    chosen = {"name": "Scripted", "provider": "openai", "model": "scripted"} | fields
    model = AiModel(user_id=work.actor.user_id, **chosen)
    work.session.add(model)
    work.session.flush()
    settings = work.session.get(ApplicationSettings, work.actor.user_id)
    if settings is None:
        settings = ApplicationSettings()
        work.session.add(settings)
    settings.default_ai_model_id = model.id
    return model.id


def _config(model: ModelRow) -> ModelConfig:
    return ModelConfig(provider="openai", model=model.model, paid=model.paid, continue_prefix=model.continue_prefix)
