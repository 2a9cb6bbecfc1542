"""A seed's story: people talk in some sessions while some faults happen, then all heals and comes to rest."""

import asyncio
from random import Random

from tests.faults.simulated.checking import violations
from tests.faults.simulated.faults import BETWEEN_PROCESSES, EVERYWHERE, Fault
from tests.faults.simulated.models import KINDS
from tests.faults.simulated.world import NoRest, World

TALKING_SECONDS = 25.0
MOST_FAULTS = 4
PACES = ((0.01, 0.12), (0.01, 0.12), (0.2, 0.9))
"""Seconds between words: some models are so slow that others take their replies over in the middle."""
VERBS = ("stop", "retry", "continue", "swipe")


async def talk_through_faults(world: World) -> list[str]:
    """Live through one seed; return what was violated."""
    chance = Random(f"{world.seed} story")  # the same in each set-up
    kinds: tuple[Fault, ...] = EVERYWHERE if world.set_up == "embedded" else EVERYWHERE + BETWEEN_PROCESSES
    chosen = Random(f"{world.seed} {len(kinds)} faults").sample(kinds, chance.randint(0, MOST_FAULTS))
    world.models.faults.pace = chance.choice(PACES)
    first = await world.open_tab()
    for kind in chance.sample(KINDS, chance.randint(1, 2)):
        await world.begin(kind, first)
    await world.open_tab(*world.sessions)
    world.trace("-", f"faults: {', '.join(fault.__name__ for fault in chosen) or 'none'}")
    # Faults end by themselves; what a person waits for may last longer than the talking.
    faults = [asyncio.create_task(fault(world, Random(f"{world.seed} {fault.__name__}"))) for fault in chosen]
    end = asyncio.get_running_loop().time() + TALKING_SECONDS
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(chance.choice((0.02, 0.3, 1.5, 4.0)))
        await _act(world, chance)
    await asyncio.gather(*faults)
    world.heal()
    try:
        await world.rest()
    except NoRest as unrest:
        return [str(unrest), *world.trace.faults]
    return violations(world)


async def _act(world: World, chance: Random) -> None:
    tab = chance.choice(world.tabs)
    known = tab.client.sessions
    session_id = chance.choice(world.sessions)
    action = chance.random()
    pick = chance.random()
    ended, running = tab.replies(ended=True), tab.replies(ended=False)
    if action < 0.45 or not (ended or running):
        saying = world.new_saying(session_id)
        world.do(tab, tab.say(session_id, saying))
    elif action < 0.6 and running:
        world.do(tab, tab.ask("stop", running[int(pick * len(running))]))
    elif action < 0.8 and ended:
        world.do(tab, tab.ask(chance.choice(VERBS[1:]), ended[int(pick * len(ended))]))
    elif action < 0.85 and ended:
        world.do(tab, world.edit(ended[int(pick * len(ended))]))
    elif action < 0.9:
        among = ended + running
        world.do(tab, world.delete(among[int(pick * len(among))]))
    elif action < 0.95:
        stored = [saying for saying in world.memory.sayings.values() if saying.acks and saying.session_id in known]
        if stored:
            world.do(tab, tab.contradict(stored[int(pick * len(stored))]))
    else:
        await tab.client.drop()
