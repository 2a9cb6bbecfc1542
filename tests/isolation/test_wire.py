"""Whatever Bob sends to a node with Alice's ids: it answers as a node does on which Alice never was.

Requests are made from the document that the server publishes, frames from the registry of frames. A new one is tried by
itself, or fails because nothing stands for what it takes.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from causerie.broker.ports import EventNotice, SessionHint, SessionKey, TextPiece, TokenBus
from causerie.config import Settings
from causerie.db.sqlite import sqlite_engine
from causerie.ids import new_id
from causerie.realtime.frames import AnyClientFrame
from tests.isolation.conftest import TwoDatabases, below_postgres, below_sqlite, owner_engine
from tests.isolation.contents import but
from tests.isolation.estate import Scene
from tests.isolation.outcomes import words_in
from tests.isolation.wire import (
    TRIED_SCENES,
    Houses,
    Operation,
    Request,
    connected,
    data_folder,
    open_houses,
    operations,
    requests,
    send,
)
from tests.isolation.worlds import Pair

pytestmark = [pytest.mark.req("S22"), pytest.mark.req("S33")]

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
DOCUMENT = json.loads(PUBLISHED.read_text())
TRIED = operations(DOCUMENT)
every_operation = pytest.mark.parametrize("operation", TRIED, ids=str)

OF_THE_INSTALLATION = {"GET /api/health", "GET /livez", "GET /readyz"}
"""They tell how the node is: numbers of all users together."""
MINTED = {"id", "message_id", "active_leaf_id"}
"""Ids in bodies that a client may give to what it makes."""

FRAMES: list[type[BaseModel]] = list(get_args(AnyClientFrame))


@asynccontextmanager
async def sqlite_houses(folder: Path, *, twins: bool) -> AsyncIterator[Houses]:
    places = [Settings(data_dir=data_folder(folder / name)) for name in ("shared", "alone")]
    engines = [sqlite_engine(place.data_dir / "causerie.db") for place in places]
    below = [below_sqlite(engine) for engine in engines]
    async with open_houses(list(zip(places, below, strict=True)), twins=twins) as houses:
        yield houses
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="module")
async def houses_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Houses]:
    async with sqlite_houses(tmp_path_factory.mktemp("houses"), twins=False) as houses:
        yield houses


@pytest.fixture(scope="module")
async def houses_of_twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Houses]:
    async with sqlite_houses(tmp_path_factory.mktemp("houses"), twins=True) as houses:
        yield houses


@pytest.fixture(scope="module")
async def houses_on_postgres(
    four_databases: list[TwoDatabases], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Houses]:
    folder = tmp_path_factory.mktemp("houses")
    engines = [owner_engine(database) for database in four_databases[0]]
    places = [
        (Settings(data_dir=data_folder(folder / name), database_url=database.url), below_postgres(engine))
        for name, database, engine in zip(("shared", "alone"), four_databases[0], engines, strict=True)
    ]
    async with open_houses(places) as houses:
        yield houses
    for engine in engines:
        await engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def houses(request: pytest.FixtureRequest) -> Houses:
    made: Houses = request.getfixturevalue(f"houses_on_{request.param}")
    return made


async def test_every_route_is_tried(houses: Houses) -> None:
    assert set(operations(houses.shared.openapi())) == set(TRIED)


@pytest.mark.req("S23")
@every_operation
async def test_a_request_learns_and_changes_nothing(houses: Houses, operation: Operation) -> None:
    pair = houses.pair
    before = await pair.shared.contents()
    teller = pair.teller()
    scenes = [pair.alice.scenes[name] for name in TRIED_SCENES]
    async with houses.client(houses.shared, pair.bob) as there, houses.client(houses.alone, pair.bob) as here:
        for request in [request for scene in scenes for request in requests(DOCUMENT, operation, scene)]:
            foreign = names_a_foreign_row(request)
            earlier = await pair.shared.contents() if foreign and not operation.names_a_row() else before

            with_her, without_her = await send(there, request, teller), await send(here, request, teller)

            assert with_her == without_her or str(operation) in OF_THE_INSTALLATION
            assert pair.alice.word not in with_her.words
            if operation.names_a_row() or foreign:
                assert (with_her.status, with_her.body["code"]) == (404, "not_found")
            if foreign and not operation.names_a_row():
                assert await pair.shared.contents() == earlier
    after = await pair.shared.contents()
    if operation.names_a_row():
        assert after == before
    elif after != before:
        assert but(pair.bob, after) == but(pair.bob, before)
        await restore(pair)


def names_a_foreign_row(request: Request) -> bool:
    body = request.body or {}
    return any(_is_id(value) for name, value in body.items() if name not in MINTED)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36


async def restore(pair: Pair) -> None:
    for world in (pair.shared, pair.alone):
        await world.restore_if_changed(pair.bob)


def frame_of(kind: type[BaseModel], scene: Scene) -> dict[str, Any]:
    """Return a frame of this kind about what the scene has.

    Raises:
        KeyError: it has a member that nothing here stands for.
    """
    values = {
        **scene,
        "id": scene["message_id"],
        "content": "said by nobody",
        "active": True,
        "n": 1,
        "attempt": 2,
        "type": get_args(kind.model_fields["type"].annotation)[0],
    }
    optional = {"token", "epoch", "after", "live", "user_persona", "world_time", "instruction", "generate", "ref"}
    return {name: values[name] for name in kind.model_fields if name not in optional}


@pytest.mark.req("S24")
@pytest.mark.parametrize("kind", FRAMES, ids=lambda kind: kind.__name__)
async def test_a_frame_learns_and_changes_nothing(houses: Houses, kind: type[BaseModel]) -> None:
    pair = houses.pair
    before = await pair.shared.contents()
    teller = pair.teller()
    for name in TRIED_SCENES:
        frame = frame_of(kind, pair.alice.scenes[name])
        async with connected(houses.shared, pair.bob) as there, connected(houses.alone, pair.bob) as here:
            with_her, without_her = await there.ask(**frame), await here.ask(**frame)

        answers = [got for got in with_her if got["type"] != "welcome"]
        assert teller.describe(named(answers)) == teller.describe(named(without_her))
        if {"session_id", "message_id"} & frame.keys() and frame["type"] != "session:leave":
            assert [(got["type"], got["code"]) for got in answers] == [("error", "not_found")]
        assert [word for word in words_in(with_her) if pair.alice.word in word] == []
    assert await pair.shared.contents() == before


def named(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the greeting and the connection's own id."""
    return [
        {name: value for name, value in frame.items() if name != "request_id"}
        for frame in frames
        if frame["type"] != "welcome"
    ]


ENDLESS = {"GET /api/sessions/{session_id}/events"}
"""It is followed for as long as somebody listens: the socket carries the same frames."""
READING = [it for it in TRIED if it.method == "get" and str(it) not in ENDLESS | OF_THE_INSTALLATION]


@pytest.mark.parametrize("operation", READING, ids=str)
async def test_who_has_the_same_ids_reads_what_is_his(houses_of_twins: Houses, operation: Operation) -> None:
    houses, pair = houses_of_twins, houses_of_twins.pair
    teller = pair.teller()
    scenes = [pair.alice.scenes[name] for name in TRIED_SCENES]
    async with houses.client(houses.shared, pair.bob) as there, houses.client(houses.alone, pair.bob) as here:
        for request in [request for scene in scenes for request in requests(DOCUMENT, operation, scene)]:
            with_her, without_her = await send(there, request, teller), await send(here, request, teller)

            assert with_her == without_her
            assert pair.alice.word not in with_her.words


@pytest.mark.req("S24")
async def test_a_reply_that_is_being_written_is_told_to_its_owner_alone(houses_of_twins: Houses) -> None:
    """Both have a session and a reply under the same ids and have joined: her text, events and hints are hers alone."""
    houses, pair = houses_of_twins, houses_of_twins.pair
    scene, word = pair.alice.scenes["streaming"], pair.alice.word
    session_id, message_id = scene["session_id"], scene["message_id"]
    bus: TokenBus = houses.shared.state.following._bus
    key, other = SessionKey(pair.alice.owner, session_id), SessionKey(pair.alice.owner, new_id())

    async with connected(houses.shared, pair.alice.owner) as hers, connected(houses.shared, pair.bob) as his:
        joined = [(await user.ask(type="session:join", session_id=session_id))[-1] for user in (hers, his)]
        said = [len(user.got) for user in (hers, his)]
        (live,) = joined[0]["live"]
        attempt, offset = live["attempt"], live["offset"] + len(live["text"])
        bus.open(key, message_id, attempt, live["text"])
        bus.publish_text(TextPiece(key, message_id, attempt, offset, f"{word} text"))
        event = {"type": "message:updated", "seq": joined[0]["seq"] + 1, "word": word}
        bus.publish_event(EventNotice(key, joined[0]["seq"] + 1, "message:updated", json.dumps(event)))
        bus.publish_hint(SessionHint(other, "session:updated", json.dumps({"type": "session:updated", "word": word})))
        for user in (hers, his):
            await user.ask(type="session:leave", session_id=new_id())
        bus.close(key, message_id, attempt)

    heard, overheard = hers.got[said[0] :], his.got[said[1] :]
    assert {frame["type"] for frame in heard} >= {"chat:stream:token", "message:updated", "session:updated"}
    assert [frame for frame in overheard if frame["type"] != "pong"] == []
    assert [text for text in words_in(his.got) if word in text] == []
    assert [text for text in words_in(hers.got) if word in text] != []
