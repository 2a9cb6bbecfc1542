"""Single faults on real processes and servers, each with the time that it may cost."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from causerie.chaos.installation import Installation, Servers, installation, servers
from causerie.chaos.plan import Setup
from causerie.chaos.processes import Process
from causerie.chaos.provider import Call, Script, read_record
from causerie.chaos.reading import count_unfinished
from causerie.client.reducer import Effect, Frame
from causerie.client.socket import Ack, Client, Refused, connect
from causerie.ids import new_id

pytestmark = [pytest.mark.anyio, pytest.mark.long]

TAKEOVER_SECONDS = 20.0
HANDED_OVER_SECONDS = 2.0
DRAINED_SECONDS = 8.0
WORKS_AGAIN_SECONDS = 5.0
LATE_JOIN_SECONDS = 6.0
SLACK_SECONDS = 1.0
ENDED_SECONDS = 120.0


@pytest.fixture
def parts() -> Iterator[Servers]:
    with servers(Setup.SERVED) as started:
        yield started


@dataclass
class Heard:
    """The numbered frames that a client was told, in their order."""

    events: list[tuple[int, str, str | None]] = field(default_factory=list)

    def __call__(self, frame: Frame, _: list[Effect]) -> None:
        if "seq" in frame and frame["type"] not in ("session:joined", "ack"):
            self.events.append((frame["seq"], frame["type"], frame.get("message_id")))


@asynccontextmanager
async def house(parts: Servers, folder: Path, *, web: int = 1, workers: int = 2) -> AsyncIterator[Installation]:
    async with installation(parts, folder, web=web, workers=workers) as it:
        ready = await asyncio.gather(*(it.worked_since(worker, time.time() - 10, 40) for worker in it.workers))
        assert None not in ready
        yield it


def client(it: Installation, node: int = 0, heard: Heard | None = None) -> Any:
    return connect(f"ws://127.0.0.1:{it.ports[node]}/ws", observe=heard)


async def say(talker: Client, it: Installation, script: Script, model: str, session_id: str | None = None) -> Ack:
    return await talker.say(session_id, f"Tell me. {script.written()}", ai_model_id=it.models[model])


async def reach(talker: Client, ack: Ack, length: int) -> str:
    assert ack.reply_id
    async with asyncio.timeout(30):
        state = await talker.until(ack.session_id, lambda state: len(state.text_of(ack.reply_id or "")) >= length)
    return state.text_of(ack.reply_id)


async def end_of(talker: Client, ack: Ack) -> dict[str, Any]:
    assert ack.reply_id
    async with asyncio.timeout(ENDED_SECONDS):
        return dict(await talker.finished(ack.session_id, ack.reply_id))


async def holder(it: Installation, ack: Ack) -> Process:
    """Return the process that writes a reply."""
    ((pid,),) = await it.reader.rows(
        "SELECT worker.pid FROM generation JOIN worker ON worker.id = generation.owner "
        "WHERE generation.message_id = CAST(:reply AS uuid)",
        reply=ack.reply_id,
    )
    return next(worker for worker in it.workers if worker.pid == pid)


async def next_attempt(talker: Client, ack: Ack, attempt: int) -> float:
    """Wait until a later attempt than `attempt` began or the reply ended; return the moment."""
    assert ack.reply_id
    async with asyncio.timeout(60):
        await talker.until(
            ack.session_id,
            lambda state: state.known(ack.reply_id or "").attempt > attempt or state.has_ended(ack.reply_id or ""),
        )
    return time.monotonic()


def sent_for(calls: list[Call], name: str) -> list[Call]:
    return [call for call in calls if call.name == name]


async def test_a_reply_goes_on_after_its_worker_was_killed(parts: Servers, tmp_path: Path) -> None:
    async with house(parts, tmp_path) as it, client(it) as talker:
        ack = await say(talker, it, Script("kill", words=250, pace=25), "continues")
        seen = await reach(talker, ack, 300)

        (await holder(it, ack)).kill()
        killed = time.monotonic()

        text = await reach(talker, ack, len(seen) + 100)
        assert time.monotonic() - killed <= TAKEOVER_SECONDS + SLACK_SECONDS
        assert text.startswith(seen[:-40])
        row = await end_of(talker, ack)
    assert row["status"] == "complete"
    assert row["attempt"] == 2
    first, second = sent_for(read_record(it.record), "kill")
    assert first.text.startswith(second.prefix)  # it went on where the first attempt was cut
    assert row["content"] == second.text


@pytest.mark.parametrize(("model", "seconds"), [("continues", HANDED_OVER_SECONDS), ("free", DRAINED_SECONDS)])
async def test_a_worker_that_is_told_to_end_hands_its_reply_over(
    parts: Servers, tmp_path: Path, model: str, seconds: float
) -> None:
    async with house(parts, tmp_path) as it, client(it) as talker:
        ack = await say(talker, it, Script("term", words=500, pace=25), model)
        await reach(talker, ack, 200)
        worker = await holder(it, ack)

        started = time.monotonic()
        ending = asyncio.create_task(worker.terminate())

        assert await next_attempt(talker, ack, 1) - started <= seconds + SLACK_SECONDS
        await ending
        row = await end_of(talker, ack)
        assert worker.exits[0].status == 0
        assert worker.exits[0].seconds <= 10
    assert row["status"] == "complete"
    assert row["content"] == sent_for(read_record(it.record), "term")[-1].text


async def test_a_paid_reply_ends_as_a_partial_when_its_worker_ends(parts: Servers, tmp_path: Path) -> None:
    async with house(parts, tmp_path) as it, client(it) as talker:
        ack = await say(talker, it, Script("paid", words=500, pace=25), "paid")
        await reach(talker, ack, 200)

        started = time.monotonic()
        ending = asyncio.create_task((await holder(it, ack)).terminate())
        row = await end_of(talker, ack)

        assert time.monotonic() - started <= DRAINED_SECONDS + SLACK_SECONDS
        await ending
    (call,) = sent_for(read_record(it.record), "paid")
    assert row["status"] == "failed"
    assert len(row["content"]) >= 200
    assert call.text.startswith(row["content"])


async def test_a_worker_that_slept_for_a_minute_is_fenced_and_works_again(parts: Servers, tmp_path: Path) -> None:
    async with house(parts, tmp_path) as it, client(it) as talker:
        ack = await say(talker, it, Script("sleep", words=900, pace=10), "continues")
        await reach(talker, ack, 60)
        sleeper = await holder(it, ack)

        sleeper.freeze()
        frozen = time.monotonic()
        taken = await next_attempt(talker, ack, 1)
        assert taken - frozen <= TAKEOVER_SECONDS + SLACK_SECONDS
        await asyncio.sleep(60 - (time.monotonic() - frozen))
        sleeper.wake()
        woken = time.time()

        recovery = await it.worked_since(sleeper, woken, 10)
        assert recovery is not None
        assert recovery <= WORKS_AGAIN_SECONDS
        ((fenced,),) = await it.reader.rows("SELECT fenced FROM worker WHERE pid = :pid", pid=sleeper.pid)
        assert fenced == 1
        for other in it.workers:
            if other is not sleeper:
                await other.terminate()  # what is said now is the woken one's
        quick = await say(talker, it, Script("quick", words=10, pace=50), "free")
        row = await end_of(talker, quick)
        assert row["status"] == "complete"
        assert time.time() - woken < 30
        state = await talker.join(ack.session_id)
        assert state.known(ack.reply_id or "").attempt == 3  # handed over by the other one, not taken by the late write
        await talker.stop(ack.reply_id or "")
        content = (await end_of(talker, ack))["content"]
    assert any(call.text.startswith(content) for call in sent_for(read_record(it.record), "sleep"))


@dataclass
class Talk:
    """What sessions that talk on and on went through."""

    acked: dict[str, str] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)


async def talk_on(talker: Client, it: Installation, name: str, until: asyncio.Event, told: Talk) -> None:
    """Say one thing after the other until the event, and wait for every answer."""
    session_id, turn = None, 0
    while not until.is_set():
        script = Script(f"{name}.{turn}", words=40, pace=20)
        message_id, content = str(new_id()), f"Tell me. {script.written()}"
        while True:
            try:
                ack = await talker.say(session_id, content, message_id=message_id, ai_model_id=it.models["continues"])
            except Refused as refusal:
                told.refusals[refusal.problem["code"]] += 1
                await asyncio.sleep(0.5)
            else:
                break
        told.acked[message_id] = content
        session_id, turn = ack.session_id, turn + 1
        told.rows.append(await end_of(talker, ack))


async def fifty_talk_while(it: Installation, harm: Any, seconds_before: float, seconds_after: float) -> Talk:
    told, until = Talk(), asyncio.Event()
    async with AsyncExitStack() as stack:
        talkers = [await stack.enter_async_context(client(it, number % len(it.ports))) for number in range(10)]
        async with asyncio.TaskGroup() as sessions:
            for number in range(50):
                sessions.create_task(talk_on(talkers[number % 10], it, str(number), until, told))
            await asyncio.sleep(seconds_before)
            await harm()
            await asyncio.sleep(seconds_after)
            until.set()
    return told


async def stored_once(it: Installation, told: Talk) -> None:
    """I1: each acknowledged message is there, once."""
    stored = Counter(content for (content,) in await it.reader.rows("SELECT content FROM message WHERE role = 'user'"))
    assert {content: stored[content] for content in told.acked.values()} == dict.fromkeys(told.acked.values(), 1)


async def test_without_redis_for_a_minute_nothing_is_refused_and_all_is_answered(
    parts: Servers, tmp_path: Path
) -> None:
    redis = parts.redis
    assert redis is not None

    async def stop_for_a_minute() -> None:
        redis.kill()
        await asyncio.sleep(60)
        await asyncio.to_thread(redis.start)

    async with house(parts, tmp_path, web=2) as it:
        told = await fifty_talk_while(it, stop_for_a_minute, 5, 5)
        await stored_once(it, told)
    assert told.refusals == Counter()
    assert {row["status"] for row in told.rows} == {"complete"}
    assert len(told.rows) >= 50 * 10  # a turn takes 2 s with Redis, and up to 5 s without


async def test_a_late_joiner_has_all_text_soon_after_flushall(parts: Servers, tmp_path: Path) -> None:
    redis = parts.redis
    assert redis is not None
    async with house(parts, tmp_path, web=2) as it, client(it, 0) as talker, client(it, 1) as late:
        acks = [await say(talker, it, Script(f"flush{n}", words=300, pace=20), "free") for n in range(10)]
        texts = [await reach(talker, ack, 300) for ack in acks]

        await asyncio.to_thread(redis.command, "FLUSHALL")
        flushed = time.monotonic()
        for ack, text in zip(acks, texts, strict=True):
            await late.join(ack.session_id)
            assert (await reach(late, ack, len(text))).startswith(text)

        assert time.monotonic() - flushed <= LATE_JOIN_SECONDS
        for ack in acks:
            assert (await end_of(late, ack))["status"] == "complete"
            assert late.sessions[ack.session_id].text_of(ack.reply_id or "") == talker.sessions[ack.session_id].text_of(
                ack.reply_id or ""
            )
    assert [len(sent_for(read_record(it.record), f"flush{n}")) for n in range(10)] == [1] * 10


async def test_nothing_acknowledged_is_lost_when_postgresql_crashes_and_returns(parts: Servers, tmp_path: Path) -> None:
    cluster = parts.cluster
    assert cluster is not None

    async def crash() -> None:
        await asyncio.to_thread(cluster.crash)
        await asyncio.sleep(5)
        await asyncio.to_thread(cluster.start)

    async with house(parts, tmp_path, web=2) as it:
        told = await fifty_talk_while(it, crash, 8, 8)
        await stored_once(it, told)
        assert await count_unfinished(it.reader) == 0
    assert set(told.refusals) <= {"storage_unavailable"}
    assert {row["status"] for row in told.rows} == {"complete"}


async def finished_by_workers(it: Installation, in_all: int) -> list[int]:
    """Return how many replies each worker ended, when their heartbeats tell of all."""
    async with asyncio.timeout(20):
        while True:
            rows = await it.reader.rows("SELECT finished FROM worker")
            finished = [int(count) for (count,) in rows]
            if sum(finished) >= in_all:
                return finished
            await asyncio.sleep(0.5)


async def test_three_nodes_tell_the_same_and_three_workers_share_the_work(parts: Servers, tmp_path: Path) -> None:
    async with house(parts, tmp_path, web=3, workers=3) as it, AsyncExitStack() as stack:
        heard = [Heard(), Heard(), Heard()]
        readers = [await stack.enter_async_context(client(it, node, heard[node])) for node in range(3)]
        first = await say(readers[0], it, Script("hello", words=10, pace=50), "free")
        for reader in readers[1:]:
            await reader.join(first.session_id)
        since = readers[1].sessions[first.session_id].seq or 0
        talkers = [await stack.enter_async_context(client(it, node)) for node in range(3)]

        async def converse(number: int) -> None:
            talker, session = talkers[number % 3], None
            for turn in range(6):
                ack = await say(talker, it, Script(f"{number}.{turn}", words=20, pace=40), "free", session)
                session = ack.session_id
                await end_of(talker, ack)

        async with asyncio.TaskGroup() as conversations:
            for number in range(50):
                conversations.create_task(converse(number))
            for turn in range(6):
                ack = await say(
                    readers[turn % 3], it, Script(f"all.{turn}", words=20, pace=40), "free", first.session_id
                )
                await end_of(readers[turn % 3], ack)
        head = max(reader.sessions[first.session_id].seq or 0 for reader in readers)
        for reader in readers:
            async with asyncio.timeout(10):
                await reader.until(first.session_id, lambda state: (state.seq or 0) == head)

        told = [[event for event in one.events if event[0] > since] for one in heard]
        assert told[0] == told[1] == told[2]
        assert [seq for seq, _, _ in told[0]] == list(range(since + 1, head + 1))
        finished = await finished_by_workers(it, 50 * 6 + 6 + 1)
        even = sum(finished) / 3
        assert all(0.8 * even <= count <= 1.2 * even for count in finished), finished

        it.web[0].kill()
        ack = await say(readers[0], it, Script("moved", words=10, pace=50), "free", first.session_id)
        assert (await end_of(readers[0], ack))["status"] == "complete"
        assert (await end_of(readers[1], ack))["content"] == readers[0].sessions[first.session_id].text_of(
            ack.reply_id or ""
        )


async def test_five_hundred_clients_that_return_at_once_cost_no_second_call(parts: Servers, tmp_path: Path) -> None:
    async with house(parts, tmp_path, web=2) as it, AsyncExitStack() as stack:
        caught_up: Counter[tuple[int, str]] = Counter()

        def observer(number: int) -> Any:
            def observe(frame: Frame, effects: list[Effect]) -> None:
                if frame["type"] == "session:joined":
                    caught_up.update((number, entry["message_id"]) for entry in frame["live"])

            return observe

        talker = await stack.enter_async_context(client(it))
        ack = await say(talker, it, Script("crowd", words=400, pace=10), "free")
        crowd = [
            await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{it.ports[number % 2]}/ws", observe=observer(number))
            )
            for number in range(500)
        ]
        await asyncio.gather(*(one.join(ack.session_id) for one in crowd))
        assert set(caught_up.values()) <= {1}
        before = caught_up.copy()

        for way in it.web_ways:
            way.reset()

        seen = len(talker.sessions[ack.session_id].text_of(ack.reply_id or "")) + 200
        await asyncio.gather(*(reach(one, ack, seen) for one in crowd))
        assert max((caught_up - before).values()) == 1
        await talker.stop(ack.reply_id or "")
        content = (await end_of(talker, ack))["content"]
        for one in crowd:
            assert (await end_of(one, ack))["content"] == content
    assert len(sent_for(read_record(it.record), "crowd")) == 1
