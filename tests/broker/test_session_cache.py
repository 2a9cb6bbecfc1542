"""What every cache of sessions promises."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from causerie.broker.memory import MemorySessionCache
from causerie.broker.ports import CachedSession, SessionCache, SessionKey
from causerie.broker.redis import redis_broker
from causerie.chaos.servers.valkey import RedisServer
from causerie.ids import new_id

pytestmark = pytest.mark.anyio

SESSION = SessionKey(new_id(), new_id())
OLD = CachedSession(3, '{"title":"Tea"}', "[]")
NEW = CachedSession(4, '{"title":"Tee ☕"}', '[{"content":"漢字"}]')


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[SessionCache]:
    if request.param == "memory":
        yield MemorySessionCache()
    else:
        async with redis_broker(request.getfixturevalue("redis_url"), consumer=new_id()) as broker:
            yield broker.cache


async def remembered(cache: SessionCache, session: SessionKey, expected: CachedSession | None) -> bool:
    """Wait for what is on its way; return whether it came."""
    for _ in range(200):
        if await cache.get(session) == expected:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_what_was_put_is_remembered(cache: SessionCache) -> None:
    assert await cache.get(SESSION) is None
    cache.put(SESSION, NEW)
    assert await remembered(cache, SESSION, NEW)


async def test_the_older_never_takes_the_place_of_the_newer(cache: SessionCache) -> None:
    cache.put(SESSION, OLD)
    cache.put(SESSION, NEW)
    cache.put(SESSION, OLD)
    last = SessionKey(SESSION.user_id, new_id())
    cache.put(last, NEW)

    assert await remembered(cache, last, NEW)
    assert await cache.get(SESSION) == NEW


async def test_what_was_read_before_a_forgetting_does_not_come_back(cache: SessionCache) -> None:
    cache.put(SESSION, OLD)
    assert await remembered(cache, SESSION, OLD)
    cache.forget(SESSION)
    assert await remembered(cache, SESSION, None)
    last = SessionKey(SESSION.user_id, new_id())
    cache.put(SESSION, OLD)
    cache.put(last, NEW)

    assert await remembered(cache, last, NEW)
    assert await cache.get(SESSION) is None


async def test_all_of_a_users_sessions_are_forgotten_and_nobody_elses(cache: SessionCache) -> None:
    mine = [SessionKey(SESSION.user_id, new_id()) for _ in range(3)]
    others = SessionKey(new_id(), mine[0].session_id)
    for session in (*mine, others):
        cache.put(session, NEW)
    for session in (*mine, others):
        assert await remembered(cache, session, NEW)
    cache.forget_user(SESSION.user_id)

    for session in mine:
        assert await remembered(cache, session, None)
    assert await cache.get(others) == NEW


async def test_what_was_read_before_its_user_was_forgotten_is_gone_soon(
    cache: SessionCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.broker.redis.cache.LONGEST_READ_SECONDS", 0.3)
    others = SessionKey(new_id(), SESSION.session_id)
    cache.forget_user(SESSION.user_id)
    await asyncio.sleep(0.05)
    cache.put(SESSION, OLD)
    cache.put(others, NEW)
    assert await remembered(cache, others, NEW)

    assert await remembered(cache, SESSION, None)
    assert await cache.get(others) == NEW


async def test_memory_is_bounded_and_loses_what_was_asked_for_longest_ago() -> None:
    cache = MemorySessionCache(limit=3 * 1_000)
    sessions = [SessionKey(SESSION.user_id, new_id()) for _ in range(3)]
    page = CachedSession(1, "", "x" * 1_000)
    for session in sessions:
        cache.put(session, page)
    await cache.get(sessions[0])
    cache.put(SESSION, page)

    assert [await cache.get(session) is not None for session in (*sessions, SESSION)] == [True, False, True, True]


async def test_nothing_is_remembered_for_more_than_an_hour(
    redis_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = MemorySessionCache()
    memory.put(SESSION, NEW)
    monkeypatch.setattr("causerie.broker.memory.CACHED_SECONDS", -1.0)
    memory.put(SESSION, NEW)
    assert await memory.get(SESSION) is None

    number = int(redis_url.rpartition("/")[2])
    async with redis_broker(redis_url, consumer=new_id()) as broker:
        broker.cache.put(SESSION, NEW)
        assert await remembered(broker.cache, SESSION, NEW)
    for key in (
        f"session:{{{SESSION.session_id}}}:{SESSION.user_id}",
        f"sessions:{{{SESSION.user_id}}}",
    ):
        assert 3_500 < int(redis_server.command("TTL", key, database=number)[1:]) <= 3_600
