"""What other programs may have written into the same Redis: it is passed over, and nothing stands still for it."""

from collections.abc import AsyncIterator

import pytest

from causerie.broker.ports import CachedSession, LiveText, SessionKey, TextPiece
from causerie.broker.redis import RedisBroker, keys, redis_broker
from causerie.chaos.servers.valkey import ValkeyServer
from causerie.ids import new_id
from tests.broker.ear import Ear, eventually

pytestmark = pytest.mark.anyio

SESSION = SessionKey(new_id(), new_id())
REPLY = new_id()
TEXT = keys.text(SESSION, REPLY).decode()
CACHED = keys.cached_session(SESSION).decode()
PAGE = CachedSession(4, '{"title":"Tea"}', "[]")


@pytest.fixture
async def broker(valkey: ValkeyServer) -> AsyncIterator[RedisBroker]:
    async with redis_broker(valkey.url, consumer=new_id()) as broker:
        yield broker


@pytest.mark.parametrize(
    "fields",
    [
        ("something", "else"),
        ("offset", "3", "text", " and milk", "more", "fields"),
        ("offset", "three", "text", " and milk"),
        ("offset", "-3", "text", "one and milk"),
        ("offset", "3", "text", "too short"[:4]),
        ("offset", "3", "text", "far too long for its place"),
    ],
)
async def test_entries_that_no_worker_wrote_are_not_read(
    broker: RedisBroker, valkey: ValkeyServer, fields: tuple[str, ...]
) -> None:
    valkey.command("XADD", TEXT, "1-3", "offset", 0, "text", "Tea")
    valkey.command("XADD", TEXT, "1-12", *fields)
    valkey.command("XADD", TEXT, "7-12", "something", "else")

    assert await broker.bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 1, "Tea")]


async def test_a_reply_whose_stream_is_something_else_is_heard_all_the_same(
    broker: RedisBroker, valkey: ValkeyServer
) -> None:
    async with redis_broker(valkey.url, consumer=new_id()) as other:
        ear = Ear()
        other.bus.subscribe(SESSION, ear)
        await other.bus.listening(SESSION)
        valkey.command("SET", TEXT, "tea")
        broker.bus.open(SESSION, REPLY, 1, "")
        for offset, letter in enumerate("Tea"):
            broker.bus.publish_text(TextPiece(SESSION, REPLY, 1, offset, letter))

        await ear.hears_text("Tea")
        assert await other.bus.read(SESSION, [REPLY]) == []


async def test_a_full_server_is_complained_about_once_a_reply(
    broker: RedisBroker, valkey: ValkeyServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    valkey.command("CONFIG", "SET", "maxmemory", 1)
    async with redis_broker(valkey.url, consumer=new_id()) as other:
        ear = Ear()
        other.bus.subscribe(SESSION, ear)
        await other.bus.listening(SESSION)
        broker.bus.open(SESSION, REPLY, 1, "")
        said = ""
        for letter in "A cup of tea":
            broker.bus.publish_text(TextPiece(SESSION, REPLY, 1, len(said), letter))
            said += letter
            await ear.hears_text(said)

    printed = capsys.readouterr()
    assert (caplog.text + printed.out + printed.err).count("text_refused") == 1


@pytest.mark.parametrize(("name", "value"), [("head", "many"), ("head", ""), ("session", b"\xff".decode("latin-1"))])
async def test_a_page_that_nobody_can_read_is_read_anew_and_replaced(
    broker: RedisBroker, valkey: ValkeyServer, name: str, value: str
) -> None:
    valkey.command("HSET", CACHED, "head", "3", "session", "{}", "messages", "[]", name, value)
    assert await broker.cache.get(SESSION) in (None, CachedSession(3, value, "[]"))
    broker.cache.put(SESSION, PAGE)

    async def replaced() -> bool:
        return await broker.cache.get(SESSION) == PAGE

    await eventually(replaced)


async def test_a_user_is_forgotten_whatever_stands_between_the_sessions(
    broker: RedisBroker, valkey: ValkeyServer
) -> None:
    broker.cache.put(SESSION, PAGE)
    valkey.command("SADD", keys.cached_sessions(SESSION.user_id).decode(), "garbage", "", "-1")

    async def gone() -> bool:
        return await broker.cache.get(SESSION) is None

    async def there() -> bool:
        return await broker.cache.get(SESSION) == PAGE

    await eventually(there)
    broker.cache.forget_user(SESSION.user_id)
    await eventually(gone)


async def test_damaged_news_do_not_end_those_that_follow(broker: RedisBroker, valkey: ValkeyServer) -> None:
    async with redis_broker(valkey.url, consumer=new_id()) as other:
        ear, stops = Ear(), []
        other.bus.subscribe(SESSION, ear)
        other.bus.subscribe_stops(lambda *stop: stops.append(stop))
        await other.bus.listening(SESSION)
        await eventually(lambda: not other.bus.away)
        for channel in (keys.events(SESSION).decode(), keys.STOPS.decode()):
            for garbage in ("", "t", "e", "s", "x" * 40, "t" + "x" * 20, "e" * 80, "s" * 10, "t" * 1_000_000):
                valkey.command("PUBLISH", channel, garbage)
        broker.bus.publish_stop(SESSION.user_id, REPLY)
        broker.bus.open(SESSION, REPLY, 1, "")
        broker.bus.publish_text(TextPiece(SESSION, REPLY, 1, 0, "Tea"))

        await eventually(lambda: (SESSION.user_id, REPLY) in stops)
        await ear.hears_text("Tea")
        assert not other.bus.away
