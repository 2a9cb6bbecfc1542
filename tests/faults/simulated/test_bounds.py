"""What the invariants promise of time: one fault at a time, exactly measured in virtual seconds, on several seeds."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from causerie.providers.protocol import ProviderCut, ProviderSilent
from tests.faults.simulated.checking import violations
from tests.faults.simulated.people import Tab
from tests.faults.simulated.processes import Node
from tests.faults.simulated.storage import Change
from tests.faults.simulated.world import SET_UPS, SetUp, World, simulate

SEEDS = range(4)
BETWEEN_PROCESSES: tuple[SetUp, ...] = ("postgres", "served")
FAN_OUT = 100
LONG_SECONDS = 60.0
SESSIONS = 10

Story = Callable[[World], Awaitable[None]]


def tell(story: Story, set_up: SetUp, *roles: str, seeds: range = SEEDS) -> None:
    """Let the story happen on some seeds; afterwards all invariants hold."""

    async def whole(world: World) -> None:
        await story(world)
        world.heal()
        await world.rest()
        assert violations(world) == []

    for seed in seeds:
        simulate(f"{story.__name__} {seed}", set_up, whole, roles=roles)


def now() -> float:
    return asyncio.get_running_loop().time()


async def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for a condition; return how long it took."""
    began = now()
    while not condition():
        assert now() - began <= seconds, f"not within {seconds} s"
        await asyncio.sleep(0.01)
    return now() - began


async def a_running_reply(world: World, kind: str, words: int = 200) -> tuple[Tab, str, UUID]:
    """Return a tab, its session and a reply that has some text and will take a while."""
    world.models.faults.words, world.models.faults.pace = (words, words), (0.1, 0.1)
    tab = await world.open_tab()
    session_id = await world.begin(kind, tab)
    (saying,) = world.memory.sayings.values()
    reply_id = UUID(saying.acks[0].reply_id)
    await until(lambda: bool(changes(world, reply_id, lambda change: change.partial != "")), 10)
    return tab, session_id, reply_id


def changes(world: World, reply_id: UUID, which: Callable[[Change], bool]) -> list[Change]:
    return [change for change in world.storage.changes if change.message_id == reply_id and which(change)]


def ended(world: World, reply_id: UUID) -> bool:
    return bool(changes(world, reply_id, lambda change: change.state in ("complete", "stopped", "failed")))


def attempt(world: World, reply_id: UUID) -> int:
    return changes(world, reply_id, lambda _: True)[-1].attempt


def status(world: World, reply_id: UUID) -> tuple[str, str]:
    ((status, content),) = world.storage.rows("SELECT status, content FROM message WHERE id = ?", reply_id.hex)
    return status, content


def writer(world: World, reply_id: UUID) -> Node:
    owner = changes(world, reply_id, lambda _: True)[-1].owner
    return next(node for node in world.nodes if node.engine is not None and node.engine.owner == owner)


@pytest.mark.parametrize("kind", ["continues", "free", "paid"])
@pytest.mark.parametrize("set_up", BETWEEN_PROCESSES)
def test_i9_a_killed_workers_reply_goes_on_within_20_s(set_up: SetUp, kind: str) -> None:
    async def story(world: World) -> None:
        _, _, reply_id = await a_running_reply(world, kind)
        await world.kill(writer(world, reply_id))

        await until(lambda: attempt(world, reply_id) == 2, 20)
        if kind == "paid":
            assert status(world, reply_id)[0] == "failed"
        else:
            await until(lambda: ended(world, reply_id), 30)
            assert status(world, reply_id)[0] == "complete"

    tell(story, set_up)


@pytest.mark.parametrize("frozen_seconds", [LONG_SECONDS, 14.0])
@pytest.mark.parametrize("set_up", BETWEEN_PROCESSES)
def test_i9_a_frozen_workers_reply_goes_on_elsewhere_and_its_late_writes_are_fenced(
    set_up: SetUp, frozen_seconds: float
) -> None:
    async def story(world: World) -> None:
        _, _, reply_id = await a_running_reply(world, "continues", words=400)
        frozen = writer(world, reply_id).process
        world.freeze(frozen)
        if frozen_seconds > 20:
            await until(lambda: attempt(world, reply_id) == 2, 20)
        await asyncio.sleep(frozen_seconds)
        world.thaw(frozen)

    tell(story, set_up)


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i7_a_long_reply_is_one_attempt_of_one_call(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        _, _, reply_id = await a_running_reply(world, "free", words=400)

        await until(lambda: ended(world, reply_id), 60)
        assert (status(world, reply_id)[0], attempt(world, reply_id), len(world.models.calls)) == ("complete", 1, 1)

    tell(story, set_up)


@pytest.mark.parametrize(("kind", "is_cut"), [("continues", False), ("free", False), ("continues", True)])
@pytest.mark.parametrize("set_up", BETWEEN_PROCESSES)
def test_i8_who_was_cut_off_neither_ends_nor_hands_over_what_another_writes(
    set_up: SetUp, kind: str, is_cut: bool
) -> None:
    async def story(world: World) -> None:
        world.models.faults.next = [(50, ProviderCut())] if is_cut else []
        _, _, reply_id = await a_running_reply(world, kind, words=50)
        world.models.faults.words = (300, 300)
        node = writer(world, reply_id)
        world.storage.faults.cut.add(node.name)
        await until(lambda: attempt(world, reply_id) == 2, 22)
        assert world.models.calls[0].ended is not None, "it would store what came of it, and cannot"
        await asyncio.sleep(2)
        world.storage.faults.cut.clear()
        await asyncio.sleep(10)  # it tries again every five seconds

        assert not ended(world, reply_id)
        assert attempt(world, reply_id) == 2
        await until(lambda: ended(world, reply_id), 40)

    tell(story, set_up)


@pytest.mark.parametrize("set_up", SET_UPS)
@pytest.mark.parametrize(("words", "seconds"), [(3, 35.0), (0, 65.0)])
def test_i9_a_silent_provider_ends_the_reply_in_time(set_up: SetUp, words: int, seconds: float) -> None:
    async def story(world: World) -> None:
        world.models.faults.next = [(words, ProviderSilent())]
        tab = await world.open_tab()
        await world.begin("paid", tab)
        (saying,) = world.memory.sayings.values()
        reply_id = UUID(saying.acks[0].reply_id)
        await until(lambda: bool(world.models.calls), 5)
        await until(lambda: len(world.models.calls[0].moments) == words, 5)

        await until(lambda: ended(world, reply_id), seconds)

    tell(story, set_up)


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i9_nothing_is_unfinished_past_its_deadline(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        world.models.faults.pace, world.models.faults.words = (20.0, 25.0), (60, 60)
        tab = await world.open_tab()
        await world.begin("continues", tab)
        (saying,) = world.memory.sayings.values()
        reply_id = UUID(saying.acks[0].reply_id)

        await until(lambda: ended(world, reply_id), 5 + 605)
        assert status(world, reply_id)[0] == "failed"
        assert len(world.models.calls) == 1

    tell(story, set_up, seeds=range(1))  # ten minutes each


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i10_a_stop_holds_whatever_happens_to_the_worker(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        tab, _, reply_id = await a_running_reply(world, "continues")
        node = writer(world, reply_id)
        stopping = world.do(tab, tab.ask("stop", reply_id))
        await asyncio.sleep(world.chance.uniform(0, 0.1))
        await world.kill(node)
        world.start(world.role(node))
        await stopping

        await until(lambda: ended(world, reply_id), 20)
        shown, text = status(world, reply_id)
        assert shown == "stopped"
        assert text != ""

    tell(story, set_up)


def test_i11_redis_away_for_a_minute_fails_nobody() -> None:
    async def story(world: World) -> None:
        assert world.redis is not None
        tab = await world.open_tab()
        world.models.faults.words = (5, 20)
        for _ in range(SESSIONS):
            await world.begin("free", tab)
        world.redis.faults.away = True
        for place in range(4 * SESSIONS):
            session_id = world.sessions[place % SESSIONS]
            saying = world.new_saying(session_id)
            await asyncio.wait_for(world.do(tab, tab.say(session_id, saying)), 5)
            await asyncio.sleep(LONG_SECONDS / (4 * SESSIONS) - 0.05)
        await until(world.is_at_rest, 15)  # it is still away
        world.redis.faults.away = False
        assert world.memory.refusals == []
        assert {state for (state,) in world.storage.rows("SELECT state FROM generation")} == {"complete"}

    tell(story, "served")


def test_i12_after_flushall_a_late_joiner_has_the_full_text_within_6_s() -> None:
    async def story(world: World) -> None:
        assert world.redis is not None
        _, session_id, reply_id = await a_running_reply(world, "continues", words=400)
        for _ in range(4):
            world.redis.flush()
            await asyncio.sleep(world.chance.uniform(0, 3))
            (call,) = world.models.calls
            written = call.sent_by(now())
            late = await world.open_tab(session_id)

            def has_all(late: Tab = late, written: int = written) -> bool:
                state = late.client.sessions.get(session_id)
                return state is not None and len(state.text_of(str(reply_id))) >= written

            await until(has_all, 6)

    tell(story, "served")


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i13_a_reader_that_stops_delays_nobody(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        tab, session_id, reply_id = await a_running_reply(world, "free")
        stuck = await world.open_tab(session_id)
        await asyncio.sleep(2)
        world.freeze(stuck.process)
        (call,) = world.models.calls
        late = 2.0 if set_up == "postgres" else 1.0  # without Redis text comes by checkpoints, which are looked for
        for _ in range(10):
            written = call.sent_by(now())

            def has_it(written: int = written) -> bool:
                return len(tab.client.sessions[session_id].text_of(str(reply_id))) >= written

            await until(has_it, 1 + late)
        world.thaw(stuck.process)

    tell(story, set_up)


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i14_many_who_reconnect_at_once_cost_no_second_call_and_one_frame_each(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        tab, session_id, reply_id = await a_running_reply(world, "free", words=300)
        tabs = [tab] + [await world.open_tab(session_id) for _ in range(FAN_OUT)]
        await until(lambda: all(session_id in tab.paged_at for tab in tabs), 10)
        seen = [len(tab.frames) for tab in tabs]
        for wire in list(world.wires):
            wire.cut()
        await asyncio.sleep(3)

        assert len(world.models.calls) == 1
        for tab, before in zip(tabs, seen, strict=True):
            frames = tab.frames[before:]
            joins = [place for place, frame in enumerate(frames) if frame["type"] == "session:joined"]
            assert len(joins) == 1
            (entry,) = frames[joins[0]]["live"]
            known = entry["offset"] + len(entry["text"])
            again = [
                frame
                for frame in frames[joins[0] :]
                if frame["type"] == "chat:stream:token" and frame["offset"] < known
            ]
            assert again == [], "what the join brought comes no second time"
            assert entry["message_id"] == str(reply_id)

    for seed in range(2):
        simulate(f"i14 {seed}", set_up, story)


@pytest.mark.parametrize("role", ["web", "worker", "tab"])
@pytest.mark.parametrize("set_up", BETWEEN_PROCESSES)
def test_i15_who_was_suspended_for_long_works_again_within_5_s(set_up: SetUp, role: str) -> None:
    async def story(world: World) -> None:
        tab = await world.open_tab()
        world.models.faults.words = (3, 5)
        session_id = await world.begin("free", tab)
        await world.rest()
        nodes = {world.role(node): node.process for node in world.nodes}
        process = tab.process if role == "tab" else nodes[role]
        world.freeze(process)
        with world.disturbances.outage():
            await asyncio.sleep(10 * LONG_SECONDS)
        world.thaw(process)
        if role == "web":  # who knocked all the time comes back up to 15 s later
            tab = await world.open_tab(session_id)
        saying = world.new_saying(session_id)
        world.do(tab, tab.say(session_id, saying))

        await until(lambda: bool(saying.acks), 5)
        reply_id = UUID(saying.acks[0].reply_id)
        await until(lambda: attempt(world, reply_id) == 1, 5)

    tell(story, set_up, "web", "worker")


@pytest.mark.parametrize(("kind", "seconds"), [("continues", 2.0), ("free", 8.0), ("paid", 8.0)])
@pytest.mark.parametrize("set_up", SET_UPS)
def test_i16_a_worker_that_is_told_to_end_loses_no_reply(set_up: SetUp, kind: str, seconds: float) -> None:
    async def story(world: World) -> None:
        _, _, reply_id = await a_running_reply(world, kind)
        node = writer(world, reply_id)
        began = now()
        await world.terminate(node)
        assert now() - began <= seconds + 1
        if not world.nodes:
            world.start(world.role(node))

        if kind == "paid":
            assert status(world, reply_id)[0] == "failed"
            assert status(world, reply_id)[1] != ""
        else:
            left = began + seconds - now()
            await until(lambda: attempt(world, reply_id) == 2, max(left, 0) + (1 if kind == "continues" else 3))

    tell(story, set_up)


@pytest.mark.parametrize("set_up", SET_UPS)
def test_i17_afterwards_nothing_is_left(set_up: SetUp) -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(1)
        before = {node.name: node.tasks() for node in world.nodes}
        tab, session_id, _ = await a_running_reply(world, "continues", words=50)
        for _ in range(5):
            await world.open_tab(session_id)
        await asyncio.sleep(1)
        for wire in list(world.wires):
            wire.cut()
        await world.rest()
        assert violations(world) == []
        for tab in list(world.tabs):
            await world.close_tab(tab)
        await asyncio.sleep(5)

        assert {node.name: node.tasks() for node in world.nodes} == before
        assert world.redis is None or (world.redis.subscriptions, world.redis.texts) == (0, {})

    for seed in SEEDS:
        simulate(f"i17 {seed}", set_up, story)
