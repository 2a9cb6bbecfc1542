"""What can happen to an installation, each kind for a while and at moments of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from random import Random

from tests.faults.simulated.processes import Node
from tests.faults.simulated.world import World

Fault = Callable[[World, Random], Coroutine[None, None, None]]


async def kill_workers(world: World, chance: Random) -> None:
    """kill -9 whoever writes, and start it again after a while."""
    for _ in range(chance.randint(1, 3)):
        await asyncio.sleep(chance.uniform(0, 12))
        await _replace(world, chance, _one(world, chance, works=True))


async def kill_nodes(world: World, chance: Random) -> None:
    """kill -9 whoever answers clients."""
    for _ in range(chance.randint(1, 3)):
        await asyncio.sleep(chance.uniform(0, 12))
        await _replace(world, chance, _one(world, chance, web=True))


async def terminate(world: World, chance: Random) -> None:
    """SIGTERM, as each new version brings it."""
    for _ in range(chance.randint(1, 2)):
        await asyncio.sleep(chance.uniform(0, 12))
        node = _one(world, chance)
        if node is None or node.process.frozen:
            continue
        before = world.set_up != "embedded" and chance.random() < 0.5  # the next one may be there already
        if before:
            world.start(world.role(node))
        await world.terminate(node)
        if not before:
            world.start(world.role(node))


async def freeze(world: World, chance: Random) -> None:
    """SIGSTOP any process, and SIGCONT."""
    for _ in range(chance.randint(1, 3)):
        await asyncio.sleep(chance.uniform(0, 10))
        node = _one(world, chance)
        if node is None or node.process.frozen:
            continue
        world.freeze(node.process)
        with world.disturbances.outage():  # its clients wait, and what it is doing just now
            await asyncio.sleep(chance.choice((0.5, 4.0, chance.uniform(10, 40))))
        if node.alive:
            world.thaw(node.process)


async def lose_database(world: World, chance: Random) -> None:
    """The database is away for everybody."""
    for _ in range(chance.randint(1, 2)):
        await asyncio.sleep(chance.uniform(0, 12))
        world.trace("-", "the database is away")
        with world.disturbances.outage():
            world.storage.faults.away = True
            await asyncio.sleep(chance.choice((0.1, 1.0, chance.uniform(5, 25))))
            world.storage.faults.away = False
        world.trace("-", "the database is back")


async def cut_off_from_database(world: World, chance: Random) -> None:
    """One process cannot reach the database."""
    await asyncio.sleep(chance.uniform(0, 12))
    node = _one(world, chance)
    if node is None:
        return
    world.trace(node.name, "is cut off from the database")
    with world.disturbances.outage():
        world.storage.faults.cut.add(node.name)
        world.look_for_workers()
        await asyncio.sleep(chance.uniform(1, 40))
        world.storage.faults.cut.discard(node.name)
        world.look_for_workers()
    world.trace(node.name, "reaches the database again")


async def lose_answers(world: World, chance: Random) -> None:
    """COMMIT happens, its answer does not arrive; some ways take long."""
    world.storage.faults.lost_answers = chance.choice((0.02, 0.1))
    world.storage.faults.slow = chance.choice((0.0, 0.1))
    with world.disturbances.outage():
        await asyncio.sleep(20)
    world.storage.faults.lost_answers = 0.0
    world.storage.faults.slow = 0.0


async def fail_commits(world: World, chance: Random) -> None:
    """COMMIT fails: nothing is stored."""
    world.storage.faults.failed_commits = chance.choice((0.05, 0.3))
    with world.disturbances.outage():
        await asyncio.sleep(15)
    world.storage.faults.failed_commits = 0.0


async def lose_messages(world: World, chance: Random) -> None:
    """Redis loses, doubles and delays."""
    if world.redis is not None:
        world.redis.faults.lost = chance.choice((0.0, 0.1, 0.5, 1.0))
        world.redis.faults.doubled = chance.choice((0.0, 0.2))
        world.redis.faults.late = chance.choice((0.0, 0.2))
        await asyncio.sleep(25)


async def lose_redis(world: World, chance: Random) -> None:
    """Redis is away, empty when it comes back or not."""
    if world.redis is None:
        return
    await asyncio.sleep(chance.uniform(0, 10))
    world.trace("-", "Redis is away")
    world.redis.faults.away = True
    await asyncio.sleep(chance.choice((0.5, 5.0, 20.0)))
    if chance.random() < 0.5:
        world.redis.flush()
    world.redis.faults.away = False
    world.trace("-", "Redis is back")


async def cut_off_from_redis(world: World, chance: Random) -> None:
    """One process cannot reach Redis."""
    await asyncio.sleep(chance.uniform(0, 10))
    node = _one(world, chance)
    if world.redis is None or node is None:
        return
    world.trace(node.name, "is cut off from Redis")
    world.redis.faults.cut.add(node.name)
    await asyncio.sleep(chance.uniform(1, 25))
    world.redis.faults.cut.discard(node.name)


async def flush(world: World, chance: Random) -> None:
    """FLUSHALL."""
    for _ in range(chance.randint(1, 3)):
        await asyncio.sleep(chance.uniform(0, 8))
        if world.redis is not None:
            world.trace("-", "FLUSHALL")
            world.redis.flush()


async def fail_models(world: World, chance: Random) -> None:
    """Models cut, refuse and fall silent."""
    world.models.faults.share = chance.choice((0.2, 0.6, 1.0))
    await asyncio.sleep(25)


async def break_connections(world: World, chance: Random) -> None:
    """Connections of clients break, or carry nothing any more and say nothing."""
    for _ in range(chance.randint(1, 8)):
        await asyncio.sleep(chance.uniform(0, 4))
        if world.wires:
            wire = chance.choice(world.wires)
            if chance.random() < 0.15:
                world.trace(wire.client.name, "is connected to nothing")
                wire.fall_silent()
            else:
                wire.cut()


async def freeze_tabs(world: World, chance: Random) -> None:
    """A client sleeps, as a laptop does."""
    for _ in range(chance.randint(1, 2)):
        await asyncio.sleep(chance.uniform(0, 10))
        tab = chance.choice(world.tabs)
        if not tab.process.frozen:
            world.freeze(tab.process)
            await asyncio.sleep(chance.choice((2.0, 15.0)))
            world.thaw(tab.process)


async def change_tabs(world: World, chance: Random) -> None:
    """Tabs are closed in the middle of things, and opened."""
    for _ in range(chance.randint(1, 4)):
        await asyncio.sleep(chance.uniform(0, 8))
        if len(world.tabs) > 1 and chance.random() < 0.5:
            await world.close_tab(chance.choice(world.tabs[1:]))
        await world.open_tab(*world.sessions)


EVERYWHERE: tuple[Fault, ...] = (
    kill_workers,
    kill_nodes,
    terminate,
    freeze,
    lose_database,
    fail_commits,
    fail_models,
    break_connections,
    freeze_tabs,
    change_tabs,
)
BETWEEN_PROCESSES: tuple[Fault, ...] = (
    cut_off_from_database,
    lose_answers,
    lose_messages,
    lose_redis,
    cut_off_from_redis,
    flush,
)


def _one(world: World, chance: Random, *, web: bool = False, works: bool = False) -> Node | None:
    nodes = [node for node in world.nodes if node.ready.is_set() and node.web >= web and node.works >= works]
    return chance.choice(nodes) if nodes else None


async def _replace(world: World, chance: Random, node: Node | None) -> None:
    if node is None:
        return
    role = world.role(node)
    with world.disturbances.outage() if node.web and not node.works else nullcontext():
        await world.kill(node)
        await asyncio.sleep(chance.choice((0.05, 1.0, chance.uniform(1, 15))))
        world.start(role)
