"""What every dispatcher promises; and what the one over Redis does when workers die or the group is lost."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from causerie.broker.memory import MemoryDispatcher
from causerie.broker.ports import Dispatcher, WakeUp
from causerie.broker.redis import RedisBroker, redis_broker
from causerie.chaos.servers.valkey import RedisServer, ValkeyServer
from causerie.ids import new_id
from tests.broker.ear import eventually

pytestmark = pytest.mark.anyio

SOON = 10.0


def some_replies(count: int) -> list[tuple[UUID, UUID]]:
    return [(new_id(), new_id()) for _ in range(count)]


async def woken(dispatcher: Dispatcher) -> WakeUp:
    return await asyncio.wait_for(dispatcher.next(), SOON)


def reply_of(wake_up: WakeUp) -> tuple[UUID, UUID]:
    return wake_up.user_id, wake_up.message_id


@pytest.fixture(params=["memory", "redis"])
async def dispatcher(request: pytest.FixtureRequest) -> AsyncIterator[Dispatcher]:
    if request.param == "memory":
        yield MemoryDispatcher()
    else:
        async with redis_broker(request.getfixturevalue("redis_url"), consumer=new_id()) as broker:
            yield broker.dispatcher


@pytest.fixture
async def workers(redis_url: str) -> AsyncIterator[list[RedisBroker]]:
    async with redis_broker(redis_url, consumer=new_id()) as one, redis_broker(redis_url, consumer=new_id()) as two:
        yield [one, two]


async def test_wake_ups_arrive_in_their_order(dispatcher: Dispatcher) -> None:
    replies = some_replies(20)
    for reply in replies:
        dispatcher.wake(*reply)

    assert [reply_of(await woken(dispatcher)) for _ in replies] == replies


async def test_who_waits_is_woken(dispatcher: Dispatcher) -> None:
    waiting = asyncio.create_task(woken(dispatcher))
    await asyncio.sleep(0)
    [reply] = some_replies(1)
    dispatcher.wake(*reply)

    assert reply_of(await waiting) == reply


async def test_in_memory_the_surplus_is_dropped() -> None:
    dispatcher = MemoryDispatcher(limit=2)
    replies = some_replies(3)
    for reply in replies:
        dispatcher.wake(*reply)

    assert [reply_of(await woken(dispatcher)) for _ in range(2)] == replies[:2]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(dispatcher.next(), 0.01)


async def test_each_wake_up_goes_to_one_worker_and_whoever_asks_gets_some(workers: list[RedisBroker]) -> None:
    replies = some_replies(40)
    taken: list[tuple[int, tuple[UUID, UUID]]] = []

    async def work(number: int) -> None:
        while len(taken) < len(replies):
            wake_up = await workers[number].dispatcher.next()
            taken.append((number, reply_of(wake_up)))
            workers[number].dispatcher.done(wake_up)
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(work(number)) for number in range(2)]
    for reply in replies:
        workers[0].dispatcher.wake(*reply)
    async with asyncio.timeout(SOON):
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()

    assert sorted(reply for _, reply in taken) == sorted(replies)
    shares = [sum(number == worker for number, _ in taken) for worker in range(2)]
    assert min(shares) >= 10


async def test_what_is_done_leaves_nothing_behind(
    workers: list[RedisBroker], redis_url: str, redis_server: RedisServer
) -> None:
    number = int(redis_url.rpartition("/")[2])
    for reply in some_replies(10):
        workers[0].dispatcher.wake(*reply)
    for _ in range(10):
        workers[1].dispatcher.done(await woken(workers[1].dispatcher))

    await eventually(lambda: redis_server.command("XLEN", "chat:jobs", database=number) == b":0")
    assert redis_server.command("XPENDING", "chat:jobs", "workers", "-", "+", 10, database=number) == b"*0"


async def test_an_entry_that_nobody_can_read_is_done_with(
    workers: list[RedisBroker], redis_url: str, redis_server: RedisServer
) -> None:
    number = int(redis_url.rpartition("/")[2])
    for fields in (("what", "ever"), ("user", "nobody", "message", "none")):
        redis_server.command("XADD", "chat:jobs", "*", *fields, database=number)
    [reply] = some_replies(1)
    workers[0].dispatcher.wake(*reply)
    wake_up = await woken(workers[1].dispatcher)
    workers[1].dispatcher.done(wake_up)

    assert reply_of(wake_up) == reply
    await eventually(lambda: redis_server.command("XLEN", "chat:jobs", database=number) == b":0")


async def test_a_dead_workers_wake_up_goes_to_another(
    workers: list[RedisBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.broker.redis.jobs.DEAD_SECONDS", 0.2)
    monkeypatch.setattr("causerie.broker.redis.jobs.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("causerie.broker.redis.jobs.BLOCK_SECONDS", 0.2)
    [reply] = some_replies(1)
    workers[0].dispatcher.wake(*reply)
    assert reply_of(await woken(workers[0].dispatcher)) == reply

    assert reply_of(await woken(workers[1].dispatcher)) == reply


async def test_what_a_worker_leaves_undone_goes_to_another(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causerie.broker.redis.jobs.DEAD_SECONDS", 0.2)
    monkeypatch.setattr("causerie.broker.redis.jobs.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("causerie.broker.redis.jobs.BLOCK_SECONDS", 0.2)
    [reply] = some_replies(1)
    async with redis_broker(redis_url, consumer=new_id()) as leaving:
        leaving.dispatcher.wake(*reply)
        assert reply_of(await woken(leaving.dispatcher)) == reply
    async with redis_broker(redis_url, consumer=new_id()) as staying:
        assert reply_of(await woken(staying.dispatcher)) == reply


async def test_the_dead_are_removed_and_whoever_leaves_takes_its_name_away(
    redis_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = int(redis_url.rpartition("/")[2])
    monkeypatch.setattr("causerie.broker.redis.jobs.GONE_SECONDS", 0.05)
    monkeypatch.setattr("causerie.broker.redis.jobs.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("causerie.broker.redis.jobs.BLOCK_SECONDS", 0.1)

    def has_made(consumer: str) -> bool:
        made = redis_server.command("XGROUP", "CREATECONSUMER", "chat:jobs", "workers", consumer, database=number)
        return made == b":1"

    consumer = new_id()
    redis_server.command("XGROUP", "CREATE", "chat:jobs", "workers", "0", "MKSTREAM", database=number)
    assert has_made("dead")
    async with redis_broker(redis_url, consumer=consumer) as broker:
        asking = asyncio.create_task(woken(broker.dispatcher))
        await eventually(lambda: has_made("dead"))
        [reply] = some_replies(1)
        broker.dispatcher.wake(*reply)
        broker.dispatcher.done(await asking)
        assert not has_made(str(consumer))

    assert has_made(str(consumer))


async def test_a_lost_group_is_made_again_while_somebody_waits(valkey: ValkeyServer) -> None:
    async with redis_broker(valkey.url, consumer=new_id()) as broker:
        for reply in some_replies(3):
            broker.dispatcher.wake(*reply)
            assert reply_of(await woken(broker.dispatcher)) == reply
            waiting = asyncio.create_task(woken(broker.dispatcher))
            await asyncio.sleep(0.05)
            valkey.command("FLUSHALL")
            broker.dispatcher.wake(*reply)
            assert reply_of(await waiting) == reply


async def test_wake_ups_outlive_a_server_that_was_away(valkey: ValkeyServer) -> None:
    async with redis_broker(valkey.url, consumer=new_id()) as broker:
        waiting = asyncio.create_task(woken(broker.dispatcher))
        valkey.kill()
        [reply] = some_replies(1)
        broker.dispatcher.wake(*reply)
        valkey.start()

        assert reply_of(await waiting) == reply
