"""Slots: what is taken is given back, and whoever waited hears of it."""

import asyncio
from uuid import UUID

import pytest

from causerie.generation.slots import CLAIMS_AT_ONCE, Slots, Taking
from causerie.ids import new_id

pytestmark = pytest.mark.anyio


async def test_who_found_a_model_taken_is_woken_from_whichever_thread_it_is_given_back() -> None:
    woken: asyncio.Queue[tuple[UUID, UUID]] = asyncio.Queue()
    slots = Slots(2, lambda user_id, message_id: woken.put_nowait((user_id, message_id)))
    waiting = new_id(), new_id()
    assert slots.take("local", 1, (new_id(), new_id())) is Taking.TAKEN
    assert slots.take("local", 1, waiting) is Taking.MODEL_TAKEN

    await asyncio.to_thread(slots.give_back, "local")  # as a transaction does that was rolled back

    async with asyncio.timeout(1):
        assert await woken.get() == waiting


async def test_more_work_is_asked_for_only_beside_a_free_slot() -> None:
    slots = Slots(1, lambda *_: None)
    await slots.spare()
    waiting = asyncio.ensure_future(slots.spare())
    await asyncio.sleep(0)
    assert not waiting.done()  # the claim under way may take the only slot

    assert slots.take("model", None, (new_id(), new_id())) is Taking.TAKEN
    slots.settle()
    await asyncio.sleep(0)
    assert not waiting.done()  # and took it

    await asyncio.to_thread(slots.give_back, "model")
    async with asyncio.timeout(1):
        await waiting


async def test_only_so_many_claims_are_under_way() -> None:
    slots = Slots(100, lambda *_: None)
    async with asyncio.timeout(1):
        for _ in range(CLAIMS_AT_ONCE):
            await slots.spare()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await slots.spare()
    slots.settle()
    async with asyncio.timeout(1):
        await slots.spare()
