"""Background work: done in slices, taken up after a crash, and one job's fault is its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.jobs import service
from causerie.jobs.models import Job
from causerie.jobs.runner import MOST_ATTEMPTS, JobRunner, Slice
from causerie.jobs.service import JobNotFound
from tests.node import Node

WAIT_SECONDS = 10


@asynccontextmanager
async def running(node: Node, kinds: Mapping[str, Slice]) -> AsyncIterator[JobRunner]:
    runner = JobRunner(node.database, kinds)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(node: Node, job_id: UUID, **expected: Any) -> Job:
    """Read a job until it is so."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            job: Job = await node.read(service.get, job_id)
            if all(getattr(job, name) == value for name, value in expected.items()):
                return job
            await asyncio.sleep(0.01)


def three_slices(work: Work, job: Job) -> bool:
    del work
    job.done += 1
    return job.done < 3


def broken(work: Work, job: Job) -> bool:
    del work, job
    raise ZeroDivisionError


async def test_a_job_is_done_slice_by_slice(node: Node) -> None:
    async with running(node, {"count": three_slices}) as runner:
        job = await node.do(service.enqueue, "count")
        runner.wake()
        done = await until(node, job.id, state="complete")

    assert done.done == 3


async def test_a_job_that_a_dead_process_left_is_taken_up(node: Node) -> None:
    def leave(work: Work) -> UUID:
        job = service.enqueue(work, "count")
        job.state, job.done = "running", 2
        return job.id

    job_id = await node.do(leave)
    async with running(node, {"count": three_slices}):
        assert (await until(node, job_id, state="complete")).done == 3


async def test_a_fault_costs_an_attempt_and_no_other_job(node: Node) -> None:
    async with running(node, {"broken": broken, "count": three_slices}) as runner:
        faulty, sound = await node.do(service.enqueue, "broken"), await node.do(service.enqueue, "count")
        runner.wake()
        await until(node, sound.id, state="complete")
        waiting = await until(node, faulty.id, attempt=1)

    assert waiting.state == "queued"
    assert waiting.run_at > utc_now()


async def test_after_the_last_attempt_a_job_has_failed(node: Node) -> None:
    def tried_before(work: Work) -> UUID:
        job = service.enqueue(work, "broken")
        job.attempt = MOST_ATTEMPTS - 1
        return job.id

    job_id = await node.do(tried_before)
    async with running(node, {"broken": broken}):
        failed = await until(node, job_id, state="failed")

    assert failed.error is not None
    assert failed.error["code"] == "internal"


async def test_asking_again_while_it_runs_is_the_same_job(node: Node) -> None:
    first, again = await node.do(service.enqueue, "count"), await node.do(service.enqueue, "count")

    assert first.id == again.id


@pytest.mark.req("S22")
async def test_another_users_job_is_not_there(node: Node) -> None:
    job = await node.do(service.enqueue, "count")

    with pytest.raises(JobNotFound):
        await node.read(service.get, job.id, actor=node.bob)


@pytest.mark.setups("postgres", "served")
async def test_a_job_that_one_process_is_at_is_left_by_the_others(node: Node) -> None:
    job = await node.do(service.enqueue, "count")
    held = asyncio.Event()

    def work_for_long(work: Work) -> bool:
        found = service.claim(work, job.id)
        held.set()
        work.connection.execute(text("SELECT pg_sleep(0.5)"))
        return found is not None

    first = asyncio.create_task(node.do(work_for_long))
    await held.wait()
    second = await node.do(service.claim, job.id)

    assert not first.done()
    assert second is None
    assert await first


async def test_a_job_that_has_to_wait_is_nobodys_yet(node: Node) -> None:
    job = await node.do(service.enqueue, "count")

    def put_off(work: Work) -> None:
        service.get(work, job.id).run_at = utc_now() + timedelta(minutes=1)

    assert await node.do(service.claim, job.id) is not None
    await node.do(put_off)
    assert await node.do(service.claim, job.id) is None
